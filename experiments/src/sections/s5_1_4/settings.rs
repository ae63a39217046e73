//! The parameter study: figure 2.6 of Sutton & Barto.

use anyhow::Result;
use gymkhana_agents::{Recipe, bandit::Baseline};
use gymkhana_envs::bandit::Testbed;

use super::{
    super::{Check, Findings, Source, Study, Table, Target, bandits::tally, check::number},
    testbed::{PULLS, bandit, epsilon, gradient, optimistic, ucb},
};
use crate::{
    plot::{LineStyle, Panel, Scale, Series},
    stats,
};

/// The mean reward of all pulls with one setting.
fn earned<C: Recipe<usize, usize> + Sync>((study, env, runs): (&Study<'_>, &Testbed, u64), config: &C) -> Result<f64> {
    Ok(stats::mean(&tally(study, "parameter study", env, config, runs, PULLS)?.reward()))
}

/// Mean reward of all pulls for each setting of each method.
pub(super) fn run(study: &Study<'_>, to: &mut Findings) -> Result<()> {
    let runs = study.seeds(2_000, 100);
    let env = bandit(0.0)?;
    let method = |label: &str, powers: std::ops::RangeInclusive<i32>, earned: &dyn Fn(f64) -> Result<f64>| {
        let x: Vec<f64> = powers.map(|power| f64::from(power).exp2()).collect();
        let mean = x.iter().map(|x| earned(*x)).collect::<Result<_>>()?;
        Ok(Series { label: label.into(), x, mean, style: LineStyle::Dots, ..Series::default() })
    };
    let bed = (study, &env, runs);
    let series: Vec<Series> = [
        method("ε-greedy: ε", -7..=-2, &|x| earned(bed, &epsilon(x))),
        method("gradient: α", -5..=2, &|x| earned(bed, &gradient(x, Baseline::Past))),
        method("UCB: c", -4..=2, &|x| earned(bed, &ucb(x))),
        method("optimistic, α = 0.1: Q₁", -2..=2, &|x| earned(bed, &optimistic(x))),
    ]
    .into_iter()
    .collect::<Result<_>>()?;
    let best = |series: &Series| {
        let best = (0..series.x.len()).max_by(|a, b| series.mean[*a].total_cmp(&series.mean[*b])).expect("settings");
        (series.x[best], series.mean[best])
    };
    let (peaks, inner): (Vec<_>, Vec<_>) = series
        .iter()
        .map(|series| {
            let peak = best(series);
            (peak, series.x[0] < peak.0 && peak.0 < series.x[series.x.len() - 1])
        })
        .unzip();
    to.checks.push(Check {
        name: format!("parameter study: methods whose best setting is an inner one, {runs} runs per setting"),
        measured: inner.iter().filter(|inner| **inner).count() as f64,
        target: Target::Near { target: 4.0, tolerance: 0.0 },
        source: Source::Paper,
        from: "Sutton & Barto, figure 2.6: each curve is an inverted U".into(),
    });
    to.checks.push(Check {
        name: "parameter study: mean reward of UCB at its best less that of the best other method".into(),
        measured: peaks[2].1
            - [0, 1, 3].map(|other: usize| peaks[other].1).into_iter().fold(f64::NEG_INFINITY, f64::max),
        target: Target::AtLeast(0.0),
        source: Source::Paper,
        from: "Sutton & Barto, section 2.10: UCB is best on this problem".into(),
    });
    to.tables.push(Table {
        title: format!("Parameter study: best settings, {runs} runs"),
        header: ["method", "best at", "mean reward of 1,000 pulls"].map(String::from).into(),
        rows: series
            .iter()
            .zip(&peaks)
            .map(|(series, (x, mean))| vec![series.label.clone(), number(*x), format!("{mean:.3}")])
            .collect(),
    });
    let panel = Panel {
        title: "Parameter study".into(),
        x_label: "ε, α, c, Q₁".into(),
        y_label: "mean reward, first 1,000 pulls".into(),
        x_scale: Scale::Log2,
        series,
        ..Panel::default()
    };
    to.figure.panels.push(panel.into());
    Ok(())
}
