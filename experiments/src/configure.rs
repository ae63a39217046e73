//! From what was said to a run's configuration: tuned settings or defaults, and then what differs from them.

use anyhow::Result;
use gymkhana_envs::Registry;

use crate::{
    config::{EvaluationPlan, RunConfig, Values, default_log_every},
    launch, zoo,
};

/// What is to differ from an agent's tuned settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Begin with the agent's defaults, not with what was tuned for the environment.
    pub untuned: bool,
    /// Parameters of the agent.
    pub agent: Values,
    /// Parameters of the environment.
    pub env: Values,
    /// Wrappers, innermost first, instead of those that belong to the tuned settings.
    pub wrappers: Option<Vec<String>>,
    /// Environment steps.
    pub steps: Option<u64>,
    /// Copies of the environment that are stepped together.
    pub lanes: Option<usize>,
    /// Where tensors live.
    pub device: Option<String>,
}

/// The configuration of an agent on an environment.
///
/// # Errors
/// If there is no such agent or environment, or a parameter is wrong.
pub fn configure(envs: &Registry, agent: &str, env: &str, changes: &Changes) -> Result<RunConfig> {
    let mut config = if changes.untuned { plain(envs, agent, env, None)? } else { tuned(envs, agent, env)? };
    config.agent_settings.extend(changes.agent.clone());
    // Read and written again, so that 1e-3 and 0.001 are one configuration.
    config.agent_settings = agent_values(&config.agent, &config.agent_settings)?;
    config.env_settings = launch::env_values(envs, &config.env, &changes.env)?;
    if let Some(wrappers) = &changes.wrappers {
        config.wrappers.clone_from(wrappers);
    }
    if let Some(steps) = changes.steps {
        config.steps = steps;
        config.log_every = default_log_every(steps);
        config.evaluation = EvaluationPlan::for_steps(steps);
    }
    config.lanes = changes.lanes.unwrap_or(config.lanes);
    if let Some(device) = &changes.device {
        config.device.clone_from(device);
    }
    Ok(config)
}

/// All parameters of an agent under some settings.
fn agent_values(agent: &str, settings: &Values) -> Result<Values> {
    let all = (gymkhana_agents::registry::find(agent)?.check)(&launch::pairs(settings))?;
    Ok(all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The configuration with an agent's tuned settings for an environment, or its defaults.
///
/// # Errors
/// If there is no such agent or environment.
pub fn tuned(envs: &Registry, agent: &str, env: &str) -> Result<RunConfig> {
    let (agent, env) = (gymkhana_agents::registry::find(agent)?.id, envs.find(env)?.id);
    plain(envs, agent, env, zoo::find(agent, env)?)
}

fn plain(envs: &Registry, agent: &str, env: &str, tuned: Option<zoo::Tuned>) -> Result<RunConfig> {
    let agent = gymkhana_agents::registry::find(agent)?;
    let env = envs.find(env)?;
    let tuned = tuned.unwrap_or_else(|| zoo::Tuned { steps: 100_000, lanes: 1, ..Default::default() });
    Ok(RunConfig {
        agent: agent.id.into(),
        agent_settings: agent_values(agent.id, &tuned.agent_settings())?,
        env: env.id.into(),
        given: false,
        env_settings: launch::env_values(envs, env.id, &Values::new())?,
        steps: tuned.steps,
        lanes: tuned.lanes,
        wrappers: tuned.wrappers,
        device: "flex".into(),
        log_every: default_log_every(tuned.steps),
        evaluation: EvaluationPlan::for_steps(tuned.steps),
        until: None,
        init: None,
    })
}
