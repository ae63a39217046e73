//! Monte Carlo methods: values are means of whole returns.

pub mod mc_control;
pub mod mc_exploring_starts;
pub mod mc_prediction;
pub mod off_policy_mc_control;
pub mod off_policy_mc_prediction;

pub use mc_control::{McControl, McControlConfig};
pub use mc_exploring_starts::{McExploringStarts, McExploringStartsConfig};
pub use mc_prediction::{McPrediction, McPredictionConfig};
pub use off_policy_mc_control::{OffPolicyMcControl, OffPolicyMcControlConfig};
pub use off_policy_mc_prediction::{OffPolicyMcPrediction, OffPolicyMcPredictionConfig, Sampling};
