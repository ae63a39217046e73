//! Values of actions and of states, one from the other: Sutton & Barto 2018, sections 3.5, 3.6 and 4.1.
//!
//! ```text
//! q(s, a) = Σ p(s′, r | s, a) [r + γ v(s′)]        Q from V
//! v_π(s)  = Σₐ π(a|s) q(s, a)                      V from Q, under a policy
//! v*(s)   = maxₐ q(s, a)                           V from Q, under the best policy
//! ```
//!
//! Deviations
//! 1. γ v(s′) is left out where s′ ends the episode, whatever the table of values says of it.
//! 2. Of actions whose values differ by no more than a tolerance all are greedy: rounding decides nothing.

use gymkhana_envs::tabular::{Outcome, TabularModel};

use super::PolicyTable;

/// What an outcome is worth, times its probability.
#[inline]
fn worth(o: &Outcome, values: &[f64], gamma: f64) -> f64 {
    // An impossible outcome is worth nothing, also where the value is −∞.
    let after = if o.terminated || o.probability == 0.0 { 0.0 } else { gamma * values[o.next] };
    o.probability * (o.reward + after)
}

/// q(s, a): what taking an action in a state is worth, given the values of all states.
#[inline]
pub fn action_value(model: &dyn TabularModel, state: usize, action: usize, values: &[f64], gamma: f64) -> f64 {
    model.outcomes(state, action).iter().map(|outcome| worth(outcome, values, gamma)).sum()
}

/// maxₐ q(s, a).
#[inline]
pub fn best_value(model: &dyn TabularModel, state: usize, values: &[f64], gamma: f64) -> f64 {
    let value = |action| action_value(model, state, action, values, gamma);
    (1..model.actions()).fold(value(0), |best, action| best.max(value(action)))
}

/// Σₐ π(a|s) q(s, a).
#[inline]
pub fn policy_value(model: &dyn TabularModel, state: usize, policy: &[f64], values: &[f64], gamma: f64) -> f64 {
    let taken = policy.iter().enumerate().filter(|(_, share)| **share > 0.0);
    taken.map(|(action, share)| share * action_value(model, state, action, values, gamma)).sum()
}

/// Q from V: q(s, a) of all states, a row of actions each.
pub fn action_values(model: &dyn TabularModel, values: &[f64], gamma: f64) -> Vec<f64> {
    let row = |state| (0..model.actions()).map(move |action| action_value(model, state, action, values, gamma));
    (0..model.states()).flat_map(row).collect()
}

/// V from Q under a policy: Σₐ π(a|s) q(s, a).
///
/// # Panics
/// If `q` has not a number for each state and action of the policy.
pub fn state_values(q: &[f64], policy: &PolicyTable) -> Vec<f64> {
    assert_eq!(q.len(), policy.states() * policy.actions(), "one value per state and action");
    let mean = |(q, shares): (&[f64], &[f64])| {
        q.iter().zip(shares).filter(|(_, share)| **share > 0.0).map(|(q, share)| share * q).sum()
    };
    q.chunks(policy.actions()).zip((0..policy.states()).map(|state| policy.row(state))).map(mean).collect()
}

/// V* from Q*: maxₐ q(s, a).
///
/// # Panics
/// If there are no actions.
pub fn greatest_values(q: &[f64], actions: usize) -> Vec<f64> {
    q.chunks(actions).map(|row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect()
}

/// All the actions that are equally best in a row of action values: within `ties` of the greatest.
pub fn greedy(q: &[f64], ties: f64) -> impl Iterator<Item = usize> + '_ {
    let best = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Where all are −∞ none is better than another.
    q.iter().enumerate().filter(move |(_, value)| **value >= best - ties || **value == best).map(|(action, _)| action)
}

/// The first of the actions that are equally best, given the values of all states.
pub fn first_greedy(model: &dyn TabularModel, state: usize, values: &[f64], gamma: f64, ties: f64) -> usize {
    let best = best_value(model, state, values, gamma);
    let near = |action: &usize| {
        let value = action_value(model, state, *action, values, gamma);
        value >= best - ties || value == best
    };
    (0..model.actions()).find(near).unwrap_or(0)
}

/// The policy that takes all the actions that are equally best, each with the same probability.
pub fn greedy_policy(model: &dyn TabularModel, values: &[f64], gamma: f64, ties: f64) -> PolicyTable {
    let actions = model.actions();
    let q = action_values(model, values, gamma);
    let mut shares = vec![0.0; q.len()];
    for (q, shares) in q.chunks(actions).zip(shares.chunks_mut(actions)) {
        let share = 1.0 / greedy(q, ties).count() as f64;
        greedy(q, ties).for_each(|action| shares[action] = share);
    }
    PolicyTable::of(actions, shares)
}

/// ‖Tv − v‖∞: by how much the values miss Bellman's optimality equation.
pub fn bellman_residual(model: &dyn TabularModel, values: &[f64], gamma: f64) -> f64 {
    let miss = |state: usize| (best_value(model, state, values, gamma) - values[state]).abs();
    (0..model.states()).map(miss).fold(0.0, f64::max)
}

/// What the values are worth from the start: Σ p(s) v(s) over the first states of episodes.
pub fn from_start(model: &dyn TabularModel, values: &[f64]) -> f64 {
    model.start().iter().zip(values).filter(|(share, _)| **share > 0.0).map(|(share, value)| share * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::tabular::Table;

    /// From state 0, action 0 pays 1 and leads to either state; action 1 pays 2 and ends. State 1 pays 3 and ends.
    fn model() -> Table {
        Table::new(vec![0.25, 0.75], 2, |state, action| match (state, action) {
            (0, 0) => vec![
                Outcome { probability: 0.5, next: 0, reward: 1.0, terminated: false },
                Outcome { probability: 0.5, next: 1, reward: 1.0, terminated: false },
            ],
            (0, _) => vec![Outcome { probability: 1.0, next: 1, reward: 2.0, terminated: true }],
            _ => vec![Outcome { probability: 1.0, next: 0, reward: 3.0, terminated: true }],
        })
    }

    #[test]
    fn q_from_v_and_v_from_q() {
        let (model, v) = (model(), [2.0, 4.0]);
        let q = action_values(&model, &v, 0.5);
        assert_eq!(q, [2.5, 2.0, 3.0, 3.0], "1 + ½ (½·2 + ½·4) = 2.5; ends have no future");
        assert_eq!(greatest_values(&q, 2), [2.5, 3.0]);
        assert_eq!((best_value(&model, 0, &v, 0.5), best_value(&model, 1, &v, 0.5)), (2.5, 3.0));
        let policy = PolicyTable::new(2, 2, |_, action| [0.25, 0.75][action]);
        assert_eq!(state_values(&q, &policy), [2.125, 3.0]);
        assert_eq!(policy_value(&model, 0, policy.row(0), &v, 0.5), 2.125);
        assert_eq!(bellman_residual(&model, &v, 0.5), 1.0, "the greater of |2.5 − 2| and |3 − 4|");
        assert_eq!(from_start(&model, &v), 3.5);
    }

    #[test]
    fn all_the_actions_that_are_equally_best_are_greedy() {
        let all = |q: &[f64], ties| greedy(q, ties).collect::<Vec<_>>();
        assert_eq!(all(&[2.6, 1.7, 4.3], 0.0), [2]);
        assert_eq!(all(&[1.0, 0.9, 1.0 - 1e-12], 1e-9), [0, 2]);
        assert_eq!(all(&[f64::NEG_INFINITY; 2], 0.0), [0, 1]);
        let policy = greedy_policy(&model(), &[2.0, 4.0], 0.5, 1e-9);
        assert_eq!((policy.row(0), policy.row(1)), (&[1.0, 0.0][..], &[0.5, 0.5][..]));
        assert_eq!(first_greedy(&model(), 0, &[0.0, 2.0], 1.0, 1e-9), 0, "1 + ½·2 = 2 and 2");
    }
}
