//! Semi-gradient TD(0) with linear features, on-policy and off-policy.
//!
//! Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Sutton & Barto 2018, sections 9.3 and 11.1:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ        (no second term where sₜ₊₁ is terminal)
//! w ← w + α ρₜ δₜ xₜ,   ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ)
//! ```
//!
//! With π = b it converges. Otherwise it may diverge, as on Baird's counterexample.
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the same weights, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use super::{Predictor, Rule, Step, Weights, predictor::add};
use crate::{
    agent::{Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    schedule::Schedule,
    tabular::Given,
};

params! {
    /// What semi-gradient TD can be told.
    pub struct SemiGradientTdConfig for "semi-gradient-td" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.01), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// the policy whose values are learned, π, in all states alike
        policy: Given = Given::Random, in ..;
        /// the policy that is followed, b: it must do whatever π does, now and then
        behaviour: Given = Given::Random, in ..;
        /// what the weights begin with: one number for all, or one for each feature; none is 0
        initial_weights: Vec<f64> = Vec::new(), in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature_choice::<SemiGradientTdConfig>(
    "one-step temporal-difference prediction with linear features, also of a policy that is not followed",
    "\
δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ        (no second term where sₜ₊₁ is terminal)
w ← w + α ρₜ δₜ xₜ,   ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ)",
    "Sutton 1988, Learning to Predict by the Methods of Temporal Differences; Sutton & Barto 2018, sections 9.3 and 11.1",
)
.at("value/prediction/linear")
.only_for(Scope::Prediction);

/// The agent.
pub type SemiGradientTd = Predictor<SemiGradientTdConfig>;

impl Recipe<f32, usize> for SemiGradientTdConfig {
    type Agent = SemiGradientTd;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<SemiGradientTd, Error> {
        Predictor::new(self, false, setup)
    }
}

impl Rule for SemiGradientTdConfig {
    fn policies(&self) -> (&Given, &Given) {
        (&self.policy, &self.behaviour)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn initial_weights(&self) -> &[f64] {
        &self.initial_weights
    }

    fn learn(&self, weights: &mut Weights, step: &Step<'_>) {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        add(&mut weights.w, alpha * step.ratio * step.delta, step.x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn value(terminated: bool, truncated: bool, steps: usize, config: &SemiGradientTdConfig) -> f64 {
        let mut lanes = One { obs: [1.0_f32], terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.weights().w[0]
    }

    fn config(gamma: f64) -> SemiGradientTdConfig {
        SemiGradientTdConfig { learning_rate: 0.5.into(), gamma, ..SemiGradientTdConfig::default() }
    }

    #[test]
    fn the_update_rule() {
        let config = SemiGradientTdConfig { initial_weights: vec![2.0], ..config(0.5) };
        // w ← 2 + ½ (1 + ½·2 − 2) = 2, and terminated: 2 + ½ (1 − 2) = 1.5
        assert_eq!((value(false, false, 1, &config), value(true, false, 1, &config)), (2.0, 1.5));
        // Two features, 2 and −1, of weights 1 and 3, an error of 4 and ρ = ½: each α ρ δ = 1 times its feature.
        let mut agent = build(&One { obs: [1.0_f32, 1.0], terminated: false, truncated: false }.lanes(1), &config, 1);
        agent.weights_mut().w = vec![1.0, 3.0];
        let step = Step { x: &[2.0, -1.0], x_next: None, delta: 4.0, ratio: 0.5, taken: 0, steps: 1 };
        config.learn(agent.weights_mut(), &step);
        assert_eq!(agent.weights().w, [3.0, 2.0]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let value = |terminated, truncated| value(terminated, truncated, 2_000, &config(0.9));
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let lanes = One { obs: [1.0_f32], terminated: true, truncated: false }.lanes(1);
        let config = SemiGradientTdConfig { initial_weights: vec![1.0, 2.0], ..config(0.9) };
        let spec = gymkhana_envs::Batch::spec(&lanes);
        let setup = Setup { spec, lanes: 1, steps: 1, device: crate::DeviceName::Flex };
        let error = config.build(&setup, &mut Rng::new(0)).unwrap_err().to_string();
        assert!(error.contains("One has 1 features: a weight for each, or one for all"), "{error}");
    }
}
