//! Bandits: one state, one step.

pub mod testbed;

pub use testbed::{Testbed, TestbedParams};
