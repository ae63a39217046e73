//! Mountain car for 5.4.1: the same targets with weights of tiles instead of a table, after Sutton & Barto's example 10.1 and
//! figures 10.2 to 10.4.

use anyhow::Result;
use gymkhana_agents::linear::{SemiGradientSarsa, SemiGradientSarsaConfig};
use gymkhana_envs::{
    Batch, Lanes, Seeds, Space,
    classic::{MountainCar, MountainCarParams},
    wrappers::{Mapped, ObservationMap, TileCoding, TileCodingParams},
};

use crate::{
    plot::{LineStyle, Panel, Scale, Series},
    sections::{Check, Source, Study, Table, Target, Trial, check::number},
    stats,
};

/// Eight tilings of 8 × 8 tiles, each an eighth of a tile further along the diagonal, over positions up to the goal: the set-up
/// with which the published numbers come out. The wrapper `tile-coding` displaces tilings as `tiles3` does, by one and three
/// eighths, and covers positions up to 0.6; with it the first episodes are some steps shorter.
#[derive(Clone, Debug)]
struct Diagonal;

const TILINGS: usize = 8;
const TILES: usize = 8;
const SIDE: usize = TILES + 1;

impl ObservationMap<f32, usize> for Diagonal {
    fn space(&self) -> Space {
        Space::MultiDiscrete(vec![TILINGS * SIDE * SIDE; TILINGS])
    }

    fn map(&self, from: &[f32], to: &mut [usize]) {
        let eighths = |x: f32, low: f64, high: f64| {
            let scaled = (f64::from(x) - low) / (high - low) * (TILES * TILINGS) as f64;
            scaled.clamp(0.0, (TILES * TILINGS) as f64) as usize
        };
        let (position, velocity) = (eighths(from[0], -1.2, 0.5), eighths(from[1], -0.07, 0.07));
        for (tiling, tile) in to.iter_mut().enumerate() {
            let along = |eighths: usize| ((eighths + tiling) / TILINGS).min(TILES);
            *tile = (tiling * SIDE + along(position)) * SIDE + along(velocity);
        }
    }
}

/// Mountain car without a step limit.
fn car() -> Result<Lanes<MountainCar>> {
    let env = MountainCar::new(MountainCarParams { time_limit: u32::MAX, ..MountainCarParams::default() })?;
    Ok(Lanes::new(env, 1, &Seeds::from(0))?)
}

/// Steps of each episode, for every seed. α is that of all eight tilings together.
fn drive<F>(
    study: &Study<'_>,
    tiles: &F,
    (n, alpha): (usize, f64),
    episodes: usize,
    seeds: u64,
) -> Result<Vec<Vec<f64>>>
where
    F: ObservationMap<f32, usize> + Clone + Send + Sync,
{
    let config = SemiGradientSarsaConfig { n, learning_rate: alpha.into(), epsilon: 0.0.into(), ..Default::default() };
    study.repeat(&format!("mountain car, n = {n}, α = {alpha}/8"), seeds, |seed| {
        let tiled: Mapped<_, F, usize> = Mapped::new(car()?, tiles.clone());
        let mut trial: Trial<_, SemiGradientSarsa> = Trial::on(tiled, &config, seed, 0)?;
        (0..episodes).map(|_| Ok(f64::from(trial.episode()?.length))).collect()
    })
}

/// The mean of the first 50 episodes for each step size.
fn early<F>(study: &Study<'_>, tiles: &F, n: usize, alphas: &[f64], seeds: u64) -> Result<Vec<f64>>
where
    F: ObservationMap<f32, usize> + Clone + Send + Sync,
{
    let mean = |alpha: &f64| {
        let runs = drive(study, tiles, (n, *alpha), 50, seeds)?;
        Ok(stats::mean(&runs.iter().map(|run| stats::mean(run)).collect::<Vec<_>>()))
    };
    alphas.iter().map(mean).collect()
}

/// Step sizes for each n, times the number of tilings.
const STUDY: [(usize, &[f64]); 4] = [
    (1, &[0.2, 0.4, 0.6, 0.8, 1.0, 1.2]),
    (2, &[0.2, 0.4, 0.6, 0.8, 1.0, 1.2]),
    (4, &[0.2, 0.4, 0.6, 0.8, 1.0]),
    (8, &[0.1, 0.2, 0.3, 0.4, 0.6, 0.8]),
];

/// What is found of mountain car: checks, a table and two panels.
pub(super) fn study(study: &Study<'_>) -> Result<(Vec<Check>, Table, Vec<Panel>)> {
    let seeds = study.seeds(200, 20);
    let one = drive(study, &Diagonal, (1, 0.5), 500, seeds)?;
    let eight = drive(study, &Diagonal, (8, 0.3), 500, seeds)?;
    let late = |episode: usize, target: f64, deviation: f64| Check {
        name: format!("mountain car: α = .5/8, steps of episode {episode}, {seeds} seeds"),
        measured: stats::mean(&one.iter().map(|run| run[episode - 1]).collect::<Vec<_>>()),
        // Three standard errors, by the deviation of one seed, and half of the last digit.
        target: Target::Near { target, tolerance: 3.0 * deviation / (seeds as f64).sqrt() + 0.5 },
        source: Source::Simulated,
        from: "semi-gradient Sarsa, ε = 0, eight tilings of 8×8".into(),
    };
    let mut checks = vec![late(100, 142.0, LATE[0]), late(500, 117.0, LATE[1])];
    let few = study.seeds(100, 8);
    let best = |means: &[f64]| means.iter().copied().fold(f64::INFINITY, f64::min);
    let mut rows = Vec::new();
    let mut row = |n: usize, displaced: &str, alphas: &[f64], means: &[f64]| {
        let at = means.iter().position(|mean| *mean == best(means)).unwrap_or(0);
        rows.push(vec![n.to_string(), displaced.into(), format!("{}/8", number(alphas[at])), number(means[at])]);
    };
    let mut curves = Vec::new();
    for (n, alphas) in STUDY {
        let means = early(study, &Diagonal, n, alphas, few)?;
        row(n, "along the diagonal", alphas, &means);
        curves.push((n, alphas, means));
    }
    let tiles3 = TileCoding::new(&car()?.spec().observations, &TileCodingParams::default())?;
    for (n, alphas) in STUDY.iter().filter(|(n, _)| [1, 4].contains(n)) {
        row(*n, "as in tiles3 (the wrapper)", alphas, &early(study, &tiles3, *n, alphas, few)?);
    }
    for (index, n, target, deviation) in [(0, 1, 234.0, EARLY[0]), (2, 4, 226.0, EARLY[1])] {
        checks.push(Check {
            name: format!("mountain car: n = {n}, steps of the first 50 episodes at the best α, {few} seeds"),
            measured: best(&curves[index].2),
            // As above.
            target: Target::Near { target, tolerance: 3.0 * deviation / (few as f64).sqrt() + 0.5 },
            source: Source::Simulated,
            from: "semi-gradient Sarsa of n steps, ε = 0, eight tilings of 8×8".into(),
        });
    }
    let table = Table {
        title: "Mountain car: steps of the first 50 episodes at the best step size".into(),
        header: ["n", "tilings displaced", "α", "steps"].map(String::from).into(),
        rows,
    };
    Ok((checks, table, vec![learning(&one, &eight), parameters(&curves)]))
}

/// The deviation of one seed at episodes 100 and 500, over 600 seeds.
const LATE: [f64; 2] = [20.0, 25.0];
/// That of its mean over the first 50 with n = 1 and n = 4, over 100 seeds.
const EARLY: [f64; 2] = [5.0, 9.0];

/// Steps by episode.
fn learning(one: &[Vec<f64>], eight: &[Vec<f64>]) -> Panel {
    let curve = |label: &str, runs: &[Vec<f64>]| {
        let x: Vec<f64> = (1..=runs[0].len()).map(|episode| episode as f64).collect();
        Series::of_runs(label, &runs.iter().map(|run| (x.clone(), run.clone())).collect::<Vec<_>>())
    };
    Panel {
        title: "Mountain car: semi-gradient Sarsa".into(),
        x_label: "episode".into(),
        y_label: "steps".into(),
        series: vec![curve("n = 1, α = .5/8", one), curve("n = 8, α = .3/8", eight)],
        x_scale: Scale::Log10,
        y_scale: Scale::Log10,
        ..Panel::default()
    }
}

/// Steps of the first 50 episodes by step size, a curve for every n.
fn parameters(curves: &[(usize, &[f64], Vec<f64>)]) -> Panel {
    let curve = |(n, alphas, means): &(usize, &[f64], Vec<f64>)| Series {
        label: format!("n = {n}"),
        x: alphas.to_vec(),
        mean: means.clone(),
        style: LineStyle::Dots,
        ..Series::default()
    };
    Panel {
        title: "Mountain car: the first 50 episodes".into(),
        x_label: "α × 8 tilings".into(),
        y_label: "steps, mean".into(),
        series: curves.iter().map(curve).collect(),
        y_range: Some((210.0, 300.0)),
        ..Panel::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tilings_lie_along_the_diagonal() {
        let mut tiles = [0; TILINGS];
        // Position −0.5 is 0.7/1.7 of 64 eighths, 26; velocity 0 is 32.
        Diagonal.map(&[-0.5, 0.0], &mut tiles);
        let at = |tiling: usize, position: usize, velocity: usize| tiling * 81 + position * 9 + velocity;
        assert_eq!((tiles[0], tiles[5], tiles[6]), (at(0, 3, 4), at(5, 3, 4), at(6, 4, 4)));
        Diagonal.map(&[0.6, 0.07], &mut tiles);
        assert_eq!(tiles[7], at(7, 8, 8));
    }
}
