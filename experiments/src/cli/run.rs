//! `gymkhana run SECTION...`

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};

use super::{
    ChecksFailed,
    out::{grid, say},
};
use crate::{
    launch::{Existing, Making},
    sections::{self, Findings, Scale, Section, Study, write_report},
    store::{atomic, manifest::Program},
    usage::Usage,
};

/// Run sections of the book: train, print the table, check the numbers, draw the figure
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana run 5.4.2
  gymkhana run 5.4.1 5.4.2 --quick --check

Results go to results/SECTION/; those of --quick or --seeds to results/runs/, so that a quick look overwrites no
reference result. The runs behind them lie under results/runs/. A section that was interrupted goes on where it was.")]
pub(super) struct Args {
    /// Sections, by number or title
    #[arg(required = true)]
    sections: Vec<String>,
    /// Fewer seeds and wider bands
    #[arg(long)]
    quick: bool,
    /// Exit with status 1 if a number is not what it should be
    #[arg(long)]
    check: bool,
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

pub(super) fn main(args: &Args) -> Result<()> {
    let sections = args.sections.iter().map(|name| sections::find(name)).collect::<Result<Vec<_>, _>>()?;
    let mut failed = 0;
    for section in sections {
        let findings = run_section(section, args)?;
        failed += findings.checks.iter().filter(|check| !check.passes()).count();
    }
    if args.check && failed > 0 {
        return Err(ChecksFailed.into());
    }
    Ok(())
}

fn run_section(section: &Section, args: &Args) -> Result<Findings> {
    let started = Instant::now();
    let scale = if args.quick { Scale::Quick } else { Scale::Full };
    let seeds = args.seeds.map_or(String::new(), |seeds| format!("-{seeds}-seeds"));
    let name = format!("{}{}{seeds}", section.id, if args.quick { "-quick" } else { "" });
    let kept = args.out.join("runs").join(&name);
    let reference = !args.quick && args.seeds.is_none();
    let results = if reference { args.out.join(section.id) } else { kept.clone() };
    let runs = kept.join("seeds");
    say(&format!("{} {}\n{}\n", section.id, section.titles.join(" · "), section.about))?;

    begin(&runs)?;
    let mut making = Making { existing: Existing::Resume, ..Making::default() };
    making.jobs = args.jobs.map_or(making.jobs, usize::from);
    let study = Study::new(scale, args.seeds, runs.clone(), making);
    let findings = (section.run)(&study)?;
    write_report(&results, section, &study, &command(section, args), &findings)?;
    complete(&runs)?;

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
    Ok(findings)
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
