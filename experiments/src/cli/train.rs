//! `gymkhana train AGENT ENV`

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use gymkhana_envs::Registry;

use super::{
    Told, count, of_another_kind,
    out::{complain, grid, say},
    seconds, settings, status,
    trained::{learned_values, learning_curve, results, settings_text, summary},
};
use crate::{
    config::{Init, RunConfig},
    configure::{Changes, configure},
    interrupt::Interrupted,
    launch::{self, Cell, Completed, Existing, Making},
    observe::Bars,
    plot::Reference,
    store::{atomic, manifest::Program, run_dir::is_run},
    usage::Usage,
};

/// Train an agent on an environment and draw its learning curve
#[derive(clap::Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Examples:
  gymkhana train q-learning CliffWalking-v1
  gymkhana train dqn CartPole-v1 --seeds 4 --until 'return>=475'
  gymkhana train dqn CliffWalking-v1 --wrap one-hot --set learning_rate=1e-3 --set env.time_limit=200

Settings begin with the tuned ones of the zoo, where there are any; `gymkhana show AGENT` lists them all.
Ctrl-C leaves a run that `--resume` goes on with, to the same numbers."
)]
pub(super) struct Args {
    /// The agent
    agent: String,
    /// The environment
    env: String,
    /// Environment steps, all lanes together
    #[arg(long, value_name = "N", value_parser = count)]
    steps: Option<u64>,
    /// Stop at the first evaluation with this mean return, as in `return>=475`
    #[arg(long, value_name = "GOAL", value_parser = goal, allow_hyphen_values = true)]
    until: Option<f64>,
    /// The seed
    #[arg(long, value_name = "S", default_value_t = 0, conflicts_with = "seeds")]
    seed: u64,
    /// Several runs, with seeds 0 to N−1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: Option<u64>,
    /// A parameter of the agent, or, as env.KEY, of the environment; KEY=@FILE takes what a file says
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A wrapper round the environment, innermost first
    #[arg(long = "wrap", value_name = "WRAPPER")]
    wrappers: Vec<String>,
    /// Begin with the networks of a safetensors file, such as `gymkhana export` writes
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// Copies of the environment that are stepped together
    #[arg(long, value_name = "N")]
    lanes: Option<usize>,
    /// Where tensors live: flex, ndarray or wgpu
    #[arg(long, value_name = "D", default_value = "flex")]
    device: String,
    /// Where the run goes; without it, a directory under results/runs named after its settings
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with a run that was interrupted
    #[arg(long)]
    resume: bool,
    /// How many runs at a time; without it, one per core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Threads that step the lanes of one run, worth while for thousands of them; it changes no number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    env_threads: u16,
    /// Steps from one evaluation to the next, 0 for none during the run
    #[arg(long, value_name = "N", value_parser = count)]
    eval_every: Option<u64>,
    /// Episodes of each evaluation during the run
    #[arg(long, value_name = "N")]
    eval_episodes: Option<usize>,
    /// Seconds from one checkpoint to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    checkpoint_every: f64,
    /// Also write every training episode into monitor.csv, as Stable-Baselines3 does
    #[arg(long)]
    monitor: bool,
}

/// `return>=475`
fn goal(text: &str) -> Result<f64, String> {
    let number =
        text.split_once(">=").map_or(text, |(name, number)| if name.trim() == "return" { number } else { text });
    number.trim().parse().ok().filter(|x: &f64| x.is_finite()).ok_or_else(|| "not of the form return>=475".into())
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let config = configuration(envs, args)?;
    let spec = launch::check(envs, &config)?;
    let checkpoint_every = seconds("--checkpoint-every", args.checkpoint_every)?;
    let mut making = Making { checkpoint_every, monitor: args.monitor, ..Making::default() };
    making.jobs = args.jobs.map_or(making.jobs, usize::from);
    making.env_threads = args.env_threads.into();
    making.existing = if args.resume { Existing::Resume } else { Existing::Keep };
    let default =
        || Path::new("results/runs").join(format!("{}-{}-{}", config.agent, config.env, config.fingerprint()));
    let out = args.out.clone().unwrap_or_else(default);
    let cells = cells(args, &out);
    if args.seeds.is_some() && is_run(&out) {
        bail!(Usage(format!("{} holds one run, not one for each seed: choose another `--out`", out.display())));
    }
    for cell in &cells {
        let made_by = launch::check_cell(&config, cell, making.existing)?;
        if made_by.is_some_and(|program| program != Program::this_build()) {
            complain(&format!("note: {} was begun by another build of gymkhana", cell.dir.display()));
        }
    }

    say(&settings_text(envs, &config)?)?;
    say(&format!("{} → {}\n", seeds_text(&cells), out.display()))?;
    let bars = Bars::new();
    let label = |cell: &Cell| format!("seed {}", cell.seed);
    let made = launch::run_cells(envs, &config, &cells, &making, |cell| bars.add(&label(cell), config.steps));
    bars.clear();

    let (done, failed): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    let done: Vec<Completed> = done.into_iter().filter_map(Result::ok).collect();
    if !done.is_empty() {
        say(&grid(&results(&config, &done)))?;
        say(&summary(&config, &done))?;
        let finished: Vec<_> = cells.iter().filter(|cell| done.iter().any(|made| made.seed == cell.seed)).collect();
        if let Some(values) = learned_values(envs, &config, &finished)? {
            say(&format!("{values}\n"))?;
        }
        let threshold = spec.reward_threshold.map(|y| Reference { label: "solved".into(), y });
        let title = format!("{} on {}", config.agent, config.env);
        let figure = learning_curve(title, &config.agent, &done, threshold);
        // One seed's curve stands with its run, so that it does not replace that of several.
        let place = if let [cell] = cells.as_slice() { &cell.dir } else { &out };
        // A kill while the curve was drawn before leaves what no run that is finished would tidy up.
        atomic::remove_leftovers(place)?;
        super::plot::write_both(&figure, &place.join("curve"))?;
        say(&format!("{}", place.join("curve.svg").display()))?;
    }
    fail(&failed.into_iter().filter_map(Result::err).collect::<Vec<_>>())
}

/// Says what failed, and how to go on; the first failure decides the exit status.
fn fail(errors: &[anyhow::Error]) -> Result<()> {
    let Some(first) = errors.first() else { return Ok(()) };
    for error in errors {
        complain(&format!("error: {error:#}"));
    }
    if errors.iter().any(|error| error.downcast_ref::<Interrupted>().is_some()) {
        complain("the same command with `--resume` goes on");
    }
    let diverged = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(gymkhana_agents::Error::Diverged(_)));
    if errors.iter().any(diverged) {
        complain("`gymkhana export DIR --best` and then `--init FILE` begins with the best policy and other settings");
    }
    bail!(Told(status(first)))
}

fn configuration(envs: &Registry, args: &Args) -> Result<RunConfig> {
    let swapped = envs.find(&args.agent).is_ok() && gymkhana_agents::registry::find(&args.env).is_ok();
    if swapped {
        bail!(Usage(format!("the agent comes first: gymkhana train {} {}", args.env, args.agent)));
    }
    if let Err(error) = gymkhana_agents::registry::find(&args.agent) {
        return Err(of_another_kind(envs, &args.agent, error));
    }
    let settings = settings::read(&args.settings)?;
    let changes = Changes {
        untuned: false,
        agent: settings.agent,
        env: settings.env,
        wrappers: (!args.wrappers.is_empty()).then(|| args.wrappers.clone()),
        steps: args.steps,
        lanes: args.lanes,
        device: Some(args.device.clone()),
    };
    let mut config = configure(envs, &args.agent, &args.env, &changes)?;
    config.evaluation.every = args.eval_every.unwrap_or(config.evaluation.every);
    config.evaluation.episodes = args.eval_episodes.unwrap_or(config.evaluation.episodes);
    config.until = args.until;
    config.init = args.init.as_deref().map(Init::of).transpose()?;
    config.check().map_err(|error| Usage(error.to_string()))?;
    Ok(config)
}

/// One seed goes into the directory itself, several into one each below it.
fn cells(args: &Args, out: &Path) -> Vec<Cell> {
    match args.seeds {
        Some(n) => (0..n).map(|seed| Cell { seed, dir: out.join(format!("seed-{seed}")) }).collect(),
        None if args.out.is_some() => vec![Cell { seed: args.seed, dir: out.into() }],
        None => vec![Cell { seed: args.seed, dir: out.join(format!("seed-{}", args.seed)) }],
    }
}

fn seeds_text(cells: &[Cell]) -> String {
    match cells {
        [cell] => format!("seed {}", cell.seed),
        cells => format!("seeds 0 to {}", cells.len() - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_goals_as_people_write_them() {
        assert_eq!((count("5e4"), count("50_000")), (Ok(50_000), Ok(50_000)));
        assert!(count("-1").is_err() && count("1.5").is_err());
        assert_eq!((goal("return>=475"), goal("-13")), (Ok(475.0), Ok(-13.0)));
        assert!(goal("reward>=3").is_err() && goal("return>=much").is_err());
    }
}
