//! A map of observation rows round any batch.

use crate::{
    batch::{Batch, Layer, Transitions, View},
    buffers::Observations,
    env::Elem,
    error::Error,
    lanes::limit,
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
    observations: Observations<O>,
}

impl<B: Batch, O: Elem, F: ObservationMap<B::O, O>> Mapped<B, F, O> {
    /// Puts `map`, made for the observations of `inner`, round it.
    pub fn new(inner: B, map: F) -> Self {
        let spec = Spec { observations: map.space(), ..inner.spec().clone() };
        let choices = inner.now().legal.map_or(0, |legal| legal.width);
        let mut mapped = Self {
            observations: Observations::new(inner.lanes(), spec.observations.width(), choices),
            inner,
            map,
            spec,
        };
        mapped.refresh();
        mapped
    }

    /// Maps what the inner batch shows now.
    fn refresh(&mut self) {
        let now = self.inner.now();
        for i in 0..now.lanes() {
            self.map.map(now.obs.row(i), self.observations.row_mut(i));
            self.observations.copy_marks(i, &now);
        }
    }
}

impl<B: Batch, O: Elem, F: ObservationMap<B::O, O>> Layer for Mapped<B, F, O> {
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
        self.refresh();
        Ok(())
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
        self.observations.advance();
        let seen = self.inner.seen(act);
        for i in 0..seen.lanes() {
            if seen.ended(i) {
                self.map.map(seen.next(i), self.observations.row_mut(i));
                self.observations.copy_legal(i, seen.next_legal(i));
                self.observations.finish(i);
            }
            self.map.map(seen.now.obs.row(i), self.observations.row_mut(i));
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
