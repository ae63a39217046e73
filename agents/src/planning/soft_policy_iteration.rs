//! The best ε-soft policy: policy iteration over the policies that explore.
//!
//! Sutton & Barto 2018, section 5.4: an ε-soft policy is improved by the ε-greedy one, and what cannot be improved is the
//! best of all ε-soft policies,
//!
//! ```text
//! v(s) = (1 − ε) maxₐ q(s, a) + ε/n Σₐ q(s, a)
//! ```
//!
//! It is what on-policy control with a fixed ε, such as Sarsa, comes to.
//!
//! Deviations
//! 1. Policies are evaluated exactly, by their linear equations.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{
    GoOn, Solution, Solve, Solver,
    policy_iteration::{exactly, iterate},
};
use crate::error::Error;

params! {
    /// What ε-soft policy iteration can be told.
    pub struct SoftPolicyIteration for "soft-policy-iteration" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// probability ε of an action at random
        epsilon: f64 = 0.1, in 0.0..=1.0;
        /// policies at most
        policies: usize = 1000, in 1..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<SoftPolicyIteration>(
    "the best of the policies that explore with probability ε",
    "v(s) = (1 − ε) maxₐ q(s, a) + ε/n Σₐ q(s, a),  q(s, a) = Σ p(s′, r | s, a) [r + γ v(s′)]",
    "Sutton & Barto 2018, section 5.4",
);

impl Solve for SoftPolicyIteration {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let &Self { gamma, epsilon, policies } = self;
        iterate(
            Self::OWNER,
            model,
            (gamma, epsilon, policies),
            &mut |policy, _| exactly(Self::OWNER, model, policy, gamma),
            go_on,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::tabular::{Outcome, Table};

    #[test]
    fn exploring_costs_what_it_costs() {
        // Action 0 pays 1 and stays, action 1 pays nothing and ends: v = (1 − ε/2) (1 + γ v).
        let table = Table::new(vec![1.0], 2, |_, action| {
            [Outcome { probability: 1.0, next: 0, reward: 1.0 - action as f64, terminated: action == 1 }]
        });
        for (epsilon, gamma, value) in [(0.0, 0.5, 2.0), (0.5, 0.0, 0.75), (0.5, 1.0, 3.0), (1.0, 1.0, 1.0)] {
            let found =
                SoftPolicyIteration { gamma, epsilon, ..Default::default() }.solve(&table, &mut || true).unwrap();
            assert!(
                (found.values[0] - value).abs() < 1e-12 && found.policy == [0],
                "ε = {epsilon}: {:?}",
                found.values
            );
        }
    }
}
