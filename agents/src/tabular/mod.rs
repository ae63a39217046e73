//! Agents that keep a number per state, or per state and action.

pub mod control;
pub mod given;
pub mod monte_carlo;
pub mod path;
pub mod prediction;
pub mod q_table;
mod room;
pub mod trace;
pub mod v_table;

pub use control::{QLearning, QLearningConfig, Sarsa, SarsaConfig};
pub use given::{Given, GivenPolicy};
pub use q_table::{EpsilonGreedy, Known, QTable};
pub use trace::TraceKind;
pub use v_table::VTable;
