//! Classic control, as Gymnasium has it.

pub mod cart_pole;

pub use cart_pole::{CartPole, CartPoleParams};
