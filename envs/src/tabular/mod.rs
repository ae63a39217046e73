//! Finite environments: a table that dynamic programming reads and one generic environment samples.

pub mod gridworld;
pub mod table;

pub use gridworld::{Gridworld, GridworldParams, Rules};
pub use table::{Finite, Outcome, Table, TabularModel};
