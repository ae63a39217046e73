//! Training from Rust: any agent on a value that implements `Env`, with or without the registry.

use std::{
    marker::PhantomData,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail, ensure};
use gymkhana_agents::{DeviceName, Recipe, Setup, entry::batch_of};
use gymkhana_envs::{Batch, Decode, Elem, Encode, Env, Lanes, SeedSequence, Seeds, params::Params, registry::AnyBatch};

use crate::{
    config::{EvaluationPlan, RunConfig, Values, default_log_every},
    evaluate::{Evaluation, lanes_for},
    launch::{self, Making, same_run},
    observe::{History, Observer},
    runner::{self, Keeping, Worlds},
    store::{Found, Manifest, RunDir, RunResult},
    streams::Streams,
};

/// The kind of number an environment's observations are made of.
pub type ObsOf<E> = <<E as Env>::Obs as Encode>::Elem;
/// The kind of number an environment's actions are made of.
pub type ActOf<E> = <<E as Env>::Act as Decode>::Elem;

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
pub struct Training<'a, E: Env, R, O = ObsOf<E>, A = ActOf<E>> {
    env: E,
    recipe: R,
    wrappers: Vec<String>,
    seed: u64,
    device: DeviceName,
    steps: u64,
    lanes: usize,
    evaluation: Option<EvaluationPlan>,
    until: Option<f64>,
    out: Option<PathBuf>,
    observer: Box<dyn Observer + 'a>,
    kinds: PhantomData<fn(O, A)>,
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

impl<E, R> Training<'_, E, R>
where
    E: Env + Clone + Send + 'static,
    R: Recipe<ObsOf<E>, ActOf<E>>,
{
    /// 100,000 steps of the agent in one copy of the environment, with seed 0.
    pub fn new(env: E, recipe: R) -> Self {
        Self::bridged(env, recipe)
    }
}

impl<'a, E, R, O, A> Training<'a, E, R, O, A>
where
    E: Env + Clone + Send + 'static,
    O: Elem,
    A: Elem,
    R: Recipe<O, A>,
{
    /// As [`new`](Training::new), for an agent whose kinds of number are not the environment's: [wrappers](Self::wrap) such
    /// as `one-hot` bridge them. Where an agent takes several kinds, they are named:
    /// `Training::<_, _, f32, usize>::bridged(env, config)`.
    ///
    /// ```no_run
    /// use gymkhana::{Training, agents::value::DqnConfig, envs::tabular::Finite};
    ///
    /// fn train(maze: Finite) -> anyhow::Result<()> {
    ///     Training::bridged(maze, DqnConfig::default()).wrap("one-hot").run()?;
    ///     Ok(())
    /// }
    /// ```
    pub fn bridged(env: E, recipe: R) -> Self {
        Self {
            env,
            recipe,
            wrappers: Vec::new(),
            seed: 0,
            device: DeviceName::default(),
            steps: 100_000,
            lanes: 1,
            evaluation: None,
            until: None,
            out: None,
            observer: Box::new(Nobody),
            kinds: PhantomData,
        }
    }

    /// Puts a wrapper round the environment and those put round it before, written as for `--wrap` on the command line:
    /// `normalize-observation`, `frame-stack:frames=2`. What it gathers is part of the run, of its checkpoints and of the
    /// policies that are [loaded](crate::load).
    pub fn wrap(mut self, text: impl Into<String>) -> Self {
        self.wrappers.push(text.into());
        self
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
            wrappers: self.wrappers.clone(),
            steps: self.steps,
            lanes: self.lanes,
            device: self.device.to_string(),
            log_every: default_log_every(self.steps),
            evaluation: self.evaluation.unwrap_or_else(|| EvaluationPlan::for_steps(self.steps)),
            until: self.until,
            init: None,
        }
    }

    /// Trains.
    ///
    /// # Errors
    /// If the agent or a wrapper does not fit the environment, learning diverges, something cannot be written, or the directory
    /// holds another run.
    pub fn run(mut self) -> Result<Trained<R::Agent>> {
        let config = self.config();
        config.check()?;
        let streams = Streams::new(self.seed);
        let lanes = |n, seeds: &Seeds| Lanes::new(self.env.clone(), n, seeds).map(AnyBatch::new);
        let evaluation = |episodes: usize| -> Result<Box<dyn Batch<O = O, A = A>>> {
            let lanes = lanes(lanes_for(episodes), &Seeds::Spawned(SeedSequence::new(0)))?;
            Ok(batch_of(R::OWNER, launch::for_evaluation(lanes, &config)?)?)
        };
        let bare = lanes(self.lanes, &streams.lanes())?;
        let (env_spec, masks) = (bare.spec().clone(), bare.masks());
        let mut training = batch_of(R::OWNER, launch::wrapped(bare, &config)?)?;
        let mut during = evaluation(config.evaluation.episodes)?;
        let mut after = evaluation(config.evaluation.final_episodes)?;
        let setup = Setup { spec: training.spec(), lanes: self.lanes, steps: self.steps, device: self.device };
        let mut agent = self.recipe.build(&setup, &mut streams.parameters())?;
        let keeping = match &self.out {
            None => Keeping::default(),
            Some(path) => {
                let (spec, exact) = (training.spec().clone(), training.resumes_exactly());
                let manifest = Manifest::new(config.clone(), self.seed, env_spec, spec, exact);
                keep(path, Manifest { masks, ..manifest })?
            }
        };
        let worlds = Worlds { training: &mut *training, evaluation: &mut *during, final_evaluation: &mut *after };
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

impl<E: Env, R: Params, O, A> std::fmt::Debug for Training<'_, E, R, O, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Training").field("agent", &R::OWNER).field("seed", &self.seed).finish_non_exhaustive()
    }
}
