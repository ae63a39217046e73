//! On-policy Monte Carlo control: action values are means of returns, of a policy that is nearly greedy by them.
//!
//! Sutton & Barto 2018, section 5.4, first-visit, for ε-soft policies. At the end of an episode,
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time
//! π(s): with probability ε any action, otherwise argmaxₐ Q(s, a)
//! ```
//!
//! Deviations
//! 1. With a step size α it stands in place of 1/N, so that returns of policies of long ago are forgotten.
//! 2. ε may follow a schedule over the run.
//! 3. Where an episode is truncated, the last return is what the policy makes of the values of the state that was reached.
//! 4. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{policy, returns},
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
        path::{FirstVisits, Paths},
    },
};

params! {
    /// What on-policy Monte Carlo control can be told.
    pub struct McControlConfig for "mc-control" {
        /// step size α; none: the mean of all returns
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<McControlConfig>(
    "on-policy control by the mean of returns, first-visit, with a table",
    "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time
π(s): with probability ε any action, otherwise argmaxₐ Q(s, a)",
    "Sutton & Barto 2018, section 5.4",
)
.at("value/control/monte-carlo");

/// The agent.
pub type McControl = Controller<McControlConfig>;

impl Recipe<usize, usize> for McControlConfig {
    type Agent = McControl;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<McControl, Error> {
        Controller::new(self, setup)
    }
}

impl McControl {
    /// How many returns each action value is the mean of, states × actions.
    pub fn counts(&self) -> &[u64] {
        &self.memory().counts
    }
}

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// of state and action
    paths: Paths,
    /// N(s, a)
    counts: Vec<u64>,
    #[serde(skip)]
    visits: FirstVisits,
}

impl Shaped for Memory {
    fn same_shape(&self, other: &Self) -> bool {
        self.paths.same_shape(&other.paths) && self.counts.len() == other.counts.len()
    }
}

/// How returns are learned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Returns {
    pub(super) agent: &'static str,
    /// none: the mean of all
    pub(super) alpha: Option<f64>,
    pub(super) gamma: f64,
}

impl Memory {
    pub(super) fn new(q: &QTable, lanes: usize) -> Self {
        let cells = q.flat().len();
        Self { paths: Paths::new(cells, lanes), counts: vec![0; cells], visits: FirstVisits::default() }
    }

    /// Takes in a step, and learns where an episode ends.
    #[inline]
    pub(super) fn learn(
        &mut self,
        by: Returns,
        q: &mut QTable,
        step: &Step<'_>,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let Self { paths, counts, visits } = self;
        let path = paths.lane(step.lane, step.first);
        path.push(q.cell(step.state, step.action), step.reward, 1.0);
        if !step.ended {
            return Ok(());
        }
        let v_next = policy::expected(q.row(step.next), step.next_legal, step.epsilon);
        returns::backwards(&mut path.rewards, by.gamma, if step.terminated { 0.0 } else { v_next });
        visits.begin(counts.len());
        for (&cell, g) in path.cells.iter().zip(&path.rewards) {
            if !visits.is_first(cell) {
                continue;
            }
            counts[cell] = counts[cell].saturating_add(1);
            let value = &mut q.flat_mut()[cell];
            let error = g - *value;
            let alpha = by.alpha.unwrap_or(1.0 / counts[cell] as f64);
            *value = Error::finite(by.agent, "an action value", *value + alpha * error, step.taken)?;
            log.record("train/return_error", error.abs());
        }
        path.clear();
        Ok(())
    }
}

impl Method for McControlConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, lanes: usize) -> Memory {
        Memory::new(q, lanes)
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
        let by = Returns { agent: ENTRY.id, alpha: self.learning_rate, gamma: self.gamma };
        memory.learn(by, q, step, log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &McControlConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let mean = McControlConfig { initial_value: 3.0, ..McControlConfig::default() };
        let half = McControlConfig { learning_rate: Some(0.5), ..mean.clone() };
        // Nothing before the end; then the mean of returns of 1, or half-way from 3 twice: 2, 1.5.
        assert_eq!(learnt(false, false, 9, &mean), 3.0);
        assert_eq!((learnt(true, false, 2, &mean), learnt(true, false, 2, &half)), (1.0, 1.5));
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = McControlConfig { learning_rate: Some(0.5), gamma: 0.9, ..McControlConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
