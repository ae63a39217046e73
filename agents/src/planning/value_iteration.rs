//! Value iteration: the optimal values and policy of a finite environment whose table is known.
//!
//! Bellman 1957, "Dynamic Programming"; Sutton & Barto 2018, section 4.4, in place:
//!
//! ```text
//! V(s) ← maxₐ Σ p(s′, r | s, a) [r + γ V(s′)]        (no second term where s′ is terminal)
//! ```
//!
//! Deviations
//! 1. Sweeps go forward and backward in turn: values travel along a corridor in one sweep, whichever way it is numbered.
//! 2. Of actions of equal value (to 1e-9) the policy takes the first.

use gymkhana_envs::tabular::TabularModel;

use crate::{agent::Policy, error::Error};

/// What value iteration finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// V*(s) for every state.
    pub values: Vec<f64>,
    /// The best action in every state.
    pub policy: Vec<usize>,
    /// Sweeps over all states that it took.
    pub sweeps: usize,
    /// The greatest change of the last sweep.
    pub change: f64,
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
    let worth = |o: &gymkhana_envs::tabular::Outcome| {
        o.probability * (o.reward + if o.terminated { 0.0 } else { gamma * values[o.next] })
    };
    model.outcomes(state, action).iter().map(worth).sum()
}

/// Sweeps until no value changes by more than `tolerance`, or `most` times.
///
/// # Errors
/// If γ is not from 0 to 1.
pub fn value_iteration(
    model: &(impl TabularModel + ?Sized),
    gamma: f64,
    tolerance: f64,
    most: usize,
) -> Result<Solution, Error> {
    if !(0.0..=1.0).contains(&gamma) {
        let (owner, name, value) = ("value-iteration".into(), "gamma".into(), gamma.to_string());
        return Err(gymkhana_envs::Error::Parameter { owner, name, value, why: "must be from 0 to 1".into() }.into());
    }
    let (states, actions) = (model.states(), model.actions());
    let mut values = vec![0.0; states];
    let (mut sweeps, mut change) = (0, f64::INFINITY);
    while change > tolerance && sweeps < most {
        change = 0.0;
        let mut back_up = |state: usize| {
            let worth = |action| action_value(model, state, action, &values, gamma);
            let best = (0..actions).map(worth).fold(f64::NEG_INFINITY, f64::max);
            change = f64::max(change, (best - values[state]).abs());
            values[state] = best;
        };
        if sweeps % 2 == 0 {
            (0..states).for_each(&mut back_up);
        } else {
            (0..states).rev().for_each(&mut back_up);
        }
        sweeps += 1;
    }
    let greedy = |state| {
        let worth = |action| action_value(model, state, action, &values, gamma);
        (1..actions).fold((0, worth(0)), |best, action| {
            let value = worth(action);
            if value > best.1 + 1e-9 { (action, value) } else { best }
        })
    };
    let policy = (0..states).map(|state| greedy(state).0).collect();
    Ok(Solution { values, policy, sweeps, change })
}

/// The solution as a policy on state indices.
impl Policy<usize, usize> for Solution {
    fn act(&mut self, now: &gymkhana_envs::View<'_, usize>, _: &mut gymkhana_envs::Rng, act: &mut [usize]) {
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
        tabular::{Outcome, Table},
    };

    #[test]
    fn values_are_discounted_steps_to_the_goal() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let found = value_iteration(&*table, 0.5, 1e-12, 100).unwrap();
        assert_eq!((&found.values[..3], &found.policy[..3]), (&[0.25, 0.5, 1.0][..], &[1, 1, 1][..]));
        assert_eq!((found.sweeps, found.change), (3, 0.0), "forward, backward, and one that changes nothing");
    }

    #[test]
    fn an_end_has_no_future() {
        // Staying pays 1 and goes on; leaving pays 1.9 and ends, or goes on from the other state, which pays nothing.
        let table = Table::new(vec![1.0, 0.0], 2, |state, action| {
            let (reward, terminated) = if state == 1 { (0.0, false) } else { [(1.0, false), (1.9, true)][action] };
            [Outcome { probability: 1.0, next: if action == 1 { 1 } else { state }, reward, terminated }]
        });
        let solve = |gamma| value_iteration(&table, gamma, 1e-12, 10_000).unwrap();
        assert_eq!((solve(0.4).policy[0], solve(0.5).policy[0]), (1, 0));
        assert!((solve(0.5).values[0] - 2.0).abs() < 1e-9);
        assert!(value_iteration(&table, 1.5, 1e-9, 10).is_err());
    }
}
