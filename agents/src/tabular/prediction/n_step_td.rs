//! n-step TD: prediction from n rewards and the estimate of where they led.
//!
//! Watkins 1989, "Learning from Delayed Rewards"; Sutton & Barto 2018, section 7.1:
//!
//! ```text
//! Gₜ:ₜ₊ₙ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ V(sₜ₊ₙ)        (only rewards where the episode terminates before)
//! V(sₜ) ← V(sₜ) + α [Gₜ:ₜ₊ₙ − V(sₜ)]                          when sₜ₊ₙ is reached
//! ```
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, the returns that are still open end in the estimate of the state that was reached, as
//!    it is before they change it.

use gymkhana_envs::{Rng, params};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::returns::{backwards, n_step_return},
    schedule::Schedule,
    tabular::{Given, VTable, path::Paths},
};

params! {
    /// What n-step TD can be told.
    pub struct NStepTdConfig for "n-step-td" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// rewards before the estimate, n
        n: usize = 4, in 1..=100_000;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<NStepTdConfig>(
    "n-step temporal-difference prediction with a table",
    "\
Gₜ:ₜ₊ₙ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ V(sₜ₊ₙ)        (only rewards where the episode terminates before)
V(sₜ) ← V(sₜ) + α [Gₜ:ₜ₊ₙ − V(sₜ)]                          when sₜ₊ₙ is reached",
    "Watkins 1989, Learning from Delayed Rewards; Sutton & Barto 2018, section 7.1",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The agent.
pub type NStepTd = Predictor<NStepTdConfig>;

impl Recipe<usize, usize> for NStepTdConfig {
    type Agent = NStepTd;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<NStepTd, Error> {
        Predictor::new(self, setup)
    }
}

impl Rule for NStepTdConfig {
    /// The last steps, fewer than n.
    type Memory = Paths;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Paths {
        Paths::new(states, lanes)
    }

    fn learn(&self, v: &mut VTable, memory: &mut Paths, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let path = memory.lane(step.lane, step.first);
        path.push(step.state, step.reward, 1.0);
        let v_end = step.v_next(v);
        // One return is complete, or, where the episode ends, all that were begun.
        let complete = if step.ended {
            backwards(&mut path.rewards, self.gamma, v_end);
            path.len()
        } else if path.len() >= self.n {
            path.rewards[0] = n_step_return(path.rewards.iter().copied(), self.gamma, v_end);
            1
        } else {
            0
        };
        for (state, g) in path.cells.iter().zip(&path.rewards).take(complete) {
            let value = v.value_mut(*state);
            let delta = g - *value;
            *value = Error::finite(ENTRY.id, "a state value", *value + alpha * delta, step.taken)?;
            log.record("train/td_error", delta.abs());
        }
        path.forget(complete);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::{value_of_one, walk};

    fn config(n: usize) -> NStepTdConfig {
        NStepTdConfig { learning_rate: 0.5.into(), gamma: 0.5, n, initial_value: 2.0, ..NStepTdConfig::default() }
    }

    #[test]
    fn the_update_rule() {
        // Two steps of three: nothing is complete. Then G = 1 + ½ + ¼ + ⅛·2 = 2, so that 2 stays 2.
        let later = NStepTdConfig { initial_value: 4.0, ..config(3) };
        assert_eq!(value_of_one(&later, (false, false), 2), 4.0);
        // 1 + ½ + ¼ + ⅛·4 = 2.25, half-way from 4
        assert_eq!(value_of_one(&later, (false, false), 3), 3.125);
        assert_eq!(value_of_one(&config(3), (false, false), 3), 2.0);
        // An episode of one step has one reward: 2 + ½ (1 − 2)
        assert_eq!(value_of_one(&config(3), (true, false), 1), 1.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = NStepTdConfig { gamma: 0.9, ..config(3) };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }

    #[test]
    fn the_last_n_states_of_an_episode_learn_of_its_end() {
        // Every return that reaches the right end is 1, every other one ½, which is what all values begin with.
        let config =
            NStepTdConfig { n: 1_000, initial_value: 0.5, learning_rate: 0.5.into(), ..NStepTdConfig::default() };
        for seed in 0..10 {
            let (v, right) = walk(&config, seed, 1);
            let moved = |value: f64| (value - 0.5) * if right { 1.0 } else { -1.0 };
            assert!(v.iter().all(|value| moved(*value) >= 0.0) && moved(v[2]) >= 0.25, "seed {seed}: {v:?}");
        }
    }
}
