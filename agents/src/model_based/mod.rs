//! Planning with a model that is learned: imagined steps are learned from as real ones.

pub mod dyna_q;
pub mod dyna_q_plus;
pub mod estimated;
pub mod model;
pub mod planner;
pub mod prioritized_sweeping;
mod queue;
pub mod trajectory_sampling;

pub use dyna_q::{DynaQ, DynaQConfig};
pub use dyna_q_plus::{DynaQPlus, DynaQPlusConfig};
pub use estimated::Estimated;
pub use model::{Experience, Masks, Model};
pub use planner::Planner;
pub use prioritized_sweeping::{PrioritizedSweeping, PrioritizedSweepingConfig};
pub use trajectory_sampling::{Distribution, TrajectorySampling, TrajectorySamplingConfig, expected_update};
