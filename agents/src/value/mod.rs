//! Deep agents that learn action values.

pub mod dqn;
pub mod q_network;

pub use dqn::{Dqn, DqnConfig};
pub use q_network::{Chooser, QNetwork};
