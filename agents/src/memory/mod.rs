//! What agents remember: replay for off-policy learning.

pub mod replay;

pub use replay::{Minibatch, Replay};
