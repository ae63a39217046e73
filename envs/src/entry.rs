//! What the registry's lines are made of: an environment with its types forgotten, and how it is made from settings.

use std::{any::Any, fmt, sync::Arc};

use crate::{
    batch::{Batch, Layer},
    env::{Elem, Env},
    error::Error,
    grid::Map,
    lanes::Lanes,
    params::{Param, Params},
    render::Render,
    rng::Seeds,
    spec::Spec,
    tabular::TabularModel,
};

/// A batch whose kinds of observation and action are known only when the program runs.
pub enum AnyBatch {
    /// Observations are indices, actions are choices: tabular agents.
    IndexChoice(Box<dyn Batch<O = usize, A = usize>>),
    /// Observations are indices, actions are controls.
    IndexControl(Box<dyn Batch<O = usize, A = f32>>),
    /// Observations are features, actions are choices: the DQN family.
    FeatureChoice(Box<dyn Batch<O = f32, A = usize>>),
    /// Observations are features, actions are controls.
    FeatureControl(Box<dyn Batch<O = f32, A = f32>>),
}

impl AnyBatch {
    /// Forgets a batch's types.
    pub fn new<B: Batch + 'static>(batch: B) -> Self {
        let mut erased: Box<dyn Any> = Box::new(Box::new(batch) as Box<dyn Batch<O = B::O, A = B::A>>);
        macro_rules! pick {
            ($($variant:ident $o:ty, $a:ty;)*) => { $(
                erased = match erased.downcast::<Box<dyn Batch<O = $o, A = $a>>>() {
                    Ok(batch) => return Self::$variant(*batch),
                    Err(other) => other,
                };
            )* };
        }
        pick! { IndexChoice usize, usize; IndexControl usize, f32; FeatureChoice f32, usize; FeatureControl f32, f32; }
        unreachable!("`Elem` is sealed: its two kinds make four pairs, not {erased:?}")
    }

    /// The batch, if it is of these kinds of number.
    pub fn typed<O: Elem, A: Elem>(self) -> Option<Box<dyn Batch<O = O, A = A>>> {
        let erased: Box<dyn Any> = match self {
            Self::IndexChoice(batch) => Box::new(batch),
            Self::IndexControl(batch) => Box::new(batch),
            Self::FeatureChoice(batch) => Box::new(batch),
            Self::FeatureControl(batch) => Box::new(batch),
        };
        erased.downcast::<Box<dyn Batch<O = O, A = A>>>().ok().map(|batch| *batch)
    }

    /// The batch's specification.
    pub fn spec(&self) -> &Spec {
        match self {
            Self::IndexChoice(batch) => batch.spec(),
            Self::IndexControl(batch) => batch.spec(),
            Self::FeatureChoice(batch) => batch.spec(),
            Self::FeatureControl(batch) => batch.spec(),
        }
    }

    /// Whether its observations say which actions are legal.
    pub fn masks(&self) -> bool {
        match self {
            Self::IndexChoice(batch) => batch.now().legal.is_some(),
            Self::IndexControl(batch) => batch.now().legal.is_some(),
            Self::FeatureChoice(batch) => batch.now().legal.is_some(),
            Self::FeatureControl(batch) => batch.now().legal.is_some(),
        }
    }

    /// The batch, to be limited, frozen, looked at.
    pub fn layer(&mut self) -> &mut dyn Layer {
        match self {
            Self::IndexChoice(batch) => batch,
            Self::IndexControl(batch) => batch,
            Self::FeatureChoice(batch) => batch,
            Self::FeatureControl(batch) => batch,
        }
    }

    /// The kinds of number in observations and actions, as [`Elem::KIND`] says them.
    pub fn kinds(&self) -> (&'static str, &'static str) {
        match self {
            Self::IndexChoice(_) => (usize::KIND, usize::KIND),
            Self::IndexControl(_) => (usize::KIND, f32::KIND),
            Self::FeatureChoice(_) => (f32::KIND, usize::KIND),
            Self::FeatureControl(_) => (f32::KIND, f32::KIND),
        }
    }
}

impl fmt::Debug for AnyBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyBatch({}, {:?})", self.spec().id, self.kinds())
    }
}

/// Makes a batch of so many lanes.
type MakeBatch = dyn Fn(usize, &Seeds) -> Result<AnyBatch, Error> + Send + Sync;

/// From this many lanes on, an environment's own batch is faster than copies of it.
const NATIVE_FROM: usize = 16;

/// An environment with its parameters fixed, ready to be copied into lanes. What is only known while the type is
/// (capabilities such as the transition table) rides along.
#[derive(Clone)]
pub struct Made {
    spec: Spec,
    copies: Arc<MakeBatch>,
    native: Option<Arc<MakeBatch>>,
    watched: Option<Arc<MakeBatch>>,
    model: Option<Arc<dyn TabularModel>>,
    physics: Option<Arc<dyn Physics>>,
    action_names: &'static [&'static str],
    map: Option<Arc<Map>>,
}

impl Made {
    /// From an environment.
    pub fn of<E>(env: E) -> Self
    where
        E: Env + Clone + Send + Sync + 'static,
    {
        let spec = env.spec();
        let copies = move |n, seeds: &Seeds| Ok(AnyBatch::new(Lanes::new(env.clone(), n, seeds)?));
        Self {
            spec,
            copies: Arc::new(copies),
            native: None,
            watched: None,
            model: None,
            physics: None,
            action_names: &[],
            map: None,
        }
    }

    /// From an environment that can be looked at.
    pub fn shown<E>(env: E) -> Self
    where
        E: Env + Render + Clone + Send + Sync + 'static,
    {
        let watched = {
            let env = env.clone();
            move |n, seeds: &Seeds| Ok(AnyBatch::new(Lanes::new(env.clone(), n, seeds)?.watched()))
        };
        Self { watched: Some(Arc::new(watched)), ..Self::of(env) }
    }

    /// With a batch of its own, which gives the same numbers faster; it is taken from 16 lanes on.
    pub fn with_native<B: Batch + 'static>(
        self,
        native: impl Fn(usize, &Seeds) -> Result<B, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { native: Some(Arc::new(move |n, seeds: &Seeds| native(n, seeds).map(AnyBatch::new))), ..self }
    }

    /// With the table that it samples from.
    pub fn with_model(self, model: Arc<dyn TabularModel>) -> Self {
        Self { model: Some(model), ..self }
    }

    /// With what its choices are called, the first first: "left", "right". Arrow keys play those called `up`, `down`,
    /// `left` and `right`.
    pub fn with_actions(self, names: &'static [&'static str]) -> Self {
        Self { action_names: names, ..self }
    }

    /// With the map whose cells are its states.
    pub fn with_map(self, map: Arc<Map>) -> Self {
        Self { map: Some(map), ..self }
    }

    /// With the law that its state follows.
    pub fn with_physics(self, physics: Arc<dyn Physics>) -> Self {
        Self { physics: Some(physics), ..self }
    }

    /// The specification.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// A batch of `lanes` copies.
    ///
    /// # Errors
    /// If `lanes` is 0 or the environment breaks its contract.
    pub fn batch(&self, lanes: usize, seeds: &Seeds) -> Result<AnyBatch, Error> {
        match &self.native {
            Some(native) if lanes >= NATIVE_FROM => native(lanes, seeds),
            _ => (self.copies)(lanes, seeds),
        }
    }

    /// A batch that can be looked at ([`Layer::frames`]), if the environment can.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn watched_batch(&self, lanes: usize, seeds: &Seeds) -> Option<Result<AnyBatch, Error>> {
        self.watched.as_ref().map(|watched| watched(lanes, seeds))
    }

    /// The transition table, where the environment is one.
    pub fn model(&self) -> Option<&dyn TabularModel> {
        self.model.as_deref()
    }

    /// What its choices are called; nothing where they are only numbered.
    pub fn action_names(&self) -> &'static [&'static str] {
        self.action_names
    }

    /// The map whose cells are its states, where it is a gridworld.
    pub fn map(&self) -> Option<&Map> {
        self.map.as_deref()
    }

    /// The law that its state follows, where it is a physical system.
    pub fn physics(&self) -> Option<&dyn Physics> {
        self.physics.as_deref()
    }
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made").field("spec", &self.spec).field("model", &self.model.is_some()).finish_non_exhaustive()
    }
}

/// A system whose next state is a function of its state and the action: what lets a recorded run be replayed from each
/// of its states.
pub trait Physics: Send + Sync {
    /// How many numbers the state is.
    fn width(&self) -> usize;
    /// What follows a state of that many numbers and an action: an index, or a control.
    ///
    /// # Errors
    /// If the state has another number of numbers, or the action is not in its space.
    fn after(&self, state: &[f64], action: &[f64]) -> Result<After, Error>;
}

/// What follows a state and an action.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The state that is reached.
    pub state: Vec<f64>,
    /// What is seen of it.
    pub observation: Vec<f32>,
    /// The reward of the step.
    pub reward: f64,
    /// Whether the episode ends there.
    pub terminated: bool,
}

/// Settings as they are written: names and values.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// Parameters' names and values, as they would be written.
pub type Values = Vec<(&'static str, String)>;

/// The kinds of environment in this crate, in the order in which they are listed.
pub const FAMILIES: [&str; 5] = ["bandit", "finite", "memory", "classic control", "probe"];

/// A line of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub id: &'static str,
    /// What kind of environment: one of [`FAMILIES`], or a name of your own.
    pub family: &'static str,
    /// One line on what it is.
    pub about: &'static str,
    /// What happens in it: states, actions, rewards, ends, dynamics.
    pub details: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its parameters.
    pub params: fn() -> Vec<Param>,
    /// All its parameters' values under some settings, for the record; fails where they are wrong.
    pub check: fn(Settings<'_>) -> Result<Values, Error>,
    /// Makes it from settings.
    pub make: fn(Settings<'_>) -> Result<Made, Error>,
}

/// The values of typed parameters under some settings: what an entry's `check` does.
///
/// # Errors
/// At the first setting that is wrong.
pub fn values<P: Params>(settings: Settings<'_>) -> Result<Values, Error> {
    typed::<P>(settings).map(|params| params.values())
}

/// Reads an entry's typed parameters from settings; the last of several for one name counts.
///
/// # Errors
/// At the first setting that is wrong.
pub fn typed<P: Params>(settings: Settings<'_>) -> Result<P, Error> {
    P::from_settings(settings.iter().copied())
}
