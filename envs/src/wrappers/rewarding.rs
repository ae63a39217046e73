//! A map of rewards round any batch.

use crate::{
    batch::{Batch, Layer, Transitions, View},
    error::Error,
    rng::Seeds,
    spec::Spec,
    state::State,
};

/// A function from rewards to rewards.
pub trait RewardMap: Send {
    /// Maps the reward of one step.
    fn map(&self, reward: f64) -> f64;
}

/// A batch whose rewards are mapped. What was [`earned`](Transitions::earned) stays as it is.
#[derive(Debug)]
pub struct Rewarding<B, F> {
    inner: B,
    map: F,
    reward: Vec<f64>,
}

impl<B: Batch, F: RewardMap> Rewarding<B, F> {
    /// Puts `map` round `inner`.
    pub fn new(inner: B, map: F) -> Self {
        Self { reward: vec![0.0; inner.lanes()], inner, map }
    }
}

impl<B: Batch, F: RewardMap> Layer for Rewarding<B, F> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
    }
}

impl<B: Batch, F: RewardMap> Batch for Rewarding<B, F> {
    type O = B::O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        self.inner.spec()
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        let seen = self.inner.seen(act);
        for (to, from) in self.reward.iter_mut().zip(seen.reward) {
            *to = self.map.map(*from);
        }
        Ok(())
    }

    fn now(&self) -> View<'_, Self::O> {
        self.inner.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        Transitions { reward: &self.reward, ..self.inner.seen(act) }
    }

    fn state(&self) -> State {
        self.inner.state()
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.inner.set_state(state)
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}
