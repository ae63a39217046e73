//! `gymkhana run SECTION...`

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use gymkhana_envs::Registry;

use super::{
    ChecksFailed, of_another_kind,
    out::{complain, grid, say},
    verdicts::{self, Outcome},
};
use crate::{
    interrupt::Interrupted,
    launch::{Existing, Making},
    observe::Bars,
    sections::{self, Findings, Named, SECTIONS, Scale, Section, Study, joined, read_stored, write_report},
    store::{atomic, manifest::Program},
    usage::Usage,
};

/// Run sections of the book: train, print the table, check the numbers, draw the figure
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana run 5.4.2
  gymkhana run 异策略
  gymkhana run 5.1 --quick --check
  gymkhana run all --check

`5.1`, `5` and `all` stand for all sections under them. Several sections end in one table of what passed and what failed;
of those that take minutes, marked in `gymkhana list sections`, the stored results count unless they are named themselves
or `--rerun` is given.

Results go to results/SECTION/; those of --quick or --seeds to results/runs/, so that a quick look overwrites no
reference result. The runs behind them lie under results/runs/. A section that was interrupted goes on where it was.")]
pub(super) struct Args {
    /// Sections by number, title in any of four languages, or algorithm; a part of the book; `all`
    #[arg(required = true)]
    sections: Vec<String>,
    /// Fewer seeds and wider bands
    #[arg(long)]
    quick: bool,
    /// Exit with status 1 if a number is not what it should be
    #[arg(long)]
    check: bool,
    /// Also run again what takes minutes, where its stored results would count
    #[arg(long)]
    rerun: bool,
    /// How many seeds, instead of the section's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// How many runs at a time; without it, one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where results go
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let named = args
        .sections
        .iter()
        .map(|name| sections::find(name).map_err(|error| of_another_kind(envs, name, error)))
        .collect::<Result<Vec<_>>>()?;
    let passed = match &named[..] {
        [Named::One(section)] => alone(section, args)?,
        named => together(named, args)?,
    };
    if args.check && !passed {
        return Err(ChecksFailed.into());
    }
    Ok(())
}

/// Runs one section and says everything it found; gives whether all its numbers are what they should be.
fn alone(section: &Section, args: &Args) -> Result<bool> {
    let started = Instant::now();
    say(&format!("{} {}\n{}\n", section.id, joined(&section.titles), section.about))?;
    let bars = Bars::new();
    let (findings, results) = run_section(section, args, &bars)?;
    for table in &findings.tables {
        say(&format!("{}\n", grid(table)))?;
    }
    for conclusion in &findings.conclusions {
        say(&format!("{conclusion}\n"))?;
    }
    for check in &findings.checks {
        say(&check.to_string())?;
    }
    let figure = results.join("figure.svg");
    say(&format!("\n{} · {:.0} s\n", figure.display(), started.elapsed().as_secs_f64()))?;
    Ok(findings.checks.iter().all(sections::Check::passes))
}

/// Runs several, in the order of the book, under one bar; says a line of each and ends in one table.
fn together(named: &[Named], args: &Args) -> Result<bool> {
    let started = Instant::now();
    let among = |section: &Section, sections: &[&Section]| sections.iter().any(|other| other.id == section.id);
    let itself = |section: &Section| named.iter().any(|name| matches!(name, Named::One(one) if one.id == section.id));
    let plan: Vec<_> =
        SECTIONS.iter().filter(|section| named.iter().any(|name| among(section, &name.sections()))).collect();
    let bars = Bars::overall(plan.len());
    let mut outcomes = Vec::new();
    for section in plan {
        bars.part(&format!("{} {}", section.id, section.titles[0]));
        let stored = section.costly && !itself(section) && !args.rerun;
        let begun = Instant::now();
        let outcome = match outcome(section, args, stored, &bars) {
            Err(error) if error.root_cause().is::<Interrupted>() => return Err(error),
            other => Outcome::new(section, other, begun.elapsed()),
        };
        bars.above(|| say(&outcome.line()))?;
        bars.part_done();
        outcomes.push(outcome);
    }
    drop(bars);
    say(&format!("\n{}\n", verdicts::table(&outcomes)))?;
    say(&verdicts::summary(&outcomes, started.elapsed()))?;
    let reference = !args.quick && args.seeds.is_none();
    let place = if reference { args.out.clone() } else { args.out.join("runs") };
    say(&format!("reports and figures: a folder for each in {}", place.display()))?;
    for outcome in &outcomes {
        if let Err(error) = &outcome.found {
            complain(&format!("error: {}: {error:#}", outcome.section.id));
        }
    }
    if outcomes.iter().any(|outcome| outcome.found.is_err()) {
        return Err(ChecksFailed.into());
    }
    Ok(outcomes.iter().all(Outcome::passes))
}

/// The checks of a section, by running it or as they are stored, and by which program they were stored.
fn outcome(section: &Section, args: &Args, stored: bool, bars: &Bars) -> Result<verdicts::Found> {
    if stored {
        // Results of another place than the usual one may not have it.
        for dir in [&args.out, Path::new("results")] {
            if let Some(found) = read_stored(&dir.join(section.id))? {
                return Ok(verdicts::Found { checks: found.checks, stored_by: Some(found.program) });
            }
        }
    }
    let (findings, _) = run_section(section, args, bars)?;
    Ok(verdicts::Found { checks: findings.checks, stored_by: None })
}

/// Runs a section and writes its results; gives what it found and where that lies.
fn run_section(section: &Section, args: &Args, bars: &Bars) -> Result<(Findings, PathBuf)> {
    let scale = if args.quick { Scale::Quick } else { Scale::Full };
    let seeds = args.seeds.map_or(String::new(), |seeds| format!("-{seeds}-seeds"));
    let name = format!("{}{}{seeds}", section.id, if args.quick { "-quick" } else { "" });
    let kept = args.out.join("runs").join(&name);
    let reference = !args.quick && args.seeds.is_none();
    let results = if reference { args.out.join(section.id) } else { kept.clone() };
    let runs = kept.join("seeds");

    begin(&runs)?;
    let mut making = Making { existing: Existing::Resume, ..Making::default() };
    making.jobs = args.jobs.map_or(making.jobs, usize::from);
    let study = Study::new(scale, args.seeds, runs.clone(), making, bars);
    let findings = (section.run)(&study)?;
    write_report(&results, section, &study, &command(section, args), &findings)?;
    complete(&runs)?;
    Ok((findings, results))
}

/// The command as it could be typed again.
fn command(section: &Section, args: &Args) -> String {
    let quick = if args.quick { " --quick" } else { "" };
    let seeds = args.seeds.map_or(String::new(), |seeds| format!(" --seeds {seeds}"));
    format!("gymkhana run {}{quick}{seeds}", section.id)
}

/// The program that runs a section, while it is not complete: another one starts it again.
const UNDER_WAY: &str = "under-way.json";

/// Makes place for a section's runs: those of an interrupted run of this very program stay and are gone on with.
fn begin(runs: &Path) -> Result<()> {
    let mark = runs.join(UNDER_WAY);
    let this = serde_json::to_string_pretty(&Program::this_build())? + "\n";
    if fs::read_to_string(&mark).is_ok_and(|found| found == this) {
        return Ok(());
    }
    if runs.exists() {
        let ours = mark.exists() || runs.join(COMPLETE).exists();
        if !ours && fs::read_dir(runs).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Usage(format!("{} holds something else: choose another `--out`", runs.display())).into());
        }
        fs::remove_dir_all(runs).with_context(|| format!("cannot empty {}", runs.display()))?;
    }
    atomic::create_dir(runs)?;
    atomic::write(&mark, this.as_bytes())
}

/// Marks a directory of a complete section, which the next run of it replaces.
const COMPLETE: &str = "complete.json";

fn complete(runs: &Path) -> Result<()> {
    fs::rename(runs.join(UNDER_WAY), runs.join(COMPLETE)).with_context(|| format!("cannot write in {}", runs.display()))
}
