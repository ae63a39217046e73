//! The runs of a comparison: making them, and reading what came of them.

use std::{
    any::Any,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use gymkhana_envs::Registry;
use serde::Deserialize;

use super::{Place, Plan};
use crate::{
    interrupt::{self, Interrupted},
    launch::{self, Cell, Making},
    observe::Observer,
    store::{
        Found, RunDir, atomic,
        manifest::Program,
        monitor::MONITOR,
        run_dir::{self, Busy, is_finished},
    },
    threads,
};

/// What is known of one cell.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub place: Place,
    /// What came of it, or why nothing did.
    pub made: Result<Made, Missing>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The program that made it.
    pub program: Program,
    /// The greedy mean return of its final policy.
    pub score: f64,
    /// How it learned.
    pub points: Vec<Point>,
}

/// A point of a learning curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Environment steps so far.
    pub step: f64,
    /// Training episodes that have ended.
    pub episodes: f64,
    /// Seconds so far.
    pub seconds: f64,
    /// Greedy mean return; where a run has no evaluations on the way, the return while exploring.
    pub earned: f64,
}

/// Why there is nothing of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is not done yet, or was interrupted.
    NotDone,
    /// Another process is at work on it.
    Elsewhere,
    /// It failed, or what is there cannot be read.
    Failed(String),
}

/// The directory of a cell.
pub(super) fn dir(base: &Path, folders: &[PathBuf], plan: &Plan, place: Place) -> PathBuf {
    base.join(&folders[place.agent]).join(&plan.envs[place.env].id).join(format!("seed-{}", place.seed))
}

/// Where the error of a cell is kept, which has this directory.
fn error_file(base: &Path, dir: &Path) -> PathBuf {
    let run = dir.strip_prefix(base.join("runs")).unwrap_or(dir);
    base.join("errors").join(run).with_added_extension("txt")
}

/// Which of these cells are finished, by their files alone.
pub fn finished(base: &Path, plan: &Plan, cells: &[usize]) -> Vec<bool> {
    let folders = plan.folders();
    cells.iter().map(|&cell| is_finished(&dir(base, &folders, plan, plan.place(cell)))).collect()
}

/// Of which of these cells every episode was kept.
pub fn monitored(base: &Path, plan: &Plan, cells: &[usize]) -> Vec<bool> {
    let folders = plan.folders();
    cells.iter().map(|&cell| dir(base, &folders, plan, plan.place(cell)).join(MONITOR).exists()).collect()
}

/// Makes cells, several at a time, or goes on with them where they were. What fails is kept as its error and stops nothing.
///
/// # Errors
/// If the program is interrupted, after which the same call goes on.
pub fn make<T: Observer>(
    registry: &Registry,
    base: &Path,
    plan: &Plan,
    cells: &[usize],
    making: &Making,
    observer: impl Fn(Place) -> T + Sync,
) -> Result<()> {
    let folders = plan.folders();
    let one = |place: Place, dir: PathBuf| -> Result<()> {
        let cell = Cell { seed: place.seed, dir };
        launch::run_cell(registry, plan.config(place), &cell, making, &mut observer(place)).map(drop)
    };
    let made = threads::each(cells.len(), making.jobs, |at| {
        if interrupt::wanted() {
            return Err(Interrupted { step: 0 }.into());
        }
        let place = plan.place(cells[at]);
        let dir = dir(base, &folders, plan, place);
        let told = error_file(base, &dir);
        // What panics, as an environment of one's own may, takes no other with it.
        match catch_unwind(AssertUnwindSafe(|| one(place, dir))).unwrap_or_else(|panic| Err(told_of(&*panic))) {
            Ok(()) => match fs::remove_file(&told) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {}", told.display()))
                }
                _ => Ok(()),
            },
            Err(error) if error.root_cause().is::<Interrupted>() => Err(error),
            Err(error) if is_busy(&error) => Ok(()),
            Err(error) => {
                told.parent().map_or(Ok(()), atomic::create_dir)?;
                atomic::write(&told, format!("{error:#}\n").as_bytes())
            }
        }
    });
    made.into_iter().collect()
}

fn told_of(panic: &(dyn Any + Send)) -> anyhow::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    anyhow::anyhow!("it panicked: {}", text.unwrap_or("for no reason that was given"))
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.is::<Busy>() || error.root_cause().is::<Busy>()
}

/// Reads what came of every cell, and changes nothing. What is damaged, or is another run, counts as failed.
pub fn look(base: &Path, plan: &Plan, jobs: usize) -> Vec<Outcome> {
    let folders = plan.folders();
    threads::each(plan.cells(), jobs, |cell| {
        let place = plan.place(cell);
        let dir = dir(base, &folders, plan, place);
        let made = read(&dir, plan, place).unwrap_or_else(|error| Err(Missing::Failed(format!("{error:#}"))));
        let made = made.map_err(|missing| match fs::read_to_string(error_file(base, &dir)) {
            Ok(text) if missing == Missing::NotDone => Missing::Failed(text.trim_end().to_owned()),
            _ => missing,
        });
        Outcome { place, made }
    })
}

fn read(dir: &Path, plan: &Plan, place: Place) -> Result<Result<Made, Missing>> {
    let (manifest, result) = match RunDir::find(dir)? {
        Found::Interrupted(_) if run_dir::is_busy(dir) => return Ok(Err(Missing::Elsewhere)),
        Found::Nothing | Found::Interrupted(_) => return Ok(Err(Missing::NotDone)),
        Found::Finished(manifest, result) => (manifest, result),
    };
    launch::same_run(&manifest, plan.config(place), place.seed, dir)?;
    let (evaluation, episodes) = (&result.evaluation, plan.config(place).evaluation.final_episodes);
    let score = evaluation.mean();
    if [evaluation.returns.len(), evaluation.lengths.len()] != [episodes; 2] || !score.is_finite() {
        bail!("the result in {} is not one of {episodes} episodes", dir.display());
    }
    let program = Program { build: String::new(), ..manifest.program };
    Ok(Ok(Made { program, score, points: points(dir, result.steps)? }))
}

/// Of a line of metrics what a learning curve needs.
#[derive(Deserialize)]
struct Line {
    step: u64,
    #[serde(rename = "rollout/episodes")]
    episodes: Option<f64>,
    #[serde(rename = "time/elapsed")]
    elapsed: Option<f64>,
    #[serde(rename = "eval/return_mean")]
    greedy: Option<f64>,
    #[serde(rename = "rollout/return_mean")]
    exploring: Option<f64>,
}

/// The learning curve of a finished run of so many steps.
fn points(dir: &Path, steps: u64) -> Result<Vec<Point>> {
    let lines: Vec<Line> = run_dir::read_lines(dir)?;
    let end = lines.last().map_or(0, |line| line.step);
    if end != steps {
        bail!("the metrics in {} end at step {end} of {steps}", dir.display());
    }
    let greedy = lines.iter().any(|line| line.greedy.is_some());
    let point = |line: &Line| {
        let earned = if greedy { line.greedy? } else { line.exploring? };
        let (episodes, seconds) = (line.episodes.unwrap_or(0.0), line.elapsed.unwrap_or(0.0));
        Some(Point { step: line.step as f64, episodes, seconds, earned })
    };
    Ok(lines.iter().filter_map(point).collect())
}
