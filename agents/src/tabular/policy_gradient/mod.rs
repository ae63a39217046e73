//! Policy gradient: the policy is the softmax of a table of preferences, which go up the gradient of what it earns.

pub mod actor_critic;
pub mod actor_critic_lambda;
pub mod preferences;
pub mod reinforce;

pub use actor_critic::{ActorCritic, ActorCriticConfig};
pub use actor_critic_lambda::{ActorCriticLambda, ActorCriticLambdaConfig};
pub use preferences::Preferences;
pub use reinforce::{Reinforce, ReinforceConfig};
