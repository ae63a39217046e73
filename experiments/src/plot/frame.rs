//! What panels with a vertical axis share: titles, the axis with its grid, reference lines.

use super::axis::{self, Axis};
use super::legend::{Legend, stroke};
use super::scene::{Align, Area, Font, Scene};
use super::theme::{
    GRID, HAIRLINE, LABEL_SIZE, MUTED, PANEL_TITLE_SIZE, REFERENCE, REFERENCE_WIDTH, SPINE, TEXT, TICK_SIZE,
};
use super::{Reference, Scale, font};

pub(super) const TICKS: Font = Font::regular(TICK_SIZE);
pub(super) const LABEL: Font = Font::regular(LABEL_SIZE);
const TITLE: Font = Font::bold(PANEL_TITLE_SIZE);

/// Length of a tick, and the room between it and its label.
pub(super) const TICK: f64 = 4.0;
pub(super) const PAD: f64 = 4.0;
/// Height of the panel's title, of a row of tick labels and of an axis label.
const TITLE_HEIGHT: f64 = 25.0;
pub(super) const TICK_ROW: f64 = 18.0;
const LABEL_ROW: f64 = 20.0;
/// Room left of the curves at the very least, so that panels without large numbers look alike.
const LEAST_MARGIN: f64 = 14.0;
/// Least distance between two vertical ticks.
pub(super) const TICK_DISTANCE: f64 = 36.0;
/// How much of the range is left free above and below what is drawn.
const HEADROOM: f64 = 0.04;

/// What is written around a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) title: &'a str,
    pub(super) x_label: &'a str,
    pub(super) y_label: &'a str,
}

impl Names<'_> {
    /// What titles and axis labels leave of a cell.
    pub(super) fn inside(&self, cell: Area) -> Area {
        let row = |text: &str, height: f64| if text.trim().is_empty() { 0.0 } else { height };
        Area {
            left: cell.left + row(self.y_label, LABEL_ROW),
            top: cell.top + row(self.title, TITLE_HEIGHT).max(6.0),
            right: cell.right,
            bottom: cell.bottom - row(self.x_label, LABEL_ROW),
        }
    }

    /// Writes them around an area of a cell; `left` is where the label of the vertical axis begins.
    pub(super) fn draw(&self, area: Area, cell: Area, left: f64, scene: &mut Scene) {
        let (middle, center) = area.center();
        // A text wider than the area is moved to stay in the cell.
        let middle_of = |width: f64| middle.min(cell.right - width / 2.0).max(cell.left + width / 2.0);
        let title = font::fit(self.title, TITLE, cell.width());
        let at = (middle_of(font::width(&title, TITLE)), cell.top + PANEL_TITLE_SIZE / 2.0);
        scene.text(at, title, TITLE, TEXT, Align::Middle);
        let x_label = font::fit(self.x_label, LABEL, cell.width());
        let at = (middle_of(font::width(&x_label, LABEL)), cell.bottom - LABEL_SIZE / 2.0);
        scene.text(at, x_label, LABEL, TEXT, Align::Middle);
        let y_label = font::fit(self.y_label, LABEL, cell.height());
        let half = font::width(&y_label, LABEL) / 2.0;
        let height = center.min(cell.bottom - half).max(cell.top + half);
        scene.text((left + LABEL_SIZE / 2.0, height), y_label, LABEL, TEXT, Align::Upwards);
    }
}

/// What runs along a vertical axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vertical<'a> {
    pub(super) scale: Scale,
    /// The values it covers if that was said.
    pub(super) range: Option<(f64, f64)>,
    pub(super) references: &'a [Reference],
}

impl<'a> Vertical<'a> {
    /// The references that can be drawn and lie within the range, and their places.
    pub(super) fn shown(self) -> impl Iterator<Item = (&'a Reference, f64)> {
        let inside = move |y: &f64| self.range.is_none_or(|(low, high)| (low..=high).contains(y));
        self.references.iter().filter(move |it| inside(&it.y)).filter_map(move |it| Some((it, self.scale.place(it.y)?)))
    }

    /// What the axis covers, in places, where these places are drawn.
    fn covered(self, places: impl IntoIterator<Item = f64>) -> (f64, f64) {
        if let Some((low, high)) = self.range
            && let (Some(low), Some(high)) = (self.scale.place(low), self.scale.place(high))
        {
            return (low, high);
        }
        let places = places.into_iter().chain(self.shown().map(|(_, place)| place));
        let (low, high) = axis::extent(places).unwrap_or((0.0, 1.0));
        let free = (high - low) * HEADROOM;
        (low - free, high + free)
    }
}

/// A vertical axis in its place.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    names: Names<'a>,
    vertical: Vertical<'a>,
    /// Between the axes.
    pub(super) area: Area,
    y: Axis,
}

impl<'a> Frame<'a> {
    /// A frame for these places in a cell, with so much height left for what stands below the horizontal axis.
    pub(super) fn new(
        names: Names<'a>,
        vertical: Vertical<'a>,
        places: impl IntoIterator<Item = f64>,
        cell: Area,
        below: f64,
    ) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(|it| font::width(it, TICKS)).fold(0.0, f64::max);
        let inside = names.inside(cell);
        let bottom = inside.bottom - TICK - below;
        let y = vertical.scale.axis(vertical.covered(places), (bottom - inside.top) / TICK_DISTANCE);
        let numbers = widest(&mut y.ticks.iter().map(|(_, label)| label.as_str()));
        let values: Vec<String> = vertical.shown().map(|(it, _)| axis::number(it.y)).collect();
        let values = widest(&mut values.iter().map(String::as_str));
        let area = Area {
            left: inside.left + numbers.max(LEAST_MARGIN) + PAD + TICK,
            right: cell.right - if values > 0.0 { values + PAD + 4.0 } else { 8.0 },
            bottom,
            ..inside
        };
        Self { names, vertical, area, y }
    }

    /// The height in the image of a place; it may lie outside the area, above or below.
    pub(super) fn height(&self, place: f64) -> f64 {
        self.area.bottom - self.y.place(place) * self.area.height()
    }

    /// The height of a value, `None` where it has none.
    pub(super) fn height_of(&self, value: f64) -> Option<f64> {
        Some(self.height(self.vertical.scale.place(value)?))
    }

    pub(super) fn draw_titles(&self, cell: Area, scene: &mut Scene) {
        self.names.draw(self.area, cell, cell.left, scene);
    }

    /// Says that nothing is there: above the middle, where a reference line on its own would lie.
    pub(super) fn draw_emptiness(&self, scene: &mut Scene) {
        let at = (self.area.center().0, self.area.top + 0.3 * self.area.height());
        scene.text(at, "no data", LABEL, MUTED, Align::Middle);
    }

    pub(super) fn draw_grid_and_ticks(&self, scene: &mut Scene) {
        let Area { left, top, right, bottom } = self.area;
        for (place, label) in &self.y.ticks {
            let y = self.height(*place);
            scene.line(vec![(left, y), (right, y)], GRID, HAIRLINE);
            scene.line(vec![(left - TICK, y), (left, y)], SPINE, HAIRLINE);
            scene.text((left - TICK - PAD, y), label, TICKS, MUTED, Align::End);
        }
        // Both axes once more, over the grid, and meeting in the corner.
        scene.line(vec![(left, top), (left, bottom), (right, bottom)], SPINE, HAIRLINE);
    }

    pub(super) fn draw_references(&self, legend: &Legend, scene: &mut Scene) {
        let Area { left, right, .. } = self.area;
        let mut values: Vec<(f64, f64)> = Vec::new();
        for (reference, place) in self.vertical.shown() {
            let y = self.height(place);
            stroke(vec![(left, y), (right, y)], legend.reference(reference), REFERENCE, REFERENCE_WIDTH, scene);
            values.push((reference.y, y));
        }
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values.dedup_by(|a, b| a.0 == b.0);
        let heights: Vec<f64> = values.iter().map(|(_, height)| *height).collect();
        for ((value, _), height) in values.iter().zip(spread(&heights, TICK_SIZE + 1.0, self.area)) {
            scene.text((right + PAD + 2.0, height), axis::number(*value), TICKS, REFERENCE, Align::Start);
        }
    }
}

/// Heights moved apart to at least `least`, lowest in the image first; unmoved where there is no room for all.
fn spread(heights: &[f64], least: f64, area: Area) -> Vec<f64> {
    let mut spread = heights.to_vec();
    if spread.len() as f64 * least > area.height() {
        return spread;
    }
    let mut floor = f64::INFINITY;
    for height in &mut spread {
        *height = height.min(floor);
        floor = *height - least;
    }
    let mut ceiling = area.top;
    for height in spread.iter_mut().rev() {
        *height = height.max(ceiling);
        ceiling = *height + least;
    }
    spread
}
