//! Batch updating: all episodes so far are presented again and again, until the values no longer change.
//!
//! Sutton & Barto 2018, section 6.3; for TD(0) also Sutton 1988, "Learning to Predict by the Methods of Temporal
//! Differences", section 3. At the end of every episode, until the sum of the increments is nothing for every state,
//!
//! ```text
//! V(s) ← V(s) + α Σ [Gₜ − V(s)] over all t of all episodes with sₜ = s
//! Gₜ = rₜ₊₁ + γ V(sₜ₊₁)                  for TD(0): the values of the likeliest model (certainty equivalence)
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + …       for every-visit Monte Carlo: the values with the least squared error
//! ```
//!
//! Deviations
//! 1. The sum over episodes needs only the number of visits, the sum of rewards, and how often each successor followed:
//!    these are kept in place of the episodes.
//! 2. α is 1/N(s), one over the number of visits. What the values converge to does not depend on it.
//! 3. Where an episode is truncated, its returns go on with the estimate of the state that was reached.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    restore::Shaped,
    tabular::{
        Given, VTable,
        path::{Path, Paths},
    },
};

params! {
    /// What batch TD can be told.
    pub struct BatchTdConfig for "batch-td" {
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// the change of a value below which all have converged
        tolerance: f64 = 1e-6, in 0.0..;
        /// presentations of all episodes after each of them, at most
        sweeps: usize = 10_000, in 1..;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

params! {
    /// What batch Monte Carlo can be told.
    pub struct BatchMcConfig for "batch-mc" as BatchTdConfig {}
}

/// The registry's line of batch TD.
pub const TD: Entry = Entry::index_choice::<BatchTdConfig>(
    "TD(0) from all episodes so far, until it has converged",
    "\
V(s) ← V(s) + α Σ [rₜ₊₁ + γ V(sₜ₊₁) − V(s)] over all t of all episodes with sₜ = s, again and again",
    "Sutton & Barto 2018, section 6.3",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The registry's line of batch Monte Carlo.
pub const MC: Entry = Entry::index_choice::<BatchMcConfig>(
    "every-visit Monte Carlo from all episodes so far, until it has converged",
    "\
V(s) ← V(s) + α Σ [rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + … − V(s)] over all t of all episodes with sₜ = s, again and again",
    "Sutton & Barto 2018, section 6.3",
)
.at("value/prediction/monte-carlo")
.only_for(Scope::Prediction);

/// Batch TD.
pub type BatchTd = Predictor<BatchTdConfig>;

/// Batch Monte Carlo.
pub type BatchMc = Predictor<BatchMcConfig>;

impl Recipe<usize, usize> for BatchTdConfig {
    type Agent = BatchTd;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<BatchTd, Error> {
        Predictor::new(self, setup)
    }
}

impl Recipe<usize, usize> for BatchMcConfig {
    type Agent = BatchMc;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<BatchMc, Error> {
        Predictor::new(self, setup)
    }
}

/// All episodes so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episodes {
    open: Paths,
    /// of the episodes that are over, per state
    sums: Vec<Sums>,
    /// the states that were visited, in the order of their first visits
    visited: Vec<usize>,
    /// updates of one state by all its visits, so far
    pub backups: u64,
    /// room for the next values
    #[serde(skip)]
    next: Vec<f64>,
}

/// What happened in a state, over all visits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sums {
    visits: f64,
    /// of what was paid before a return goes on with an estimate
    paid: f64,
    /// of the discounts of the estimates of these states
    bootstraps: Vec<(usize, f64)>,
}

impl Sums {
    fn add(&mut self, paid: f64, bootstrap: Option<(usize, f64)>) {
        self.visits += 1.0;
        self.paid += paid;
        if let Some((state, discount)) = bootstrap {
            match self.bootstraps.iter_mut().find(|known| known.0 == state) {
                Some((_, sum)) => *sum += discount,
                None => self.bootstraps.push((state, discount)),
            }
        }
    }

    /// The mean of Gₜ over all visits.
    fn mean(&self, v: &VTable) -> f64 {
        let estimated: f64 = self.bootstraps.iter().map(|(state, discount)| discount * v.value(*state)).sum();
        (self.paid + estimated) / self.visits
    }
}

impl Shaped for Episodes {
    fn same_shape(&self, other: &Self) -> bool {
        let is_state = |state: &usize| *state < self.sums.len();
        let known = |sums: &Sums| sums.bootstraps.iter().all(|(state, _)| is_state(state));
        let states = other.sums.len() == self.sums.len() && other.sums.iter().all(known);
        states && other.visited.iter().all(is_state) && self.open.same_shape(&other.open)
    }
}

impl Episodes {
    fn new(states: usize, lanes: usize) -> Self {
        let (open, sums) = (Paths::new(states, lanes), vec![Sums::default(); states]);
        Self { open, sums, visited: Vec::new(), backups: 0, next: Vec::new() }
    }

    /// An episode is over; `end` is the state that was reached if it has a future.
    fn add(&mut self, path: &Path, end: Option<usize>, gamma: f64, whole_returns: bool) {
        let (mut g, mut discount) = (0.0, 1.0);
        for t in (0..path.len()).rev() {
            let (state, reward) = (path.cells[t], path.rewards[t]);
            (g, discount) = (reward + gamma * g, discount * gamma);
            let sums = &mut self.sums[state];
            if sums.visits == 0.0 {
                self.visited.push(state);
            }
            if whole_returns {
                sums.add(g, end.map(|end| (end, discount)));
            } else {
                let next = if t + 1 < path.len() { Some(path.cells[t + 1]) } else { end };
                sums.add(reward, next.map(|next| (next, gamma)));
            }
        }
    }

    /// One presentation of all episodes; gives the greatest change of a value.
    fn present(&mut self, v: &mut VTable) -> f64 {
        self.next.clear();
        self.next.extend(self.visited.iter().map(|state| self.sums[*state].mean(v)));
        self.backups += self.visited.len() as u64;
        let change = |most: f64, (state, next): (&usize, &f64)| {
            let change = (next - std::mem::replace(v.value_mut(*state), *next)).abs();
            if change <= most { most } else { change }
        };
        self.visited.iter().zip(&self.next).fold(0.0, change)
    }
}

/// What both have in common.
fn learn(
    config: &BatchTdConfig,
    (entry, whole_returns): (&Entry, bool),
    v: &mut VTable,
    memory: &mut Episodes,
    step: &Step,
    log: &mut Metrics,
) -> Result<(), Error> {
    memory.open.lane(step.lane, step.first).push(step.state, step.reward, 1.0);
    if !step.ended {
        return Ok(());
    }
    let path = std::mem::take(memory.open.lane(step.lane, false));
    memory.add(&path, (!step.terminated).then_some(step.next), config.gamma, whole_returns);
    for sweep in 1..=config.sweeps {
        let change = Error::finite(entry.id, "a change of value", memory.present(v), step.taken)?;
        if change <= config.tolerance || sweep == config.sweeps {
            log.record("train/sweeps", sweep as f64);
            break;
        }
    }
    // Its room is used again.
    let room = memory.open.lane(step.lane, false);
    *room = path;
    room.clear();
    Ok(())
}

impl Rule for BatchTdConfig {
    type Memory = Episodes;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Episodes {
        Episodes::new(states, lanes)
    }

    fn learn(&self, v: &mut VTable, memory: &mut Episodes, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        learn(self, (&TD, false), v, memory, step, log)
    }
}

impl Rule for BatchMcConfig {
    type Memory = Episodes;

    fn target(&self) -> &Given {
        &self.0.policy
    }

    fn initial_value(&self) -> f64 {
        self.0.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Episodes {
        Episodes::new(states, lanes)
    }

    fn learn(&self, v: &mut VTable, memory: &mut Episodes, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        learn(&self.0, (&MC, true), v, memory, step, log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::value_of_one;
    use gymkhana_envs::{Space, Spec};

    /// Example 6.4, "You are the predictor": the values of A and B by both methods.
    fn predictor(whole_returns: bool) -> [f64; 2] {
        let (a, b) = (0, 1);
        let mut v = VTable::new("batch-td", &Spec::new("AB", Space::Discrete(2), Space::Discrete(1)), 0.0).unwrap();
        let mut episodes = Episodes::new(2, 1);
        let mut add = |steps: &[(usize, f64)]| {
            let mut path = Path::default();
            for (state, reward) in steps {
                path.push(*state, *reward, 1.0);
            }
            episodes.add(&path, None, 1.0, whole_returns);
        };
        add(&[(a, 0.0), (b, 0.0)]);
        (0..6).for_each(|_| add(&[(b, 1.0)]));
        add(&[(b, 0.0)]);
        while episodes.present(&mut v) > 0.0 {}
        [a, b].map(|state| v.value(state))
    }

    #[test]
    fn you_are_the_predictor() {
        assert_eq!(predictor(false), [0.75, 0.75], "A always led to B");
        assert_eq!(predictor(true), [0.0, 0.75], "the one return from A was 0");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let td = BatchTdConfig { gamma: 0.9, tolerance: 0.0, ..BatchTdConfig::default() };
        let mc = BatchMcConfig(td.clone());
        let both = |end| [value_of_one(&td, end, 20), value_of_one(&mc, end, 20)];
        assert!(both((false, true)).iter().all(|value| (value - 10.0).abs() < 1e-9), "1/(1−γ) = 10");
        assert_eq!(both((true, false)), [1.0; 2]);
        assert_eq!(both((true, true)), [1.0; 2], "both at once: termination decides");
    }
}
