//! Double Q-learning: one table says which action is best, the other what it is worth.
//!
//! van Hasselt 2010, "Double Q-learning"; Sutton & Barto 2018, section 6.7:
//!
//! ```text
//! with probability ½:  Q₁(sₜ, aₜ) ← Q₁(sₜ, aₜ) + α [rₜ₊₁ + γ Q₂(sₜ₊₁, argmaxₐ Q₁(sₜ₊₁, a)) − Q₁(sₜ, aₜ)]
//! otherwise:           Q₂(sₜ, aₜ) ← Q₂(sₜ, aₜ) + α [rₜ₊₁ + γ Q₁(sₜ₊₁, argmaxₐ Q₂(sₜ₊₁, a)) − Q₂(sₜ, aₜ)]
//! ```
//!
//! without the second term where sₜ₊₁ is terminal. It acts ε-greedily on (Q₁ + Q₂) / 2. The greatest of several noisy
//! estimates is too great on average; what another sample says of that action is not.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes update the tables, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{choice, td::one_step_target},
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What Double Q-learning can be told.
    pub struct DoubleQLearningConfig for "double-q-learning" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<DoubleQLearningConfig>(
    "Q-learning without its bias: one table chooses, the other values",
    "\
with probability ½:  Q₁(sₜ, aₜ) ← Q₁(sₜ, aₜ) + α [rₜ₊₁ + γ Q₂(sₜ₊₁, argmaxₐ Q₁(sₜ₊₁, a)) − Q₁(sₜ, aₜ)]
otherwise:           the same with Q₁ and Q₂ exchanged",
    "van Hasselt 2010, Double Q-learning; Sutton & Barto 2018, section 6.7",
)
.at("value/control/off-policy");

/// The agent.
pub type DoubleQLearning = Controller<DoubleQLearningConfig>;

impl Recipe<usize, usize> for DoubleQLearningConfig {
    type Agent = DoubleQLearning;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<DoubleQLearning, Error> {
        Controller::new(self, setup)
    }
}

impl DoubleQLearning {
    /// Q₁ and Q₂. The values that it acts on are their mean.
    pub fn pair(&self) -> &[QTable; 2] {
        self.memory()
    }
}

impl Method for DoubleQLearningConfig {
    type Memory = [QTable; 2];

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, mean: &QTable, _: usize) -> [QTable; 2] {
        [mean.clone(), mean.clone()]
    }

    #[inline]
    fn learn(
        &self,
        mean: &mut QTable,
        pair: &mut [QTable; 2],
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let [first, second] = pair;
        let (q, other) = if rng.below(2) == 0 { (first, second) } else { (second, first) };
        let v_next = if step.terminated {
            0.0
        } else {
            other.row(step.next)[choice::argmax_random(q.row(step.next), step.next_legal, rng)]
        };
        let target = one_step_target(step.reward, self.gamma, step.terminated, v_next);
        let value = q.value_mut(step.state, step.action);
        let delta = target - *value;
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, step.taken)?;
        *mean.value_mut(step.state, step.action) = 0.5 * (*value + other.row(step.state)[step.action]);
        log.record("train/td_error", delta.abs());
        Ok(())
    }

    /// What is learned from here on goes on from the mean.
    fn adopt(pair: &mut [QTable; 2], mean: &QTable) {
        *pair = [mean.clone(), mean.clone()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn agent(terminated: bool, truncated: bool, steps: usize, config: &DoubleQLearningConfig) -> DoubleQLearning {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent
    }

    #[test]
    fn the_update_rule() {
        let lanes = &mut One { obs: 0, terminated: false, truncated: false }.lanes(1);
        let mut agent = build(lanes, &DoubleQLearningConfig { gamma: 0.5, ..DoubleQLearningConfig::default() }, 1);
        *agent.memory_mut()[0].value_mut(0, 0) = 2.0;
        *agent.memory_mut()[1].value_mut(0, 0) = 6.0;
        train(&mut agent, lanes, &mut Rng::new(0), 1);
        let found = [0, 1].map(|table| agent.pair()[table].row(0)[0]);
        // Q₁ ← 2 + ½ (1 + ½·6 − 2) = 3, or Q₂ ← 6 + ½ (1 + ½·2 − 6) = 4
        assert!(found == [3.0, 6.0] || found == [2.0, 4.0], "{found:?}");
        assert_eq!(agent.q().row(0)[0], 0.5 * (found[0] + found[1]));
    }

    #[test]
    fn each_table_is_updated_half_of_the_time() {
        // Step sizes so small that each update adds one: 1,000 in all, ±3 deviations of √250.
        let config = DoubleQLearningConfig { learning_rate: 1e-9.into(), ..DoubleQLearningConfig::default() };
        let agent = agent(true, false, 1_000, &config);
        let [first, second] = [0, 1].map(|table| (agent.pair()[table].row(0)[0] * 1e9).round());
        assert_eq!(first + second, 1_000.0);
        assert!((452.0..=548.0).contains(&first), "{first}");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = DoubleQLearningConfig { gamma: 0.9, ..DoubleQLearningConfig::default() };
        let value = |terminated, truncated| agent(terminated, truncated, 4_000, &config).q().row(0)[0];
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
