//! A stationary policy as a table of probabilities: π(a|s).

use gymkhana_envs::{Rng, View, tabular::TabularModel};

use crate::{agent::Policy, error::Error};

/// π(a|s) for every state and action; each row sums to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTable {
    actions: usize,
    probabilities: Vec<f64>,
}

impl PolicyTable {
    /// From a function that gives π(a|s).
    pub fn new(states: usize, actions: usize, mut share: impl FnMut(usize, usize) -> f64) -> Self {
        let pairs = (0..states).flat_map(|state| (0..actions).map(move |action| (state, action)));
        Self { actions, probabilities: pairs.map(|(state, action)| share(state, action)).collect() }
    }

    /// From the rows of probabilities, one after the other.
    ///
    /// # Panics
    /// If they are not whole rows.
    pub fn of(actions: usize, probabilities: Vec<f64>) -> Self {
        assert!(actions > 0 && probabilities.len().is_multiple_of(actions), "rows of {actions} probabilities");
        Self { actions, probabilities }
    }

    /// Every action equally likely.
    pub fn uniform(states: usize, actions: usize) -> Self {
        Self { actions, probabilities: vec![1.0 / actions as f64; states * actions] }
    }

    /// The given action in each state.
    pub fn deterministic(policy: &[usize], actions: usize) -> Self {
        Self::soft(policy, actions, 0.0)
    }

    /// The given action with probability 1 − ε, and with ε any, each equally likely.
    pub fn soft(policy: &[usize], actions: usize, epsilon: f64) -> Self {
        let share = epsilon / actions as f64;
        Self::new(
            policy.len(),
            actions,
            |state, action| if action == policy[state] { 1.0 - epsilon + share } else { share },
        )
    }

    /// The number of states.
    pub fn states(&self) -> usize {
        self.probabilities.len() / self.actions
    }

    /// The number of actions.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// How many actions it can take, over all states.
    pub fn choices(&self) -> usize {
        self.probabilities.iter().filter(|share| **share > 0.0).count()
    }

    /// Refuses a policy that is not on a model's states and actions.
    pub(super) fn check(&self, solver: &'static str, model: &dyn TabularModel) -> Result<(), Error> {
        let (here, there) = ((self.states(), self.actions), (model.states(), model.actions()));
        if here == there {
            return Ok(());
        }
        let why = format!(
            "a policy of {} states and {} actions, where the model has {} and {}",
            here.0, here.1, there.0, there.1
        );
        Err(Error::Unsolvable { solver, why })
    }

    /// π(·|s).
    #[inline]
    pub fn row(&self, state: usize) -> &[f64] {
        &self.probabilities[state * self.actions..][..self.actions]
    }
}

/// Draws an action by its probability; where one has all of it, draws nothing.
impl Policy<usize, usize> for PolicyTable {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (action, row) in act.iter_mut().zip(now.obs.iter()) {
            let shares = self.row(row[0]);
            let sure = shares.iter().position(|share| *share == 1.0);
            *action = sure.unwrap_or_else(|| rng.categorical(shares.iter().copied()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_distributions() {
        assert_eq!(PolicyTable::uniform(2, 4).row(1), [0.25; 4]);
        assert_eq!(PolicyTable::deterministic(&[2, 0], 3).row(0), [0.0, 0.0, 1.0]);
        let soft = PolicyTable::soft(&[1], 4, 0.5);
        assert_eq!((soft.row(0), soft.states(), soft.actions()), (&[0.125, 0.625, 0.125, 0.125][..], 1, 4));
    }
}
