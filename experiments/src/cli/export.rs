//! `gymkhana export RUN_DIR`

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{any_agent, networks::Networks, nn::to_safetensors};
use gymkhana_envs::{Registry, wrappers::Moments};

use super::out::{grid, say};
use crate::{
    saved::{SavedPolicy, load_named},
    sections::Table,
    store::{
        atomic,
        manifest::Program,
        run_dir::{BEST_POLICY, FINAL_POLICY, runs_at},
    },
    usage::Usage,
};

/// Write the networks that a run left as a safetensors file, for PyTorch, NumPy and others
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana export results/runs/cart
  gymkhana export results/runs/cart --best --out cart.safetensors

Without --out the file stands with its run: final.safetensors, or best.safetensors. Arrays are named and laid out as those of
PyTorch's nn.Sequential: q.0.weight is [outputs, inputs], q.0.bias, then q.2.weight after an activation. What they belong to
is in the metadata `gymkhana`, as JSON. What wrappers gathered is there too: normalize-observation.mean.")]
pub(super) struct Args {
    /// A run's directory, or one that holds several
    run_dir: PathBuf,
    /// The policy of the best evaluation during the run, instead of the final one
    #[arg(long)]
    best: bool,
    /// The file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let (policy, file) =
        if args.best { (BEST_POLICY, "best.safetensors") } else { (FINAL_POLICY, "final.safetensors") };
    let runs = runs_at(&args.run_dir)?;
    if let (Some(out), [_, _, ..]) = (&args.out, runs.as_slice()) {
        let (dir, out) = (args.run_dir.display(), out.display());
        bail!(Usage(format!("{dir} holds several runs, and {out} is one file: choose a run, or leave `--out` out")));
    }
    for run in runs {
        let saved = load_named(envs, &run, policy)?;
        let networks = any_agent!(saved.agent(), agent => agent.networks());
        let mut networks =
            networks.with_context(|| Usage(format!("{}: what it learns is no network", saved.config().agent)))?;
        add_statistics(&saved, &mut networks)?;
        let path = args.out.clone().unwrap_or_else(|| run.join(file));
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        atomic::create_dir(parent)?;
        atomic::write(&path, &to_safetensors(&networks, about(&saved, &networks)?)?)?;
        let row = |array: &gymkhana_agents::networks::Array| {
            let shape: Vec<_> = array.shape.iter().map(usize::to_string).collect();
            vec![array.name.clone(), shape.join(" × ")]
        };
        let header = ["array", "shape"].map(String::from).into();
        let rows = networks.arrays.iter().map(row).collect();
        say(&grid(&Table { title: path.display().to_string(), header, rows }))?;
    }
    Ok(())
}

/// Adds what the wrappers gathered: whoever acts elsewhere has to normalise as they do.
fn add_statistics(saved: &SavedPolicy, networks: &mut Networks) -> Result<()> {
    for state in saved.statistics() {
        let (wrapper, moments): (String, Moments) = state.get()?;
        for (name, values) in [("mean", moments.mean()), ("variance", moments.variance())] {
            let values = values.iter().map(|x| *x as f32).collect::<Vec<_>>();
            networks.push(format!("{wrapper}.{name}"), vec![values.len()], values);
        }
    }
    Ok(())
}

/// What the arrays belong to.
fn about(saved: &SavedPolicy, networks: &Networks) -> Result<String> {
    let config = saved.config();
    let mut about: BTreeMap<&str, String> =
        networks.about.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    about.extend([
        ("agent", config.agent.clone()),
        ("environment", config.env.clone()),
        ("observations", saved.spec().observations.to_string()),
        ("actions", saved.spec().actions.to_string()),
        ("wrappers", config.wrappers.join(" ")),
        ("seed", saved.seed().to_string()),
        ("version", Program::this().version),
    ]);
    serde_json::to_string(&about).context("names and values that JSON can hold")
}
