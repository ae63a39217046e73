//! `LinUCB`: upper confidence bounds for arms that pay by what they make of a context's features.
//!
//! Li, Chu, Langford & Schapire 2010, "A Contextual-Bandit Approach to Personalized News Article Recommendation",
//! algorithm 1, disjoint linear models:
//!
//! ```text
//! θ(a) = A(a)⁻¹ b(a)
//! aₜ = argmaxₐ [θ(a)ᵀx + α √(xᵀ A(a)⁻¹ x)]        (ties are broken at random)
//! A(aₜ) ← A(aₜ) + x xᵀ,   b(aₜ) ← b(aₜ) + r x        A(a) = λI and b(a) = 0 at first
//! ```
//!
//! Deviations
//! 1. What is kept is A⁻¹, which follows A by Sherman & Morrison's formula, and θ.
//! 2. The ridge λ is a parameter; in the paper it is 1.
//! 3. Several lanes update the one model, one after the other in the order of lanes.
//! 4. The greedy policy takes the greatest θ(a)ᵀx, without the bonus.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params, params::above};
use serde::{Deserialize, Serialize};

use super::pulls::horizon;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::{
        bandit::{dot, quadratic, rank_one_inverse},
        choice,
    },
    restore::{Shaped, restore},
    tabular::room,
};

params! {
    /// What LinUCB can be told.
    pub struct LinUcbConfig for "lin-ucb" {
        /// width α of the bounds
        alpha: f64 = 1.0, in 0.0..;
        /// λ, how strongly an arm's weights are held to 0
        ridge: f64 = 1.0, in above(0.0);
        /// begin anew with each episode, where each is another bandit
        forget: bool = false, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature_choice::<LinUcbConfig>(
    "upper confidence bounds of arms that pay by a context's features",
    "\
θ(a) = A(a)⁻¹ b(a)
aₜ = argmaxₐ [θ(a)ᵀx + α √(xᵀ A(a)⁻¹ x)]
A(aₜ) ← A(aₜ) + x xᵀ,   b(aₜ) ← b(aₜ) + r x        A(a) = λI and b(a) = 0 at first",
    "Li, Chu, Langford & Schapire 2010, A Contextual-Bandit Approach to Personalized News Article Recommendation",
)
.at("bandit/contextual")
.only_for(Scope::Bandit);

/// Numbers that are kept at most: 0.8 GB.
const MOST: usize = 100_000_000;

impl Recipe<f32, usize> for LinUcbConfig {
    type Agent = LinUcb;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<LinUcb, Error> {
        self.validate()?;
        horizon(Self::OWNER, self.forget, setup)?;
        let (features, arms) = (setup.spec.observations.width(), room::actions(Self::OWNER, setup.spec)?);
        if features.checked_mul(features).and_then(|d2| d2.checked_mul(arms)).is_none_or(|all| all > MOST) {
            return Err(Error::Misfit {
                agent: Self::OWNER.into(),
                env: setup.spec.id.clone(),
                needs: "at most 100,000,000 numbers, a square of the features per action".into(),
                has: format!("{features} features and {arms} actions"),
                bridge: None,
            });
        }
        let mut models = Models::new(features, arms);
        models.begin(self.ridge);
        Ok(LinUcb { scratch: Scratch::new(&models), models, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct LinUcb {
    models: Models,
    scratch: Scratch,
    config: LinUcbConfig,
}

/// A linear model per arm.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Models {
    features: usize,
    arms: usize,
    /// A⁻¹, arms × features × features
    inverse: Vec<f64>,
    /// arms × features
    b: Vec<f64>,
    /// arms × features
    theta: Vec<f64>,
    step: u64,
}

impl Shaped for Models {
    fn same_shape(&self, other: &Self) -> bool {
        let shape = |m: &Self| (m.features, m.arms, m.inverse.len(), m.b.len(), m.theta.len());
        shape(self) == shape(other)
    }
}

impl Models {
    fn new(features: usize, arms: usize) -> Self {
        let inverse = vec![0.0; arms * features * features];
        let [b, theta] = [(); 2].map(|()| vec![0.0; arms * features]);
        Self { features, arms, inverse, b, theta, step: 0 }
    }

    /// As before the first pull: A = λI.
    fn begin(&mut self, ridge: f64) {
        let d = self.features;
        self.inverse.fill(0.0);
        for square in self.inverse.chunks_exact_mut(d * d) {
            square.iter_mut().step_by(d + 1).for_each(|entry| *entry = 1.0 / ridge);
        }
        self.b.fill(0.0);
        self.theta.fill(0.0);
        self.step = 0;
    }

    #[inline]
    fn inverse(&self, arm: usize) -> &[f64] {
        let d2 = self.features * self.features;
        &self.inverse[arm * d2..][..d2]
    }

    /// The upper bound θᵀx + α √(xᵀ A⁻¹ x) of every arm; θᵀx for α = 0.
    #[inline]
    fn bounds(&self, x: &[f64], alpha: f64, bounds: &mut [f64]) {
        for (arm, (bound, theta)) in bounds.iter_mut().zip(self.theta.chunks_exact(self.features)).enumerate() {
            // Rounding may bring what is hardly above 0 below it.
            let width = if alpha > 0.0 { alpha * quadratic(self.inverse(arm), x).max(0.0).sqrt() } else { 0.0 };
            *bound = dot(theta, x) + width;
        }
    }

    /// Takes in what an arm paid; gives how far the estimate was off.
    fn learn(&mut self, x: &[f64], arm: usize, reward: f64, ax: &mut [f64]) -> f64 {
        let d = self.features;
        let inverse = &mut self.inverse[arm * d * d..][..d * d];
        let (b, theta) = (&mut self.b[arm * d..][..d], &mut self.theta[arm * d..][..d]);
        let error = reward - dot(theta, x);
        rank_one_inverse(inverse, x, ax);
        b.iter_mut().zip(x).for_each(|(b, x)| *b += reward * x);
        for (theta, row) in theta.iter_mut().zip(inverse.chunks_exact(d)) {
            *theta = dot(row, b);
        }
        error
    }
}

/// Room for one lane.
#[derive(Clone, Debug)]
struct Scratch {
    x: Vec<f64>,
    ax: Vec<f64>,
    bounds: Vec<f64>,
}

impl Scratch {
    fn new(models: &Models) -> Self {
        let [x, ax] = [(); 2].map(|()| vec![0.0; models.features]);
        Self { x, ax, bounds: vec![0.0; models.arms] }
    }

    #[inline]
    fn take(&mut self, row: &[f32]) {
        self.x.iter_mut().zip(row).for_each(|(x, feature)| *x = f64::from(*feature));
    }
}

impl LinUcb {
    /// The weights θ(a), arms × features.
    pub fn theta(&self) -> &[f64] {
        &self.models.theta
    }
}

impl Policy<f32, usize> for LinUcb {
    #[inline]
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.models.begin(self.config.ridge);
        }
        for (lane, arm) in act.iter_mut().enumerate() {
            self.scratch.take(now.obs.row(lane));
            self.models.bounds(&self.scratch.x, self.config.alpha, &mut self.scratch.bounds);
            *arm = choice::argmax_random(&self.scratch.bounds, now.legal_in(lane), rng);
        }
    }
}

impl Agent<f32, usize> for LinUcb {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, f32, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        for i in 0..seen.lanes() {
            self.scratch.take(seen.was.obs.row(i));
            let Scratch { x, ax, .. } = &mut self.scratch;
            let error = self.models.learn(x, seen.act.row(i)[0], seen.reward[i], ax);
            log.record("train/error", Error::finite(ENTRY.id, "an error", error, self.models.step)?.abs());
        }
        self.models.step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, usize>> {
        match mode {
            Mode::Greedy => Box::new(Linear { models: self.models.clone(), scratch: self.scratch.clone() }),
            Mode::Sample => {
                Box::new(Self { config: LinUcbConfig { forget: false, ..self.config.clone() }, ..self.clone() })
            }
        }
    }

    /// The greatest θ(a)ᵀx of the legal arms.
    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        let mut scratch = self.scratch.clone();
        let mut value = |lane| {
            scratch.take(now.obs.row(lane));
            self.models.bounds(&scratch.x, 0.0, &mut scratch.bounds);
            choice::max(&scratch.bounds, now.legal_in(lane))
        };
        Some((0..now.lanes()).map(&mut value).collect())
    }

    fn state(&self) -> State {
        State::of(&self.models)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.models, state)
    }
}

/// The greedy policy; of equal values the first.
#[derive(Clone, Debug)]
struct Linear {
    models: Models,
    scratch: Scratch,
}

impl Policy<f32, usize> for Linear {
    fn act(&mut self, now: &View<'_, f32>, _: &mut Rng, act: &mut [usize]) {
        for (lane, arm) in act.iter_mut().enumerate() {
            self.scratch.take(now.obs.row(lane));
            self.models.bounds(&self.scratch.x, 0.0, &mut self.scratch.bounds);
            *arm = choice::argmax(&self.scratch.bounds, now.legal_in(lane));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{build, train};
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        bandit::{LinearBandit, LinearBanditParams},
    };

    #[test]
    fn the_update_rule() {
        let mut models = Models::new(2, 2);
        models.begin(1.0);
        // A = I + (1, 2)(1, 2)ᵀ, b = 6·(1, 2), θ = [[5, −2], [−2, 2]] (6, 12) / 6 = (1, 2).
        assert_eq!(models.learn(&[1.0, 2.0], 1, 6.0, &mut [0.0; 2]), 6.0);
        let near = |found: &[f64], right: &[f64]| found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(&models.theta, &[0.0, 0.0, 1.0, 2.0]), "{:?}", models.theta);
        // xᵀ A⁻¹ x = 5/6 for x = (1, 2), and 5 for the arm that was not pulled.
        let mut bounds = [0.0; 2];
        models.bounds(&[1.0, 2.0], 2.0, &mut bounds);
        assert!(near(&bounds, &[2.0 * 5.0_f64.sqrt(), 5.0 + 2.0 * (5.0_f64 / 6.0).sqrt()]), "{bounds:?}");
        models.begin(4.0);
        models.bounds(&[1.0, 2.0], 2.0, &mut bounds);
        assert!(near(&bounds, &[5.0_f64.sqrt(); 2]), "{bounds:?}");
    }

    #[test]
    fn an_arm_whose_width_is_rounded_below_0_has_a_bound() {
        let mut models = Models::new(1, 2);
        models.begin(1.0);
        models.inverse[0] = -1e-20;
        let mut bounds = [0.0; 2];
        models.bounds(&[1.0], 2.0, &mut bounds);
        assert_eq!(bounds, [0.0, 2.0]);
    }

    #[test]
    fn without_noise_the_arms_weights_are_found() {
        let params = LinearBanditParams { arms: 3, noise: 0.0, time_limit: 1_000_000 };
        let mut lanes = Lanes::new(LinearBandit::new(params).unwrap(), 1, &Seeds::from(1)).unwrap();
        let mut agent = build(&lanes, &LinUcbConfig { ridge: 1e-9, alpha: 1e-3, ..LinUcbConfig::default() }, 1_000);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1_000);
        let right = lanes.env(0).theta().concat();
        let off = agent.theta().iter().zip(&right).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-5 && lanes.lanes() == 1, "{off}");
    }
}
