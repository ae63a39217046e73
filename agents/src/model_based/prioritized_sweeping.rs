//! Prioritized sweeping: imagined steps where values would change most, and from there backwards.
//!
//! Moore & Atkeson 1993, "Prioritized Sweeping: Reinforcement Learning with Less Data and Less Time"; Peng & Williams
//! 1993, "Efficient Learning and Planning Within the Dyna Framework"; Sutton & Barto 2018, section 8.4, for a
//! deterministic world:
//!
//! ```text
//! P ← |r + γ maxₐ′ Q(s′, a′) − Q(s, a)|;  if P > θ, (s, a) is put in the queue with priority P
//! n times, while there is something in the queue:
//!   s, a ← the first of the queue;  r, s′ ← Model(s, a)
//!   Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]
//!   for all s̄, ā that the model says lead to s with reward r̄:
//!     P ← |r̄ + γ maxₐ Q(s, a) − Q(s̄, ā)|;  if P > θ, (s̄, ā) is put in the queue with priority P
//! ```
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes teach the one table and the one model, one after the other in the order of lanes.
//! 3. The model remembers whether a state was terminal: no value is imagined beyond it.
//! 4. As in the book the model is of a deterministic world: of several things that an action can lead to it remembers the
//!    last.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use super::{Model, queue::Queue};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What prioritized sweeping can be told.
    pub struct PrioritizedSweepingConfig for "prioritized-sweeping" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.95, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
        /// updates per real step, at most
        n: usize = 5, in ..=1_000_000;
        /// the change θ below which an update is not worth while
        threshold: f64 = 1e-4, in 0.0..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<PrioritizedSweepingConfig>(
    "planning with a learned model where values would change most, and backwards from there",
    "\
P ← |r + γ maxₐ′ Q(s′, a′) − Q(s, a)|;  if P > θ, (s, a) is put in the queue with priority P
n times, while there is something in the queue:
  s, a ← the first of the queue;  r, s′ ← Model(s, a)
  Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]
  for all s̄, ā that the model says lead to s with reward r̄:
    P ← |r̄ + γ maxₐ Q(s, a) − Q(s̄, ā)|;  if P > θ, (s̄, ā) is put in the queue with priority P",
    "Moore & Atkeson 1993, Prioritized Sweeping; Peng & Williams 1993; Sutton & Barto 2018, section 8.4",
)
.at("model/learned");

/// The agent.
pub type PrioritizedSweeping = Controller<PrioritizedSweepingConfig>;

impl Recipe<usize, usize> for PrioritizedSweepingConfig {
    type Agent = PrioritizedSweeping;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<PrioritizedSweeping, Error> {
        Controller::new(self, setup)
    }
}

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    model: Model,
    /// pairs of state and action, by state · actions + action
    queue: Queue,
    /// by state, the pairs that lead to it
    leading: Vec<Vec<usize>>,
    /// of Q, so far
    updates: u64,
}

impl Shaped for Memory {
    fn same_shape(&self, other: &Self) -> bool {
        let are_pairs = other.leading.iter().flatten().all(|pair| *pair < self.queue.bound());
        let same = self.model.same_shape(&other.model) && self.queue.same_shape(&other.queue);
        same && self.leading.len() == other.leading.len() && are_pairs
    }
}

impl Memory {
    /// |r + γ maxₐ′ Q(s′, a′) − Q(s, a)|, by the model.
    #[inline]
    fn priority(&self, q: &QTable, state: usize, action: usize, gamma: f64) -> f64 {
        let predicted = self.model.predict(state, action);
        predicted.map_or(0.0, |experience| (self.model.target(q, &experience, gamma) - q.row(state)[action]).abs())
    }
}

impl PrioritizedSweeping {
    /// How often a value was updated so far.
    pub fn updates(&self) -> u64 {
        self.memory().updates
    }
}

impl Method for PrioritizedSweepingConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, _: usize) -> Memory {
        let (model, queue) = (Model::new(q), Queue::new(q.flat().len()));
        Memory { model, queue, leading: vec![Vec::new(); q.states()], updates: 0 }
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut Memory,
        step: &Step<'_>,
        _: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let (gamma, threshold) = (self.gamma, self.threshold);
        let (alpha, actions) = (self.learning_rate.at(step.taken, step.steps), q.actions());
        let Memory { model, leading, .. } = memory;
        let (pair, before) = (q.cell(step.state, step.action), model.predict(step.state, step.action));
        let experience = model.learn(step);
        if before.is_none_or(|before| before.next != experience.next) {
            if let Some(before) = before {
                leading[before.next].retain(|other| *other != pair);
            }
            leading[experience.next].push(pair);
        }
        let priority = memory.priority(q, step.state, step.action, gamma);
        log.record("train/td_error", priority);
        if priority > threshold {
            memory.queue.push(pair, priority);
        }
        for _ in 0..self.n {
            let Some(pair) = memory.queue.pop() else { break };
            let (state, action) = (pair / actions, pair % actions);
            let Some(experience) = memory.model.predict(state, action) else { continue };
            let target = memory.model.target(q, &experience, gamma);
            let value = q.value_mut(state, action);
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * (target - *value), step.taken)?;
            memory.updates += 1;
            for at in 0..memory.leading[state].len() {
                let pair = memory.leading[state][at];
                let priority = memory.priority(q, pair / actions, pair % actions, gamma);
                if priority > threshold {
                    memory.queue.push(pair, priority);
                }
            }
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

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &PrioritizedSweepingConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = PrioritizedSweepingConfig { gamma: 0.5, n: 1, ..Default::default() };
        // 0 + ½·1, once; the state leads to itself, so that a second update is ½ + ½ (1 + ½·½ − ½) = ⅞.
        assert_eq!(learnt(false, false, 1, &config), 0.5);
        assert_eq!(learnt(false, false, 1, &PrioritizedSweepingConfig { n: 2, ..config.clone() }), 0.875);
        let deaf = PrioritizedSweepingConfig { threshold: 1.0, ..config };
        assert_eq!(learnt(false, false, 9, &deaf), 0.0, "a change of 1 is not above 1");
    }

    #[test]
    fn one_update_per_cell_of_the_way_back() {
        let table = Gridworld::new("S......G", Rules::default()).unwrap().table();
        let mut lanes = Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap();
        let rates = PrioritizedSweepingConfig { learning_rate: 1.0.into(), gamma: 0.5, n: 1_000, ..Default::default() };
        let mut agent = build(&lanes, &rates, 1_000);
        let mut rng = Rng::new(0);
        while agent.updates() == 0 {
            train(&mut agent, &mut lanes, &mut rng, 1);
        }
        for state in 0_u8..7 {
            assert_eq!(agent.q().row(state.into())[1], 0.5_f64.powi(6 - i32::from(state)), "{state}");
        }
        // With α = 1 each of the pairs that were tried, at most 4 in each of 7 cells, is updated once.
        assert!((7..=28).contains(&agent.updates()), "{}", agent.updates());
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = PrioritizedSweepingConfig { gamma: 0.9, threshold: 0.0, ..Default::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(true, false) - 1.0).abs() < 1e-9);
        assert!((value(true, true) - 1.0).abs() < 1e-9, "both at once: termination decides");
    }
}
