//! The sections of the book: what each shows, how it runs, and the numbers it is checked against.

mod check;
mod report;
mod s5_2_1;
mod s5_2_2;
mod s5_2_4;
mod s5_2_6;
mod s5_4_1;
mod s5_4_2;
pub mod study;

pub use check::{Check, Source, Target};
pub use report::write_report;
pub use study::{Scale, Study};

use anyhow::Result;
use gymkhana_envs::error::nearest;
use serde::Serialize;

use crate::plot::Figure;

/// A section of the book.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its number, such as "5.4.2".
    pub id: &'static str,
    /// Its title in English, Simplified Chinese and Japanese.
    pub titles: [&'static str; 3],
    /// What it teaches and what is run for that.
    pub about: &'static str,
    /// Its equations.
    pub equations: &'static str,
    /// What to look at in the figure.
    pub look_at: &'static str,
    /// What it trains: agents and environments, by name.
    pub trains: &'static [(&'static str, &'static str)],
    /// Commands to go further.
    pub further: &'static [&'static str],
    /// Runs it.
    pub run: fn(&Study) -> Result<Findings>,
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
pub const SECTIONS: &[Section] =
    &[s5_2_1::SECTION, s5_2_2::SECTION, s5_2_4::SECTION, s5_2_6::SECTION, s5_4_1::SECTION, s5_4_2::SECTION];

/// The section of that number or title.
///
/// # Errors
/// With the nearest ones if there is none.
pub fn find(name: &str) -> Result<&'static Section, gymkhana_envs::Error> {
    // "§5.4.2", "Q learning" and "Q学习" are what people type for 5.4.2, Q-learning and Q 学习.
    let plain = |text: &str| {
        let kept = text.chars().filter(|&letter| letter.is_alphanumeric() || letter == '.');
        kept.flat_map(char::to_lowercase).collect::<String>()
    };
    let wanted = plain(name);
    let same = |text: &str| plain(text) == wanted;
    SECTIONS.iter().find(|section| same(section.id) || section.titles.iter().any(|title| same(title))).ok_or_else(
        || {
            let names = SECTIONS.iter().flat_map(|section| std::iter::once(section.id).chain(section.titles));
            gymkhana_envs::Error::Unknown { kind: "section", name: name.into(), near: nearest(name, names) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found_by_number_and_title() {
        assert_eq!(find("5.4.2").unwrap().id, "5.4.2");
        assert_eq!(find("dqn").unwrap().id, "5.4.2");
        assert_eq!(["Q learning", "Q学习", "§5.4.1"].map(|name| find(name).unwrap().id), ["5.4.1"; 3]);
        assert!(find("5.4.3").unwrap_err().to_string().contains("5.4.2"));
    }

    #[test]
    fn sections_that_train_nothing_find_their_numbers() {
        for section in SECTIONS.iter().filter(|section| section.trains.is_empty()) {
            let making = crate::launch::Making::default();
            let study = Study::new(Scale::Quick, None, std::path::PathBuf::new(), making);
            let findings = (section.run)(&study).unwrap();
            let missed: Vec<&Check> = findings.checks.iter().filter(|check| !check.passes()).collect();
            assert!(missed.is_empty() && !findings.checks.is_empty(), "{}: {missed:?}", section.id);
            findings.figure.svg().unwrap();
        }
    }
}
