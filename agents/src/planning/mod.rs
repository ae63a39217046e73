//! Planning with a known model: dynamic programming.

pub mod value_iteration;

pub use value_iteration::{Solution, value_iteration};
