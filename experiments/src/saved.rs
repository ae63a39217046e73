//! Saved policies: what a run leaves, loaded with one call.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use gymkhana_agents::{
    Mode, Policy, any_agent,
    registry::{self, AnyAgent, Entry},
};
use gymkhana_envs::{Elem, Env, Lanes, Registry, Rng, Seeds, Spec, State, registry::AnyBatch};

use crate::{
    acting::{Action, Actor, Seen},
    config::RunConfig,
    evaluate::{Evaluation, evaluate, lanes_for},
    launch,
    store::run_dir::{FINAL_POLICY, SavedState, read_manifest, read_policy},
    usage::Usage,
};

/// A policy that a run left.
pub struct SavedPolicy {
    envs: Registry,
    agent: AnyAgent,
    statistics: Vec<State>,
    config: RunConfig,
    seed: u64,
    env_spec: Spec,
    masks: bool,
    spec: Spec,
}

/// Loads the final policy of a run: `gymkhana::load("results/runs/…/seed-0")?`. It needs the agent's name in the
/// registry, but not the environment's.
///
/// # Errors
/// If the run is not finished, damaged, or of an agent this program does not have.
pub fn load(run_dir: impl AsRef<Path>) -> Result<SavedPolicy> {
    load_named(&Registry::standard(), run_dir.as_ref(), FINAL_POLICY)
}

/// Loads a policy of a run by its file's name: the final or the best one.
///
/// # Errors
/// As [`load`].
pub fn load_named(envs: &Registry, run_dir: &Path, name: &str) -> Result<SavedPolicy> {
    let manifest = read_manifest(run_dir)?;
    if !run_dir.join(name).exists() {
        let dir = run_dir.display();
        bail!(Usage(format!(
            "{dir} has no {name}: the run is not finished (`gymkhana train … --resume` goes on with it)"
        )));
    }
    let SavedState { policy, statistics } = read_policy(run_dir, name)?;
    let mut agent = launch::build_agent(&manifest.config, &manifest.spec, manifest.seed)?;
    let damaged = || format!("{} does not fit the run's agent", run_dir.join(name).display());
    any_agent!(&mut agent, agent => agent.set_policy_state(&policy)).with_context(damaged)?;
    Ok(SavedPolicy {
        envs: envs.clone(),
        agent,
        statistics,
        config: manifest.config,
        seed: manifest.seed,
        env_spec: manifest.env_spec,
        masks: manifest.masks,
        spec: manifest.spec,
    })
}

impl SavedPolicy {
    /// The specification it was trained for, with its wrappers.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The configuration it was trained with.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The agent that learned it.
    pub fn agent(&self) -> &AnyAgent {
        &self.agent
    }

    /// The registry's line of the agent.
    ///
    /// # Errors
    /// If it is not in the registry any more.
    pub fn entry(&self) -> Result<&'static Entry> {
        Ok(registry::find(&self.config.agent)?)
    }

    /// The statistics of the wrappers that it acted through.
    pub fn statistics(&self) -> &[State] {
        &self.statistics
    }

    /// The environment's own specification, without the wrappers.
    pub fn env_spec(&self) -> &Spec {
        &self.env_spec
    }

    /// Whether the environment says which actions are legal.
    pub fn masks(&self) -> bool {
        self.masks
    }

    /// The seed it was trained with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The policy, if it is of these kinds of number: `policy::<f32, f32>(Mode::Greedy)` sees features and gives controls.
    pub fn policy<O: Elem, A: Elem>(&self, mode: Mode) -> Option<Box<dyn Policy<O, A>>> {
        self.agent.typed::<O, A>().map(|agent| agent.policy(mode))
    }

    /// The policy at work, through the wrappers it was trained in, on observations as its environment gives them.
    ///
    /// # Errors
    /// If it does not fit its wrappers, which is damage.
    pub fn actor(&self, mode: Mode) -> Result<Actor> {
        Actor::new(self, mode)
    }

    /// The greedy choice for one observation of features, as the environment gives it, with which an episode begins.
    /// To act many times, take an [`actor`](Self::actor) once.
    ///
    /// # Errors
    /// If the environment gives state indices or another number of features, or takes controls.
    pub fn choose(&self, features: &[f32]) -> Result<usize> {
        self.choice(Seen::Features(features))
    }

    /// The greedy choice in one state, in which an episode begins. To act many times, take an [`actor`](Self::actor)
    /// once.
    ///
    /// # Errors
    /// If the environment gives features, there is no such state, or it takes controls.
    pub fn choose_in(&self, state: usize) -> Result<usize> {
        self.choice(Seen::Indices(&[state]))
    }

    fn choice(&self, seen: Seen<'_>) -> Result<usize> {
        self.actor(Mode::Greedy)?.begin(seen)?.choice().context("this policy's environment takes no single choice")
    }

    /// The greedy controls for one observation of features, as the environment gives it, with which an episode begins. To
    /// act many times, take an [`actor`](Self::actor) once.
    ///
    /// # Errors
    /// If the environment gives state indices or another number of features, or takes choices.
    pub fn steer(&self, features: &[f32]) -> Result<Vec<f32>> {
        match self.actor(Mode::Greedy)?.begin(Seen::Features(features))? {
            Action::Controls(controls) => Ok(controls),
            Action::Choices(_) => bail!("this policy's environment takes choices, not controls"),
        }
    }

    /// Evaluates it on its registered environment, greedily.
    ///
    /// # Errors
    /// If the environment is not registered, since it was trained on a value of your own.
    pub fn evaluate(&self, episodes: usize, seeds: &Seeds, rng: &mut Rng) -> Result<Evaluation> {
        let env = launch::evaluation_batch(&self.envs, &self.config, episodes)?;
        self.evaluate_in(env, episodes, seeds, rng)
    }

    /// Evaluates it on a value of your own, through the wrappers it was trained in.
    ///
    /// # Errors
    /// If the value has other spaces than the environment it was trained on, or breaks its contract.
    pub fn evaluate_on<E>(&self, env: E, episodes: usize, seed: u64) -> Result<Evaluation>
    where
        E: Env + Clone + Send + 'static,
    {
        let (spec, own, seeds) = (env.spec(), &self.env_spec, Seeds::from(seed));
        if own.observations.is_index() && !spec.observations.is_index() {
            bail!("this policy acts on state indices, and {} gives features", spec.id);
        }
        let fits = (&spec.observations, &spec.actions) == (&own.observations, &own.actions);
        ensure!(fits, "{} has other spaces than {}, which the policy was trained on", spec.id, own.id);
        let lanes = AnyBatch::new(Lanes::new(env, lanes_for(episodes), &seeds)?);
        let env = launch::for_evaluation(lanes, &self.config)?;
        self.evaluate_in(env, episodes, &seeds, &mut Rng::new(seed))
    }

    fn evaluate_in(&self, mut env: AnyBatch, episodes: usize, seeds: &Seeds, rng: &mut Rng) -> Result<Evaluation> {
        env.layer().set_statistics(&self.statistics)?;
        // What was the limit in training, wrappers included, is no cap.
        let limit = self.spec.time_limit;
        any_agent!(&self.agent, agent => {
            let mut env = self.entry()?.batch_for(&**agent, env)?;
            evaluate(&mut *env, &mut *agent.policy(Mode::Greedy), episodes, limit, seeds, rng)
        })
    }
}

impl std::fmt::Debug for SavedPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedPolicy").field("config", &self.config).field("seed", &self.seed).finish_non_exhaustive()
    }
}
