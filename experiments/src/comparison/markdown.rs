//! The report of a comparison as Markdown.

use std::fmt::Write as _;

use super::{
    summary::Summary,
    tables::{self, Table, plain},
};

/// What a comparison found, as Markdown, with the figures of these stems beside it as `STEM.svg`.
pub(super) fn report(summary: &Summary, figures: &[String]) -> String {
    let mut text = format!("# {}\n\n{}\n\n{}", plain(&summary.title), compared(summary), fenced(&summary.command));
    // Writing to a string does not fail.
    for stem in figures {
        let _ = write!(text, "\n![]({stem}.svg)\n");
    }
    let mut section = |heading: &str, note: &str, table: &Table| {
        if !table.is_empty() {
            let note = if note.is_empty() { String::new() } else { format!("{note}\n\n") };
            let _ = write!(text, "\n## {heading}\n\n{note}{}", table.markdown());
        }
    };
    section("Scores", SCORES, &tables::scores(summary));
    section("Aggregates", AGGREGATES, &tables::aggregates(summary));
    section("Probability of improvement", IMPROVEMENTS, &tables::improvements(summary));
    section("Paired tests", PAIRED, &tables::paired(summary));
    for swept in &summary.sensitivity {
        let note = format!("The score is the {}.", super::figures::swept_score(summary));
        section(&format!("Sensitivity to {}", plain(&swept.setting)), &note, &tables::sensitivity(swept));
    }
    section("What failed", "", &tables::failures(summary));
    section("What counts as 0 and as 1", "", &tables::arenas(summary));
    text.push_str(&settings(summary));
    text
}

pub(super) const SCORES: &str = "\
Greedy mean return of the final policy: the mean over seeds with the 95 % interval of the mean (Student's t), the mean \
of the middle half of the seeds, the worst and the best seed, and the mean of the normalised scores.";
pub(super) const AGGREGATES: &str = "\
Over all environments and seeds, with 95 % intervals by the stratified bootstrap (Agarwal et al. 2021).";
pub(super) const IMPROVEMENTS: &str = "\
How probable it is that a run of the first agent scores more than a run of the second, in the mean over environments. \
½ is equally good.";
pub(super) const PAIRED: &str = "\
Differences of the scores of two agents seed by seed: their mean with its 95 % interval (Student's t), p of Wilcoxon's \
signed-rank test, and the same corrected for all rows of this table (Holm). With fewer than six seeds p cannot be below 5 %.";

/// Who was compared where, by what, on what.
fn compared(summary: &Summary) -> String {
    let program = &summary.program;
    let names = |names: Vec<&String>| names.into_iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
    let seeds = if summary.seeds == 1 { "1 seed".into() } else { format!("{} seeds", summary.seeds) };
    let build = if program.build.is_empty() { String::new() } else { format!(", build {}", plain(&program.build)) };
    let remarks: Vec<_> = summary.remarks().iter().map(|told| format!("- **{}**\n", plain(told))).collect();
    format!(
        "{}- Agents: {}\n- Environments: {}\n- {seeds} of each agent on each environment\n\
         - Made by gymkhana {} (commit {}, {}{build}) on {}",
        remarks.concat(),
        names(summary.agents.iter().map(|agent| &agent.label).collect()),
        names(summary.envs.iter().map(|env| &env.id).collect()),
        plain(&program.version),
        plain(&program.commit),
        plain(&program.platform),
        plain(&summary.machine),
    )
}

/// A block of code, fenced by more backticks than there are in it.
fn fenced(code: &str) -> String {
    let longest = code.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}sh\n{code}\n{fence}\n")
}

/// A line of code within a text.
fn code(line: &str) -> String {
    let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let longest = line.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// The settings of each agent, folded away.
fn settings(summary: &Summary) -> String {
    let mut text = String::from("\n## Settings\n\nWhat is not the agent's default.\n");
    for agent in &summary.agents {
        let own = if agent.label == agent.agent { String::new() } else { format!(" ({})", agent.agent) };
        let summary = tables::escaped(&format!("{}{own}", agent.label));
        let _ = write!(text, "\n<details><summary>{summary}</summary>\n");
        for (env, lines) in &agent.settings {
            let lines: Vec<String> = lines.iter().map(|line| code(line)).collect();
            let lines = if lines.is_empty() { "all as they are by default".into() } else { lines.join(", ") };
            let _ = write!(text, "\n- {}: {lines}", plain(env));
        }
        text.push_str("\n\n</details>\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::figures::examples::{alone, hostile, nothing, sweep, three};
    use super::*;

    #[test]
    fn a_report_has_a_part_for_everything() {
        let report = report(&three(), &["curves-by-steps".into(), "scores".into()]);
        assert!(report.starts_with("# Value-based and policy-gradient agents\n"));
        for part in [
            "```sh\ngymkhana compare --agents dqn,ppo,a2c",
            "![](curves-by-steps.svg)",
            "![](scores.svg)",
            "## Scores",
            "## Aggregates",
            "## Probability of improvement",
            "## Paired tests",
            "| CliffWalking-v1 | PPO | 3 | the loss is NaN at step 4096 |",
            "| LunarLander-v3 | A2C | not compared | – | – | – | – | – |",
            "## What counts as 0 and as 1",
            "- CartPole-v1: `gamma = 0.98`, `lanes = 8`",
            "gymkhana 0.1.0 (commit 6a43d5e, linux-x86\\_64) on 2 cores",
        ] {
            assert!(report.contains(part), "{part} is missing from\n{report}");
        }
        assert!(!report.contains("Sensitivity"));
    }

    #[test]
    fn parts_without_data_are_left_out() {
        let alone = report(&alone(), &[]);
        assert!(!alone.contains("Paired") && !alone.contains("Probability") && !alone.contains("failed"));
        assert!(report(&sweep(), &[]).contains("## Sensitivity to learning\\_rate"));
        let nothing = report(&nothing(), &[]);
        assert!(!nothing.contains("## Aggregates") && nothing.contains("not done"));
    }

    #[test]
    fn names_are_no_markup() {
        let report = report(&hostile(), &[]);
        assert!(report.contains("# &lt;h1&gt;\\*Title\\*&lt;/h1&gt; &amp; more"));
        assert!(report.contains("````sh\n") && !report.contains("<script>") && !report.contains("<img"));
        let width = |line: &str| line.replace("\\|", "").matches('|').count();
        let table: Vec<&str> = report.lines().skip_while(|line| *line != "## Scores").skip(4).take(8).collect();
        assert!(table.iter().all(|line| width(line) == 9), "{table:#?}");
    }

    #[test]
    fn backticks_are_fenced_by_more() {
        assert_eq!(fenced("a ``` b"), "````sh\na ``` b\n````\n");
        assert_eq!((code("x = 1"), code("`x`")), ("`x = 1`".into(), "`` `x` ``".into()));
    }
}
