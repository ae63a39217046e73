//! Agents that keep a number per state, or per state and action.

pub mod control;
pub mod given;
pub mod policy_gradient;
pub mod q_table;
pub(crate) mod room;
pub mod v_table;

pub use control::{QLearning, QLearningConfig, Sarsa, SarsaConfig};
pub use given::{Given, GivenPolicy};
pub use policy_gradient::{
    ActorCritic, ActorCriticConfig, ActorCriticLambda, ActorCriticLambdaConfig, Preferences, Reinforce, ReinforceConfig,
};
pub use q_table::{EpsilonGreedy, Known, QTable};
pub use v_table::VTable;
