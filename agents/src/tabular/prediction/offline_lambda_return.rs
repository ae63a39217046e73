//! The offline λ-return algorithm: updates at the end of an episode, with a mean of all n-step returns.
//!
//! Watkins 1989, "Learning from Delayed Rewards"; Sutton & Barto 2018, section 12.1:
//!
//! ```text
//! Gₜ = (1 − λ) Σₙ λⁿ⁻¹ Gₜ:ₜ₊ₙ = rₜ₊₁ + γ [(1 − λ) V(sₜ₊₁) + λ Gₜ₊₁]        (0 at a terminal state)
//! V(sₜ) ← V(sₜ) + α [Gₜ − V(sₜ)]                                            for t = 0, 1, … T − 1
//! ```
//!
//! The Gₜ are computed from the values before the episode's updates.
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, the last return is the estimate of the state that was reached.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::returns::lambda_returns,
    restore::Shaped,
    schedule::Schedule,
    tabular::{Given, VTable, path::Paths},
};

params! {
    /// What the offline λ-return algorithm can be told.
    pub struct OfflineLambdaReturnConfig for "offline-lambda-return" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// how much longer returns count: from 0, one step, to 1, the whole return
        lambda: f64 = 0.8, in 0.0..=1.0;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<OfflineLambdaReturnConfig>(
    "prediction from λ-returns at the end of an episode, with a table",
    "\
Gₜ = (1 − λ) Σₙ λⁿ⁻¹ Gₜ:ₜ₊ₙ = rₜ₊₁ + γ [(1 − λ) V(sₜ₊₁) + λ Gₜ₊₁]        (0 at a terminal state)
V(sₜ) ← V(sₜ) + α [Gₜ − V(sₜ)]                                            for t = 0, 1, … T − 1",
    "Watkins 1989, Learning from Delayed Rewards; Sutton & Barto 2018, section 12.1",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The agent.
pub type OfflineLambdaReturn = Predictor<OfflineLambdaReturnConfig>;

impl Recipe<usize, usize> for OfflineLambdaReturnConfig {
    type Agent = OfflineLambdaReturn;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<OfflineLambdaReturn, Error> {
        Predictor::new(self, setup)
    }
}

/// Episodes that are not over, and room to compute in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Episodes {
    paths: Paths,
    #[serde(skip)]
    v_next: Vec<f64>,
    #[serde(skip)]
    returns: Vec<f64>,
}

impl Shaped for Episodes {
    fn same_shape(&self, other: &Self) -> bool {
        self.paths.same_shape(&other.paths)
    }
}

impl Rule for OfflineLambdaReturnConfig {
    type Memory = Episodes;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Episodes {
        Episodes { paths: Paths::new(states, lanes), v_next: Vec::new(), returns: Vec::new() }
    }

    fn learn(&self, v: &mut VTable, memory: &mut Episodes, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let Episodes { paths, v_next, returns } = memory;
        let path = paths.lane(step.lane, step.first);
        path.push(step.state, step.reward, 1.0);
        if !step.ended {
            return Ok(());
        }
        let alpha = self.learning_rate.at(step.taken, step.steps);
        v_next.clear();
        v_next.extend(path.cells[1..].iter().map(|state| v.value(*state)));
        v_next.push(step.v_next(v));
        lambda_returns(&path.rewards, |_| self.gamma, v_next, self.lambda, returns);
        for (state, g) in path.cells.iter().zip(returns) {
            let value = v.value_mut(*state);
            let error = *g - *value;
            *value = Error::finite(ENTRY.id, "a state value", *value + alpha * error, step.taken)?;
            log.record("train/return_error", error.abs());
        }
        path.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::{value_of_one, walk};

    fn config(lambda: f64) -> OfflineLambdaReturnConfig {
        let learning_rate = 0.5.into();
        OfflineLambdaReturnConfig { learning_rate, gamma: 0.5, lambda, ..OfflineLambdaReturnConfig::default() }
    }

    #[test]
    fn the_update_rule() {
        // Nothing before the end; then G = 1 + ½·4 where the episode was cut off, or 1 where it terminated.
        let config = OfflineLambdaReturnConfig { initial_value: 4.0, ..config(0.5) };
        assert_eq!(value_of_one(&config, (false, false), 9), 4.0);
        assert_eq!(value_of_one(&config, (false, true), 1), 3.5);
        assert_eq!(value_of_one(&config, (true, false), 1), 2.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = OfflineLambdaReturnConfig { gamma: 0.9, ..config(0.5) };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }

    #[test]
    fn the_start_learns_from_the_first_episode_unless_lambda_is_0() {
        let config = |lambda| OfflineLambdaReturnConfig { gamma: 1.0, initial_value: 0.5, ..config(lambda) };
        assert_eq!(walk(&config(0.0), 3, 1).0[2], 0.5);
        assert!((walk(&config(0.9), 3, 1).0[2] - 0.5).abs() > 0.05);
    }
}
