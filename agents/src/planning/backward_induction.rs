//! Backward induction: the best policy when so many steps are left and no more.
//!
//! Bellman 1957, "Dynamic Programming", chapter I; Puterman 1994, "Markov Decision Processes", section 4.5:
//!
//! ```text
//! v₀(s) = 0
//! vₖ(s) = maxₐ Σ p(s′, r | s, a) [r + γ vₖ₋₁(s′)],  πₖ(s) = the a that is greatest        with k steps left
//! ```
//!
//! The policy depends on the time: with few steps left one takes risks that one would not take otherwise.
//!
//! Deviations
//! 1. Of actions that are equally good but for rounding the first is taken.
//! 2. What a sweep changes is kept as its residual, though nothing is waited for.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{
    GoOn, PolicyTable, Solution, Solve, Solver,
    backup::{best_value, first_greedy, policy_value},
    convergence::{Moved, Watch, ties},
};
use crate::error::Error;

params! {
    /// What backward induction can be told.
    pub struct BackwardInduction for "backward-induction" {
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// steps that an episode has
        horizon: usize = 100, in 1..=1_000_000;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<BackwardInduction>(
    "the best policy within a time limit, which depends on the steps that are left",
    "v₀(s) = 0,  vₖ(s) = maxₐ Σ p(s′, r | s, a) [r + γ vₖ₋₁(s′)]        with k steps left",
    "Bellman 1957, Dynamic Programming, chapter I; Puterman 1994, Markov Decision Processes, section 4.5",
);

/// Entries of a time-dependent policy, at most: 400 MB.
const MOST: usize = 100_000_000;

/// A policy that depends on the steps that are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedPolicy {
    states: usize,
    /// With one step left first.
    actions: Vec<u32>,
}

impl StagedPolicy {
    /// The action in a state with so many steps left, from 1.
    ///
    /// # Panics
    /// If there are no such state and stage.
    pub fn action(&self, left: usize, state: usize) -> usize {
        self.with_left(left)[state] as usize
    }

    /// The actions in all states with so many steps left, from 1.
    ///
    /// # Panics
    /// If there is no such stage.
    pub fn with_left(&self, left: usize) -> &[u32] {
        &self.actions[(left - 1) * self.states..][..self.states]
    }

    /// How many stages there are.
    pub fn horizon(&self) -> usize {
        self.actions.len() / self.states
    }
}

impl Solve for BackwardInduction {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let (n, gamma) = (model.states(), self.gamma);
        if n.saturating_mul(self.horizon) > MOST {
            let why = format!(
                "a policy for {n} states at {} stages has more than {MOST} entries: lower the horizon",
                self.horizon
            );
            return Err(Error::Unsolvable { solver: Self::OWNER, why });
        }
        let (mut values, mut next) = (vec![0.0; n], vec![0.0; n]);
        let mut actions = Vec::with_capacity(n * self.horizon);
        let mut watch = Watch::new(gamma, 0.0);
        while watch.residuals.sweeps() < self.horizon && go_on() {
            let (ties, mut moved) = (ties(0.0, &values), Moved::default());
            for state in 0..n {
                next[state] = best_value(model, state, &values, gamma);
                moved.take(values[state], next[state]);
                actions.push(first_greedy(model, state, &values, gamma, ties) as u32);
            }
            std::mem::swap(&mut values, &mut next);
            watch.residuals.push(moved.change);
        }
        watch.settled = watch.residuals.sweeps() == self.horizon;
        let backups = (watch.residuals.sweeps() * n * model.actions()) as u64;
        let mut solution = Solution::greedy(model, gamma, values, watch, backups);
        // No more than rounding is in the way of these values, and their policy is that of the first stage.
        solution.error = solution.settled.then_some(0.0);
        if solution.settled {
            let stages = StagedPolicy { states: n, actions };
            solution.policy = stages.with_left(self.horizon).iter().map(|action| *action as usize).collect();
            solution.stages = Some(stages);
        }
        Ok(solution)
    }
}

/// What every state is worth under a stationary policy with `horizon` steps left: the value of the policy within a time
/// limit.
///
/// # Errors
/// If the policy is not on the model's states and actions.
pub fn value_within(
    model: &dyn TabularModel,
    policy: &PolicyTable,
    horizon: usize,
    gamma: f64,
) -> Result<Vec<f64>, Error> {
    policy.check(BackwardInduction::OWNER, model)?;
    let (mut values, mut next) = (vec![0.0; model.states()], vec![0.0; model.states()]);
    for _ in 0..horizon {
        for (state, next) in next.iter_mut().enumerate() {
            *next = policy_value(model, state, policy.row(state), &values, gamma);
        }
        std::mem::swap(&mut values, &mut next);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::tabular::{Outcome, Table};

    /// Action 0 pays 1 and stays. Action 1 leads to a state that pays 5, once, and ends.
    fn table() -> Table {
        Table::new(vec![1.0, 0.0], 2, |state, action| {
            let (next, reward, terminated) = match (state, action) {
                (0, 0) => (0, 1.0, false),
                (0, _) => (1, 0.0, false),
                _ => (1, 5.0, true),
            };
            [Outcome { probability: 1.0, next, reward, terminated }]
        })
    }

    #[test]
    fn the_treasure_is_fetched_in_the_last_but_one_step() {
        let found = BackwardInduction { horizon: 4, gamma: 1.0 }.solve(&table(), &mut || true).unwrap();
        let stages = found.stages.unwrap();
        // With one step left there is no time; with two or more one stays as long as there are more than two.
        assert_eq!([1, 2, 3, 4].map(|left| stages.action(left, 0)), [0, 1, 0, 0]);
        assert_eq!((found.values, found.policy[0], stages.horizon()), (vec![7.0, 5.0], 0, 4));
        assert_eq!(found.residuals.iter().collect::<Vec<_>>(), [(1, 5.0), (2, 4.0), (3, 1.0), (4, 1.0)]);
    }

    #[test]
    fn a_stationary_policy_within_a_limit() {
        let stay = PolicyTable::deterministic(&[0, 0], 2);
        assert_eq!(value_within(&table(), &stay, 4, 1.0).unwrap(), [4.0, 5.0]);
        assert_eq!(value_within(&table(), &stay, 3, 0.5).unwrap(), [1.75, 5.0]);
        let either = PolicyTable::uniform(2, 2);
        // With 1 left ½; with 2 left ½ (1 + ½) + ½ 5 = 3.25.
        assert_eq!(value_within(&table(), &either, 2, 1.0).unwrap()[0], 3.25);
    }

    #[test]
    fn a_policy_that_does_not_fit_memory_is_refused() {
        let large = Table::new(vec![0.0; 1000], 1, |state, _| {
            [Outcome { probability: 1.0, next: state, reward: 0.0, terminated: true }]
        });
        let error = BackwardInduction { horizon: 100_001, gamma: 1.0 }.solve(&large, &mut || true).unwrap_err();
        assert!(error.to_string().contains("lower the horizon"), "{error}");
    }
}
