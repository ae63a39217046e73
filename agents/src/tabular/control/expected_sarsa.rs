//! Expected Sarsa: the expected value of what comes next, instead of a sample of it.
//!
//! van Seijen, van Hasselt, Whiteson & Wiering 2009, "A Theoretical and Empirical Analysis of Expected Sarsa"; Sutton &
//! Barto 2018, section 6.6:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ Σₐ π(a|sₜ₊₁) Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ
//! ```
//!
//! π is the policy that is learned of, ε-greedy on Q: with the exploration of the one that acts, or with `target_epsilon`.
//! With a greedy π it is Q-learning.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; sₜ₊₁ is valued with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{policy::expected, td::one_step_target},
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What Expected Sarsa can be told.
    pub struct ExpectedSarsaConfig for "expected-sarsa" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// ε of the policy that is learned of; none: that of the policy that acts
        target_epsilon: Option<f64> = None, in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<ExpectedSarsaConfig>(
    "temporal-difference control by the expected value of what comes next",
    "\
δₜ = rₜ₊₁ + γ Σₐ π(a|sₜ₊₁) Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    "van Seijen et al. 2009, A Theoretical and Empirical Analysis of Expected Sarsa; Sutton & Barto 2018, section 6.6",
)
.at("value/control/on-policy");

/// The agent.
pub type ExpectedSarsa = Controller<ExpectedSarsaConfig>;

impl Recipe<usize, usize> for ExpectedSarsaConfig {
    type Agent = ExpectedSarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<ExpectedSarsa, Error> {
        Controller::new(self, setup)
    }
}

impl Method for ExpectedSarsaConfig {
    type Memory = ();

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, _: &QTable, _: usize) {}

    #[inline]
    fn learn(&self, q: &mut QTable, (): &mut (), step: &Step<'_>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let epsilon = self.target_epsilon.unwrap_or(step.epsilon);
        let v_next = expected(q.row(step.next), step.next_legal, epsilon);
        let target = one_step_target(step.reward, self.gamma, step.terminated, v_next);
        let value = q.value_mut(step.state, step.action);
        let delta = target - *value;
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, step.taken)?;
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        tabular::{Finite, Outcome, Table},
    };

    use crate::{
        agent::Agent,
        one::{One, build, train},
    };

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &ExpectedSarsaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        // One state and two actions, each of which pays 1 and stays.
        let table =
            Table::new(vec![1.0], 2, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        let env = Finite::new("Stay", Arc::new(table), None, None);
        for (target_epsilon, expected) in [(None, 3.5), (Some(0.5), 4.25), (Some(0.0), 5.0)] {
            let mut lanes = Lanes::new(env.clone(), 1, &Seeds::from(0)).unwrap();
            let config = ExpectedSarsaConfig { epsilon: 1.0.into(), learning_rate: 1.0.into(), ..Default::default() };
            let mut agent = build(&lanes, &ExpectedSarsaConfig { gamma: 0.5, target_epsilon, ..config }, 1);
            agent.q_mut().row_mut(0).copy_from_slice(&[2.0, 8.0]);
            lanes.step(&[0]).unwrap();
            agent.learn(&lanes.seen(&[0]), &mut Rng::new(0), &mut Metrics::default()).unwrap();
            // 1 + ½ (ε · 5 + (1 − ε) · 8)
            assert_eq!(agent.q().row(0), [expected, 8.0]);
        }
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = ExpectedSarsaConfig { gamma: 0.9, ..ExpectedSarsaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
