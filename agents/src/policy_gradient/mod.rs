//! Deep agents that learn a policy by its gradient.
//!
//! A [`head::Head`] says what a policy network's outputs mean: choices or controls. A [`learner::Learner`] is a policy and a
//! value network that learn from [`loss::loss`]; what differs between agents is what they gather and how often they go
//! through it.

pub mod a2c;
pub mod actor;
mod by_hand;
pub mod head;
pub mod learner;
pub mod loss;
pub mod on_policy;
pub mod ppo;
pub mod reinforce;

pub use a2c::{A2c, A2cConfig};
pub use head::{Choices, Controls};
pub use ppo::{Ppo, PpoConfig};
pub use reinforce::{DeepReinforce, DeepReinforceConfig};
