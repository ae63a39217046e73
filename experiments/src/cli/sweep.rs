//! `gymkhana sweep AGENT ENV`

use anyhow::{Result, bail};
use gymkhana_envs::Registry;

use super::{
    cells::{self, Asked, Work},
    of_another_kind,
    out::complain,
    settings,
};
use crate::{
    comparison::{
        Plan,
        grid::{Axis, agents, points},
        plan::WantedEnv,
    },
    configure::Changes,
    usage::Usage,
};

/// Try settings of an agent on an environment, every combination or some at random
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana sweep ppo CartPole-v1 --grid learning_rate=1e-4,3e-4,1e-3 --grid gamma=0.98,0.99 --seeds 3
  gymkhana sweep dqn Acrobot-v1 --grid learning_rate=1e-5..1e-2 --grid 'hidden=64,64|256,256' --random 50
  gymkhana sweep q-learning FrozenLake-v1 --grid env.is_slippery=true,false --grid 'epsilon=0.1|1 -> 0.01'

Values are separated by commas, or by | where they have commas themselves. LOW..HIGH is a range for --random, even in its
logarithm where HIGH is at least ten times LOW. Everything else is as in `gymkhana compare`, with a figure of how the score
depends on each setting.")]
pub(super) struct Args {
    /// The agent
    agent: String,
    /// The environment
    env: String,
    /// A setting of the agent, or, as env.KEY, of the environment, and its values
    #[arg(long, value_name = "KEY=VALUE,...", required = true)]
    grid: Vec<String>,
    /// So many combinations at random, none twice, instead of all
    #[arg(long, value_name = "N")]
    random: Option<usize>,
    /// Seeds 0 to N−1 of each combination
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// Environment steps of every run, instead of what is tuned
    #[arg(long, value_name = "N", value_parser = super::count)]
    steps: Option<u64>,
    /// A setting that is the same in all combinations
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A wrapper round the environment, innermost first
    #[arg(long = "wrap", value_name = "WRAPPER")]
    wrappers: Vec<String>,
    /// Copies of the environment that are stepped together
    #[arg(long, value_name = "N")]
    lanes: Option<usize>,
    #[command(flatten)]
    work: Work,
}

pub(super) fn main(registry: &Registry, args: &Args) -> Result<()> {
    if let Err(error) = gymkhana_agents::registry::find(&args.agent) {
        return Err(of_another_kind(registry, &args.agent, error));
    }
    let axes: Vec<Axis> = args.grid.iter().map(|text| Axis::parse(text)).collect::<Result<_>>()?;
    let said = settings::read(&args.settings)?;
    for axis in &axes {
        let set = match axis.setting.strip_prefix("env.") {
            Some(setting) => said.env.contains_key(setting),
            None => said.agent.contains_key(&axis.setting),
        };
        if set {
            bail!(Usage(format!("`{}` is both swept and set", axis.setting)));
        }
    }
    let changes = Changes {
        agent: said.agent,
        env: said.env,
        wrappers: (!args.wrappers.is_empty()).then(|| args.wrappers.clone()),
        steps: args.steps,
        lanes: args.lanes,
        ..Changes::default()
    };
    let whole = |setting: &str| is_whole(registry, args, setting);
    let wanted = agents(&args.agent, &axes, points(&axes, args.random, &whole)?, &changes);
    if let Some(asked) = args.random.filter(|asked| *asked > wanted.len()) {
        complain(&format!("note: there are only {} combinations, not {asked}", wanted.len()));
    }
    let env = WantedEnv { id: args.env.clone(), ..WantedEnv::default() };
    let swept: Vec<String> = axes.iter().map(|axis| axis.setting.clone()).collect();
    let title = format!("{} on {}: {}", args.agent, registry.find(&args.env)?.id, swept.join(", "));
    let plan = Plan::new(registry, Some(title), args.seeds, &wanted, &[env], swept)?;
    cells::main(registry, &Asked { command: command(args), default: "sweep", plan, work: &args.work })
}

/// Whether a setting takes whole numbers only. One that there is not is refused later, with the names that there are.
fn is_whole(registry: &Registry, args: &Args, setting: &str) -> bool {
    let params = match setting.strip_prefix("env.") {
        Some(_) => registry.find(&args.env).map(|entry| (entry.params)()).unwrap_or_default(),
        None => gymkhana_agents::registry::find(&args.agent).map(|entry| (entry.params)()).unwrap_or_default(),
    };
    let name = setting.strip_prefix("env.").unwrap_or(setting);
    params.iter().any(|param| param.name == name && param.kind == "whole number")
}

/// The command as it could be typed again.
fn command(args: &Args) -> String {
    let mut words = vec![format!("gymkhana sweep {} {}", args.agent, args.env)];
    words.extend(args.grid.iter().map(|grid| format!("--grid {}", cells::quoted(grid))));
    words.extend(args.random.map(|random| format!("--random {random}")));
    words.push(format!("--seeds {}", args.seeds));
    words.extend(args.steps.map(|steps| format!("--steps {steps}")));
    words.extend(args.settings.iter().map(|setting| format!("--set {}", cells::quoted(setting))));
    words.extend(args.wrappers.iter().map(|wrapper| format!("--wrap {}", cells::quoted(wrapper))));
    words.extend(args.lanes.map(|lanes| format!("--lanes {lanes}")));
    words.extend(args.work.out.as_ref().map(|out| format!("--out {}", cells::quoted(&out.display().to_string()))));
    words.join(" ")
}
