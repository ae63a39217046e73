//! Temporal-difference control: action values of a policy that gets better by them.

pub mod q_learning;
pub mod sarsa;

pub use q_learning::{QLearning, QLearningConfig};
pub use sarsa::{Sarsa, SarsaConfig};
