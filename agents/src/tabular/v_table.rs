//! State values of a finite environment.

use gymkhana_envs::{Space, Spec, View};
use serde::{Deserialize, Serialize};

use super::room;
use crate::{error::Error, restore::Shaped};

/// V(s) for every state. States are the members of the observations' space, numbered by [`Space::index`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VTable {
    values: Vec<f64>,
    space: Space,
}

impl VTable {
    /// A table filled with `initial` for the observations of an environment.
    ///
    /// # Errors
    /// If they are not indices, or there are more than 10⁸.
    pub fn new(agent: &str, spec: &Spec, initial: f64) -> Result<Self, Error> {
        Ok(Self { values: vec![initial; room::states(agent, spec, 1)?], space: spec.observations.clone() })
    }

    /// The number of the state that is observed as `row`.
    #[inline]
    pub fn state(&self, row: &[usize]) -> usize {
        room::state(&self.space, row)
    }

    /// V(s).
    #[inline]
    pub fn value(&self, state: usize) -> f64 {
        self.values[state]
    }

    /// V(s), to be changed.
    #[inline]
    pub fn value_mut(&mut self, state: usize) -> &mut f64 {
        &mut self.values[state]
    }

    /// All of V, by state.
    pub fn flat(&self) -> &[f64] {
        &self.values
    }

    /// All of V, to be changed.
    pub fn flat_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// V of every lane's state.
    pub fn values(&self, now: &View<'_, usize>) -> Vec<f64> {
        now.obs.iter().map(|row| self.value(self.state(row))).collect()
    }
}

/// For the same states.
impl Shaped for VTable {
    fn same_shape(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.space == other.space
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::Rows;

    #[test]
    fn every_state_has_a_value() {
        let spec = Spec::new("Digits", Space::MultiDiscrete(vec![2, 3]), Space::Discrete(2));
        let mut v = VTable::new("td-0", &spec, 0.5).unwrap();
        let state = v.state(&[1, 2]);
        *v.value_mut(state) = 4.0;
        let view = View::new(Rows { flat: &[1, 2, 0, 0], width: 2 }, &[true; 2]);
        assert_eq!((state, v.values(&view)), (5, vec![4.0, 0.5]));
        let other = VTable::new("td-0", &Spec { observations: Space::Discrete(6), ..spec }, 0.5).unwrap();
        assert!(!v.same_shape(&other));
    }
}
