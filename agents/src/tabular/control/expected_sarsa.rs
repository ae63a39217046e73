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
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{policy::expected, td::one_step_target},
    restore::restore,
    schedule::Schedule,
    tabular::{Known, QTable},
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

impl Recipe<usize, usize> for ExpectedSarsaConfig {
    type Agent = ExpectedSarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<ExpectedSarsa, Error> {
        self.validate()?;
        let known = Known::new(Self::OWNER, setup.spec, self.initial_value)?;
        Ok(ExpectedSarsa { known, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct ExpectedSarsa {
    known: Known,
    /// of the whole run
    steps: u64,
    config: ExpectedSarsaConfig,
}

impl ExpectedSarsa {
    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.known.q
    }
}

impl Policy<usize, usize> for ExpectedSarsa {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Known { q, step } = &self.known;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, action) in act.iter_mut().enumerate() {
            *action = q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng);
        }
    }
}

impl Agent<usize, usize> for ExpectedSarsa {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let ExpectedSarsaConfig { learning_rate, gamma, epsilon, target_epsilon, .. } = self.config;
        let Known { q, step } = &mut self.known;
        let alpha = learning_rate.at(*step, self.steps);
        let epsilon = target_epsilon.unwrap_or_else(|| epsilon.at(*step, self.steps));
        for i in 0..seen.lanes() {
            let (state, action) = (q.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let v_next = expected(q.row(q.state(seen.next(i))), seen.next_legal(i), epsilon);
            let target = one_step_target(seen.reward[i], gamma, seen.terminated[i], v_next);
            let value = q.value_mut(state, action);
            let delta = target - *value;
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, *step)?;
            log.record("train/td_error", delta.abs());
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        self.known.q.policy(mode, self.config.epsilon.at(self.known.step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.known.q.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.known)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.known, state)
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

    use crate::one::{One, build, train};

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
            agent.known.q.row_mut(0).copy_from_slice(&[2.0, 8.0]);
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
