//! Eligibility traces: how much each state, or each state and action, shares in an error.

use std::ops::RangeBounds;

use gymkhana_envs::params::Value;
use serde::{Deserialize, Serialize};

use crate::restore::Shaped;

/// What a visit makes of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceKind {
    /// z(s) ← z(s) + 1
    #[default]
    Accumulating,
    /// z(s) ← 1
    Replacing,
    /// z(s) ← (1 − α) z(s) + 1: between the two
    Dutch,
}

impl TraceKind {
    const ALL: [(&str, Self); 3] =
        [("accumulating", Self::Accumulating), ("replacing", Self::Replacing), ("dutch", Self::Dutch)];

    /// The trace of a state that is visited, from what is left of it.
    #[inline]
    pub fn visited(self, z: f64, alpha: f64) -> f64 {
        match self {
            Self::Accumulating => z + 1.0,
            Self::Replacing => 1.0,
            Self::Dutch => (1.0 - alpha) * z + 1.0,
        }
    }
}

impl Value for TraceKind {
    type Bound = usize;
    fn kind() -> String {
        "accumulating, replacing or dutch".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, kind)| *kind).ok_or_else(|| "neither accumulating nor replacing nor dutch".into())
    }
    fn show(&self) -> String {
        Self::ALL.iter().find(|(_, kind)| kind == self).map_or_else(String::new, |(name, _)| (*name).into())
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

/// A trace that has come to this is dropped, where nothing else is said: it no longer changes a value.
pub const NEGLIGIBLE: f64 = 1e-16;

/// The trace of every cell of a table. What a step costs grows with the number of cells that have one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    z: Vec<f64>,
    /// the cells whose trace is not 0
    eligible: Vec<usize>,
}

impl Trace {
    /// No traces yet of so many cells.
    pub fn new(cells: usize) -> Self {
        Self { z: vec![0.0; cells], eligible: Vec::new() }
    }

    /// z ← γλ z; those that come to `cut` or less are dropped.
    #[inline]
    pub fn decay(&mut self, factor: f64, cut: f64) {
        let z = &mut self.z;
        self.eligible.retain(|cell| {
            z[*cell] *= factor;
            let stays = z[*cell].abs() > cut;
            if !stays {
                z[*cell] = 0.0;
            }
            stays
        });
    }

    /// z(s)
    #[inline]
    pub fn get(&self, cell: usize) -> f64 {
        self.z[cell]
    }

    /// Changes z(s) to something that is not 0.
    #[inline]
    pub fn set(&mut self, cell: usize, z: f64) {
        if self.z[cell] == 0.0 {
            self.eligible.push(cell);
        }
        self.z[cell] = z;
    }

    /// All traces to 0.
    #[inline]
    pub fn clear(&mut self) {
        for cell in self.eligible.drain(..) {
            self.z[cell] = 0.0;
        }
    }

    /// The cells whose trace is not 0, with their traces, in the order in which they began.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        self.eligible.iter().map(|cell| (*cell, self.z[*cell]))
    }

    /// `values` ← `values` + `step` · z
    #[inline]
    pub fn add_to(&self, values: &mut [f64], step: f64) {
        for (cell, z) in self.iter() {
            values[cell] += step * z;
        }
    }
}

/// Of as many cells.
impl Shaped for Trace {
    fn same_shape(&self, other: &Self) -> bool {
        self.z.len() == other.z.len() && other.eligible.iter().all(|cell| *cell < other.z.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_visit_makes_of_a_trace() {
        let after = |kind: TraceKind| kind.visited(0.5, 0.25);
        assert_eq!(TraceKind::ALL.map(|(_, kind)| after(kind)), [1.5, 1.0, 1.375]);
        for (name, kind) in TraceKind::ALL {
            assert_eq!((TraceKind::parse(name), kind.show().as_str()), (Ok(kind), name));
        }
        assert!(TraceKind::parse("none").is_err());
    }

    #[test]
    fn traces_fade_and_share() {
        let (mut trace, mut values) = (Trace::new(3), [0.0; 3]);
        trace.set(2, 1.0);
        trace.decay(0.5, 0.0);
        trace.set(0, 1.0);
        trace.add_to(&mut values, 4.0);
        assert_eq!((values, trace.get(2)), ([4.0, 0.0, 2.0], 0.5));
        trace.decay(0.0, 0.0);
        assert_eq!(trace, Trace::new(3), "nothing is left");
        trace.set(1, 2.0);
        trace.clear();
        assert_eq!(trace, Trace::new(3));
    }

    #[test]
    fn what_has_faded_is_dropped() {
        let mut trace = Trace::new(2);
        trace.set(0, 1.0);
        trace.decay(0.5, 0.25);
        trace.set(1, 1.0);
        trace.decay(0.5, 0.25);
        assert_eq!((trace.get(0), trace.iter().collect::<Vec<_>>()), (0.0, vec![(1, 0.5)]));
    }

    #[test]
    fn a_trace_of_a_cell_that_is_not_there_is_refused() {
        let (here, mut other) = (Trace::new(3), Trace::new(3));
        other.set(1, 1.0);
        assert!(here.same_shape(&other) && !here.same_shape(&Trace::new(4)));
        other.eligible.push(3);
        assert!(!here.same_shape(&other));
    }
}
