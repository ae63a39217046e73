//! Bandits: arms to be pulled, and nothing that a pull leads to.

mod bars;
pub mod contextual;
pub mod drifting;
pub mod linear;
pub mod testbed;

pub use contextual::{ContextualBandit, ContextualBanditParams};
pub use drifting::{DriftingBandit, DriftingBanditParams};
pub use linear::{LinearBandit, LinearBanditParams};
pub use testbed::{Rewards, Testbed, TestbedParams};
