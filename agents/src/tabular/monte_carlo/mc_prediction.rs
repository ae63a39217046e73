//! Monte Carlo prediction: the value of a state is the mean of the returns that followed it.
//!
//! Singh & Sutton 1996, "Reinforcement Learning with Replacing Eligibility Traces"; Sutton & Barto 2018, section 5.1. At the
//! end of an episode,
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
//! V(sₜ) ← V(sₜ) + [Gₜ − V(sₜ)] / N(sₜ)        the mean, or with α in place of 1/N (equation 6.1)
//! ```
//!
//! for each t, or for those where sₜ is visited for the first time in the episode.
//!
//! Deviations
//! 1. Where an episode is truncated, the last return is the estimate of the state that was reached.
//! 2. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::returns::backwards,
    restore::Shaped,
    tabular::{
        Given, VTable,
        path::{FirstVisits, Paths},
        prediction::{Predictor, Rule, Step},
    },
};

params! {
    /// What Monte Carlo prediction can be told.
    pub struct McPredictionConfig for "mc-prediction" {
        /// step size α; none: the mean of all returns
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// whether only a state's first visit in an episode counts, or every one
        first_visit: bool = true, in ..;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<McPredictionConfig>(
    "the mean of returns, first-visit or every-visit, with a table",
    "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
V(sₜ) ← V(sₜ) + [Gₜ − V(sₜ)] / N(sₜ)        at the end of an episode; or with α in place of 1/N",
    "Singh & Sutton 1996, Reinforcement Learning with Replacing Eligibility Traces; Sutton & Barto 2018, section 5.1",
)
.at("value/prediction/monte-carlo")
.only_for(Scope::Prediction);

/// The agent.
pub type McPrediction = Predictor<McPredictionConfig>;

impl Recipe<usize, usize> for McPredictionConfig {
    type Agent = McPrediction;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<McPrediction, Error> {
        Predictor::new(self, setup)
    }
}

/// Episodes that are not over, and how many returns each value is the mean of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Returns {
    paths: Paths,
    /// N(s)
    counts: Vec<u64>,
    #[serde(skip)]
    visits: FirstVisits,
}

impl Shaped for Returns {
    fn same_shape(&self, other: &Self) -> bool {
        self.paths.same_shape(&other.paths) && self.counts.len() == other.counts.len()
    }
}

impl Rule for McPredictionConfig {
    type Memory = Returns;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Returns {
        Returns { paths: Paths::new(states, lanes), counts: vec![0; states], visits: FirstVisits::default() }
    }

    fn learn(&self, v: &mut VTable, memory: &mut Returns, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let Returns { paths, counts, visits } = memory;
        let path = paths.lane(step.lane, step.first);
        path.push(step.state, step.reward, 1.0);
        if !step.ended {
            return Ok(());
        }
        backwards(&mut path.rewards, self.gamma, step.v_next(v));
        visits.begin(counts.len());
        for (&state, g) in path.cells.iter().zip(&path.rewards) {
            if self.first_visit && !visits.is_first(state) {
                continue;
            }
            counts[state] = counts[state].saturating_add(1);
            let value = v.value_mut(state);
            let error = g - *value;
            let alpha = self.learning_rate.unwrap_or(1.0 / counts[state] as f64);
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

    #[test]
    fn means_and_constant_steps() {
        // Rewards of 1 that terminate: the mean is 1 whatever was there; by ½ from 3: 2, then 1.5.
        let mean = McPredictionConfig { initial_value: 3.0, ..McPredictionConfig::default() };
        let half = McPredictionConfig { learning_rate: Some(0.5), ..mean.clone() };
        assert_eq!((value_of_one(&mean, (true, false), 2), value_of_one(&half, (true, false), 2)), (1.0, 1.5));
        // Nothing before the end.
        assert_eq!(value_of_one(&mean, (false, false), 9), 3.0);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config =
            McPredictionConfig { learning_rate: Some(0.5), gamma: 0.9, first_visit: false, ..Default::default() };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }

    #[test]
    fn first_and_every_visit_differ_by_discounted_visits() {
        // Where the episode ends on the right, first visits are longer before the reward than later ones: with γ = ½ they
        // are worth less. Without discount all returns are 1.
        let after = |gamma, first_visit, seed| {
            walk(&McPredictionConfig { gamma, first_visit, ..McPredictionConfig::default() }, seed, 1)
        };
        let right = (0..20).find(|seed| after(0.5, true, *seed).1).unwrap();
        let ([first, every], [undiscounted, _]) = (
            [true, false].map(|first| after(0.5, first, right).0),
            [true, false].map(|first| after(1.0, first, right).0),
        );
        assert!(first.iter().zip(&every).all(|(first, every)| first <= every) && first != every, "{first:?} {every:?}");
        assert!(undiscounted[2..].iter().all(|value| *value == 1.0), "{undiscounted:?}");
    }
}
