//! What the registry's lines are made of: an environment with its types forgotten, and how it is made from settings.

use std::{any::Any, fmt, sync::Arc};

use crate::{
    batch::Batch,
    env::{Decode, Elem, Encode, Env},
    error::Error,
    lanes::Lanes,
    params::{Param, Params},
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

    /// The batch's specification.
    pub fn spec(&self) -> &Spec {
        match self {
            Self::IndexChoice(batch) => batch.spec(),
            Self::IndexControl(batch) => batch.spec(),
            Self::FeatureChoice(batch) => batch.spec(),
            Self::FeatureControl(batch) => batch.spec(),
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

type MakeBatch = dyn Fn(usize, &Seeds, Option<u32>) -> Result<AnyBatch, Error> + Send + Sync;

/// An environment with its parameters fixed, ready to be copied into lanes. What is only known while the type is
/// (capabilities such as the transition table) rides along.
#[derive(Clone)]
pub struct Made {
    spec: Spec,
    batch: Arc<MakeBatch>,
    model: Option<Arc<dyn TabularModel>>,
}

impl Made {
    /// From an environment.
    pub fn of<E>(env: E) -> Self
    where
        E: Env + Clone + Send + Sync + 'static,
        E::Obs: Encode,
        E::Act: Decode,
    {
        let spec = env.spec();
        let batch = move |lanes, seeds: &Seeds, cap: Option<u32>| {
            let lanes = Lanes::new(env.clone(), lanes, seeds)?;
            Ok(AnyBatch::new(if let Some(cap) = cap { lanes.limited_to(cap) } else { lanes }))
        };
        Self { spec, batch: Arc::new(batch), model: None }
    }

    /// With the table that it samples from.
    pub fn with_model(self, model: Arc<dyn TabularModel>) -> Self {
        Self { model: Some(model), ..self }
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
        (self.batch)(lanes, seeds, None)
    }

    /// As [`batch`](Self::batch), with episodes truncated after `cap` steps at the latest: for evaluation, which must
    /// end also where an environment does not.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    pub fn capped_batch(&self, lanes: usize, seeds: &Seeds, cap: u32) -> Result<AnyBatch, Error> {
        (self.batch)(lanes, seeds, Some(cap))
    }

    /// The transition table, where the environment is one.
    pub fn model(&self) -> Option<&dyn TabularModel> {
        self.model.as_deref()
    }
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Made").field("spec", &self.spec).field("model", &self.model.is_some()).finish_non_exhaustive()
    }
}

/// Settings as they are written: names and values.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// Parameters' names and values, as they would be written.
pub type Values = Vec<(&'static str, String)>;

/// A line of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub id: &'static str,
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
