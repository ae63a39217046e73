//! `gymkhana compare`

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use gymkhana_envs::Registry;

use super::cells::{self, Asked, Work};
use crate::{
    comparison::{
        Plan, file,
        plan::{Wanted, WantedEnv},
    },
    config::Values,
    configure::Changes,
    usage::Usage,
};

/// Compare agents on environments, over many seeds
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana compare --agents q-learning,sarsa --envs CliffWalking-v1,Taxi-v4 --seeds 30
  gymkhana compare --agents dqn,ppo --envs CartPole-v1 --steps 50000 --out results/mine
  gymkhana compare --file comparison.toml
  gymkhana compare --file comparison.toml --out shared --cells 0-99     one machine's part

The directory gets index.html (a page that works offline), report.md, figures as SVG and PNG, scores.csv, curves.csv and
summary.json; the runs lie in runs/. The same command again does only what is missing. `gymkhana report DIR` makes page
and figures anew. Scores are the greedy mean returns of final policies; over several environments they are normalised, a
random policy being 0 and the environment's threshold, or else the best agent, 1.

A file, in which all but agents and envs may be left out; an agent's steps go before an environment's, and those before
the steps of all:
  title = \"...\"
  seeds = 10
  steps = 50_000
  envs = [\"CartPole-v1\", \"Acrobot-v1\"]
  [env.\"Acrobot-v1\"]
  steps = 100_000
  settings = { time_limit = 500 }
  low = -500
  high = -70
  [[agents]]
  agent = \"dqn\"
  [[agents]]
  label = \"DQN, double\"
  agent = \"dqn\"
  tuned = false                             # the defaults, not the zoo's settings
  settings = { double = true, learning_rate = \"1e-3 -> 0\" }
  wrappers = [\"normalize-observation\"]     # instead of the zoo's
  lanes = 1
  steps = 30_000")]
pub(super) struct Args {
    /// Agents with their tuned settings, or their defaults where nothing is tuned
    #[arg(long, value_name = "AGENT,...", value_delimiter = ',')]
    agents: Vec<String>,
    /// Environments
    #[arg(long, value_name = "ENV,...", value_delimiter = ',')]
    envs: Vec<String>,
    /// A TOML file with agents, their settings and labels, environments, seeds and steps
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agents", "envs"])]
    file: Option<PathBuf>,
    /// Seeds 0 to N−1 of each agent on each environment; without it 10, or what the file says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// Environment steps of every run, instead of what is tuned
    #[arg(long, value_name = "N", value_parser = super::count)]
    steps: Option<u64>,
    #[command(flatten)]
    work: Work,
}

pub(super) fn main(registry: &Registry, args: &Args) -> Result<()> {
    let plan = plan(registry, args)?;
    let asked = Asked { command: command(args), default: "compare", plan, work: &args.work };
    cells::main(registry, &asked)
}

fn plan(registry: &Registry, args: &Args) -> Result<Plan> {
    if let Some(path) = &args.file {
        return file::read(registry, path, args.seeds, args.steps);
    }
    let list = |names: &[String]| -> Vec<String> { names.iter().map(|name| name.trim().to_owned()).collect() };
    let (names, ids) = (list(&args.agents), list(&args.envs));
    if names.is_empty() || ids.is_empty() {
        bail!(Usage("what is compared is said by `--agents` and `--envs`, or by `--file`".into()));
    }
    for (names, option) in [(&names, "--agents"), (&ids, "--envs")] {
        if names.iter().any(String::is_empty) {
            bail!(Usage(format!("an empty name in `{option}`")));
        }
    }
    for name in &names {
        if let Err(error) = gymkhana_agents::registry::find(name) {
            return Err(super::of_another_kind(registry, name, error));
        }
    }
    let changes = Changes { steps: args.steps, ..Changes::default() };
    let agent = |name: &String| Wanted {
        label: name.clone(),
        agent: name.clone(),
        changes: changes.clone(),
        point: Values::new(),
        said: String::new(),
    };
    let agents: Vec<Wanted> = names.iter().map(agent).collect();
    let envs: Vec<WantedEnv> = ids.iter().map(|id| WantedEnv { id: id.clone(), ..WantedEnv::default() }).collect();
    let seeds = args.seeds.unwrap_or(file::SEEDS);
    Plan::new(registry, None, seeds, &agents, &envs, Vec::new())
}

/// The command as it could be typed again.
fn command(args: &Args) -> String {
    let mut words = vec!["gymkhana compare".to_owned()];
    match &args.file {
        Some(path) => words.push(format!("--file {}", cells::quoted(&path.display().to_string()))),
        None => words.push(format!("--agents {} --envs {}", args.agents.join(","), args.envs.join(","))),
    }
    words.extend(args.seeds.map(|seeds| format!("--seeds {seeds}")));
    words.extend(args.steps.map(|steps| format!("--steps {steps}")));
    words.extend(
        args.work.out.as_deref().map(|out: &Path| format!("--out {}", cells::quoted(&out.display().to_string()))),
    );
    words.join(" ")
}
