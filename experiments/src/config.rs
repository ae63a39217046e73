//! What a run is: everything that its numbers depend on but the seed, as plain data.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{networks::Networks, nn::from_safetensors};
use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// Settings by name, as they would be written.
pub type Values = BTreeMap<String, String>;

/// A run's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The agent's name.
    pub agent: String,
    /// All its parameters.
    pub agent_settings: Values,
    /// The environment's id.
    pub env: String,
    /// Whether the environment was a value, given in Rust, rather than one of the registry's.
    pub given: bool,
    /// All its parameters, if it is one of the registry's.
    pub env_settings: Values,
    /// Wrappers, innermost first.
    pub wrappers: Vec<String>,
    /// Environment steps, all lanes together.
    pub steps: u64,
    /// Copies of the environment that are stepped together.
    pub lanes: usize,
    /// Where tensors live.
    pub device: String,
    /// Steps from one line of metrics to the next.
    pub log_every: u64,
    /// Evaluation during the run and after it.
    pub evaluation: EvaluationPlan,
    /// The mean return of an evaluation at which the run stops early.
    pub until: Option<f64>,
    /// The networks that the agent begins with, if not with its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<Init>,
}

/// A file of networks that an agent begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Init {
    /// The file, safetensors.
    pub file: PathBuf,
    /// Its checksum: another file of that name makes another run.
    pub checksum: String,
}

impl Init {
    /// The file as it is now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn of(file: &Path) -> Result<Self> {
        Ok(Self { file: file.into(), checksum: Self::read(file)?.1 })
    }

    /// Its networks.
    ///
    /// # Errors
    /// If it cannot be read, is another one by now, or is no such file.
    pub fn networks(&self) -> Result<Networks> {
        let (bytes, checksum) = Self::read(&self.file)?;
        let file = self.file.display();
        if checksum != self.checksum {
            bail!(Usage(format!("{file} is no longer the file that the run was to begin with")));
        }
        from_safetensors(&bytes).with_context(|| Usage(format!("cannot begin with {file}")))
    }

    fn read(file: &Path) -> Result<(Vec<u8>, String)> {
        let bytes = std::fs::read(file).with_context(|| Usage(format!("cannot read {}", file.display())))?;
        let checksum = format!("{:08x}", crc32fast::hash(&bytes));
        Ok((bytes, checksum))
    }
}

/// How a run is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationPlan {
    /// Steps from one evaluation to the next; 0: none during the run.
    pub every: u64,
    /// Episodes of each evaluation during the run.
    pub episodes: usize,
    /// Episodes of the evaluation after it.
    pub final_episodes: usize,
    /// Steps after which an episode of an evaluation is given up.
    pub cap: u32,
}

impl EvaluationPlan {
    /// Some 25 evaluations of 20 episodes during a run of that many steps, 100 episodes after it.
    pub fn for_steps(steps: u64) -> Self {
        Self { every: (steps / 25).max(1), episodes: 20, final_episodes: 100, cap: 10_000 }
    }
}

/// Steps from one line of metrics to the next: some 100 lines per run.
pub fn default_log_every(steps: u64) -> u64 {
    (steps / 100).max(1)
}

/// More copies of an environment than this are a slip of the finger.
const MOST_LANES: usize = 1_000_000;

impl RunConfig {
    /// Refuses numbers that make no run.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<()> {
        if self.steps == 0 {
            bail!(Usage("a run of 0 steps: there must be at least one".into()));
        }
        if self.lanes == 0 || self.lanes > MOST_LANES {
            bail!(Usage(format!("{} lanes: there must be 1 to {MOST_LANES}", self.lanes)));
        }
        if self.lanes as u64 > self.steps {
            bail!(Usage(format!("{} lanes are more than the run's {} steps", self.lanes, self.steps)));
        }
        if self.evaluation.final_episodes == 0 || self.evaluation.cap == 0 {
            bail!(Usage("an evaluation needs at least one episode of one step".into()));
        }
        if self.evaluation.every > 0 && self.evaluation.episodes == 0 {
            bail!(Usage("an evaluation needs at least one episode".into()));
        }
        if self.until.is_some() && self.evaluation.every == 0 {
            bail!(Usage("without evaluations during the run nothing can end it early".into()));
        }
        if self.until.is_some_and(|mean| !mean.is_finite()) {
            bail!(Usage("a run cannot end at a return that is not a number".into()));
        }
        Ok(())
    }

    /// A short name that differs between configurations.
    pub fn fingerprint(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{:08x}", crc32fast::hash(text.as_bytes()))
    }

    /// What differs from another configuration, a line each.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        differences(self, other)
    }
}

/// What differs between two things of one kind, a line each.
pub(crate) fn differences<T: Serialize>(mine: &T, theirs: &T) -> Vec<String> {
    let value = |it: &T| serde_json::to_value(it).unwrap_or_default();
    let mut lines = Vec::new();
    collect_differences("", &value(mine), &value(theirs), &mut lines);
    lines
}

fn collect_differences(path: &str, a: &serde_json::Value, b: &serde_json::Value, lines: &mut Vec<String>) {
    match (a.as_object(), b.as_object()) {
        (Some(x), Some(y)) => {
            let keys: std::collections::BTreeSet<_> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let null = serde_json::Value::Null;
                collect_differences(&path, x.get(key).unwrap_or(&null), y.get(key).unwrap_or(&null), lines);
            }
        }
        _ if a.as_array().zip(b.as_array()).is_some_and(|(a, b)| a.len() == b.len()) => {
            let pairs = a.as_array().into_iter().flatten().zip(b.as_array().into_iter().flatten());
            for (at, (a, b)) in pairs.enumerate() {
                collect_differences(&format!("{path}.{at}"), a, b, lines);
            }
        }
        _ if a != b => lines.push(format!("{path}: {a} instead of {b}")),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> RunConfig {
        RunConfig {
            agent: "q-learning".into(),
            agent_settings: Values::from([("gamma".into(), "1".into())]),
            env: "CliffWalking-v1".into(),
            given: false,
            env_settings: Values::new(),
            wrappers: vec![],
            steps: 1_000,
            lanes: 1,
            device: "flex".into(),
            log_every: 10,
            evaluation: EvaluationPlan::for_steps(1_000),
            until: None,
            init: None,
        }
    }

    #[test]
    fn differences_are_named() {
        let mut other = example();
        other.agent_settings.insert("gamma".into(), "0.9".into());
        other.steps = 5;
        assert_eq!(
            example().differences(&other),
            [r#"agent_settings.gamma: "1" instead of "0.9""#, "steps: 1000 instead of 5"]
        );
        assert_ne!(example().fingerprint(), other.fingerprint());
        assert!(example().differences(&example()).is_empty());
    }

    #[test]
    fn impossible_runs_are_refused() {
        assert!(example().check().is_ok());
        assert!(RunConfig { steps: 0, ..example() }.check().is_err());
        assert!(RunConfig { lanes: 0, ..example() }.check().is_err());
        assert!(RunConfig { until: Some(f64::NAN), ..example() }.check().is_err());
    }
}
