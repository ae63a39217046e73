//! What the registry's lines are made of: an agent with its types forgotten, and how it is built from settings.

use std::{any::Any, fmt};

use gymkhana_envs::{
    Batch, Elem, Param, Params, Rng, Spec, probe,
    registry::{AnyBatch, Settings, Values, typed, values},
};

use crate::{
    agent::{Agent, Recipe, Setup},
    error::Error,
};

/// An agent whose kinds of observation and action are known only when the program runs. Whoever does something with it
/// goes through [`any_agent!`](crate::any_agent).
pub enum AnyAgent {
    /// Observations are indices, actions are choices.
    IndexChoice(Box<dyn Agent<usize, usize>>),
    /// Observations are features, actions are choices.
    FeatureChoice(Box<dyn Agent<f32, usize>>),
    /// Observations are features, actions are controls.
    FeatureControl(Box<dyn Agent<f32, f32>>),
}

/// Evaluates an expression with the agent in an [`AnyAgent`], whatever its kinds of number. The batch that belongs to it is
/// had by [`Entry::batch_for`].
#[macro_export]
macro_rules! any_agent {
    ($any:expr, $agent:ident => $body:expr) => {
        match $any {
            $crate::entry::AnyAgent::IndexChoice($agent) => $body,
            $crate::entry::AnyAgent::FeatureChoice($agent) => $body,
            $crate::entry::AnyAgent::FeatureControl($agent) => $body,
        }
    };
}

impl AnyAgent {
    /// What it works with.
    pub fn kinds(&self) -> Kinds {
        match self {
            Self::IndexChoice(_) => Kinds::IndexChoice,
            Self::FeatureChoice(_) => Kinds::FeatureChoice,
            Self::FeatureControl(_) => Kinds::FeatureControl,
        }
    }

    /// The agent, if it is of these kinds of number.
    pub fn typed<O: Elem, A: Elem>(&self) -> Option<&dyn Agent<O, A>> {
        let erased: &dyn Any = any_agent!(self, agent => agent);
        erased.downcast_ref::<Box<dyn Agent<O, A>>>().map(|agent| &**agent)
    }
}

impl fmt::Debug for AnyAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyAgent::{:?}", self.kinds())
    }
}

/// What an agent works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// State indices and choices: tabular agents.
    IndexChoice,
    /// Features and choices: the DQN family.
    FeatureChoice,
    /// Features and controls.
    FeatureControl,
}

impl Kinds {
    /// The kinds of number in observations and actions, as [`Elem::KIND`] says them.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::IndexChoice => (usize::KIND, usize::KIND),
            Self::FeatureChoice => (f32::KIND, usize::KIND),
            Self::FeatureControl => (f32::KIND, f32::KIND),
        }
    }

    /// What a person calls its observations: "indices" or "features".
    pub fn observations(self) -> &'static str {
        if self.names().0 == usize::KIND { "indices" } else { "features" }
    }

    /// What a person calls its actions: "choices" or "controls".
    pub fn actions(self) -> &'static str {
        if self.names().1 == usize::KIND { "choices" } else { "controls" }
    }
}

/// What an agent is for, and so which probes it must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One decision at a time, whose consequence is its reward.
    Bandit,
    /// The values of a policy that is given.
    Prediction,
    /// The best policy.
    Control,
}

impl Scope {
    /// Whether agents for this must pass a probe.
    pub const fn includes(self, probe: probe::Kind) -> bool {
        match self {
            Self::Bandit => !matches!(probe, probe::Kind::Discount | probe::Kind::Truncation),
            Self::Prediction => !probe.is_about_actions(),
            Self::Control => true,
        }
    }
}

/// What an entry's constructor looks like.
pub type Build = fn(Settings<'_>, &Setup<'_>, &mut Rng) -> Result<AnyAgent, Error>;

/// A line of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name.
    pub id: &'static str,
    /// One line on what it is.
    pub about: &'static str,
    /// Its update, in Unicode.
    pub equations: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it works with: one of these, by what the environment gives and takes.
    pub kinds: &'static [Kinds],
    /// What it is for.
    pub scope: Scope,
    /// Its branch of the [taxonomy](crate::taxonomy).
    pub branch: &'static str,
    /// Its parameters.
    pub params: fn() -> Vec<Param>,
    /// All its parameters' values under some settings, for the record; fails at the first setting that is wrong.
    pub check: fn(Settings<'_>) -> Result<Values, Error>,
    /// Builds it.
    pub build: Build,
}

impl Entry {
    /// The line of an agent that works with state indices and choices; name, parameters and constructor are its config's.
    pub const fn index_choice<C>(about: &'static str, equations: &'static str, source: &'static str) -> Self
    where
        C: Recipe<usize, usize, Agent: 'static>,
    {
        let build: Build = |settings, setup, rng| built(&typed::<C>(settings)?, setup, rng).map(AnyAgent::IndexChoice);
        Self::of::<C>(&[Kinds::IndexChoice], build, [about, equations, source])
    }

    /// As [`index_choice`](Self::index_choice), for features and choices.
    pub const fn feature_choice<C>(about: &'static str, equations: &'static str, source: &'static str) -> Self
    where
        C: Recipe<f32, usize, Agent: 'static>,
    {
        let build: Build =
            |settings, setup, rng| built(&typed::<C>(settings)?, setup, rng).map(AnyAgent::FeatureChoice);
        Self::of::<C>(&[Kinds::FeatureChoice], build, [about, equations, source])
    }

    /// As [`index_choice`](Self::index_choice), for features and controls.
    pub const fn feature_control<C>(about: &'static str, equations: &'static str, source: &'static str) -> Self
    where
        C: Recipe<f32, f32, Agent: 'static>,
    {
        let build: Build =
            |settings, setup, rng| built(&typed::<C>(settings)?, setup, rng).map(AnyAgent::FeatureControl);
        Self::of::<C>(&[Kinds::FeatureControl], build, [about, equations, source])
    }

    /// As [`index_choice`](Self::index_choice), for features and either choices or controls, whichever the environment
    /// takes.
    pub const fn feature<C>(about: &'static str, equations: &'static str, source: &'static str) -> Self
    where
        C: Recipe<f32, usize, Agent: 'static> + Recipe<f32, f32, Agent: 'static>,
    {
        let build: Build = |settings, setup, rng| {
            let config = typed::<C>(settings)?;
            if setup.spec.actions.is_index() {
                built(&config, setup, rng).map(AnyAgent::FeatureChoice)
            } else {
                built(&config, setup, rng).map(AnyAgent::FeatureControl)
            }
        };
        Self::of::<C>(&[Kinds::FeatureChoice, Kinds::FeatureControl], build, [about, equations, source])
    }

    const fn of<C: Params>(
        kinds: &'static [Kinds],
        build: Build,
        [about, equations, source]: [&'static str; 3],
    ) -> Self {
        let check: fn(Settings<'_>) -> Result<Values, Error> = |settings| Ok(values::<C>(settings)?);
        let (scope, branch) = (Scope::Control, "");
        Self { id: C::OWNER, about, equations, source, kinds, scope, branch, params: C::list, check, build }
    }

    /// At a branch of the [taxonomy](crate::taxonomy).
    #[must_use]
    pub const fn at(self, branch: &'static str) -> Self {
        Self { branch, ..self }
    }

    /// For something else than control.
    #[must_use]
    pub const fn only_for(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Whether it works with these kinds.
    pub fn takes(&self, kinds: Kinds) -> bool {
        self.kinds.contains(&kinds)
    }

    /// What it works with, in words: "indices" or "features"; "choices", "controls" or both.
    pub fn kinds_in_words(&self) -> (String, String) {
        let words = |word: fn(Kinds) -> &'static str| {
            let mut words: Vec<_> = self.kinds.iter().map(|kinds| word(*kinds)).collect();
            words.dedup();
            words.join(" or ")
        };
        (words(Kinds::observations), words(Kinds::actions))
    }

    /// Refuses an environment whose kinds of number are none of the agent's.
    ///
    /// # Errors
    /// With both sides and the wrapper that bridges them.
    pub fn check_fit(&self, env: &AnyBatch) -> Result<(), Error> {
        let needs: Vec<_> = self.kinds.iter().map(|kinds| kinds.names()).collect();
        if needs.contains(&env.kinds()) { Ok(()) } else { Err(misfit(self.id, &needs, env.spec(), env.kinds())) }
    }

    /// The batch in the kinds of number of one of this entry's agents.
    ///
    /// # Errors
    /// If the agent does not fit it.
    pub fn batch_for<O: Elem, A: Elem>(
        &self,
        _: &dyn Agent<O, A>,
        batch: AnyBatch,
    ) -> Result<Box<dyn Batch<O = O, A = A>>, Error> {
        batch_of(self.id, batch)
    }
}

/// A batch in the kinds of number that an agent works with.
///
/// # Errors
/// If they are others, with both sides and the wrapper that bridges them.
pub fn batch_of<O: Elem, A: Elem>(agent: &str, batch: AnyBatch) -> Result<Box<dyn Batch<O = O, A = A>>, Error> {
    let (spec, has) = (batch.spec().clone(), batch.kinds());
    batch.typed().ok_or_else(|| misfit(agent, &[(O::KIND, A::KIND)], &spec, has))
}

/// The agent of a configuration, its type forgotten.
fn built<O: Elem, A: Elem, C: Recipe<O, A, Agent: 'static>>(
    config: &C,
    setup: &Setup<'_>,
    rng: &mut Rng,
) -> Result<Box<dyn Agent<O, A>>, Error> {
    Ok(Box::new(config.build(setup, rng)?))
}

/// What is wrong where an agent needs other kinds than an environment has: first its actions, then its observations.
fn misfit(agent: &str, needs: &[(&str, &str)], spec: &Spec, (_, actions): (&str, &str)) -> Error {
    let Some((observations, _)) = needs.iter().find(|needs| needs.1 == actions) else {
        return if actions == f32::KIND {
            Error::needs_choices(agent, &spec.id, &spec.actions)
        } else {
            Error::needs_controls(agent, &spec.id, &spec.actions)
        };
    };
    let features = *observations == f32::KIND;
    Error::Misfit {
        agent: agent.into(),
        env: spec.id.clone(),
        needs: format!("observations that are {}", if features { "features" } else { "indices" }),
        has: format!("observations in {}", spec.observations),
        bridge: Some(if features { "one-hot" } else { "discretize:bins=8" }),
    }
}
