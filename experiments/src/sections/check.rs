//! A measured number beside the one it should be.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Computed exactly: dynamic programming, linear algebra.
    Exact,
    /// Printed in a figure of the book.
    Figure,
    /// Printed in a paper.
    Paper,
    /// Simulated independently over many seeds.
    Simulated,
    /// A measurement of another implementation.
    Peer,
}

/// What a measured number should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// |measured − target| ≤ tolerance
    Near {
        /// the number
        target: f64,
        /// the tolerance; 0 is exact
        tolerance: f64,
    },
    /// measured ≥ this
    AtLeast(f64),
    /// measured ≤ this
    AtMost(f64),
    /// measured from the first to the second
    Between(f64, f64),
}

impl Target {
    /// A number as it is printed: measured to half a unit of the last of so many digits after the point.
    pub fn printed(target: f64, decimals: i32) -> Self {
        // A number just half a unit away is rounded to the printed one by one rule or the other.
        Self::Near { target, tolerance: 0.5 * 10_f64.powi(-decimals) * (1.0 + 1e-9) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Near { target, tolerance: 0.0 } => write!(f, "{} exactly", number(target)),
            Self::Near { target, tolerance } => write!(f, "{} ± {}", number(target), small(tolerance)),
            Self::AtLeast(least) => write!(f, "at least {}", number(least)),
            Self::AtMost(most) => write!(f, "at most {}", number(most)),
            Self::Between(low, high) => write!(f, "{} to {}", number(low), number(high)),
        }
    }
}

impl Source {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Figure => "figure",
            Self::Paper => "paper",
            Self::Simulated => "simulated",
            Self::Peer => "peer",
        }
    }
}

/// A named quantity with its target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What was measured, over how many seeds or episodes.
    pub name: String,
    /// The number.
    pub measured: f64,
    /// What it should be.
    pub target: Target,
    /// Where that comes from.
    pub source: Source,
    /// The source in words.
    pub from: String,
}

impl Check {
    /// |measured − target| ≤ tolerance.
    pub(super) fn near(
        name: impl Into<String>,
        measured: f64,
        (target, tolerance): (f64, f64),
        source: Source,
        from: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), measured, target: Target::Near { target, tolerance }, source, from: from.into() }
    }

    /// Whether the measured number is what it should be.
    pub fn passes(&self) -> bool {
        match self.target {
            Target::Near { target, tolerance } => (self.measured - target).abs() <= tolerance,
            Target::AtLeast(least) => self.measured >= least,
            Target::AtMost(most) => self.measured <= most,
            Target::Between(low, high) => (low..=high).contains(&self.measured),
        }
    }
}

/// A number with as many digits as it needs, four after the point at most; a small one with four that count.
pub(crate) fn number(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-3 {
        return small(x);
    }
    trimmed(&format!("{x:.4}"))
}

/// A number with four digits that count, at most: a tolerance must not be rounded to 0.
fn small(x: f64) -> String {
    if x == 0.0 || x.abs() >= 1.0 {
        return trimmed(&format!("{x:.4}"));
    }
    if x.abs() < 1e-6 {
        let text = format!("{x:.2e}");
        return match text.split_once('e') {
            Some((digits, exponent)) => format!("{}e{exponent}", trimmed(digits)),
            None => text,
        };
    }
    let places = (3.0 - x.abs().log10().floor()) as usize;
    trimmed(&format!("{x:.places$}"))
}

/// Without the zeros after the point that say nothing.
fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

impl Check {
    /// PASS or FAIL.
    pub fn verdict(&self) -> &'static str {
        if self.passes() { "PASS" } else { "FAIL" }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, measured, source) = (self.verdict(), number(self.measured), self.source.name());
        write!(f, "{verdict}  {}: {measured} (target {}; {source}: {})", self.name, self.target, self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_verdict() {
        let check = |measured| Check {
            name: "return".into(),
            measured,
            target: Target::Near { target: -13.0, tolerance: 0.5 },
            source: Source::Exact,
            from: "the shortest path".into(),
        };
        assert_eq!(check(-13.25).to_string(), "PASS  return: -13.25 (target -13 ± 0.5; exact: the shortest path)");
        assert!(check(-14.0).to_string().starts_with("FAIL"));
        assert!(!check(f64::NAN).passes());
    }

    #[test]
    fn targets_are_bounds_of_several_kinds() {
        let passes = |measured, target| {
            let (name, from) = (String::new(), String::new());
            Check { name, measured, target, source: Source::Exact, from }.passes()
        };
        assert!(passes(0.586, Target::AtMost(0.586)) && !passes(0.587, Target::AtMost(0.586)));
        assert!(passes(1.0, Target::Between(1.0, 2.0)) && !passes(2.1, Target::Between(1.0, 2.0)));
        // −0.0431 is what 0.04305 to 0.04315 are printed as.
        assert!(passes(-0.043_14, Target::printed(-0.0431, 4)) && !passes(-0.0432, Target::printed(-0.0431, 4)));
        assert!(passes(14.5, Target::printed(15.0, 0)));
    }

    #[test]
    fn small_numbers_keep_their_digits() {
        assert_eq!([0.5, 17.05, -13.0, 100.0].map(number), ["0.5", "17.05", "-13", "100"]);
        assert_eq!([0.00005, 1.0e-9, 0.000_123_4, 0.0].map(number), ["0.00005", "1e-9", "0.0001234", "0"]);
        assert_eq!(Target::printed(0.8235, 4).to_string(), "0.8235 ± 0.00005");
    }
}
