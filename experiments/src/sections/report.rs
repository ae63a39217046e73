//! A section's results as files: data, figure, report.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Check, Findings, Scale, Section, Study, study::Training};
use crate::store::{atomic, manifest::Program};

/// What `data.json` holds.
#[derive(Serialize)]
struct Data<'a> {
    section: &'a str,
    title: &'a str,
    quick: bool,
    command: &'a str,
    program: Program,
    trainings: &'a [Training],
    #[serde(flatten)]
    findings: &'a Findings,
}

/// What a section found when it was run, as it was stored.
#[derive(Clone, Debug, Deserialize)]
pub struct Stored {
    /// The command that made it.
    pub command: String,
    /// The program.
    pub program: Program,
    /// The measured numbers beside their targets.
    pub checks: Vec<Check>,
    /// What the numbers say.
    pub conclusions: Vec<String>,
}

/// What a section's directory holds; nothing if there is none.
///
/// # Errors
/// If it cannot be read.
pub fn read_stored(dir: &Path) -> Result<Option<Stored>> {
    let path = dir.join("data.json");
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("{} is damaged", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes `data.json`, `figure.svg`, `figure.png` and `report.md` into a directory.
///
/// # Errors
/// If they cannot be drawn or written.
pub fn write_report(
    dir: &Path,
    section: &Section,
    study: &Study<'_>,
    command: &str,
    findings: &Findings,
) -> Result<()> {
    let (scale, trainings) = (study.scale, study.trainings());
    let (svg, png) = (findings.figure.svg()?, findings.figure.png()?);
    atomic::create_dir(dir)?;
    let data = Data {
        section: section.id,
        title: section.titles[0],
        quick: scale == Scale::Quick,
        command,
        program: Program::this(),
        trainings: &trainings,
        findings,
    };
    atomic::write_json(&dir.join("data.json"), &data)?;
    atomic::write(&dir.join("figure.svg"), svg.as_bytes())?;
    atomic::write(&dir.join("figure.png"), &png)?;
    atomic::write(&dir.join("report.md"), markdown(section, scale, command, findings, &trainings).as_bytes())
}

fn markdown(section: &Section, scale: Scale, command: &str, findings: &Findings, trainings: &[Training]) -> String {
    let mut text = String::new();
    let [english, others @ ..] = section.titles;
    // Writing to a string does not fail.
    let _ = writeln!(text, "# {} {english}\n\n{}\n\n{}\n", section.id, joined(&others), section.about);
    let _ = writeln!(text, "```text\n{}\n```\n\n![{english}](figure.svg)\n\n{}\n", section.equations, section.look_at);
    if scale == Scale::Quick {
        let _ = writeln!(text, "This is a quick look: fewer seeds, wider bands.\n");
    }
    if !section.note.is_empty() {
        let _ = writeln!(text, "Note: {}\n", section.note);
    }
    for conclusion in &findings.conclusions {
        let _ = writeln!(text, "{conclusion}\n");
    }
    let _ = writeln!(text, "## Checks\n");
    for check in &findings.checks {
        let _ = writeln!(text, "- {check}");
    }
    for table in &findings.tables {
        let row = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let _ = writeln!(text, "\n## {}\n\n{}", table.title, row(&table.header));
        let _ = writeln!(text, "|{}", "---|".repeat(table.header.len()));
        for cells in &table.rows {
            let _ = writeln!(text, "{}", row(cells));
        }
    }
    if !trainings.is_empty() {
        let _ = writeln!(text, "\n## Settings");
    }
    for Training { config, seeds } in trainings {
        let settings: Vec<_> = config.agent_settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let _ = writeln!(
            text,
            "\n{} on {}, {} seeds, {} steps each in {} lane{}; evaluated greedily over {} episodes every {} steps and over \
             {} at the end, each cut off after {} steps. {}.",
            config.agent,
            config.env,
            seeds.len(),
            config.steps,
            config.lanes,
            if config.lanes == 1 { "" } else { "s" },
            config.evaluation.episodes,
            config.evaluation.every,
            config.evaluation.final_episodes,
            config.evaluation.cap,
            settings.join(", "),
        );
    }
    let _ = writeln!(text, "\nMade by `{command}`.\n\nTo go further:\n\n```sh\n{}\n```", section.further.join("\n"));
    text
}

/// Titles with dots between them; where two languages agree, once.
pub(crate) fn joined(titles: &[&str]) -> String {
    let mut titles = titles.to_vec();
    titles.dedup();
    titles.join(" · ")
}
