//! TD(0): one-step temporal-difference prediction.
//!
//! Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Sutton & Barto 2018, section 6.1:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
//! V(sₜ) ← V(sₜ) + α δₜ
//! ```
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::td::one_step_target,
    schedule::Schedule,
    tabular::{Given, VTable},
};

params! {
    /// What TD(0) can be told.
    pub struct Td0Config for "td-0" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<Td0Config>(
    "one-step temporal-difference prediction with a table",
    "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
V(sₜ) ← V(sₜ) + α δₜ",
    "Sutton 1988, Learning to Predict by the Methods of Temporal Differences; Sutton & Barto 2018, section 6.1",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The agent.
pub type Td0 = Predictor<Td0Config>;

impl Recipe<usize, usize> for Td0Config {
    type Agent = Td0;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Td0, Error> {
        Predictor::new(self, setup)
    }
}

impl Rule for Td0Config {
    type Memory = ();

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, _: usize, _: usize) {}

    fn learn(&self, v: &mut VTable, (): &mut (), step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let target = one_step_target(step.reward, self.gamma, step.terminated, v.value(step.next));
        let value = v.value_mut(step.state);
        let delta = target - *value;
        *value = Error::finite(ENTRY.id, "a state value", *value + alpha * delta, step.taken)?;
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::{value_of_one, walk};

    #[test]
    fn the_update_rule() {
        let config = Td0Config { learning_rate: 0.5.into(), gamma: 0.5, initial_value: 2.0, ..Td0Config::default() };
        // V ← 2 + ½ (1 + ½·2 − 2) = 2, and terminated: 2 + ½ (1 − 2) = 1.5
        assert_eq!(value_of_one(&config, (false, false), 1), 2.0);
        assert_eq!(value_of_one(&config, (true, false), 1), 1.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = Td0Config { learning_rate: 0.5.into(), gamma: 0.9, ..Td0Config::default() };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }

    #[test]
    fn the_first_episode_of_example_6_2_changes_one_value() {
        // All values are ½ and all rewards 0 but at the right end: only the last step has an error.
        let config = Td0Config { initial_value: 0.5, ..Td0Config::default() };
        for seed in 0..10 {
            let (v, right) = walk(&config, seed, 1);
            let expected = if right { [0.5, 0.5, 0.5, 0.5, 0.55] } else { [0.45, 0.5, 0.5, 0.5, 0.5] };
            assert_eq!(v, expected, "seed {seed}");
        }
    }
}
