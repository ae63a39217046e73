//! Deep agents that learn action values.

pub mod dqn;

pub use dqn::{Dqn, DqnConfig};
