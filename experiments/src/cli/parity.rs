//! `gymkhana parity FILE...`

use std::path::PathBuf;

use anyhow::Result;
use gymkhana_envs::Registry;
use serde_json::json;

use super::{
    ChecksFailed, Told,
    out::{complain, grid, say},
    status,
};
use crate::{
    parity::{Deviation, FROM_SEED, Replay, STEP_BY_STEP, replay},
    sections::Table,
};

/// Replay recorded runs of another implementation and print how far the numbers are off
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana parity tests/golden/CartPole-v1.json tests/golden/Taxi-v4.json
  gymkhana parity my-recordings/*.json --json

A file is JSON: {\"id\": \"CartPole-v1\", \"kwargs\": {}, \"trajectories\": [{\"seed\": 0, \"initial_observation\": [..],
\"actions\": [..], \"observations\": [..], \"rewards\": [..], \"terminated\": [..], \"truncated\": [..], \"states\": [..]}]}.
A trajectory may have an id and kwargs of its own. Each is replayed from its seed (first observations exactly, the rest
to 1e-6 relative) and, where states are recorded, from each state to the next (to 1e-9). Recorded transition tables are
compared exactly. Of Acrobot, which is chaotic, random runs are compared for 50 steps. The exit status is 1 if something is
out of tolerance.")]
pub(super) struct Args {
    /// Files of recorded runs
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let replayed = args.files.iter().map(|path| (path, replay(envs, path)));
    let (good, bad): (Vec<_>, Vec<_>) = replayed.partition(|(_, replayed)| replayed.is_ok());
    let good: Vec<(&PathBuf, Replay)> = good.into_iter().filter_map(|(path, good)| Some((path, good.ok()?))).collect();
    if args.json {
        let one = |(path, replay): &(&PathBuf, Replay)| {
            let deviation = |deviation: &Deviation| json!({ "size": finite(deviation.size), "place": deviation.place });
            json!({
                "file": path, "ids": replay.ids, "trajectories": replay.trajectories, "steps": replay.steps,
                "first": deviation(&replay.first), "from_seed": deviation(&replay.from_seed),
                "step_by_step": replay.step_by_step.as_ref().map(deviation),
                "seen_there": deviation(&replay.seen_there),
                "table": replay.table.as_ref().map(deviation), "agrees": replay.agrees(),
            })
        };
        say(&serde_json::to_string_pretty(&good.iter().map(one).collect::<Vec<_>>())?)?;
    } else if !good.is_empty() {
        say(&grid(&table(&good)))?;
        for (path, replay) in good.iter().filter(|(_, replay)| !replay.agrees()) {
            say(&format!("\n{}", path.display()))?;
            for line in complaints(replay) {
                say(&format!("  {line}"))?;
            }
        }
    }
    // What could not be replayed is told one by one; the first decides the exit status.
    let errors: Vec<_> = bad.into_iter().filter_map(|(_, bad)| bad.err()).collect();
    for error in &errors {
        complain(&format!("error: {error:#}"));
    }
    match errors.first() {
        Some(error) => Err(Told(status(error)).into()),
        None if good.iter().all(|(_, replay)| replay.agrees()) => Ok(()),
        None => Err(ChecksFailed.into()),
    }
}

/// JSON has no infinity.
fn finite(size: f64) -> serde_json::Value {
    if size.is_finite() { json!(size) } else { json!("inf") }
}

fn table(replays: &[(&PathBuf, Replay)]) -> Table {
    let size = |deviation: &Deviation| match deviation.size {
        0.0 => "0".into(),
        size if size.is_infinite() => "differs".into(),
        size => format!("{size:.1e}"),
    };
    let maybe = |deviation: &Option<Deviation>| deviation.as_ref().map_or("–".into(), size);
    let row = |(path, replay): &(&PathBuf, Replay)| {
        vec![
            path.display().to_string(),
            replay.ids.join(", "),
            replay.trajectories.to_string(),
            replay.steps.to_string(),
            size(&replay.first),
            size(&replay.from_seed),
            maybe(&replay.step_by_step),
            if replay.step_by_step.is_some() { size(&replay.seen_there) } else { "–".into() },
            maybe(&replay.table),
            if replay.agrees() { "agrees" } else { "OUT OF TOLERANCE" }.into(),
        ]
    };
    let header = [
        "file",
        "environment",
        "runs",
        "steps",
        "first obs.",
        "from seed",
        "state to state",
        "seen there",
        "table",
        "",
    ]
    .map(String::from);
    Table {
        title: format!(
            "Largest relative deviations (tolerances: first observation 0, from seed {FROM_SEED:.0e}, state to state {STEP_BY_STEP:.0e} and what is seen there {FROM_SEED:.0e}, table 0)"
        ),
        header: header.into(),
        rows: replays.iter().map(row).collect(),
    }
}

/// What is out of tolerance, and where.
fn complaints(replay: &Replay) -> Vec<String> {
    let parts = [
        ("first observation", Some(&replay.first), 0.0),
        ("from seed", Some(&replay.from_seed), FROM_SEED),
        ("state to state", replay.step_by_step.as_ref(), STEP_BY_STEP),
        ("seen there", Some(&replay.seen_there), FROM_SEED),
        ("table", replay.table.as_ref(), 0.0),
    ];
    let out = parts.into_iter().filter_map(|(what, deviation, tolerance)| Some((what, deviation?, tolerance)));
    let out = out.filter(|(_, deviation, tolerance)| deviation.size > *tolerance);
    out.map(|(what, deviation, _)| format!("{what}: {}", deviation.place)).collect()
}
