//! `gymkhana bench SUITE`

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;
use gymkhana_envs::{
    bench::{WORKLOADS, Work},
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
    /// What to measure: envs, environment steps per second
    suite: Suite,
    /// Only these workloads
    workloads: Vec<String>,
    /// Seconds per measurement
    #[arg(long, value_name = "S", default_value_t = 0.3, value_parser = seconds)]
    seconds: f64,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

/// What is said below the options.
fn help() -> String {
    let names: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
    format!("{EXAMPLES}\nWorkloads: {}", names.join(", "))
}

const EXAMPLES: &str = "\
Examples:
  gymkhana bench envs
  gymkhana bench envs cartpole taxi --json

One thread; random actions are drawn, and episodes that ended are begun anew, within the time. Each workload is measured
five times: the table has the median and the best. Machines are noisy: compare within one run, as a ratio.
";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Suite {
    Envs,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|x| (0.001..=600.0).contains(x)).ok_or_else(|| "not from 0.001 to 600".into())
}

/// Measurements of each workload.
const TIMES: usize = 5;

pub(super) fn main(args: &Args) -> Result<()> {
    let Suite::Envs = args.suite;
    for name in &args.workloads {
        if !WORKLOADS.iter().any(|workload| workload.name == name) {
            let near = nearest(name, WORKLOADS.iter().map(|workload| workload.name));
            let names: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
            let near = if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(", ")) };
            bail!(Usage(format!("no workload `{name}`{near}; there are: {}", names.join(", "))));
        }
    }
    let mut measured = Vec::new();
    for workload in WORKLOADS {
        if args.workloads.is_empty() || args.workloads.iter().any(|name| name == workload.name) {
            let Some(mut work) = (workload.make)() else { continue };
            let mut paces: Vec<f64> = (0..=TIMES).map(|_| pace(&mut work, args.seconds)).collect();
            paces.remove(0); // caches and clocks warm up
            paces.sort_by(f64::total_cmp);
            measured.push((workload, paces));
        }
    }
    if args.json {
        let one = |(workload, paces): &(&gymkhana_envs::bench::Workload, Vec<f64>)| {
            json!({
                "workload": workload.name, "steps_per_second": stats::median(paces),
                "best": paces.last(), "runs": paces, "about": workload.about,
            })
        };
        return say(&serde_json::to_string_pretty(&measured.iter().map(one).collect::<Vec<_>>())?);
    }
    let row = |(workload, paces): &(&gymkhana_envs::bench::Workload, Vec<f64>)| {
        let median = stats::median(paces);
        let best = paces.last().copied().unwrap_or(median);
        vec![
            workload.name.to_owned(),
            millions(median),
            format!("{:.1}", 1e9 / median),
            millions(best),
            workload.about.to_owned(),
        ]
    };
    let header = ["workload", "steps per second", "ns per step", "best", ""].map(String::from).into();
    say(&grid(&Table { title: String::new(), header, rows: measured.iter().map(row).collect() }))
}

/// Steps per second over about that time.
fn pace(work: &mut Work, seconds: f64) -> f64 {
    let (time, mut steps, mut round) = (Duration::from_secs_f64(seconds), 0, 1 << 14);
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
