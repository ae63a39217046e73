//! Modified policy iteration: between two improvements, the present policy is evaluated by some sweeps only.
//!
//! Puterman & Shin 1978, "Modified Policy Iteration Algorithms for Discounted Markov Decision Problems"; Sutton & Barto
//! 2018, section 4.6:
//!
//! ```text
//! v(s) ← maxₐ Σ p(s′, r | s, a) [r + γ v(s′)],  π(s) ← the a that is greatest     once,
//! v(s) ← Σ p(s′, r | s, π(s)) [r + γ v(s′)]                                        m times, and again
//! ```
//!
//! With m = 0 it is value iteration. A sweep under one policy costs 1/n of one over all n actions.
//!
//! Deviations
//! 1. In place or in two arrays, in one of several orders.
//! 2. Values begin at a lower bound (`initial`), so that they only rise: then it converges whatever m is (Puterman 1994,
//!    theorem 6.5.5).
//! 3. The tolerance is on the error, as in value iteration; the change that is looked at is that of an improving sweep.
//! 4. While it sweeps the policy takes the greatest value to the last bit; to take the first of those that are equal but
//!    for rounding would cost more than rounding, m times over. The policy that is given in the end does.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{GoOn, Initial, Order, Solution, Solve, Solver, backup::action_value, convergence::Watch, order::Sweeper};
use crate::error::Error;

params! {
    /// What modified policy iteration can be told.
    pub struct ModifiedPolicyIteration for "modified-policy-iteration" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// values have settled when none can be further off than this; for γ = 1: when a sweep moves none by more
        tolerance: f64 = 1e-8, in 0.0..;
        /// order of a sweep: two-arrays, in-place, alternating (there and back), from-ends (ends of episodes first)
        order: Order = Order::Alternating, in ..;
        /// values to begin with: zero, or lower, a bound that no state is worth less than (with γ = 1 zero)
        initial: Initial = Initial::Lower, in ..;
        /// sweeps over all states and actions, at most
        sweeps: usize = 100_000, in 1..;
        /// sweeps under the present policy after each of them, m
        evaluations: usize = 50, in ..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<ModifiedPolicyIteration>(
    "value iteration, with m cheap sweeps under the present policy after each sweep",
    "\
v(s) ← maxₐ Σ p(s′, r | s, a) [r + γ v(s′)],  π(s) ← the a that is greatest     once,
v(s) ← Σ p(s′, r | s, π(s)) [r + γ v(s′)]                                        m times, and again",
    "Puterman & Shin 1978, Modified Policy Iteration Algorithms for Discounted Markov Decision Problems; Sutton & Barto \
     2018, section 4.6",
);

impl Solve for ModifiedPolicyIteration {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let (gamma, states, actions) = (self.gamma, model.states(), model.actions());
        let (mut values, mut policy) = (vec![self.initial.value(model, gamma); states], vec![0; states]);
        let (mut sweeper, mut watch) = (Sweeper::new(self.order, model), Watch::new(gamma, self.tolerance));
        let mut backups = 0;
        while watch.residuals.sweeps() < self.sweeps && go_on() {
            let moved = sweeper.sweep(watch.residuals.sweeps(), &mut values, |state, values| {
                let first = (0, action_value(model, state, 0, values, gamma));
                let (action, value) = (1..actions).fold(first, |best, action| {
                    let value = action_value(model, state, action, values, gamma);
                    if value > best.1 { (action, value) } else { best }
                });
                policy[state] = action;
                value
            });
            backups += (states * actions) as u64;
            if watch.sweep(moved) {
                break;
            }
            // The first goes the other way than the improving sweep before it, or the next.
            for turn in 1..=self.evaluations {
                if !go_on() {
                    break;
                }
                let backup = |state, values: &[f64]| action_value(model, state, policy[state], values, gamma);
                sweeper.sweep(turn, &mut values, backup);
                backups += states as u64;
            }
        }
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

    fn solve(model: &dyn TabularModel, gamma: f64, evaluations: usize) -> Solution {
        let config = ModifiedPolicyIteration { gamma, evaluations, ..ModifiedPolicyIteration::default() };
        config.solve(model, &mut || true).unwrap()
    }

    #[test]
    fn values_are_discounted_steps_to_the_goal() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let found = solve(&*table, 0.5, 0);
        assert_eq!((&found.values[..3], &found.policy[..3]), (&[0.25, 0.5, 1.0][..], &[1, 1, 1][..]));
        assert_eq!((found.sweeps, found.settled), (3, true), "forward, backward, and one that changes nothing");
        assert_eq!(found.backups, 3 * 16);
        let found = solve(&*table, 0.5, 5);
        assert_eq!((&found.values[..3], found.backups), (&[0.25, 0.5, 1.0][..], 16 + 5 * 4 + 16 + 5 * 4 + 16));
    }

    #[test]
    fn an_end_has_no_future() {
        // Staying pays 1 and goes on; leaving pays 1.9 and ends, or goes on from the other state, which pays nothing.
        let table = Table::new(vec![1.0, 0.0], 2, |state, action| {
            let (reward, terminated) = if state == 1 { (0.0, false) } else { [(1.0, false), (1.9, true)][action] };
            [Outcome { probability: 1.0, next: if action == 1 { 1 } else { state }, reward, terminated }]
        });
        for evaluations in [0, 20] {
            assert_eq!([0.4, 0.5].map(|gamma| solve(&table, gamma, evaluations).policy[0]), [1, 0]);
            assert!((solve(&table, 0.5, evaluations).values[0] - 2.0).abs() < 1e-8);
        }
    }

    #[test]
    fn what_has_no_value_does_not_settle() {
        // A reward for ever, undiscounted.
        let forever =
            Table::new(vec![1.0], 1, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        let config = ModifiedPolicyIteration { gamma: 1.0, sweeps: 100, ..ModifiedPolicyIteration::default() };
        assert!(!config.solve(&forever, &mut || true).unwrap().settled);
    }
}
