//! Quantities that change during a run: step sizes, exploration.

use std::ops::RangeBounds;

use gymkhana_envs::params::Value;

/// A number as a function of how far the run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The same all along: `0.1`.
    Constant(f64),
    /// From one value to another over the first part of the run, then that: `1 -> 0.05 over 0.1`.
    Linear {
        /// at the start
        from: f64,
        /// at the end of the part, and after it
        to: f64,
        /// the part, a fraction of the run
        over: f64,
    },
    /// As `Linear`, by a constant factor per step: `1 -> 0.01 exp over 0.5`.
    Exponential {
        /// at the start
        from: f64,
        /// at the end of the part, and after it
        to: f64,
        /// the part, a fraction of the run
        over: f64,
    },
}

impl Schedule {
    /// The value when `step` of `steps` are done.
    #[inline]
    pub fn at(&self, step: u64, steps: u64) -> f64 {
        let part = |over: f64| (step as f64 / (over * steps as f64)).min(1.0);
        match *self {
            Self::Constant(x) => x,
            Self::Linear { to, over, .. } | Self::Exponential { to, over, .. } if part(over) >= 1.0 => to,
            Self::Linear { from, to, over } => from + (to - from) * part(over),
            Self::Exponential { from, to, over } => from * (to / from).powf(part(over)),
        }
    }
}

/// How many times something that is due every so many steps becomes due on the way from one step to another.
#[inline]
pub fn times(before: u64, now: u64, every: u64) -> u64 {
    (now / every).saturating_sub(before / every)
}

impl From<f64> for Schedule {
    fn from(x: f64) -> Self {
        Self::Constant(x)
    }
}

impl Value for Schedule {
    type Bound = f64;

    fn kind() -> String {
        "number or schedule".into()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let Some((from, rest)) = text.split_once("->") else {
            return f64::parse(text.trim()).map(Self::Constant);
        };
        let (to, over) = rest.split_once("over").unwrap_or((rest, "1"));
        let (to, exponential) = to.trim().strip_suffix("exp").map_or((to, false), |to| (to, true));
        let (from, to, over) = (f64::parse(from.trim())?, f64::parse(to.trim())?, f64::parse(over.trim())?);
        if !(over > 0.0 && over <= 1.0) {
            return Err(format!("{over} is not a part of a run, above 0 and at most 1"));
        }
        if !exponential {
            return Ok(Self::Linear { from, to, over });
        }
        if from > 0.0 && to > 0.0 {
            Ok(Self::Exponential { from, to, over })
        } else {
            Err("an exponential schedule goes between numbers above 0".into())
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Constant(x) => x.to_string(),
            Self::Linear { from, to, over } => format!("{from} -> {to} over {over}"),
            Self::Exponential { from, to, over } => format!("{from} -> {to} exp over {over}"),
        }
    }

    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        match self {
            Self::Constant(x) => range.contains(x),
            Self::Linear { from, to, over } => {
                range.contains(from) && range.contains(to) && *over > 0.0 && *over <= 1.0
            }
            Self::Exponential { from, to, over } => {
                range.contains(from) && range.contains(to) && *from > 0.0 && *to > 0.0 && *over > 0.0 && *over <= 1.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_along_a_run() {
        let linear = Schedule::parse("1 -> 0.04 over 0.16").unwrap();
        assert_eq!(linear, Schedule::Linear { from: 1.0, to: 0.04, over: 0.16 });
        assert_eq!((linear.at(0, 50_000), linear.at(4_000, 50_000), linear.at(8_000, 50_000)), (1.0, 0.52, 0.04));
        assert_eq!(linear.at(50_000, 50_000), 0.04);
        let exponential = Schedule::parse("1 -> 0.01 exp over 0.5").unwrap();
        assert!((exponential.at(25, 100) - 0.1).abs() < 1e-12);
        assert_eq!(Schedule::parse("0.1").unwrap().at(3, 10), 0.1);
    }

    #[test]
    fn what_is_due_with_many_lanes_is_due_several_times() {
        assert_eq!((times(3, 4, 4), times(4, 7, 4), times(16, 32, 4), times(100, 90, 4)), (1, 0, 4, 0));
    }

    #[test]
    fn written_and_read_again() {
        for text in ["0.1", "1 -> 0.04 over 0.16", "1 -> 0.01 exp over 0.5"] {
            assert_eq!(Schedule::parse(text).unwrap().show(), text);
        }
        assert_eq!(Schedule::parse("1->0").unwrap(), Schedule::Linear { from: 1.0, to: 0.0, over: 1.0 });
        assert!(Schedule::parse("1 -> 0 over 2").is_err() && Schedule::parse("fast").is_err());
        assert!(Schedule::parse("1 -> 0 exp over 1").is_err());
        assert!(!Schedule::parse("2 -> 0").unwrap().within(&(0.0..=1.0)));
    }
}
