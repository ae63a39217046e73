//! The order in which a sweep goes over the states.

use std::{mem, ops::RangeBounds};

use gymkhana_envs::{params::Value, tabular::TabularModel};

use super::{convergence::Moved, predecessors::Predecessors};

/// The order of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// All new values from the old ones, in a second array.
    TwoArrays,
    /// In place, from the first state to the last.
    InPlace,
    /// In place, forwards and backwards in turn: values travel along a corridor in one sweep, whichever way it is
    /// numbered.
    #[default]
    Alternating,
    /// In place, from the ends of episodes backwards: a state comes after those it can reach an end through. Where no
    /// episode ends, as `InPlace`.
    FromEnds,
}

impl Order {
    const ALL: [(&str, Self); 4] = [
        ("two-arrays", Self::TwoArrays),
        ("in-place", Self::InPlace),
        ("alternating", Self::Alternating),
        ("from-ends", Self::FromEnds),
    ];
}

impl Value for Order {
    type Bound = String;
    fn kind() -> String {
        "two-arrays, in-place, alternating or from-ends".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| text == *name);
        found.map(|(_, order)| *order).ok_or_else(|| format!("none of {}", Self::kind()))
    }
    fn show(&self) -> String {
        Self::ALL.iter().find(|(_, order)| order == self).map_or("alternating", |(name, _)| name).into()
    }
    fn within(&self, range: &impl RangeBounds<String>) -> bool {
        range.contains(&self.show())
    }
}

/// Goes over the states in an order, sweep after sweep.
#[derive(Debug)]
pub(super) struct Sweeper {
    order: Order,
    /// The states in their order, where it is not that of their numbers.
    sequence: Vec<u32>,
    /// The second array.
    spare: Vec<f64>,
}

impl Sweeper {
    pub(super) fn new(order: Order, model: &dyn TabularModel) -> Self {
        let sequence = if order == Order::FromEnds { from_ends(model).unwrap_or_default() } else { Vec::new() };
        let spare = if order == Order::TwoArrays { vec![0.0; model.states()] } else { Vec::new() };
        Self { order, sequence, spare }
    }

    /// One sweep: `backup` gives a state's new value from those of all. Alternating sweeps go forwards at even turns.
    pub(super) fn sweep(
        &mut self,
        turn: usize,
        values: &mut Vec<f64>,
        mut backup: impl FnMut(usize, &[f64]) -> f64,
    ) -> Moved {
        let (mut moved, n) = (Moved::default(), values.len());
        let mut one = |state: usize, values: &mut [f64]| {
            let value = backup(state, values);
            moved.take(values[state], value);
            values[state] = value;
        };
        match self.order {
            Order::TwoArrays => {
                for (state, new) in self.spare.iter_mut().enumerate() {
                    *new = backup(state, values);
                    moved.take(values[state], *new);
                }
                mem::swap(values, &mut self.spare);
            }
            Order::FromEnds if !self.sequence.is_empty() => {
                self.sequence.iter().for_each(|state| one(*state as usize, values));
            }
            Order::Alternating if turn % 2 == 1 => {
                (0..n).rev().for_each(|state| one(state, values));
            }
            _ => (0..n).for_each(|state| one(state, values)),
        }
        moved
    }
}

/// The states by how many steps they are from the end of an episode at least; last, in the order of their numbers,
/// those that reach none. Nothing where no episode ends.
fn from_ends(model: &dyn TabularModel) -> Option<Vec<u32>> {
    let before = Predecessors::of(model)?;
    let n = model.states();
    let ends = |state: &u32| {
        (0..model.actions())
            .any(|action| model.outcomes(*state as usize, action).iter().any(|o| o.terminated && o.probability > 0.0))
    };
    let mut sequence: Vec<u32> = (0..n as u32).filter(ends).collect();
    if sequence.is_empty() {
        return None;
    }
    let mut found = vec![false; n];
    for state in &sequence {
        found[*state as usize] = true;
    }
    let mut next = 0;
    while next < sequence.len() {
        for (state, _) in before.to(sequence[next] as usize) {
            if !mem::replace(&mut found[state], true) {
                sequence.push(state as u32);
            }
        }
        next += 1;
    }
    sequence.extend((0..n as u32).filter(|state| !found[*state as usize]));
    Some(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::backup::best_value;
    use gymkhana_envs::grid::{Gridworld, Rules};

    #[test]
    fn values_travel_as_far_as_the_order_lets_them() {
        let table = Gridworld::new("S...G", Rules::default()).unwrap().table();
        let after = |order, sweeps: usize| {
            let (mut sweeper, mut values) = (Sweeper::new(order, &*table), vec![0.0; 5]);
            for turn in 0..sweeps {
                sweeper.sweep(turn, &mut values, |state, values| best_value(&*table, state, values, 0.5));
            }
            values[..4].to_vec()
        };
        let all = [0.125, 0.25, 0.5, 1.0];
        assert_eq!(after(Order::TwoArrays, 2), [0.0, 0.0, 0.5, 1.0]);
        assert_eq!(after(Order::InPlace, 2), [0.0, 0.0, 0.5, 1.0], "against the numbers, a cell per sweep");
        assert_eq!(after(Order::Alternating, 2), all);
        assert_eq!(after(Order::FromEnds, 1), all);
    }

    #[test]
    fn names_are_read_and_written() {
        for (name, order) in Order::ALL {
            assert_eq!((Order::parse(name), order.show().as_str()), (Ok(order), name));
        }
        assert!(Order::parse("random").unwrap_err().starts_with("none of two-arrays"));
    }
}
