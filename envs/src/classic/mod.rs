//! Classic control, as Gymnasium has it.

pub mod cart_pole;
pub mod columns;
pub mod isa;
pub mod physical;

pub use cart_pole::{CartPole, CartPoleDynamics, CartPoleParams};
pub use columns::Columns;
pub use isa::Isa;
pub use physical::{Dynamics, Moved, Physical};
