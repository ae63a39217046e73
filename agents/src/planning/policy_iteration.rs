//! Policy iteration: evaluate a policy, improve it, and again until it is stable.
//!
//! Howard 1960, "Dynamic Programming and Markov Processes"; Sutton & Barto 2018, section 4.3:
//!
//! ```text
//! v(s) = Σ p(s′, r | s, π(s)) [r + γ v(s′)]                       evaluation
//! π(s) ← argmaxₐ Σ p(s′, r | s, a) [r + γ v(s′)]                  improvement
//! ```
//!
//! Deviations
//! 1. It begins with the policy that is greedy with respect to the values of the equiprobable one: an arbitrary policy
//!    need not end, and has no value then for γ = 1.
//! 2. An action is kept unless another is better by more than rounding: among equally good policies the book's loop may
//!    never stop.
//! 3. A policy's residual is ‖Tv − v‖∞, so that ‖v − v*‖∞ ≤ residual / (1 − γ).
//! 4. Where the sweeps that evaluate a policy do not settle it stops, and has not settled either: such values say nothing
//!    of what would be better.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{
    GoOn, Order, PolicyEvaluation, PolicyTable, Solution, Solve, Solver,
    backup::{action_value, first_greedy},
    convergence::{Moved, Watch, error_bound_before, ties},
    exact_evaluation::{ends, solve},
};
use crate::error::Error;

params! {
    /// What policy iteration can be told.
    pub struct PolicyIteration for "policy-iteration" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// whether policies are evaluated by linear equations (up to 5,000 states); else by sweeps
        exact: bool = true, in ..;
        /// of sweeps: values have settled when none can be further off than this; for γ = 1: when none moves by more
        tolerance: f64 = 1e-8, in 0.0..;
        /// policies at most
        policies: usize = 1000, in 1..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<PolicyIteration>(
    "evaluate a policy, improve it, and again until it is stable",
    "v_π(s) = Σ p(s′, r | s, π(s)) [r + γ v_π(s′)],  π(s) ← argmaxₐ Σ p(s′, r | s, a) [r + γ v_π(s′)]",
    "Howard 1960, Dynamic Programming and Markov Processes; Sutton & Barto 2018, section 4.3",
);

impl Solve for PolicyIteration {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let &Self { gamma, tolerance, policies, exact } = self;
        let mut evaluate = |policy: &PolicyTable, go_on: GoOn<'_>| {
            if exact {
                return exactly(Self::OWNER, model, policy, gamma);
            }
            let config = PolicyEvaluation { gamma, tolerance, order: Order::Alternating, sweeps: 1_000_000 };
            let found = config.evaluate(model, policy, go_on)?;
            let off = found.error.unwrap_or(tolerance);
            Ok(Evaluated { values: found.values, backups: found.backups, off, settled: found.settled })
        };
        iterate(Self::OWNER, model, (gamma, 0.0, policies), &mut evaluate, go_on)
    }
}

/// The values of a policy.
pub(super) struct Evaluated {
    values: Vec<f64>,
    /// that they took
    backups: u64,
    /// how far they may be off
    off: f64,
    /// whether they are its values at all
    settled: bool,
}

/// The values of a policy, by the linear equations.
pub(super) fn exactly(
    solver: &'static str,
    model: &dyn TabularModel,
    policy: &PolicyTable,
    gamma: f64,
) -> Result<Evaluated, Error> {
    let values = solve(solver, model, policy, gamma, |outcome| outcome.reward)?;
    Ok(Evaluated { values, backups: policy.choices() as u64, off: 0.0, settled: true })
}

/// Evaluates a policy.
type Evaluate<'a> = &'a mut dyn FnMut(&PolicyTable, GoOn<'_>) -> Result<Evaluated, Error>;

/// Policy iteration over the policies that take any action with probability ε, each equally likely.
pub(super) fn iterate(
    solver: &'static str,
    model: &dyn TabularModel,
    (gamma, epsilon, most): (f64, f64, usize),
    evaluate: Evaluate<'_>,
    go_on: GoOn<'_>,
) -> Result<Solution, Error> {
    let (states, actions) = (model.states(), model.actions());
    let mut watch = Watch::new(gamma, 0.0);
    let (mut values, mut backups) = (vec![0.0; states], 0);
    let mut greedy: Option<Vec<usize>> = None;
    while watch.residuals.sweeps() < most && !watch.settled && go_on() {
        let policy = match &greedy {
            Some(greedy) => PolicyTable::soft(greedy, actions, epsilon),
            None => PolicyTable::uniform(states, actions),
        };
        let found = evaluate(&policy, go_on)?;
        values = found.values;
        backups += found.backups;
        if !found.settled {
            break;
        }
        backups += (states * actions) as u64;
        let ties = ties(found.off, &values);
        let mut missed = Moved::default();
        let mut stable = greedy.is_some();
        let better = (0..states).map(|state| {
            let value = |action| action_value(model, state, action, &values, gamma);
            let mean = || (0..actions).map(value).sum::<f64>() / actions as f64;
            let best = (0..actions).map(value).fold(f64::NEG_INFINITY, f64::max);
            missed.take(values[state], if epsilon > 0.0 { (1.0 - epsilon) * best + epsilon * mean() } else { best });
            let kept = greedy.as_ref().map(|greedy| greedy[state]).filter(|action| {
                let now = value(*action);
                now >= best - ties || now == best
            });
            kept.unwrap_or_else(|| {
                stable = false;
                first_greedy(model, state, &values, gamma, ties)
            })
        });
        greedy = Some(better.collect());
        watch.sweep(missed);
        watch.error = error_bound_before(gamma, missed.change, missed.greatest).filter(|error| error.is_finite());
        watch.settled = stable;
    }
    if watch.settled {
        ends(solver, model, &values)?;
    }
    let settled = watch.settled;
    let mut solution = Solution::greedy(model, gamma, values, watch, backups);
    if let Some(greedy) = greedy.filter(|_| settled) {
        solution.policy = greedy;
    }
    Ok(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        grid::{Gridworld, Rules},
        tabular::{Outcome, Table},
    };

    #[test]
    fn few_policies_are_enough() {
        let rules = Rules { step_reward: -1.0, goal_reward: -1.0, ..Rules::default() };
        let table = Gridworld::new("S.../..../..../...G", rules).unwrap().table();
        for exact in [true, false] {
            let config = PolicyIteration { gamma: 1.0, exact, ..PolicyIteration::default() };
            let found = config.solve(&*table, &mut || true).unwrap();
            assert!((found.values[0] + 6.0).abs() < 1e-9 && found.settled, "{exact}");
            assert_eq!((found.sweeps, found.policy[0]), (2, 1), "the random policy's values show the way");
        }
    }

    #[test]
    fn values_that_have_not_settled_are_not_called_settled() {
        // One state, which pays 1 for ever: undiscounted the sweeps never settle.
        let forever =
            Table::new(vec![1.0], 1, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        let config = PolicyIteration { exact: false, gamma: 1.0, ..PolicyIteration::default() };
        let found = config.solve(&forever, &mut || true).unwrap();
        assert_eq!((found.settled, found.error, found.sweeps), (false, None, 0));
        // Interrupted in the middle of an evaluation.
        let (config, mut left) = (PolicyIteration { gamma: 0.9, ..config }, 5);
        let mut go_on = || {
            left -= 1;
            left > 0
        };
        let found = config.solve(&forever, &mut go_on).unwrap();
        assert_eq!((found.settled, found.sweeps), (false, 0));
        assert!(config.solve(&forever, &mut || true).unwrap().settled);
    }

    #[test]
    fn howards_taxicab_driver() {
        // Howard 1960, chapter 4, has an average reward; with a discount: two states, two actions, worked by hand.
        // State 0: action 0 pays 1 and stays, action 1 pays 0 and leads to 1. State 1 pays 2 and stays.
        let table = Table::new(vec![1.0, 0.0], 2, |state, action| {
            let (next, reward) = [[(0, 1.0), (1, 0.0)], [(1, 2.0), (1, 2.0)]][state][action];
            [Outcome { probability: 1.0, next, reward, terminated: false }]
        });
        // Going is worth γ 2/(1−γ), staying 1/(1−γ): at γ = ½ both are 2.
        for (gamma, action, value) in [(0.4, 0, 1.0 / 0.6), (0.6, 1, 3.0), (0.5, 0, 2.0)] {
            let config = PolicyIteration { gamma, ..PolicyIteration::default() };
            let found = config.solve(&table, &mut || true).unwrap();
            assert_eq!(found.policy[0], action, "γ = {gamma}");
            assert!((found.values[0] - value).abs() < 1e-12 && found.error.unwrap() < 1e-12);
        }
        let undiscounted = PolicyIteration { gamma: 1.0, ..PolicyIteration::default() };
        let error = undiscounted.solve(&table, &mut || true).unwrap_err().to_string();
        assert!(error.starts_with("policy-iteration: with γ = 1 the equations are singular"), "{error}");
    }
}
