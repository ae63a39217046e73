//! Distributions over actions, twice each: on slices for whoever acts, which allocates nothing, and on tensors for
//! whoever learns, which is differentiable.

pub mod categorical;
pub mod gaussian;
pub mod squashed;
