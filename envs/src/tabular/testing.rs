//! Dynamic programming in its plainest form, for this family's tests.

use super::table::TabularModel;

/// The value of each state and action, given the values of states.
fn value(model: &dyn TabularModel, gamma: f64, v: &[f64], state: usize, action: usize) -> f64 {
    let outcomes = model.outcomes(state, action).iter();
    outcomes.map(|o| o.probability * (o.reward + if o.terminated { 0.0 } else { gamma * v[o.next] })).sum()
}

/// Sweeps until nothing changes by more than 1e-10; `choose` makes a state's value of its actions' values.
fn sweep(model: &dyn TabularModel, gamma: f64, choose: fn(&[f64]) -> f64) -> Vec<f64> {
    let (mut v, mut q) = (vec![0.0; model.states()], vec![0.0; model.actions()]);
    for _ in 0..100_000 {
        let mut change = 0.0_f64;
        for state in 0..v.len() {
            (0..q.len()).for_each(|action| q[action] = value(model, gamma, &v, state, action));
            let new = choose(&q);
            change = change.max((new - v[state]).abs());
            v[state] = new;
        }
        if change < 1e-10 {
            return v;
        }
    }
    panic!("the values did not settle");
}

/// The best value of each state.
pub(super) fn optimum(model: &dyn TabularModel, gamma: f64) -> Vec<f64> {
    sweep(model, gamma, |q| q.iter().copied().fold(f64::MIN, f64::max))
}

/// The value of each state under the random policy.
pub(super) fn random(model: &dyn TabularModel, gamma: f64) -> Vec<f64> {
    sweep(model, gamma, |q| q.iter().sum::<f64>() / q.len() as f64)
}

/// Its mean over the first states of episodes.
pub(super) fn from_start(model: &dyn TabularModel, values: &[f64]) -> f64 {
    values.iter().zip(model.start()).map(|(value, share)| value * share).sum()
}
