//! Deep agents that learn a policy by its gradient.
//!
//! A [`head::Head`] says what a policy network's outputs mean: choices or controls. [`networks::Networks`] are a
//! policy and a value, whose parameters go along the gradient of [`loss::loss`]; what differs between agents is what they
//! gather, and how often they go through it.

pub mod a2c;
pub mod actor;
pub mod head;
pub mod loss;
pub mod networks;
pub mod on_policy;
pub mod ppo;
pub mod reinforce;

pub use a2c::{A2c, A2cConfig};
pub use head::{Choices, Controls};
pub use ppo::{Ppo, PpoConfig};
pub use reinforce::{DeepReinforce, DeepReinforceConfig};
