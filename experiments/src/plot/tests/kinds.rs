//! The kinds of panel beside curves, and logarithmic axes.

use super::super::*;
use super::{panel, series, texts};

fn alone(plot: impl Into<Plot>) -> Figure {
    Figure { title: String::new(), panels: vec![plot.into()], ..Figure::default() }
}

fn written(plot: impl Into<Plot>) -> Vec<String> {
    texts(&alone(plot).svg().unwrap())
}

fn reason(plot: impl Into<Plot>) -> String {
    format!("{:#}", alone(plot).svg().unwrap_err())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).into()).collect()
}

/// Two rows of three: −1, 0, a wall; 2, 3, 4.
fn map() -> HeatMap {
    HeatMap {
        title: "values".into(),
        columns: 3,
        values: vec![-1.0, 0.0, f64::NAN, 2.0, 3.0, 4.0],
        ..HeatMap::default()
    }
}

fn violins() -> Violins {
    let violin = |label: &str, samples: &[f64]| Violin { label: label.into(), samples: samples.to_vec() };
    Violins {
        y_label: "reward".into(),
        violins: vec![violin("1", &[0.0, 1.0, 2.0, f64::NAN]), violin("2", &[5.0; 3]), violin("3", &[])],
        references: vec![Reference { label: "zero".into(), y: 0.0 }],
        ..Violins::default()
    }
}

fn bar(label: &str, group: &str, value: f64) -> Bar {
    Bar { label: label.into(), group: group.into(), value, ..Bar::default() }
}

fn bars() -> Bars {
    let with_error = Bar { low: 7.0, high: 9.0, ..bar("Sarsa", "here", 8.0) };
    Bars { bars: vec![with_error, bar("Sarsa", "book", 7.5), bar("UCB", "here", f64::NAN)], ..Bars::default() }
}

fn estimate(label: &str, [low, point, high]: [f64; 3]) -> Estimate {
    Estimate { label: label.into(), low, point, high, ..Estimate::default() }
}

fn intervals() -> Intervals {
    Intervals {
        title: "mean".into(),
        x_label: "normalised score".into(),
        rows: vec![estimate("DQN", [0.2, 0.3, 0.45]), estimate("PPO", [0.6, 0.7, 0.8]), estimate("A2C", [f64::NAN; 3])],
        reference: Some(Reference { label: "random".into(), y: 0.5 }),
        ..Intervals::default()
    }
}

fn diagram() -> Diagram {
    let node =
        |x: f64, y: f64, shape: Shape, label: &str| Node { at: (x, y), shape, label: label.into(), strong: false };
    let edge = |from: usize, to: usize| Edge { from, to, ..Edge::default() };
    Diagram {
        title: "backup".into(),
        nodes: vec![
            node(0.5, 0.0, Shape::Open, "s"),
            node(0.5, 0.5, Shape::Filled, "a"),
            node(1.0, 1.0, Shape::Square, ""),
            node(0.0, 1.0, Shape::Label, "text alone"),
        ],
        edges: vec![
            edge(0, 1),
            Edge { label: "p, r".into(), directed: true, strong: true, ..edge(1, 2) },
            Edge { label: "again".into(), directed: true, ..edge(0, 0) },
        ],
    }
}

fn all() -> Vec<Plot> {
    vec![
        panel(vec![series("a", &[0.0, 1.0], &[0.0, 1.0])]).into(),
        map().into(),
        violins().into(),
        bars().into(),
        intervals().into(),
        diagram().into(),
    ]
}

#[test]
fn a_heat_map_writes_its_numbers_and_a_scale_beside_them() {
    assert_eq!(written(map()), ["values", "−1", "0", "2", "3", "4", "−1", "0", "1", "2", "3", "4"]);
    let svg = alone(map()).svg().unwrap();
    // The ends of the scale and the wall; a number on dark is white.
    assert!(["#440154", "#FDE725", "#BEBEBE"].iter().all(|color| svg.contains(&format!("fill=\"{color}\""))), "{svg}");
    assert!(svg.contains("fill=\"#FFFFFF\">−1"), "{svg}");
    let ranged = written(HeatMap { range: Some((0.0, 10.0)), ..map() });
    assert!(ranged.contains(&"10".into()));
    let named = HeatMap { x_ticks: names(&["x", "y", "z"]), y_ticks: names(&["up", "down"]), ..map() };
    assert!(["x", "y", "z", "up", "down"].iter().all(|name| written(named.clone()).contains(&(*name).into())));
    let labelled = HeatMap { labels: names(&["A", "", "", "", "", "B"]), ..map() };
    assert!(["A", "B"].iter().all(|label| written(labelled.clone()).contains(&(*label).into())));
}

#[test]
fn a_heat_map_draws_arrows_and_marks() {
    let arrows = vec![vec![(1.0, 0.0)], vec![(0.0, 1.0), (-1.0, 0.0)], vec![], vec![(0.0, 0.0)], vec![], vec![]];
    let pointed = HeatMap { arrows, marks: vec![(0, "S".into()), (5, "G".into())], ..map() };
    let (plain, drawn) = (alone(map()).svg().unwrap(), alone(pointed.clone()).svg().unwrap());
    // A head for each of three arrows, and a dot for the one of no length.
    assert_eq!(drawn.matches("<polygon").count() - plain.matches("<polygon").count(), 3);
    assert_eq!(drawn.matches("<circle").count(), 1);
    assert!(["S", "G", "−1", "4"].iter().all(|text| written(pointed.clone()).contains(&(*text).into())));
}

#[test]
fn many_small_cells_have_no_numbers() {
    let fine = HeatMap { columns: 100, values: (0..10_000).map(f64::from).collect(), ..HeatMap::default() };
    assert!(written(fine).len() < 15);
}

#[test]
fn violins_mark_their_means() {
    let svg = alone(violins()).svg().unwrap();
    assert!(["1", "2", "3", "reward", "zero"].iter().all(|text| texts(&svg).iter().any(|it| it == text)));
    // One outline is filled: a constant is its mean alone, and nothing is nothing.
    assert_eq!(svg.matches("opacity=\"0.35\"").count(), 1);
    assert_eq!(svg.matches("stroke=\"#222222\" stroke-width=\"20\"").count(), 2);
    let empty = Violins { violins: vec![Violin::default()], ..Violins::default() };
    assert!(written(empty).contains(&"no data".into()));
}

#[test]
fn bars_of_one_label_stand_together() {
    let texts = written(bars());
    assert_eq!(texts.iter().filter(|text| *text == "Sarsa").count(), 1);
    assert!(["UCB", "8", "7.5", "here", "book"].iter().all(|text| texts.iter().any(|it| it == text)), "{texts:?}");
    let svg = alone(bars()).svg().unwrap();
    // Two bars and two samples in the legend; the error bar is a line with two caps.
    assert_eq!((svg.matches("fill=\"#0072B2\"").count(), svg.matches("fill=\"#D55E00\"").count()), (2, 2));
    assert_eq!(svg.matches("stroke=\"#222222\" stroke-width=\"14\"").count(), 3);
    assert!(written(Bars { bars: vec![bar("a", "", f64::NAN)], ..Bars::default() }).contains(&"no data".into()));
}

#[test]
fn intervals_are_bars_with_a_mark_and_a_name() {
    let texts = written(intervals());
    for text in ["mean", "normalised score", "DQN", "PPO", "A2C", "no data", "random", "0.2", "0.8"] {
        assert!(texts.iter().any(|it| it == text), "{text} is missing from {texts:?}");
    }
    // The names stand beside the rows, and not in the legend.
    assert_eq!(texts.iter().filter(|text| *text == "DQN").count(), 1);
    let svg = alone(intervals()).svg().unwrap();
    assert_eq!(svg.matches("opacity=\"0.45\"").count(), 2);
    assert_eq!(svg.matches("stroke=\"#0072B2\" stroke-width=\"24\"").count(), 1);
    // Cut at the ends of the axis: the mark of PPO lies beyond.
    let cut = alone(Intervals { x_range: Some((0.0, 0.65)), ..intervals() }).svg().unwrap();
    assert_eq!((cut.matches("opacity=\"0.45\"").count(), cut.matches("stroke-width=\"24\"").count()), (2, 1));
    let point = alone(Intervals { rows: vec![estimate("a", [f64::NAN, 1.0, 2.0])], ..Intervals::default() });
    assert_eq!(point.svg().unwrap().matches("opacity=\"0.45\"").count(), 0);
    assert!(written(Intervals::default()).contains(&"no data".into()));
}

#[test]
fn panels_of_the_same_rows_have_their_names_once_in_a_row() {
    let four = Figure { panels: vec![intervals().into(); 4], ..Figure::default() };
    let count = |figure: &Figure| texts(&figure.svg().unwrap()).iter().filter(|text| *text == "PPO").count();
    assert_eq!(count(&four), 2);
    let mut other = four.clone();
    other.panels[3] = Intervals { rows: intervals().rows[..2].into(), ..intervals() }.into();
    assert_eq!(count(&other), 4);
    other.panels[3] = bars().into();
    assert_eq!(count(&other), 3);
}

#[test]
fn labels_have_their_colours_first() {
    let group = Estimate { group: "PPO".into(), ..estimate("PPO > A2C", [0.2, 0.3, 0.4]) };
    let rows = Intervals { rows: vec![group], ..Intervals::default() };
    let curve = panel(vec![series("A2C", &[0.0, 1.0], &[0.0, 1.0])]);
    let labels = names(&["DQN", "PPO", "A2C"]);
    let figure = Figure { panels: vec![rows.into(), curve.into()], labels, ..Figure::default() };
    let (svg, json) = (figure.svg().unwrap(), serde_json::to_string(&figure).unwrap());
    assert!(
        svg.contains("opacity=\"0.45\" fill=\"#D55E00\"") && svg.contains("stroke=\"#009E73\" stroke-width=\"20\"")
    );
    assert_eq!(texts(&svg).iter().filter(|text| ["DQN", "PPO"].contains(&text.as_str())).count(), 0);
    assert!(json.ends_with(r#""labels":["DQN","PPO","A2C"]}"#));
    assert!(!serde_json::to_string(&alone(bars())).unwrap().contains("labels\":[\"") && palette()[2] == "#009e73");
    assert_eq!(shade(1.0), ["#fde725", "#000000"]);
}

#[test]
fn a_diagram_writes_what_its_nodes_and_edges_say() {
    assert_eq!(written(diagram()), ["backup", "p, r", "again", "s", "a", "text alone"]);
    let svg = alone(diagram()).svg().unwrap();
    // The open node is a disc on a disc, the filled one a disc.
    assert_eq!(svg.matches("<circle").count(), 3);
    assert!(svg.contains("stroke=\"#D55E00\" stroke-width=\"24\""), "the strong edge stands out");
    assert_eq!(written(Diagram::default()), ["no data"]);
    // Nodes in one place leave no room for an edge.
    let twice = Diagram {
        nodes: vec![Node::default(); 2],
        edges: vec![Edge { to: 1, ..Edge::default() }],
        ..Diagram::default()
    };
    assert_eq!(alone(twice).svg().unwrap().matches("<polyline").count(), 0);
}

#[test]
fn logarithmic_axes_have_powers_for_ticks() {
    let study = Series { style: LineStyle::Dots, ..series("a", &[0.25, 0.5, 1.0, 2.0], &[1e-3, 1e-2, 0.0, 10.0]) };
    let shown = Panel { x_scale: Scale::Log2, y_scale: Scale::Log10, ..panel(vec![study]) };
    let svg = alone(shown.clone()).svg().unwrap();
    let texts = texts(&svg);
    assert!(
        ["1/4", "1/2", "1", "2", "10⁻³", "10⁻²", "10"].iter().all(|tick| texts.iter().any(|it| it == tick)),
        "{texts:?}"
    );
    // What is not positive is a gap: three marks, and one in the legend.
    assert_eq!(svg.matches("<circle").count(), 4);
    assert_eq!(shown.clone().focused(), shown);
    let none = Panel { y_scale: Scale::Log2, ..panel(vec![series("a", &[0.0], &[-1.0])]) };
    assert!(written(none).contains(&"no data".into()));
}

#[test]
fn kinds_are_told_apart_in_json() {
    let figure = Figure { title: "all".into(), panels: all(), ..Figure::default() };
    let json = serde_json::to_string(&figure).unwrap();
    for kind in ["lines", "heat-map", "violins", "bars", "intervals", "diagram"] {
        assert!(json.contains(&format!("{{\"kind\":\"{kind}\"")), "{json}");
    }
    let back: Figure = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
    assert_eq!((back.svg().unwrap(), back.png().unwrap()), (figure.svg().unwrap(), figure.png().unwrap()));
    let brief: Plot = serde_json::from_str(r#"{"kind": "bars", "bars": [{"label": "a", "value": 1}]}"#).unwrap();
    assert!(matches!(brief, Plot::Bars(bars) if bars.bars[0].low.is_nan()));
}

#[test]
fn stored_figures_can_be_read() {
    for stored in
        [include_str!("../../../../results/5.4.1/data.json"), include_str!("../../../../results/5.4.2/data.json")]
    {
        let data: serde_json::Value = serde_json::from_str(stored).unwrap();
        let figure: Figure = serde_json::from_value(data["figure"].clone()).unwrap();
        assert!(!figure.panels.is_empty() && figure.svg().is_ok());
    }
}

#[test]
fn contradictions_are_refused_with_a_reason() {
    let ragged = HeatMap { columns: 4, ..map() };
    assert_eq!(reason(ragged), "panel 1: 6 values do not make rows of 4 columns");
    assert!(reason(HeatMap { columns: 0, ..map() }).contains("rows of 0 columns"));
    assert!(reason(HeatMap { labels: names(&["a"]), ..map() }).contains("1 labels for 6 cells"));
    assert!(reason(HeatMap { arrows: vec![vec![]], ..map() }).contains("1 lists of arrows for 6 cells"));
    assert!(reason(HeatMap { y_ticks: names(&["a"]), ..map() }).contains("1 names of rows for 2 rows"));
    assert!(reason(HeatMap { marks: vec![(6, "G".into())], ..map() }).contains("\"G\" is on cell 6 of 6"));
    assert!(reason(HeatMap { arrows: vec![vec![(f64::NAN, 0.0)]; 6], ..map() }).contains("two finite numbers"));
    assert!(reason(HeatMap { range: Some((1.0, 0.0)), ..map() }).contains("range must be"));
    assert!(reason(Bars { y_range: Some((0.0, f64::NAN)), ..bars() }).contains("y_range must be"));
    let below = Panel { y_scale: Scale::Log10, y_range: Some((0.0, 1.0)), ..Panel::default() };
    assert!(reason(below).contains("must be positive on a logarithmic axis"));
    let mut far = diagram();
    far.nodes[0].at = (0.5, 1.5);
    assert!(reason(far).contains("node 0 (\"s\") must lie within 0..=1"));
    let mut loose = diagram();
    loose.edges[1].to = 4;
    assert!(reason(loose).contains("edge 1 goes from node 1 to node 4 of 4"));
    let mut wild = diagram();
    wild.edges[0].curved = f64::NAN;
    assert!(reason(wild).contains("curved by −10 to 10"));
    assert!(reason(Intervals { x_range: Some((1.0, 0.0)), ..intervals() }).contains("x_range must be"));
    assert!(reason(Intervals { rows: vec![Estimate::default(); 121], ..intervals() }).contains("at most 120"));
    assert!(reason(Violins { violins: vec![Violin::default(); 61], ..Violins::default() }).contains("at most 60"));
}

#[test]
fn no_values_and_no_labels_bring_any_kind_down() {
    let odd =
        [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e300, -1e300, 5e-324, 1e-9, 500.0];
    let labels = ["", " ", "a\nb\t\0", "<&>\"'", "\u{feff}\u{ffff}", "強化学習", "Gₜ = rₜ₊₁ + γ·Gₜ₊₁", "🙂"];
    for shift in 0..odd.len() {
        let value = |i: usize| odd[(i * 5 + shift) % odd.len()];
        let label = |i: usize| labels[(i + shift) % labels.len()].repeat(1 + 60 * (i % 2));
        let finite = |i: usize| if value(i).is_finite() { value(i) } else { 0.5 };
        let references: Vec<_> = (0..4).map(|i| Reference { label: label(i), y: value(i) }).collect();
        let map = HeatMap {
            title: label(0),
            x_label: label(1),
            y_label: label(2),
            columns: 4,
            values: (0..12).map(value).collect(),
            labels: if shift % 2 == 0 { (0..12).map(label).collect() } else { Vec::new() },
            arrows: (0..12).map(|i| vec![(finite(i).clamp(-1e300, 1e300), 1.0); i % 3]).collect(),
            x_ticks: (0..4).map(label).collect(),
            y_ticks: (0..3).map(label).collect(),
            range: [None, Some((0.0, 0.0)), Some((-1e300, 1e300))][shift % 3],
            marks: (0..12).map(|cell| (cell, label(cell))).collect(),
        };
        let violins = Violins {
            violins: (0..6).map(|i| Violin { label: label(i), samples: (0..=i * 3).map(value).collect() }).collect(),
            references: references.clone(),
            ..Violins::default()
        };
        let bar = |i: usize| Bar {
            label: label(i),
            group: label(i + 1),
            value: value(i),
            low: value(i + 1),
            high: value(i + 2),
        };
        let y_range = [None, Some((0.0, 0.0)), Some((499.0, 501.0))][shift % 3];
        let row =
            |i: usize| Estimate { group: label(i + 3), ..estimate(&label(i), [1, 0, 2].map(|end| value(i + end))) };
        let intervals = Intervals {
            title: label(1),
            x_label: label(2),
            rows: (0..12).map(row).collect(),
            reference: references.first().cloned(),
            x_range: y_range,
        };
        let bars = Bars { bars: (0..9).map(bar).collect(), references, y_range, ..Bars::default() };
        let shapes = [Shape::Open, Shape::Filled, Shape::Square, Shape::Label];
        let node = |i: usize| Node {
            at: (finite(i).clamp(0.0, 1.0), finite(i + 1).clamp(0.0, 1.0)),
            shape: shapes[i % 4],
            label: label(i),
            strong: i.is_multiple_of(2),
        };
        let edge = |i: usize| Edge {
            from: i % 8,
            to: i * 3 % 8,
            label: label(i),
            directed: i.is_multiple_of(2),
            strong: i.is_multiple_of(3),
            curved: finite(i).clamp(-10.0, 10.0),
        };
        let diagram =
            Diagram { title: label(3), nodes: (0..8).map(node).collect(), edges: (0..16).map(edge).collect() };
        let wild = series(
            &label(0),
            &(0..12).map(value).collect::<Vec<_>>(),
            &(0..12).map(|i| value(i + 3)).collect::<Vec<_>>(),
        );
        let dotted = Series { style: LineStyle::Dots, low: wild.x.clone(), high: wild.mean.clone(), ..wild };
        let log = Panel { x_scale: Scale::Log2, y_scale: Scale::Log10, ..panel(vec![dotted]) };
        texts(&alone(intervals.clone()).svg().unwrap());
        let plots = [map.into(), violins.into(), bars.into(), intervals.into(), diagram.into(), log.into()];
        let figure = Figure { title: label(1), panels: plots.into(), ..Figure::default() };
        texts(&figure.svg().unwrap());
        if shift % 4 == 0 {
            figure.png().unwrap();
        }
    }
}
