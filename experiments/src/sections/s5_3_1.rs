//! 5.3.1 Temporal difference: values are learned from the values of what comes next.

use anyhow::Result;
use gymkhana_agents::tabular::{monte_carlo::McPredictionConfig, prediction::Td0Config};

use super::{
    Findings, Section, Study, Table,
    check::number,
    sums::Sums,
    walks::{Walk, line, simulated},
};
use crate::{
    plot::{Figure, LineStyle, Panel},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.3.1",
    titles: ["Temporal difference", "时序差分", "時序差分", "時間差分学習"],
    names: &["TD", "TD(0)", "td-0", "TD learning", "時間差分", "random walk", "随机游走", "隨機遊走", "ランダムウォーク", "TD 学習"],
    about: "\
Monte Carlo waits for the end of an episode to learn what a state is worth. Temporal difference learning takes the reward of
one step and its own estimate of where that step led. On a walk of five states, left or right at random, where only the
right end pays, both learn from the same episodes what each state is worth: 1/6 to 5/6.",
    equations: "\
Monte Carlo   V(sₜ) ← V(sₜ) + α [Gₜ − V(sₜ)]
TD(0)         V(sₜ) ← V(sₜ) + α [rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)]        (no second term where sₜ₊₁ is terminal)",
    look_at: "\
Left: the estimates of one run come up to the line of true values. Right: the error over 100 episodes, as in Sutton & Barto's
example 6.2. A large α is fast and stays rough, a small one is slow and comes closer; TD is below Monte Carlo.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train td-0 RandomWalk --set env.states=5 --set env.left_reward=0 --set initial_value=0.5",
        "gymkhana train mc-prediction RandomWalk --set env.states=5 --set learning_rate=0.02 --set first_visit=false",
        "gymkhana show td-0",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 100;
const TD: [f64; 3] = [0.05, 0.1, 0.15];
const MC: [f64; 4] = [0.01, 0.02, 0.03, 0.04];

fn td(alpha: f64) -> Td0Config {
    Td0Config { learning_rate: alpha.into(), initial_value: 0.5, ..Td0Config::default() }
}

fn mc(alpha: f64) -> McPredictionConfig {
    // Every visit counts, as in equation 6.1.
    let (learning_rate, first_visit) = (Some(alpha), false);
    McPredictionConfig { learning_rate, first_visit, initial_value: 0.5, ..McPredictionConfig::default() }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let walk = Walk::five()?;
    let runs = study.repeat("random walk", study.seeds(10_000, 400), |seed| {
        let td = TD.iter().map(|alpha| walk.errors(&td(*alpha), seed, EPISODES));
        td.chain(MC.iter().map(|alpha| walk.errors(&mc(*alpha), seed, EPISODES))).collect::<Result<Vec<_>>>()
    })?;
    let of = |method: usize| runs.iter().map(move |run| run[method].as_slice());
    let last = |method| of(method).map(|errors| errors[EPISODES - 1]).collect::<Vec<_>>();
    let labels: Vec<String> = TD
        .iter()
        .map(|alpha| format!("TD, α = {alpha}"))
        .chain(MC.iter().map(|alpha| format!("MC, α = {alpha}")))
        .collect();
    // Deviations of one seed over 30,000 seeds.
    let from = "Sutton & Barto's example 6.2, V = ½ at first, RMS over the five states per run";
    let checks = [(0, 0.0353, 0.0165), (1, 0.0554, 0.0231), (4, 0.0820, 0.0400)].map(|(method, target, deviation)| {
        let name = format!("RMS error after {EPISODES} episodes, {}", labels[method]);
        simulated(&name, &last(method), (target, 4), deviation, from)
    });
    let row = |method: usize| {
        let errors = last(method);
        vec![labels[method].clone(), number(stats::mean(&errors)), number(stats::deviation(&errors))]
    };
    let at_first = walk.rms(&vec![0.5; walk.truth.len()]);
    let curve = |(method, label): (usize, &String)| {
        let style = if method < TD.len() { LineStyle::Solid } else { LineStyle::Dashed };
        let runs = of(method).map(|errors| [&[at_first][..], errors].concat());
        Sums::of(runs).curve(label, (0_u32..).map(f64::from), 1.0, style)
    };
    Ok(Findings {
        tables: vec![Table {
            title: format!("RMS error after {EPISODES} episodes"),
            header: ["method", "mean", "deviation of a seed"].map(String::from).into(),
            rows: (0..labels.len()).map(row).collect(),
        }],
        conclusions: vec![format!(
            "After {EPISODES} episodes TD with α = 0.05 is {} off, Monte Carlo with α = 0.02 {}.",
            number(checks[0].measured),
            number(checks[2].measured)
        )],
        checks: checks.into(),
        figure: Figure {
            title: "5.3.1 Temporal difference".into(),
            panels: vec![
                estimates(&walk)?.into(),
                Panel {
                    title: "Error, mean over runs".into(),
                    x_label: "episodes".into(),
                    y_label: "RMS error over states".into(),
                    series: labels.iter().enumerate().map(curve).collect(),
                    y_range: Some((0.0, 0.25)),
                    ..Panel::default()
                }
                .into(),
            ],
            ..Figure::default()
        },
    })
}

/// What one run of TD thinks after some episodes.
fn estimates(walk: &Walk) -> Result<Panel> {
    let mut trial = walk.trial(&td(0.1), 1)?;
    let states = || walk.inner().map(|state| state as f64);
    let mut series = vec![line("true values", states().zip(walk.inner().map(|s| walk.truth[s])), LineStyle::Solid)];
    let mut done = 0;
    for episodes in [0, 1, 10, 100] {
        while done < episodes {
            trial.episode()?;
            done += 1;
        }
        let v = trial.agent.v().flat();
        let label = format!("after {episodes} episode{}", if episodes == 1 { "" } else { "s" });
        series.push(line(label, states().zip(walk.inner().map(|state| v[state])), LineStyle::Dots));
    }
    // The latest is drawn on top.
    series[1..].reverse();
    Ok(Panel {
        title: "Estimates of one run, TD with α = 0.1".into(),
        x_label: "state, from left to right".into(),
        y_label: "value".into(),
        series,
        y_range: Some((0.0, 1.0)),
        ..Panel::default()
    })
}
