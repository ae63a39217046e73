//! One panel: axes around the curves.

use super::axis::{self, Axis};
use super::legend::{Legend, is_shown, stroke};
use super::scene::{Align, Area, Font, Mark, Point, Scene};
use super::theme::{
    BAND, CURVE_WIDTH, GRID, HAIRLINE, LABEL_SIZE, MUTED, PANEL_TITLE_SIZE, REFERENCE, REFERENCE_WIDTH, SPINE, TEXT,
    TICK_SIZE,
};
use super::{Panel, Reference, Series, font, path};

const TICKS: Font = Font::regular(TICK_SIZE);
const LABEL: Font = Font::regular(LABEL_SIZE);
const TITLE: Font = Font::bold(PANEL_TITLE_SIZE);

/// Length of a tick, and the room between it and its label.
const TICK: f64 = 4.0;
const PAD: f64 = 4.0;
/// Height of the panel's title, of a row of tick labels and of an axis label.
const TITLE_HEIGHT: f64 = 25.0;
const TICK_ROW: f64 = 18.0;
const LABEL_ROW: f64 = 20.0;
/// Room left of the curves at the very least, so that panels without large numbers look alike.
const LEAST_MARGIN: f64 = 14.0;
/// Least distance between two vertical ticks.
const TICK_DISTANCE: f64 = 36.0;
/// How much of the range is left free above and below the curves.
const HEADROOM: f64 = 0.04;

/// A panel with its axes known and its plot area placed.
struct Plot<'a> {
    panel: &'a Panel,
    legend: &'a Legend,
    /// Between the axes.
    area: Area,
    x: Axis,
    y: Axis,
}

/// Draws a panel into its cell.
pub(super) fn draw(panel: &Panel, cell: Area, legend: &Legend, scene: &mut Scene) {
    let plot = Plot::new(panel, cell, legend);
    plot.draw_titles(cell, scene);
    if panel.series.iter().all(|series| series.points().all(|point| point.is_none())) {
        // Above the middle, where a reference line on its own would lie.
        let at = (plot.area.center().0, plot.area.top + 0.3 * plot.area.height());
        scene.text(at, "no data", LABEL, MUTED, Align::Middle);
    } else {
        plot.draw_grid_and_ticks_of_x(scene);
    }
    plot.draw_grid_and_ticks_of_y(scene);
    plot.draw_references(scene);
    // The first series is the one a figure is about: it lies on top, and bands lie under all curves.
    panel.series.iter().rev().for_each(|series| plot.draw_band(series, scene));
    panel.series.iter().rev().for_each(|series| plot.draw_curve(series, scene));
}

impl<'a> Plot<'a> {
    fn new(panel: &'a Panel, cell: Area, legend: &'a Legend) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(|it| font::width(it, TICKS)).fold(0.0, f64::max);
        let row = |text: &str, height: f64| if text.trim().is_empty() { 0.0 } else { height };
        let top = cell.top + row(&panel.title, TITLE_HEIGHT).max(6.0);
        let bottom = cell.bottom - TICK - TICK_ROW - row(&panel.x_label, LABEL_ROW);

        let y = Axis::new(range_of_y(panel), (bottom - top) / TICK_DISTANCE);
        let numbers = widest(&mut y.ticks.iter().map(|(_, label)| label.as_str()));
        let left = cell.left + row(&panel.y_label, LABEL_ROW) + numbers.max(LEAST_MARGIN) + PAD + TICK;

        let values: Vec<String> = shown(panel).map(|it| axis::number(it.y)).collect();
        let values = widest(&mut values.iter().map(String::as_str));
        let right = cell.right - if values > 0.0 { values + PAD + 4.0 } else { 8.0 };

        let positions = panel.series.iter().flat_map(Series::points).flatten().map(|(x, _)| x);
        let mut area = Area { left, top, right, bottom };
        let x = axis_of_x(axis::extent(positions).unwrap_or((0.0, 1.0)), area.width());
        if let Some((last, label)) = x.ticks.last() {
            // The last number may stick out beyond the end of its axis.
            let end = left + x.place(*last) * area.width() + font::width(label, TICKS) / 2.0;
            area.right -= (end - cell.right).max(0.0);
        }
        Self { panel, legend, area, x, y }
    }

    /// Where a point of the data lies in the image; it may lie outside the plot, above or below.
    fn place(&self, (x, y): Point) -> Point {
        let across = self.area.left + self.x.place(x) * self.area.width();
        (across, self.area.bottom - self.y.place(y) * self.area.height())
    }

    fn height_of(&self, y: f64) -> f64 {
        self.area.bottom - self.y.place(y) * self.area.height()
    }

    fn draw_titles(&self, cell: Area, scene: &mut Scene) {
        let (middle, center) = self.area.center();
        let title = font::fit(&self.panel.title, TITLE, cell.width());
        scene.text((middle, cell.top + PANEL_TITLE_SIZE / 2.0), title, TITLE, TEXT, Align::Middle);
        let x_label = font::fit(&self.panel.x_label, LABEL, cell.width());
        scene.text((middle, cell.bottom - LABEL_SIZE / 2.0), x_label, LABEL, TEXT, Align::Middle);
        let y_label = font::fit(&self.panel.y_label, LABEL, cell.height());
        scene.text((cell.left + LABEL_SIZE / 2.0, center), y_label, LABEL, TEXT, Align::Upwards);
    }

    fn draw_grid_and_ticks_of_x(&self, scene: &mut Scene) {
        let Area { left, top, right, bottom } = self.area;
        for (value, label) in &self.x.ticks {
            let x = left + self.x.place(*value) * self.area.width();
            scene.line(vec![(x, top), (x, bottom)], GRID, HAIRLINE);
            scene.line(vec![(x, bottom), (x, bottom + TICK)], SPINE, HAIRLINE);
            scene.text((x, bottom + TICK + PAD + TICK_SIZE / 2.0), label, TICKS, MUTED, Align::Middle);
        }
        scene.line(vec![(left, bottom), (right, bottom)], SPINE, HAIRLINE);
    }

    fn draw_grid_and_ticks_of_y(&self, scene: &mut Scene) {
        let Area { left, top, right, bottom } = self.area;
        for (value, label) in &self.y.ticks {
            let y = self.height_of(*value);
            scene.line(vec![(left, y), (right, y)], GRID, HAIRLINE);
            scene.line(vec![(left - TICK, y), (left, y)], SPINE, HAIRLINE);
            scene.text((left - TICK - PAD, y), label, TICKS, MUTED, Align::End);
        }
        // Both axes once more, over the grid, and meeting in the corner.
        scene.line(vec![(left, top), (left, bottom), (right, bottom)], SPINE, HAIRLINE);
    }

    fn draw_references(&self, scene: &mut Scene) {
        let Area { left, right, .. } = self.area;
        let mut values: Vec<f64> = shown(self.panel).map(|reference| reference.y).collect();
        for reference in shown(self.panel) {
            let y = self.height_of(reference.y);
            stroke(vec![(left, y), (right, y)], self.legend.reference(reference), REFERENCE, REFERENCE_WIDTH, scene);
        }
        values.sort_by(f64::total_cmp);
        values.dedup();
        let heights: Vec<f64> = values.iter().map(|value| self.height_of(*value)).collect();
        for (value, height) in values.iter().zip(spread(&heights, TICK_SIZE + 1.0, self.area)) {
            scene.text((right + PAD + 2.0, height), axis::number(*value), TICKS, REFERENCE, Align::Start);
        }
    }

    fn draw_band(&self, series: &Series, scene: &mut Scene) {
        let (color, _) = self.legend.curve(series);
        let edges = series.column(&series.low).zip(series.column(&series.high));
        let columns = edges.zip(series.points()).map(|((low, high), mean)| Some((mean?, low?, high?)));
        let (top, bottom) = (self.area.top, self.area.bottom);
        // Each stretch of the lower edge goes with the same stretch of the upper one: both are cut at the same gaps.
        let (low, high): (Vec<_>, Vec<_>) =
            columns.map(|column| column.map(|(_, low, high)| (self.place(low), self.place(high))).unzip()).unzip();
        for (low, high) in path::stretches(low).into_iter().zip(path::stretches(high)) {
            if let ([low], [high]) = (low.as_slice(), high.as_slice()) {
                // One point alone has no area: its band is a bar.
                for bar in path::cut(&[*low, *high], top, bottom) {
                    scene.line(bar, color, HAIRLINE);
                }
                continue;
            }
            let mut points = path::held(&path::thinned(&low), top, bottom);
            points.extend(path::held(&path::thinned(&high), top, bottom).into_iter().rev());
            scene.marks.push(Mark::Fill { points, color, opacity: BAND });
        }
    }

    fn draw_curve(&self, series: &Series, scene: &mut Scene) {
        let (color, dashes) = self.legend.curve(series);
        let placed = series.points().map(|point| point.map(|point| self.place(point)));
        for stretch in path::stretches(placed) {
            for part in path::cut(&path::thinned(&stretch), self.area.top, self.area.bottom) {
                if let [at] = part[..] {
                    scene.marks.push(Mark::Dot { at, color });
                } else {
                    stroke(part, dashes, color, CURVE_WIDTH, scene);
                }
            }
        }
    }
}

/// The references a panel shows.
fn shown(panel: &Panel) -> impl Iterator<Item = &Reference> {
    panel.references.iter().filter(|reference| is_shown(panel, reference))
}

/// What the vertical axis covers.
fn range_of_y(panel: &Panel) -> (f64, f64) {
    if let Some(range) = panel.y_range {
        return range;
    }
    let columns = |series: &'_ Series| -> Vec<f64> {
        let all = series.points().chain(series.column(&series.low)).chain(series.column(&series.high));
        all.flatten().map(|(_, y)| y).collect()
    };
    let values = panel.series.iter().flat_map(columns).chain(shown(panel).map(|reference| reference.y));
    let (low, high) = axis::extent(values).unwrap_or((0.0, 1.0));
    let free = (high - low) * HEADROOM;
    (low - free, high + free)
}

/// A horizontal axis whose labels do not touch.
fn axis_of_x(range: (f64, f64), width: f64) -> Axis {
    let mut wanted = (width / 70.0).floor();
    loop {
        let axis = Axis::new(range, wanted);
        let apart = axis.ticks.windows(2).all(|pair| {
            let room = (axis.place(pair[1].0) - axis.place(pair[0].0)) * width;
            f64::midpoint(font::width(&pair[0].1, TICKS), font::width(&pair[1].1, TICKS)) + 14.0 <= room
        });
        if apart || wanted <= 1.0 {
            return axis;
        }
        wanted -= 1.0;
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
