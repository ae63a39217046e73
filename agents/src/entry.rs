//! What the registry's lines are made of: an agent with its types forgotten, and how it is built from settings.

use std::fmt;

use gymkhana_envs::{
    Elem, Param, Params, Rng, probe,
    registry::{AnyBatch, Settings, Values, typed, values},
};

use crate::{
    agent::{Agent, Recipe, Setup},
    error::Error,
};

/// An agent whose kinds of observation and action are known only when the program runs.
pub enum AnyAgent {
    /// Observations are indices, actions are choices.
    IndexChoice(Box<dyn Agent<usize, usize>>),
    /// Observations are features, actions are choices.
    FeatureChoice(Box<dyn Agent<f32, usize>>),
}

impl fmt::Debug for AnyAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IndexChoice(_) => "AnyAgent::IndexChoice",
            Self::FeatureChoice(_) => "AnyAgent::FeatureChoice",
        })
    }
}

/// What an agent works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// State indices and choices: tabular agents.
    IndexChoice,
    /// Features and choices: the DQN family.
    FeatureChoice,
}

impl Kinds {
    /// The kinds of number in observations and actions, as [`Elem::KIND`] says them.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::IndexChoice => (usize::KIND, usize::KIND),
            Self::FeatureChoice => (f32::KIND, usize::KIND),
        }
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
    /// What it works with.
    pub kinds: Kinds,
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
        let build: Build =
            |settings, setup, rng| Ok(AnyAgent::IndexChoice(Box::new(typed::<C>(settings)?.build(setup, rng)?)));
        Self::of::<C>(Kinds::IndexChoice, build, [about, equations, source])
    }

    /// As [`index_choice`](Self::index_choice), for features and choices.
    pub const fn feature_choice<C>(about: &'static str, equations: &'static str, source: &'static str) -> Self
    where
        C: Recipe<f32, usize, Agent: 'static>,
    {
        let build: Build =
            |settings, setup, rng| Ok(AnyAgent::FeatureChoice(Box::new(typed::<C>(settings)?.build(setup, rng)?)));
        Self::of::<C>(Kinds::FeatureChoice, build, [about, equations, source])
    }

    const fn of<C: Params>(kinds: Kinds, build: Build, [about, equations, source]: [&'static str; 3]) -> Self {
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

    /// Refuses an environment whose kinds of number are not the agent's.
    ///
    /// # Errors
    /// With both sides and the wrapper that bridges them.
    pub fn check_fit(&self, env: &AnyBatch) -> Result<(), Error> {
        let ((needs_obs, needs_act), (has_obs, has_act)) = (self.kinds.names(), env.kinds());
        let spec = env.spec();
        if needs_act != has_act {
            return Err(Error::needs_choices(self.id, &spec.id, &spec.actions));
        }
        if needs_obs != has_obs {
            let features = needs_obs == f32::KIND;
            return Err(Error::Misfit {
                agent: self.id.into(),
                env: spec.id.clone(),
                needs: format!("observations that are {}", if features { "features" } else { "indices" }),
                has: format!("observations in {}", spec.observations),
                bridge: Some(if features { "one-hot" } else { "discretize:bins=8" }),
            });
        }
        Ok(())
    }
}
