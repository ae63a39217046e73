//! A map of observation rows round any batch.

use crate::{
    batch::{Batch, Buffers, Transitions, View},
    env::Elem,
    error::Error,
    rng::Seeds,
    space::Space,
    spec::Spec,
    state::State,
};

/// A function from observation rows to observation rows.
pub trait ObservationMap<I, O>: Send {
    /// The space that observations are mapped to.
    fn space(&self) -> Space;
    /// Maps one row: `from` has the width of the inner batch's observations, `to` that of [`space`](Self::space).
    fn map(&self, from: &[I], to: &mut [O]);
}

/// A batch whose observations are mapped.
#[derive(Debug)]
pub struct Mapped<B, F, O> {
    inner: B,
    map: F,
    spec: Spec,
    buffers: Buffers<O>,
}

impl<B: Batch, O: Elem, F: ObservationMap<B::O, O>> Mapped<B, F, O> {
    /// Puts `map`, made for the observations of `inner`, round it.
    pub fn new(inner: B, map: F) -> Self {
        let spec = Spec { observations: map.space(), ..inner.spec().clone() };
        let choices = inner.now().legal.map_or(0, |legal| legal.width);
        let mut mapped =
            Self { buffers: Buffers::new(inner.lanes(), spec.observations.width(), choices), inner, map, spec };
        mapped.refresh();
        mapped
    }

    /// Maps what the inner batch shows now.
    fn refresh(&mut self) {
        let now = self.inner.now();
        for i in 0..now.lanes() {
            self.map.map(now.obs.row(i), self.buffers.row_mut(i));
            self.buffers.copy_marks(i, &now);
        }
    }
}

impl<B: Batch, O: Elem, F: ObservationMap<B::O, O>> Batch for Mapped<B, F, O> {
    type O = O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.refresh();
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        self.buffers.advance();
        let seen = self.inner.seen(act);
        self.buffers.reward.copy_from_slice(seen.reward);
        self.buffers.terminated.copy_from_slice(seen.terminated);
        self.buffers.truncated.copy_from_slice(seen.truncated);
        for i in 0..seen.lanes() {
            if seen.ended(i) {
                self.map.map(seen.next(i), self.buffers.row_mut(i));
                self.buffers.copy_legal(i, seen.next_legal(i));
                self.buffers.finish(i);
            }
            self.map.map(seen.now.obs.row(i), self.buffers.row_mut(i));
            self.buffers.copy_marks(i, &seen.now);
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
        self.inner.state()
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.inner.set_state(state)?;
        self.refresh();
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}
