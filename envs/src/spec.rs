//! What an environment says of itself.

use serde::{Deserialize, Serialize};

use crate::space::Space;

/// An environment's name, spaces and limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The name, with Gymnasium's version suffix where it is one of Gymnasium's.
    pub id: String,
    /// Where observations are.
    pub observations: Space,
    /// Where actions are.
    pub actions: Space,
    /// Steps after which an episode is truncated. Counted by the batch, never by the environment.
    pub time_limit: Option<u32>,
    /// The mean return over 100 episodes from which the task counts as solved.
    pub reward_threshold: Option<f64>,
}

impl Spec {
    /// A specification without time limit and threshold.
    pub fn new(id: impl Into<String>, observations: Space, actions: Space) -> Self {
        Self { id: id.into(), observations, actions, time_limit: None, reward_threshold: None }
    }

    /// Truncates episodes after `steps`.
    pub fn time_limit(self, steps: u32) -> Self {
        Self { time_limit: Some(steps), ..self }
    }

    /// Calls the task solved from this mean return on.
    pub fn reward_threshold(self, mean_return: f64) -> Self {
        Self { reward_threshold: Some(mean_return), ..self }
    }
}
