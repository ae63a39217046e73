//! Colours for values, and what can be read on them.

use plotters::style::RGBColor;

/// Eleven even steps of viridis (van der Walt and Smith 2015, public domain): equal steps of value look equally far
/// apart, also to the colour-blind and in grey.
const VIRIDIS: [(u8, u8, u8); 11] = [
    (68, 1, 84),
    (72, 37, 118),
    (65, 68, 135),
    (53, 96, 141),
    (42, 120, 142),
    (33, 144, 140),
    (34, 168, 132),
    (67, 191, 113),
    (122, 209, 81),
    (187, 223, 39),
    (253, 231, 37),
];

/// The colour of a value between 0 and 1; beyond them, that of the nearer end.
pub(super) fn of(value: f64) -> RGBColor {
    let last = VIRIDIS.len() - 1;
    let along = value.clamp(0.0, 1.0) * last as f64;
    let before = (along.floor() as usize).min(last - 1);
    let (a, b, part) = (VIRIDIS[before], VIRIDIS[before + 1], along - before as f64);
    let mixed = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    RGBColor(mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
}

/// Black or white, whichever has more contrast with a colour (Web Content Accessibility Guidelines 2.1, 1.4.3).
pub(super) fn ink(on: RGBColor) -> RGBColor {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * linear(on.0) + 0.7152 * linear(on.1) + 0.0722 * linear(on.2);
    // (L + .05) / .05 against black is more than 1.05 / (L + .05) against white.
    if (luminance + 0.05).powi(2) > 1.05 * 0.05 { RGBColor(0, 0, 0) } else { RGBColor(255, 255, 255) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_run_from_dark_to_light() {
        assert_eq!(of(0.0), RGBColor(68, 1, 84));
        assert_eq!(of(0.5), RGBColor(33, 144, 140));
        assert_eq!(of(0.05), RGBColor(70, 19, 101));
        assert_eq!((of(1.0), of(7.0), of(-7.0)), (RGBColor(253, 231, 37), of(1.0), of(0.0)));
    }

    #[test]
    fn ink_is_read_on_every_colour() {
        assert_eq!(ink(of(0.0)), RGBColor(255, 255, 255));
        assert_eq!(ink(of(1.0)), RGBColor(0, 0, 0));
        assert_eq!(ink(RGBColor(118, 118, 118)), RGBColor(0, 0, 0));
        assert_eq!(ink(RGBColor(117, 117, 117)), RGBColor(255, 255, 255));
    }
}
