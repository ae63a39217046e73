//! The page of a comparison: one file that needs no other, and no network.
//!
//! Tables are written here; curves and intervals are drawn by the page's own script, from the numbers that lie in the
//! page as JSON. Whatever is about an agent or an environment says so in `data-agents` and `data-envs`, by which the
//! script hides it.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    figures, markdown,
    summary::{Interval, Summary},
    tables::{self, Table, about, escaped},
};
use crate::plot::{self, Series};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// All curves together have about so many points, and each at least and at most so many.
const POINTS: usize = 10_000;
const FEWEST: usize = 30;
const MOST: usize = 200;
/// Black, which a dark page swallows, and what stands for it there.
const BLACK: &str = "#000000";
const ON_DARK: &str = "#f2f2f2";

/// The page. Where scripts are off it shows these SVGs, each given with the stem of its file; of learning curves only
/// those by steps, for they are the largest.
///
/// # Errors
/// If the numbers cannot be written as JSON.
pub(super) fn page(summary: &Summary, svgs: &[(String, String)]) -> Result<String> {
    let data = serde_json::to_string(&data(summary)).context("the numbers of the page")?;
    let sections = sections(summary);
    let links = sections.iter().map(|section| format!("<a href=\"#{}\">{}</a>", section.id, section.heading));
    let body: String = sections.iter().map(Section::html).collect();
    let still = svgs
        .iter()
        .filter(|(stem, _)| !stem.starts_with("curves-by-episodes") && !stem.starts_with("curves-by-seconds"));
    let still: String = still.map(|(_, svg)| svg.as_str()).collect();
    Ok(filled(
        FRAME,
        &[
            ("title", &escaped(&summary.title)),
            ("colors", &colors()),
            ("style", STYLE),
            ("facts", &facts(summary)),
            ("command", &escaped(&summary.command)),
            ("links", &links.collect::<Vec<_>>().join(" ")),
            ("switches", &switches(summary)),
            ("sections", &body),
            ("still", &still),
            // Nothing ends the element that it stands in.
            ("data", &data.replace('<', "\\u003c")),
            ("script", SCRIPT),
        ],
    ))
}

/// A template with its `{{names}}` replaced, all at once: what is put in is not looked at again.
fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, following)) = after.split_once("}}") else { break };
        text.push_str(before);
        text.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = following;
    }
    text + rest
}

/// The colours of agents, on light and on dark.
fn colors() -> String {
    let palette = plot::palette();
    let list = |dark: bool| -> String {
        let color = |color: &'_ String| if dark && color == BLACK { ON_DARK.into() } else { color.clone() };
        palette
            .iter()
            .enumerate()
            .map(|(number, it)| format!("--color-{number}:{};", color(it)))
            .collect::<Vec<_>>()
            .concat()
    };
    format!(":root{{{}}}@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}", list(false), list(true))
}

/// The style of an agent's colour.
fn swatch(agent: usize) -> String {
    let colors = plot::palette().len();
    let dashed = if (agent / colors) % 2 == 1 { " dashed" } else { "" };
    format!("<i class=\"swatch{dashed}\" style=\"--own:var(--color-{})\"></i>", agent % colors)
}

/// What was compared, how often, by what, on what.
fn facts(summary: &Summary) -> String {
    let program = &summary.program;
    let build = if program.build.is_empty() { String::new() } else { format!(", build {}", program.build) };
    let count = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let seeds = count(usize::try_from(summary.seeds).unwrap_or(usize::MAX), "seed", "seeds");
    let remarks = summary.remarks().into_iter().map(|told| ("note", told));
    let facts = [
        (
            "compared",
            format!(
                "{} on {}, {seeds} each",
                count(summary.agents.len(), "agent", "agents"),
                count(summary.envs.len(), "environment", "environments")
            ),
        ),
        ("program", format!("gymkhana {}, commit {}, {}{build}", program.version, program.commit, program.platform)),
        ("machine", summary.machine.clone()),
    ];
    let fact = |(name, fact): (&str, String)| format!("<dt>{name}</dt><dd>{}</dd>", escaped(&fact));
    remarks.chain(facts).map(fact).collect()
}

/// Boxes that switch agents and environments.
fn switches(summary: &Summary) -> String {
    let group = |kind: &str, heading: &str, items: Vec<(String, &str)>| {
        let item = |(number, (mark, name)): (usize, &(String, &str))| {
            format!(
                "<label><input type=\"checkbox\" data-{kind}=\"{number}\" checked>{mark}<span>{}</span></label>",
                escaped(name)
            )
        };
        let boxes: String = items.iter().enumerate().map(item).collect();
        let all = "<button type=\"button\" data-all>all</button><button type=\"button\" data-none>none</button>";
        let buttons = if items.len() > 2 { all } else { "" };
        format!("<fieldset><legend>{heading}</legend>{boxes}{buttons}</fieldset>")
    };
    let agents = summary.agents.iter().enumerate().map(|(number, it)| (swatch(number), it.label.as_str()));
    let envs = summary.envs.iter().map(|env| (String::new(), env.id.as_str()));
    group("agent", "Agents", agents.collect()) + &group("env", "Environments", envs.collect())
}

/// A part of the page.
struct Section {
    id: &'static str,
    heading: &'static str,
    note: String,
    body: String,
}

impl Section {
    fn html(&self) -> String {
        let Self { id, heading, note, body } = self;
        let note = if note.is_empty() { String::new() } else { format!("<p class=\"note\">{note}</p>") };
        format!("<section id=\"{id}\"><h2>{heading}</h2>{note}\n{body}</section>\n")
    }
}

/// What the page has to show, in order.
fn sections(summary: &Summary) -> Vec<Section> {
    let charts = |id: &str| format!("<div class=\"charts live\" id=\"charts-{id}\"></div>");
    let mut all = Vec::new();
    let mut add = |there: bool, id, heading, note: &str, body: String| {
        if there {
            all.push(Section { id, heading, note: note.into(), body });
        }
    };
    let axes = "<fieldset class=\"axes live\"><legend>over</legend>\
        <label><input type=\"radio\" name=\"axis\" value=\"0\" checked>environment steps</label>\
        <label><input type=\"radio\" name=\"axis\" value=\"1\">training episodes</label>\
        <label><input type=\"radio\" name=\"axis\" value=\"2\">seconds</label></fieldset>";
    add(!summary.curves.is_empty(), "curves", "Learning curves", CURVES, axes.to_owned() + &charts("curves"));
    let swept: String = summary.sensitivity.iter().map(|it| folded(&it.setting, &tables::sensitivity(it))).collect();
    let note = format!(
        "The {} over each setting that was swept: a mark for each value of the others, a line through their means.",
        figures::swept_score(summary)
    );
    add(!swept.is_empty(), "sensitivity", "Sensitivity to settings", &note, charts("sensitivity") + &swept);
    let table = tables::aggregates(summary);
    let body = charts("aggregates") + &folded("as numbers", &table);
    add(!table.is_empty(), "aggregates", "Aggregates", AGGREGATES, body);
    add(!summary.profiles.is_empty(), "profiles", "Performance profiles", PROFILES, charts("profiles"));
    add(!summary.efficiency.is_empty(), "efficiency", "Sample efficiency", EFFICIENCY, charts("efficiency"));
    let table = tables::improvements(summary);
    let drawn = summary.improvements.len() <= figures::MOST_PAIRS;
    let body = if drawn { charts("improvements") } else { String::new() } + &folded("as numbers", &table);
    add(!table.is_empty(), "improvements", "Probability of improvement", markdown::IMPROVEMENTS, body);
    let table = tables::scores(summary);
    add(!table.is_empty(), "scores", "Scores", markdown::SCORES, table.html());
    add(!table.is_empty(), "heat", "Scores at a glance", HEAT, heat_map(summary));
    let table = tables::paired(summary);
    add(!table.is_empty(), "paired", "Paired tests", markdown::PAIRED, table.html());
    let table = tables::failures(summary);
    add(!table.is_empty(), "failures", "What failed", "", table.html());
    let table = tables::arenas(summary);
    add(!table.is_empty(), "arenas", "What counts as 0 and as 1", ARENAS, table.html());
    add(!summary.agents.is_empty(), "settings", "Settings", "What is not the agent's default.", settings(summary));
    all
}

const CURVES: &str = "\
The mean over seeds of the greedy return where there is one, else of the return while exploring; the band is the 95 % \
interval of the mean. Point at a curve for its numbers, or choose it with Tab and go along it with the arrow keys.";
const AGGREGATES: &str = "\
Of normalised scores, over all environments and seeds whatever is switched off above, with 95 % intervals by the \
stratified bootstrap (<a href=\"https://arxiv.org/abs/2108.13264\">Agarwal et al. 2021</a>).";
const PROFILES: &str = "\
The part of the runs whose normalised score is above a score, over all environments: a curve further up and to the right \
is better.";
const EFFICIENCY: &str = "\
The interquartile mean of normalised scores over the environment steps, as a part of those that every agent has, over all environments.";
const HEAT: &str = "\
Colour is the normalised score, from 0 (dark) to 1 (bright); the number is the greedy mean return of the final policy.";
const ARENAS: &str = "A normalised score is the return on a scale between these two.";

/// A table that is folded away.
fn folded(heading: &str, table: &Table) -> String {
    format!("<details><summary>{}</summary>{}</details>", escaped(heading), table.html())
}

/// Agents by environments.
fn heat_map(summary: &Summary) -> String {
    let mut text = String::from("<div class=\"wide\"><table class=\"heat\"><thead><tr><th></th>");
    // Writing to a string does not fail.
    for (env, arena) in summary.envs.iter().enumerate() {
        let _ = write!(text, "<th scope=\"col\"{}>{}</th>", about("envs", &[env]), escaped(&arena.id));
    }
    text.push_str("</tr></thead><tbody>\n");
    for (agent, contender) in summary.agents.iter().enumerate() {
        let _ = write!(text, "<tr{}><th scope=\"row\">{}</th>", about("agents", &[agent]), escaped(&contender.label));
        for (env, spread) in summary.scores[agent].iter().enumerate() {
            let scored = spread.filter(|spread| spread.normalized.is_finite());
            let style = scored.map_or(String::new(), |it| {
                let [color, ink] = plot::shade(it.normalized);
                let title = tables::number(it.normalized);
                format!(" style=\"background:{color};color:{ink}\" title=\"normalised: {title}\"")
            });
            let number = spread.map_or("–".into(), |spread| tables::number(spread.mean));
            let _ = write!(text, "<td{}{style}>{number}</td>", about("envs", &[env]));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>");
    text
}

/// The settings of each agent, folded away.
fn settings(summary: &Summary) -> String {
    let mut text = String::new();
    for (number, agent) in summary.agents.iter().enumerate() {
        let _ = write!(
            text,
            "<details{}><summary>{}{} <small>{}</small></summary>",
            about("agents", &[number]),
            swatch(number),
            escaped(&agent.label),
            escaped(if agent.label == agent.agent { "" } else { &agent.agent })
        );
        for (env, lines) in &agent.settings {
            let place: Vec<usize> = summary.envs.iter().position(|arena| arena.id == *env).into_iter().collect();
            let lines = if lines.is_empty() { "all as they are by default".into() } else { lines.join("\n") };
            let _ = write!(
                text,
                "<div{}><h3>{}</h3><pre>{}</pre></div>",
                about("envs", &place),
                escaped(env),
                escaped(&lines)
            );
        }
        text.push_str("</details>\n");
    }
    text
}

/// The numbers that the script draws.
fn data(summary: &Summary) -> Value {
    let most = (POINTS / (3 * summary.curves.len()).max(1)).clamp(FEWEST, MOST);
    let curve = |curve: &super::summary::Curve| {
        let by = [&curve.by_steps, &curve.by_episodes, &curve.by_seconds].map(|series| numbers(series, most));
        json!({ "agent": curve.agent, "env": curve.env, "by": by })
    };
    // A curve over all environments belongs to the agent whose label it has.
    let labelled = |all: &[Series]| -> Vec<Value> {
        let agent = |series: &Series| summary.agents.iter().position(|agent| agent.label == series.label);
        let found = all.iter().filter_map(|series| Some((agent(series)?, numbers(series, MOST))));
        found.map(|(agent, series)| json!({ "agent": agent, "series": series })).collect()
    };
    let interval = |it: &Interval| json!([rounded(it.point), rounded(it.low), rounded(it.high)]);
    json!({
        "colors": plot::palette().len(),
        "agents": summary.agents.iter().map(|agent| &agent.label).collect::<Vec<_>>(),
        "envs": summary.envs.iter().map(|env| &env.id).collect::<Vec<_>>(),
        "curves": summary.curves.iter().map(curve).collect::<Vec<_>>(),
        "aggregates": summary.aggregates.iter().map(|it| json!({
            "name": it.name,
            "better": if it.more_is_better { "more is better" } else { "less is better" },
            "intervals": it.intervals.iter().map(|it| it.as_ref().map(interval)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "profiles": labelled(&summary.profiles),
        "efficiency": labelled(&summary.efficiency),
        "improvements": summary.improvements.iter().map(|it| json!({
            "a": it.a, "b": it.b, "interval": interval(&it.probability),
        })).collect::<Vec<_>>(),
        "score": figures::swept_score(summary),
        "sensitivity": summary.sensitivity.iter().map(|it| json!({
            "setting": it.setting,
            "values": it.values.iter().map(|(value, _)| value).collect::<Vec<_>>(),
            "scores": it.values.iter().map(|(_, scores)| column(scores)).collect::<Vec<_>>(),
            "means": it.values.iter().map(|(_, scores)| rounded(tables::mean(scores))).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// A curve of at most so many points.
fn numbers(series: &Series, most: usize) -> Value {
    let series = series.clone().thinned(most);
    let [x, mean, low, high] = [&series.x, &series.mean, &series.low, &series.high].map(|values| column(values));
    json!({ "x": x, "mean": mean, "low": low, "high": high })
}

fn column(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().map(|value| rounded(*value)).collect()
}

/// To six digits; nothing for what is no number.
fn rounded(value: f64) -> Option<f64> {
    value.is_finite().then(|| format!("{value:.5e}").parse().unwrap_or(value))
}

#[cfg(test)]
mod tests;
