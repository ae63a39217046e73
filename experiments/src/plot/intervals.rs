//! Estimates with their intervals, one below the other, as rliable draws them (Agarwal et al. 2021, "Deep Reinforcement
//! Learning at the Edge of the Statistical Precipice").

use super::axis::{self, Axis};
use super::frame::{LABEL, Names, PAD, TICK, TICK_ROW, TICKS};
use super::legend::{Legend, stroke};
use super::panel::{axis_of_x, draw_grid_and_ticks_of_x};
use super::scene::{Align, Area, Mark, Scene};
use super::theme::{HAIRLINE, MUTED, REFERENCE, REFERENCE_WIDTH, SPINE, TEXT};
use super::{Figure, Plot, Reference, Scale, font, gaps};
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

const MOST_ROWS: usize = 120;
/// Height of a row where there are few, where there are many, and how many are few.
const ROW: f64 = 28.0;
const NARROW_ROW: f64 = 18.0;
const FEW: usize = 10;
/// The longest name that is not cut.
const LONGEST: f64 = 240.0;
/// Part of its row that a bar fills, the height it has at most, and how far the mark of the estimate sticks out.
const FILLED: f64 = 0.5;
const THICKEST: f64 = 16.0;
const BEYOND: f64 = 2.5;
const MARK_WIDTH: f64 = 2.4;
const OPACITY: f64 = 0.45;
/// How much of the range is left free at either side.
const HEADROOM: f64 = 0.04;

/// Estimates with their intervals over a common horizontal axis.
///
/// In a figure of nothing else, panels with the same names in the same order have them written once, at the left of
/// each row of panels, and the figure is as high as its rows need.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Intervals {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// What was estimated, with its unit.
    pub x_label: String,
    /// The estimates, top to bottom.
    pub rows: Vec<Estimate>,
    /// An upright line to compare with.
    pub reference: Option<Reference>,
    /// Lowest and highest value shown; bars are cut there. `None` shows everything.
    pub x_range: Option<(f64, f64)>,
}

/// One estimate: a bar over its interval, with a mark where the estimate is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Estimate {
    /// Name at the left.
    pub label: String,
    /// The label whose colour it has; empty for its own.
    pub group: String,
    /// The estimate; NaN for none.
    #[serde(with = "gaps::one")]
    pub point: f64,
    /// Lower end of the interval; NaN for none.
    #[serde(with = "gaps::one")]
    pub low: f64,
    /// Upper end of the interval; NaN for none.
    #[serde(with = "gaps::one")]
    pub high: f64,
}

impl Default for Estimate {
    fn default() -> Self {
        Self { label: String::new(), group: String::new(), point: f64::NAN, low: f64::NAN, high: f64::NAN }
    }
}

/// The panels of a figure that has no others, and has some.
pub(super) fn all(figure: &Figure) -> Option<Vec<&Intervals>> {
    let own = |plot: &'_ Plot| matches!(plot, Plot::Intervals(_));
    let panels = figure.panels.iter().filter_map(|plot| if let Plot::Intervals(it) = plot { Some(it) } else { None });
    (!figure.panels.is_empty() && figure.panels.iter().all(own)).then(|| panels.collect())
}

/// Of panels that are alone in a figure: the room for the names if they have the same ones, else 0; and the height.
pub(super) fn room(panels: &[&Intervals]) -> (f64, f64) {
    let names = |panel: &Intervals| panel.rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>();
    let same = panels.iter().all(|panel| names(panel) == names(panels[0]));
    let height = panels.iter().map(|panel| panel.height()).fold(0.0, f64::max);
    (if same { panels[0].room() } else { 0.0 }, height)
}

impl Intervals {
    pub(super) fn check(&self) -> Result<()> {
        let count = self.rows.len();
        ensure!(count <= MOST_ROWS, "a panel holds at most {MOST_ROWS} intervals, and this one has {count}");
        super::check_range("x_range", self.x_range, Scale::Linear)
    }

    fn names(&self) -> Names<'_> {
        Names { title: &self.title, x_label: &self.x_label, y_label: "" }
    }

    /// Room that the names take at the left.
    pub(super) fn room(&self) -> f64 {
        let widest = self.rows.iter().map(|row| font::width(&font::fit(&row.label, TICKS, LONGEST), TICKS));
        let widest = widest.fold(0.0, f64::max);
        if widest > 0.0 { widest + TICK + 2.0 * PAD } else { 0.0 }
    }

    /// Height with rows of a size that can be read.
    fn height(&self) -> f64 {
        let row = if self.rows.len() > FEW { NARROW_ROW } else { ROW };
        let cell = Area { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 };
        let around = -self.names().inside(cell).height() + TICK + TICK_ROW;
        around + row * self.rows.len().max(3) as f64
    }

    /// What the axis covers.
    fn covered(&self) -> (f64, f64) {
        if let Some(range) = self.x_range {
            return range;
        }
        let ends = self.rows.iter().flat_map(|row| [row.point, row.low, row.high]);
        let (low, high) = axis::extent(ends.chain(self.reference.iter().map(|it| it.y))).unwrap_or((0.0, 1.0));
        let free = (high - low) * HEADROOM;
        (low - free, high + free)
    }

    /// Draws it into its cell, with so much room for the names; none are written where there is none.
    pub(super) fn draw(&self, cell: Area, room: f64, legend: &Legend, scene: &mut Scene) {
        let inside = self.names().inside(cell);
        let room = room.min(cell.width() / 2.0);
        let (left, bottom) = (cell.left + room + if room > 0.0 { 0.0 } else { PAD }, inside.bottom - TICK - TICK_ROW);
        let mut area = Area { left, right: cell.right - 8.0, bottom, ..inside };
        let axis = axis_of_x(Scale::Linear, self.covered(), area.width());
        if let Some((last, label)) = axis.ticks.last() {
            // The last number may stick out beyond the end of its axis.
            let end = area.left + axis.place(*last) * area.width() + font::width(label, TICKS) / 2.0;
            area.right -= (end - cell.right).max(0.0);
        }
        self.names().draw(area, cell, cell.left, scene);
        draw_grid_and_ticks_of_x(&axis, area, scene);
        scene.line(vec![(area.left, area.top), (area.left, area.bottom)], SPINE, HAIRLINE);
        let at = |value: f64| area.left + axis.place(value) * area.width();
        if let Some(reference) = self.reference.as_ref().filter(|it| axis::usable(it.y)) {
            let x = at(reference.y);
            if (area.left..=area.right).contains(&x) {
                let line = vec![(x, area.top), (x, area.bottom)];
                stroke(line, legend.reference(reference), REFERENCE, REFERENCE_WIDTH, scene);
            }
        }
        let height = area.height() / self.rows.len().max(1) as f64;
        for (row, number) in self.rows.iter().zip(0..) {
            let y = area.top + (f64::from(number) + 0.5) * height;
            if room > 0.0 {
                scene.line(vec![(area.left - TICK, y), (area.left, y)], SPINE, HAIRLINE);
                let name = font::fit(&row.label, TICKS, room - TICK - PAD);
                scene.text((area.left - TICK - PAD, y), name, TICKS, TEXT, Align::End);
            }
            row.draw(y, (height * FILLED).min(THICKEST) / 2.0, area, &axis, legend, scene);
        }
        if self.rows.is_empty() {
            scene.text(area.center(), "no data", LABEL, MUTED, Align::Middle);
        }
    }
}

impl Estimate {
    /// The label whose colour it has.
    pub(super) fn group(&self) -> &str {
        if self.group.is_empty() { &self.label } else { &self.group }
    }

    /// The ends of the interval, where it has one.
    fn interval(&self) -> Option<(f64, f64)> {
        (axis::usable(self.low) && axis::usable(self.high))
            .then_some((self.low.min(self.high), self.low.max(self.high)))
    }

    fn draw(&self, y: f64, half: f64, area: Area, axis: &Axis, legend: &Legend, scene: &mut Scene) {
        if !axis::usable(self.point) && self.interval().is_none() {
            return scene.text((area.left + 2.0 * PAD, y), "no data", TICKS, MUTED, Align::Start);
        }
        let color = legend.group(self.group());
        let at = |value: f64| area.left + axis.place(value) * area.width();
        if let Some((low, high)) = self.interval() {
            let bar =
                Area { left: at(low).max(area.left), right: at(high).min(area.right), top: y - half, bottom: y + half };
            if bar.width() > 0.0 {
                scene.marks.push(Mark::Fill { points: bar.corners(), color, opacity: OPACITY });
            }
        }
        if axis::usable(self.point) {
            let (x, half) = (at(self.point), half + BEYOND);
            if (area.left..=area.right).contains(&x) {
                scene.line(vec![(x, y - half), (x, y + half)], color, MARK_WIDTH);
            }
        }
    }
}
