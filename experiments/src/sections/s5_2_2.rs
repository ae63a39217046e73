//! 5.2.2 Returns computed backwards: one product for each step.

use anyhow::Result;
use gymkhana_agents::math::returns;
use gymkhana_envs::Rng;

use super::{Check, Findings, Section, Source, Study, Table, check::number};
use crate::plot::{Diagram, Edge, Figure, LineStyle, Node, Panel, Plot, Scale, Series, Shape};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.2",
    titles: ["Returns computed backwards", "反向计算回报", "反向計算回報", "収益の逆算"],
    names: &["backward returns", "计算回报", "計算回報"],
    about: "\
The return of a step is its reward and the discounted return of the next step. Begun at the last step, every return
takes one product and one sum; summed as it is defined, each takes as many as there are steps to come.",
    equations: "\
G_T = 0,  Gₜ = rₜ₊₁ + γ Gₜ₊₁        t = T−1, …, 0",
    look_at: "\
Left: the rewards lead forward, the returns come back. Right: an episode of n steps takes n products backwards, and
n(n+1)/2 by the definition.",
    note: "",
    trains: &[],
    further: &["gymkhana run 5.2.1", "gymkhana run 5.2.4"],
    costly: false,
    run,
};

/// The episode of the book's figure.
const REWARDS: [f64; 4] = [4.0, 3.0, 5.0, 2.0];
const GAMMA: f64 = 0.9;
/// Steps of the episode on which both ways are compared.
const LONG: usize = 1_000;

#[expect(clippy::unnecessary_wraps, reason = "a section may fail; this one cannot")]
fn run(_: &Study<'_>) -> Result<Findings> {
    let mut worth = REWARDS;
    returns::backwards(&mut worth, GAMMA, 0.0);
    let mut checks: Vec<Check> = worth
        .iter()
        .zip([12.208, 9.12, 6.8, 2.0])
        .enumerate()
        .map(|(t, (measured, target))| {
            let (name, from) = (format!("return from step {t}, γ = .9"), "rewards 4, 3, 5, 2");
            Check::near(name, *measured, (target, 1e-12), Source::Figure, from)
        })
        .collect();
    let apart = disagreement();
    checks.push(Check::near(
        format!("greatest difference between both ways, {LONG} random rewards"),
        apart,
        (0.0, 1e-12),
        Source::Exact,
        "they are the same sums",
    ));
    let row = |t: usize| {
        let next = worth.get(t + 1).copied().unwrap_or_default();
        let sum = format!("{} + {GAMMA} · {}", number(REWARDS[t]), number(next));
        vec![t.to_string(), number(REWARDS[t]), sum, number(worth[t])]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "From the last step to the first".into(),
            header: ["t", "rₜ₊₁", "rₜ₊₁ + γ Gₜ₊₁", "Gₜ"].map(String::from).into(),
            rows: (0..REWARDS.len()).rev().map(row).collect(),
        }],
        conclusions: vec![format!(
            "Backwards the returns are {}. On an episode of {LONG} steps this takes {LONG} products, the definition {}, \
             and no return differs by more than {}.",
            worth.map(number).join(", "),
            LONG * (LONG + 1) / 2,
            number(apart),
        )],
        figure: Figure {
            title: "5.2.2 Returns computed backwards".into(),
            panels: vec![there_and_back(&worth).into(), effort()],
            ..Figure::default()
        },
    })
}

/// The greatest difference between the returns of a long episode computed both ways.
fn disagreement() -> f64 {
    let mut rng = Rng::new(0);
    let rewards: Vec<f64> = (0..LONG).map(|_| rng.uniform(-1.0, 1.0)).collect();
    let mut worth = rewards.clone();
    returns::backwards(&mut worth, GAMMA, 0.0);
    let differences = worth.iter().enumerate().map(|(t, g)| g - returns::by_definition(&rewards[t..], GAMMA, 0.0));
    differences.map(f64::abs).fold(0.0, f64::max)
}

/// The episode above, its returns below.
fn there_and_back(worth: &[f64; REWARDS.len()]) -> Diagram {
    let last = REWARDS.len();
    let across = |t: usize| t as f64 / last as f64;
    let state = |t: usize| Node {
        at: (across(t), 0.25),
        shape: if t == last { Shape::Square } else { Shape::Open },
        label: if t == last { String::new() } else { format!("s{}", ['₀', '₁', '₂', '₃'][t]) },
        strong: false,
    };
    let worth_of = |t: usize| Node {
        at: (across(t), 0.75),
        shape: Shape::Label,
        label: number(worth.get(t).copied().unwrap_or_default()),
        strong: t == 0,
    };
    let forth = |t: usize| Edge { from: t, to: t + 1, label: number(REWARDS[t]), directed: true, ..Edge::default() };
    let back = |t: usize| Edge {
        from: last + 2 + t,
        to: last + 1 + t,
        label: format!("{} + γ ·", number(REWARDS[t])),
        directed: true,
        strong: true,
        curved: 0.0,
    };
    let up = |t: usize| Edge { from: t, to: last + 1 + t, ..Edge::default() };
    Diagram {
        title: "Rewards forward, returns backward (γ = .9)".into(),
        nodes: (0..=last).map(state).chain((0..=last).map(worth_of)).collect(),
        edges: (0..last).map(forth).chain((0..last).map(back)).chain((0..=last).map(up)).collect(),
    }
}

/// Products over the length of the episode.
fn effort() -> Plot {
    let lengths: Vec<f64> = (0..=10).map(|power| f64::from(1 << power)).collect();
    let series = |label: &str, count: fn(f64) -> f64| Series {
        label: label.into(),
        mean: lengths.iter().map(|n| count(*n)).collect(),
        x: lengths.clone(),
        style: LineStyle::Dots,
        ..Series::default()
    };
    Panel {
        title: "What it takes".into(),
        x_label: "steps of the episode, n".into(),
        y_label: "products".into(),
        series: vec![series("backwards: n", |n| n), series("by the definition: n(n+1)/2", |n| n * (n + 1.0) / 2.0)],
        x_scale: Scale::Log2,
        y_scale: Scale::Log10,
        ..Panel::default()
    }
    .into()
}
