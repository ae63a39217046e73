//! Rewards scaled so that discounted returns have variance 1, as Gymnasium's `NormalizeReward`.
//!
//! ```text
//! G ← γ G (1 − terminated) + r        r ← r / √(v + ε)
//! ```
//!
//! with the running variance v of G over all lanes, this step included. The mean is not taken away. As in Gymnasium, G
//! goes on over a truncation, and at a termination what came before is forgotten one step early. With one lane the
//! numbers are Gymnasium's.
//!
//! Deviations
//! 1. A reset begins G and the statistics anew, or these from those that were given; in Gymnasium they go on.

use super::{Moments, WrapperEntry, moments::Running, round::any};
use crate::{
    batch::{Batch, Layer, Transitions, View},
    entry::{AnyBatch, Settings, typed},
    error::Error,
    lanes::broken,
    params,
    params::{Params, above},
    rng::Seeds,
    spec::Spec,
    state::State,
};

params! {
    /// How rewards are normalised.
    pub struct NormalizeRewardParams for "normalize-reward" {
        /// discount of the returns whose variance becomes 1, γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// what is added to the variance, ε
        epsilon: f64 = 1e-8, in above(0.0);
        /// scaled rewards are clipped to ± this
        clip: Option<f64> = None, in above(0.0);
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: NormalizeRewardParams::OWNER,
    about: "rewards scaled so that returns have variance 1, by running statistics",
    usage: "normalize-reward:gamma=0.99,epsilon=1e-8,clip=10",
    params: NormalizeRewardParams::list,
    make: wrap,
};

/// A batch whose rewards are scaled by statistics of all lanes. What was [`earned`](Transitions::earned) stays as it is.
#[derive(Debug)]
pub struct NormalizeReward<B> {
    inner: B,
    reward: Vec<f64>,
    /// G per lane
    returns: Vec<f64>,
    running: Running,
    gamma: f64,
    clip: f64,
}

impl<B: Batch> NormalizeReward<B> {
    /// Puts it round `inner`.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(inner: B, params: &NormalizeRewardParams) -> Result<Self, Error> {
        params.validate()?;
        let zeros = vec![0.0; inner.lanes()];
        Ok(Self {
            inner,
            reward: zeros.clone(),
            returns: zeros,
            running: Running::new(NormalizeRewardParams::OWNER, 1, params.epsilon),
            gamma: params.gamma,
            clip: params.clip.unwrap_or(f64::MAX),
        })
    }

    /// The statistics of the discounted returns so far.
    pub fn moments(&self) -> &Moments {
        self.running.moments()
    }
}

impl<B: Batch> Layer for NormalizeReward<B> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
    }

    fn freeze(&mut self) {
        self.running.freeze();
        self.inner.freeze();
    }

    fn statistics(&self) -> Vec<State> {
        self.running.before(self.inner.statistics())
    }

    fn set_statistics(&mut self, statistics: &[State]) -> Result<(), Error> {
        let (moments, below) = self.running.read(statistics)?;
        self.inner.set_statistics(below)?;
        self.running.give(moments);
        Ok(())
    }
}

impl<B: Batch> Batch for NormalizeReward<B> {
    type O = B::O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        self.inner.spec()
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.returns.fill(0.0);
        self.running.restart();
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        let Self { inner, reward, returns, running, gamma, clip } = self;
        let seen = inner.seen(act);
        for (i, sum) in returns.iter_mut().enumerate() {
            *sum = if seen.terminated[i] { 0.0 } else { *sum * *gamma } + seen.reward[i];
        }
        running.update(returns.len(), |i, _| returns[i]);
        let deviation = running.deviation()[0];
        if !deviation.is_finite() {
            let lane = (0..returns.len()).find(|&i| !returns[i].powi(2).is_finite()).unwrap_or(0);
            return Err(broken(
                inner.spec(),
                Some(lane),
                "rewards whose returns are too large to be normalised".into(),
            ));
        }
        for (to, from) in reward.iter_mut().zip(seen.reward) {
            *to = (from / deviation).clamp(-*clip, *clip);
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
        State::of(&(self.inner.state(), &self.returns, self.running.moments()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (inner, returns, moments): (State, Vec<f64>, Moments) = state.get()?;
        if returns.len() != self.returns.len() {
            return Err(Error::State(format!("{} lanes saved, {} here", returns.len(), self.returns.len())));
        }
        self.inner.set_state(&inner)?;
        self.running.put(moments)?;
        self.returns = returns;
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(any!(batch, inner => NormalizeReward::new(inner, &params)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lanes, classic::CartPole};

    #[test]
    fn rewards_are_scaled_and_what_was_earned_is_not() {
        let lanes = Lanes::new(CartPole::default(), 1, &Seeds::from(0)).unwrap();
        let params = NormalizeRewardParams { gamma: 0.5, ..NormalizeRewardParams::default() };
        let mut batch = NormalizeReward::new(lanes, &params).unwrap();
        let mut step = |act: [usize; 1]| {
            batch.step(&act).unwrap();
            (batch.seen(&act).reward[0], batch.seen(&act).earned[0])
        };
        // Returns 1, then 1.5. First: v = (1·10⁻⁴ + 1·10⁻⁴·1/1.0001)/1.0001 = 1.9998·10⁻⁴; then 0.0626.
        let (first, second) = (step([0]), step([1]));
        assert!((first.0 - 70.71).abs() < 0.01 && first.1 == 1.0, "{first:?}");
        assert!((second.0 - 3.997).abs() < 0.001 && second.1 == 1.0, "{second:?}");
    }
}
