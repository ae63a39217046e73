//! The last few observations in one row, as Gymnasium's `FrameStackObservation`.

use super::{
    WrapperEntry,
    round::{WIDEST, any, check_size},
};
use crate::{
    batch::{Batch, Layer, Transitions, View},
    buffers::Observations,
    entry::{AnyBatch, Settings, typed},
    error::Error,
    lanes::{check_observation, limit},
    params,
    params::Params,
    rng::Seeds,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// How many observations are seen.
    pub struct FrameStackParams for "frame-stack" {
        /// observations per row
        frames: usize = 4, in 1..=1000;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: FrameStackParams::OWNER,
    about: "the last few observations in one row",
    usage: "frame-stack:frames=4",
    params: FrameStackParams::list,
    make: wrap,
};

/// A batch whose observations are the last few of the inner batch, the newest last. At the start of an episode all are
/// its first one; at its end the newest is its true last one.
#[derive(Debug)]
pub struct FrameStack<B: Batch> {
    inner: B,
    spec: Spec,
    observations: Observations<B::O>,
    frames: usize,
}

impl<B: Batch> FrameStack<B> {
    /// Puts it round `inner`.
    ///
    /// # Errors
    /// If the number of frames is out of range, or there would be more than 10⁶ numbers in a row.
    pub fn new(inner: B, params: &FrameStackParams) -> Result<Self, Error> {
        params.validate()?;
        let width = inner.spec().observations.width() as f64 * params.frames as f64;
        check_size(FrameStackParams::OWNER, "numbers in a row", width, WIDEST)?;
        let spec = Spec { observations: stacked(&inner.spec().observations, params.frames), ..inner.spec().clone() };
        let choices = inner.now().legal.map_or(0, |legal| legal.width);
        let observations = Observations::new(inner.lanes(), spec.observations.width(), choices);
        let mut stack = Self { inner, spec, observations, frames: params.frames };
        stack.begin();
        Ok(stack)
    }

    /// Every lane is at the start of an episode.
    fn begin(&mut self) {
        let now = self.inner.now();
        for i in 0..now.lanes() {
            fill(self.observations.row_mut(i), now.obs.row(i));
            self.observations.copy_marks(i, &now);
        }
    }
}

/// `frames` members of `space` in one row.
fn stacked(space: &Space, frames: usize) -> Space {
    match space {
        Space::Discrete(n) => Space::MultiDiscrete(vec![*n; frames]),
        Space::MultiDiscrete(n) => Space::MultiDiscrete(n.repeat(frames)),
        Space::MultiBinary(n) => Space::MultiBinary(n * frames),
        Space::Box { low, high } => Space::Box { low: low.repeat(frames), high: high.repeat(frames) },
    }
}

#[inline]
fn fill<T: Copy>(row: &mut [T], first: &[T]) {
    row.chunks_exact_mut(first.len()).for_each(|frame| frame.copy_from_slice(first));
}

impl<B: Batch> Layer for FrameStack<B> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
        limit(&mut self.spec, steps);
    }

    fn set_statistics(&mut self, statistics: &[State]) -> Result<(), Error> {
        self.inner.set_statistics(statistics)?;
        let now = self.inner.now();
        for i in 0..now.lanes() {
            let (row, newest) = (self.observations.row_mut(i), now.obs.row(i));
            let old = if now.first[i] { 0 } else { row.len() - newest.len() };
            fill(&mut row[old..], newest);
        }
        Ok(())
    }
}

impl<B: Batch> Batch for FrameStack<B> {
    type O = B::O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.begin();
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        self.observations.advance();
        let seen = self.inner.seen(act);
        let old = (self.frames - 1) * seen.now.obs.width;
        for i in 0..seen.lanes() {
            let (row, was) = self.observations.rows(i);
            row[..old].copy_from_slice(&was[was.len() - old..]);
            row[old..].copy_from_slice(seen.next(i));
            if seen.ended(i) {
                self.observations.copy_legal(i, seen.next_legal(i));
                self.observations.finish(i);
                fill(self.observations.row_mut(i), seen.now.obs.row(i));
            }
            self.observations.copy_marks(i, &seen.now);
        }
        Ok(())
    }

    fn now(&self) -> View<'_, Self::O> {
        self.observations.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        self.observations.seen(&self.inner.seen(act))
    }

    fn state(&self) -> State {
        State::of(&(self.inner.state(), self.observations.now().obs.flat))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (inner, rows): (State, Vec<B::O>) = state.get()?;
        let width = self.spec.observations.width();
        if rows.len() != self.lanes() * width {
            let here = self.lanes() * width;
            return Err(Error::State(format!("{} numbers in stacks of observations, {here} here", rows.len())));
        }
        for (i, row) in rows.chunks_exact(width).enumerate() {
            check_observation(&self.spec, Some(i), row).map_err(|e| Error::State(e.to_string()))?;
        }
        self.inner.set_state(&inner)?;
        self.begin();
        if self.resumes_exactly() {
            rows.chunks_exact(width).enumerate().for_each(|(i, row)| self.observations.row_mut(i).copy_from_slice(row));
        }
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(any!(batch, inner => FrameStack::new(inner, &params)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Env, Lanes, Rng, Step};

    /// Counts from 10 and terminates at 13.
    #[derive(Clone, Debug)]
    struct Count(usize);

    impl Env for Count {
        type Obs = usize;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Count", Space::Discrete(20), Space::Discrete(1))
        }
        fn reset(&mut self, _: &mut Rng) -> usize {
            self.0 = 10;
            10
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<usize> {
            self.0 += 1;
            if self.0 == 13 { Step::terminated(13, 1.0) } else { Step::on(self.0, 0.0) }
        }
    }

    #[test]
    fn an_episode_begins_with_its_first_observation_and_ends_with_its_last() {
        let lanes = Lanes::new(Count(0), 1, &Seeds::from(0)).unwrap();
        let mut batch = FrameStack::new(lanes, &FrameStackParams { frames: 3 }).unwrap();
        assert_eq!(batch.spec().observations, Space::MultiDiscrete(vec![20; 3]));
        assert_eq!(batch.now().obs.flat, [10, 10, 10]);
        for expected in [[10, 10, 11], [10, 11, 12]] {
            batch.step(&[0]).unwrap();
            assert_eq!(batch.now().obs.flat, expected);
        }
        batch.step(&[0]).unwrap();
        let seen = batch.seen(&[0]);
        let rows = (seen.was.obs.row(0), seen.next(0), seen.now.obs.row(0));
        assert_eq!(rows, (&[10, 11, 12][..], &[11, 12, 13][..], &[10, 10, 10][..]));
        // It has no state, so that what is restored is at the start of an episode.
        batch.step(&[0]).unwrap();
        let state = batch.state();
        batch.set_state(&state).unwrap();
        assert_eq!(batch.now().obs.flat, [10, 10, 10]);
    }

    #[test]
    fn spaces_are_repeated() {
        let space = Space::Box { low: vec![0.0, -1.0], high: vec![1.0, 2.0] };
        let twice = Space::Box { low: vec![0.0, -1.0, 0.0, -1.0], high: vec![1.0, 2.0, 1.0, 2.0] };
        assert_eq!(stacked(&space, 2), twice);
        assert_eq!(stacked(&Space::MultiDiscrete(vec![2, 3]), 2), Space::MultiDiscrete(vec![2, 3, 2, 3]));
        assert_eq!(stacked(&Space::MultiBinary(3), 4), Space::MultiBinary(12));
    }
}
