//! Any environment as a batch: N copies in flat, preallocated buffers.

use std::sync::Arc;

use crate::{
    batch::{Batch, Frames, Layer, Transitions, View},
    buffers::{Buffers, Place, Slot, Slots},
    env::{Decode, Elem, Encode, Env},
    error::Error,
    render::{Frame, Render},
    rng::{Rng, Seeds},
    space::Space,
    spec::Spec,
    spread::{Executor, Task, Workers},
    state::State,
};

/// N copies of one environment, each with its own random stream, so that no lane's numbers depend on another's.
///
/// The time limit of the specification is counted here. Nothing is allocated by a step, unless it is watched.
#[derive(Clone, Debug)]
pub struct Lanes<E: Env> {
    /// as it was given: a reset begins with this, so that nothing of a life before is left
    fresh: E,
    copies: Vec<Lane<E>>,
    spec: Spec,
    buffers: Buffers<<E::Obs as Encode>::Elem>,
    workers: Workers,
    look: Option<fn(&E) -> Frame>,
}

#[derive(Clone, Debug)]
struct Lane<E> {
    env: E,
    rng: Rng,
    steps: u32,
    /// where the last episode ended, if it did with the last step and is watched
    last: Option<Frame>,
}

impl<E: Env + Clone> Lanes<E> {
    /// `n` copies of `env`, each at the start of an episode.
    ///
    /// # Errors
    /// If `n` is 0, or the environment's specification does not fit its types, or it breaks its contract at once.
    pub fn new(env: E, n: usize, seeds: &Seeds) -> Result<Self, Error> {
        let spec = env.spec();
        check_spec::<E::Obs, E::Act>(&spec, n)?;
        let lane = Lane { env: env.clone(), rng: seeds.lane(0), steps: 0, last: None };
        let buffers = Buffers::new(n, E::Obs::WIDTH, E::Obs::MASKED);
        let mut lanes =
            Self { fresh: env, copies: vec![lane; n], spec, buffers, workers: Workers::default(), look: None };
        lanes.restart(seeds)?;
        Ok(lanes)
    }

    fn restart(&mut self, seeds: &Seeds) -> Result<(), Error> {
        let mut slots = self.buffers.all();
        for (i, lane) in self.copies.iter_mut().enumerate() {
            (lane.env, lane.rng, lane.last) = (self.fresh.clone(), seeds.lane(i), None);
            lane.begin(&mut Slot(&mut slots, i), &self.spec)?;
        }
        Ok(())
    }

    /// The same lanes, with episodes truncated after `cap` steps at the latest.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn limited_to(mut self, cap: u32) -> Self {
        limit(&mut self.spec, cap);
        self
    }

    /// The same lanes, to be looked at: [`Layer::frames`] gives frames.
    pub fn watched(self) -> Self
    where
        E: Render,
    {
        Self { look: Some(E::frame), ..self }
    }

    /// The environment of lane `i`, to look at.
    pub fn env(&self, i: usize) -> &E {
        &self.copies[i].env
    }
}

/// Lowers a time limit.
pub(crate) fn limit(spec: &mut Spec, cap: u32) {
    assert!(cap > 0, "an episode has at least one step");
    spec.time_limit = Some(spec.time_limit.map_or(cap, |limit| limit.min(cap)));
}

impl<E: Env> Lane<E> {
    /// Begins an episode.
    #[inline]
    fn begin(&mut self, place: &mut impl Place<ObsElem<E>>, spec: &Spec) -> Result<(), Error> {
        self.steps = 0;
        let (obs, lane) = (self.env.reset(&mut self.rng), place.lane());
        check_observation(spec, Some(lane), place.put(&obs, true))
    }

    /// Takes one step, and begins the next episode where that ends this one.
    #[inline]
    fn step(
        &mut self,
        act: &[ActElem<E>],
        place: &mut impl Place<ObsElem<E>>,
        spec: &Spec,
        look: Option<fn(&E) -> Frame>,
    ) -> Result<(), Error> {
        let (step, lane) = (self.env.step(E::Act::decode(act), &mut self.rng), place.lane());
        self.steps = self.steps.saturating_add(1);
        check_observation(spec, Some(lane), place.put(&step.obs, false))?;
        let truncated = step.truncated | spec.time_limit.is_some_and(|limit| self.steps >= limit);
        place.give(step.reward, step.terminated, truncated);
        if !step.reward.is_finite() {
            return Err(broken(spec, Some(lane), format!("a reward of {}", step.reward)));
        }
        if let Some(look) = look {
            self.last = (step.terminated | truncated).then(|| look(&self.env));
        }
        if step.terminated | truncated {
            place.finish();
            self.begin(place, spec)?;
        }
        Ok(())
    }
}

/// The kinds of number an environment's observations and actions are made of.
type ObsElem<E> = <<E as Env>::Obs as Encode>::Elem;
type ActElem<E> = <<E as Env>::Act as Decode>::Elem;

/// One step of some of the lanes.
struct Stepping<'a, E: Env> {
    copies: &'a mut [Lane<E>],
    act: &'a [ActElem<E>],
    slots: Slots<'a, ObsElem<E>>,
}

impl<E: Env + Send> Task for Stepping<'_, E> {
    fn lanes(&self) -> usize {
        self.copies.len()
    }

    fn split(self, lane: usize) -> (Self, Self) {
        let (copies, act) = (self.copies.split_at_mut(lane), self.act.split_at(lane * E::Act::WIDTH));
        let slots = self.slots.split(lane);
        (Self { copies: copies.0, act: act.0, slots: slots.0 }, Self { copies: copies.1, act: act.1, slots: slots.1 })
    }
}

impl<E: Env> Stepping<'_, E> {
    #[inline]
    fn run(mut self, spec: &Spec, look: Option<fn(&E) -> Frame>) -> Result<(), Error> {
        let mut lanes = self.copies.iter_mut().zip(self.act.chunks_exact(E::Act::WIDTH)).enumerate();
        lanes.try_for_each(|(i, (lane, act))| lane.step(act, &mut Slot(&mut self.slots, i), spec, look))
    }
}

impl<E: Env + Clone + Send> Layer for Lanes<E> {
    fn below(&self) -> Option<&dyn Layer> {
        None
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        None
    }

    fn limit_to(&mut self, steps: u32) {
        limit(&mut self.spec, steps);
    }

    fn frames(&self, lane: usize) -> Option<Frames> {
        let lane = self.copies.get(lane)?;
        self.look.map(|look| Frames { last: lane.last.clone(), now: look(&lane.env) })
    }

    fn spread(&mut self, executor: &Arc<dyn Executor>) {
        self.workers = Workers::new(executor.clone());
    }
}

impl<E: Env + Clone + Send> Batch for Lanes<E> {
    type O = <E::Obs as Encode>::Elem;
    type A = <E::Act as Decode>::Elem;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.copies.len()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.restart(seeds)
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        check_actions(&self.spec, self.copies.len(), act)?;
        let Self { copies, spec, buffers, workers, look, .. } = self;
        buffers.observations.advance();
        if let [lane] = copies.as_mut_slice() {
            return lane.step(act, buffers, spec, *look);
        }
        let stepping = Stepping { copies, act, slots: buffers.all() };
        workers.run(stepping, &|part: Stepping<'_, E>| part.run(spec, *look))
    }

    fn now(&self) -> View<'_, Self::O> {
        self.buffers.observations.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        self.buffers.seen(act)
    }

    fn state(&self) -> State {
        let lanes: Vec<_> = self.copies.iter().map(|lane| (lane.env.state(), lane.rng.clone(), lane.steps)).collect();
        State::of(&(lanes, self.buffers.observations.present()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        type Saved<O> = (Vec<(Option<State>, Rng, u32)>, (Vec<O>, Vec<bool>, Vec<bool>));
        let (saved, present): Saved<Self::O> = state.get()?;
        if saved.len() != self.copies.len() {
            return Err(Error::State(format!("{} lanes saved, {} here", saved.len(), self.copies.len())));
        }
        self.buffers.observations.set_present(present)?;
        let mut slots = self.buffers.all();
        for (i, (lane, (env, rng, steps))) in self.copies.iter_mut().zip(saved).enumerate() {
            (lane.rng, lane.steps, lane.last) = (rng, steps, None);
            match env {
                Some(env) => {
                    lane.env.set_state(&env)?;
                    check_observation(&self.spec, Some(i), slots.row(i)).map_err(|e| Error::State(e.to_string()))?;
                }
                None => lane.begin(&mut Slot(&mut slots, i), &self.spec)?,
            }
        }
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.copies.iter().all(|lane| lane.env.state().is_some())
    }
}

/// A specification must fit the types before the first row is written.
pub(crate) fn check_spec<O: Encode, A: Decode>(spec: &Spec, lanes: usize) -> Result<(), Error> {
    let wrong = |why| Err(Error::Spec { env: spec.id.clone(), why });
    let (obs, act) = (&spec.observations, &spec.actions);
    if lanes == 0 {
        return wrong("a batch needs at least one lane".into());
    }
    if !O::Elem::fits(obs) || obs.width() != O::WIDTH {
        let kind = O::Elem::KIND;
        return wrong(format!("observations are said to be in {obs}, but are rows of {} {kind}", O::WIDTH));
    }
    if !A::Elem::fits(act) || act.width() != A::WIDTH {
        let kind = A::Elem::KIND;
        return wrong(format!("actions are said to be in {act}, but are rows of {} {kind}", A::WIDTH));
    }
    if obs.width() == 0 || act.width() == 0 {
        return wrong("observations and actions are rows of at least one number".into());
    }
    for space in [obs, act] {
        let empty = match space {
            Space::Discrete(n) => *n == 0,
            Space::MultiDiscrete(n) => n.contains(&0),
            Space::Box { low, high } => low.len() != high.len(),
            Space::MultiBinary(_) => false,
        };
        if empty {
            return wrong(format!("nothing is in {space}"));
        }
    }
    if O::MASKED > 0 && act.choices() != Some(O::MASKED) {
        return wrong(format!(
            "observations say of {} actions whether they are legal, but actions are in {act}",
            O::MASKED
        ));
    }
    if spec.time_limit == Some(0) {
        return wrong("a time limit of 0 steps".into());
    }
    Ok(())
}

/// Checks every lane's action before any lane moves.
///
/// # Errors
/// The first lane whose action is not in the space, or a wrong count of numbers.
#[expect(clippy::inline_always, reason = "for one lane the call would cost as much as the check")]
#[inline(always)]
pub(crate) fn check_actions<A: Elem>(spec: &Spec, lanes: usize, act: &[A]) -> Result<(), Error> {
    let width = spec.actions.width();
    if act.len() != lanes * width {
        return Err(wrong_count(spec, act.len(), lanes));
    }
    let right = if lanes == 1 { A::is_action(&spec.actions, act) } else { A::are_actions(&spec.actions, act) };
    if right { Ok(()) } else { Err(bad_action(spec, act, false)) }
}

#[cold]
fn wrong_count(spec: &Spec, given: usize, lanes: usize) -> Error {
    Error::ActionCount { env: spec.id.clone(), given, lanes, width: spec.actions.width() }
}

/// The first action that is not in the space; it is said to be `one` where there is but one environment.
#[cold]
pub(crate) fn bad_action<A: Elem>(spec: &Spec, act: &[A], one: bool) -> Error {
    let (space, mut rows) = (spec.actions.clone(), act.chunks_exact(spec.actions.width()).enumerate());
    let bad = rows.find(|(_, row)| !A::is_action(&space, row));
    let (lane, row) = bad.expect("one that is not in the space");
    let lane = (!one).then_some(lane);
    Error::Action { env: spec.id.clone(), lane, action: format!("{row:?}"), space }
}

#[inline]
pub(crate) fn check_observation<O: Elem>(spec: &Spec, lane: Option<usize>, row: &[O]) -> Result<(), Error> {
    if O::is_observation(&spec.observations, row) {
        return Ok(());
    }
    Err(broken(spec, lane, format!("the observation {row:?}, which is not in {}", spec.observations)))
}

#[cold]
pub(crate) fn broken(spec: &Spec, lane: Option<usize>, what: String) -> Error {
    Error::Broken { env: spec.id.clone(), lane, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Step;

    /// Counts to `end` and terminates there; rewards are the count.
    #[derive(Clone, Debug)]
    struct Counter {
        at: usize,
        end: usize,
        limit: u32,
    }

    impl Env for Counter {
        type Obs = usize;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Counter", Space::Discrete(10), Space::Discrete(2)).time_limit(self.limit)
        }
        fn reset(&mut self, rng: &mut Rng) -> usize {
            rng.unit();
            self.at = 0;
            0
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<usize> {
            self.at += 1;
            let reward = if self.at == 9 { f64::NAN } else { self.at as f64 };
            Step { obs: self.at, reward, terminated: self.at == self.end, truncated: false }
        }
        fn state(&self) -> Option<State> {
            Some(State::of(&self.at))
        }
        fn set_state(&mut self, state: &State) -> Result<(), Error> {
            self.at = state.get()?;
            Ok(())
        }
    }

    fn counter(end: usize, limit: u32) -> Lanes<Counter> {
        Lanes::new(Counter { at: 0, end, limit }, 2, &Seeds::from(1)).unwrap()
    }

    #[test]
    fn a_finished_lane_is_reset_and_its_true_last_observation_kept() {
        let mut lanes = counter(3, 100);
        for _ in 0..2 {
            lanes.step(&[0, 1]).unwrap();
            assert!(!lanes.seen(&[0, 1]).ended(0));
        }
        lanes.step(&[0, 1]).unwrap();
        let seen = lanes.seen(&[0, 1]);
        assert_eq!((seen.was.obs.row(1), seen.next(1), seen.now.obs.row(1)), (&[2][..], &[3][..], &[0][..]));
        assert!(seen.terminated[1] && !seen.truncated[1] && seen.now.first[1] && !seen.was.first[1]);
        lanes.step(&[0, 1]).unwrap();
        let seen = lanes.seen(&[0, 1]);
        assert!(seen.was.first[0] && !seen.now.first[0] && seen.next(0) == [1]);
    }

    #[test]
    fn the_time_limit_truncates_and_does_not_terminate_unless_both_are_true() {
        let mut lanes = counter(9, 2);
        lanes.step(&[0, 0]).unwrap();
        lanes.step(&[0, 0]).unwrap();
        let seen = lanes.seen(&[0, 0]);
        assert!(seen.truncated[0] && !seen.terminated[0] && seen.next(0) == [2]);
        let mut lanes = counter(2, 2);
        lanes.step(&[0, 0]).unwrap();
        lanes.step(&[0, 0]).unwrap();
        assert!(lanes.seen(&[0, 0]).truncated[0] && lanes.seen(&[0, 0]).terminated[0]);
    }

    #[test]
    fn a_bad_action_moves_no_lane() {
        let mut lanes = counter(9, 100);
        let before = lanes.state();
        let error = lanes.step(&[0, 2]).unwrap_err();
        assert_eq!(error.to_string(), "Counter, lane 1: action [2] is not in Discrete(2)");
        assert!(lanes.step(&[0]).is_err());
        assert_eq!(lanes.state(), before);
    }

    #[test]
    fn a_broken_environment_is_named() {
        let mut lanes = counter(20, 100);
        let error = (0..9).find_map(|_| lanes.step(&[0, 0]).err()).unwrap();
        assert_eq!(error.to_string(), "Counter, lane 0: the environment gave a reward of NaN");
        assert!(Lanes::new(Counter { at: 0, end: 3, limit: 5 }, 0, &Seeds::from(1)).is_err());
    }

    #[test]
    fn a_restored_batch_goes_on_as_the_one_it_was_taken_from() {
        let mut one = counter(5, 3);
        one.step(&[0, 0]).unwrap();
        let mut other = counter(5, 3);
        other.set_state(&one.state()).unwrap();
        for _ in 0..10 {
            one.step(&[0, 1]).unwrap();
            other.step(&[0, 1]).unwrap();
            assert_eq!(one.state(), other.state());
            assert_eq!(one.buffers.truncated, other.buffers.truncated);
        }
        assert!(one.resumes_exactly());
    }
}
