//! `gymkhana plot RUN_DIR...`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::out::{complain, say};
use crate::{
    plot::{Figure, Panel, Series},
    store::{
        atomic,
        run_dir::{is_finished, read_history, read_manifest, runs_at},
    },
    usage::Usage,
};

/// Draw several runs on one axis
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana plot results/runs/a results/runs/b
  gymkhana plot results/runs/a --metric train/loss --out loss.svg

A directory that holds several runs, seeds of one training, is one curve: their mean with a 95 % band.")]
pub(super) struct Args {
    /// Runs, or directories that hold the seeds of one training
    #[arg(required = true)]
    run_dirs: Vec<PathBuf>,
    /// What to draw: a key of the metrics; without it, the greedy return, or the exploring one where there is none
    #[arg(long, value_name = "KEY")]
    metric: Option<String>,
    /// An .svg or .png file; without it, both as results/runs/plot
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn main(args: &Args) -> Result<()> {
    let out = args.out.clone().map(|path| Ok::<_, anyhow::Error>((kind(&path)?, path))).transpose()?;
    let groups = args.run_dirs.iter().map(|dir| Group::read(dir)).collect::<Result<Vec<_>>>()?;
    let metric = match &args.metric {
        Some(metric) => metric.clone(),
        None => default_metric(&groups),
    };
    let labels = labels(&groups, &args.run_dirs);
    let series: Vec<_> = groups.iter().zip(labels).map(|(group, label)| group.series(label, &metric)).collect();
    if series.iter().all(|series| series.x.is_empty()) {
        bail!(Usage(format!("no run has the metric `{metric}`; there are: {}", keys(&groups).join(", "))));
    }
    let mut envs: Vec<&str> = groups.iter().map(|group| group.env.as_str()).collect();
    envs.dedup();
    let panel = Panel { x_label: "environment steps".into(), y_label: axis(&metric), series, ..Panel::default() };
    let figure = Figure { title: envs.join(", "), panels: vec![panel.focused().into()], ..Figure::default() };
    let Some((kind, path)) = out else {
        let stem = Path::new("results/runs/plot");
        write_both(&figure, stem)?;
        return say(&format!("{0}.svg\n{0}.png", stem.display()));
    };
    let bytes = if kind == "svg" { figure.svg()?.into_bytes() } else { figure.png()? };
    make_parent(&path)?;
    atomic::write(&path, &bytes)?;
    say(&path.display().to_string())
}

/// Writes a figure as `stem.svg` and `stem.png`.
pub(super) fn write_both(figure: &Figure, stem: &Path) -> Result<()> {
    make_parent(stem)?;
    atomic::write(&stem.with_added_extension("svg"), figure.svg()?.as_bytes())?;
    atomic::write(&stem.with_added_extension("png"), &figure.png()?)
}

fn make_parent(path: &Path) -> Result<()> {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), atomic::create_dir)
}

fn kind(path: &Path) -> Result<&'static str> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok("svg"),
        Some("png") => Ok("png"),
        _ => bail!(Usage(format!("{} ends neither in .svg nor in .png", path.display()))),
    }
}

/// The runs at one path.
struct Group {
    agent: String,
    env: String,
    runs: Vec<crate::observe::History>,
}

impl Group {
    fn read(path: &Path) -> Result<Self> {
        let dirs = runs_at(path)?;
        for dir in dirs.iter().filter(|dir| !is_finished(dir)) {
            complain(&format!("note: {} is not finished, and its curve ends where it is", dir.display()));
        }
        let config = read_manifest(&dirs[0])?.config;
        for dir in &dirs[1..] {
            let differences = read_manifest(dir)?.config.differences(&config);
            if !differences.is_empty() {
                let (first, other, what) = (dirs[0].display(), dir.display(), differences.join("; "));
                bail!(Usage(format!(
                    "{first} and {other} are no seeds of one training ({what}): name them one by one"
                )));
            }
        }
        let runs = dirs.iter().map(|dir| read_history(dir)).collect::<Result<Vec<_>>>();
        Ok(Self { agent: config.agent, env: config.env, runs: runs.context("a run's metrics")? })
    }

    fn series(&self, label: String, metric: &str) -> Series {
        Series::of_runs(label, &self.runs.iter().map(|run| run.curve(metric)).collect::<Vec<_>>())
    }

    fn has(&self, metric: &str) -> bool {
        self.runs.iter().any(|run| run.0.iter().any(|record| record.get(metric).is_some()))
    }
}

fn default_metric(groups: &[Group]) -> String {
    let greedy = "eval/return_mean";
    if groups.iter().all(|group| group.has(greedy)) { greedy } else { "rollout/return_mean" }.into()
}

fn keys(groups: &[Group]) -> Vec<String> {
    let records = groups.iter().flat_map(|group| &group.runs).flat_map(|run| &run.0);
    let keys: std::collections::BTreeSet<_> = records.flat_map(|record| record.values.keys().cloned()).collect();
    keys.into_iter().collect()
}

/// An agent's name where that is enough to tell the curves apart, else the directories' names.
fn labels(groups: &[Group], dirs: &[PathBuf]) -> Vec<String> {
    let agents: std::collections::BTreeSet<_> = groups.iter().map(|group| &group.agent).collect();
    if agents.len() == groups.len() {
        return groups.iter().map(|group| group.agent.clone()).collect();
    }
    let short = |dir: &PathBuf| {
        dir.file_name().map_or_else(|| dir.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = dirs.iter().map(short).collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    if distinct.len() == names.len() { names } else { dirs.iter().map(|dir| dir.display().to_string()).collect() }
}

fn axis(metric: &str) -> String {
    match metric {
        "eval/return_mean" => "greedy return".into(),
        "rollout/return_mean" => "return while exploring".into(),
        other => other.into(),
    }
}
