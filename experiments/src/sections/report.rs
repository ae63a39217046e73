//! A section's results as files: data, figure, report.

use std::{fmt::Write as _, path::Path};

use anyhow::Result;
use serde::Serialize;

use super::{Findings, Scale, Section, Study, study::Training};
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

/// Writes `data.json`, `figure.svg`, `figure.png` and `report.md` into a directory.
///
/// # Errors
/// If they cannot be drawn or written.
pub fn write_report(dir: &Path, section: &Section, study: &Study, command: &str, findings: &Findings) -> Result<()> {
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
    let [english, chinese, japanese] = section.titles;
    // Writing to a string does not fail.
    let _ = writeln!(text, "# {} {english}\n\n{chinese} · {japanese}\n\n{}\n", section.id, section.about);
    let _ = writeln!(text, "```text\n{}\n```\n\n![{english}](figure.svg)\n\n{}\n", section.equations, section.look_at);
    if scale == Scale::Quick {
        let _ = writeln!(text, "This is a quick look: fewer seeds, wider bands.\n");
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
