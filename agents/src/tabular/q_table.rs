//! Action values of a finite environment, and the greedy policy on them.

use gymkhana_envs::{Rng, Space, Spec, View};
use serde::{Deserialize, Serialize};

use crate::{agent::Policy, error::Error, math::choice};

/// Entries that a table has at most: 0.8 GB.
const MOST: usize = 100_000_000;

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
        let space = &spec.observations;
        let misfit = |needs: &str, has, bridge| Error::Misfit {
            agent: agent.into(),
            env: spec.id.clone(),
            needs: needs.into(),
            has,
            bridge,
        };
        if !space.is_index() {
            let has = format!("observations in {space}");
            return Err(misfit("observations that are indices", has, Some("discretize:bins=8")));
        }
        let actions = spec.actions.choices().ok_or_else(|| Error::needs_choices(agent, &spec.id, &spec.actions))?;
        let entries = space.members().and_then(|states| states.checked_mul(actions)).filter(|&n| n <= MOST);
        let Some(entries) = entries else {
            let has = match space.members() {
                Some(states) => format!("{states} in {space} by {actions} actions"),
                None => format!("more than can be counted in {space}"),
            };
            return Err(misfit("at most 100,000,000 pairs of observation and action", has, None));
        };
        Ok(Self { values: vec![initial; entries], actions, space: space.clone() })
    }

    /// The number of the state that is observed as `row`.
    #[inline]
    pub fn state(&self, row: &[usize]) -> usize {
        if let &[state] = row { state } else { self.space.index(row) }
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

    fn row_mut(&mut self, state: usize) -> &mut [f64] {
        &mut self.values[state * self.actions..][..self.actions]
    }

    /// Whether another table is for the same states and as many actions.
    pub fn same_shape(&self, other: &Self) -> bool {
        let shape = |table: &Self| (table.values.len(), table.actions);
        shape(self) == shape(other) && self.space == other.space
    }

    /// maxₐ Q(s, a) over the legal actions of one lane.
    pub fn value(&self, now: &View<'_, usize>, lane: usize) -> f64 {
        choice::max(self.row(self.state(now.obs.row(lane))), now.legal.map(|legal| legal.row(lane)))
    }

    /// Acts ε-greedily on one lane; ties are broken at random.
    #[inline]
    pub fn epsilon_greedy(&self, now: &View<'_, usize>, lane: usize, epsilon: f64, rng: &mut Rng) -> usize {
        let legal = now.legal.map(|legal| legal.row(lane));
        if choice::explores(epsilon, rng) {
            choice::uniform(self.actions, legal, rng)
        } else {
            choice::argmax_random(self.row(self.state(now.obs.row(lane))), legal, rng)
        }
    }
}

/// The greedy policy: of equal values the first, so that it is one policy and not a draw among several.
impl Policy<usize, usize> for QTable {
    fn act(&mut self, now: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = choice::argmax(self.row(self.state(now.obs.row(lane))), now.legal.map(|legal| legal.row(lane)));
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
