//! Aggregates, profiles, probabilities and paired tests give the numbers of `rliable` and `scipy`.

use std::fs;

use gymkhana::stats::{
    Aggregate, Interval,
    bootstrap::intervals,
    improvement::probability,
    paired::{difference, holm, wilcoxon},
    profile::profile,
};
use gymkhana_envs::Rng;
use serde_json::Value;

/// An entry of `golden/rliable.json`.
fn golden(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/rliable.json");
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{path}: {e}"))[name].clone()
}

fn number(of: &Value) -> f64 {
    of.as_f64().unwrap_or_else(|| panic!("a number, not {of}"))
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap_or_else(|| panic!("a list, not {of}")).iter().map(number).collect()
}

fn scores(algorithm: &Value) -> Vec<Vec<f64>> {
    algorithm["scores"].as_array().expect("scores").iter().map(numbers).collect()
}

fn algorithms() -> Vec<(String, Value)> {
    let all: Vec<_> = golden("algorithms").as_object().expect("by name").clone().into_iter().collect();
    assert_eq!(all.len(), 3);
    all
}

/// The random stream that rliable's indices were drawn from, and how many resamples it drew.
fn stream() -> (Rng, usize) {
    (Rng::new(golden("seed").as_u64().unwrap()), golden("stream_resamples").as_u64().unwrap() as usize)
}

/// Sums are made in another order.
fn same(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12;
    assert!(found.iter().zip(expected).all(near), "{what}: {found:?}, not {expected:?}");
}

fn same_ends(what: &str, found: &[Interval], expected: &Value) {
    same(what, &found.iter().map(|found| found.low).collect::<Vec<_>>(), &numbers(&expected["low"]));
    same(what, &found.iter().map(|found| found.high).collect::<Vec<_>>(), &numbers(&expected["high"]));
}

#[test]
fn aggregates_are_rliables() {
    for (name, of) in algorithms() {
        let found = Aggregate::ALL.map(|aggregate| aggregate.of(&scores(&of)));
        same(&name, &found, &numbers(&of["aggregates"]));
    }
}

#[test]
fn intervals_of_the_same_resamples_are_rliables() {
    for (name, of) in algorithms() {
        let (mut rng, resamples) = stream();
        same_ends(&name, &intervals(&scores(&of), resamples, &mut rng), &of["stream"]);
    }
}

/// With other resamples an end is off by its sampling error. Of B resamples the quantile at q has the standard error
/// √(q·(1 − q)/B) over the density there: where they are normal, 2.67 of their standard deviations over √B, which for
/// 50,000 is 0.003 of the interval's width, and 0.0043 between two of them. Where the tail is thin it is more; rliable
/// itself differs by up to 0.012 from one time to the next. 0.03 is seven of those standard errors.
#[test]
fn intervals_of_other_resamples_are_rliables_within_sampling_error() {
    let resamples = golden("resamples").as_u64().unwrap() as usize;
    for (name, of) in algorithms() {
        let found = intervals(&scores(&of), resamples, &mut Rng::new(1));
        let (low, high) = (numbers(&of["intervals"]["low"]), numbers(&of["intervals"]["high"]));
        for ((found, low), high) in found.iter().zip(low).zip(high) {
            let off = (found.low - low).abs().max((found.high - high).abs()) / (high - low);
            assert!(off < 0.03, "{name}: {found:?}, not {low} to {high}");
        }
    }
}

#[test]
fn profiles_and_their_bands_are_rliables() {
    let thresholds = numbers(&golden("thresholds"));
    for (name, of) in algorithms() {
        let (mut rng, resamples) = stream();
        let found = profile(&scores(&of), &thresholds, resamples, &mut rng);
        same(&name, &found.iter().map(|found| found.point).collect::<Vec<_>>(), &numbers(&of["profile"]));
        same_ends(&name, &found, &of["profile_stream"]);
    }
}

#[test]
fn probabilities_of_improvement_are_rliables() {
    let algorithms = golden("algorithms");
    for of in golden("improvements").as_array().expect("pairs") {
        let runs = |key: &str| scores(&algorithms[of[key].as_str().expect("a name")]);
        let (mut rng, resamples) = stream();
        let found = probability(&runs("x"), &runs("y"), resamples, &mut rng);
        same("probability", &[found.point], &[number(&of["probability"])]);
        same("its interval", &[found.low, found.high], &numbers(&of["stream"]));
    }
}

#[test]
fn signed_rank_tests_are_scipys() {
    for of in golden("wilcoxon").as_array().expect("tests") {
        let differences = numbers(&of["differences"]);
        let (found, how) = (wilcoxon(&differences, &vec![0.0; differences.len()]), of["how"].as_str().expect("how"));
        // The normal distribution function of statrs has eleven digits.
        let within = if how == "normal" { 1e-11 } else { 1e-12 };
        assert!((found - number(&of["p"])).abs() <= within, "{how}: {found}, not {}", of["p"]);
    }
}

#[test]
fn paired_differences_are_scipys() {
    let of = golden("difference");
    let found = difference(&numbers(&of["a"]), &numbers(&of["b"]));
    let expected = ["point", "low", "high"].map(|key| number(&of[key]));
    // The quantile of Student's t is found by iteration.
    let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-9;
    assert!([found.point, found.low, found.high].into_iter().zip(expected).all(near), "{found:?}, not {expected:?}");
}

#[test]
fn p_values_are_corrected_as_statsmodels_does() {
    let of = golden("holm");
    same("holm", &holm(&numbers(&of["p"])), &numbers(&of["corrected"]));
}
