//! What is minimised, element by element.

use std::ops::RangeBounds;

use burn::tensor::Tensor;
use gymkhana_envs::params::Value;

/// How far off a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// e²/2 for |e| ≤ 1, |e| − ½ beyond (Huber 1964): each error beyond 1 counts the same.
    Huber,
    /// e²/2
    Squared,
}

impl Loss {
    /// Of each error, in the shape of the errors.
    pub fn of(self, error: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Squared => error.square() * 0.5,
            Self::Huber => {
                let size = error.abs();
                let quadratic = size.clone().clamp_max(1.0);
                quadratic.clone().square() * 0.5 + (size - quadratic)
            }
        }
    }
}

impl Value for Loss {
    type Bound = usize;
    fn kind() -> String {
        "huber or squared".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "huber" => Ok(Self::Huber),
            "squared" => Ok(Self::Squared),
            _ => Err("neither huber nor squared".into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Huber => "huber".into(),
            Self::Squared => "squared".into(),
        }
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{matrix, to_vec};
    use burn::tensor::Device;

    #[test]
    fn huber_is_quadratic_near_0_and_linear_far_off() {
        let errors = || matrix(&[0.5, -1.0, 3.0], 3, &Device::flex());
        assert_eq!(to_vec(Loss::Huber.of(errors())), [0.125, 0.5, 2.5]);
        assert_eq!(to_vec(Loss::Squared.of(errors())), [0.125, 0.5, 4.5]);
    }

    #[test]
    fn names() {
        for loss in [Loss::Huber, Loss::Squared] {
            assert_eq!(Loss::parse(&loss.show()), Ok(loss));
        }
        assert!(Loss::parse("mse").is_err());
    }
}
