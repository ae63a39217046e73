//! The tables of a comparison, for its page and for its report.

use std::fmt::Write as _;

use super::summary::{Aggregate, Arena, CellScore, Improvement, Interval, Paired, Sensitivity, Spread, Summary};
use crate::stats;

/// Differences whose corrected p is less than this are called so.
const LEVEL: f64 = 0.05;
/// A text of so many letters may take several lines.
const LONG: usize = 32;

/// A table.
#[derive(Debug, Default)]
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Row>,
}

/// A row, and the agents and environments that it is about.
#[derive(Debug)]
struct Row {
    agents: Vec<usize>,
    envs: Vec<usize>,
    cells: Vec<Cell>,
}

/// What is written, and the number behind it if there is one.
#[derive(Debug)]
struct Cell {
    text: String,
    value: Option<f64>,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: None }
    }

    fn number(value: f64) -> Self {
        Self { text: number(value), value: Some(value) }
    }
}

impl Table {
    fn new<const N: usize>(head: [&'static str; N], rows: Vec<Row>) -> Self {
        Self { head: head.into(), rows }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as HTML: each row says which agents and environments it is about, each number its value.
    pub(super) fn html(&self) -> String {
        let mut text = String::from("<div class=\"wide\"><table class=\"sortable\"><thead><tr>");
        // Writing to a string does not fail.
        for (name, column) in self.head.iter().zip(0..) {
            let class = if self.is_of_numbers(column) { " class=\"number\"" } else { "" };
            let _ = write!(text, "<th scope=\"col\"{class}>{}</th>", escaped(name));
        }
        text.push_str("</tr></thead><tbody>\n");
        for row in &self.rows {
            let _ = write!(text, "<tr{}{}>", about("agents", &row.agents), about("envs", &row.envs));
            for (cell, column) in row.cells.iter().zip(0..) {
                let class = match cell.text.chars().count() {
                    _ if self.is_of_numbers(column) => " class=\"number\"",
                    LONG.. => " class=\"long\"",
                    _ => "",
                };
                let value = cell.value.filter(|value| value.is_finite());
                let value = value.map_or(String::new(), |value| format!(" data-value=\"{value}\""));
                let _ = write!(text, "<td{class}{value}>{}</td>", escaped(&cell.text));
            }
            text.push_str("</tr>\n");
        }
        text.push_str("</tbody></table></div>");
        text
    }

    /// The table as Markdown.
    pub(super) fn markdown(&self) -> String {
        let names: Vec<String> = self.head.iter().map(|name| plain(name)).collect();
        let rules = (0..names.len()).map(|column| if self.is_of_numbers(column) { "---:" } else { "---" });
        let mut text = format!("| {} |\n| {} |\n", names.join(" | "), rules.collect::<Vec<_>>().join(" | "));
        for row in &self.rows {
            let cells: Vec<String> = row.cells.iter().map(|cell| plain(&cell.text)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    fn is_of_numbers(&self, column: usize) -> bool {
        self.rows.iter().any(|row| row.cells[column].value.is_some())
    }
}

/// The attribute that says which agents or environments something is about.
pub(super) fn about(kind: &str, which: &[usize]) -> String {
    if which.is_empty() {
        return String::new();
    }
    let which: Vec<String> = which.iter().map(ToString::to_string).collect();
    format!(" data-{kind}=\"{}\"", which.join(" "))
}

/// Scores, environment by environment.
pub(super) fn scores(summary: &Summary) -> Table {
    let head = [
        "environment",
        "agent",
        "mean return ± 95 %",
        "interquartile mean",
        "worst seed",
        "best seed",
        "seeds",
        "normalised",
    ];
    let places = (0..summary.envs.len()).flat_map(|env| (0..summary.agents.len()).map(move |agent| (agent, env)));
    let row = |(agent, env): (usize, usize)| {
        let spread = summary.scores[agent][env];
        let numbers = spread.map_or_else(
            || {
                let why = std::iter::once(missing(summary, agent, env)).chain(["–"; 5]);
                why.map(|text| Cell { text: text.into(), value: Some(f64::NAN) }).collect::<Vec<_>>()
            },
            |it| {
                let rest = [it.interquartile_mean, it.worst, it.best, it.seeds as f64, it.normalized];
                let mean = Cell { text: with_half(&it), value: Some(it.mean) };
                std::iter::once(mean).chain(rest.map(Cell::number)).collect()
            },
        );
        let names = [&summary.envs[env].id, &summary.agents[agent].label].map(Cell::text);
        Row { agents: vec![agent], envs: vec![env], cells: names.into_iter().chain(numbers).collect() }
    };
    Table::new(head, places.map(row).collect())
}

/// Why there is no score.
fn missing(summary: &Summary, agent: usize, env: usize) -> &'static str {
    let own = || summary.cells.iter().filter(|cell| cell.agent == agent && cell.env == env);
    match own().count() {
        0 => "not compared",
        _ if own().any(|cell| cell.error.is_some()) => "failed",
        _ => "not done",
    }
}

/// Mean and half the interval, with as many decimals.
fn with_half(spread: &Spread) -> String {
    if spread.seeds < 2 || !spread.half.is_finite() || !spread.mean.is_finite() {
        return number(spread.mean);
    }
    let decimals = decimals(spread.mean.abs().max(spread.half));
    format!("{} ± {}", fixed(spread.mean, decimals), fixed(spread.half, decimals))
}

/// Aggregates of normalised scores, agent by agent.
pub(super) fn aggregates(summary: &Summary) -> Table {
    let row = |aggregate: &Aggregate| {
        let better = if aggregate.more_is_better { "more" } else { "less" };
        let found = aggregate.intervals.iter().enumerate().filter_map(|(agent, it)| Some((agent, it.as_ref()?)));
        let rows = found.map(move |(agent, it)| {
            let names = [&aggregate.name, &summary.agents[agent].label].map(Cell::text);
            let numbers = [Cell::number(it.point), interval(it), Cell::text(better)];
            Row { agents: vec![agent], envs: Vec::new(), cells: names.into_iter().chain(numbers).collect() }
        });
        rows.collect::<Vec<_>>()
    };
    let rows = summary.aggregates.iter().flat_map(row).collect();
    Table::new(["aggregate", "agent", "normalised score", "95 % interval", "better is"], rows)
}

fn interval(it: &Interval) -> Cell {
    Cell::text(format!("{} to {}", number(it.low), number(it.high)))
}

/// How probable it is that a run of one is better than a run of the other.
pub(super) fn improvements(summary: &Summary) -> Table {
    let row = |it: &Improvement| {
        let names = [it.a, it.b].map(|agent| Cell::text(&summary.agents[agent].label));
        let numbers = [Cell::number(it.probability.point), interval(&it.probability)];
        Row { agents: vec![it.a, it.b], envs: Vec::new(), cells: names.into_iter().chain(numbers).collect() }
    };
    let head = ["agent", "better than", "probability", "95 % interval"];
    Table::new(head, summary.improvements.iter().map(row).collect())
}

/// Differences seed by seed.
pub(super) fn paired(summary: &Summary) -> Table {
    let head = [
        "environment",
        "agent",
        "minus",
        "seeds",
        "mean difference",
        "95 % interval",
        "p",
        "p (Holm)",
        "better at 5 %",
    ];
    let row = |it: &Paired| {
        let [a, b] = [it.a, it.b].map(|agent| summary.agents[agent].label.as_str());
        let better = match it.difference.point {
            difference if it.p_holm < LEVEL && difference > 0.0 => a,
            difference if it.p_holm < LEVEL && difference < 0.0 => b,
            _ => "–",
        };
        let numbers = [
            Cell::number(it.seeds as f64),
            Cell::number(it.difference.point),
            interval(&it.difference),
            probability(it.p),
            probability(it.p_holm),
            Cell::text(better),
        ];
        let names = [&summary.envs[it.env].id, a, b].map(Cell::text);
        Row { agents: vec![it.a, it.b], envs: vec![it.env], cells: names.into_iter().chain(numbers).collect() }
    };
    Table::new(head, summary.paired.iter().map(row).collect())
}

fn probability(p: f64) -> Cell {
    let text = match p {
        p if p.is_nan() => "–".into(),
        p if p < 0.001 => "< 0.001".into(),
        p => fixed(p, 3),
    };
    Cell { text, value: Some(p) }
}

/// Runs that failed.
pub(super) fn failures(summary: &Summary) -> Table {
    let failed = summary.cells.iter().filter_map(|cell| Some((cell, cell.error.as_ref()?)));
    let row = |(cell, error): (&CellScore, &String)| {
        let names = [&summary.envs[cell.env].id, &summary.agents[cell.agent].label].map(Cell::text);
        let rest = [Cell { text: cell.seed.to_string(), value: Some(cell.seed as f64) }, Cell::text(error)];
        Row { agents: vec![cell.agent], envs: vec![cell.env], cells: names.into_iter().chain(rest).collect() }
    };
    Table::new(["environment", "agent", "seed", "error"], failed.map(row).collect())
}

/// What counts as 0 and as 1.
pub(super) fn arenas(summary: &Summary) -> Table {
    let row = |(env, arena): (usize, &Arena)| Row {
        agents: Vec::new(),
        envs: vec![env],
        cells: vec![
            Cell::text(&arena.id),
            Cell::number(arena.low),
            Cell::number(arena.high),
            Cell::text(&arena.source),
        ],
    };
    let head = ["environment", "return that counts as 0", "return that counts as 1", "from"];
    Table::new(head, summary.envs.iter().enumerate().map(row).collect())
}

/// Scores over the values of a setting.
pub(super) fn sensitivity(swept: &Sensitivity) -> Table {
    let row = |(value, scores): &(String, Vec<f64>)| {
        let finite = || scores.iter().copied().filter(|score| score.is_finite());
        let best = finite().fold(f64::NAN, f64::max);
        let worst = finite().fold(f64::NAN, f64::min);
        let numbers = [mean(scores), worst, best, scores.len() as f64].map(Cell::number);
        let value = Cell { text: value.clone(), value: value.parse().ok() };
        Row { agents: Vec::new(), envs: Vec::new(), cells: std::iter::once(value).chain(numbers).collect() }
    };
    Table::new(
        ["value", "mean score", "worst", "best", "settings tried with it"],
        swept.values.iter().map(row).collect(),
    )
}

/// A number to four significant digits: `475`, `−110.5`, `0.8246`, `1.2e−7`; whole where it is large.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    if size >= 1e9 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.2e}").replace('-', "−");
    }
    let digits = fixed(value, decimals(size));
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').into() } else { digits }
}

/// How many decimals give a number of a size four digits.
fn decimals(size: f64) -> usize {
    if size < 1e-9 { 3 } else { (3 - size.log10().floor() as i32).clamp(0, 8) as usize }
}

/// A number with so many decimals and a true minus sign; −0 is 0.
fn fixed(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let negative = value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if negative { format!("−{digits}") } else { digits }
}

/// A text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => kept.push_str("&amp;"),
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            '"' => kept.push_str("&quot;"),
            '\'' => kept.push_str("&#39;"),
            '\0' => {}
            letter => kept.push(letter),
        }
    }
    kept
}

/// A text on one line of Markdown that means itself.
pub(super) fn plain(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => kept.push_str("&amp;"),
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => kept.extend(['\\', letter]),
            letter if letter.is_control() => kept.push(' '),
            letter => kept.push(letter),
        }
    }
    kept
}

/// The mean of the scores that are numbers; NaN for none.
pub(super) fn mean(scores: &[f64]) -> f64 {
    let finite: Vec<f64> = scores.iter().copied().filter(|score| score.is_finite()).collect();
    stats::mean(&finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        let cases = [(475.0, "475"), (-110.52, "−110.5"), (0.824_63, "0.8246"), (12_345.6, "12346"), (-0.0, "0")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            (number(1.2e-7), number(-3e12), number(f64::NAN)),
            ("1.20e−7".into(), "−3.00e12".into(), "–".into())
        );
    }

    #[test]
    fn a_mean_and_its_half_have_the_same_decimals() {
        let spread = Spread {
            seeds: 5,
            mean: 475.25,
            half: 3.0,
            interquartile_mean: 0.0,
            worst: 0.0,
            best: 0.0,
            normalized: 0.0,
        };
        assert_eq!(with_half(&spread), "475.2 ± 3.0");
        assert_eq!(with_half(&Spread { seeds: 1, ..spread }), "475.2");
        assert_eq!(with_half(&Spread { mean: f64::NAN, ..spread }), "–");
    }

    #[test]
    fn texts_mean_themselves() {
        assert_eq!(escaped("<b a='\"'>&\0"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(plain("a|b_c\n<i>`x`"), "a\\|b\\_c &lt;i&gt;\\`x\\`");
    }
}
