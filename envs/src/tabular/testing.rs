//! For the tests of finite environments: exact values from their tables.

use super::TabularModel;

/// The value of an outcome: r + γ v(s′), without the second term where the episode ends.
fn worth(model: &(impl TabularModel + ?Sized), state: usize, action: usize, gamma: f64, values: &[f64]) -> f64 {
    let after = |ends: bool, next: usize| if ends { 0.0 } else { gamma * values[next] };
    model.outcomes(state, action).iter().map(|o| o.probability * (o.reward + after(o.terminated, o.next))).sum()
}

/// Applies `backup`, from all values to one state's, to each state until no value moves by more than 1e-12 of it.
fn settle(model: &(impl TabularModel + ?Sized), backup: impl Fn(usize, &[f64]) -> f64) -> Vec<f64> {
    let mut values = vec![0.0; model.states()];
    for _ in 0..1_000_000 {
        let mut moved = 0.0_f64;
        for state in 0..values.len() {
            let value = backup(state, &values);
            moved = moved.max((value - values[state]).abs() / value.abs().max(1.0));
            values[state] = value;
        }
        if moved < 1e-12 {
            return values;
        }
    }
    panic!("values do not settle")
}

/// v(s) under a policy, which gives the probability of an action in a state.
pub(crate) fn evaluate(
    model: &(impl TabularModel + ?Sized),
    gamma: f64,
    policy: impl Fn(usize, usize) -> f64,
) -> Vec<f64> {
    settle(model, |state, values| {
        let share = |action| policy(state, action) * worth(model, state, action, gamma, values);
        (0..model.actions()).map(share).sum()
    })
}

/// v(s) under the best policy, and its actions: of several that are equal but for rounding the first.
pub(crate) fn solve(model: &(impl TabularModel + ?Sized), gamma: f64) -> (Vec<f64>, Vec<usize>) {
    let all = |state, values: &[f64]| -> Vec<f64> {
        (0..model.actions()).map(|action| worth(model, state, action, gamma, values)).collect()
    };
    let most = |q: &[f64]| q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let values = settle(model, |state, values| most(&all(state, values)));
    let best = |state| {
        let q = all(state, &values);
        q.iter().position(|x| *x > most(&q) - 1e-9).unwrap_or(0)
    };
    let actions = (0..model.states()).map(best).collect();
    (values, actions)
}

/// That probabilities are distributions and successors are states.
pub(crate) fn assert_is_a_model(model: &(impl TabularModel + ?Sized)) {
    let is_one = |sum: f64| (sum - 1.0).abs() < 1e-12;
    assert!(is_one(model.start().iter().sum()), "starts: {:?}", model.start());
    for (state, action) in (0..model.states()).flat_map(|state| (0..model.actions()).map(move |a| (state, a))) {
        let outcomes = model.outcomes(state, action);
        assert!(is_one(outcomes.iter().map(|o| o.probability).sum()), "state {state}, action {action}: {outcomes:?}");
        assert!(outcomes.iter().all(|o| o.probability >= 0.0 && o.next < model.states() && o.reward.is_finite()));
    }
}

/// The best value of each state.
pub(crate) fn optimum(model: &dyn TabularModel, gamma: f64) -> Vec<f64> {
    solve(model, gamma).0
}

/// The value of each state under the random policy.
pub(crate) fn random(model: &dyn TabularModel, gamma: f64) -> Vec<f64> {
    let share = 1.0 / model.actions() as f64;
    evaluate(model, gamma, |_, _| share)
}

/// Its mean over the first states of episodes.
pub(crate) fn from_start(model: &dyn TabularModel, values: &[f64]) -> f64 {
    values.iter().zip(model.start()).map(|(value, share)| value * share).sum()
}
