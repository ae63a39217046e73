//! Which label looks how, and the legend below the panels that says so.

use super::font;
use super::frame::Vertical;
use super::scene::{Align, Area, Font, Mark, Point, Scene};
use super::theme::{
    BAND, CURVE_WIDTH, DASHES, DOT, JOIN_WIDTH, LABEL_SIZE, MUTED, PALETTE, REFERENCE, REFERENCE_DASHES,
    REFERENCE_WIDTH, TEXT,
};
use super::{Bar, Figure, LineStyle, Panel, Plot, Reference, Series, axis, path};
use plotters::style::RGBColor;

const FONT: Font = Font::regular(LABEL_SIZE);
const ROW: f64 = 22.0;
/// Length of the sample of a line, the room to its text, and from there to the next entry.
const SAMPLE: f64 = 26.0;
const GAP: f64 = 7.0;
const SPACING: f64 = 22.0;
/// More entries than this are counted, not shown.
const MOST_ENTRIES: usize = 24;
/// A viewer's fallback font may run wider than the one measured here.
const SLACK: f64 = 1.06;

/// The look of every label of a figure.
#[derive(Debug)]
pub(super) struct Legend {
    curves: Vec<Entry>,
    references: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    label: String,
    color: RGBColor,
    width: f64,
    dashes: &'static [f64],
    sample: Sample,
    band: bool,
    empty: bool,
    /// Whether it is in the legend; else it has its colour only.
    listed: bool,
}

/// What shows an entry's look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sample {
    Line,
    Joined,
    Point,
    Bar,
}

impl Legend {
    /// Gives each label its look, in the order of first appearance.
    pub(super) fn new(figure: &Figure) -> Self {
        let mut legend = Self { curves: Vec::new(), references: Vec::new() };
        figure.labels.iter().for_each(|label| legend.add_color(label));
        for plot in &figure.panels {
            match plot {
                Plot::Lines(panel) => panel.series.iter().for_each(|series| legend.add_curve(panel, series)),
                Plot::Bars(bars) => bars.bars.iter().for_each(|bar| legend.add_group(bar)),
                Plot::Intervals(intervals) => {
                    // Their names stand beside them.
                    intervals.rows.iter().for_each(|row| legend.add_color(row.group()));
                    intervals.reference.iter().for_each(|it| legend.add_reference(it));
                }
                Plot::HeatMap(_) | Plot::Violins(_) | Plot::Diagram(_) => {}
            }
            plot.vertical().into_iter().flat_map(Vertical::shown).for_each(|(it, _)| legend.add_reference(it));
        }
        legend
    }

    fn add_curve(&mut self, panel: &Panel, series: &Series) {
        let (band, empty) = (!series.low.is_empty(), panel.is_empty(series));
        let sample = match series.style {
            LineStyle::Dots => Sample::Joined,
            LineStyle::Points => Sample::Point,
            LineStyle::Solid | LineStyle::Dashed => Sample::Line,
        };
        let dashed = series.style == LineStyle::Dashed;
        self.add(&series.label, sample, dashed, band, empty);
    }

    fn add_group(&mut self, bar: &Bar) {
        self.add(&bar.group, Sample::Bar, false, false, !axis::usable(bar.value));
    }

    fn add(&mut self, label: &str, sample: Sample, dashed: bool, band: bool, empty: bool) {
        self.add_color(label);
        let Some(entry) = self.curves.iter_mut().find(|entry| entry.label == label) else { return };
        if entry.listed {
            entry.band |= band;
            entry.empty &= empty;
            return;
        }
        entry.width = if sample == Sample::Joined { JOIN_WIDTH } else { CURVE_WIDTH };
        if dashed {
            entry.dashes = DASHES;
        }
        (entry.sample, entry.band, entry.empty, entry.listed) = (sample, band, empty, true);
    }

    /// Gives a label its colour, if it has none.
    fn add_color(&mut self, label: &str) {
        if self.curves.iter().any(|entry| entry.label == label) {
            return;
        }
        let index = self.curves.len();
        // Past the last colour they come round again, dashed.
        let again = (index / PALETTE.len()) % 2 == 1;
        self.curves.push(Entry {
            label: label.to_owned(),
            color: PALETTE[index % PALETTE.len()],
            width: CURVE_WIDTH,
            dashes: if again { DASHES } else { &[] },
            sample: Sample::Line,
            band: false,
            empty: true,
            listed: false,
        });
    }

    fn add_reference(&mut self, reference: &Reference) {
        if self.references.iter().all(|entry| entry.label != reference.label) {
            self.references.push(Entry {
                label: reference.label.clone(),
                color: REFERENCE,
                width: REFERENCE_WIDTH,
                dashes: REFERENCE_DASHES[self.references.len() % REFERENCE_DASHES.len()],
                sample: Sample::Line,
                band: false,
                empty: false,
                listed: true,
            });
        }
    }

    /// Colour and dashes of a curve.
    pub(super) fn curve(&self, series: &Series) -> (RGBColor, &'static [f64]) {
        let entry = self.curves.iter().find(|entry| entry.label == series.label);
        let (color, dashes) = entry.map_or((TEXT, [].as_slice()), |entry| (entry.color, entry.dashes));
        (color, if series.style == LineStyle::Dashed { DASHES } else { dashes })
    }

    /// Colour of a group of bars or of estimates.
    pub(super) fn group(&self, label: &str) -> RGBColor {
        self.curves.iter().find(|entry| entry.label == label).map_or(TEXT, |entry| entry.color)
    }

    /// Dashes of a reference line.
    pub(super) fn reference(&self, reference: &Reference) -> &'static [f64] {
        let entry = self.references.iter().find(|entry| entry.label == reference.label);
        entry.map_or(REFERENCE_DASHES[0], |entry| entry.dashes)
    }

    /// Rows of at most `room` pixels: one for everything where that fits, else curves and references apart.
    fn rows(&self, room: f64) -> Vec<Vec<Item<'_>>> {
        let (curves, references) = (items(&self.curves, room), items(&self.references, room));
        if width(&curves) + SPACING + width(&references) <= room {
            return filled(curves.into_iter().chain(references), room);
        }
        let mut rows = filled(curves, room);
        rows.extend(filled(references, room));
        rows
    }

    /// Height it takes at a width.
    pub(super) fn height(&self, room: f64) -> f64 {
        self.rows(room).len() as f64 * ROW
    }

    /// Draws it into an area of that width and height.
    pub(super) fn draw(&self, area: Area, scene: &mut Scene) {
        let mut y = area.top + ROW / 2.0;
        for row in self.rows(area.width()) {
            let mut x = area.center().0 - width(&row) / 2.0;
            for item in row {
                if let Some(entry) = item.entry {
                    entry.sample((x, y), scene);
                }
                let color = if item.entry.is_some_and(|entry| !entry.empty) { TEXT } else { MUTED };
                scene.text((x + SAMPLE + GAP, y), item.text, FONT, color, Align::Start);
                x += item.width + SPACING;
            }
            y += ROW;
        }
    }
}

/// One entry as it is written, or the remark that there are more.
struct Item<'a> {
    entry: Option<&'a Entry>,
    text: String,
    width: f64,
}

fn items(entries: &[Entry], room: f64) -> Vec<Item<'_>> {
    let named: Vec<&Entry> = entries.iter().filter(|entry| entry.listed && !entry.label.trim().is_empty()).collect();
    let item = |entry, text: &str| {
        let text = font::fit(text, FONT, room / SLACK - SAMPLE - GAP);
        Item { entry, width: SAMPLE + GAP + font::width(&text, FONT) * SLACK, text }
    };
    let shown = named.iter().take(MOST_ENTRIES).map(|entry| {
        let remark = if entry.empty { " (no data)" } else { "" };
        item(Some(*entry), &format!("{}{remark}", entry.label))
    });
    let more = named.len().saturating_sub(MOST_ENTRIES);
    shown.chain((more > 0).then(|| item(None, &format!("… and {more} more")))).collect()
}

/// Width of a row.
fn width(row: &[Item<'_>]) -> f64 {
    (row.iter().map(|item| item.width + SPACING).sum::<f64>() - SPACING).max(0.0)
}

/// As few rows as do, and those of about one length.
fn filled<'a>(items: impl IntoIterator<Item = Item<'a>>, room: f64) -> Vec<Vec<Item<'a>>> {
    let items: Vec<Item<'a>> = items.into_iter().collect();
    let widths: Vec<f64> = items.iter().map(|item| item.width).collect();
    let fewest = breaks(&widths, room).len();
    let narrower = (1..=50).map(|step| breaks(&widths, room * (1.0 - f64::from(step) / 100.0)));
    let starts = narrower.take_while(|starts| starts.len() == fewest).last().unwrap_or_else(|| breaks(&widths, room));
    let mut rows: Vec<Vec<Item<'a>>> = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        if starts.contains(&index) {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.push(item);
        }
    }
    rows
}

/// The entries with which a new row begins, when rows are filled from the first to the last.
fn breaks(widths: &[f64], room: f64) -> Vec<usize> {
    let mut used = f64::INFINITY;
    let mut starts = Vec::new();
    for (index, width) in widths.iter().enumerate() {
        used += SPACING + width;
        if used > room {
            starts.push(index);
            used = *width;
        }
    }
    starts
}

impl Entry {
    fn sample(&self, (x, y): Point, scene: &mut Scene) {
        if self.band {
            let half = 5.0;
            let points = vec![(x, y - half), (x + SAMPLE, y - half), (x + SAMPLE, y + half), (x, y + half)];
            scene.marks.push(Mark::Fill { points, color: self.color, opacity: BAND });
        }
        if self.sample == Sample::Bar {
            let area = Area { left: x, top: y - 5.0, right: x + SAMPLE, bottom: y + 5.0 };
            scene.fill(area.corners(), self.color);
            return;
        }
        if self.sample != Sample::Point {
            stroke(vec![(x, y), (x + SAMPLE, y)], self.dashes, self.color, self.width, scene);
        }
        if matches!(self.sample, Sample::Joined | Sample::Point) {
            scene.disc((x + SAMPLE / 2.0, y), DOT, self.color);
        }
    }
}

/// A line, dashed where there are dashes.
pub(super) fn stroke(points: Vec<Point>, dashes: &[f64], color: RGBColor, width: f64, scene: &mut Scene) {
    let parts = if dashes.is_empty() { vec![points] } else { path::dashed(&points, dashes) };
    for part in parts {
        scene.line(part, color, width);
    }
}
