//! Action values of a finite environment, and the greedy policy on them.

use gymkhana_envs::{Rng, Space, Spec, View};
use serde::{Deserialize, Serialize};

use super::{room, trace::Trace};
use crate::{
    agent::{Mode, Policy},
    error::Error,
    math::choice,
    restore::Shaped,
};

/// Q(s, a) for every state and action. States are the members of the observations' space, numbered by
/// [`Space::index`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QTable {
    values: Vec<f64>,
    actions: usize,
    space: Space,
}

impl QTable {
    /// A table filled with `initial` for the spaces of an environment.
    ///
    /// # Errors
    /// If observations are not indices, or actions not one choice, or there are more than 10⁸ pairs of them.
    pub fn new(agent: &str, spec: &Spec, initial: f64) -> Result<Self, Error> {
        // What is wrong with the observations is said first.
        let states = room::states(agent, spec, spec.actions.choices().unwrap_or(1))?;
        let actions = room::actions(agent, spec)?;
        Ok(Self { values: vec![initial; states * actions], actions, space: spec.observations.clone() })
    }

    /// The number of states.
    pub fn states(&self) -> usize {
        self.values.len() / self.actions
    }

    /// The number of actions.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// The number of the state that is observed as `row`.
    #[inline]
    pub fn state(&self, row: &[usize]) -> usize {
        room::state(&self.space, row)
    }

    /// Q(s, ·).
    #[inline]
    pub fn row(&self, state: usize) -> &[f64] {
        &self.values[state * self.actions..][..self.actions]
    }

    /// Q(s, a), to be changed.
    #[inline]
    pub fn value_mut(&mut self, state: usize, action: usize) -> &mut f64 {
        &mut self.row_mut(state)[action]
    }

    /// Q(s, ·), to be changed.
    #[inline]
    pub fn row_mut(&mut self, state: usize) -> &mut [f64] {
        &mut self.values[state * self.actions..][..self.actions]
    }

    /// Makes all of Q `value`.
    pub fn fill(&mut self, value: f64) {
        self.values.fill(value);
    }

    /// Q(s, a) ← Q(s, a) + αδ e(s, a) for the traces e.
    ///
    /// # Errors
    /// If a value is no longer finite.
    #[inline]
    pub fn learn_traces(&mut self, agent: &'static str, e: &Trace, alpha_delta: f64, step: u64) -> Result<(), Error> {
        for (cell, e) in e.iter() {
            let value = &mut self.values[cell];
            *value = Error::finite(agent, "an action value", *value + alpha_delta * e, step)?;
        }
        Ok(())
    }

    /// The place of Q(s, a) in all of Q.
    #[inline]
    pub fn cell(&self, state: usize, action: usize) -> usize {
        state * self.actions + action
    }

    /// All of Q, to be changed.
    pub fn flat_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// All of Q, states × actions.
    pub fn flat(&self) -> &[f64] {
        &self.values
    }

    /// maxₐ Q(s, a) over the legal actions, for every lane.
    pub fn values(&self, now: &View<'_, usize>) -> Vec<f64> {
        (0..now.lanes()).map(|i| choice::max(self.row(self.state(now.obs.row(i))), now.legal_in(i))).collect()
    }

    /// An ε-greedy action in a state; ties are broken at random.
    #[inline]
    pub fn epsilon_greedy(&self, state: usize, legal: Option<&[bool]>, epsilon: f64, rng: &mut Rng) -> usize {
        if choice::explores(epsilon, rng) {
            choice::uniform(self.actions, legal, rng)
        } else {
            choice::argmax_random(self.row(state), legal, rng)
        }
    }

    /// A snapshot: the greedy policy, or the ε-greedy one.
    pub fn policy(&self, mode: Mode, epsilon: f64) -> Box<dyn Policy<usize, usize>> {
        match mode {
            Mode::Greedy => Box::new(self.clone()),
            Mode::Sample => Box::new(EpsilonGreedy { q: self.clone(), epsilon }),
        }
    }
}

/// For the same states and as many actions.
impl Shaped for QTable {
    fn same_shape(&self, other: &Self) -> bool {
        let shape = |table: &Self| (table.values.len(), table.actions);
        shape(self) == shape(other) && self.space == other.space
    }
}

/// What a control agent knows: action values, and how far its run is, on which its exploration may depend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Q(s, a).
    pub q: QTable,
    /// Environment steps so far.
    pub step: u64,
}

impl Known {
    /// A table filled with `initial`, at the start of a run.
    ///
    /// # Errors
    /// As [`QTable::new`].
    pub fn new(agent: &str, spec: &Spec, initial: f64) -> Result<Self, Error> {
        Ok(Self { q: QTable::new(agent, spec, initial)?, step: 0 })
    }
}

impl Shaped for Known {
    fn same_shape(&self, other: &Self) -> bool {
        self.q.same_shape(&other.q)
    }
}

/// The greedy policy: of equal values the first, so that it is one policy and not a draw among several.
impl Policy<usize, usize> for QTable {
    fn act(&mut self, now: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = choice::argmax(self.row(self.state(now.obs.row(lane))), now.legal_in(lane));
        }
    }
}

/// The ε-greedy policy.
#[derive(Clone, Debug)]
pub struct EpsilonGreedy {
    /// On these action values.
    pub q: QTable,
    /// The probability of a random action.
    pub epsilon: f64,
}

impl Policy<usize, usize> for EpsilonGreedy {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            let state = self.q.state(now.obs.row(lane));
            *action = self.q.epsilon_greedy(state, now.legal_in(lane), self.epsilon, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(observations: Space, actions: usize) -> Result<QTable, Error> {
        QTable::new("q-learning", &Spec::new("Digits", observations, Space::Discrete(actions)), 0.5)
    }

    #[test]
    fn every_member_of_a_space_of_indices_has_a_row_of_its_own() {
        let mut q = table(Space::MultiDiscrete(vec![3, 2, 4]), 2).unwrap();
        let rows: Vec<_> = (0..24).map(|i| [i / 8, i / 4 % 2, i % 4]).collect();
        for (i, row) in rows.iter().enumerate() {
            let state = q.state(row);
            assert_eq!((state, q.row(state)), (i, &[0.5, 0.5][..]));
            *q.value_mut(state, 1) = i as f64;
        }
        assert_eq!(q.row(q.state(&[2, 1, 3])), [0.5, 23.0]);
        assert_eq!(table(Space::MultiBinary(3), 2).unwrap().state(&[1, 0, 1]), 5);
        assert_eq!(table(Space::Discrete(7), 2).unwrap().state(&[6]), 6);
    }

    #[test]
    fn tables_of_the_same_size_for_other_states_are_not_of_one_shape() {
        let (a, b) = (Space::MultiDiscrete(vec![3, 4]), Space::MultiDiscrete(vec![4, 3]));
        let [a, b] = [a, b].map(|space| table(space, 2).unwrap());
        assert!(a.same_shape(&a.clone()) && !a.same_shape(&b));
    }

    #[test]
    fn tables_that_are_too_large_say_how_large() {
        let message = |space| table(space, 2).unwrap_err().to_string();
        assert_eq!(
            message(Space::MultiDiscrete(vec![1000, 1000, 100])),
            "q-learning does not fit Digits: it needs at most 100,000,000 pairs of observation and action, and Digits \
             has 100000000 in MultiDiscrete([1000, 1000, 100]) by 2 actions"
        );
        assert!(message(Space::MultiBinary(64)).ends_with("has more than can be counted in MultiBinary(64)"));
        assert!(message(Space::unbounded(2)).contains("it needs observations that are indices"));
    }
}
