//! The arithmetic of the algorithms: pure functions on numbers and slices, each with literal numbers in its tests.
//! Nothing here knows an agent or a tensor.

pub mod advantage;
pub mod bandit;
pub mod choice;
pub mod importance;
pub mod policy;
pub mod projection;
pub mod rescaling;
pub mod returns;
pub mod softmax;
pub mod surrogate;
pub mod td;
pub mod vtrace;
