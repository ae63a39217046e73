//! Ranges, ticks and the numbers written beside them.

/// Values beyond this count as gaps: the difference of any two usable values is finite.
pub(super) const LARGEST: f64 = 1e300;
/// A range narrower than this, or than its own size times `RELATIVE`, is a constant: no tick could tell its ends apart.
const NARROWEST: f64 = 1e-250;
const RELATIVE: f64 = 1e-9;

/// Whether a value can be drawn.
pub(super) fn usable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Smallest and largest usable value, or `None` without any.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| usable(*value)).fold(None, |sofar, value| {
        let (low, high) = sofar.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// One axis: its range, and its ticks with their labels.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis over a range of usable values with about `wanted` ticks; a range of no width is given some.
    pub(super) fn new((low, high): (f64, f64), wanted: f64) -> Self {
        let (low, high) = widened(low, high);
        let step = step(high - low, wanted);
        let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
        let values: Vec<f64> = (first..=last).map(|multiple| multiple as f64 * step).collect();
        let labels = labels(&values, step);
        Self { low, high, ticks: values.into_iter().zip(labels).collect() }
    }

    /// An axis over a range of some width, with ticks that are chosen elsewhere.
    pub(super) fn with_ticks((low, high): (f64, f64), ticks: Vec<(f64, String)>) -> Self {
        Self { low, high, ticks }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end. Far outside is as good as very far outside.
    pub(super) fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(-1e4, 1e4)
    }
}

/// The range itself, or one around it where it has no width to speak of.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > NARROWEST && high - low > size * RELATIVE {
        return (low, high);
    }
    let around = if size < NARROWEST { 1.0 } else { size * 0.1 };
    (low - around, high + around)
}

/// The step of 1, 2, 2.5 or 5 times a power of ten that gives at most `wanted` intervals.
fn step(span: f64, wanted: f64) -> f64 {
    let least = span / wanted;
    let power = 10_f64.powi(least.log10().floor() as i32);
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    factors.map(|factor| factor * power).into_iter().find(|step| *step >= least * 0.9999).unwrap_or(10.0 * power)
}

/// What is written beside each tick: `0, 50, 100`, `500k, 1M, 1.5M`, `2×10⁻⁶`.
fn labels(ticks: &[f64], step: f64) -> Vec<String> {
    let largest = ticks.iter().fold(0.0, |most: f64, tick| most.max(tick.abs()));
    let label = |tick: &f64| {
        if is_extreme(largest) {
            let exponent = largest.log10().floor() as i32;
            let unit = 10_f64.powi(exponent);
            if *tick == 0.0 { "0".into() } else { scientific(tick / unit, decimals(step / unit), exponent) }
        } else if largest >= 10_000.0 {
            shortened(*tick, |unit| decimals(step / unit))
        } else {
            fixed(*tick, decimals(step))
        }
    };
    ticks.iter().map(label).collect()
}

/// One number to four significant digits, in the manner of the ticks.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    // Rounding first, for 9.9999 has one digit more before the point than it seems.
    let value: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    let exponent = value.abs().log10().floor() as i32;
    if is_extreme(value.abs()) {
        return scientific(value / 10_f64.powi(exponent), 3, exponent);
    }
    let digits = |unit: f64| usize::try_from(3 - exponent + unit.log10().round() as i32).unwrap_or(0);
    if value.abs() >= 10_000.0 { shortened(value, digits) } else { trimmed(&fixed(value, digits(1.0))).into() }
}

/// Too large for a suffix, or too small for a decimal point.
fn is_extreme(size: f64) -> bool {
    size >= 1e13 || (size > 0.0 && size < 1e-4)
}

/// How many decimals show a step exactly.
fn decimals(step: f64) -> usize {
    (0..12)
        .find(|places| {
            let shifted = step * 10_f64.powi(*places);
            (shifted - shifted.round()).abs() < 1e-6 * shifted
        })
        .unwrap_or(12) as usize
}

/// A number in thousands, millions or (American) billions, without zeros at its end.
fn shortened(value: f64, decimals: impl Fn(f64) -> usize) -> String {
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    // Slightly below the unit still counts: ticks are multiples of a step and carry its rounding.
    let (unit, suffix) = units.into_iter().find(|(unit, _)| value.abs() >= unit * 0.999_999).unwrap_or((1.0, ""));
    format!("{}{suffix}", trimmed(&fixed(value / unit, decimals(unit))))
}

/// A number with so many decimals and a true minus sign.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    // −0.00 is 0.00.
    let negative = value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if negative { format!("−{digits}") } else { digits }
}

fn scientific(mantissa: f64, decimals: usize, exponent: i32) -> String {
    format!("{}×{}", trimmed(&fixed(mantissa, decimals)), power(10, exponent))
}

/// A power as it is written: `10⁻³`.
pub(super) fn power(base: u32, exponent: i32) -> String {
    let superscript = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + (u32::from(digit) - u32::from('0'))).unwrap_or(digit),
    };
    std::iter::once(base.to_string()).chain(exponent.to_string().chars().map(|c| superscript(c).into())).collect()
}

/// The digits without zeros after the point that say nothing.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(low: f64, high: f64) -> String {
        let axis = Axis::new((low, high), 6.0);
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_their_labels_short() {
        assert_eq!(written(0.0, 100_000.0), "0 20k 40k 60k 80k 100k");
        assert_eq!(written(0.0, 1_200_000.0), "0 200k 400k 600k 800k 1M 1.2M");
        assert_eq!(written(0.0, 6e9), "0 1B 2B 3B 4B 5B 6B");
        assert_eq!(written(0.0, 500.0), "0 100 200 300 400 500");
        assert_eq!(written(0.0, 5_000.0), "0 1000 2000 3000 4000 5000");
        assert_eq!(written(-200.0, -100.0), "−200 −180 −160 −140 −120 −100");
        assert_eq!(written(-0.03, 1.04), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(written(0.0, 1.5), "0.00 0.25 0.50 0.75 1.00 1.25 1.50");
        assert_eq!(written(-1.0, 1.0), "−1.0 −0.5 0.0 0.5 1.0");
        assert_eq!(written(0.0, 5e-6), "0 1×10⁻⁶ 2×10⁻⁶ 3×10⁻⁶ 4×10⁻⁶ 5×10⁻⁶");
        assert_eq!(written(0.0, 1e18), "0 0.2×10¹⁸ 0.4×10¹⁸ 0.6×10¹⁸ 0.8×10¹⁸ 1×10¹⁸");
    }

    #[test]
    fn numbers_keep_four_digits() {
        let cases = [(475.0, "475"), (0.8246, "0.8246"), (-110.5, "−110.5"), (9.99999, "10"), (12_346.0, "12.35k")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(0.0), "0");
        assert_eq!(number(1e6), "1M");
        assert_eq!(number(3e-7), "3×10⁻⁷");
        assert_eq!(number(-0.25), "−0.25");
    }

    #[test]
    fn every_range_gives_a_few_ticks() {
        let sizes = [0.0, 5e-324, 1e-300, 1e-9, 1.0, 499.999, 1e9, 1e15, 1e300];
        for low in sizes.iter().flat_map(|size| [-size, *size]) {
            for width in sizes {
                let axis = Axis::new((low, (low + width).min(LARGEST)), 6.0);
                assert!((1..=8).contains(&axis.ticks.len()), "{low} + {width}: {axis:?}");
                assert!(axis.low < axis.high && axis.place(low).is_finite(), "{low} + {width}: {axis:?}");
            }
        }
    }

    #[test]
    fn a_constant_is_given_room() {
        assert_eq!(widened(500.0, 500.0), (450.0, 550.0));
        assert_eq!(widened(0.0, 0.0), (-1.0, 1.0));
        assert_eq!(extent([f64::NAN, 2.0, f64::INFINITY, -1.0]), Some((-1.0, 2.0)));
        assert_eq!(extent([f64::NAN]), None);
    }
}
