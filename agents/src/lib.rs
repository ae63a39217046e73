//! The algorithms of Gymkhana.
//!
//! An agent meets environments as flat rows ([`gymkhana_envs::Batch`]): it acts on a view of them and learns from the
//! transitions. Tabular and deep agents run through the same loop. This crate knows no clock, no file and no thread;
//! without its feature `deep` it knows no tensor library either.

pub mod agent;
pub mod bandit;
pub mod bench;
pub mod device;
pub mod entry;
pub mod error;
pub mod linear;
pub mod math;
pub mod memory;
pub mod model_based;
pub mod networks;
#[cfg(feature = "deep")]
pub mod nn;
pub mod offline;
#[cfg(test)]
mod one;
pub mod planning;
#[cfg(feature = "deep")]
pub mod policy_gradient;
pub mod probing;
pub mod registry;
pub mod restore;
pub mod schedule;
pub mod tabular;
pub mod taxonomy;
#[cfg(feature = "deep")]
pub mod value;
pub mod watch;

pub use agent::{Agent, Metrics, Mode, Policy, Recipe, Setup, round};
pub use device::DeviceName;
pub use error::Error;
pub use schedule::Schedule;
pub use watch::{Divergence, Watch};
