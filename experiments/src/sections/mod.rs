//! The sections of the book: what each shows, how it runs, and the numbers it is checked against.

mod balancing;
mod bandits;
mod check;
pub mod index;
mod names;
pub mod page;
mod planned;
mod report;
mod rollouts;
mod s5_1_1;
mod s5_1_2;
mod s5_1_3;
mod s5_1_4;
mod s5_1_5;
mod s5_1_6;
mod s5_1_7;
mod s5_2_1;
mod s5_2_2;
mod s5_2_3;
mod s5_2_4;
mod s5_2_5;
mod s5_2_6;
mod s5_2_7;
mod s5_3_1;
mod s5_3_2;
mod s5_3_3;
mod s5_3_4;
mod s5_4_1;
mod s5_4_2;
mod s5_4_3;
mod s5_4_4;
mod s5_5_1;
mod s5_5_2;
mod s5_5_3;
mod s5_8_1;
mod s6_1_1;
mod s6_1_2;
mod s6_2_1;
mod s6_2_2;
mod s6_2_3;
mod s6_2_4;
mod s6_3_3;
mod s6_3_5;
mod s6_3_6;
mod s6_3_8;
mod s6_3_9;
pub mod study;
mod sums;
mod tasks;
mod trial;
mod walks;

pub(crate) use check::number;
pub use check::{Check, Source, Target};
pub use names::{Named, find};
pub(crate) use report::joined;
pub use report::{Stored, read_stored, write_report};
pub use study::{Scale, Study};
pub use trial::{Episode, Trial};

use anyhow::Result;
use serde::Serialize;

use crate::plot::Figure;

/// A section of the book.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its number, such as "5.4.2".
    pub id: &'static str,
    /// Its title in English, Simplified Chinese, Traditional Chinese and Japanese.
    pub titles: [&'static str; 4],
    /// What else people look for and find here: algorithms, terms.
    pub names: &'static [&'static str],
    /// What it teaches and what is run for that.
    pub about: &'static str,
    /// Its equations.
    pub equations: &'static str,
    /// What to look at in the figure.
    pub look_at: &'static str,
    /// Where the book is inconsistent, or a number was found to be another; empty where there is nothing to say.
    pub note: &'static str,
    /// What it trains with tuned settings: agents and environments, by name.
    pub trains: &'static [(&'static str, &'static str)],
    /// Commands to go further.
    pub further: &'static [&'static str],
    /// Whether it takes so long that its stored results count when it is run along with others.
    pub costly: bool,
    /// Runs it.
    pub run: fn(&Study<'_>) -> Result<Findings>,
}

/// What running a section gives.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// The measured numbers beside their targets.
    pub checks: Vec<Check>,
    /// Tables: a title, a header, rows.
    pub tables: Vec<Table>,
    /// The figure.
    pub figure: Figure,
    /// What the numbers say, in sentences.
    pub conclusions: Vec<String>,
}

/// A table for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// All sections, in the order of the book.
pub const SECTIONS: &[Section] = &[
    s5_1_1::SECTION,
    s5_1_2::SECTION,
    s5_1_3::SECTION,
    s5_1_4::SECTION,
    s5_1_5::SECTION,
    s5_1_6::SECTION,
    s5_1_7::SECTION,
    s5_2_1::SECTION,
    s5_2_2::SECTION,
    s5_2_3::SECTION,
    s5_2_4::SECTION,
    s5_2_5::SECTION,
    s5_2_6::SECTION,
    s5_2_7::SECTION,
    s5_3_1::SECTION,
    s5_3_2::SECTION,
    s5_3_3::SECTION,
    s5_3_4::SECTION,
    s5_4_1::SECTION,
    s5_4_2::SECTION,
    s5_4_3::SECTION,
    s5_4_4::SECTION,
    s5_5_1::SECTION,
    s5_5_2::SECTION,
    s5_5_3::SECTION,
    s5_8_1::SECTION,
    s6_1_1::SECTION,
    s6_1_2::SECTION,
    s6_2_1::SECTION,
    s6_2_2::SECTION,
    s6_2_3::SECTION,
    s6_2_4::SECTION,
    s6_3_3::SECTION,
    s6_3_5::SECTION,
    s6_3_6::SECTION,
    s6_3_8::SECTION,
    s6_3_9::SECTION,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{launch::Making, observe::Bars};

    /// They need no directory, and no time to speak of.
    #[test]
    fn sections_of_pure_arithmetic_find_their_numbers() {
        let bars = Bars::new();
        for section in [
            s5_1_2::SECTION,
            s5_1_3::SECTION,
            s5_2_1::SECTION,
            s5_2_2::SECTION,
            s5_2_3::SECTION,
            s5_2_4::SECTION,
            s5_2_6::SECTION,
            s6_2_3::SECTION,
            s6_3_5::SECTION,
        ] {
            let study = Study::new(Scale::Quick, None, std::path::PathBuf::new(), Making::default(), &bars);
            let findings = (section.run)(&study).unwrap();
            let missed: Vec<&Check> = findings.checks.iter().filter(|check| !check.passes()).collect();
            assert!(missed.is_empty() && !findings.checks.is_empty(), "{}: {missed:?}", section.id);
            findings.figure.svg().unwrap();
        }
    }
}
