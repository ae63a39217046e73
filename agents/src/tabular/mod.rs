//! Agents that keep a number per state, or per state and action.

pub mod control;
pub mod controller;
pub mod given;
pub mod monte_carlo;
pub mod path;
pub mod policy_gradient;
pub mod prediction;
pub mod q_table;
pub(crate) mod room;
pub mod trace;
pub mod v_table;

pub use control::{
    DoubleQLearning, DoubleQLearningConfig, ExpectedSarsa, ExpectedSarsaConfig, NStepSarsa, NStepSarsaConfig,
    QLearning, QLearningConfig, QSigma, QSigmaConfig, Sarsa, SarsaConfig, SarsaLambda, SarsaLambdaConfig, TreeBackup,
    TreeBackupConfig, WatkinsQLambda, WatkinsQLambdaConfig,
};
pub use controller::{Controller, Method};
pub use given::{Given, GivenPolicy};
pub use policy_gradient::{
    ActorCritic, ActorCriticConfig, ActorCriticLambda, ActorCriticLambdaConfig, Preferences, Reinforce, ReinforceConfig,
};
pub use q_table::{EpsilonGreedy, Known, QTable};
pub use trace::{Trace, TraceKind};
pub use v_table::VTable;
