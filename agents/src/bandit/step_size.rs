//! How far an estimate moves towards a reward.

use std::ops::RangeBounds;

use gymkhana_envs::params::Value;

use crate::{math::bandit::unbiased_step, schedule::Schedule};

/// The step size of an incremental estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepSize {
    /// 1/N(a), so that estimates are sample averages: `average`.
    Average,
    /// α, or a schedule of it: `0.1`.
    Given(Schedule),
    /// α without the bias of initial values: `unbiased 0.1`. Sutton & Barto 2018, exercise 2.7.
    Unbiased(f64),
}

impl StepSize {
    /// The step size for the n-th pull of an arm, when `step` of `steps` are done.
    #[inline]
    pub fn at(&self, n: f64, step: u64, steps: u64) -> f64 {
        match self {
            Self::Average => 1.0 / n,
            Self::Given(alpha) => alpha.at(step, steps),
            Self::Unbiased(alpha) => unbiased_step(*alpha, n),
        }
    }
}

impl From<f64> for StepSize {
    fn from(alpha: f64) -> Self {
        Self::Given(alpha.into())
    }
}

impl Value for StepSize {
    type Bound = f64;

    fn kind() -> String {
        "average, a number or schedule, or unbiased and a number".into()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.strip_prefix("unbiased") {
            _ if text == "average" => Ok(Self::Average),
            None => Schedule::parse(text).map(Self::Given),
            Some(alpha) => match f64::parse(alpha.trim())? {
                alpha if alpha > 0.0 => Ok(Self::Unbiased(alpha)),
                alpha => Err(format!("unbiased with a step size of {alpha}, which is not above 0")),
            },
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Average => "average".into(),
            Self::Given(alpha) => alpha.show(),
            Self::Unbiased(alpha) => format!("unbiased {}", alpha.show()),
        }
    }

    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        match self {
            Self::Average => true,
            Self::Given(alpha) => alpha.within(range),
            Self::Unbiased(alpha) => *alpha > 0.0 && range.contains(alpha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_read_again_and_looked_up() {
        for (text, third) in
            [("average", 1.0 / 3.0), ("0.1", 0.1), ("0.5 -> 0.25 over 1", 0.375), ("unbiased 0.5", 4.0 / 7.0)]
        {
            let step = StepSize::parse(text).unwrap();
            assert_eq!((step.show().as_str(), step.at(3.0, 50, 100)), (text, third));
        }
        assert!(["unbiased", "unbiased 0", "mean", "unbiased -1"].iter().all(|text| StepSize::parse(text).is_err()));
        assert!(!StepSize::Unbiased(1.5).within(&(0.0..=1.0)) && StepSize::Average.within(&(0.0..=1.0)));
    }
}
