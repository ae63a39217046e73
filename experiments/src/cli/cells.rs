//! What `compare` and `sweep` share: making the cells of a plan, and saying what came of them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use gymkhana_envs::Registry;

use super::{
    Told,
    out::{complain, grid, say},
};
use crate::{
    comparison::{self, Kept, Missing, Outcome, Plan, Summary, plan::picked, summary::Spread},
    interrupt::{self, Interrupted},
    launch::{Existing, Making},
    observe::Total,
    sections::{Table, number},
};

/// Where and how the cells are made.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
#[derive(clap::Args, Debug)]
pub(super) struct Work {
    /// How many runs at a time; without it, one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where it goes; without it, a directory under results/runs named after what is compared
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Only these runs, by number: agent by agent, environment by environment, seed by seed
    #[arg(long, value_name = "0-9,20")]
    cells: Option<String>,
    /// Add agents, environments or seeds to the comparison that the directory holds
    #[arg(long)]
    extend: bool,
    /// Say how many cells there are, and which, and run none
    #[arg(long)]
    list: bool,
    /// Also write the metrics as TensorBoard reads them, into tensorboard/
    #[arg(long)]
    tensorboard: bool,
    /// Also write every training episode, into each run's monitor.csv, as Stable-Baselines3 does
    #[arg(long)]
    monitor: bool,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
    /// Seconds from one checkpoint to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    checkpoint_every: f64,
}

/// What is to be done.
pub(super) struct Asked<'a> {
    /// The command as it could be typed again.
    pub(super) command: String,
    /// How its directory is called where nothing was said.
    pub(super) default: &'static str,
    /// What is compared.
    pub(super) plan: Plan,
    /// Where and how.
    pub(super) work: &'a Work,
}

pub(super) fn main(registry: &Registry, asked: &Asked<'_>) -> Result<()> {
    let Asked { command, default, plan, work } = asked;
    let cells = match &work.cells {
        Some(text) => picked(text, plan.cells())?,
        None => (0..plan.cells()).collect(),
    };
    if work.list {
        let lines: Vec<_> = cells.iter().map(|&cell| format!("{cell:>5}  {}", plan.name(plan.place(cell)))).collect();
        return say(&format!("{}\n{} of {} cells", lines.join("\n"), cells.len(), plan.cells()));
    }
    let dir = work.out.clone().unwrap_or_else(|| {
        let text = serde_json::to_string(plan).unwrap_or_default();
        Path::new("results/runs").join(format!("{default}-{:08x}", crc32fast::hash(text.as_bytes())))
    });
    let checkpoint_every = super::seconds("--checkpoint-every", work.checkpoint_every)?;
    let kept = comparison::open(&dir, command, plan, work.extend)?;
    let jobs = work.jobs.map_or(Making::default().jobs, usize::from);
    let making =
        Making { existing: Existing::Resume, checkpoint_every, jobs, monitor: work.monitor, ..Making::default() };
    let done = comparison::finished(&dir, plan, &cells);
    let kept_all = if work.monitor { comparison::monitored(&dir, plan, &cells) } else { done.clone() };
    let silent = done.iter().zip(&kept_all).filter(|(done, kept)| **done && !**kept).count();
    if silent > 0 {
        complain(&format!(
            "note: {silent} finished runs have no monitor.csv, and get none: they were made without `--monitor`"
        ));
    }
    let left: Vec<usize> = cells.iter().zip(&done).filter(|(_, done)| !**done).map(|(cell, _)| *cell).collect();
    say(&told(plan, &cells, left.len(), &dir))?;
    if let Err(error) = make(registry, &dir, plan, &left, &making) {
        if !error.root_cause().is::<Interrupted>() {
            return Err(error);
        }
        let done = comparison::finished(&dir, plan, &cells).iter().filter(|done| **done).count();
        let (all, dir) = (cells.len(), dir.display());
        complain(&format!(
            "interrupted: {done} of {all} runs are done; the same command goes on, and `gymkhana report {dir}` draws what is \
             there"
        ));
        bail!(Told(interrupt::STATUS));
    }

    if comparison::read(&dir)?.plan != *plan {
        say(&format!("the comparison was extended meanwhile; `gymkhana report {}` draws all of it", dir.display()))?;
        return Ok(());
    }
    let outcomes = comparison::look(&dir, plan, jobs);
    let mut picked = vec![false; plan.cells()];
    for &cell in &cells {
        picked[cell] = true;
    }
    let own: Vec<Outcome> = outcomes.iter().filter(|outcome| picked[outcome.place.cell]).cloned().collect();
    let missing = outcomes.iter().filter(|outcome| matches!(outcome.made, Err(Missing::NotDone | Missing::Elsewhere)));
    let missing = missing.count();
    if missing > 0 {
        let (all, dir) = (plan.cells(), dir.display());
        say(&format!(
            "{} of {all} cells are done; `gymkhana report {dir}` makes page and figures of them",
            all - missing
        ))?;
        if work.open || work.tensorboard {
            complain("note: page and events are written when all cells are done, or by `gymkhana report`");
        }
        return failures(&own);
    }
    let written = results(registry, &dir, &kept, &outcomes, jobs, work.tensorboard)?;
    if work.open {
        super::open(&written.page)?;
    }
    failures(&own)
}

fn told(plan: &Plan, cells: &[usize], left: usize, dir: &Path) -> String {
    let count = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let what = if plan.swept.is_empty() { "agent" } else { "combination" };
    let (agents, envs) = (count(plan.agents.len(), what), count(plan.envs.len(), "environment"));
    let seeds = count(plan.seeds as usize, "seed");
    let picked =
        if cells.len() == plan.cells() { String::new() } else { format!(", of which {} were picked", cells.len()) };
    let there = match cells.len() - left {
        0 => String::new(),
        there => format!("; {there} are done already"),
    };
    format!(
        "{}: {agents} × {envs} × {seeds} = {}{picked}{there} → {}\n",
        plan.title,
        count(plan.cells(), "run"),
        dir.display()
    )
}

/// Makes what is left, under a bar for each worker and one for all.
fn make(registry: &Registry, dir: &Path, plan: &Plan, left: &[usize], making: &Making) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let steps = left.iter().map(|&cell| plan.config(plan.place(cell)).steps).sum();
    let total = Total::new(left.len(), steps);
    comparison::make(registry, dir, plan, left, making, |place| total.run(&plan.name(place), plan.config(place).steps))
}

/// Counts, writes everything, and says the scores.
pub(super) fn results(
    registry: &Registry,
    dir: &Path,
    kept: &Kept,
    outcomes: &[Outcome],
    jobs: usize,
    tensorboard: bool,
) -> Result<comparison::Written> {
    let summary = comparison::summarize(registry, kept, outcomes, jobs);
    say_scores(&summary)?;
    let written = comparison::write(dir, kept, outcomes, &summary)?;
    say(&format!("\n{}\n{}", written.page.display(), written.report.display()))?;
    if tensorboard {
        say(&comparison::write_tensorboard(dir, kept, outcomes)?.display().to_string())?;
    }
    Ok(written)
}

/// More rows than these are not shown in the terminal.
const MOST_ROWS: usize = 20;

/// The scores of every agent on every environment, and, where there are several, what they come to.
pub(super) fn say_scores(summary: &Summary) -> Result<()> {
    let mut header = vec!["agent".to_owned()];
    header.extend(summary.envs.iter().map(|env| env.id.clone()));
    let several = summary.envs.len() > 1;
    header.extend(several.then(|| "normalised, interquartile mean (95 %)".to_owned()));
    let row = |agent: usize| -> Vec<String> {
        let spread = |spread: &Option<_>| match spread {
            Some(Spread { seeds: 1, mean, .. }) => format!("{mean:.*}", places(*mean)),
            Some(spread) => format!("{:.2$} ± {:.2$}", spread.mean, spread.half, places(spread.mean)),
            None => "–".into(),
        };
        let mut row = vec![summary.agents[agent].label.clone()];
        row.extend(summary.scores[agent].iter().map(spread));
        let interval = several.then(|| match summary.interquartile_mean(agent) {
            Some(it) if summary.seeds == 1 => number3(it.point),
            Some(it) => format!("{} ({} to {})", number3(it.point), number3(it.low), number3(it.high)),
            None => "–".into(),
        });
        row.extend(interval);
        row
    };
    let mut order: Vec<usize> = (0..summary.agents.len()).collect();
    let swept = !summary.sensitivity.is_empty();
    if swept {
        let score = |agent: &usize| summary.scores[*agent][0].map_or(f64::NEG_INFINITY, |spread| spread.mean);
        order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    }
    let shown = order.len().min(if swept { MOST_ROWS } else { usize::MAX });
    let title =
        "Greedy mean returns of final policies: mean over the seeds, with the 95 % interval of the mean".to_owned();
    say(&grid(&Table { title, header, rows: order[..shown].iter().map(|&agent| row(agent)).collect() }))?;
    if shown < order.len() {
        say(&format!("and {} more, none of them better", order.len() - shown))?;
    }
    Ok(())
}

/// As many places after the point as a score of this size needs.
fn places(score: f64) -> usize {
    match score.abs() {
        ..2.0 => 3,
        ..100.0 => 2,
        _ => 1,
    }
}

fn number3(x: f64) -> String {
    number((x * 1e3).round() / 1e3)
}

/// Says what failed; that is an exit status of its own.
pub(super) fn failures(outcomes: &[Outcome]) -> Result<()> {
    const SHOWN: usize = 10;
    let failed: Vec<(usize, &str)> = outcomes
        .iter()
        .filter_map(|outcome| match &outcome.made {
            Err(Missing::Failed(error)) => Some((outcome.place.cell, error.as_str())),
            _ => None,
        })
        .collect();
    for (cell, error) in failed.iter().take(SHOWN) {
        complain(&format!("error: cell {cell}: {error}"));
    }
    match failed.len() {
        0 => return Ok(()),
        n if n > SHOWN => complain(&format!("error: and {} cells more", n - SHOWN)),
        _ => (),
    }
    complain(
        "what failed counts nowhere; the same command tries it again, but leaves what is damaged as it is: delete the \
         directory of such a run, and it is made anew",
    );
    bail!(Told(1))
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=,:+@%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_a_shell_takes_them() {
        assert_eq!(quoted("gamma=0.9,1"), "gamma=0.9,1");
        assert_eq!(quoted("epsilon=1 -> 0"), "'epsilon=1 -> 0'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
