//! Agents whose values are a weighted sum of features.

pub mod linear_q;
pub mod prediction;
pub mod semi_gradient_sarsa;

pub use linear_q::{LinearQ, LinearQPolicy};
pub use semi_gradient_sarsa::{SemiGradientSarsa, SemiGradientSarsaConfig};
