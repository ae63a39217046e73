//! Learning from data that somebody else gathered.

pub mod data_set;
pub mod q_iteration;

pub use data_set::{BehaviourClone, DataSet, Recorded};
pub use q_iteration::{Iterated, QIteration, QIterationConfig, q_iteration};
