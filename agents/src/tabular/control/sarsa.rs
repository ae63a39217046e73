//! Sarsa: on-policy temporal-difference control.
//!
//! Rummery & Niranjan 1994, "On-Line Q-Learning Using Connectionist Systems"; Sutton & Barto 2018, section 6.4:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ
//! ```
//!
//! aₜ₊₁ is chosen before the update, and is the action that is taken next.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, aₜ₊₁ is drawn in the state that was reached, and not taken.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::td::one_step_target,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Known, QTable},
};

params! {
    /// What Sarsa can be told.
    pub struct SarsaConfig for "sarsa" {
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
pub const ENTRY: Entry = Entry::index_choice::<SarsaConfig>(
    "on-policy temporal-difference control with a table",
    "\
δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    "Rummery & Niranjan 1994, On-Line Q-Learning Using Connectionist Systems; Sutton & Barto 2018, section 6.4",
)
.at("value/control/on-policy");

impl Recipe<usize, usize> for SarsaConfig {
    type Agent = Sarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Sarsa, Error> {
        self.validate()?;
        let known = Known::new(Self::OWNER, setup.spec, self.initial_value)?;
        let learnt = Learnt { known, chosen: vec![None; setup.lanes] };
        Ok(Sarsa { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Sarsa {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: SarsaConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    /// per lane, the action that is taken next: none where an episode begins
    chosen: Vec<Option<usize>>,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let are_actions = other.chosen.iter().flatten().all(|action| *action < self.known.q.actions());
        self.known.same_shape(&other.known) && self.chosen.len() == other.chosen.len() && are_actions
    }
}

impl Sarsa {
    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }
}

impl Policy<usize, usize> for Sarsa {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Learnt { known: Known { q, step }, chosen } = &mut self.learnt;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, action) in act.iter_mut().enumerate() {
            *action = match chosen[lane].take() {
                Some(chosen) => chosen,
                None => q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng),
            };
        }
    }
}

impl Agent<usize, usize> for Sarsa {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let SarsaConfig { gamma, learning_rate, epsilon, .. } = self.config;
        let Learnt { known: Known { q, step }, chosen } = &mut self.learnt;
        let (alpha, epsilon) = (learning_rate.at(*step, self.steps), epsilon.at(*step, self.steps));
        for (i, chosen) in chosen.iter_mut().enumerate() {
            let (state, action) = (q.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let next = q.state(seen.next(i));
            let next_action = (!seen.terminated[i]).then(|| q.epsilon_greedy(next, seen.next_legal(i), epsilon, rng));
            let q_next = next_action.map_or(0.0, |action| q.row(next)[action]);
            let target = one_step_target(seen.reward[i], gamma, seen.terminated[i], q_next);
            let value = q.value_mut(state, action);
            let delta = target - *value;
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, *step)?;
            *chosen = next_action.filter(|_| !seen.ended(i));
            log.record("train/td_error", delta.abs());
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let Known { q, step } = &self.learnt.known;
        q.policy(mode, self.config.epsilon.at(*step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.known.q.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.known)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.known, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &SarsaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = SarsaConfig { gamma: 0.5, initial_value: 2.0, ..SarsaConfig::default() };
        // Q ← 2 + ½ (1 + ½·2 − 2) = 2, and terminated: 2 + ½ (1 − 2) = 1.5
        assert_eq!(learnt(false, false, 1, &config), 2.0);
        assert_eq!(learnt(true, false, 1, &config), 1.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = SarsaConfig { gamma: 0.9, ..SarsaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn the_action_that_was_backed_up_is_taken() {
        let config = SarsaConfig { epsilon: 1.0.into(), ..SarsaConfig::default() };
        let mut lanes = One { obs: 0, terminated: false, truncated: false }.lanes(3);
        let mut agent = build(&lanes, &config, 10);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1);
        let chosen = agent.learnt.chosen.clone();
        assert!(chosen.iter().all(Option::is_some));
        let mut act = [9; 3];
        agent.act(&gymkhana_envs::Batch::now(&lanes), &mut Rng::new(1), &mut act);
        assert_eq!(act.map(Some).to_vec(), chosen);
    }
}
