//! Algorithms that are another one in a special case give its numbers bit for bit, from one random stream.

mod control;
mod models;
mod policy_gradient;
mod prediction;
