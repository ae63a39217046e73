//! Returns, advantages, V-trace and projections give the numbers of rlax's and Dopamine's unit tests.

use std::fs;

use gymkhana_agents::math::{
    advantage::{Segment, gae, standardize},
    projection::{categorical_projection, quantile_loss, two_hot},
    rescaling::{rescaled, unscaled},
    returns::{backwards, lambda_returns, n_step_returns},
    softmax::softmax,
    vtrace::{Caps, vtrace},
};
use serde_json::Value;

/// An entry of `golden/math.json`.
fn golden(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/math.json");
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{path}: {e}"))[name].clone()
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("a number: {key}"))
}

fn numbers(of: &Value, key: &str) -> Vec<f64> {
    let list = of[key].as_array().unwrap_or_else(|| panic!("a list: {key}"));
    list.iter().map(|x| x.as_f64().unwrap_or_else(|| panic!("numbers: {key}"))).collect()
}

/// They were printed with single precision.
fn same(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 2e-7 * b.abs().max(1.0);
    assert!(found.iter().zip(expected).all(near), "{found:?}, not {expected:?}");
}

#[test]
fn lambda_returns_are_rlaxs() {
    let of = golden("lambda_returns");
    let (discounts, mut returns) = (numbers(&of, "discounts"), vec![]);
    let (rewards, values) = (numbers(&of, "rewards"), numbers(&of, "values"));
    lambda_returns(&rewards, |t| discounts[t], &values, number(&of, "lambda"), &mut returns);
    same(&returns, &numbers(&of, "returns"));
}

#[test]
fn n_step_returns_are_rlaxs() {
    let of = golden("n_step_returns");
    let (discounts, mut returns) = (numbers(&of, "discounts"), vec![]);
    let (rewards, values) = (numbers(&of, "rewards"), numbers(&of, "values"));
    n_step_returns(&rewards, |t| discounts[t], &values, of["n"].as_u64().unwrap() as usize, &mut returns);
    same(&returns, &numbers(&of, "returns"));
}

#[test]
fn discounted_returns_are_rlaxs() {
    // Those of λ = 1, where no value but the last counts.
    let of = golden("discounted_returns");
    let (rewards, discounts, mut returns) = (numbers(&of, "rewards"), numbers(&of, "discounts"), vec![]);
    let values = vec![number(&of, "bootstrap"); rewards.len()];
    lambda_returns(&rewards, |t| discounts[t], &values, 1.0, &mut returns);
    same(&returns, &numbers(&of, "returns"));
    let of = golden("book_returns");
    let mut returns = numbers(&of, "rewards");
    backwards(&mut returns, number(&of, "gamma"), 0.0);
    same(&returns, &numbers(&of, "returns"));
}

/// Hands over a sequence in which nothing was truncated. `values` has one more than there are steps.
fn on_segment(of: &Value, values: &[f64], run: impl FnOnce(&Segment<'_, f64>, &mut [f64])) -> Vec<f64> {
    let (rewards, discounts) = (numbers(of, "rewards"), numbers(of, "discounts"));
    let n = rewards.len();
    let (values, next_values, ends) = (&values[..n], &values[1..], vec![false; n]);
    let mut out = vec![f64::NAN; n];
    run(&Segment { lanes: 1, rewards: &rewards, discounts: &discounts, values, next_values, ends: &ends }, &mut out);
    out
}

#[test]
fn advantages_are_rlaxs() {
    for of in golden("gae").as_array().unwrap() {
        let lambda = number(of, "lambda");
        let found = on_segment(of, &numbers(of, "values"), |segment, out| gae(segment, lambda, out));
        same(&found, &numbers(of, "advantages"));
        // In single precision, as rollouts are; and beside itself in three lanes.
        let (lanes, narrow) = (3, |x: &f64| *x as f32);
        let wide = |all: &[f64]| all.iter().flat_map(|x| [narrow(x); 3]).collect::<Vec<_>>();
        let (rewards, discounts, values) = (numbers(of, "rewards"), numbers(of, "discounts"), numbers(of, "values"));
        let (rewards, discounts, values) = (wide(&rewards), wide(&discounts), wide(&values));
        let (next_values, n) = (&values[lanes..], rewards.len());
        let (values, ends, mut out) = (&values[..n], vec![false; n], vec![f32::NAN; n]);
        let segment = Segment { lanes, rewards: &rewards, discounts: &discounts, values, next_values, ends: &ends };
        gae(&segment, narrow(&lambda), &mut out);
        for lane in 0..lanes {
            let found: Vec<f64> = out.iter().skip(lane).step_by(lanes).map(|x| f64::from(*x)).collect();
            let expected = numbers(of, "advantages");
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 3e-6), "{found:?}, not {expected:?}");
        }
    }
}

#[test]
fn the_errors_of_td_lambda_are_advantages() {
    let of = golden("td_lambda_errors");
    let mut values = numbers(&of, "values");
    values.push(number(&of, "bootstrap"));
    let found = on_segment(&of, &values, |segment, out| gae(segment, number(&of, "lambda"), out));
    same(&found, &numbers(&of, "errors"));
}

#[test]
fn vtrace_is_rlaxs() {
    let of = golden("vtrace");
    let actions = numbers(&of, "actions");
    let chosen = |key: &str| -> Vec<f64> {
        let rows = of[key].as_array().unwrap().iter().zip(&actions);
        rows.map(|(row, action)| {
            let mut pi = [0.0; 2];
            softmax(&[row[0].as_f64().unwrap(), row[1].as_f64().unwrap()], None, &mut pi);
            pi[*action as usize]
        })
        .collect()
    };
    let (target, behaviour) = (chosen("target_logits"), chosen("behaviour_logits"));
    let ratios: Vec<f64> = target.iter().zip(&behaviour).map(|(pi, mu)| pi / mu).collect();
    let mut values = numbers(&of, "values");
    values.push(number(&of, "bootstrap"));
    let (caps, lambda) = (Caps { rho: number(&of, "rho_bar"), c: 1.0 }, number(&of, "lambda"));
    let found = on_segment(&of, &values, |segment, out| vtrace(segment, &ratios, caps, lambda, out));
    same(&found, &numbers(&of, "errors"));
}

#[test]
fn projections_are_dopamines() {
    for of in golden("categorical_projection").as_array().unwrap() {
        let (atoms, onto) = (numbers(of, "atoms"), numbers(of, "onto"));
        let mut projected = vec![f64::NAN; onto.len()];
        let from = atoms.iter().copied().zip(numbers(of, "probabilities"));
        categorical_projection(from, (onto[0], onto[onto.len() - 1]), &mut projected);
        same(&projected, &numbers(of, "projected"));
    }
    let of = golden("two_hot");
    let mut weights = vec![f64::NAN; of["bins"].as_u64().unwrap() as usize];
    two_hot(number(&of, "value"), (number(&of, "low"), number(&of, "high")), &mut weights);
    same(&weights, &numbers(&of, "weights"));
}

#[test]
fn the_loss_of_quantiles_is_dopamines() {
    for of in golden("quantile_loss").as_array().unwrap() {
        let [source, taus, targets] = ["source", "taus", "targets"].map(|key| numbers(of, key));
        same(&[quantile_loss(&source, &taus, &targets, number(of, "kappa"))], &[number(of, "loss")]);
    }
}

#[test]
fn values_are_rescaled_as_rlax_does() {
    let of = golden("value_rescaling");
    let epsilon = number(&of, "epsilon");
    for (x, h) in [(100.0, "h(100)"), (-3.0, "h(-3)")] {
        same(&[rescaled(x, epsilon), unscaled(number(&of, h), epsilon)], &[number(&of, h), x]);
    }
}

#[test]
fn advantages_within_a_group_are_grpos() {
    let of = golden("group_relative_advantage");
    let mut group = numbers(&of, "rewards");
    let expected: Vec<f64> =
        group.iter().map(|r| if *r == 1.0 { number(&of, "one") } else { number(&of, "zero") }).collect();
    standardize(&mut group, 1e-4);
    same(&group, &expected);
}
