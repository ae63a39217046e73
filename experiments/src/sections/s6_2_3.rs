//! 6.2.3 Generalised advantage estimation: one-step errors, added up with a weight that falls.

use anyhow::Result;
use gymkhana_agents::math::advantage::{Segment, gae};

use super::{Check, Findings, Section, Source, Study, Table, number, planned::exact};
use crate::plot::{Figure, LineStyle, Panel, Reference, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.2.3",
    titles: ["Generalised advantage estimation", "广义优势估计", "廣義優勢估計", "一般化アドバンテージ推定"],
    names: &["GAE", "generalized advantage estimation", "GAE(λ)", "泛化优势估计", "泛化優勢估計", "汎化アドバンテージ推定"],
    about: "\
The advantage of an action can be estimated from one reward and the value of the next state, which is wrong where values are,
or from all rewards to the end, which is noisy. Generalised advantage estimation is what lies between: the sum of all
one-step errors from now on, each weighted by γλ for every step that it lies ahead. It is computed here on an episode of four
steps, without values and with them, with its end and without.",
    equations: "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)                  (no second term where sₜ₊₁ is terminal)
Âₜ = δₜ + γλ δₜ₊₁ + (γλ)² δₜ₊₂ + … = δₜ + γλ Âₜ₊₁
λ = 0: Âₜ = δₜ,   λ = 1: Âₜ = Gₜ − V(sₜ)",
    look_at: "\
Left: the advantages of the four steps by λ, with V = 0. At λ = 0 they are the rewards, at λ = 1 the returns of 5.2.2. Right:
how much the error of a later step counts. With λ = .95 and γ = .9 it is about a half after four steps and little after twenty,
whatever the length of the episode.",
    note: "\
The book counts the reward of step t as rₜ₊₁ in 5.2 and as rₜ in its section on GAE; here it is rₜ₊₁ throughout. Its algorithm
6.1 has no mask for the end of an episode: here γ is 0 where the process terminated, and where an episode was cut off the
value of its last state counts, and the sum does not go on into the next episode.",
    trains: &[],
    further: &["gymkhana run 5.2.2", "gymkhana run 5.3.3", "gymkhana run 6.2.1"],
    costly: false,
    run,
};

/// The rewards of the episode.
const REWARDS: [f64; 4] = [4.0, 3.0, 5.0, 2.0];
const GAMMA: f64 = 0.9;
/// The advantages at λ = 1 with V = 0: the returns.
const RETURNS: [(f64, i32); 4] = [(12.208, 3), (9.12, 2), (6.8, 1), (2.0, 6)];
/// Values that are not 0, of the five states.
const VALUES: [f64; 5] = [10.0, 8.0, 7.0, 1.0, 3.0];

/// The advantages of the episode. Its last step terminates, or is cut off.
fn advantages(values: &[f64; 5], lambda: f64, terminated: bool) -> [f64; 4] {
    let (mut discounts, mut found) = ([GAMMA; 4], [0.0; 4]);
    if terminated {
        discounts[3] = 0.0;
    }
    let segment = Segment {
        lanes: 1,
        rewards: &REWARDS,
        discounts: &discounts,
        values: &values[..4],
        next_values: &values[1..],
        ends: &[false, false, false, true],
    };
    gae(&segment, lambda, &mut found);
    found
}

/// Σ (γλ)ᵏ δₜ₊ₖ as it is defined.
fn by_definition(values: &[f64; 5], lambda: f64, terminated: bool) -> [f64; 4] {
    let delta = |t: usize| {
        let after = if terminated && t == 3 { 0.0 } else { GAMMA * values[t + 1] };
        REWARDS[t] + after - values[t]
    };
    std::array::from_fn(|t| (t..4).map(|k| (GAMMA * lambda).powf((k - t) as f64) * delta(k)).sum())
}

/// The greatest difference.
fn apart(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[expect(clippy::unnecessary_wraps, reason = "a section may fail; this one cannot")]
fn run(_: &Study<'_>) -> Result<Findings> {
    let none = [0.0; 5];
    let returns = advantages(&none, 1.0, true);
    let mut checks: Vec<Check> = RETURNS
        .iter()
        .enumerate()
        .map(|(t, &(target, digits))| {
            exact(&format!("V = 0, λ = 1: advantage of step {t}"), returns[t], target, digits, "the returns of 5.2.2")
        })
        .collect();
    let zero = |name: &str, measured: f64, from: &str| Check::near(name, measured, (0.0, 1e-12), Source::Exact, from);
    let worst = |terminated| {
        let lambdas = [0.0, 0.3, 0.5, 0.95, 1.0];
        let off = |lambda| apart(&advantages(&VALUES, lambda, terminated), &by_definition(&VALUES, lambda, terminated));
        lambdas.into_iter().map(off).fold(0.0, f64::max)
    };
    let delta = [4.0 + 0.9 * 8.0 - 10.0, 3.0 + 0.9 * 7.0 - 8.0, 5.0 + 0.9 - 7.0, 2.0 - 1.0];
    let less_values = std::array::from_fn(|t| returns[t] - VALUES[t]);
    checks.extend([
        zero(
            "V = 0, λ = 0: greatest distance from the rewards",
            apart(&advantages(&none, 0.0, true), &REWARDS),
            "δ = r",
        ),
        zero("λ = 0: greatest distance from δ", apart(&advantages(&VALUES, 0.0, true), &delta), "r + γ V(s′) − V(s)"),
        zero("λ = 1: greatest distance from G − V", apart(&advantages(&VALUES, 1.0, true), &less_values), "G − V(s)"),
        zero("five λ, terminated: greatest distance from the sum of errors", worst(true), "Σ (γλ)ᵏ δ"),
        zero("five λ, cut off: greatest distance from the sum of errors", worst(false), "Σ (γλ)ᵏ δ"),
        exact(
            "cut off, λ = 1: advantage of the last step",
            advantages(&VALUES, 1.0, false)[3],
            3.7,
            6,
            "2 + .9 · 3 − 1",
        ),
    ]);
    let row = |lambda: f64| {
        let found =
            [advantages(&none, lambda, true), advantages(&VALUES, lambda, true), advantages(&VALUES, lambda, false)];
        let text = |a: &[f64; 4]| a.iter().map(|x| number(*x)).collect::<Vec<_>>().join(", ");
        [number(lambda)].into_iter().chain(found.iter().map(text)).collect()
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: format!(
                "Advantages of four steps with rewards 4, 3, 5, 2 and γ = .9; V is {}",
                VALUES.map(number).join(", ")
            ),
            header: ["λ", "V = 0", "with V", "with V, cut off after the last"].map(String::from).into(),
            rows: [0.0, 0.5, 0.95, 1.0].map(row).into(),
        }],
        conclusions: vec![format!(
            "Without values λ = 0 gives the rewards and λ = 1 the returns {}. One step back costs a product and two sums, \
             whatever λ is.",
            returns.map(number).join(", ")
        )],
        figure: figure(),
    })
}

fn figure() -> Figure {
    let steps: Vec<f64> = (0..4).map(f64::from).collect();
    let of = |lambda: f64| Series {
        label: format!("λ = {lambda}"),
        x: steps.clone(),
        mean: advantages(&[0.0; 5], lambda, true).into(),
        style: LineStyle::Dots,
        ..Series::default()
    };
    let ahead: Vec<f64> = (0..=30).map(f64::from).collect();
    let weight = |lambda: f64| Series {
        label: format!("λ = {lambda}"),
        mean: ahead.iter().map(|k| (GAMMA * lambda).powf(*k)).collect(),
        x: ahead.clone(),
        ..Series::default()
    };
    let lambdas = [1.0, 0.95, 0.5, 0.0];
    Figure {
        title: "6.2.3 Generalised advantage estimation".into(),
        panels: vec![
            Panel {
                title: "Advantages with V = 0, γ = .9".into(),
                x_label: "step t".into(),
                y_label: "advantage".into(),
                series: lambdas.map(of).into(),
                y_range: Some((0.0, 13.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "How much a later error counts".into(),
                x_label: "steps ahead, k".into(),
                y_label: "weight".into(),
                series: lambdas.map(weight).into(),
                references: vec![Reference { label: "a half".into(), y: 0.5 }],
                y_range: Some((0.0, 1.0)),
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_section() {
        assert!(apart(&advantages(&[0.0; 5], 1.0, true), &[12.208, 9.12, 6.8, 2.0]) < 1e-12);
        assert_eq!(advantages(&[0.0; 5], 0.0, true), REWARDS);
        // δ = 1.2, 1.3, −1.1, 1; γλ = .45: 1.3 + .45 (−1.1 + .45) = 1.0075
        assert!((advantages(&VALUES, 0.5, true)[1] - 1.0075).abs() < 1e-12);
    }
}
