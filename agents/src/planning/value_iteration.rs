//! Value iteration: Bellman's optimality equation as an assignment.
//!
//! Bellman 1957, "Dynamic Programming"; Sutton & Barto 2018, section 4.4:
//!
//! ```text
//! v(s) ← maxₐ Σ p(s′, r | s, a) [r + γ v(s′)]        for all s, until no v(s) moves by much
//! ```
//!
//! Deviations
//! 1. In place or in two arrays, and in one of several orders (`order`). In place a sweep uses the new values as soon as
//!    there are any; all orders end in the same values, some need far fewer sweeps.
//! 2. Values begin at a lower bound (`initial`), where the book's are arbitrary.
//! 3. The book stops at a small change. Here the tolerance is on the error, γ/(1−γ) times the change, which bounds
//!    ‖v − v*‖∞; only for γ = 1, where nothing follows from the change, it is on the change.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{GoOn, Initial, Order, Solution, Solve, Solver, backup::best_value, convergence::Watch, order::Sweeper};
use crate::error::Error;

params! {
    /// What value iteration can be told.
    pub struct ValueIteration for "value-iteration" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// values have settled when none can be further off than this; for γ = 1: when a sweep moves none by more
        tolerance: f64 = 1e-8, in 0.0..;
        /// order of a sweep: two-arrays, in-place, alternating (there and back), from-ends (ends of episodes first)
        order: Order = Order::Alternating, in ..;
        /// values to begin with: zero, or lower, a bound that no state is worth less than (with γ = 1 zero)
        initial: Initial = Initial::Lower, in ..;
        /// sweeps over all states, at most
        sweeps: usize = 1_000_000, in 1..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<ValueIteration>(
    "sweeps of Bellman's optimality equation over all states",
    "v(s) ← maxₐ Σ p(s′, r | s, a) [r + γ v(s′)]        (no second term where s′ is terminal)",
    "Bellman 1957, Dynamic Programming; Sutton & Barto 2018, section 4.4",
);

impl Solve for ValueIteration {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let (gamma, mut values) = (self.gamma, vec![self.initial.value(model, self.gamma); model.states()]);
        let (mut sweeper, mut watch) = (Sweeper::new(self.order, model), Watch::new(gamma, self.tolerance));
        while watch.residuals.sweeps() < self.sweeps && go_on() {
            let turn = watch.residuals.sweeps();
            let moved = sweeper.sweep(turn, &mut values, |state, values| best_value(model, state, values, gamma));
            if watch.sweep(moved) {
                break;
            }
        }
        drop(sweeper);
        let backups = (watch.residuals.sweeps() * model.states() * model.actions()) as u64;
        Ok(Solution::greedy(model, gamma, values, watch, backups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        grid::{Gridworld, Rules},
        tabular::{Outcome, Table},
    };

    fn solve(model: &dyn TabularModel, config: &ValueIteration) -> Solution {
        config.solve(model, &mut || true).unwrap()
    }

    #[test]
    fn values_are_discounted_steps_to_the_goal() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let found = |order| solve(&*table, &ValueIteration { gamma: 0.5, order, ..ValueIteration::default() });
        for (order, sweeps) in
            [(Order::TwoArrays, 4), (Order::InPlace, 4), (Order::Alternating, 3), (Order::FromEnds, 2)]
        {
            let found = found(order);
            assert_eq!((&found.values[..3], &found.policy[..3]), (&[0.25, 0.5, 1.0][..], &[1, 1, 1][..]));
            assert_eq!(
                (found.sweeps, found.settled),
                (sweeps, true),
                "{order:?}: one that changes nothing is the last"
            );
            assert_eq!(found.backups, sweeps as u64 * 16);
        }
        let residuals: Vec<_> = found(Order::TwoArrays).residuals.iter().collect();
        assert_eq!(residuals, [(1, 1.0), (2, 0.5), (3, 0.25), (4, 0.0)]);
    }

    #[test]
    fn the_tolerance_is_on_the_error_and_the_bound_holds() {
        // One state that pays 1 for ever: v = 1/(1 − 0.9) = 10, and each sweep leaves nine tenths of what is missing.
        let forever =
            Table::new(vec![1.0], 1, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        for tolerance in [1.0, 1e-3, 1e-6] {
            let found = solve(
                &forever,
                &ValueIteration { gamma: 0.9, tolerance, initial: Initial::Zero, ..ValueIteration::default() },
            );
            let (off, bound) = (10.0 - found.values[0], found.error.unwrap());
            assert!(off <= bound && bound <= tolerance && bound < off + 1e-12, "{off} {bound}");
        }
        // Undiscounted it has no value.
        let config = ValueIteration { gamma: 1.0, sweeps: 100, ..ValueIteration::default() };
        let found = solve(&forever, &config);
        assert_eq!((found.values[0], found.settled, found.error, found.sweeps), (100.0, false, None, 100));
    }

    #[test]
    fn an_end_has_no_future() {
        // Staying pays 1 and goes on; leaving pays 1.9 and ends, or goes on from the other state, which pays nothing.
        let table = Table::new(vec![1.0, 0.0], 2, |state, action| {
            let (reward, terminated) = if state == 1 { (0.0, false) } else { [(1.0, false), (1.9, true)][action] };
            [Outcome { probability: 1.0, next: if action == 1 { 1 } else { state }, reward, terminated }]
        });
        let best = |gamma| solve(&table, &ValueIteration { gamma, ..ValueIteration::default() });
        assert_eq!([0.4, 0.5].map(|gamma| best(gamma).policy[0]), [1, 0]);
        assert!((best(0.5).values[0] - 2.0).abs() < 1e-8);
    }
}
