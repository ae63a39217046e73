//! 5.4.1 Q-learning: a table, a step size, and the best action of the next state.

mod car;
mod exact;
mod windy;

use anyhow::Result;

use super::{Check, Findings, Section, Source, Study, Table, Target, check::number, study::curve};
use crate::{
    launch::Completed,
    plot::{Figure, Panel, Reference},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.4.1",
    titles: ["Q-learning", "Q 学习", "Q 學習", "Q学習"],
    names: &[
        "temporal-difference control",
        "时序差分控制",
        "時序差分控制",
        "TD制御",
        "windy gridworld",
        "taxi",
        "frozen lake",
        "mountain car",
        "n-step sarsa",
        "tree backup",
        "tree-backup",
        "Q(σ)",
        "q-sigma",
        "Sarsa(λ)",
        "sarsa-lambda",
        "Watkins's Q(λ)",
        "watkins-q-lambda",
        "semi-gradient sarsa",
        "tile coding",
    ],
    about: "\
Q-learning learns the value of the best policy while it follows another. On the cliff it learns the edge path, the
shortest one, although its own ε-greedy steps fall off it again and again: training returns stay far below what the
learned policy earns without exploration. On the slippery 8×8 lake the same rule needs a step size that shrinks. Beside it
are its relatives: all agents of temporal-difference control on the windy gridworld, and semi-gradient Sarsa with tile
coding on mountain car. What is the best that can be reached there is computed exactly.",
    equations: "\
δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ
n steps:    Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ Q(sₜ₊ₙ, aₜ₊ₙ),  Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α [Gₜ − Q(sₜ, aₜ)]
features:   w ← w + α [Gₜ − q̂(sₜ, aₜ, w)] ∇q̂(sₜ, aₜ, w)",
    look_at: "\
Cliff: the dashed curve (return while exploring) stays below the solid one (greedy), which reaches −13, the optimum.
Lake: the greedy success rate comes up to the best that any fixed policy can reach in 200 steps. Windy gridworld: methods
that look further ahead need fewer steps in their first episodes; all come close to the 17.05 of the best policy that
explores. Mountain car: a moderate n is best, and so is a larger step size for a smaller n.",
    note: "\
Sutton & Barto's example 6.5 says that ε-greedy exploration keeps the average at about 17 steps, two more than the best: the
best ε-soft policy takes 17.05. But after its 8,000 steps with α = .5 few runs have found a greedy path of 15.",
    trains: &[("q-learning", "CliffWalking-v1"), ("q-learning", "FrozenLake8x8-v1")],
    further: &[
        "gymkhana train q-learning CliffWalking-v1 --set epsilon=0.01",
        "gymkhana train q-learning FrozenLake8x8-v1 --set learning_rate=0.5",
        "gymkhana train q-learning Gridworld --set 'env.map=S..#/..H./...G' --set 'learning_rate=0.5 -> 0.01'",
    ],
    costly: false,
    run,
};

/// The shortest path along the cliff: 13 steps of −1.
const CLIFF_OPTIMUM: f64 = -13.0;
/// The best stationary policy's probability of reaching the goal of FrozenLake 8×8 within its 200 steps, at γ = .999.
const LAKE_OPTIMUM: f64 = 0.8857;

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(10, 3);
    let cliff = study.train("q-learning", "CliffWalking-v1", seeds, |_| ())?;
    let lake = study.train("q-learning", "FrozenLake8x8-v1", seeds, |config| {
        config.evaluation.episodes = 200;
        config.evaluation.final_episodes = 1_000;
    })?;
    let optimal = cliff.iter().filter(|made| made.result.evaluation.mean() == CLIFF_OPTIMUM).count();
    let successes: Vec<f64> = lake.iter().map(|made| made.result.evaluation.mean()).collect();

    let mut checks = vec![
        Check {
            name: format!("cliff: seeds of {seeds} whose greedy policy takes the shortest path, return -13"),
            measured: optimal as f64,
            target: Target::AtLeast(seeds as f64),
            source: Source::Exact,
            from: "thirteen steps of −1".into(),
        },
        Check {
            name: format!("slippery 8×8 lake: greedy success, mean of {seeds} seeds × 1,000 episodes"),
            measured: stats::mean(&successes),
            // Over 40 seeds the success of one had a deviation of 0.012; three times that.
            target: Target::Near { target: LAKE_OPTIMUM, tolerance: 0.036 / (seeds as f64).sqrt() },
            source: Source::Exact,
            from: "best stationary policy within 200 steps, γ = .999".into(),
        },
    ];
    let (windy, windy_table, windy_panel) = windy::study(study)?;
    let (car, car_table, car_panels) = car::study(study)?;
    checks.extend(exact::checks()?.into_iter().chain(windy).chain(car));
    let rows = cliff.iter().zip(&lake).map(|(cliff, lake)| {
        let (cliff, lake) = (&cliff.result.evaluation, &lake.result.evaluation);
        vec![number(cliff.mean()), number(cliff.mean_length()), number(lake.mean()), number(lake.mean_length())]
    });
    let rows = rows.enumerate().map(|(seed, row)| std::iter::once(seed.to_string()).chain(row).collect()).collect();
    Ok(Findings {
        checks,
        tables: vec![
            windy_table,
            car_table,
            Table {
                title: "Final greedy policies of Q-learning".into(),
                header: ["seed", "cliff: return", "cliff: steps", "lake: success", "lake: steps"]
                    .map(String::from)
                    .into(),
                rows,
            },
        ],
        conclusions: vec![format!(
            "On the cliff the greedy policy earns {} on {optimal} of {seeds} seeds; what it earns while it explores is \
             measured in 5.1.5. On the lake {:.4} of all episodes reach the goal.",
            number(CLIFF_OPTIMUM),
            stats::mean(&successes),
        )],
        figure: figure(&cliff, &lake, std::iter::once(windy_panel).chain(car_panels)),
    })
}

fn figure(cliff: &[Completed], lake: &[Completed], more: impl Iterator<Item = Panel>) -> Figure {
    let mut exploring = curve("exploring, ε = 0.1", cliff, "rollout/return_mean");
    exploring.style = crate::plot::LineStyle::Dashed;
    let own = [
        Panel {
            title: "Cliff".into(),
            x_label: "environment steps".into(),
            y_label: "return".into(),
            series: vec![curve("greedy", cliff, "eval/return_mean"), exploring],
            references: vec![Reference { label: "optimum".into(), y: CLIFF_OPTIMUM }],
            y_range: Some((-120.0, 0.0)),
            ..Panel::default()
        },
        Panel {
            title: "Slippery lake, 8×8".into(),
            x_label: "environment steps".into(),
            y_label: "success".into(),
            series: vec![curve("greedy", lake, "eval/return_mean")],
            references: vec![Reference { label: "best stationary policy".into(), y: LAKE_OPTIMUM }],
            y_range: Some((0.0, 1.0)),
            ..Panel::default()
        },
    ];
    let panels = own.into_iter().chain(more).map(Into::into).collect();
    Figure { title: "5.4.1 Q-learning".into(), panels, ..Figure::default() }
}
