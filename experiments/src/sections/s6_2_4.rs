//! 6.2.4 What γ and λ do: how far ahead is looked, and how far values are trusted.

use anyhow::Result;
use gymkhana_agents::{
    math::advantage::{Segment, gae},
    planning::{PolicyTable, exact_evaluation::evaluate},
};
use gymkhana_envs::{Rng, SeedSequence, tabular::TabularModel};

use super::{Check, Findings, Section, Source, Study, Table, Target, planned};
use crate::{
    config::EvaluationPlan,
    plot::{Figure, HeatMap, LineStyle, Panel, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.2.4",
    titles: [
        "What γ and λ adjust",
        "γ 和 λ 的调节作用",
        "γ 和 λ 的調節作用",
        "γとλの調整効果",
    ],
    names: &["bias-variance trade-off", "偏差-方差权衡", "偏差-變異數權衡", "バイアス・バリアンスのトレードオフ", "gamma and lambda"],
    about: "\
γ says how far ahead rewards count, λ how far the estimates of the critic are trusted: with λ = 0 an advantage is one step and a
value, with λ = 1 the whole return. A value that is wrong makes the one wrong (bias), chance makes the other vary
(variance). Left, PPO learns CartPole-v1 with each pair of γ and λ, all else alike. Right, on the random walk of 19 states,
where the exact values are known, estimates with a critic that says half of them are compared with what is right.",
    equations: "\
Â = δₜ + γλ δₜ₊₁ + (γλ)² δₜ₊₂ + …,   δₜ = rₜ₊₁ + γ v̂(sₜ₊₁) − v̂(sₜ)
bias² = mean over s of (E[Â | s] − A(s))²,   variance = mean over s of Var[Â | s]",
    look_at: "\
Left: mean greedy return after so many steps; a dark corner is where episodes stay short. Right: the bias falls to 0 as λ goes
to 1, the variance rises. Their sum, the mean squared error, is least in between.",
    note: "",
    trains: &[],
    further: &["gymkhana run 6.2.3", "gymkhana run 5.3.3", "gymkhana train ppo CartPole-v1 --set gae_lambda=0"],
    costly: true,
    run,
};

const GAMMAS: [&str; 5] = ["0.8", "0.95", "0.98", "0.99", "0.999"];
const LAMBDAS: [&str; 5] = ["0", "0.5", "0.8", "0.95", "1"];

/// Mean final returns of PPO, γ by γ from the greatest and λ from the least.
fn returns(study: &Study<'_>, seeds: u64, steps: u64) -> Result<Vec<f64>> {
    let mut returns = Vec::new();
    for gamma in GAMMAS.iter().rev() {
        for lambda in LAMBDAS {
            let made = study.train("ppo", "CartPole-v1", seeds, |config| {
                let settings = [
                    ("n_steps", "64"),
                    ("batch_size", "128"),
                    ("n_epochs", "10"),
                    ("learning_rate", "0.001"),
                    ("clip_range", "0.2"),
                    ("gamma", gamma),
                    ("gae_lambda", lambda),
                ];
                for (key, value) in settings {
                    config.agent_settings.insert(key.into(), value.into());
                }
                (config.steps, config.lanes) = (steps, 8);
                config.evaluation = EvaluationPlan::for_steps(steps);
                config.evaluation.every = 0;
                config.log_every = crate::config::default_log_every(steps);
            })?;
            returns.push(stats::mean(&made.iter().map(|made| made.result.evaluation.mean()).collect::<Vec<_>>()));
        }
    }
    Ok(returns)
}

/// The discount on the walk: with 1 nothing but the ends would count.
const GAMMA: f64 = 0.95;
/// λ at which the estimates are looked at.
const GRID: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// For each λ of the grid: the squared bias and the variance of estimates, means over the states of the walk. And the squared
/// bias that λ = 0 has exactly: with v̂ = v/2 an estimate is r + γ v(s′)/2 in the mean, which is off by half of v less r.
fn errors(episodes: usize, rng: &mut Rng) -> Result<(Vec<(f64, f64)>, f64)> {
    let walk = planned::made("RandomWalk", &[])?;
    let model = planned::table(&walk)?;
    let v = evaluate(model, &PolicyTable::uniform(model.states(), model.actions()), GAMMA)?;
    let critic: Vec<f64> = v.iter().map(|v| v / 2.0).collect();
    let states: Vec<usize> = (0..model.states()).filter(|&state| v[state] != 0.0).collect();
    let (mut errors, mut exact) = (vec![(0.0, 0.0); GRID.len()], 0.0);
    for &start in &states {
        let actions = model.actions() as f64;
        let all = (0..model.actions()).flat_map(|action| model.outcomes(start, action));
        let reward: f64 = all.map(|outcome| outcome.probability * outcome.reward / actions).sum();
        exact += ((v[start] - reward) / 2.0).powi(2) / states.len() as f64;
        let mut estimates = vec![Vec::with_capacity(episodes); GRID.len()];
        for _ in 0..episodes {
            let episode = walk_from(model, start, &critic, rng);
            let segment = Segment {
                lanes: 1,
                rewards: &episode.rewards,
                discounts: &episode.discounts,
                values: &episode.values,
                next_values: &episode.next_values,
                ends: &episode.ends,
            };
            let mut advantages = vec![0.0; episode.rewards.len()];
            for (lambda, estimates) in GRID.iter().zip(&mut estimates) {
                gae(&segment, *lambda, &mut advantages);
                // The walk has no choice, so that its advantage is 0; the estimate is off by how far v̂(s) is from v(s) too.
                estimates.push(advantages[0] + critic[start]);
            }
        }
        for (estimates, errors) in estimates.iter().zip(&mut errors) {
            let (mean, deviation) = (stats::mean(estimates), stats::deviation(estimates));
            errors.0 += ((mean - v[start]).powi(2) - deviation * deviation / episodes as f64) / states.len() as f64;
            errors.1 += deviation * deviation / states.len() as f64;
        }
    }
    Ok((errors, exact))
}

/// One episode, as the estimates see it.
#[derive(Default)]
struct Episode {
    rewards: Vec<f64>,
    discounts: Vec<f64>,
    values: Vec<f64>,
    next_values: Vec<f64>,
    ends: Vec<bool>,
}

fn walk_from(model: &dyn TabularModel, start: usize, critic: &[f64], rng: &mut Rng) -> Episode {
    let (mut state, mut episode) = (start, Episode::default());
    loop {
        let outcomes = model.outcomes(state, rng.below(model.actions()));
        let outcome = &outcomes[rng.categorical(outcomes.iter().map(|outcome| outcome.probability))];
        episode.rewards.push(outcome.reward);
        episode.discounts.push(if outcome.terminated { 0.0 } else { GAMMA });
        episode.values.push(critic[state]);
        episode.next_values.push(critic[outcome.next]);
        episode.ends.push(outcome.terminated);
        if outcome.terminated {
            return episode;
        }
        state = outcome.next;
    }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let (seeds, steps) = (study.seeds(5, 1), study.pick(40_000, 8_192));
    let returns = returns(study, seeds, steps)?;
    let (errors, exact) = errors(study.pick(20_000, 4_000), &mut SeedSequence::new(0).rng())?;
    let total: Vec<f64> = errors.iter().map(|(bias, variance)| bias + variance).collect();
    let best = (0..GRID.len()).min_by(|a, b| total[*a].total_cmp(&total[*b])).unwrap_or(0);
    let (first, last) = (errors[0], errors[GRID.len() - 1]);
    let rising = errors.windows(2).filter(|pair| pair[1].1 > pair[0].1).count();
    let steady = GRID.len() - 1;
    let mut checks = vec![
        Check::near(
            "squared bias with λ = 1",
            last.0,
            (0.0, study.pick(0.001, 0.003)),
            Source::Exact,
            "the return does not ask the critic",
        ),
        Check::near(
            "squared bias with λ = 0",
            first.0,
            // A state's mean is off by some .001, or .003; its square by 2 · .2 of that, and the mean over 19 states by less.
            (exact, study.pick(0.0005, 0.0015)),
            Source::Exact,
            "mean of ((v − r)/2)², r being the mean of the next reward",
        ),
        Check {
            name: format!("steps of λ of {steady} at which the variance rises"),
            measured: rising as f64,
            target: Target::AtLeast(steady as f64),
            source: Source::Exact,
            from: "more and more of chance counts".into(),
        },
    ];
    let at = |gamma: &str, lambda: &str| {
        let row = GAMMAS.iter().rev().position(|g| *g == gamma).unwrap_or(0);
        returns[row * LAMBDAS.len() + LAMBDAS.iter().position(|l| *l == lambda).unwrap_or(0)]
    };
    if study.scale == super::Scale::Full {
        checks.push(Check {
            name: "PPO with γ = .99, λ = .95 over PPO with γ = .8, λ = 0: returns".into(),
            measured: at("0.99", "0.95") / at("0.8", "0"),
            target: Target::AtLeast(1.0),
            source: Source::Paper,
            from: "Schulman et al. 2016: best with γ in [.96, .99] and λ in [.92, .99]".into(),
        });
    }
    let least = returns.iter().copied().fold(f64::INFINITY, f64::min);
    let most = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |value: f64| {
        let i = returns.iter().position(|r| *r == value).unwrap_or(0);
        (GAMMAS[GAMMAS.len() - 1 - i / LAMBDAS.len()], LAMBDAS[i % LAMBDAS.len()])
    };
    let (worst_at, best_at) = (place(least), place(most));
    Ok(Findings {
        checks,
        tables: vec![table(&errors)],
        conclusions: vec![
            format!(
                "PPO's greedy return on CartPole-v1 after {steps} steps, mean of {seeds} seeds, reaches from {least:.0} \
                 (γ = {}, λ = {}) to {most:.0} (γ = {}, λ = {}); with γ = .99 and λ = .95 it is {:.0}.",
                worst_at.0,
                worst_at.1,
                best_at.0,
                best_at.1,
                at("0.99", "0.95"),
            ),
            format!(
                "On the walk, with a critic that says half, the squared bias falls from {:.3} at λ = 0 to {:.3} at λ = 1, and the \
                 variance rises from {:.3} to {:.3}; the mean squared error is least at λ = {}.",
                first.0,
                last.0.max(0.0),
                first.1,
                last.1,
                GRID[best],
            ),
        ],
        figure: figure(returns, &errors),
    })
}

fn table(errors: &[(f64, f64)]) -> Table {
    let row = |(lambda, (bias, variance)): (&f64, &(f64, f64))| {
        vec![lambda.to_string(), format!("{bias:.4}"), format!("{variance:.4}"), format!("{:.4}", bias + variance)]
    };
    Table {
        title: format!("Estimates on the random walk of 19 states, γ = {GAMMA}, the critic half of v"),
        header: ["λ", "squared bias", "variance", "mean squared error"].map(String::from).into(),
        rows: GRID.iter().zip(errors).map(row).collect(),
    }
}

fn figure(returns: Vec<f64>, errors: &[(f64, f64)]) -> Figure {
    let curve = |label: &str, of: fn(&(f64, f64)) -> f64, style| Series {
        label: label.into(),
        x: GRID.to_vec(),
        mean: errors.iter().map(of).collect(),
        style,
        ..Series::default()
    };
    Figure {
        title: "6.2.4 γ and λ".into(),
        panels: vec![
            HeatMap {
                title: "PPO on CartPole-v1: greedy return".into(),
                x_label: "λ".into(),
                y_label: "γ".into(),
                columns: LAMBDAS.len(),
                labels: returns.iter().map(|value| format!("{value:.0}")).collect(),
                values: returns,
                x_ticks: LAMBDAS.map(String::from).into(),
                y_ticks: GAMMAS.iter().rev().map(ToString::to_string).collect(),
                ..HeatMap::default()
            }
            .into(),
            Panel {
                title: "Estimates against the exact value".into(),
                x_label: "λ".into(),
                y_label: "mean over states".into(),
                series: vec![
                    curve("squared bias", |error| error.0, LineStyle::Solid),
                    curve("variance", |error| error.1, LineStyle::Solid),
                    curve("mean squared error", |error| error.0 + error.1, LineStyle::Dashed),
                ],
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}
