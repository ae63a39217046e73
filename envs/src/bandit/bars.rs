//! What a bandit looks like: a bar per arm, as long as its true value is high.

use crate::render::{Text, Tone};

/// The longest bar, in cells.
const LONGEST: f64 = 24.0;
/// Arms that are shown.
const SHOWN: usize = 20;

/// The first of the greatest values' arms.
pub(super) fn best(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, arm| if values[arm] > values[best] { arm } else { best })
}

/// A line per arm with its true value; the best is marked, and so is the one that was pulled last, with what it paid.
pub(super) fn bars(values: &[f64], pulled: Option<(usize, f64)>) -> Text {
    let best = best(values);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let span = (values[best] - low).max(f64::MIN_POSITIVE);
    let line = |arm: usize| {
        let length = 1 + ((values[arm] - low) / span * (LONGEST - 1.0)).round() as usize;
        let tone = if arm == best { Tone::Goal } else { Tone::Faint };
        let bar = format!("{:<width$}", "█".repeat(length), width = LONGEST as usize + 1);
        let paid = pulled.filter(|pull| pull.0 == arm).map(|pull| format!("● paid {:.2}", pull.1));
        [
            (format!("{arm:>3} {:>6.2} ", values[arm]), Tone::Plain),
            (bar, tone),
            (if arm == best { "best ".into() } else { "     ".into() }, Tone::Goal),
            (paid.unwrap_or_default(), Tone::Agent),
        ]
    };
    let text = (0..values.len().min(SHOWN)).fold(Text::default(), |text, arm| text.then(line(arm)));
    match values.len() {
        ..=SHOWN => text,
        arms => text.then([(format!("    and {} more arms", arms - SHOWN), Tone::Faint)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_arm_has_the_longest_bar_and_the_last_one_says_what_it_paid() {
        let text = bars(&[-1.0, 2.0, 0.5], Some((2, 0.25))).plain();
        let lines = [
            format!("  0  -1.00 █{}", " ".repeat(29)),
            format!("  1   2.00 {} best ", "█".repeat(24)),
            format!("  2   0.50 {}{}● paid 0.25", "█".repeat(13), " ".repeat(17)),
        ];
        assert_eq!(text, lines.join("\n"));
    }

    #[test]
    fn of_many_arms_some_are_shown_and_equal_ones_have_equal_bars() {
        let text = bars(&[0.0; 50], None).plain();
        assert_eq!((text.lines().count(), text.lines().last()), (21, Some("    and 30 more arms")));
        assert!(text.starts_with("  0   0.00 █                        best "), "{text}");
    }
}
