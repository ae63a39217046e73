//! Eligibility traces on states and actions: a list per lane of those that were visited in its episode, and how much each
//! still learns from what happens now.

use serde::{Deserialize, Serialize};

use super::TraceKind;
use crate::restore::Shaped;

/// A state, an action and their trace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The number of the state.
    pub state: usize,
    /// The action.
    pub action: usize,
    /// e(s, a).
    pub trace: f64,
}

/// The traces of every lane, in the order in which they began; all others are 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traces {
    lanes: Vec<Vec<Trace>>,
}

impl Traces {
    /// None in any lane.
    pub fn new(lanes: usize) -> Self {
        Self { lanes: vec![Vec::new(); lanes] }
    }

    /// The traces of a lane.
    #[inline]
    pub fn of(&self, lane: usize) -> &[Trace] {
        &self.lanes[lane]
    }

    /// Marks that a state and action are visited.
    #[inline]
    pub fn visit(&mut self, lane: usize, state: usize, action: usize, kind: TraceKind, alpha: f64) {
        let traces = &mut self.lanes[lane];
        // What was visited lately is at the end.
        match traces.iter_mut().rev().find(|known| (known.state, known.action) == (state, action)) {
            Some(known) => known.trace = kind.visited(known.trace, alpha),
            None => traces.push(Trace { state, action, trace: kind.visited(0.0, alpha) }),
        }
    }

    /// Multiplies all traces of a lane by a factor, and drops those that come to `cut` or less.
    #[inline]
    pub fn decay(&mut self, lane: usize, factor: f64, cut: f64) {
        self.lanes[lane].retain_mut(|known| {
            known.trace *= factor;
            known.trace > cut
        });
    }

    /// Drops all traces of a lane.
    #[inline]
    pub fn clear(&mut self, lane: usize) {
        self.lanes[lane].clear();
    }

    /// Whether all states and actions are below these.
    pub fn within(&self, states: usize, actions: usize) -> bool {
        self.lanes.iter().flatten().all(|known| known.state < states && known.action < actions)
    }
}

/// For as many lanes.
impl Shaped for Traces {
    fn same_shape(&self, other: &Self) -> bool {
        self.lanes.len() == other.lanes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_adds_replaces_or_does_a_part_of_both() {
        let after = |kind| {
            let mut traces = Traces::new(2);
            traces.visit(1, 3, 0, kind, 0.25);
            traces.decay(1, 0.5, 0.0);
            traces.visit(1, 4, 1, kind, 0.25);
            traces.visit(1, 3, 0, kind, 0.25);
            assert!(traces.of(0).is_empty() && traces.within(5, 2) && !traces.within(4, 2));
            traces.of(1).iter().map(|known| known.trace).collect::<Vec<_>>()
        };
        // ½ + 1; 1; ¾ · ½ + 1
        assert_eq!(after(TraceKind::Accumulating), [1.5, 1.0]);
        assert_eq!(after(TraceKind::Replacing), [1.0, 1.0]);
        assert_eq!(after(TraceKind::Dutch), [1.375, 1.0]);
    }

    #[test]
    fn what_has_faded_is_dropped() {
        let mut traces = Traces::new(1);
        traces.visit(0, 0, 0, TraceKind::Replacing, 0.0);
        traces.decay(0, 0.5, 0.25);
        traces.visit(0, 1, 0, TraceKind::Replacing, 0.0);
        traces.decay(0, 0.5, 0.25);
        assert_eq!(traces.of(0), [Trace { state: 1, action: 0, trace: 0.5 }]);
        traces.decay(0, 0.0, 0.0);
        assert_eq!(traces.of(0), []);
    }
}
