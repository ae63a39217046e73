//! Prediction with features that are given: v̂(s) = wᵀx(s) is what a state is worth under a policy that is given. Another
//! policy may be followed.

mod predictor;
pub mod semi_gradient_td;
pub mod tdc;

pub use predictor::{Predictor, Rule, Step, Weights};
pub use semi_gradient_td::{SemiGradientTd, SemiGradientTdConfig};
pub use tdc::{Tdc, TdcConfig};
