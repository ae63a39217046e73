//! Networks on burn: each is a function of one flat parameter vector.
//!
//! One vector per network makes a target network a clone, an optimiser two vectors, a checkpoint one list of
//! numbers. Random numbers are drawn on the host from the agent's own stream: flex has one generator per process.

pub mod adam;
pub mod device;
pub mod loss;
pub mod mlp;
pub mod tensors;

pub use adam::{Adam, clip_global_norm};
pub use device::open;
pub use loss::Loss;
pub use mlp::{Activation, Mlp};
