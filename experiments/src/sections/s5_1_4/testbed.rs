//! The testbed itself: figures 2.1 to 2.5 of Sutton & Barto, and exercise 2.5.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    bandit::{Baseline, EpsilonGreedyBanditConfig, GradientBanditConfig, StepSize, ThompsonConfig, UcbConfig},
    schedule::Schedule,
};
use gymkhana_envs::{
    Env, Rng,
    bandit::{DriftingBandit, DriftingBanditParams, Testbed, TestbedParams},
};

use super::super::{
    Check, Findings, Source, Study, Table, Target,
    bandits::{BLOCK, Tally, tally},
    check::number,
};
use crate::{
    plot::{LineStyle, Panel, Series, Violin, Violins},
    stats,
};

/// Pulls per bandit.
pub(super) const PULLS: usize = 1_000;
/// Bandits of the simulation that the targets are from.
const TARGET_RUNS: f64 = 2_000.0;

/// The testbed with true values N(mean, 1).
pub(super) fn bandit(mean: f64) -> Result<Testbed> {
    Ok(Testbed::new(TestbedParams { mean, ..TestbedParams::default() })?)
}

/// ε-greedy with sample averages.
pub(super) fn epsilon(epsilon: impl Into<Schedule>) -> EpsilonGreedyBanditConfig {
    EpsilonGreedyBanditConfig { epsilon: epsilon.into(), forget: true, ..EpsilonGreedyBanditConfig::default() }
}

/// Greedy with α = 0.1, and estimates that begin high.
pub(super) fn optimistic(initial_value: f64) -> EpsilonGreedyBanditConfig {
    EpsilonGreedyBanditConfig { initial_value, learning_rate: 0.1.into(), ..epsilon(0.0) }
}

/// UCB with that width.
pub(super) fn ucb(c: f64) -> UcbConfig {
    UcbConfig { c, forget: true, ..UcbConfig::default() }
}

/// A gradient bandit.
pub(super) fn gradient(alpha: f64, baseline: Baseline) -> GradientBanditConfig {
    GradientBanditConfig { learning_rate: alpha.into(), baseline, forget: true }
}

/// A method's runs, and what it should come to: percent of the last 100 pulls that are of the best arm, with the
/// deviation of one run's share.
struct Method {
    name: &'static str,
    tally: Tally,
    target: Option<(f64, f64)>,
    style: LineStyle,
}

impl Method {
    fn late(&self) -> f64 {
        stats::mean(&self.tally.optimal()[PULLS - 100..])
    }
}

/// Lets a method play on a bed: its study, its bandit and how many of these.
fn play<C: Recipe<usize, usize> + Sync>(
    (study, env, runs): (&Study<'_>, &Testbed, u64),
    name: &'static str,
    config: &C,
    target: Option<(f64, f64)>,
) -> Result<Method> {
    let tally = tally(study, name, env, config, runs, PULLS)?;
    let style = if target.is_none() { LineStyle::Dashed } else { LineStyle::Solid };
    Ok(Method { name, tally, target, style })
}

/// All methods on bandits of their own, the same for each, and the figures and checks of that.
pub(super) fn run(study: &Study<'_>, to: &mut Findings) -> Result<()> {
    let runs = study.seeds(2_000, 200);
    let (plain, shifted) = (bandit(0.0)?, bandit(4.0)?);
    let (bed, high) = ((study, &plain, runs), (study, &shifted, runs));
    // Deviations of one run's share, from 20,000 runs each.
    let values = [
        play(bed, "greedy", &epsilon(0.0), Some((36.9, 48.0)))?,
        play(bed, "ε = 0.01", &epsilon(0.01), Some((58.3, 48.1)))?,
        play(bed, "ε = 0.1", &epsilon(0.1), Some((80.1, 29.3)))?,
        play(bed, "optimistic, Q₁ = 5, α = 0.1", &optimistic(5.0), Some((85.1, 32.2)))?,
        play(bed, "UCB, c = 2", &ucb(2.0), Some((84.2, 22.3)))?,
        play(bed, "ε from 1 to 0.01", &epsilon(Schedule::Exponential { from: 1.0, to: 0.01, over: 0.5 }), None)?,
        play(bed, "Thompson sampling", &ThompsonConfig { forget: true, ..ThompsonConfig::default() }, None)?,
    ];
    let gradients = [
        play(high, "gradient, past baseline from 0", &gradient(0.1, Baseline::FromZero), Some((83.3, 34.9)))?,
        play(
            high,
            "gradient, baseline with the current reward",
            &gradient(0.1, Baseline::Current),
            Some((85.3, 33.1)),
        )?,
        play(high, "gradient, no baseline", &gradient(0.1, Baseline::None), Some((48.2, 49.3)))?,
        play(high, "gradient, past baseline from R₁", &gradient(0.1, Baseline::Past), None)?,
    ];
    for method in values.iter().chain(&gradients) {
        let Some((target, deviation)) = method.target else { continue };
        // The target is of 2,000 runs, and so has noise as the measurement has.
        let tolerance = 3.0 * deviation * (1.0 / runs as f64 + 1.0 / TARGET_RUNS).sqrt() + 0.05;
        to.checks.push(Check {
            name: format!("{}: % optimal, last 100 of 1,000 pulls, {runs} runs", method.name),
            measured: method.late(),
            target: Target::Near { target, tolerance },
            source: Source::Simulated,
            from: "2,000 runs; three standard errors of the difference".into(),
        });
    }
    let ucb = values[4].tally.reward();
    to.checks.push(Check {
        name: format!("UCB's spike: mean reward of pull 11 less that of pulls 12 to 15, {runs} runs"),
        measured: ucb[10] - stats::mean(&ucb[11..15]),
        // 0.22 over 2,000 runs; one run's difference has a deviation of 1.2: three standard errors below.
        target: Target::AtLeast((0.22 - 3.6 / (runs as f64).sqrt()).max(0.0)),
        source: Source::Simulated,
        from: "all arms were tried once, and the best looking one is taken".into(),
    });
    let row = |method: &Method| {
        let reward = stats::mean(&method.tally.reward()[PULLS - 100..]);
        let target = method.target.map_or_else(String::new, |target| number(target.0));
        vec![method.name.into(), format!("{:.1}", method.late()), target, format!("{reward:.3}")]
    };
    to.tables.push(Table {
        title: format!("The last 100 of 1,000 pulls, {runs} runs; gradient bandits at q* ~ N(4, 1)"),
        header: ["method", "% optimal", "target", "mean reward"].map(String::from).into(),
        rows: values.iter().chain(&gradients).map(row).collect(),
    });
    let best = values.iter().max_by(|a, b| a.late().total_cmp(&b.late())).expect("several methods");
    to.conclusions.push(format!(
        "Of the last 100 pulls {} takes the best arm most often, {:.1} %; greedy does in {:.1} %. Of two gradient bandits the \
         one without a baseline reaches {:.1} %, the other {:.1} %.",
        best.name,
        best.late(),
        values[0].late(),
        gradients[2].late(),
        gradients[3].late(),
    ));
    to.figure.panels.push(violins()?.into());
    for (title, methods) in [("Percent optimal", &values[..]), ("Gradient bandits, q* ~ N(4, 1)", &gradients)] {
        let curve = |method: &Method| Series { style: method.style, ..method.tally.optimal_curve(method.name) };
        let panel = Panel {
            title: title.into(),
            x_label: "pull".into(),
            y_label: "% optimal arm".into(),
            series: methods.iter().map(curve).collect(),
            y_range: Some((0.0, 100.0)),
            ..Panel::default()
        };
        to.figure.panels.push(panel.into());
    }
    let first = |method: &Method| {
        let mut series = Series { style: method.style, ..method.tally.reward_curve(method.name) };
        for column in [&mut series.x, &mut series.mean, &mut series.low, &mut series.high] {
            column.truncate(50);
        }
        series
    };
    let panel = Panel {
        title: "The first pulls".into(),
        x_label: "pull".into(),
        y_label: "mean reward".into(),
        series: values.iter().map(first).collect(),
        ..Panel::default()
    };
    to.figure.panels.push(panel.into());
    Ok(())
}

/// Rewards of the ten arms of one bandit.
fn violins() -> Result<Violins> {
    let (mut env, mut rng) = (bandit(0.0)?, Rng::new(4));
    env.reset(&mut rng);
    let mut samples = |arm| (0..1_000).map(|_| env.step(arm, &mut rng).reward).collect();
    Ok(Violins {
        title: "One bandit of the testbed".into(),
        x_label: "arm".into(),
        y_label: "reward".into(),
        violins: (0..10).map(|arm| Violin { label: (arm + 1).to_string(), samples: samples(arm) }).collect(),
        ..Violins::default()
    })
}

/// The non-stationary testbed: sample averages against a constant step size.
pub(super) fn drifting(study: &Study<'_>, to: &mut Findings) -> Result<()> {
    const LONG: usize = 10_000;
    let runs = study.seeds(300, 20);
    let env = DriftingBandit::new(DriftingBanditParams::default())?;
    let play = |name: &str, learning_rate| {
        let config = EpsilonGreedyBanditConfig { learning_rate, ..epsilon(0.1) };
        tally(study, name, &env, &config, runs, LONG)
    };
    let average = play("drifting values, sample averages", StepSize::Average)?;
    let constant = play("drifting values, α = 0.1", 0.1.into())?;
    let late = |tally: &Tally| stats::mean(&tally.reward()[LONG / 2..]);
    to.checks.push(Check {
        name: format!(
            "drifting values, ε = 0.1: mean reward with α = 0.1 less that of sample averages, last 5,000 of \
                       10,000 pulls, {runs} runs"
        ),
        measured: late(&constant) - late(&average),
        // 0.21 over 700 runs of another program; one run's difference has a deviation of 0.65: three standard errors below.
        target: Target::AtLeast((0.21 - 1.95 / (runs as f64).sqrt()).max(0.0)),
        source: Source::Simulated,
        from: "Sutton & Barto, exercise 2.5: a constant step size keeps up".into(),
    });
    to.conclusions.push(format!(
        "Where values drift, α = 0.1 earns {:.2} per pull in the end, sample averages {:.2}.",
        late(&constant),
        late(&average)
    ));
    let panel = Panel {
        title: "Drifting values".into(),
        x_label: "pull".into(),
        // A curve of single pulls would be noise.
        y_label: format!("mean reward of {BLOCK} pulls"),
        series: vec![constant.block_curve("constant step size α = 0.1"), average.block_curve("sample averages")],
        ..Panel::default()
    };
    to.figure.panels.push(panel.into());
    Ok(())
}
