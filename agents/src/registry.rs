//! The registry: a plain list of the agents there are. Nothing registers itself.

use std::fmt;

use gymkhana_envs::{
    Elem, Param, Params, Rng,
    error::nearest,
    registry::{AnyBatch, Settings},
};

use crate::{
    agent::{Agent, Setup},
    error::Error,
    tabular::q_learning,
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

/// Parameters' names and values, as they would be written.
pub type Values = Vec<(&'static str, String)>;

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
    /// Its parameters.
    pub params: fn() -> Vec<Param>,
    /// All its parameters' values under some settings, for the record; fails where building would.
    pub check: fn(Settings<'_>) -> Result<Values, Error>,
    /// Builds it.
    pub build: Build,
}

/// All agents.
pub const REGISTRY: &[Entry] = &[
    q_learning::ENTRY,
    #[cfg(feature = "deep")]
    crate::value::dqn::ENTRY,
];

/// The entry of that name.
///
/// # Errors
/// With the nearest names if there is none.
pub fn find(id: &str) -> Result<&'static Entry, Error> {
    let known = || REGISTRY.iter().map(|entry| entry.id);
    REGISTRY.iter().find(|entry| entry.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        gymkhana_envs::Error::Unknown { kind: "agent", name: id.into(), near: nearest(id, known()) }.into()
    })
}

impl Entry {
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
                needs: format!("observations that are {}", if features { "features" } else { "one state index" }),
                has: format!("observations in {}", spec.observations),
                bridge: Some(if features { "one-hot" } else { "discretize:bins=8" }),
            });
        }
        Ok(())
    }
}

/// Reads an entry's typed parameters from settings; the last of several for one name counts.
///
/// # Errors
/// At the first setting that is wrong.
pub fn typed<P: Params>(settings: Settings<'_>) -> Result<P, Error> {
    Ok(P::from_settings(settings.iter().copied())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_found_and_documents_its_parameters() {
        for entry in REGISTRY {
            assert_eq!(find(&entry.id.to_uppercase()).unwrap().id, entry.id);
            let params = (entry.params)();
            assert!(params.iter().all(|param| !param.doc.is_empty()), "{}", entry.id);
            let values = (entry.check)(&[]).unwrap();
            assert_eq!(values.len(), params.len());
        }
        assert!(find("qlearning").unwrap_err().to_string().contains("did you mean q-learning"));
    }
}
