//! `gymkhana play ENV`

use std::{io::IsTerminal, path::PathBuf};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{Mode, Policy, planning::value_iteration, registry::AnyAgent};
use gymkhana_envs::{
    Elem, Registry, Rng, Space, View,
    registry::{AnyBatch, Made},
    wrappers,
};

use super::{
    human,
    out::say,
    settings::read_env,
    stage::{Stage, is_terminal},
};
use crate::{
    config::Values,
    launch::{env_values, pairs},
    playing::Act,
    saved::{SavedPolicy, load_named},
    store::run_dir::{BEST_POLICY, FINAL_POLICY, runs_at},
    streams::Streams,
    usage::Usage,
};

/// Watch a policy in an environment, or play it yourself
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana play FrozenLake-v1 --policy optimal
  gymkhana play CartPole-v1 --policy results/runs/cart --gif cart.gif
  gymkhana play CliffWalking-v1 --policy human
  gymkhana play Gridworld --set env.map=@map.txt --text

In a terminal frames follow one another in place; elsewhere they are printed one below the other. Pictures are shown
where an environment has them and the terminal has colours, text otherwise and with --text.")]
pub(super) struct Args {
    /// The environment
    env: String,
    /// Who acts: random, optimal (finite environments are solved), human, or a run's directory
    #[arg(long, value_name = "WHO", default_value = "random")]
    policy: String,
    /// The policy of the best evaluation during the run, instead of the final one
    #[arg(long)]
    best: bool,
    /// How many episodes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    episodes: u32,
    /// The seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// A parameter of the environment; KEY=@FILE takes what a file says
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A wrapper round the environment, innermost first
    #[arg(long = "wrap", value_name = "WRAPPER")]
    wrappers: Vec<String>,
    /// Give an episode up after so many steps
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// The discount that `--policy optimal` is optimal for
    #[arg(long, value_name = "G", default_value_t = 0.999)]
    gamma: f64,
    /// Write a film
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
    /// Text instead of pictures
    #[arg(long)]
    text: bool,
    /// Frames per second; without it, 30 for pictures and 4 for text
    #[arg(long, value_name = "N", value_parser = frames_per_second)]
    fps: Option<f64>,
}

fn frames_per_second(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|fps| (0.01..=1000.0).contains(fps)).ok_or_else(|| "not from 0.01 to 1000".into())
}

/// Sweeps after which value iteration gives up.
const MOST_SWEEPS: usize = 100_000;
const TOLERANCE: f64 = 1e-9;

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    if let Some(path) = args.gif.as_ref().filter(|path| path.extension().is_none_or(|end| end != "gif")) {
        bail!(Usage(format!("{} does not end in .gif", path.display())));
    }
    let entry = envs.find(&args.env)?;
    let saved = match args.policy.as_str() {
        "random" | "optimal" | "human" => None,
        dir => Some(saved(envs, dir, entry.id, args)?),
    };
    let (mut settings, mut wraps) = (Values::new(), args.wrappers.clone());
    if let Some(saved) = &saved {
        settings.clone_from(&saved.config().env_settings);
        wraps = saved.config().wrappers.iter().cloned().chain(wraps).collect();
    }
    settings.extend(read_env(&args.settings)?);
    let made = (entry.make)(&pairs(&env_values(envs, entry.id, &settings)?))?;

    let (seeds, mut rng) = Streams::new(args.seed).later_evaluation();
    let batch = made.watched_batch(1, &seeds).unwrap_or_else(|| made.batch(1, &seeds))?;
    let mut batch = wraps.iter().try_fold(batch, |batch, text| wrappers::wrap(batch, text))?;
    batch.layer().limit_to(args.steps);
    batch.layer().freeze();
    if let Some(saved) = &saved {
        batch.layer().set_statistics(saved.statistics())?;
    }

    let human = args.policy == "human";
    if human && !(is_terminal() && std::io::stdin().is_terminal()) {
        bail!(Usage("`--policy human` needs a terminal".into()));
    }
    let lit = args.text || human;
    let mut stage = Stage::new(args.gif.as_deref(), lit, args.text, args.fps, made.action_names());
    let n = args.episodes as usize;
    let space = batch.spec().actions.clone();
    let played = match (args.policy.as_str(), batch) {
        ("random", AnyBatch::IndexChoice(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::FeatureChoice(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::IndexControl(mut env)) => stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n),
        ("random", AnyBatch::FeatureControl(mut env)) => {
            stage.show(&mut *env, &seeds, &mut rng, &mut random(&space), n)
        }
        ("optimal", AnyBatch::IndexChoice(mut env)) => {
            let mut solution = optimal(&made, args)?;
            stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut solution), n)
        }
        ("optimal", _) => Err(no_table(&made)),
        ("human", batch) => human::play(&mut stage, batch, made.action_names(), &seeds, &mut rng, n),
        (_, batch) => {
            let saved = saved.context("a run directory was loaded")?;
            match (saved.agent(), batch) {
                (AnyAgent::IndexChoice(agent), AnyBatch::IndexChoice(mut env)) => {
                    let mut policy = agent.policy(Mode::Greedy);
                    stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut *policy), n)
                }
                (AnyAgent::FeatureChoice(agent), AnyBatch::FeatureChoice(mut env)) => {
                    let mut policy = agent.policy(Mode::Greedy);
                    stage.show(&mut *env, &seeds, &mut rng, &mut following(&mut *policy), n)
                }
                (_, batch) => bail!(Usage(format!("{} does not fit {}", saved.config().agent, batch.spec().id))),
            }
        }
    }?;
    stage.finish(format!("{}, {}", entry.id, args.policy), &played)
}

/// The policy that a run left; the run was on this environment.
fn saved(envs: &Registry, dir: &str, env: &str, args: &Args) -> Result<SavedPolicy> {
    let path = PathBuf::from(dir);
    if !path.exists() {
        bail!(Usage(format!("`--policy {dir}` is none of random, optimal and human, and no run's directory")));
    }
    let run = match runs_at(&path)?.as_slice() {
        [run] => run.clone(),
        several => {
            let names: Vec<_> = several.iter().map(|run| run.display().to_string()).collect();
            bail!(Usage(format!("{dir} holds several runs: choose one of {}", names.join(", "))));
        }
    };
    let saved = load_named(envs, &run, if args.best { BEST_POLICY } else { FINAL_POLICY })?;
    if !saved.config().env.eq_ignore_ascii_case(env) {
        bail!(Usage(format!("the run in {} is on {}, not on {env}", run.display(), saved.config().env)));
    }
    Ok(saved)
}

/// Solves a finite environment.
fn optimal(made: &Made, args: &Args) -> Result<impl Policy<usize, usize>> {
    let model = made.model().ok_or_else(|| no_table(made))?;
    if made.spec().observations != Space::Discrete(model.states()) || !args.wrappers.is_empty() {
        let what = if args.wrappers.is_empty() { "its states cannot be seen" } else { "wrappers hide its states" };
        bail!(Usage(format!("{}: {what}, so that a policy on states cannot act", made.spec().id)));
    }
    let solution = value_iteration(model, args.gamma, TOLERANCE, MOST_SWEEPS)?;
    if solution.change > TOLERANCE {
        bail!(Usage(format!("with γ = {} the values do not settle: give a lower `--gamma`", args.gamma)));
    }
    let start: f64 = model.start().iter().zip(&solution.values).map(|(p, v)| p * v).sum();
    let (n, sweeps, id) = (model.states(), solution.sweeps, &made.spec().id);
    say(&format!(
        "{id} solved: {n} states, {sweeps} sweeps, expected discounted return from the start {start:.4} (γ = {})\n",
        args.gamma
    ))?;
    Ok(solution)
}

fn no_table(made: &Made) -> anyhow::Error {
    Usage(format!("{} has no transition table, so that it cannot be solved", made.spec().id)).into()
}

/// Acts at random, legally.
fn random<O: Elem, A: Elem>(space: &Space) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [A]) -> Result<Act> + 'static {
    let space = space.clone();
    move |now, rng, act| {
        now.act_at_random(&space, rng, act);
        Ok(Act::Go)
    }
}

/// Acts as a policy does.
fn following<O: Elem, A: Elem, P: Policy<O, A> + ?Sized>(
    policy: &mut P,
) -> impl FnMut(&View<'_, O>, &mut Rng, &mut [A]) -> Result<Act> {
    |now, rng, act| {
        policy.act(now, rng, act);
        Ok(Act::Go)
    }
}
