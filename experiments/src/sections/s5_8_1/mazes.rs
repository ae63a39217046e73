//! Sutton & Barto's mazes: the one that stays, and the two that change.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    math::choice,
    model_based::{DynaQConfig, DynaQPlusConfig},
};
use gymkhana_envs::{
    Batch,
    grid::{ChangingMaze, DYNA_MAP, Map, Moves, blocking_maze, dyna_maze, shortcut_maze},
};

use super::super::{Study, Trial};
use crate::{
    plot::{HeatMap, Series},
    stats::mean,
};

/// Episodes of the maze that stays.
const EPISODES: usize = 50;
/// Steps between two points of a curve of rewards.
const EVERY: usize = 50;

/// The lengths of episodes of the maze that stays, of each seed, for 0, 5 and 50 planned steps per real one.
pub(super) fn episodes(study: &Study<'_>, seeds: u64) -> Result<Vec<(usize, Vec<Vec<f64>>)>> {
    let of = |n: usize| {
        let config = DynaQConfig { n, ..DynaQConfig::default() };
        let runs = study.repeat(&format!("Dyna-Q, n = {n}"), seeds, |seed| {
            let mut trial = Trial::new(dyna_maze(0)?, &config, seed, 1)?;
            (0..EPISODES).map(|_| Ok(f64::from(trial.episode()?.length))).collect()
        })?;
        Ok((n, runs))
    };
    [0, 5, 50].into_iter().map(of).collect()
}

/// Values and greedy policies halfway through the second episode, without planning and with n = 50: figure 8.3.
pub(super) fn halfway() -> Result<[HeatMap; 2]> {
    let map = Map::read(DYNA_MAP)?;
    let cells = map.cells();
    let of = |n: usize| -> Result<HeatMap> {
        let config = DynaQConfig { n, ..DynaQConfig::default() };
        let length = {
            let mut trial = Trial::new(dyna_maze(0)?, &config, 1, 1)?;
            trial.episode()?;
            trial.episode()?.length
        };
        let mut trial = Trial::new(dyna_maze(0)?, &config, 1, 1)?;
        trial.episode()?;
        for _ in 0..length / 2 {
            trial.step()?;
        }
        let q = trial.agent.q();
        let value =
            |(state, cell): (usize, &u8)| if *cell == b'#' { f64::NAN } else { choice::max(q.row(state), None) };
        // Where nothing was learned there is no arrow, as in the book.
        let arrows = |(state, cell): (usize, &u8)| {
            let (row, best) = (q.row(state), choice::max(q.row(state), None));
            let learned = *cell != b'#' && row.iter().any(|q| *q != row[0]);
            let greedy = (0..row.len()).filter(|action| learned && row[*action] == best);
            let arrow = |action: usize| {
                let (down, right) = Moves::Four.step(action);
                (right as f64, -(down as f64))
            };
            greedy.map(arrow).collect()
        };
        let here = trial.lanes.now().obs.row(0)[0];
        let mut marks: Vec<_> = [(b'S', "S"), (b'G', "G")]
            .into_iter()
            .filter_map(|(symbol, text)| Some((map.find(symbol)?, text.to_owned())))
            .collect();
        if marks.iter().all(|(cell, _)| *cell != here) {
            marks.push((here, "●".into()));
        }
        Ok(HeatMap {
            title: format!("n = {n}, halfway through the second episode"),
            columns: map.columns(),
            values: cells.iter().enumerate().map(value).collect(),
            labels: vec![String::new(); cells.len()],
            arrows: cells.iter().enumerate().map(arrows).collect(),
            range: Some((0.0, 1.0)),
            marks,
            ..HeatMap::default()
        })
    };
    Ok([of(0)?, of(50)?])
}

/// The step after which the shortcut opens; there are as many again.
const OPENS: usize = 3_000;

/// Reward while a maze changes: Dyna-Q and Dyna-Q+ in the blocking maze, then in the shortcut maze.
pub(super) struct Changing {
    pub(super) blocking_seeds: u64,
    pub(super) shortcut_seeds: u64,
    /// of each of the four, each seed's cumulative reward after every [`EVERY`] steps
    rewards: [Vec<Vec<f64>>; 4],
}

impl Changing {
    /// The mean at the end.
    pub(super) fn end(&self, which: usize) -> f64 {
        mean(&self.rewards[which].iter().map(|run| run[run.len() - 1]).collect::<Vec<_>>())
    }

    /// The mean reward of the 2,000 steps before the shortcut opens, and of the last 2,000.
    pub(super) fn around(&self, which: usize) -> [f64; 2] {
        [OPENS, 2 * OPENS].map(|to| {
            let gained = |run: &Vec<f64>| run[to / EVERY] - run[(to - 2_000) / EVERY];
            mean(&self.rewards[which].iter().map(gained).collect::<Vec<_>>())
        })
    }

    pub(super) fn series(&self, label: &str, which: usize) -> Series {
        let x = |run: &Vec<f64>| (0..run.len()).map(|i| (i * EVERY) as f64).collect();
        let runs: Vec<_> = self.rewards[which].iter().map(|run| (x(run), run.clone())).collect();
        Series::of_runs(label, &runs)
    }
}

pub(super) fn changing(study: &Study<'_>, blocking_seeds: u64, shortcut_seeds: u64) -> Result<Changing> {
    let dyna = DynaQConfig { learning_rate: 1.0.into(), n: 50, ..DynaQConfig::default() };
    let plus = DynaQPlusConfig { learning_rate: 1.0.into(), n: 50, kappa: 1e-4, ..DynaQPlusConfig::default() };
    // With κ = 10⁻⁴ the shortcut is not found within 3,000 steps.
    let curious = DynaQPlusConfig { kappa: 1e-3, ..plus.clone() };
    let (blocking, shortcut) = (blocking_maze(1_000, 0)?, shortcut_maze(OPENS as u64, 0)?);
    Ok(Changing {
        rewards: [
            rewards(study, "Dyna-Q, blocking maze", &blocking, &dyna, blocking_seeds, 3_000)?,
            rewards(study, "Dyna-Q+, blocking maze", &blocking, &plus, blocking_seeds, 3_000)?,
            rewards(study, "Dyna-Q, shortcut maze", &shortcut, &dyna, shortcut_seeds, 2 * OPENS)?,
            rewards(study, "Dyna-Q+, shortcut maze", &shortcut, &curious, shortcut_seeds, 2 * OPENS)?,
        ],
        blocking_seeds,
        shortcut_seeds,
    })
}

fn rewards<C: Recipe<usize, usize> + Sync>(
    study: &Study<'_>,
    label: &str,
    maze: &ChangingMaze,
    config: &C,
    seeds: u64,
    steps: usize,
) -> Result<Vec<Vec<f64>>> {
    study.repeat(label, seeds, |seed| {
        let mut trial = Trial::new(maze.clone(), config, seed, 1)?;
        let (mut total, mut points) = (0.0, vec![0.0]);
        for step in 1..=steps {
            total += trial.step()?.reward[0];
            if step % EVERY == 0 {
                points.push(total);
            }
        }
        Ok(points)
    })
}
