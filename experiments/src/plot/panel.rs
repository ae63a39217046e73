//! Curves over a horizontal axis.

use super::axis::Axis;
use super::frame::{Frame, Names, PAD, TICK, TICK_ROW, TICKS, Vertical};
use super::legend::{Legend, stroke};
use super::scene::{Align, Area, Mark, Point, Scene};
use super::theme::{BAND, CURVE_WIDTH, DOT, GRID, HAIRLINE, JOIN_WIDTH, MUTED, SPINE, TICK_SIZE};
use super::{LineStyle, Panel, Scale, Series, axis, font, path};

/// A panel with its axes known and its plot area placed.
struct Curves<'a> {
    panel: &'a Panel,
    legend: &'a Legend,
    frame: Frame<'a>,
    x: Axis,
}

/// Draws a panel into its cell.
pub(super) fn draw(panel: &Panel, cell: Area, legend: &Legend, scene: &mut Scene) {
    let curves = Curves::new(panel, cell, legend);
    curves.frame.draw_titles(cell, scene);
    if panel.series.iter().all(|series| panel.is_empty(series)) {
        curves.frame.draw_emptiness(scene);
    } else {
        draw_grid_and_ticks_of_x(&curves.x, curves.frame.area, scene);
    }
    curves.frame.draw_grid_and_ticks(scene);
    curves.frame.draw_references(legend, scene);
    // The first series is the one a figure is about: it lies on top, and bands lie under all curves.
    panel.series.iter().rev().for_each(|series| curves.draw_band(series, scene));
    panel.series.iter().rev().for_each(|series| curves.draw_curve(series, scene));
}

impl Panel {
    pub(super) fn vertical(&self) -> Vertical<'_> {
        Vertical { scale: self.y_scale, range: self.y_range, references: &self.references }
    }

    /// Whether nothing of a series can be drawn here.
    pub(super) fn is_empty(&self, series: &Series) -> bool {
        self.points(series).all(|point| point.is_none())
    }

    /// The places of a curve's points, `None` where it has a gap.
    fn points<'a>(&self, series: &'a Series) -> impl Iterator<Item = Option<Point>> + use<'a> {
        self.column(series, &series.mean)
    }

    /// The same for an edge of the band.
    fn column<'a>(&self, series: &'a Series, values: &'a [f64]) -> impl Iterator<Item = Option<Point>> + use<'a> {
        let (x_scale, y_scale) = (self.x_scale, self.y_scale);
        series.x.iter().zip(values).map(move |(x, y)| Some((x_scale.place(*x)?, y_scale.place(*y)?)))
    }
}

impl<'a> Curves<'a> {
    fn new(panel: &'a Panel, cell: Area, legend: &'a Legend) -> Self {
        let names = Names { title: &panel.title, x_label: &panel.x_label, y_label: &panel.y_label };
        let columns = |series: &'_ Series| -> Vec<f64> {
            let edges = panel.column(series, &series.low).chain(panel.column(series, &series.high));
            panel.points(series).chain(edges).flatten().map(|(_, y)| y).collect()
        };
        let mut frame = Frame::new(names, panel.vertical(), panel.series.iter().flat_map(columns), cell, TICK_ROW);

        let positions = panel.series.iter().flat_map(|series| panel.points(series)).flatten().map(|(x, _)| x);
        let area = &mut frame.area;
        let x = axis_of_x(panel.x_scale, axis::extent(positions).unwrap_or((0.0, 1.0)), area.width());
        if let Some((last, label)) = x.ticks.last() {
            // The last number may stick out beyond the end of its axis.
            let end = area.left + x.place(*last) * area.width() + font::width(label, TICKS) / 2.0;
            area.right -= (end - cell.right).max(0.0);
        }
        Self { panel, legend, frame, x }
    }

    /// Where a point of the data lies in the image; it may lie outside the plot, above or below.
    fn place(&self, (x, y): Point) -> Point {
        (self.frame.area.left + self.x.place(x) * self.frame.area.width(), self.frame.height(y))
    }

    fn draw_band(&self, series: &Series, scene: &mut Scene) {
        let (color, _) = self.legend.curve(series);
        let edges = self.panel.column(series, &series.low).zip(self.panel.column(series, &series.high));
        let columns = edges.zip(self.panel.points(series)).map(|((low, high), mean)| Some((mean?, low?, high?)));
        let (top, bottom) = (self.frame.area.top, self.frame.area.bottom);
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
        let dotted = series.style == LineStyle::Dots;
        let width = if dotted { JOIN_WIDTH } else { CURVE_WIDTH };
        let (top, bottom) = (self.frame.area.top, self.frame.area.bottom);
        let placed = self.panel.points(series).map(|point| point.map(|point| self.place(point)));
        if series.style == LineStyle::Points {
            let inside = placed.flatten().filter(|point| (top..=bottom).contains(&point.1));
            return inside.for_each(|at| scene.disc(at, DOT, color));
        }
        for stretch in path::stretches(placed) {
            let stretch = path::thinned(&stretch);
            for part in path::cut(&stretch, top, bottom) {
                if let [at] = part[..] {
                    scene.disc(at, DOT, color);
                } else {
                    stroke(part, dashes, color, width, scene);
                }
            }
            if dotted && stretch.len() > 1 {
                let inside = stretch.into_iter().filter(|point| (top..=bottom).contains(&point.1));
                inside.for_each(|at| scene.disc(at, DOT, color));
            }
        }
    }
}

/// Draws a horizontal axis below an area, and its grid within.
pub(super) fn draw_grid_and_ticks_of_x(axis: &Axis, area: Area, scene: &mut Scene) {
    let Area { left, top, right, bottom } = area;
    for (place, label) in &axis.ticks {
        let x = left + axis.place(*place) * area.width();
        scene.line(vec![(x, top), (x, bottom)], GRID, HAIRLINE);
        scene.line(vec![(x, bottom), (x, bottom + TICK)], SPINE, HAIRLINE);
        scene.text((x, bottom + TICK + PAD + TICK_SIZE / 2.0), label, TICKS, MUTED, Align::Middle);
    }
    scene.line(vec![(left, bottom), (right, bottom)], SPINE, HAIRLINE);
}

/// A horizontal axis whose labels do not touch.
pub(super) fn axis_of_x(scale: Scale, range: (f64, f64), width: f64) -> Axis {
    let mut wanted = (width / 70.0).floor();
    loop {
        let axis = scale.axis(range, wanted);
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
