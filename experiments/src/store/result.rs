//! How a run ended.

use serde::{Deserialize, Serialize};

use crate::evaluate::Evaluation;

/// What a run ends with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Environment steps that were taken.
    pub steps: u64,
    /// Training episodes that ended.
    pub episodes: u64,
    /// Whether the run ended early, at the return it was told to reach.
    pub reached: bool,
    /// The greatest mean return of an evaluation during the run.
    pub best: Option<f64>,
    /// The evaluation of the final policy.
    pub evaluation: Evaluation,
    /// Seconds, all sittings together.
    #[serde(rename = "time/elapsed")]
    pub elapsed: f64,
}
