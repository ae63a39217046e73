//! What agents remember: replay for off-policy learning, rollouts and whole episodes for on-policy learning, the
//! last few steps for methods that look n steps ahead.

#[cfg(test)]
mod counter;
pub mod episodes;
pub mod n_step;
pub mod replay;
pub mod rollout;
pub mod steps;

pub use episodes::Episodes;
pub use n_step::{NStep, Transition};
pub use replay::{Minibatch, Replay};
pub use rollout::Rollout;
pub use steps::{Step, Steps};
