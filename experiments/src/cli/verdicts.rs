//! What several sections found, in one table of PASS and FAIL.

use std::time::Duration;

use anyhow::Result;

use super::out::grid;
use crate::{
    sections::{Check, Section, Table, number},
    store::manifest::Program,
};

/// The checks of a section.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) checks: Vec<Check>,
    /// The program that stored them, where they were not made now.
    pub(super) stored_by: Option<Program>,
}

/// What came of a section.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) section: &'static Section,
    pub(super) found: Result<Found>,
    took: Duration,
}

impl Outcome {
    pub(super) fn new(section: &'static Section, found: Result<Found>, took: Duration) -> Self {
        Self { section, found, took }
    }

    pub(super) fn checks(&self) -> &[Check] {
        self.found.as_ref().map_or(&[], |found| &found.checks)
    }

    pub(super) fn passes(&self) -> bool {
        self.found.is_ok() && self.checks().iter().all(Check::passes)
    }

    /// A line that says how it went.
    pub(super) fn line(&self) -> String {
        let Section { id, titles, .. } = self.section;
        let how = match &self.found {
            Err(error) => return format!("{id} {}: {error:#}", titles[0]),
            Ok(Found { stored_by: Some(program), .. }) => format!("stored, by commit {}", program.commit),
            Ok(_) => format!("{:.1} s", self.took.as_secs_f64()),
        };
        let passed = self.checks().iter().filter(|check| check.passes()).count();
        format!("{id} {}: {passed} of {} as they should be · {how}", titles[0], self.checks().len())
    }
}

/// A line per checked number.
pub(super) fn table(outcomes: &[Outcome]) -> String {
    let header = ["", "§", "measured", "target", "source", "quantity"].map(String::from).into();
    let mut rows = Vec::new();
    for outcome in outcomes {
        let id = outcome.section.id.to_owned();
        if outcome.found.is_err() {
            let none = String::new();
            rows.push(vec!["FAIL".into(), id.clone(), none.clone(), none.clone(), none, "it could not be run".into()]);
        }
        rows.extend(outcome.checks().iter().map(|check| {
            let (measured, target) = (number(check.measured), check.target.to_string());
            let verdict = check.verdict().to_owned();
            vec![verdict, id.clone(), measured, target, check.source.name().into(), check.name.clone()]
        }));
    }
    grid(&Table { title: String::new(), header, rows })
}

/// How many numbers are what they should be.
pub(super) fn summary(outcomes: &[Outcome], took: Duration) -> String {
    let all: Vec<_> = outcomes.iter().flat_map(Outcome::checks).collect();
    let passed = all.iter().filter(|check| check.passes()).count();
    let broken = outcomes.iter().filter(|outcome| outcome.found.is_err()).count();
    let broken = if broken == 0 { String::new() } else { format!(", {broken} could not be run") };
    format!(
        "{passed} of {} numbers pass, in {} sections{broken} · {:.0} s",
        all.len(),
        outcomes.len(),
        took.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::{SECTIONS, Source, Target};

    #[test]
    fn every_number_has_a_line_that_begins_with_its_verdict() {
        let check = |measured| Check {
            name: "greedy return".into(),
            measured,
            target: Target::Near { target: -13.0, tolerance: 0.5 },
            source: Source::Exact,
            from: "the shortest path".into(),
        };
        let found = Found { checks: vec![check(-13.25), check(-14.0)], stored_by: None };
        let outcomes = [
            Outcome::new(&SECTIONS[0], Ok(found), Duration::from_millis(1_250)),
            Outcome::new(&SECTIONS[1], Err(anyhow::anyhow!("the disk is full")), Duration::ZERO),
        ];
        assert!(outcomes[0].line().ends_with(": 1 of 2 as they should be · 1.2 s"), "{}", outcomes[0].line());
        assert!(outcomes[1].line().ends_with(": the disk is full"));
        let verdicts: Vec<_> = table(&outcomes).lines().skip(1).map(|line| line[..4].to_owned()).collect();
        assert_eq!(verdicts, ["PASS", "FAIL", "FAIL"]);
        let told = "1 of 2 numbers pass, in 2 sections, 1 could not be run · 3 s";
        assert_eq!(summary(&outcomes, Duration::from_secs(3)), told);
        assert!(!outcomes.iter().any(Outcome::passes));
    }
}
