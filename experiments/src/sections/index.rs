//! The page of all results: every section's figure, what it shows, and whether its numbers pass.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;

use super::{Check, SECTIONS, Section, Stored, joined, read_stored};
use crate::comparison;

/// What stands above the sections.
const HEAD: &str = "\
# Results

A folder per section of the book, written by `gymkhana run all` and committed. This page is written by `gymkhana report`
from what lies in them.
";

/// What stands below them.
const FOOT: &str = "
## What is in a folder

| file | what |
|---|---|
| `report.md` | what the section shows, its equations, the figure, the checks, the tables, the settings, the command |
| `figure.svg`, `figure.png` | the figure: of curves the mean over seeds, with the 95 % interval of the mean as a band |
| `data.json` | the same as data: settings, how each seed ended, checks, tables, conclusions, every curve; and the command, version, commit and platform |

A check is a measured number beside its target, its tolerance and the source of the target: `exact` (computed), `figure`
(printed in the book), `paper`, `simulated` (an independent simulation), `peer` (a measurement of another implementation).
`--check` makes the command fail if a check fails.

The same seed gives the same numbers on the same type of machine, so running a command again changes only the program's
commit in `data.json`, and whatever the change in the code changed. On another type of machine floating-point sums may come
in another order; a deep agent then learns another curve from the same seed.

`devices/` says what networks give on other devices than flex: [its page](devices/README.md).

`runs/` holds the runs behind the results, one directory each, and whatever `train`, `run --quick` and `run --seeds` make. It is not
committed. A section that was interrupted goes on there; one that is complete, or that another build of the program began,
starts again. [ARCHITECTURE.md](../ARCHITECTURE.md) says what is in a run directory.
";

/// The page, from what is stored in a directory.
///
/// # Errors
/// If a section's results cannot be read.
pub fn page(dir: &Path) -> Result<String> {
    let stored = SECTIONS.iter().map(|section| Ok((section, read_stored(&dir.join(section.id))?)));
    let stored: Vec<(&Section, Option<Stored>)> = stored.collect::<Result<_>>()?;
    let mut text = format!("{HEAD}\n| § | section | numbers |\n|---|---|---|\n");
    // Writing to a string does not fail.
    for (section, found) in &stored {
        let (id, title) = (section.id, section.titles[0]);
        let _ = match found {
            Some(found) => writeln!(text, "| {id} | [{title}](#{}) | {} |", anchor(section), verdict(found)),
            None => writeln!(text, "| {id} | {title} | not run |"),
        };
    }
    for (section, found) in &stored {
        let Some(found) = found else { continue };
        let id = section.id;
        let _ = writeln!(
            text,
            "\n## {}\n\n{}\n\n[![{}]({id}/figure.svg)]({id}/report.md)\n\n{}\n\n**{}** · [report]({id}/report.md) · `{}`",
            heading(section),
            joined(&section.titles[1..]),
            section.titles[0],
            found.conclusions.join(" "),
            verdict(found),
            found.command,
        );
    }
    text.push_str(&comparisons(dir));
    text.push_str(FOOT);
    Ok(text)
}

/// Comparisons that lie beside the sections.
fn comparisons(dir: &Path) -> String {
    let mut text = String::new();
    for (name, kept) in found(dir) {
        let (title, command) = (kept.plan.title.replace('|', "\\|"), kept.command.replace('|', "\\|"));
        let _ = writeln!(text, "| [{title}]({name}/report.md) | [index.html]({name}/index.html) | `{command}` |");
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\n## Comparisons\n\nOver many seeds, with intervals by the stratified bootstrap, profiles and paired tests. The page \
         works offline.\n\n| comparison | page | command |\n|---|---|---|\n{text}"
    )
}

/// The folders of comparisons in a directory, by name; one whose comparison cannot be read is not among them.
pub(super) fn found(dir: &Path) -> Vec<(String, comparison::Kept)> {
    let inside = fs::read_dir(dir).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<_> = inside.filter(|path| path.is_dir()).collect();
    folders.sort();
    let one = |folder: std::path::PathBuf| {
        Some((folder.file_name()?.to_string_lossy().into_owned(), comparison::find(&folder).ok()??))
    };
    folders.into_iter().filter_map(one).collect()
}

/// Whether a directory holds the results of any section.
pub fn any_section(dir: &Path) -> bool {
    SECTIONS.iter().any(|section| dir.join(section.id).join("data.json").exists())
}

fn heading(section: &Section) -> String {
    format!("{} {}", section.id, section.titles[0])
}

/// The anchor that a heading has: small letters, blanks as hyphens, no punctuation.
fn anchor(section: &Section) -> String {
    let kept = heading(section).to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn verdict(found: &Stored) -> String {
    let passed = found.checks.iter().filter(|check| check.passes()).count();
    let all = found.checks.len();
    let verdict = if found.checks.iter().all(Check::passes) { "PASS" } else { "FAIL" };
    format!("{verdict} {passed} of {all}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_the_one_that_is_committed() {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results");
        let committed = std::fs::read_to_string(results.join("README.md")).unwrap();
        assert!(page(&results).unwrap() == committed, "`gymkhana report` was not run");
    }

    #[test]
    fn a_section_that_was_not_run_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        let page = page(dir.path()).unwrap();
        assert_eq!(page.matches("| not run |").count(), SECTIONS.len());
        assert_eq!(anchor(SECTIONS.iter().find(|section| section.id == "5.4.1").unwrap()), "541-q-learning");
    }
}
