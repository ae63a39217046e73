//! Environments in which what one sees now is not enough: one has to remember.

pub mod t_maze;

pub use t_maze::{TMaze, TMazeParams};
