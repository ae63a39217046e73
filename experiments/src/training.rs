//! Training from Rust: any agent on a value that implements `Env`, with or without the registry.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use gymkhana_agents::{DeviceName, Recipe, Setup};
use gymkhana_envs::{Batch, Decode, Encode, Env, Lanes, SeedSequence, Seeds, params::Params};

use crate::{
    config::{EvaluationPlan, RunConfig, Values, default_log_every},
    evaluate::{Evaluation, lanes_for},
    launch::{Making, same_run},
    observe::{History, Observer},
    runner::{self, Keeping, Worlds},
    store::{Found, Manifest, RunDir, RunResult},
    streams::Streams,
};

/// The kinds of number an environment's observations and actions are made of.
type ObsOf<E> = <<E as Env>::Obs as Encode>::Elem;
type ActOf<E> = <<E as Env>::Act as Decode>::Elem;

/// A run in the making: an environment, an agent's configuration, and how long.
///
/// ```
/// use gymkhana::{Training, agents::tabular::QLearningConfig, envs::{Env, Rng, Space, Spec, Step}};
///
/// /// Walk right to the prize.
/// #[derive(Clone)]
/// struct Corridor(usize);
///
/// impl Env for Corridor {
///     type Obs = usize;
///     type Act = usize;
///     fn spec(&self) -> Spec {
///         Spec::new("Corridor", Space::Discrete(6), Space::Discrete(2)).time_limit(50)
///     }
///     fn reset(&mut self, _: &mut Rng) -> usize {
///         self.0 = 0;
///         0
///     }
///     fn step(&mut self, action: usize, _: &mut Rng) -> Step<usize> {
///         self.0 = if action == 1 { self.0 + 1 } else { self.0.saturating_sub(1) };
///         if self.0 == 5 { Step::terminated(5, 1.0) } else { Step::on(self.0, -0.1) }
///     }
/// }
///
/// let trained = Training::new(Corridor(0), QLearningConfig::default()).steps(2_000).seed(1).run()?;
/// assert!((trained.evaluation.mean() - 0.6).abs() < 1e-9);
/// assert!(!trained.history.curve("rollout/return_mean").0.is_empty());
/// # Ok::<(), anyhow::Error>(())
/// ```
pub struct Training<'a, E, R> {
    env: E,
    recipe: R,
    seed: u64,
    device: DeviceName,
    steps: u64,
    lanes: usize,
    evaluation: Option<EvaluationPlan>,
    until: Option<f64>,
    out: Option<PathBuf>,
    observer: Box<dyn Observer + 'a>,
}

/// What a run gives back.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trained<G> {
    /// The agent as it is after the last step.
    pub agent: G,
    /// The metrics along the way.
    pub history: History,
    /// The evaluation of the final policy.
    pub evaluation: Evaluation,
    /// Steps, episodes, time.
    pub result: RunResult,
}

struct Nobody;
impl Observer for Nobody {}

impl<'a, E, R> Training<'a, E, R>
where
    E: Env + Clone + Send,
    R: Recipe<ObsOf<E>, ActOf<E>>,
{
    /// 100,000 steps of the agent in one copy of the environment, with seed 0.
    pub fn new(env: E, recipe: R) -> Self {
        Self {
            env,
            recipe,
            seed: 0,
            device: DeviceName::default(),
            steps: 100_000,
            lanes: 1,
            evaluation: None,
            until: None,
            out: None,
            observer: Box::new(Nobody),
        }
    }

    /// Environment steps, all lanes together.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The seed: the same gives the same numbers.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Copies of the environment that are stepped together.
    pub fn lanes(self, lanes: usize) -> Self {
        Self { lanes, ..self }
    }

    /// Where tensors live.
    pub fn device(self, device: DeviceName) -> Self {
        Self { device, ..self }
    }

    /// How the run is evaluated; without this as [`EvaluationPlan::for_steps`] says.
    pub fn evaluate(self, plan: EvaluationPlan) -> Self {
        Self { evaluation: Some(plan), ..self }
    }

    /// Stops early, at the first evaluation with this mean return.
    pub fn until(self, mean_return: f64) -> Self {
        Self { until: Some(mean_return), ..self }
    }

    /// Keeps the run in a directory. An interrupted run in it is resumed: to the same numbers if the environment offers
    /// its [`state`](Env::state), else at the start of an episode. If the run in it is finished, [`run`](Self::run) fails
    /// and says so.
    pub fn out(self, dir: impl Into<PathBuf>) -> Self {
        Self { out: Some(dir.into()), ..self }
    }

    /// Tells somebody how it goes, for instance a [`RunBar`](crate::observe::RunBar).
    pub fn observe(self, observer: impl Observer + 'a) -> Self {
        Self { observer: Box::new(observer), ..self }
    }

    fn config(&self) -> RunConfig {
        let settings = self.recipe.values().into_iter().map(|(key, value)| (key.to_owned(), value));
        RunConfig {
            agent: R::OWNER.into(),
            agent_settings: settings.collect(),
            env: self.env.spec().id,
            given: true,
            env_settings: Values::new(),
            wrappers: Vec::new(),
            steps: self.steps,
            lanes: self.lanes,
            device: self.device.to_string(),
            log_every: default_log_every(self.steps),
            evaluation: self.evaluation.unwrap_or_else(|| EvaluationPlan::for_steps(self.steps)),
            until: self.until,
        }
    }

    /// Trains.
    ///
    /// # Errors
    /// If the agent does not fit the environment, learning diverges, something cannot be written, or the directory
    /// holds another run.
    pub fn run(mut self) -> Result<Trained<R::Agent>> {
        let config = self.config();
        config.check()?;
        let streams = Streams::new(self.seed);
        let mut training = Lanes::new(self.env.clone(), self.lanes, &streams.lanes())?;
        let evaluation = |episodes: usize| -> Result<Lanes<E>> {
            let seeds = Seeds::Spawned(SeedSequence::new(0));
            let lanes = Lanes::new(self.env.clone(), lanes_for(episodes), &seeds)?;
            Ok(lanes.limited_to(config.evaluation.cap))
        };
        let (mut during, mut after) =
            (evaluation(config.evaluation.episodes)?, evaluation(config.evaluation.final_episodes)?);
        let setup = Setup { spec: training.spec(), lanes: self.lanes, steps: self.steps, device: self.device };
        let mut agent = self.recipe.build(&setup, &mut streams.parameters())?;
        let keeping = match &self.out {
            None => Keeping::default(),
            Some(path) => {
                let (spec, exact) = (training.spec().clone(), training.resumes_exactly());
                let masks = training.now().legal.is_some();
                let manifest = Manifest::new(config.clone(), self.seed, spec.clone(), spec, exact);
                keep(path, Manifest { masks, ..manifest })?
            }
        };
        let worlds = Worlds { training: &mut training, evaluation: &mut during, final_evaluation: &mut after };
        let (result, history) = runner::run(&config, self.seed, worlds, &mut agent, keeping, &mut *self.observer)?;
        Ok(Trained { agent, history, evaluation: result.evaluation.clone(), result })
    }
}

/// Opens a directory for a run from Rust.
fn keep(path: &Path, manifest: Manifest) -> Result<Keeping> {
    let found = RunDir::find(path)?;
    match &found {
        Found::Nothing => {}
        Found::Interrupted(other) => {
            same_run(other, &manifest.config, manifest.seed, path)?;
            ensure!(
                other.spec == manifest.spec,
                "{} holds a run on another {}: choose another directory",
                path.display(),
                other.spec.id
            );
        }
        Found::Finished(..) => bail!("{} holds a finished run: load it, or choose another directory", path.display()),
    }
    Keeping::open(path, &found, manifest, Making::default().checkpoint_every)
}

impl<E, R: Params> std::fmt::Debug for Training<'_, E, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training").field("agent", &R::OWNER).field("seed", &self.seed).finish_non_exhaustive()
    }
}
