//! Modified policy iteration: the optimal values and policy of a finite environment whose table is known.
//!
//! Puterman & Shin 1978, "Modified Policy Iteration Algorithms for Discounted Markov Decision Problems"; Sutton & Barto
//! 2018, section 4.6:
//!
//! ```text
//! V(s) ← maxₐ Σ p(s′, r | s, a) [r + γ V(s′)],  π(s) ← the a that is greatest     once,
//! V(s) ← Σ p(s′, r | s, π(s)) [r + γ V(s′)]                                        m times, and again
//! ```
//!
//! without the second term where s′ is terminal. With m = 0 it is value iteration.
//!
//! Deviations
//! 1. In place, and sweeps go forward and backward in turn: values travel along a corridor in one sweep, whichever way it
//!    is numbered.
//! 2. Values have settled when the greatest change of a sweep is a small part of the greatest value.
//! 3. Of actions whose values differ by no more than that the policy takes the first.

use gymkhana_envs::{
    Rng, View,
    tabular::{Outcome, TabularModel},
};

use crate::{agent::Policy, error::Error};

/// How a table is solved.
#[derive(Clone, Debug, PartialEq)]
pub struct Planning {
    /// The discount γ.
    pub gamma: f64,
    /// The change of a sweep, as a part of the greatest value or of 1, below which values have settled.
    pub tolerance: f64,
    /// Sweeps over all states and actions, at most.
    pub sweeps: usize,
    /// Sweeps under the present policy after each of them, m.
    pub evaluations: usize,
}

impl Default for Planning {
    /// γ = 0.999, to ten digits.
    fn default() -> Self {
        Self { gamma: 0.999, tolerance: 1e-10, sweeps: 10_000, evaluations: 50 }
    }
}

/// What solving a table gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// V*(s) for every state.
    pub values: Vec<f64>,
    /// The best action in every state.
    pub policy: Vec<usize>,
    /// Sweeps over all states and actions that it took.
    pub sweeps: usize,
    /// Whether the values have settled.
    pub settled: bool,
}

/// What taking an action in a state is worth, given the values of all states.
#[inline]
pub fn action_value(
    model: &(impl TabularModel + ?Sized),
    state: usize,
    action: usize,
    values: &[f64],
    gamma: f64,
) -> f64 {
    let worth = |o: &Outcome| o.probability * (o.reward + if o.terminated { 0.0 } else { gamma * values[o.next] });
    model.outcomes(state, action).iter().map(worth).sum()
}

/// Solves a table; asked before every sweep, `go_on` can end it early.
///
/// # Errors
/// If γ is not from 0 to 1.
pub fn modified_policy_iteration(
    model: &(impl TabularModel + ?Sized),
    planning: &Planning,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Solution, Error> {
    let &Planning { gamma, tolerance, .. } = planning;
    if !(0.0..=1.0).contains(&gamma) {
        let (owner, name, value) = ("planning".into(), "gamma".into(), gamma.to_string());
        return Err(gymkhana_envs::Error::Parameter { owner, name, value, why: "must be from 0 to 1".into() }.into());
    }
    let states = model.states();
    let (mut values, mut policy) = (vec![0.0; states], vec![0; states]);
    let (mut sweeps, mut settled) = (0, false);
    while !settled && sweeps < planning.sweeps && go_on() {
        let (mut change, mut greatest) = (0.0_f64, 1.0_f64);
        let close = tolerance * values.iter().fold(1.0_f64, |most, value: &f64| most.max(value.abs()));
        for i in 0..states {
            let state = if sweeps % 2 == 0 { i } else { states - 1 - i };
            let first = (0, action_value(model, state, 0, &values, gamma));
            let (action, value) = (1..model.actions()).fold(first, |best, action| {
                let value = action_value(model, state, action, &values, gamma);
                if value > best.1 + close { (action, value) } else { best }
            });
            change = change.max((value - values[state]).abs());
            greatest = greatest.max(value.abs());
            (values[state], policy[state]) = (value, action);
        }
        sweeps += 1;
        settled = change <= tolerance * greatest;
        for round in 0..if settled { 0 } else { planning.evaluations } {
            if !go_on() {
                break;
            }
            for i in 0..states {
                let state = if round % 2 == 0 { states - 1 - i } else { i };
                values[state] = action_value(model, state, policy[state], &values, gamma);
            }
        }
    }
    Ok(Solution { values, policy, sweeps, settled })
}

/// The solution as a policy on state indices.
impl Policy<usize, usize> for Solution {
    fn act(&mut self, now: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
        for (action, row) in act.iter_mut().zip(now.obs.iter()) {
            *action = self.policy[row[0]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        grid::{Gridworld, Rules},
        tabular::Table,
    };

    fn solve(model: &impl TabularModel, gamma: f64, evaluations: usize) -> Solution {
        let planning = Planning { gamma, evaluations, ..Planning::default() };
        modified_policy_iteration(model, &planning, &mut || true).unwrap()
    }

    #[test]
    fn values_are_discounted_steps_to_the_goal() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let found = solve(&*table, 0.5, 0);
        assert_eq!((&found.values[..3], &found.policy[..3]), (&[0.25, 0.5, 1.0][..], &[1, 1, 1][..]));
        assert_eq!((found.sweeps, found.settled), (3, true), "forward, backward, and one that changes nothing");
        assert_eq!(solve(&*table, 0.5, 5).values, found.values);
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
            assert!((solve(&table, 0.5, evaluations).values[0] - 2.0).abs() < 1e-9);
        }
    }

    #[test]
    fn it_can_be_ended_and_says_what_it_cannot_solve() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let ended = modified_policy_iteration(&*table, &Planning::default(), &mut || false).unwrap();
        assert_eq!((ended.sweeps, ended.settled), (0, false));
        let planning = Planning { gamma: 1.5, ..Planning::default() };
        assert!(modified_policy_iteration(&*table, &planning, &mut || true).is_err());
        // A reward for ever, undiscounted, has no value.
        let forever =
            Table::new(vec![1.0], 1, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        let planning = Planning { gamma: 1.0, sweeps: 100, ..Planning::default() };
        assert!(!modified_policy_iteration(&forever, &planning, &mut || true).unwrap().settled);
    }
}
