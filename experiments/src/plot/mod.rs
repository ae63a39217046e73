//! Figures as SVG and PNG, drawn from data alone: curves, heat maps, violins, bars, intervals, diagrams.
//!
//! A [`Figure`] is plain data: it serialises with serde (a gap is `null`), so it can be kept beside the picture and
//! redrawn without rerunning anything. Drawing reads no file, looks up no font and knows no clock: the same figure
//! gives the same bytes.
//!
//! How a figure is drawn: `layout` turns it into a `scene` (a flat list of lines, fills and texts in logical
//! pixels), and `paint` replays the scene on the SVG or the bitmap backend.
//!
//! ```
//! use gymkhana::plot::{Figure, Panel, Reference, Series};
//!
//! let seeds = [(vec![0.0, 1e4, 2e4], vec![20.0, 180.0, 490.0]), (vec![0.0, 1e4, 2e4], vec![22.0, 240.0, 500.0])];
//! let figure = Figure {
//!     title: "CartPole-v1".into(),
//!     panels: vec![Panel {
//!         x_label: "environment steps".into(),
//!         y_label: "return".into(),
//!         series: vec![Series::of_runs("DQN", &seeds)],
//!         references: vec![Reference { label: "solved".into(), y: 475.0 }],
//!         ..Panel::default()
//!     }
//!     .into()],
//!     ..Figure::default()
//! };
//! assert!(figure.svg()?.starts_with("<svg"));
//! assert_eq!(&figure.png()?[1..4], b"PNG");
//! # Ok::<(), anyhow::Error>(())
//! ```

mod axis;
mod bars;
mod categories;
mod color;
mod diagram;
mod focus;
mod font;
mod frame;
mod gaps;
mod heat_map;
mod intervals;
mod layout;
mod legend;
mod paint;
mod panel;
mod path;
mod runs;
mod scale;
mod scene;
#[cfg(test)]
mod tests;
mod theme;
mod violins;

pub use bars::{Bar, Bars};
pub use diagram::{Diagram, Edge, Node, Shape};
pub use heat_map::HeatMap;
pub use intervals::{Estimate, Intervals};
pub use scale::Scale;
pub use violins::{Violin, Violins};

use anyhow::{Result, ensure};
use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

use frame::Vertical;
use legend::Legend;
use scene::{Area, Scene};

/// More panels than this make an image nobody can read.
const MOST_PANELS: usize = 12;

/// One image: panels side by side, three to a row (four stand two by two), over one common legend.
///
/// A label has the same colour in every panel; colours follow `labels`, then the order in which labels first appear.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// Heading of the whole image; may be empty.
    pub title: String,
    /// What is drawn, left to right; a figure without panels says "no data".
    pub panels: Vec<Plot>,
    /// Labels that have their colours first, in this order, so that a label looks the same in figures that lack
    /// another. One that is in no panel is not in the legend either.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// One panel of a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Plot {
    /// Curves: learning curves, parameter studies.
    Lines(Panel),
    /// Values over a grid, as colours.
    HeatMap(HeatMap),
    /// Distributions side by side.
    Violins(Violins),
    /// Numbers side by side.
    Bars(Bars),
    /// Estimates with their intervals, one below the other.
    Intervals(Intervals),
    /// Nodes and edges.
    Diagram(Diagram),
}

/// Curves over one pair of axes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Panel {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// What the horizontal axis counts, with its unit.
    pub x_label: String,
    /// What the vertical axis measures, with its unit.
    pub y_label: String,
    /// The curves; the first is drawn on top.
    pub series: Vec<Series>,
    /// Horizontal lines to compare with.
    pub references: Vec<Reference>,
    /// Lowest and highest value shown; curves are cut there. `None` shows everything.
    pub y_range: Option<(f64, f64)>,
    /// How positions are spread over the horizontal axis.
    pub x_scale: Scale,
    /// How values are spread over the vertical axis.
    pub y_scale: Scale,
}

/// One curve, with the band around it.
///
/// Values that are not finite (or beyond ±1e300) are gaps, and so are those that a logarithmic axis has no place for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Series {
    /// Name in the legend; an empty one has no entry.
    pub label: String,
    /// Horizontal positions, in increasing order.
    #[serde(with = "gaps")]
    pub x: Vec<f64>,
    /// Height of the curve at each of `x`.
    #[serde(with = "gaps")]
    pub mean: Vec<f64>,
    /// Lower edge of the band at each of `x`; empty for no band.
    #[serde(with = "gaps")]
    pub low: Vec<f64>,
    /// Upper edge of the band at each of `x`; empty for no band.
    #[serde(with = "gaps")]
    pub high: Vec<f64>,
    /// How the curve is stroked.
    pub style: LineStyle,
}

/// How a curve is stroked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineStyle {
    /// An unbroken line.
    #[default]
    Solid,
    /// A dashed line.
    Dashed,
    /// A mark at every point, joined by a thin line: a value for each setting of a parameter study.
    Dots,
    /// A mark at every point, and no line: what was measured, beside the curve that it should lie on.
    Points,
}

/// A dashed line across a panel: a published score, an optimum. The value of a horizontal one is written at its right
/// end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Name in the legend.
    pub label: String,
    /// Height of the line; among [`Intervals`] it is upright, and this is its place along the axis.
    #[serde(with = "gaps::one")]
    pub y: f64,
}

impl Figure {
    /// The figure as an SVG document. Text stays text; a viewer without the font falls back to its own sans-serif.
    ///
    /// # Errors
    /// When the figure contradicts itself: columns of unequal length, a reversed or infinite range, a range that its
    /// logarithmic axis has no place for, a mark, a node or an edge that is out of place, more than can be read.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        paint::svg(&layout::scene(self), &self.title)
    }

    /// The figure as a PNG file, two pixels to each logical pixel.
    ///
    /// Characters outside the embedded font (Latin, Greek, punctuation, arrows, common maths) show as empty boxes.
    ///
    /// # Errors
    /// When the figure contradicts itself, as for [`Figure::svg`].
    pub fn png(&self) -> Result<Vec<u8>> {
        self.check()?;
        paint::png(&layout::scene(self))
    }

    fn check(&self) -> Result<()> {
        font::register()?;
        let panels = self.panels.len();
        ensure!(panels <= MOST_PANELS, "a figure holds at most {MOST_PANELS} panels, and this one has {panels}");
        for (plot, number) in self.panels.iter().zip(1..) {
            plot.check().map_err(|why| why.context(format!("panel {number}")))?;
        }
        Ok(())
    }
}

impl Plot {
    fn check(&self) -> Result<()> {
        match self {
            Self::Lines(panel) => panel.check(),
            Self::HeatMap(map) => map.check(),
            Self::Violins(violins) => violins.check(),
            Self::Bars(bars) => bars.check(),
            Self::Intervals(intervals) => intervals.check(),
            Self::Diagram(diagram) => diagram.check(),
        }
    }

    /// What runs along its vertical axis, where it has one.
    fn vertical(&self) -> Option<Vertical<'_>> {
        match self {
            Self::Lines(panel) => Some(panel.vertical()),
            Self::Violins(violins) => Some(violins.vertical()),
            Self::Bars(bars) => Some(bars.vertical()),
            Self::HeatMap(_) | Self::Intervals(_) | Self::Diagram(_) => None,
        }
    }

    fn draw(&self, cell: Area, legend: &Legend, scene: &mut Scene) {
        match self {
            Self::Lines(panel) => panel::draw(panel, cell, legend, scene),
            Self::HeatMap(map) => map.draw(cell, scene),
            Self::Violins(violins) => violins.draw(cell, legend, scene),
            Self::Bars(bars) => bars.draw(cell, legend, scene),
            Self::Intervals(intervals) => intervals.draw(cell, intervals.room(), legend, scene),
            Self::Diagram(diagram) => diagram.draw(cell, scene),
        }
    }
}

impl From<Panel> for Plot {
    fn from(panel: Panel) -> Self {
        Self::Lines(panel)
    }
}

impl From<HeatMap> for Plot {
    fn from(map: HeatMap) -> Self {
        Self::HeatMap(map)
    }
}

impl From<Violins> for Plot {
    fn from(violins: Violins) -> Self {
        Self::Violins(violins)
    }
}

impl From<Bars> for Plot {
    fn from(bars: Bars) -> Self {
        Self::Bars(bars)
    }
}

impl From<Intervals> for Plot {
    fn from(intervals: Intervals) -> Self {
        Self::Intervals(intervals)
    }
}

impl From<Diagram> for Plot {
    fn from(diagram: Diagram) -> Self {
        Self::Diagram(diagram)
    }
}

/// The colours of labels in their order, as `#rrggbb`; past the last they come round again.
pub fn palette() -> Vec<String> {
    theme::PALETTE.map(hex).into()
}

/// The colour of a value between 0 and 1 in a [`HeatMap`], and that of a text on it, as `#rrggbb`.
pub fn shade(value: f64) -> [String; 2] {
    let color = color::of(value);
    [hex(color), hex(color::ink(color))]
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Refuses a range that an axis cannot cover.
fn check_range(name: &str, range: Option<(f64, f64)>, scale: Scale) -> Result<()> {
    let Some((low, high)) = range else { return Ok(()) };
    ensure!(
        low <= high && axis::usable(low) && axis::usable(high),
        "{name} must be two finite numbers, low ≤ high, and not ({low}, {high})"
    );
    ensure!(scale.place(low).is_some(), "{name} must be positive on a logarithmic axis, and not ({low}, {high})");
    Ok(())
}

impl Panel {
    fn check(&self) -> Result<()> {
        check_range("y_range", self.y_range, self.y_scale)?;
        self.series.iter().try_for_each(Series::check)
    }
}

impl Series {
    fn check(&self) -> Result<()> {
        let (label, points) = (&self.label, self.x.len());
        let mean = self.mean.len();
        ensure!(mean == points, "series {label:?} has {points} positions x and {mean} means: give one of each");
        let (low, high) = (self.low.len(), self.high.len());
        ensure!(
            low == high && (low == 0 || low == points),
            "series {label:?} has {points} positions and a band of {low} low and {high} high values: \
             give as many of both, or none"
        );
        Ok(())
    }
}
