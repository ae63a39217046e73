//! The figures of a comparison.

use super::{
    summary::{Aggregate, Arena, Curve, Improvement, Interval, Sensitivity, Summary},
    tables::{mean, number},
};
use crate::plot::{Bar, Bars, Estimate, Figure, HeatMap, Intervals, LineStyle, Panel, Plot, Reference, Scale, Series};

/// Panels of one figure; environments of one heat map; rows of one interval plot: as many as can be read.
const MOST_PANELS: usize = 12;
const MOST_COLUMNS: usize = 8;
const MOST_ROWS: usize = 40;
/// A title of the comparison that is longer stands on the page alone.
const LONGEST: usize = 60;
/// Of more pairs of agents than this none are drawn.
pub(super) const MOST_PAIRS: usize = 120;
/// A numerical setting whose largest value is so many times its smallest has a logarithmic axis.
const SPAN: f64 = 10.0;

/// The figures with the stems of their files; those without anything to show are left out.
///
/// What does not fit one figure goes on in another: `curves-by-steps`, `curves-by-steps-2`.
pub(super) fn figures(summary: &Summary) -> Vec<(String, Figure)> {
    let mut all = Vec::new();
    add(&mut all, summary, "sensitivity", "Sensitivity to settings", &sensitivity(summary));
    for (stem, x_label, curve) in CURVES {
        add(&mut all, summary, stem, "Learning curves", &curves(summary, x_label, curve));
    }
    for panels in aggregates(summary) {
        add(&mut all, summary, "aggregates", "Aggregates over all environments", &panels);
    }
    add(&mut all, summary, "profiles", "Performance profiles", &profiles(summary));
    add(&mut all, summary, "efficiency", "Sample efficiency", &efficiency(summary));
    for panel in improvements(summary) {
        add(&mut all, summary, "improvements", "Probability of improvement", &[panel]);
    }
    for panel in scores(summary) {
        add(&mut all, summary, "scores", "Scores", &[panel]);
    }
    all
}

type ByAxis = fn(&Curve) -> &Series;

/// Stem, horizontal axis, and the curve over it.
const CURVES: [(&str, &str, ByAxis); 3] = [
    ("curves-by-steps", "environment steps", |curve| &curve.by_steps),
    ("curves-by-episodes", "training episodes", |curve| &curve.by_episodes),
    ("curves-by-seconds", "seconds", |curve| &curve.by_seconds),
];

/// Adds panels as one figure, or as several.
fn add(all: &mut Vec<(String, Figure)>, summary: &Summary, stem: &str, what: &str, panels: &[Plot]) {
    // What is drawn of a setting are no agents.
    let colored = if stem == "sensitivity" { &[][..] } else { &summary.agents };
    let labels: Vec<String> = colored.iter().map(|agent| agent.label.clone()).collect();
    for part in panels.chunks(MOST_PANELS) {
        let before = all.iter().filter(|(name, _)| name.starts_with(stem)).count();
        let name = if before == 0 { stem.to_owned() } else { format!("{stem}-{}", before + 1) };
        let title =
            if summary.title.chars().count() <= LONGEST { format!("{what}: {}", summary.title) } else { what.into() };
        all.push((name, Figure { title, panels: part.to_vec(), labels: labels.clone() }));
    }
}

/// Names of at most so many letters: longer ones without what all have in common at their ends, or else their middle.
fn shortened<'a>(names: impl Iterator<Item = &'a str>, most: usize) -> Vec<String> {
    let names: Vec<Vec<char>> = names.map(|name| name.chars().collect()).collect();
    let least = names.iter().map(Vec::len).min().unwrap_or(0);
    let same = |of: fn(&[char], usize) -> char, room: usize| {
        let all = |at: &usize| names.len() > 1 && names.iter().all(|name| of(name, *at) == of(&names[0], *at));
        (0..room).take_while(all).count()
    };
    let before = same(|name, at| name[at], least);
    let after = same(|name, at| name[name.len() - 1 - at], least - before);
    let short = |name: &Vec<char>| -> String {
        let own = name.len() - before - after;
        if name.len() <= most {
            name.iter().collect()
        } else if own + 2 <= most {
            // As much of what comes before as there is room for.
            let start = before.saturating_sub(most - 2 - own);
            let dots = |cut: bool| if cut { "…" } else { "" };
            let kept: String = name[start..name.len() - after].iter().collect();
            format!("{}{kept}{}", dots(start > 0), dots(after > 0))
        } else {
            let (start, end) = (most / 2, most - most / 2 - 1);
            name[..start].iter().chain(&['…']).chain(&name[name.len() - end..]).collect()
        }
    };
    names.iter().map(short).collect()
}

/// A panel for each environment that has curves.
fn curves(summary: &Summary, x_label: &str, curve: ByAxis) -> Vec<Plot> {
    let panel = |(env, arena): (usize, &Arena)| {
        let own = summary.curves.iter().filter(|curve| curve.env == env).map(curve);
        let series: Vec<Series> = own.filter(|series| is_drawn(series)).cloned().collect();
        let panel = Panel {
            title: arena.id.clone(),
            x_label: x_label.into(),
            y_label: "greedy return".into(),
            series,
            ..Panel::default()
        };
        (!panel.series.is_empty()).then(|| within(panel.focused()).into())
    };
    summary.envs.iter().enumerate().filter_map(panel).collect()
}

/// An axis that the curves own, and not the bands of two or three seeds.
fn within(panel: Panel) -> Panel {
    let means = || panel.series.iter().flat_map(|series| &series.mean).copied().filter(|mean| mean.is_finite());
    let (low, high) = (means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
    if panel.y_range.is_some() || low >= high {
        return panel;
    }
    let free = (high - low) / 10.0;
    Panel { y_range: Some((low - free, high + free)), ..panel }
}

fn is_drawn(series: &Series) -> bool {
    series.x.iter().zip(&series.mean).any(|(x, y)| x.is_finite() && y.is_finite())
}

fn estimate(label: &str, interval: Option<&Interval>) -> Estimate {
    let bare = Estimate { label: label.into(), ..Estimate::default() };
    interval.map_or(bare.clone(), |it| Estimate { point: it.point, low: it.low, high: it.high, ..bare })
}

/// A panel for each kind of aggregate, for so many agents at a time as can be read.
fn aggregates(summary: &Summary) -> Vec<Vec<Plot>> {
    let all: Vec<usize> = (0..summary.agents.len()).collect();
    let panel = |aggregate: &Aggregate, agents: &[usize]| {
        let better = if aggregate.more_is_better { "more is better" } else { "less is better" };
        let row = |agent: &usize| estimate(&summary.agents[*agent].label, aggregate.intervals[*agent].as_ref());
        Intervals {
            title: aggregate.name.clone(),
            x_label: format!("normalised score ({better})"),
            rows: agents.iter().map(row).collect(),
            ..Intervals::default()
        }
    };
    let found = || summary.aggregates.iter().filter(|it| it.intervals.iter().flatten().any(|it| it.point.is_finite()));
    all.chunks(MOST_ROWS).map(|agents| found().map(|aggregate| panel(aggregate, agents).into()).collect()).collect()
}

fn profiles(summary: &Summary) -> Vec<Plot> {
    let panel = Panel {
        x_label: "normalised score".into(),
        y_label: "part of the runs above the score".into(),
        y_range: Some((0.0, 1.0)),
        ..Panel::default()
    };
    over(&summary.profiles, panel)
}

fn efficiency(summary: &Summary) -> Vec<Plot> {
    let panel = Panel {
        x_label: "environment steps, as a part of the smallest budget".into(),
        y_label: "interquartile mean of normalised scores".into(),
        ..Panel::default()
    };
    over(&summary.efficiency, panel)
}

/// The panel with these curves, if there is anything to be seen of them.
fn over(series: &[Series], panel: Panel) -> Vec<Plot> {
    let series: Vec<Series> = series.iter().filter(|series| is_drawn(series)).cloned().collect();
    if series.is_empty() { Vec::new() } else { vec![Panel { series, ..panel }.focused().into()] }
}

/// A row for each pair of agents, in as many panels as it takes.
fn improvements(summary: &Summary) -> Vec<Plot> {
    if summary.improvements.len() > MOST_PAIRS {
        return Vec::new();
    }
    let labels = shortened(summary.agents.iter().map(|agent| agent.label.as_str()), 18);
    let row = |it: &Improvement| Estimate {
        group: summary.agents[it.a].label.clone(),
        ..estimate(&format!("{} > {}", labels[it.a], labels[it.b]), Some(&it.probability))
    };
    let rows: Vec<Estimate> =
        summary.improvements.iter().filter(|it| it.probability.point.is_finite()).map(row).collect();
    let panel = |rows: &[Estimate]| Intervals {
        x_label: "probability that a run of the first scores more than one of the second".into(),
        rows: rows.into(),
        reference: Some(Reference { label: "equally good".into(), y: 0.5 }),
        x_range: Some((0.0, 1.0)),
        ..Intervals::default()
    };
    rows.chunks(MOST_ROWS).map(|rows| panel(rows).into()).collect()
}

/// Agents by environments: the normalised score as colour, the return as number.
fn scores(summary: &Summary) -> Vec<Plot> {
    let scored =
        |env: usize| summary.scores.iter().any(|row| row[env].is_some_and(|spread| spread.normalized.is_finite()));
    let envs: Vec<usize> = (0..summary.envs.len()).filter(|env| scored(*env)).collect();
    let panel = |envs: &[usize]| {
        // Many names are written upwards, where there is less room.
        let crowded = envs.len() > 4;
        let cells = || summary.scores.iter().flat_map(|row| envs.iter().map(|env| row[*env]));
        HeatMap {
            title: "normalised score (colour) and greedy return (number)".into(),
            columns: envs.len(),
            values: cells().map(|cell| cell.map_or(f64::NAN, |spread| spread.normalized)).collect(),
            labels: cells().map(|cell| cell.map_or("–".into(), |spread| number(spread.mean))).collect(),
            x_ticks: shortened(envs.iter().map(|env| summary.envs[*env].id.as_str()), if crowded { 12 } else { 26 }),
            y_ticks: shortened(summary.agents.iter().map(|agent| agent.label.as_str()), 24),
            range: Some((0.0, 1.0)),
            ..HeatMap::default()
        }
    };
    // Parts of about one width.
    let most = envs.len().div_ceil(envs.len().div_ceil(MOST_COLUMNS).max(1)).max(1);
    envs.chunks(most).map(|envs| panel(envs).into()).collect()
}

/// What a sweep's scores are.
pub(super) fn swept_score(summary: &Summary) -> &'static str {
    if summary.envs.len() == 1 { "greedy return" } else { "normalised score" }
}

/// A panel for each setting that was swept.
fn sensitivity(summary: &Summary) -> Vec<Plot> {
    let found = summary
        .sensitivity
        .iter()
        .filter(|it| it.values.iter().flat_map(|(_, scores)| scores).any(|score| score.is_finite()));
    let panel = |swept: &Sensitivity| {
        let numbers: Option<Vec<f64>> =
            swept.values.iter().map(|(value, _)| value.parse().ok().filter(|value: &f64| value.is_finite())).collect();
        match numbers {
            Some(numbers) => study(swept, &numbers, swept_score(summary)).into(),
            None => bars(swept, swept_score(summary)).into(),
        }
    };
    found.map(panel).collect()
}

/// Scores over a numerical setting.
fn study(swept: &Sensitivity, numbers: &[f64], score: &str) -> Panel {
    let means = swept.values.iter().map(|(_, scores)| mean(scores)).collect();
    let joined =
        Series { label: "mean".into(), x: numbers.to_vec(), mean: means, style: LineStyle::Dots, ..Series::default() };
    let marks = numbers.iter().zip(&swept.values).flat_map(|(x, (_, scores))| scores.iter().map(|score| (*x, *score)));
    let (x, mean) = marks.unzip();
    let every = Series {
        label: "each value of the other settings".into(),
        x,
        mean,
        style: LineStyle::Points,
        ..Series::default()
    };
    Panel {
        title: swept.setting.clone(),
        x_label: swept.setting.clone(),
        y_label: score.into(),
        series: vec![joined, every],
        x_scale: scale(numbers),
        ..Panel::default()
    }
}

/// The axis for a setting's values.
fn scale(numbers: &[f64]) -> Scale {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let doubling = numbers.iter().all(|number| number.log2().fract() == 0.0);
    match (least > 0.0 && most >= SPAN * least, doubling) {
        (false, _) => Scale::Linear,
        (true, true) => Scale::Log2,
        (true, false) => Scale::Log10,
    }
}

/// Mean scores over a setting that is no number, from the worst to the best.
fn bars(swept: &Sensitivity, score: &str) -> Bars {
    let bar = |(value, scores): &(String, Vec<f64>)| {
        let finite = || scores.iter().copied().filter(|score| score.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let ends = if low < high { (low, high) } else { (f64::NAN, f64::NAN) };
        Bar { label: value.clone(), group: "mean".into(), value: mean(scores), low: ends.0, high: ends.1 }
    };
    Bars {
        title: swept.setting.clone(),
        x_label: swept.setting.clone(),
        y_label: format!("{score}: mean, worst, best"),
        bars: swept.values.iter().map(bar).collect(),
        ..Bars::default()
    }
}

#[cfg(test)]
pub(super) mod examples;

#[cfg(test)]
mod tests {
    use super::{examples::*, *};

    fn stems(summary: &Summary) -> Vec<String> {
        figures(summary).into_iter().map(|(stem, _)| stem).collect()
    }

    fn figure(summary: &Summary, stem: &str) -> Figure {
        figures(summary).into_iter().find(|(name, _)| name == stem).unwrap().1
    }

    #[test]
    fn every_figure_of_every_example_can_be_drawn() {
        for (name, summary) in all() {
            for (stem, figure) in figures(&summary) {
                let svg = figure.svg().unwrap_or_else(|why| panic!("{name}, {stem}: {why:#}"));
                // The one without numbers is said to have none.
                assert!(!svg.contains(">no data<") || name == "gaps", "{name}, {stem}: an empty panel");
            }
        }
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let all =
            ["curves-by-steps", "curves-by-episodes", "curves-by-seconds", "aggregates", "profiles", "efficiency"];
        let pairs = ["improvements", "scores"];
        assert_eq!(stems(&three()), [&all[..], &pairs].concat());
        assert_eq!(stems(&alone()), [&all[..], &["scores"]].concat());
        assert_eq!(stems(&sweep()), [&["sensitivity"][..], &all[..], &["improvements", "scores"]].concat());
        assert_eq!(stems(&nothing()), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_fit_goes_on_in_another_figure() {
        let stems = stems(&twelve());
        for stem in ["curves-by-steps-2", "curves-by-seconds-2", "improvements-2", "scores-2"] {
            assert!(stems.iter().any(|it| it == stem), "{stem} is not among {stems:?}");
        }
        let [first, second] = ["curves-by-steps", "curves-by-steps-2"].map(|stem| figure(&twelve(), stem).panels.len());
        assert_eq!((first, second), (12, 2));
    }

    #[test]
    fn a_sweep_of_many_settings_can_be_drawn() {
        let names: Vec<String> = (0..130).map(|number: i32| number.to_string()).collect();
        let many = example(&names.iter().map(String::as_str).collect::<Vec<_>>(), &["CartPole-v1"]);
        let figures = figures(&many);
        assert!(figures.iter().all(|(_, figure)| figure.svg().is_ok()));
        assert!(figures.iter().any(|(stem, _)| stem == "aggregates-4"));
        assert!(figures.iter().all(|(stem, _)| !stem.starts_with("improvements")));
    }

    #[test]
    fn an_agent_has_its_colour_where_the_first_is_missing() {
        let mut summary = three();
        summary.profiles.remove(0);
        let profiles = figure(&summary, "profiles");
        assert_eq!(profiles.labels, ["DQN", "PPO", "A2C"]);
        let svg = profiles.svg().unwrap();
        assert!(!svg.contains("#0072B2") && svg.contains("#D55E00") && svg.contains("#009E73"));
    }

    #[test]
    fn a_heat_map_writes_the_returns_and_dashes() {
        let Plot::HeatMap(map) = figure(&three(), "scores").panels.remove(0) else { panic!("no heat map") };
        assert_eq!((map.columns, map.values.len()), (4, 12));
        assert!(map.values[2 * 4 + 3].is_nan() && map.labels[2 * 4 + 3] == "–");
    }

    #[test]
    fn the_axis_of_a_setting_is_logarithmic_over_decades() {
        assert_eq!(scale(&[1e-4, 3e-4, 1e-3]), Scale::Log10);
        assert_eq!(scale(&[32.0, 64.0, 512.0]), Scale::Log2);
        assert_eq!(scale(&[0.9, 0.95, 0.99]), Scale::Linear);
        assert_eq!(scale(&[0.0, 1.0, 100.0]), Scale::Linear);
        assert_eq!(scale(&[]), Scale::Linear);
    }

    #[test]
    fn long_names_keep_what_tells_them_apart() {
        let short = |names: &[&str], most| shortened(names.iter().copied(), most);
        assert_eq!(short(&["CliffWalking-v1", "Acrobot-v1"], 14), ["CliffWalking…", "Acrobot-v1"]);
        assert_eq!(
            short(&["PPO, clipped at 0.1, lanes", "PPO, clipped at 0.25, lanes"], 12),
            ["…ped at 0.1…", "…ed at 0.25…"]
        );
        assert_eq!(short(&["corridor-v1", "corridor-v2"], 8), ["…dor-v1", "…dor-v2"]);
        assert_eq!((short(&["corridor-v1"], 8), short(&[], 8)), (vec!["corr…-v1".to_owned()], Vec::new()));
        assert_eq!(short(&["same same same", "same same same"], 8), ["…e same", "…e same"]);
    }

    #[test]
    fn a_setting_without_numbers_has_bars() {
        let figure = figure(&sweep(), "sensitivity");
        assert!(matches!(figure.panels[0], Plot::Lines(_)) && matches!(figure.panels[1], Plot::Bars(_)));
    }
}
