//! `gymkhana eval RUN_DIR`

use std::path::PathBuf;

use anyhow::{Context, Result};
use gymkhana_envs::Registry;

use super::out::{grid, say};
use crate::{
    saved::load_named,
    sections::Table,
    store::run_dir::{BEST_POLICY, FINAL_POLICY, runs_at},
    streams::Streams,
};

/// Evaluate the policy that a run left
#[derive(clap::Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Examples:
  gymkhana eval results/runs/my-run
  gymkhana eval results/runs/my-run --best --episodes 1000 --seed 7

Without --seed and --episodes it repeats the run's own final evaluation, to the same numbers."
)]
pub(super) struct Args {
    /// A run's directory, or one that holds several
    run_dir: PathBuf,
    /// How many episodes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    episodes: Option<u64>,
    /// The seed of the episodes; without it, the run's own
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The policy of the best evaluation during the run, instead of the final one
    #[arg(long)]
    best: bool,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let name = if args.best { BEST_POLICY } else { FINAL_POLICY };
    let mut rows = Vec::new();
    for dir in runs_at(&args.run_dir)? {
        let saved = load_named(envs, &dir, name)?;
        let episodes = args.episodes.map_or(saved.config().evaluation.final_episodes, |n| n as usize);
        let (seeds, mut rng) = match args.seed {
            Some(seed) => Streams::new(seed).later_evaluation(),
            None => Streams::new(saved.seed()).final_evaluation(),
        };
        let evaluation = saved.evaluate(episodes, &seeds, &mut rng).with_context(|| dir.display().to_string())?;
        let range = evaluation
            .returns
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        let cells = [evaluation.mean(), evaluation.deviation(), range.0, range.1].map(|x| format!("{x:.2}"));
        rows.push(
            std::iter::once(dir.display().to_string())
                .chain([episodes.to_string()])
                .chain(cells)
                .chain([format!("{:.1}", evaluation.mean_length()), evaluation.capped.to_string()])
                .collect(),
        );
    }
    let header = ["run", "episodes", "return", "deviation", "least", "greatest", "length", "capped"];
    let title = format!("{}, greedy", if args.best { "Best policies" } else { "Final policies" });
    say(&grid(&Table { title, header: header.map(String::from).into(), rows }))
}
