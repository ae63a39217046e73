//! Any environment as a batch: N copies in flat, preallocated buffers.

use crate::{
    batch::{Batch, Buffers, Transitions, View},
    env::{Decode, Elem, Encode, Env},
    error::Error,
    rng::{Rng, Seeds},
    space::Space,
    spec::Spec,
    state::State,
};

/// N copies of one environment, each with its own random stream, so that no lane's numbers depend on another's.
///
/// The time limit of the specification is counted here and nowhere else. Nothing is allocated by a step.
#[derive(Clone, Debug)]
pub struct Lanes<E: Env> {
    copies: Vec<Lane<E>>,
    spec: Spec,
    buffers: Buffers<<E::Obs as Encode>::Elem>,
}

#[derive(Clone, Debug)]
struct Lane<E> {
    env: E,
    rng: Rng,
    steps: u32,
}

impl<E: Env + Clone> Lanes<E> {
    /// `n` copies of `env`, each at the start of an episode.
    ///
    /// # Errors
    /// If `n` is 0, or the environment's specification does not fit its types, or it breaks its contract at once.
    pub fn new(env: E, n: usize, seeds: &Seeds) -> Result<Self, Error> {
        let spec = env.spec();
        check_spec::<E>(&spec, n)?;
        let lane = Lane { env, rng: seeds.lane(0), steps: 0 };
        let buffers = Buffers::new(n, E::Obs::WIDTH, E::Obs::MASKED);
        let mut lanes = Self { copies: vec![lane; n], spec, buffers };
        lanes.restart(seeds)?;
        Ok(lanes)
    }

    fn restart(&mut self, seeds: &Seeds) -> Result<(), Error> {
        for (i, lane) in self.copies.iter_mut().enumerate() {
            lane.rng = seeds.lane(i);
            lane.begin(i, &mut self.buffers, &self.spec)?;
        }
        Ok(())
    }

    /// The same lanes, with episodes truncated after `cap` steps at the latest.
    ///
    /// # Panics
    /// If `cap` is 0.
    pub fn limited_to(mut self, cap: u32) -> Self {
        assert!(cap > 0, "an episode has at least one step");
        self.spec.time_limit = Some(self.spec.time_limit.map_or(cap, |limit| limit.min(cap)));
        self
    }

    /// The environment of lane `i`, to look at.
    pub fn env(&self, i: usize) -> &E {
        &self.copies[i].env
    }
}

impl<E: Env> Lane<E> {
    fn begin(&mut self, i: usize, buffers: &mut Buffers<<E::Obs as Encode>::Elem>, spec: &Spec) -> Result<(), Error> {
        self.steps = 0;
        let obs = self.env.reset(&mut self.rng);
        buffers.put(i, &obs);
        buffers.begin(i);
        check_observation(spec, i, buffers.row_mut(i))
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
        let limit = self.spec.time_limit;
        let Self { copies, spec, buffers } = self;
        buffers.advance();
        for (i, (lane, act)) in copies.iter_mut().zip(act.chunks_exact(E::Act::WIDTH)).enumerate() {
            let step = lane.env.step(E::Act::decode(act), &mut lane.rng);
            lane.steps = lane.steps.saturating_add(1);
            buffers.put(i, &step.obs);
            let truncated = step.truncated || limit.is_some_and(|limit| lane.steps >= limit);
            buffers.reward[i] = step.reward;
            buffers.terminated[i] = step.terminated;
            buffers.truncated[i] = truncated;
            check_observation(spec, i, buffers.row_mut(i))?;
            if !step.reward.is_finite() {
                return Err(broken(spec, i, format!("a reward of {}", step.reward)));
            }
            if step.terminated | truncated {
                buffers.finish(i);
                lane.begin(i, buffers, spec)?;
            }
        }
        Ok(())
    }

    fn now(&self) -> View<'_, Self::O> {
        self.buffers.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        self.buffers.seen(act)
    }

    fn state(&self) -> State {
        let lanes: Vec<_> = self.copies.iter().map(|lane| (lane.env.state(), lane.rng.clone(), lane.steps)).collect();
        State::of(&(lanes, self.buffers.present()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        type Saved<O> = (Vec<(Option<State>, Rng, u32)>, (Vec<O>, Vec<bool>, Vec<bool>));
        let (saved, present): Saved<Self::O> = state.get()?;
        if saved.len() != self.copies.len() {
            return Err(Error::State(format!("{} lanes saved, {} here", saved.len(), self.copies.len())));
        }
        self.buffers.set_present(present)?;
        for (i, (lane, (env, rng, steps))) in self.copies.iter_mut().zip(saved).enumerate() {
            (lane.rng, lane.steps) = (rng, steps);
            match env {
                Some(env) => {
                    lane.env.set_state(&env)?;
                    check_observation(&self.spec, i, self.buffers.row_mut(i))
                        .map_err(|e| Error::State(e.to_string()))?;
                }
                None => lane.begin(i, &mut self.buffers, &self.spec)?,
            }
        }
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.copies.iter().all(|lane| lane.env.state().is_some())
    }
}

/// A specification must fit the types before the first row is written.
fn check_spec<E: Env>(spec: &Spec, lanes: usize) -> Result<(), Error> {
    let wrong = |why| Err(Error::Spec { env: spec.id.clone(), why });
    let (obs, act) = (&spec.observations, &spec.actions);
    if lanes == 0 {
        return wrong("a batch needs at least one lane".into());
    }
    if !<E::Obs as Encode>::Elem::fits(obs) || obs.width() != E::Obs::WIDTH {
        let kind = <E::Obs as Encode>::Elem::KIND;
        return wrong(format!("observations are said to be in {obs}, but are rows of {} {kind}", E::Obs::WIDTH));
    }
    if !<E::Act as Decode>::Elem::fits(act) || act.width() != E::Act::WIDTH {
        let kind = <E::Act as Decode>::Elem::KIND;
        return wrong(format!("actions are said to be in {act}, but are rows of {} {kind}", E::Act::WIDTH));
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
    if E::Obs::MASKED > 0 && act.choices() != Some(E::Obs::MASKED) {
        return wrong(format!(
            "observations say of {} actions whether they are legal, but actions are in {act}",
            E::Obs::MASKED
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
#[inline]
pub(crate) fn check_actions<A: Elem>(spec: &Spec, lanes: usize, act: &[A]) -> Result<(), Error> {
    let width = spec.actions.width();
    if act.len() != lanes * width {
        return Err(Error::ActionCount { env: spec.id.clone(), given: act.len(), lanes, width });
    }
    match act.chunks_exact(width).position(|row| !A::is_action(&spec.actions, row)) {
        None => Ok(()),
        Some(lane) => Err(bad_action(spec, lane, &act[lane * width..][..width])),
    }
}

#[cold]
fn bad_action<A: Elem>(spec: &Spec, lane: usize, row: &[A]) -> Error {
    Error::Action { env: spec.id.clone(), lane, action: format!("{row:?}"), space: spec.actions.clone() }
}

#[inline]
fn check_observation<O: Elem>(spec: &Spec, lane: usize, row: &[O]) -> Result<(), Error> {
    if O::is_observation(&spec.observations, row) {
        return Ok(());
    }
    Err(broken(spec, lane, format!("the observation {row:?}, which is not in {}", spec.observations)))
}

#[cold]
fn broken(spec: &Spec, lane: usize, what: String) -> Error {
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
