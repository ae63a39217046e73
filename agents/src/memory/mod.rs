//! What agents remember: replay for off-policy learning, the last few steps for methods that look n steps ahead.

pub mod replay;
pub mod steps;

pub use replay::{Minibatch, Replay};
pub use steps::{Step, Steps};
