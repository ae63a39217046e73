//! Dyna-Q+: imagined steps are worth more the longer they have not been tried, so that a world that changes is noticed.
//!
//! Sutton 1990, "Integrated Architectures for Learning, Planning, and Reacting Based on Approximating Dynamic
//! Programming"; Sutton & Barto 2018, section 8.3:
//!
//! ```text
//! Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]                 from the step just taken
//! Model(s, a) ← r, s′
//! n times: s ← a state observed before, a ← any action, at random;  r, s′ ← Model(s, a);
//!          Q(s, a) ← Q(s, a) + α [r + κ√τ(s, a) + γ maxₐ′ Q(s′, a′) − Q(s, a)]
//! ```
//!
//! τ(s, a) are the steps since a was last taken in s. An action that was never taken there is imagined too: to lead back
//! to s for a reward of 0 (p. 168), and not to have been tried since the beginning.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes teach the one table and the one model, one after the other in the order of lanes; τ counts the steps of
//!    all of them.
//! 3. The model remembers whether a state was terminal: no value is imagined beyond it.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use super::{Experience, Model};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::choice,
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What Dyna-Q+ can be told.
    pub struct DynaQPlusConfig for "dyna-q-plus" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.95, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
        /// imagined steps per real one
        n: usize = 5, in ..=1_000_000;
        /// what the root of the steps since an action was last taken is worth, κ
        kappa: f64 = 1e-4, in 0.0..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<DynaQPlusConfig>(
    "Dyna-Q with a bonus for what has not been tried for long",
    "\
Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]                 from the step just taken
Model(s, a) ← r, s′
n times: s ← a state observed before, a ← any action, at random;  r, s′ ← Model(s, a);
         Q(s, a) ← Q(s, a) + α [r + κ√τ(s, a) + γ maxₐ′ Q(s′, a′) − Q(s, a)]
τ(s, a): the steps since a was last taken in s",
    "Sutton 1990, Integrated Architectures for Learning, Planning, and Reacting; Sutton & Barto 2018, section 8.3",
)
.at("model/learned");

/// The agent.
pub type DynaQPlus = Controller<DynaQPlusConfig>;

impl Recipe<usize, usize> for DynaQPlusConfig {
    type Agent = DynaQPlus;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<DynaQPlus, Error> {
        Controller::new(self, setup)
    }
}

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    model: Model,
    /// by state and action: the step at which it was last taken, counted from 1; 0 is never
    tried: Vec<u64>,
}

impl Shaped for Memory {
    fn same_shape(&self, other: &Self) -> bool {
        self.model.same_shape(&other.model) && self.tried.len() == other.tried.len()
    }
}

impl DynaQPlus {
    /// What it has learned of the world.
    pub fn model(&self) -> &Model {
        &self.memory().model
    }
}

impl Method for DynaQPlusConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, _: usize) -> Memory {
        Memory { model: Model::new(q), tried: vec![0; q.flat().len()] }
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut Memory,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let (gamma, alpha) = (self.gamma, self.learning_rate.at(step.taken, step.steps));
        let Memory { model, tried } = memory;
        // Lanes take their steps one after the other.
        let now = step.taken + step.lane as u64 + 1;
        let experience = model.learn(step);
        tried[q.cell(step.state, step.action)] = now;
        let delta = model.target(q, &experience, gamma) - q.row(step.state)[step.action];
        let value = q.value_mut(step.state, step.action);
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, now)?;
        log.record("train/td_error", delta.abs());
        for _ in 0..self.n {
            let Some(state) = model.draw_state(rng) else { break };
            let action = choice::uniform(q.actions(), model.legal(state), rng);
            let untried = Experience { reward: 0.0, next: state, terminated: false };
            let experience = model.predict(state, action).unwrap_or(untried);
            let since = now.saturating_sub(tried[q.cell(state, action)]) as f64;
            let target = model.target(q, &experience, gamma) + self.kappa * since.sqrt();
            let value = q.value_mut(state, action);
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * (target - *value), now)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Lanes, Seeds,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &DynaQPlusConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn what_was_not_tried_for_long_is_worth_more() {
        let table = Gridworld::new("S.G", Rules::default()).unwrap().table();
        let mut lanes = Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap();
        // One state, in which an action stays where it is: with α = 1 and γ = 0 values are what was imagined last.
        let config = DynaQPlusConfig {
            gamma: 0.0,
            learning_rate: 1.0.into(),
            n: 200,
            kappa: 0.5,
            initial_value: 9.0,
            ..Default::default()
        };
        let mut agent = build(&lanes, &config, 10);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1);
        let taken = (0..4).find(|action| agent.q().row(0)[*action] == 0.0).unwrap();
        assert!((0..4).all(|action| agent.q().row(0)[action] == if action == taken { 0.0 } else { 0.5 }), "κ√1 or κ√0");
    }

    #[test]
    fn the_update_rule() {
        let config =
            DynaQPlusConfig { gamma: 0.5, learning_rate: 0.5.into(), n: 1, kappa: 1.0, ..DynaQPlusConfig::default() };
        // As Dyna-Q's: what was just tried has no bonus.
        assert_eq!(learnt(false, false, 1, &config), 0.875);
        assert_eq!(learnt(true, false, 1, &config), 0.75);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = DynaQPlusConfig { gamma: 0.9, ..DynaQPlusConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(true, false) - 1.0).abs() < 1e-12);
        assert!((value(true, true) - 1.0).abs() < 1e-12, "both at once: termination decides");
    }
}
