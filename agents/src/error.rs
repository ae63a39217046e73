//! What can go wrong with an agent.

use gymkhana_envs::Space;

use crate::{device::DeviceName, watch::Divergence};

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that the environments' crate reports: a parameter, a state, an unknown name.
    #[error(transparent)]
    Env(#[from] gymkhana_envs::Error),
    /// An agent that does not fit an environment's spaces.
    #[error("{agent} does not fit {env}: it needs {needs}, and {env} has {has}{}", advice(*bridge))]
    Misfit {
        /// The agent.
        agent: String,
        /// The environment.
        env: String,
        /// What the agent works with.
        needs: String,
        /// What the environment has.
        has: String,
        /// The wrapper that bridges them, if there is one.
        bridge: Option<&'static str>,
    },
    /// Numbers that are no longer finite.
    #[error("{0}")]
    Diverged(Box<Divergence>),
    /// Networks that are not the agent's.
    #[error("these networks do not fit: {0}")]
    Networks(String),
    /// A table that a method of dynamic programming cannot solve.
    #[error("{solver}: {why}")]
    Unsolvable {
        /// The method.
        solver: &'static str,
        /// What is in its way, and what would be right.
        why: String,
    },
    /// A device that was not compiled in.
    #[error("device `{0}` is not in this build: build with `cargo run --release --features {0} -- …`")]
    DeviceNotBuilt(DeviceName),
    /// A device that was compiled in and does not work here.
    #[error("device `{device}` does not work here: {why}")]
    DeviceFailed {
        /// The device.
        device: DeviceName,
        /// What it said.
        why: String,
    },
}

fn advice(bridge: Option<&'static str>) -> String {
    bridge.map_or_else(String::new, |wrapper| format!("; bridge them with `--wrap {wrapper}`"))
}

impl Error {
    /// The value, if it is finite.
    ///
    /// # Errors
    /// [`Error::Diverged`] if it is not.
    #[inline]
    pub fn finite(agent: &'static str, what: &'static str, value: f64, step: u64) -> Result<f64, Self> {
        if value.is_finite() {
            return Ok(value);
        }
        let (update, settings) = (None, Vec::new());
        Err(Self::Diverged(Box::new(Divergence { agent, what, value, step, update, settings })))
    }

    /// A misfit of an agent that needs a finite number of choices.
    pub(crate) fn needs_choices(agent: &str, env: &str, has: &Space) -> Self {
        Self::Misfit {
            agent: agent.into(),
            env: env.into(),
            needs: "a finite number of actions".into(),
            has: format!("actions in {has}"),
            bridge: (!has.is_index()).then_some("discretize-action:bins=5"),
        }
    }

    /// A misfit of an agent that needs controls; no wrapper makes them of choices.
    pub(crate) fn needs_controls(agent: &str, env: &str, has: &Space) -> Self {
        Self::Misfit {
            agent: agent.into(),
            env: env.into(),
            needs: "actions that are controls".into(),
            has: format!("actions in {has}"),
            bridge: None,
        }
    }
}
