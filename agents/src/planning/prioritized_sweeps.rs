//! Prioritized sweeps: the state whose value is furthest from its backup is backed up first.
//!
//! Moore & Atkeson 1993, "Prioritized Sweeping: Reinforcement Learning With Less Data and Less Time", with a model that
//! is known; Wingate & Seppi 2005, "Prioritization Methods for Accelerating MDP Solvers":
//!
//! ```text
//! s ← the state of the greatest priority h(s);  h(s) ← 0
//! Δ ← |maxₐ q(s, a) − v(s)|;  v(s) ← maxₐ q(s, a)
//! h(s̄) ← h(s̄) + γ maxₐ p(s | s̄, a) Δ        for all s̄ that lead to s
//! ```
//!
//! Deviations
//! 1. Priorities add up where Moore & Atkeson take the greater: so h(s) ≥ |maxₐ q(s, a) − v(s)| always, and the greatest
//!    priority bounds the residual. Values have settled when ‖v − v*‖∞ ≤ h / (1 − γ) is within the tolerance; for γ = 1
//!    when h is.
//! 2. Values begin at a lower bound (`initial`).
//! 3. A sweep is as many backups of a state as there are states; its residual is the greatest priority that is left.

use gymkhana_envs::{Params, params, tabular::TabularModel};

use super::{
    GoOn, Initial, Solution, Solve, Solver,
    backup::best_value,
    convergence::{Moved, Watch},
    heap::Heap,
    predecessors::Predecessors,
};
use crate::error::Error;

params! {
    /// What prioritized sweeps can be told.
    pub struct PrioritizedSweeps for "prioritized-sweeps" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
        /// values have settled when none can be further off than this; for γ = 1: when no backup can move one by more
        tolerance: f64 = 1e-8, in 0.0..;
        /// values to begin with: zero, or lower, a bound that no state is worth less than (with γ = 1 zero)
        initial: Initial = Initial::Lower, in ..;
        /// backups at most, as sweeps: in states
        sweeps: usize = 1_000_000, in 1..;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<PrioritizedSweeps>(
    "value iteration that backs up the state first whose value is furthest off",
    "\
s ← the state of the greatest priority h(s);  h(s) ← 0
Δ ← |maxₐ q(s, a) − v(s)|;  v(s) ← maxₐ q(s, a)
h(s̄) ← h(s̄) + γ maxₐ p(s | s̄, a) Δ        for all s̄ that lead to s",
    "Moore & Atkeson 1993, Prioritized Sweeping; Wingate & Seppi 2005, Prioritization Methods for Accelerating MDP \
     Solvers",
);

impl Solve for PrioritizedSweeps {
    fn solve(&self, model: &dyn TabularModel, go_on: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let (gamma, n) = (self.gamma, model.states());
        let mut watch = Watch::new(gamma, self.tolerance);
        let mut values = vec![self.initial.value(model, gamma); n];
        if !go_on() {
            return Ok(Solution::greedy(model, gamma, values, watch, 0));
        }
        let why = || format!("{n} states have more predecessors than can be counted");
        let before = Predecessors::of(model).ok_or_else(|| Error::Unsolvable { solver: Self::OWNER, why: why() })?;
        let mut heap =
            Heap::new((0..n).map(|state| (best_value(model, state, &values, gamma) - values[state]).abs()).collect());
        let (mut backups, mut greatest) = ((n * model.actions()) as u64, 0.0_f64);
        let enough = if gamma < 1.0 { (1.0 - gamma) * self.tolerance } else { self.tolerance };
        'sweeps: while watch.residuals.sweeps() < self.sweeps && go_on() {
            for _ in 0..n {
                let (state, priority) = heap.top();
                // What rounding leaves cannot be swept away.
                if priority <= enough || priority <= 4.0 * f64::EPSILON * greatest {
                    break 'sweeps;
                }
                heap.set(state, 0.0);
                let value = best_value(model, state, &values, gamma);
                let change = (value - values[state]).abs();
                values[state] = value;
                greatest = greatest.max(value.abs());
                backups += model.actions() as u64;
                if change > 0.0 {
                    before.to(state).for_each(|(from, share)| heap.add(from, gamma * share * change));
                }
            }
            watch.residuals.push(heap.top().1);
        }
        let left = heap.top().1;
        // h ≥ |Tv − v|, and the error is h/(1 − γ) then; `sweep` makes γ/(1 − γ) of it.
        let moved = Moved { change: if gamma < 1.0 { left / gamma.max(f64::MIN_POSITIVE) } else { left }, greatest };
        watch.sweep(moved);
        watch.settled = left <= enough || left <= 4.0 * f64::EPSILON * greatest;
        Ok(Solution::greedy(model, gamma, values, watch, backups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::grid::{Gridworld, Rules};

    #[test]
    fn along_a_corridor_every_state_is_backed_up_once() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let config = PrioritizedSweeps { gamma: 0.5, ..PrioritizedSweeps::default() };
        let found = config.solve(&*table, &mut || true).unwrap();
        assert_eq!((&found.values[..3], &found.policy[..3]), (&[0.25, 0.5, 1.0][..], &[1, 1, 1][..]));
        assert!(found.settled && found.error.unwrap() <= 1e-8);
        // Four to begin with; 2, 1 and 0 once each; then what moved may have moved its neighbours.
        let value_iteration = crate::planning::ValueIteration { gamma: 0.5, ..Default::default() };
        let swept = value_iteration.solve(&*table, &mut || true).unwrap();
        assert!(swept.values == found.values);
    }

    #[test]
    fn on_a_maze_it_needs_fewer_backups_than_sweeps_do() {
        let map = "S....#..../.###.#.##./.#...#..#./.#.###.#.#/.#.....#.G".replace("/.#.###.#.#/", "/.#.###.#../");
        let table = Gridworld::new(&map, Rules::default()).unwrap().table();
        let found = PrioritizedSweeps { gamma: 0.9, ..Default::default() }.solve(&*table, &mut || true).unwrap();
        let order = crate::planning::Order::TwoArrays;
        let swept = crate::planning::ValueIteration { gamma: 0.9, order, ..Default::default() };
        let swept = swept.solve(&*table, &mut || true).unwrap();
        assert!(found.settled && found.backups < swept.backups / 2, "{} {}", found.backups, swept.backups);
        assert!(found.values.iter().zip(&swept.values).all(|(a, b)| (a - b).abs() < 1e-8));
    }
}
