//! Planning with a known model: dynamic programming.

pub mod modified_policy_iteration;

pub use modified_policy_iteration::{Planning, Solution, action_value, modified_policy_iteration};
