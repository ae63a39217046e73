//! Prediction: what states are worth under a policy that is given.

pub mod batch;
pub mod n_step_td;
pub mod offline_lambda_return;
mod predictor;
pub mod td_0;
pub mod td_lambda;
#[cfg(test)]
pub(crate) mod testing;
pub mod true_online_td_lambda;

pub use batch::{BatchMc, BatchMcConfig, BatchTd, BatchTdConfig};
pub use n_step_td::{NStepTd, NStepTdConfig};
pub use offline_lambda_return::{OfflineLambdaReturn, OfflineLambdaReturnConfig};
pub use predictor::{Predictor, Rule, Step};
pub use td_0::{Td0, Td0Config};
pub use td_lambda::{TdLambda, TdLambdaConfig};
pub use true_online_td_lambda::{TrueOnlineTdLambda, TrueOnlineTdLambdaConfig};
