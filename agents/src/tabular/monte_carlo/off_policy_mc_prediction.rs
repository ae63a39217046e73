//! Off-policy Monte Carlo prediction: returns of one policy, weighted so that they tell of another.
//!
//! Precup, Sutton & Singh 2000, "Eligibility Traces for Off-Policy Policy Evaluation"; Sutton & Barto 2018, sections 5.5, 5.6
//! and 5.9. At the end of an episode, backwards,
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,  Wₜ = ρₜ Wₜ₊₁,  ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ),  G_T = 0,  W_T = 1
//! V(sₜ) ← V(sₜ) + [Wₜ Gₜ − V(sₜ)] / N(sₜ)                          ordinary
//! C(sₜ) ← C(sₜ) + Wₜ,  V(sₜ) ← V(sₜ) + Wₜ/C(sₜ) [Gₜ − V(sₜ)]       weighted
//! G̃ₜ = ρₜ (rₜ₊₁ + γ G̃ₜ₊₁),  V(sₜ) ← V(sₜ) + [G̃ₜ − V(sₜ)] / N(sₜ)   per decision
//! ```
//!
//! Deviations
//! 1. With a step size α what is old is forgotten: N(s) ← (1 − α) N(s) + 1, C(s) ← (1 − α) C(s) + Wₜ.
//! 2. Where an episode is truncated, the last return is the estimate of the state that was reached.
//! 3. Several lanes update the one table, one after the other in the order of lanes.

use std::ops::RangeBounds;

use gymkhana_envs::{Rng, params, params::Value};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::importance::{per_decision, weighted_mean},
    restore::Shaped,
    tabular::{
        Given, VTable,
        path::{FirstVisits, Paths},
        prediction::{Predictor, Rule, Step},
    },
};

/// How returns are weighted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// By the ratio of all that was done: without bias, of great variance.
    Ordinary,
    /// A mean weighted by that ratio: with a bias that goes away, of small variance.
    #[default]
    Weighted,
    /// Each reward by the ratio of what was done before it.
    PerDecision,
}

impl Sampling {
    const ALL: [(&str, Self); 3] =
        [("ordinary", Self::Ordinary), ("weighted", Self::Weighted), ("per-decision", Self::PerDecision)];
}

impl Value for Sampling {
    type Bound = usize;
    fn kind() -> String {
        "ordinary, weighted or per-decision".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, sampling)| *sampling).ok_or_else(|| "neither ordinary nor weighted nor per-decision".into())
    }
    fn show(&self) -> String {
        Self::ALL.iter().find(|(_, sampling)| sampling == self).map_or_else(String::new, |(name, _)| (*name).into())
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

params! {
    /// What off-policy Monte Carlo prediction can be told.
    pub struct OffPolicyMcPredictionConfig for "off-policy-mc-prediction" {
        /// step size α by which older returns are forgotten; none: all count
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// how returns are weighted: ordinary, weighted or per-decision
        sampling: Sampling = Sampling::Weighted, in ..;
        /// whether only a state's first visit in an episode counts, or every one
        first_visit: bool = false, in ..;
        /// the policy whose values are learned, π
        policy: Given = Given::Random, in ..;
        /// the policy that is followed, b: it must do whatever π does, now and then
        behaviour: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<OffPolicyMcPredictionConfig>(
    "Monte Carlo prediction of a policy that is not followed, by importance sampling",
    "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,  Wₜ = ρₜ Wₜ₊₁,  ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ),  G_T = 0,  W_T = 1
V(sₜ) ← V(sₜ) + [Wₜ Gₜ − V(sₜ)] / N(sₜ)                          ordinary
C(sₜ) ← C(sₜ) + Wₜ,  V(sₜ) ← V(sₜ) + Wₜ/C(sₜ) [Gₜ − V(sₜ)]       weighted
G̃ₜ = ρₜ (rₜ₊₁ + γ G̃ₜ₊₁),  V(sₜ) ← V(sₜ) + [G̃ₜ − V(sₜ)] / N(sₜ)   per decision",
    "Precup, Sutton & Singh 2000, Eligibility Traces for Off-Policy Policy Evaluation; Sutton & Barto 2018, sections 5.5, \
     5.6 and 5.9",
)
.at("value/prediction/monte-carlo")
.only_for(Scope::Prediction);

/// The agent.
pub type OffPolicyMcPrediction = Predictor<OffPolicyMcPredictionConfig>;

impl Recipe<usize, usize> for OffPolicyMcPredictionConfig {
    type Agent = OffPolicyMcPrediction;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<OffPolicyMcPrediction, Error> {
        Predictor::new(self, setup)
    }
}

/// Episodes that are not over, and the weight of the returns so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weighted {
    paths: Paths,
    /// C(s), or N(s)
    weights: Vec<f64>,
    #[serde(skip)]
    visits: FirstVisits,
    /// which steps of an episode are first visits
    #[serde(skip)]
    first: Vec<bool>,
}

impl Shaped for Weighted {
    fn same_shape(&self, other: &Self) -> bool {
        self.paths.same_shape(&other.paths) && self.weights.len() == other.weights.len()
    }
}

impl Rule for OffPolicyMcPredictionConfig {
    type Memory = Weighted;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn behaviour(&self) -> Option<&Given> {
        Some(&self.behaviour)
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Weighted {
        let (paths, weights) = (Paths::new(states, lanes), vec![0.0; states]);
        Weighted { paths, weights, visits: FirstVisits::default(), first: Vec::new() }
    }

    fn learn(&self, v: &mut VTable, memory: &mut Weighted, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let Weighted { paths, weights, visits, first } = memory;
        let path = paths.lane(step.lane, step.first);
        path.push(step.state, step.reward, step.ratio);
        if !step.ended {
            return Ok(());
        }
        visits.begin(weights.len());
        first.clear();
        first.extend(path.cells.iter().map(|state| visits.is_first(*state)));
        let alpha = self.learning_rate.unwrap_or(0.0);
        let end = step.v_next(v);
        let (mut g, mut w, mut decided) = (end, 1.0, end);
        for t in (0..path.len()).rev() {
            let (reward, ratio) = (path.rewards[t], path.ratios[t]);
            g = reward + self.gamma * g;
            w *= ratio;
            decided = per_decision(reward, ratio, self.gamma, decided);
            if self.first_visit && !first[t] {
                continue;
            }
            let (weight, sample) = match self.sampling {
                Sampling::Ordinary => (1.0, w * g),
                Sampling::Weighted => (w, g),
                Sampling::PerDecision => (1.0, decided),
            };
            let state = path.cells[t];
            let value = v.value_mut(state);
            log.record("train/return_error", (sample - *value).abs());
            let mean = weighted_mean(*value, &mut weights[state], weight, sample, alpha);
            *value = Error::finite(ENTRY.id, "a state value", mean, step.taken)?;
        }
        log.record("train/importance_ratio", w);
        path.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        one::{build, train},
        tabular::prediction::testing::value_of_one,
    };
    use gymkhana_envs::{
        Lanes, Seeds,
        tabular::{Finite, Outcome, Table},
    };
    use std::sync::Arc;

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        for (_, sampling) in Sampling::ALL {
            let config = OffPolicyMcPredictionConfig {
                learning_rate: Some(0.5),
                gamma: 0.9,
                sampling,
                ..OffPolicyMcPredictionConfig::default()
            };
            assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
            assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
            assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
        }
    }

    /// Two steps from state 0 to state 1 to the end; the first pays 1 and the second 3, whatever is done. What is thought of
    /// state 0 after one episode in which b, which is even, did 0 and 0, or with `off` something else on the way.
    fn after_one(sampling: Sampling) -> Vec<[f64; 2]> {
        let table = Table::new(vec![1.0, 0.0], 2, |state, _| {
            let reward = [1.0, 3.0][state];
            [Outcome { probability: 1.0, next: 1, reward, terminated: state == 1 }]
        });
        let env = Finite::new("Stairs", Arc::new(table), None, None);
        let config = OffPolicyMcPredictionConfig {
            sampling,
            gamma: 0.5,
            policy: Given::Shares(vec![0.75, 0.25]),
            ..OffPolicyMcPredictionConfig::default()
        };
        let after = |seed| {
            let mut lanes = Lanes::new(env.clone(), 1, &Seeds::from(0)).unwrap();
            let mut agent = build(&lanes, &config, 2);
            train(&mut agent, &mut lanes, &mut Rng::new(seed), 2);
            [agent.v().value(0), agent.v().value(1)]
        };
        (0..20).map(after).collect()
    }

    #[test]
    fn returns_are_weighted_by_what_was_done() {
        // ρ is 1.5 or 0.5 for each of the two steps; G₁ = 3, G₀ = 1 + ½·3 = 2.5.
        let all = |sampling: Sampling, expected: &[[f64; 2]]| {
            let found = after_one(sampling);
            assert!(found.iter().all(|values| expected.contains(values)), "{sampling:?}: {found:?}");
            assert!(expected.iter().all(|values| found.contains(values)), "{sampling:?}: {found:?}");
        };
        all(Sampling::Weighted, &[[2.5, 3.0]]);
        all(Sampling::Ordinary, &[[5.625, 4.5], [1.875, 1.5], [1.875, 4.5], [0.625, 1.5]]);
        // 1.5 (1 + ½·4.5), 1.5 (1 + ½·1.5), 0.5 (1 + ½·4.5), 0.5 (1 + ½·1.5)
        all(Sampling::PerDecision, &[[4.875, 4.5], [2.625, 1.5], [1.625, 4.5], [0.875, 1.5]]);
    }
}
