//! Agents that keep a number per state, or per state and action.

pub mod q_learning;
pub mod q_table;

pub use q_learning::{QLearning, QLearningConfig};
pub use q_table::QTable;
