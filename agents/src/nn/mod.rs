//! Networks on burn: each is a function of one flat parameter vector.
//!
//! One vector per network makes a target network a clone, an optimiser two vectors, a checkpoint one list of
//! numbers. Random numbers are drawn on the host from the agent's own stream: flex has one generator per process.

pub mod device;
pub mod distribution;
mod fused;
pub mod inference;
pub mod init;
pub mod kernel;
pub mod loss;
pub mod mlp;
pub mod named;
pub mod optimizer;
pub mod tensors;

pub use device::open;
pub use inference::Inference;
pub use init::Init;
pub use loss::Loss;
pub use mlp::{Activation, Mlp};
pub use named::{from_safetensors, to_safetensors};
pub use optimizer::{Optimizer, OptimizerState, Rule, clip_global_norm};
