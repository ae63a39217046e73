//! `gymkhana bench SUITE`

mod train;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;
use gymkhana_envs::{
    bench::{Work, Workload},
    error::nearest,
};
use serde_json::json;

use super::{
    check_env::millions,
    out::{grid, say},
};
use crate::{sections::Table, stats, usage::Usage};

/// Measure how fast the program is on this machine
#[derive(clap::Args, Debug)]
#[command(after_help = help())]
pub(super) struct Args {
    /// What to measure: envs, environment steps per second; tabular, learning and solving with tables; train, whole
    /// trainings of networks
    suite: Suite,
    /// Only these workloads
    workloads: Vec<String>,
    /// Seconds per measurement [default: 0.3]; a training takes as long as it takes
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// What is said below the options.
fn help() -> String {
    let names = |suite: Suite| suite.names().join(", ");
    let [envs, tabular, train] = [Suite::Envs, Suite::Tabular, Suite::Train].map(names);
    format!("{EXAMPLES}\nWorkloads of envs: {envs}\nof tabular: {tabular}\nof train: {train}")
}

const EXAMPLES: &str = "\
Examples:
  gymkhana bench envs
  gymkhana bench envs cartpole taxi --json
  gymkhana bench tabular
  gymkhana bench train dqn-cartpole

One thread; random actions are drawn, and episodes that ended are begun anew, within the time. Each workload is measured
five times: the table has the median and the best. Machines are noisy: compare within one run, as a ratio.
";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Suite {
    Envs,
    Tabular,
    Train,
}

impl Suite {
    /// What is measured in steps, or other units of work, per second.
    fn workloads(self) -> &'static [Workload] {
        match self {
            Self::Envs => gymkhana_envs::bench::WORKLOADS,
            Self::Tabular => gymkhana_agents::bench::WORKLOADS,
            Self::Train => &[],
        }
    }

    fn names(self) -> Vec<&'static str> {
        match self {
            Self::Envs | Self::Tabular => self.workloads().iter().map(|workload| workload.name).collect(),
            Self::Train => train::TRAININGS.iter().map(|training| training.name).collect(),
        }
    }
}

/// Those of these names, or all if there are none.
fn chosen<'a, T>(names: &[String], all: &'a [T], name_of: impl Fn(&T) -> &'static str) -> Result<Vec<&'a T>> {
    let known: Vec<_> = all.iter().map(&name_of).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let near = nearest(name, known.iter().copied());
        let near = if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(", ")) };
        bail!(Usage(format!("no workload `{name}`{near}; there are: {}", known.join(", "))));
    }
    Ok(all.iter().filter(|one| names.is_empty() || names.iter().any(|name| name == name_of(one))).collect())
}

/// A time in a unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.1} s"),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x| (0.001..=600.0).contains(x)).ok_or_else(|| "not from 0.001 to 600".into())
}

/// Seconds of one measurement, unless it was said otherwise.
const SECONDS: f64 = 0.3;
/// Measurements of each workload.
const TIMES: usize = 5;
/// What takes longer is measured once, unless it was asked to.
const LONG: Duration = Duration::from_secs(2);

pub(super) fn main(args: &Args) -> Result<()> {
    if args.suite == Suite::Train {
        if args.seconds.is_some() {
            bail!(Usage("`bench train` measures whole trainings: it takes no --seconds".into()));
        }
        return train::main(&args.workloads, args.json);
    }
    let seconds = args.seconds.unwrap_or(SECONDS);
    let mut measured = Vec::new();
    for workload in chosen(&args.workloads, args.suite.workloads(), |workload| workload.name)? {
        let Some(mut work) = (workload.make)() else { continue };
        let begun = Instant::now();
        let mut paces = vec![pace(&mut work, seconds)];
        // Caches and clocks warm up; what takes seconds at a time needs no warming, and is not done six times.
        if begun.elapsed() < LONG + Duration::from_secs_f64(seconds) {
            paces = (0..TIMES).map(|_| pace(&mut work, seconds)).collect();
        }
        paces.sort_by(f64::total_cmp);
        measured.push((workload, paces));
    }
    if args.json {
        let one = |(workload, paces): &(&Workload, Vec<f64>)| {
            json!({
                "workload": workload.name, "unit": workload.unit, "per_second": stats::median(paces),
                "seconds_per_unit": 1.0 / stats::median(paces), "best": paces.last(), "runs": paces,
                "about": workload.about,
            })
        };
        return say(&serde_json::to_string_pretty(&measured.iter().map(one).collect::<Vec<_>>())?);
    }
    let row = |(workload, paces): &(&Workload, Vec<f64>)| {
        let median = stats::median(paces);
        let best = paces.last().copied().unwrap_or(median);
        vec![
            workload.name.to_owned(),
            workload.unit.to_owned(),
            millions(median),
            duration(1.0 / median),
            millions(best),
            workload.about.to_owned(),
        ]
    };
    let header = ["workload", "unit", "per second", "each", "best", ""].map(String::from).into();
    say(&grid(&Table { title: String::new(), header, rows: measured.iter().map(row).collect() }))
}

/// Steps per second over about that time.
fn pace(work: &mut Work, seconds: f64) -> f64 {
    // One unit first: a unit may be a step, or a minute's work.
    let (time, mut steps, mut round) = (Duration::from_secs_f64(seconds), 0, 1);
    let begun = Instant::now();
    loop {
        steps += work(round);
        let elapsed = begun.elapsed();
        if elapsed >= time {
            return steps as f64 / elapsed.as_secs_f64();
        }
        // The clock is looked at some ten times.
        round = ((steps as f64 / elapsed.as_secs_f64().max(1e-6)) * seconds / 10.0) as u64 + 1;
    }
}
