//! Linear and logarithmic axes.
//!
//! A value is first given its place on the axis (itself, or its logarithm); ranges and ticks are in places from there on.

use super::axis::{self, Axis};
use serde::{Deserialize, Serialize};

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal differences take equal room.
    #[default]
    Linear,
    /// Doublings take equal room; ticks at powers of two. Values that are not positive are gaps.
    Log2,
    /// Tenfolds take equal room; ticks at powers of ten. Values that are not positive are gaps.
    Log10,
}

impl Scale {
    /// The place of a value, `None` where it has none.
    pub(super) fn place(self, value: f64) -> Option<f64> {
        let drawn = axis::usable(value) && (self == Self::Linear || value > 0.0);
        drawn.then(|| match self {
            Self::Linear => value,
            Self::Log2 => value.log2(),
            Self::Log10 => value.log10(),
        })
    }

    /// The value at a place.
    fn value(self, place: f64) -> f64 {
        let value = match self {
            Self::Linear => place,
            Self::Log2 => place.exp2(),
            Self::Log10 => 10_f64.powf(place),
        };
        value.min(axis::LARGEST)
    }

    /// An axis over a range of places, with about `wanted` ticks at most.
    pub(super) fn axis(self, (low, high): (f64, f64), wanted: f64) -> Axis {
        if self == Self::Linear {
            return Axis::new((low, high), wanted);
        }
        let (low, high) = if high - low < 1e-6 { (low - 1.0, high + 1.0) } else { (low, high) };
        let step = ((high - low) / wanted).ceil().max(1.0);
        let (first, last) = ((low / step - 1e-6).ceil() as i32, (high / step + 1e-6).floor() as i32);
        if last > first {
            let exponents = (first..=last).map(|multiple| multiple * step as i32);
            let ticks = exponents.map(|exponent| (f64::from(exponent), self.power(exponent))).collect();
            return Axis::with_ticks((low, high), ticks);
        }
        // Less than two powers: round numbers say more.
        let between = Axis::new((self.value(low), self.value(high)), wanted.min(4.0)).ticks.into_iter();
        let placed = between.filter_map(|(value, label)| Some((self.place(value)?, label)));
        let within = |(place, _): &(f64, String)| (low - 1e-9..=high + 1e-9).contains(place);
        let mut ticks: Vec<_> = placed.filter(within).collect();
        if ticks.is_empty() {
            let middle = f64::midpoint(low, high);
            ticks.push((middle, axis::number(self.value(middle))));
        }
        Axis::with_ticks((low, high), ticks)
    }

    /// A power of the base as it is written: `1/128, 1/4, 1, 2`, `2¹⁴`; `10⁻³, 1, 10, 10²`.
    fn power(self, exponent: i32) -> String {
        match (self, exponent) {
            (_, 0) => "1".into(),
            (Self::Log2, 1..=13) => (1 << exponent).to_string(),
            (Self::Log2, -13..=-1) => format!("1/{}", 1 << -exponent),
            (Self::Log2, _) => axis::power(2, exponent),
            (_, 1) => "10".into(),
            _ => axis::power(10, exponent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(scale: Scale, low: f64, high: f64) -> String {
        let range = (scale.place(low).unwrap(), scale.place(high).unwrap());
        let axis = scale.axis(range, 6.0);
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_at_powers() {
        assert_eq!(written(Scale::Log2, 1.0 / 4.0, 4.0), "1/4 1/2 1 2 4");
        assert_eq!(written(Scale::Log2, 1.0 / 128.0, 4.0), "1/64 1/16 1/4 1 4");
        assert_eq!(written(Scale::Log2, 8192.0, 65536.0), "8192 2¹⁴ 2¹⁵ 2¹⁶");
        assert_eq!(written(Scale::Log10, 1e-3, 100.0), "10⁻³ 10⁻² 10⁻¹ 1 10 10²");
        assert_eq!(written(Scale::Log10, 1e-12, 1.0), "10⁻¹² 10⁻¹⁰ 10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 1");
        assert_eq!(written(Scale::Linear, 0.0, 6.0), "0 1 2 3 4 5 6");
    }

    #[test]
    fn a_range_within_one_power_has_round_numbers() {
        assert_eq!(written(Scale::Log10, 2.0, 8.0), "2 4 6 8");
        assert_eq!(written(Scale::Log2, 5.0, 7.0), "5.0 5.5 6.0 6.5 7.0");
        assert_eq!(written(Scale::Log10, 10.0, 10.0), "1 10 10²");
    }

    #[test]
    fn what_is_not_positive_has_no_place_on_a_logarithmic_axis() {
        assert_eq!(Scale::Log2.place(0.125), Some(-3.0));
        assert_eq!(Scale::Log10.place(1000.0), Some(3.0));
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!((Scale::Log2.place(value), Scale::Log10.place(value)), (None, None));
        }
        assert_eq!(Scale::Linear.place(-1.0), Some(-1.0));
    }

    #[test]
    fn every_range_gives_a_few_ticks() {
        for scale in [Scale::Log2, Scale::Log10] {
            for low in [5e-324_f64, 1e-300, 1e-3, 0.9, 1.0, 1e9, 1e299] {
                for factor in [1.0, 1.000_1, 1.5, 7.0, 1e5] {
                    let high = (low * factor).min(1e300);
                    let axis = scale.axis((scale.place(low).unwrap(), scale.place(high).unwrap()), 6.0);
                    assert!((1..=8).contains(&axis.ticks.len()), "{scale:?} {low} × {factor}: {axis:?}");
                }
            }
        }
    }
}
