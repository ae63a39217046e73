//! From a configuration to a run: names become environments and agents.

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{Agent, DeviceName, Setup, any_agent, registry as agents, registry::AnyAgent};
use gymkhana_envs::{
    Batch, Elem, Registry, SeedSequence, Seeds, Spec,
    registry::{AnyBatch, Made},
    wrappers,
};

use crate::{
    config::{RunConfig, Values},
    evaluate::lanes_for,
    interrupt,
    observe::{History, Observer},
    runner::{self, Keeping, Worlds},
    store::{Found, Manifest, RunDir, RunResult, manifest::Program},
    streams::Streams,
    threads,
    usage::Usage,
};

/// Settings as the registries take them.
pub(crate) fn pairs(values: &Values) -> Vec<(&str, &str)> {
    values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// The environment of a configuration, without its wrappers.
///
/// # Errors
/// If there is none of that name, or a parameter is wrong.
pub fn environment(envs: &Registry, config: &RunConfig) -> Result<Made> {
    if config.given {
        bail!(Usage(format!("{} was given as a value in Rust: it can be run again only there", config.env)));
    }
    Ok((envs.find(&config.env)?.make)(&pairs(&config.env_settings))?)
}

/// All parameters of an environment under some settings: read and written again, so that 5e2 and 500 are one.
///
/// # Errors
/// If there is no such environment, or a parameter is wrong.
pub fn env_values(envs: &Registry, env: &str, settings: &Values) -> Result<Values> {
    let all = (envs.find(env)?.check)(&pairs(settings))?;
    Ok(all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(crate) fn wrapped(batch: AnyBatch, config: &RunConfig) -> Result<AnyBatch> {
    Ok(config.wrappers.iter().try_fold(batch, |batch, text| wrappers::wrap(batch, text))?)
}

/// A batch for evaluating `episodes` episodes, whose episodes end at the cap at the latest.
///
/// # Errors
/// If the configuration makes no environment.
pub fn evaluation_batch(envs: &Registry, config: &RunConfig, episodes: usize) -> Result<AnyBatch> {
    let seeds = Seeds::Spawned(SeedSequence::new(0));
    for_evaluation(environment(envs, config)?.batch(lanes_for(episodes), &seeds)?, config)
}

/// A batch in a configuration's wrappers, for evaluation: capped, and with statistics that stay as they are.
pub(crate) fn for_evaluation(batch: AnyBatch, config: &RunConfig) -> Result<AnyBatch> {
    let mut batch = wrapped(batch, config)?;
    batch.layer().limit_to(config.evaluation.cap);
    batch.layer().freeze();
    Ok(batch)
}

/// The agent of a configuration for an environment's specification.
///
/// # Errors
/// If there is none of that name, a parameter is wrong, or it does not fit.
pub fn build_agent(config: &RunConfig, spec: &Spec, seed: u64) -> Result<AnyAgent> {
    let device: DeviceName = config.device.parse()?;
    device.check()?;
    let setup = Setup { spec, lanes: config.lanes, steps: config.steps, device };
    let mut rng = Streams::new(seed).parameters();
    Ok((agents::find(&config.agent)?.build)(&pairs(&config.agent_settings), &setup, &mut rng)?)
}

/// Gives an agent the networks that its configuration says, if it says any.
fn begin_with<O: Elem, A: Elem>(config: &RunConfig, agent: &mut dyn Agent<O, A>) -> Result<()> {
    let Some(init) = &config.init else { return Ok(()) };
    let cannot = || Usage(format!("{} cannot begin with {}", config.agent, init.file.display()));
    agent.set_networks(&init.networks()?).with_context(cannot)
}

/// Refuses a configuration that makes no run, before the first one begins; gives the specification the agent sees.
///
/// # Errors
/// What is wrong and what would be right.
pub fn check(envs: &Registry, config: &RunConfig) -> Result<Spec> {
    config.check()?;
    let entry = agents::find(&config.agent)?;
    (entry.check)(&pairs(&config.agent_settings))?;
    let env = wrapped(environment(envs, config)?.batch(1, &Seeds::from(0))?, config)?;
    entry.check_fit(&env)?;
    let mut agent = build_agent(config, env.spec(), 0)?;
    any_agent!(&mut agent, agent => begin_with(config, &mut **agent))?;
    Ok(env.spec().clone())
}

/// What to do with a run that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Existing {
    /// Take a finished run's result; refuse to touch an interrupted one.
    #[default]
    Keep,
    /// Take a finished run's result; go on with an interrupted one.
    Resume,
}

/// How runs are made.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    /// What to do with a run that is already there.
    pub existing: Existing,
    /// From one checkpoint to the next.
    pub checkpoint_every: Duration,
    /// How many runs at a time.
    pub jobs: usize,
    /// How many threads step the lanes of one run. It changes no number.
    pub env_threads: usize,
    /// Whether every training episode is written too.
    pub monitor: bool,
}

impl Default for Making {
    fn default() -> Self {
        let jobs = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            existing: Existing::Keep,
            checkpoint_every: Duration::from_secs(10),
            jobs,
            env_threads: 1,
            monitor: false,
        }
    }
}

/// A run to be made: a seed, and the directory it is kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The seed.
    pub seed: u64,
    /// The directory.
    pub dir: PathBuf,
}

/// A run that was made, or was there.
#[derive(Clone, Debug)]
pub struct Completed {
    /// The seed.
    pub seed: u64,
    /// Its result.
    pub result: RunResult,
    /// Its metrics.
    pub history: History,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Refuses a directory that cannot take its run: one of another run or of something else, or, unless it is to be gone
/// on with, of an interrupted one. Gives the program that made what is there. To be asked for all cells before the
/// first begins, so that what is refused changes nothing.
///
/// # Errors
/// What is in the way.
pub fn check_cell(config: &RunConfig, cell: &Cell, existing: Existing) -> Result<Option<Program>> {
    Ok(match room_for(config, cell, existing)? {
        Found::Nothing => None,
        Found::Finished(manifest, _) | Found::Interrupted(manifest) => Some(manifest.program),
    })
}

/// What stands where a run goes, if the run can go there.
fn room_for(config: &RunConfig, Cell { seed, dir }: &Cell, existing: Existing) -> Result<Found> {
    let found = RunDir::find(dir)?;
    if let Found::Finished(manifest, _) | Found::Interrupted(manifest) = &found {
        same_run(manifest, config, *seed, dir)?;
    }
    if matches!(found, Found::Interrupted(_)) && existing == Existing::Keep {
        bail!(Usage(format!(
            "{} holds an interrupted run: `--resume` goes on with it, `--out` puts a new one elsewhere",
            dir.display()
        )));
    }
    Ok(found)
}

/// Makes one run in its directory, or takes the one that is there.
///
/// # Errors
/// If it fails, is interrupted, or the directory holds something else.
pub fn run_cell(
    envs: &Registry,
    config: &RunConfig,
    cell: &Cell,
    making: &Making,
    observer: &mut dyn Observer,
) -> Result<Completed> {
    let found = room_for(config, cell, making.existing)?;
    if let Found::Finished(_, result) = found {
        let history = crate::store::run_dir::read_history(&cell.dir)?;
        return Ok(Completed { seed: cell.seed, result, history, was_there: true });
    }
    let lanes = environment(envs, config)?.batch(config.lanes, &Streams::new(cell.seed).lanes())?;
    let masks = lanes.masks();
    let mut training = wrapped(lanes, config)?;
    if making.env_threads > 1 {
        training.layer().spread(&threads::executor(making.env_threads)?);
    }
    let during = evaluation_batch(envs, config, config.evaluation.episodes)?;
    let after = evaluation_batch(envs, config, config.evaluation.final_episodes)?;
    let agent = build_agent(config, training.spec(), cell.seed)?;
    let env_spec = environment(envs, config)?.spec().clone();
    let mut make = Make { config, env_spec, masks, cell, making, found, observer };
    let entry = agents::find(&config.agent)?;
    any_agent!(agent, agent => {
        let batch = |batch| entry.batch_for(&*agent, batch);
        let worlds = [batch(training)?, batch(during)?, batch(after)?];
        make.run(worlds, agent)
    })
}

/// A run in the making, whatever its kinds of number.
struct Make<'a> {
    config: &'a RunConfig,
    env_spec: Spec,
    masks: bool,
    cell: &'a Cell,
    making: &'a Making,
    found: Found,
    observer: &'a mut dyn Observer,
}

impl Make<'_> {
    /// Opens the directory and goes through the loop.
    fn run<O: Elem, A: Elem>(
        &mut self,
        [mut training, mut evaluation, mut final_evaluation]: [Box<dyn Batch<O = O, A = A>>; 3],
        mut agent: Box<dyn Agent<O, A>>,
    ) -> Result<Completed> {
        let (config, Cell { seed, dir }) = (self.config, self.cell);
        let exact = training.resumes_exactly();
        let manifest = Manifest::new(config.clone(), *seed, self.env_spec.clone(), training.spec().clone(), exact);
        let manifest = Manifest { masks: self.masks, ..manifest };
        let keeping = Keeping::open(dir, &self.found, manifest, self.making.checkpoint_every)?;
        let keeping = Keeping { monitor: self.making.monitor, ..keeping };
        if keeping.state.is_none() {
            begin_with(config, &mut *agent)?;
        }
        let worlds =
            Worlds { training: &mut *training, evaluation: &mut *evaluation, final_evaluation: &mut *final_evaluation };
        let (result, history) = runner::run(config, *seed, worlds, &mut *agent, keeping, self.observer)?;
        Ok(Completed { seed: *seed, result, history, was_there: false })
    }
}

/// Refuses a directory of another run.
pub(crate) fn same_run(manifest: &Manifest, config: &RunConfig, seed: u64, dir: &Path) -> Result<()> {
    let mut differences = config.differences(&manifest.config);
    if manifest.seed != seed {
        differences.push(format!("seed: {seed} instead of {}", manifest.seed));
    }
    if differences.is_empty() {
        return Ok(());
    }
    bail!(Usage(format!("{} holds another run ({}): choose another `--out`", dir.display(), differences.join("; "))))
}

/// Makes runs, several at a time; a run that fails does not stop the others. Results are in the order of `cells`.
pub fn run_cells<'a, T: Observer>(
    envs: &Registry,
    config: &RunConfig,
    cells: &'a [Cell],
    making: &Making,
    observer: impl Fn(&'a Cell) -> T + Sync,
) -> Vec<Result<Completed>> {
    threads::each(cells.len(), making.jobs, |place| {
        let cell = &cells[place];
        let made = if interrupt::wanted() {
            Err(interrupt::Interrupted { step: 0 }.into())
        } else {
            run_cell(envs, config, cell, making, &mut observer(cell))
        };
        made.with_context(|| format!("seed {}", cell.seed))
    })
}
