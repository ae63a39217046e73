//! `gymkhana play ENV`

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{
    Mode, Policy, any_agent,
    planning::{ModifiedPolicyIteration, Solve},
};
use gymkhana_envs::{
    Elem, Registry, Rng, Space, Spec, View,
    registry::{AnyBatch, Made},
    wrappers,
};

use super::{
    Told, human,
    out::{complain, say},
    settings::read_env,
    stage::{Stage, is_terminal},
};
use crate::{
    config::Values,
    interrupt,
    launch::{env_values, pairs},
    playing::{Act, Plan},
    saved::{SavedPolicy, load_named},
    store::{
        atomic,
        run_dir::{BEST_POLICY, FINAL_POLICY, runs_at},
    },
    streams::Streams,
    usage::Usage,
};

/// Watch a policy in an environment, or play it yourself
#[derive(clap::Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Examples:
  gymkhana play FrozenLake-v1 --policy optimal
  gymkhana play CartPole-v1 --policy results/runs/cart --gif cart.gif
  gymkhana play CliffWalking-v1 --policy human
  gymkhana play Gridworld --set env.map=@map.txt --text

In a terminal frames follow one another in place; elsewhere they are printed one below the other. Pictures are shown
where an environment has them and the terminal has colours, text otherwise and with --text."
)]
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
    /// Write a film; meanwhile nothing is shown, unless with --text
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

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    if let Some(path) = &args.gif {
        check_film(path)?;
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
    let (spec, space) = (batch.spec().clone(), batch.spec().actions.clone());
    batch.layer().limit_to(args.steps);
    batch.layer().freeze();
    if let Some(saved) = &saved {
        check_spaces(saved, &spec, &args.policy)?;
        batch.layer().set_statistics(saved.statistics())?;
    }

    let human = args.policy == "human";
    if human && !(is_terminal() && std::io::stdin().is_terminal()) {
        bail!(Usage("`--policy human` needs a terminal whose cursor can be moved".into()));
    }
    let lit = args.text || human;
    let mut stage = Stage::new(args.gif.as_deref(), lit, args.text, args.fps, made.action_names());
    let plan = Plan { episodes: args.episodes as usize, seeds, own_limit: spec.time_limit };
    let played = match (args.policy.as_str(), batch) {
        ("random", AnyBatch::IndexChoice(mut env)) => stage.show(&mut *env, &plan, &mut rng, &mut random(&space)),
        ("random", AnyBatch::FeatureChoice(mut env)) => stage.show(&mut *env, &plan, &mut rng, &mut random(&space)),
        ("random", AnyBatch::IndexControl(mut env)) => stage.show(&mut *env, &plan, &mut rng, &mut random(&space)),
        ("random", AnyBatch::FeatureControl(mut env)) => stage.show(&mut *env, &plan, &mut rng, &mut random(&space)),
        ("optimal", AnyBatch::IndexChoice(mut env)) => {
            let mut solution = optimal(&made, &spec, args)?;
            stage.show(&mut *env, &plan, &mut rng, &mut following(&mut solution))
        }
        ("optimal", _) => Err(no_table(&made)),
        ("human", batch) => human::play(&mut stage, batch, made.action_names(), &plan, &mut rng),
        (_, batch) => {
            let saved = saved.context("a run directory was loaded")?;
            any_agent!(saved.agent(), agent => {
                let mut env = saved.entry()?.batch_for(&**agent, batch)?;
                let mut policy = agent.policy(Mode::Greedy);
                stage.show(&mut *env, &plan, &mut rng, &mut following(&mut *policy))
            })
        }
    }?;
    stage.finish(format!("{}, {}", entry.id, args.policy), &played)?;
    if interrupt::wanted() {
        bail!(Told(interrupt::STATUS));
    }
    Ok(())
}

/// Refuses a path that no film can be written to, before anybody has played for it.
fn check_film(path: &Path) -> Result<()> {
    if path.extension().is_none_or(|end| end != "gif") {
        bail!(Usage(format!("{} does not end in .gif", path.display())));
    }
    if path.is_dir() {
        bail!(Usage(format!("{} is a directory", path.display())));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || Usage(format!("cannot write {}", path.display()));
    atomic::create_dir(parent).with_context(cannot)?;
    tempfile::tempfile_in(parent).with_context(cannot)?;
    Ok(())
}

/// Refuses settings and wrappers that show a policy other spaces than those it was trained on.
fn check_spaces(saved: &SavedPolicy, spec: &Spec, dir: &str) -> Result<()> {
    let (trained, here) = (saved.spec(), spec);
    if (&trained.observations, &trained.actions) == (&here.observations, &here.actions) {
        return Ok(());
    }
    let spaces = |spec: &Spec| format!("observations in {} and actions in {}", spec.observations, spec.actions);
    bail!(Usage(format!(
        "the run in {dir} was trained on {}, but with these settings there are {}",
        spaces(trained),
        spaces(here)
    )))
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
fn optimal(made: &Made, spec: &Spec, args: &Args) -> Result<impl Policy<usize, usize> + use<>> {
    let model = made.model().ok_or_else(|| no_table(made))?;
    let seen = (Space::Discrete(model.states()), Space::Discrete(model.actions()));
    if (&spec.observations, &spec.actions) != (&seen.0, &seen.1) {
        let (has, states) = (&spec.observations, model.states());
        bail!(Usage(format!(
            "{}: its table has {states} states, but observations are in {has}: a policy on states cannot act",
            spec.id
        )));
    }
    if std::io::stderr().is_terminal() {
        complain(&format!("solving {} …", spec.id));
    }
    let config = ModifiedPolicyIteration { gamma: args.gamma, ..ModifiedPolicyIteration::default() };
    let solution = config.solve(model, &mut || !interrupt::wanted())?;
    if interrupt::wanted() {
        bail!(Told(interrupt::STATUS));
    }
    if !solution.settled {
        bail!(Usage(format!("with γ = {} the values do not settle: give a lower `--gamma`", args.gamma)));
    }
    let start = solution.from_start(model);
    let (n, sweeps, id) = (model.states(), solution.sweeps, &spec.id);
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
