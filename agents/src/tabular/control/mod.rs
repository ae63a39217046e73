//! Temporal-difference control: action values of a policy that gets better by them.

pub mod double_q_learning;
pub mod expected_sarsa;
mod n_step;
pub mod n_step_sarsa;
pub mod q_learning;
pub mod q_sigma;
pub mod sarsa;
pub mod sarsa_lambda;
pub mod tree_backup;
pub mod watkins_q_lambda;

pub use double_q_learning::{DoubleQLearning, DoubleQLearningConfig};
pub use expected_sarsa::{ExpectedSarsa, ExpectedSarsaConfig};
pub use n_step_sarsa::{NStepSarsa, NStepSarsaConfig};
pub use q_learning::{QLearning, QLearningConfig};
pub use q_sigma::{QSigma, QSigmaConfig};
pub use sarsa::{Sarsa, SarsaConfig};
pub use sarsa_lambda::{SarsaLambda, SarsaLambdaConfig};
pub use tree_backup::{TreeBackup, TreeBackupConfig};
pub use watkins_q_lambda::{WatkinsQLambda, WatkinsQLambdaConfig};
