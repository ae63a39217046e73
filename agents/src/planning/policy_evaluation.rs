//! Iterative policy evaluation: Bellman's equation of a policy as an assignment.
//!
//! Sutton & Barto 2018, section 4.1:
//!
//! ```text
//! v(s) ← Σₐ π(a|s) Σ p(s′, r | s, a) [r + γ v(s′)]        for all s, until no v(s) moves by much
//! ```
//!
//! Deviations
//! 1. In place or in two arrays, in one of several orders.
//! 2. The tolerance is on the error, as in value iteration.
//! 3. By name it evaluates the equiprobable policy, π(a|s) = 1/n, and gives the policy that is greedy with respect to its
//!    values: one step of improvement. [`PolicyEvaluation::evaluate`] takes any policy.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{
    GoOn, Order, PolicyTable, Solution, Solve, Solver, backup::policy_value, convergence::Watch, order::Sweeper,
};
use crate::error::Error;

params! {
    /// What policy evaluation can be told.
    pub struct PolicyEvaluation for "policy-evaluation" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// values have settled when none can be further off than this; for γ = 1: when a sweep moves none by more
        tolerance: f64 = 1e-8, in 0.0..;
        /// order of a sweep: two-arrays, in-place, alternating (there and back), from-ends (ends of episodes first)
        order: Order = Order::Alternating, in ..;
        /// sweeps over all states, at most
        sweeps: usize = 1_000_000, in 1..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<PolicyEvaluation>(
    "values of the random policy, by sweeps of Bellman's equation",
    "v(s) ← Σₐ π(a|s) Σ p(s′, r | s, a) [r + γ v(s′)],  π(a|s) = 1/n        (no second term where s′ is terminal)",
    "Sutton & Barto 2018, section 4.1",
);

impl PolicyEvaluation {
    /// The values of any stationary policy.
    ///
    /// # Errors
    /// If a parameter is out of range, or the policy is not on the model's states and actions.
    pub fn evaluate(&self, model: &dyn TabularModel, policy: &PolicyTable, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        policy.check(Self::OWNER, model)?;
        let (gamma, mut values) = (self.gamma, vec![0.0; model.states()]);
        let (mut sweeper, mut watch) = (Sweeper::new(self.order, model), Watch::new(gamma, self.tolerance));
        while watch.residuals.sweeps() < self.sweeps && go_on() {
            let backup = |state, values: &[f64]| policy_value(model, state, policy.row(state), values, gamma);
            if watch.sweep(sweeper.sweep(watch.residuals.sweeps(), &mut values, backup)) {
                break;
            }
        }
        let backups = (watch.residuals.sweeps() * policy.choices()) as u64;
        Ok(Solution::greedy(model, gamma, values, watch, backups))
    }
}

impl Solve for PolicyEvaluation {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.evaluate(model, &PolicyTable::uniform(model.states(), model.actions()), go_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::grid::{Gridworld, Rules};

    #[test]
    fn the_random_policy_of_example_4_1() {
        let rules = Rules { step_reward: -1.0, goal_reward: -1.0, start_anywhere: true, ..Rules::default() };
        let table = Gridworld::new("G.../..../..../...G", rules).unwrap().table();
        let config = PolicyEvaluation { gamma: 1.0, order: Order::TwoArrays, ..PolicyEvaluation::default() };
        // Figure 4.1, k = 1, 2 and ∞.
        for (sweeps, row) in [(1, [0.0, -1.0, -1.0, -1.0]), (2, [0.0, -1.75, -2.0, -2.0])] {
            let found = PolicyEvaluation { sweeps, ..config.clone() }.solve(&*table, &mut || true).unwrap();
            assert_eq!((&found.values[..4], found.settled), (&row[..], false));
        }
        let orders = [Order::TwoArrays, Order::InPlace, Order::Alternating, Order::FromEnds].map(|order| {
            let found = PolicyEvaluation { order, ..config.clone() }.solve(&*table, &mut || true).unwrap();
            let off = [0.0, -14.0, -20.0, -22.0, -14.0, -18.0, -20.0, -20.0].iter().zip(&found.values);
            assert!(found.settled && off.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-6, "{order:?}");
            assert_eq!(found.policy[1..4], [3, 3, 2], "left, left, and of left and down both are best: down is first");
            found.sweeps
        });
        assert!(orders[1] < orders[0], "in place is faster: {orders:?}");
    }

    #[test]
    fn a_policy_for_other_states_is_refused() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let config = PolicyEvaluation::default();
        let error = config.evaluate(&*table, &PolicyTable::uniform(3, 4), &mut || true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "policy-evaluation: a policy of 3 states and 4 actions, where the model has 4 and 4"
        );
    }
}
