//! Classic control, as Gymnasium has it.

pub mod acrobot;
pub mod cart_pole;
pub mod columns;
pub mod isa;
pub mod mountain_car;
pub mod mountain_car_continuous;
pub mod pendulum;
pub mod physical;

pub use acrobot::{Acrobot, AcrobotParams};
pub use cart_pole::{CartPole, CartPoleParams, CartPoleV0Params};
pub use columns::Columns;
pub use isa::Isa;
pub use mountain_car::{MountainCar, MountainCarParams};
pub use mountain_car_continuous::{MountainCarContinuous, MountainCarContinuousParams};
pub use pendulum::{Pendulum, PendulumParams};
pub use physical::{Dynamics, Moved, Physical};
