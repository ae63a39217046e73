//! The zoo: tuned settings per agent and environment, in `experiments/zoo/`, built into the program.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::config::Values;

/// Agent, and its file.
const FILES: &[(&str, &str)] = &[
    ("a2c", include_str!("../zoo/a2c.toml")),
    ("double-q-learning", include_str!("../zoo/double-q-learning.toml")),
    ("dqn", include_str!("../zoo/dqn.toml")),
    ("epsilon-greedy", include_str!("../zoo/epsilon-greedy.toml")),
    ("exp3", include_str!("../zoo/exp3.toml")),
    ("expected-sarsa", include_str!("../zoo/expected-sarsa.toml")),
    ("gradient-bandit", include_str!("../zoo/gradient-bandit.toml")),
    ("lin-ucb", include_str!("../zoo/lin-ucb.toml")),
    ("n-step-sarsa", include_str!("../zoo/n-step-sarsa.toml")),
    ("ppo", include_str!("../zoo/ppo.toml")),
    ("q-learning", include_str!("../zoo/q-learning.toml")),
    ("q-sigma", include_str!("../zoo/q-sigma.toml")),
    ("reinforce", include_str!("../zoo/reinforce.toml")),
    ("sarsa", include_str!("../zoo/sarsa.toml")),
    ("sarsa-lambda", include_str!("../zoo/sarsa-lambda.toml")),
    ("semi-gradient-sarsa", include_str!("../zoo/semi-gradient-sarsa.toml")),
    ("thompson", include_str!("../zoo/thompson.toml")),
    ("tree-backup", include_str!("../zoo/tree-backup.toml")),
    ("ucb", include_str!("../zoo/ucb.toml")),
    ("watkins-q-lambda", include_str!("../zoo/watkins-q-lambda.toml")),
];

/// Tuned settings of one agent on one environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuned {
    /// Where they come from.
    pub source: String,
    /// Environment steps.
    pub steps: u64,
    /// Copies of the environment.
    #[serde(default = "one")]
    pub lanes: usize,
    /// Wrappers, innermost first.
    #[serde(default)]
    pub wrappers: Vec<String>,
    /// The agent's parameters that differ from its defaults.
    #[serde(default)]
    pub agent: BTreeMap<String, toml::Value>,
}

fn one() -> usize {
    1
}

impl Tuned {
    /// The agent's parameters as they would be written.
    pub fn agent_settings(&self) -> Values {
        self.agent.iter().map(|(key, value)| (key.clone(), written(value))).collect()
    }
}

/// A TOML value as `--set` takes it.
pub(crate) fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(entries) => entries.iter().map(written).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The tuned settings of an agent on an environment, if there are any.
///
/// # Errors
/// If the agent's file cannot be read, which a test excludes.
pub fn find(agent: &str, env: &str) -> Result<Option<Tuned>> {
    let Some((_, text)) = FILES.iter().find(|(name, _)| *name == agent) else { return Ok(None) };
    let mut all: BTreeMap<String, Tuned> =
        toml::from_str(text).with_context(|| format!("experiments/zoo/{agent}.toml"))?;
    Ok(all.remove(env))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EvaluationPlan, RunConfig};

    #[test]
    fn every_entry_makes_a_run() {
        for (agent, text) in FILES {
            let all: BTreeMap<String, Tuned> = toml::from_str(text).unwrap_or_else(|e| panic!("{agent}: {e}"));
            for (env, tuned) in all {
                let config = RunConfig {
                    agent: (*agent).into(),
                    agent_settings: tuned.agent_settings(),
                    env: env.clone(),
                    given: false,
                    env_settings: Values::new(),
                    wrappers: tuned.wrappers.clone(),
                    steps: tuned.steps,
                    lanes: tuned.lanes,
                    device: "flex".into(),
                    log_every: 1,
                    evaluation: EvaluationPlan::for_steps(tuned.steps),
                    until: None,
                    init: None,
                };
                crate::launch::check(&gymkhana_envs::Registry::standard(), &config)
                    .unwrap_or_else(|e| panic!("{agent} on {env}: {e:#}"));
            }
        }
    }
}
