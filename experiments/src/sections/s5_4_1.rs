//! 5.4.1 Q-learning: a table, a step size, and the best action of the next state.

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
    titles: ["Q-learning", "Q 学习", "Q学習"],
    about: "\
Q-learning learns the value of the best policy while it follows another. On the cliff it learns the edge path, the
shortest one, although its own ε-greedy steps fall off it again and again: training returns stay far below what the
learned policy earns without exploration. On the slippery 8×8 lake the same rule needs a step size that shrinks.",
    equations: "\
δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    look_at: "\
Left: the dashed curve (return while exploring) stays below the solid one (greedy), which reaches −13, the optimum.
Right: the greedy success rate comes up to the best that any fixed policy can reach in 200 steps.",
    further: &[
        "gymkhana train q-learning CliffWalking-v1 --set epsilon=0.01",
        "gymkhana train q-learning FrozenLake8x8-v1 --set learning_rate=0.5",
        "gymkhana train q-learning Gridworld --set 'env.map=S..#/..H./...G' --set 'learning_rate=0.5 -> 0.01'",
    ],
    run,
};

/// The shortest path along the cliff: 13 steps of −1.
const CLIFF_OPTIMUM: f64 = -13.0;
/// What the edge path is worth to one who explores with ε = .1.
const EXPLORING_ON_THE_EDGE: f64 = -51.81;
/// The best stationary policy's probability of reaching the goal of FrozenLake 8×8 within its 200 steps, at γ = .999.
const LAKE_OPTIMUM: f64 = 0.8857;

fn run(study: &Study) -> Result<Findings> {
    let seeds = study.seeds(10, 3);
    let cliff = study.train("q-learning", "CliffWalking-v1", seeds, |_| ())?;
    let lake = study.train("q-learning", "FrozenLake8x8-v1", seeds, |config| {
        config.evaluation.episodes = 200;
        config.evaluation.final_episodes = 1_000;
    })?;
    let optimal = cliff.iter().filter(|made| made.result.evaluation.mean() == CLIFF_OPTIMUM).count();
    let successes: Vec<f64> = lake.iter().map(|made| made.result.evaluation.mean()).collect();
    let exploring = late(&cliff, "rollout/return_mean");

    let checks = vec![
        Check {
            name: format!("cliff: seeds of {seeds} whose greedy policy takes the shortest path, return −13"),
            measured: optimal as f64,
            target: Target::AtLeast(seeds as f64),
            source: Source::Exact,
            from: "thirteen steps of −1".into(),
        },
        Check {
            name: format!("slippery 8×8 lake: greedy success, mean of {seeds} seeds × 1,000 episodes"),
            measured: stats::mean(&successes),
            // 1,000 episodes have a deviation of 0.010, and so have the learned policies: 0.014/√seeds, three times.
            target: Target::Near { target: LAKE_OPTIMUM, tolerance: study.pick(0.0135, 0.025) },
            source: Source::Exact,
            from: "best stationary policy within 200 steps, γ = .999".into(),
        },
        Check {
            name: format!("cliff: mean return while exploring, second half of the run, {seeds} seeds"),
            measured: exploring,
            // An episode's return has a deviation of about 60, and a seed has about 1,000 episodes there.
            target: Target::Near { target: EXPLORING_ON_THE_EDGE, tolerance: study.pick(2.0, 3.5) },
            source: Source::Exact,
            from: "the edge path under ε = .1, always moving right off the path".into(),
        },
    ];
    let rows = cliff.iter().zip(&lake).map(|(cliff, lake)| {
        let (cliff, lake) = (&cliff.result.evaluation, &lake.result.evaluation);
        vec![number(cliff.mean()), number(cliff.mean_length()), number(lake.mean()), number(lake.mean_length())]
    });
    let rows = rows.enumerate().map(|(seed, row)| std::iter::once(seed.to_string()).chain(row).collect()).collect();
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Final greedy policies".into(),
            header: ["seed", "cliff: return", "cliff: steps", "lake: success", "lake: steps"].map(String::from).into(),
            rows,
        }],
        conclusions: vec![format!(
            "On the cliff the greedy policy earns {} on {optimal} of {seeds} seeds; while exploring with ε = .1 it earns \
             {exploring:.1}, for it falls. On the lake {:.4} of all episodes reach the goal.",
            number(CLIFF_OPTIMUM),
            stats::mean(&successes),
        )],
        figure: figure(&cliff, &lake),
    })
}

/// The mean over seeds and lines of a key in the second half of the run.
fn late(made: &[Completed], key: &str) -> f64 {
    let second_half = |made: &Completed| {
        let values = made.history.curve(key).1;
        values[values.len() / 2..].to_vec()
    };
    stats::mean(&made.iter().flat_map(second_half).collect::<Vec<_>>())
}

fn figure(cliff: &[Completed], lake: &[Completed]) -> Figure {
    let mut exploring = curve("exploring, ε = 0.1", cliff, "rollout/return_mean");
    exploring.style = crate::plot::LineStyle::Dashed;
    Figure {
        title: "5.4.1 Q-learning".into(),
        panels: vec![
            Panel {
                title: "Cliff".into(),
                x_label: "environment steps".into(),
                y_label: "return".into(),
                series: vec![curve("greedy", cliff, "eval/return_mean"), exploring],
                references: vec![
                    Reference { label: "optimum".into(), y: CLIFF_OPTIMUM },
                    Reference { label: "edge path while exploring".into(), y: EXPLORING_ON_THE_EDGE },
                ],
                y_range: Some((-120.0, 0.0)),
            },
            Panel {
                title: "Slippery lake, 8×8".into(),
                x_label: "environment steps".into(),
                y_label: "success".into(),
                series: vec![curve("greedy", lake, "eval/return_mean")],
                references: vec![Reference { label: "best stationary policy".into(), y: LAKE_OPTIMUM }],
                y_range: Some((0.0, 1.0)),
            },
        ],
    }
}
