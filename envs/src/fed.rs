//! A batch whose observations come from elsewhere: a robot, a game, another program. Through the wrappers that a policy
//! was trained in, it sees them as it saw its environment's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    batch::{Batch, Layer, Transitions, View},
    buffers::Buffers,
    env::Elem,
    error::Error,
    lanes::{broken, check_actions, check_observation, limit},
    rng::Seeds,
    spec::Spec,
    state::State,
};

/// One lane that shows what it is fed, and keeps what is done.
#[derive(Debug)]
pub struct Fed<O, A> {
    spec: Spec,
    buffers: Buffers<O>,
    feed: Feed<O, A>,
}

/// The other end of a [`Fed`] batch.
#[derive(Clone, Debug)]
pub struct Feed<O, A>(Arc<Mutex<Fodder<O, A>>>);

#[derive(Debug)]
struct Fodder<O, A> {
    obs: Vec<O>,
    legal: Vec<bool>,
    act: Vec<A>,
}

impl<O: Elem, A: Elem> Feed<O, A> {
    fn open(&self) -> MutexGuard<'_, Fodder<O, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the batch shows from its next step or reset on.
    pub fn put(&self, obs: &[O]) {
        obs.clone_into(&mut self.open().obs);
    }

    /// Which actions are legal there, where the batch was made to say so; all are until this says otherwise.
    pub fn put_legal(&self, legal: &[bool]) {
        legal.clone_into(&mut self.open().legal);
    }

    /// The action of the last step, as it arrived at the batch.
    pub fn action(&self) -> Vec<A> {
        self.open().act.clone()
    }
}

impl<O: Elem, A: Elem> Fed<O, A> {
    /// A batch for an environment's specification, which says which actions are legal if the environment does, and its
    /// other end. It shows zeros until it is fed.
    pub fn new(spec: Spec, masked: bool) -> (Self, Feed<O, A>) {
        let choices = spec.actions.choices().filter(|_| masked).unwrap_or(0);
        let (obs, act) = (vec![O::default(); spec.observations.width()], vec![A::default(); spec.actions.width()]);
        let buffers = Buffers::new(1, spec.observations.width(), choices);
        let feed = Feed(Arc::new(Mutex::new(Fodder { obs, legal: vec![true; choices], act })));
        (Self { spec, buffers, feed: feed.clone() }, feed)
    }

    fn show(&mut self) -> Result<(), Error> {
        let Fodder { obs, legal, .. } = &*self.feed.open();
        let (width, observations) = (self.spec.observations.width(), &mut self.buffers.observations);
        if obs.len() != width {
            let what = format!("{} numbers, where an observation has {width}", obs.len());
            return Err(broken(&self.spec, None, what));
        }
        check_observation(&self.spec, None, obs)?;
        let choices = observations.now().legal.map_or(0, |legal| legal.width);
        if legal.len() != choices || (choices > 0 && !legal.contains(&true)) {
            let what = format!("{legal:?} for which of {choices} actions are legal");
            return Err(broken(&self.spec, None, what));
        }
        observations.row_mut(0).copy_from_slice(obs);
        observations.copy_legal(0, Some(legal));
        Ok(())
    }
}

impl<O: Elem, A: Elem> Layer for Fed<O, A> {
    fn below(&self) -> Option<&dyn Layer> {
        None
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        None
    }

    fn limit_to(&mut self, steps: u32) {
        limit(&mut self.spec, steps);
    }
}

impl<O: Elem, A: Elem> Batch for Fed<O, A> {
    type O = O;
    type A = A;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        1
    }

    fn reset(&mut self, _: &Seeds) -> Result<(), Error> {
        self.show()?;
        self.buffers.all().first[0] = true;
        Ok(())
    }

    fn step(&mut self, act: &[A]) -> Result<(), Error> {
        check_actions(&self.spec, 1, act)?;
        act.clone_into(&mut self.feed.open().act);
        self.buffers.observations.advance();
        self.show()
    }

    fn now(&self) -> View<'_, O> {
        self.buffers.observations.now()
    }

    fn seen<'a>(&'a self, act: &'a [A]) -> Transitions<'a, O, A> {
        self.buffers.seen(act)
    }

    fn state(&self) -> State {
        State::of(&self.buffers.observations.present())
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.buffers.observations.set_present(state.get()?)
    }

    fn resumes_exactly(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Space;

    #[test]
    fn it_shows_what_it_is_fed_and_keeps_what_is_done() {
        let spec = Spec::new("Robot", Space::cube(2, -1.0, 1.0), Space::Discrete(3));
        let (mut fed, feed) = Fed::<f32, usize>::new(spec, false);
        feed.put(&[0.5, -0.5]);
        fed.reset(&Seeds::from(0)).unwrap();
        assert_eq!((fed.now().obs.row(0), fed.now().first), (&[0.5, -0.5][..], &[true][..]));
        feed.put(&[0.25, 0.0]);
        fed.step(&[2]).unwrap();
        assert_eq!((fed.now().obs.row(0), fed.now().first, feed.action()), (&[0.25, 0.0][..], &[false][..], vec![2]));
        feed.put(&[f32::NAN, 0.0]);
        assert!(fed.step(&[0]).is_err());
        feed.put(&[0.0]);
        assert!(fed.step(&[0]).is_err() && fed.step(&[3]).is_err());
    }

    #[test]
    fn which_actions_are_legal_is_fed_too() {
        let spec = Spec::new("Robot", Space::Discrete(4), Space::Discrete(3));
        let (mut fed, feed) = Fed::<usize, usize>::new(spec, true);
        fed.reset(&Seeds::from(0)).unwrap();
        assert_eq!(fed.now().legal.unwrap().row(0), [true; 3]);
        feed.put_legal(&[false, true, false]);
        fed.step(&[1]).unwrap();
        assert_eq!(fed.now().legal.unwrap().row(0), [false, true, false]);
        for wrong in [&[true; 2][..], &[false; 3]] {
            feed.put_legal(wrong);
            assert!(fed.step(&[1]).is_err());
        }
    }
}
