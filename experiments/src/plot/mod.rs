//! Learning curves as SVG and PNG, drawn from data alone.
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
//!     }],
//! };
//! assert!(figure.svg()?.starts_with("<svg"));
//! assert_eq!(&figure.png()?[1..4], b"PNG");
//! # Ok::<(), anyhow::Error>(())
//! ```

mod axis;
mod focus;
mod font;
mod gaps;
mod layout;
mod legend;
mod paint;
mod panel;
mod path;
mod runs;
mod scene;
#[cfg(test)]
mod tests;
mod theme;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// More panels than this make an image nobody can read.
const MOST_PANELS: usize = 12;

/// One image: panels side by side, three to a row (four stand two by two), over one common legend.
///
/// A label has the same colour in every panel; colours follow the order in which labels first appear.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// Heading of the whole image; may be empty.
    pub title: String,
    /// What is drawn, left to right; a figure without panels says "no data".
    pub panels: Vec<Panel>,
}

/// One pair of axes.
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
}

/// One curve, with the band around it.
///
/// Values that are not finite (or beyond ±1e300) are gaps.
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
}

/// A dashed horizontal line: a published score, an optimum. Its value is written at its right end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Name in the legend.
    pub label: String,
    /// Height of the line.
    #[serde(with = "gaps::one")]
    pub y: f64,
}

impl Figure {
    /// The figure as an SVG document. Text stays text; a viewer without the font falls back to its own sans-serif.
    ///
    /// # Errors
    /// When the figure contradicts itself: columns of unequal length, a reversed or infinite `y_range`, too many panels.
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
        for (panel, number) in self.panels.iter().zip(1..) {
            if let Some((low, high)) = panel.y_range {
                ensure!(
                    low <= high && axis::usable(low) && axis::usable(high),
                    "panel {number}: y_range must be two finite numbers, low ≤ high, and not ({low}, {high})"
                );
            }
            for series in &panel.series {
                series.check().map_err(|why| why.context(format!("panel {number}")))?;
            }
        }
        Ok(())
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
