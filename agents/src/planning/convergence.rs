//! When values have settled, and how far they can still be off.
//!
//! A backup of all states that moves no value by more than δ leaves them near the fixed point, because T is a
//! γ-contraction (Puterman 1994, "Markov Decision Processes", theorem 6.3.1; Bertsekas 2012, "Dynamic Programming and
//! Optimal Control", vol. II, section 2.2):
//!
//! ```text
//! ‖Tv − v*‖∞ ≤ γ/(1 − γ) ‖Tv − v‖∞        after a sweep
//! ‖v − v*‖∞ ≤ 1/(1 − γ) ‖Tv − v‖∞         before it
//! ```
//!
//! It holds in place too, whatever the order of the states: such a sweep is another γ-contraction with the same fixed
//! point. So a tolerance is one on the *error*, not on the change: values that have settled are that near to the true
//! ones. With γ = 1 nothing follows from the change, and the tolerance is one on the change itself.
//!
//! Deviations
//! 1. What rounding adds to a sweep, some units in the last place of the greatest value, counts as change in the bound.
//!    A change that is no more than that cannot get smaller: values have settled then, whatever the tolerance, and the
//!    bound says how near they are.

/// Units in the last place by which the sum over a state's outcomes may be off.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// How far values can be off after a sweep that moved none by more than `residual`: γ/(1−γ) times as much, with what
/// rounding adds where none is greater than `greatest`. None for γ = 1.
pub fn error_bound(gamma: f64, residual: f64, greatest: f64) -> Option<f64> {
    (gamma < 1.0).then(|| gamma / (1.0 - gamma) * (residual + ROUNDING * greatest))
}

/// How far values can be off that miss Bellman's equation by `residual` at most, before any sweep: 1/(1−γ) times as much,
/// with what rounding adds where none is greater than `greatest`. None for γ = 1.
pub fn error_bound_before(gamma: f64, residual: f64, greatest: f64) -> Option<f64> {
    (gamma < 1.0).then(|| (residual + ROUNDING * greatest) / (1.0 - gamma))
}

/// Residuals of sweeps, in bounded memory: when there are too many, every other one is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    every: usize,
    seen: usize,
    residuals: Vec<f64>,
}

impl History {
    /// More than a figure shows.
    const MOST: usize = 4096;

    /// Of no sweep yet.
    pub fn new() -> Self {
        Self { every: 1, seen: 0, residuals: Vec::new() }
    }

    /// Takes the residual of the next sweep.
    pub fn push(&mut self, residual: f64) {
        if self.seen.is_multiple_of(self.every) {
            if self.residuals.len() == Self::MOST {
                let mut place = 0;
                self.residuals.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.every *= 2;
            }
            if self.seen.is_multiple_of(self.every) {
                self.residuals.push(residual);
            }
        }
        self.seen += 1;
    }

    /// Sweeps, counted from 1, with their residuals.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.residuals.iter().enumerate().map(|(i, residual)| (i * self.every + 1, *residual))
    }

    /// How many sweeps there were.
    pub fn sweeps(&self) -> usize {
        self.seen
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

/// Watches sweeps until values have settled.
#[derive(Debug)]
pub(super) struct Watch {
    gamma: f64,
    tolerance: f64,
    pub(super) residuals: History,
    pub(super) error: Option<f64>,
    pub(super) settled: bool,
}

impl Watch {
    pub(super) fn new(gamma: f64, tolerance: f64) -> Self {
        Self { gamma, tolerance, residuals: History::new(), error: None, settled: false }
    }

    /// Takes the change of a sweep, and says whether it was the last one that is needed.
    pub(super) fn sweep(&mut self, moved: Moved) -> bool {
        let Moved { change, greatest } = moved;
        self.residuals.push(change);
        self.error = error_bound(self.gamma, change, greatest).filter(|error| error.is_finite());
        self.settled = self.error.unwrap_or(change) <= self.tolerance || change <= ROUNDING * greatest;
        self.settled
    }
}

/// What a sweep did: the greatest change of a value, and the greatest value there is now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moved {
    pub(super) change: f64,
    pub(super) greatest: f64,
}

impl Moved {
    /// Takes a state's value before and after.
    #[inline]
    pub(super) fn take(&mut self, before: f64, after: f64) {
        // A value that is no number is no small change; −∞ that stays is none at all.
        let change = if before == after { 0.0 } else { (after - before).abs() };
        self.change = if change > self.change || change.is_nan() { change } else { self.change };
        self.greatest = self.greatest.max(if after.is_finite() { after.abs() } else { 0.0 });
    }
}

/// By how much the values of two actions may differ that are equally best.
pub(super) fn ties(residual: f64, values: &[f64]) -> f64 {
    let finite = values.iter().filter(|value| value.is_finite());
    let greatest = finite.fold(1.0_f64, |most, value| most.max(value.abs()));
    (2.0 * residual).max(1e-10 * greatest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_a_contraction() {
        assert_eq!(error_bound(0.5, 0.25, 0.0), Some(0.25));
        assert!((error_bound(0.999, 1e-9, 0.0).unwrap() - 9.99e-7).abs() < 1e-18);
        assert_eq!(error_bound(1.0, 1e-9, 0.0), None);
        let before = [0.0, 0.5, 1.0].map(|gamma| error_bound_before(gamma, 0.25, 0.0));
        assert_eq!(before, [Some(0.25), Some(0.5), None]);
    }

    #[test]
    fn a_tolerance_is_on_the_error_or_without_a_discount_on_the_change() {
        let moved = |change| Moved { change, greatest: 1.0 };
        let mut watch = Watch::new(0.9, 1e-3);
        assert_eq!((watch.sweep(moved(1e-3)), watch.sweep(moved(1e-4))), (false, true), "9 times the change");
        assert!(Watch::new(1.0, 1e-3).sweep(moved(1e-3)));
        let mut watch = Watch::new(0.5, 0.0);
        assert!(watch.sweep(moved(0.0)) && watch.error.unwrap() < 1e-15, "rounding is all that is left");
        assert!(!Watch::new(1.0, 1.0).sweep(moved(f64::NAN)));
    }

    #[test]
    fn a_history_is_bounded_and_keeps_the_first() {
        let mut history = History::new();
        (1..=100_000).for_each(|sweep| history.push(f64::from(sweep)));
        let kept: Vec<_> = history.iter().collect();
        assert!(kept.len() <= History::MOST && kept.len() >= History::MOST / 2 && history.sweeps() == 100_000);
        assert!(kept.iter().all(|(sweep, residual)| *sweep as f64 == *residual) && kept[0].0 == 1, "{:?}", &kept[..3]);
    }
}
