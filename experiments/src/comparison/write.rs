//! All the files that a comparison ends with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Kept, Outcome, Summary, cells,
    csv::{self, RunCurve},
    figures, markdown, page,
    tensorboard::events,
};
use crate::{
    store::{atomic, run_dir},
    usage::Usage,
};

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page for a browser.
    pub page: PathBuf,
    /// The report in Markdown.
    pub report: PathBuf,
}

/// Of more agents than these, as a sweep has them, only the best are drawn.
const MOST_AGENTS: usize = 40;
const SUMMARY: &str = "summary.json";

/// Writes what can be written of the outcomes alone (`curves.csv`), and then all that follows from the summary.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write(dir: &Path, kept: &Kept, outcomes: &[Outcome], summary: &Summary) -> Result<Written> {
    let curve = |outcome: &Outcome| {
        let (place, made) = (outcome.place, outcome.made.as_ref().ok()?);
        Some(RunCurve {
            agent: kept.plan.agents[place.agent].label.clone(),
            env: kept.plan.envs[place.env].id.clone(),
            seed: place.seed,
            points: made.points.iter().map(|at| [at.step, at.episodes, at.seconds, at.earned]).collect(),
        })
    };
    let curves: Vec<RunCurve> = outcomes.iter().filter_map(curve).collect();
    atomic::write(&dir.join("curves.csv"), &csv::curves(&curves)?)?;
    let json = serde_json::to_vec(summary)?;
    atomic::write(&dir.join(SUMMARY), &json)?;
    write_summary(dir, summary)
}

/// Writes all that follows from a summary: `scores.csv`, the figures, the page and the report.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn write_summary(dir: &Path, summary: &Summary) -> Result<Written> {
    atomic::write(&dir.join("scores.csv"), &csv::scores(summary)?)?;
    let best = summary.of_the_best(MOST_AGENTS);
    let summary = best.as_ref().unwrap_or(summary);
    let mut drawn = Vec::new();
    for (stem, figure) in figures::figures(summary) {
        let svg = figure.svg().with_context(|| format!("the figure {stem}"))?;
        atomic::write(&dir.join(&stem).with_added_extension("svg"), svg.as_bytes())?;
        atomic::write(&dir.join(&stem).with_added_extension("png"), &figure.png()?)?;
        drawn.push((stem, svg));
    }
    let stems: Vec<String> = drawn.iter().map(|(stem, _)| stem.clone()).collect();
    let written = Written { page: dir.join("index.html"), report: dir.join("report.md") };
    atomic::write(&written.report, markdown::report(summary, &stems).as_bytes())?;
    atomic::write(&written.page, page::page(summary, &drawn)?.as_bytes())?;
    Ok(written)
}

/// Whether a directory holds the summary of a comparison.
pub fn has_summary(dir: &Path) -> bool {
    dir.join(SUMMARY).exists()
}

/// The summary that a directory holds.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn read_summary(dir: &Path) -> Result<Summary> {
    let path = dir.join(SUMMARY);
    let text = fs::read(&path).with_context(|| Usage(format!("{} has no results of a comparison", dir.display())))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
}

/// Writes the metrics of every finished run as TensorBoard reads them: `tensorboard/LABEL/ENV/seed-N/`.
///
/// # Errors
/// If a run cannot be read, or something cannot be written.
pub fn write_tensorboard(dir: &Path, kept: &Kept, outcomes: &[Outcome]) -> Result<PathBuf> {
    let (base, folders) = (dir.join("tensorboard"), kept.plan.folders());
    for Outcome { place, .. } in outcomes.iter().filter(|outcome| outcome.made.is_ok()) {
        let run = cells::dir(dir, &folders, &kept.plan, *place);
        let to = base.join(run.strip_prefix(dir.join("runs")).unwrap_or(&run));
        let written = events(&run_dir::read_history(&run)?, run_dir::began(&run)?);
        atomic::create_dir(&to)?;
        atomic::write(&to.join("events.out.tfevents.0.gymkhana"), &written)?;
    }
    Ok(base)
}
