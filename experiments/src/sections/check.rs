//! A measured number beside the one it should be.

use std::fmt;

use serde::Serialize;

/// Where a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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
}

/// A named quantity with its target.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
        }
    }
}

/// A number with as many digits as it needs, four after the point at most; a smaller one as a power of ten.
pub(super) fn number(x: f64) -> String {
    if x != 0.0 && x.abs() < 5e-5 {
        return format!("{x:.0e}");
    }
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passes() { "PASS" } else { "FAIL" };
        write!(f, "{verdict}  {}: {} (", self.name, number(self.measured))?;
        match self.target {
            Target::Near { target, tolerance: 0.0 } => write!(f, "target {} exactly", number(target))?,
            Target::Near { target, tolerance } => write!(f, "target {} ± {}", number(target), number(tolerance))?,
            Target::AtLeast(least) => write!(f, "target at least {}", number(least))?,
        }
        write!(f, "; {}: {})", format!("{:?}", self.source).to_lowercase(), self.from)
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
        let exact = Check::near("G", 12.208, (12.208, 1e-12), Source::Figure, "γ = .9").to_string();
        assert_eq!(exact, "PASS  G: 12.208 (target 12.208 ± 1e-12; figure: γ = .9)");
    }
}
