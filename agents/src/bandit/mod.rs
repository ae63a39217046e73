//! Bandits: one decision at a time, whose consequence is its reward.
//!
//! What is observed is the context, and each context has arms of its own; the testbed has one. Where every episode is
//! another bandit, `forget` makes an agent begin anew with each.

pub mod epsilon_greedy;
pub mod exp3;
pub mod gradient;
pub mod lin_ucb;
mod pulls;
mod step_size;
pub mod thompson;
pub mod ucb;

pub use epsilon_greedy::{EpsilonGreedyBandit, EpsilonGreedyBanditConfig};
pub use exp3::{Exp3, Exp3Config, Mixing};
pub use gradient::{Baseline, GradientBandit, GradientBanditConfig};
pub use lin_ucb::{LinUcb, LinUcbConfig};
pub use pulls::Pulls;
pub use step_size::StepSize;
pub use thompson::{Thompson, ThompsonConfig};
pub use ucb::{Ucb, UcbConfig};
