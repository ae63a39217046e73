//! Numbers side by side, with their uncertainty.

use super::axis;
use super::categories::Categories;
use super::frame::{Frame, Names, TICK, TICK_ROW, TICKS, Vertical};
use super::legend::Legend;
use super::scene::{Align, Area, Point, Scene};
use super::theme::{CARD, HAIRLINE, MUTED, SPINE, TEXT, TICK_SIZE};
use super::{Reference, Scale, font, gaps};
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

const MOST_BARS: usize = 400;
/// Part of its slot that a cluster of bars fills, and the width a bar has at most.
const FILLED: f64 = 0.72;
const WIDEST: f64 = 64.0;
const ERROR_WIDTH: f64 = 1.4;
/// How much of the range is left free beyond the bars.
const HEADROOM: f64 = 0.08;

/// Bars over a common axis. Neighbours with the same label stand together over it, told apart by their groups.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Bars {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// What the bars are.
    pub x_label: String,
    /// What they measure, with its unit.
    pub y_label: String,
    /// The bars, left to right.
    pub bars: Vec<Bar>,
    /// Horizontal lines to compare with.
    pub references: Vec<Reference>,
    /// Lowest and highest value shown; bars are cut there. `None` shows everything from 0.
    pub y_range: Option<(f64, f64)>,
}

/// One bar, from 0 to its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bar {
    /// Name below the axis.
    pub label: String,
    /// What gives it its colour: the name in the legend; an empty one has no entry.
    pub group: String,
    /// The number; NaN leaves the place empty.
    #[serde(with = "gaps::one")]
    pub value: f64,
    /// Lower end of the error bar; NaN for none.
    #[serde(with = "gaps::one")]
    pub low: f64,
    /// Upper end of the error bar; NaN for none.
    #[serde(with = "gaps::one")]
    pub high: f64,
}

impl Default for Bar {
    fn default() -> Self {
        Self { label: String::new(), group: String::new(), value: f64::NAN, low: f64::NAN, high: f64::NAN }
    }
}

impl Bars {
    pub(super) fn check(&self) -> Result<()> {
        let count = self.bars.len();
        ensure!(count <= MOST_BARS, "a panel holds at most {MOST_BARS} bars, and this one has {count}");
        super::check_range("y_range", self.y_range, Scale::Linear)
    }

    pub(super) fn vertical(&self) -> Vertical<'_> {
        Vertical { scale: Scale::Linear, range: self.y_range.or(Some(self.covered())), references: &self.references }
    }

    /// What there is to show: 0, the ends of the bars with room for the numbers beyond them, the references. Bars
    /// stand on the end of their axis where none goes below 0.
    fn covered(&self) -> (f64, f64) {
        let drawn = self.bars.iter().filter(|bar| bar.is_drawn());
        let ends = drawn.flat_map(|bar| [bar.value, bar.low, bar.high]);
        let ends = ends.chain(self.references.iter().map(|reference| reference.y)).filter(|end| axis::usable(*end));
        let (low, high) = axis::extent(ends).map_or((0.0, 1.0), |(low, high)| (low.min(0.0), high.max(0.0)));
        let free = HEADROOM * (high - low);
        let range = (if low < 0.0 { low - free } else { 0.0 }, if high > 0.0 { high + free } else { 0.0 });
        if range.0 < range.1 { range } else { (0.0, 1.0) }
    }

    pub(super) fn draw(&self, cell: Area, legend: &Legend, scene: &mut Scene) {
        let names = Names { title: &self.title, x_label: &self.x_label, y_label: &self.y_label };
        let framed = |below: f64| Frame::new(names, self.vertical(), [], cell, below);
        let first = Slots::new(&self.bars, framed(TICK_ROW).area);
        let labels = Categories::new(first.clusters().map(|(label, _, width)| (label, width)));
        let frame = framed(labels.height());
        let slots = Slots::new(&self.bars, frame.area);

        frame.draw_titles(cell, scene);
        frame.draw_grid_and_ticks(scene);
        for (bar, sides) in slots.bars() {
            bar.draw(sides, &frame, legend, scene);
        }
        let zero = frame.height(0.0);
        if (frame.area.top..frame.area.bottom).contains(&zero) {
            scene.line(vec![(frame.area.left, zero), (frame.area.right, zero)], SPINE, HAIRLINE);
        }
        if !self.bars.iter().any(Bar::is_drawn) {
            frame.draw_emptiness(scene);
        }
        let Area { top, bottom, .. } = frame.area;
        for (_, middle, _) in slots.clusters() {
            scene.line(vec![(middle, bottom), (middle, bottom + TICK)], SPINE, HAIRLINE);
        }
        labels.draw(slots.clusters().map(|(_, middle, _)| middle), bottom, scene);
        frame.draw_references(legend, scene);
        if slots.bars().all(|(bar, (left, right))| font::width(&axis::number(bar.value), TICKS) + 4.0 < right - left) {
            for (bar, (left, right)) in slots.bars() {
                if let Some(y) = bar.number_height(&frame).filter(|y| (top..bottom).contains(y)) {
                    draw_number(bar.value, (f64::midpoint(left, right), y), scene);
                }
            }
        }
    }
}

/// Writes a number over whatever line runs behind it.
fn draw_number(value: f64, (x, y): Point, scene: &mut Scene) {
    let text = axis::number(value);
    let half = (font::width(&text, TICKS) / 2.0 + 1.0, TICK_SIZE * 0.55);
    scene.fill(Area { left: x - half.0, right: x + half.0, top: y - half.1, bottom: y + half.1 }.corners(), CARD);
    scene.text((x, y), text, TICKS, MUTED, Align::Middle);
}

/// Where the bars stand: each takes a share of the width, and the room beside a cluster another.
struct Slots<'a> {
    clusters: Vec<&'a [Bar]>,
    left: f64,
    share: f64,
    bar: f64,
}

impl<'a> Slots<'a> {
    fn new(bars: &'a [Bar], area: Area) -> Self {
        let clusters: Vec<&[Bar]> = bars.chunk_by(|a, b| a.label == b.label).collect();
        let shares = bars.len() as f64 * FILLED + clusters.len() as f64 * (1.0 - FILLED);
        let share = area.width() / shares.max(1.0);
        Self { clusters, left: area.left, share, bar: (share * FILLED).min(WIDEST) }
    }

    /// Label, middle and room of each cluster.
    fn clusters(&self) -> impl Iterator<Item = (&'a str, f64, f64)> {
        let mut left = self.left;
        self.clusters.iter().map(move |cluster| {
            let width = self.share * (cluster.len() as f64 * FILLED + 1.0 - FILLED);
            left += width;
            (cluster[0].label.as_str(), left - width / 2.0, width)
        })
    }

    /// The bars with their left and right sides.
    fn bars(&self) -> impl Iterator<Item = (&'a Bar, (f64, f64))> {
        self.clusters.iter().zip(self.clusters()).flat_map(move |(cluster, (_, middle, _))| {
            let start = middle - self.bar * cluster.len() as f64 / 2.0;
            let side = move |index: usize| start + index as f64 * self.bar;
            cluster.iter().enumerate().map(move |(index, bar)| (bar, (side(index), side(index + 1))))
        })
    }
}

impl Bar {
    fn is_drawn(&self) -> bool {
        axis::usable(self.value)
    }

    /// The ends of the error bar, where it has one.
    fn error(&self) -> Option<(f64, f64)> {
        (axis::usable(self.low) && axis::usable(self.high))
            .then_some((self.low.min(self.high), self.low.max(self.high)))
    }

    fn draw(&self, (left, right): (f64, f64), frame: &Frame<'_>, legend: &Legend, scene: &mut Scene) {
        let Some(value) = frame.height_of(self.value) else { return };
        let Area { top, bottom, .. } = frame.area;
        let held = |y: f64| y.clamp(top, bottom);
        let (zero, value) = (held(frame.height(0.0)), held(value));
        let edge = (right - left).min(8.0) * 0.06;
        let area = Area { left: left + edge, right: right - edge, top: zero.min(value), bottom: zero.max(value) };
        if area.height() > 0.0 {
            scene.fill(area.corners(), legend.group(&self.group));
        }
        if let Some((low, high)) = self.error() {
            let (x, cap) = (f64::midpoint(left, right), ((right - left) * 0.2).min(6.0));
            let (low, high) = (frame.height(low), frame.height(high));
            scene.line(vec![(x, held(low)), (x, held(high))], TEXT, ERROR_WIDTH);
            for end in [low, high].into_iter().filter(|end| (top..=bottom).contains(end)) {
                scene.line(vec![(x - cap, end), (x + cap, end)], TEXT, ERROR_WIDTH);
            }
        }
    }

    /// Where its number is written: beyond its end, or that of its error bar.
    fn number_height(&self, frame: &Frame<'_>) -> Option<f64> {
        let value = frame.height_of(self.value)?;
        let (low, high) = self.error().map_or((value, value), |(low, high)| (frame.height(low), frame.height(high)));
        Some(if self.value < 0.0 { low.max(value) + TICK_SIZE * 0.8 } else { high.min(value) - TICK_SIZE * 0.8 })
    }
}
