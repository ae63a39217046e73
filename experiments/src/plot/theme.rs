//! Colours, sizes and dashes of every figure.

use plotters::style::RGBColor;

/// The card everything lies on: opaque, so that the figure reads the same on a light and on a dark page.
pub(super) const CARD: RGBColor = RGBColor(253, 253, 253);
/// Titles and axis labels.
pub(super) const TEXT: RGBColor = RGBColor(34, 34, 34);
/// Tick labels and remarks.
pub(super) const MUTED: RGBColor = RGBColor(85, 85, 85);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(232, 232, 232);
/// Axis lines.
pub(super) const SPINE: RGBColor = RGBColor(120, 120, 120);
/// Reference lines.
pub(super) const REFERENCE: RGBColor = RGBColor(80, 80, 80);

/// The colours of Okabe and Ito (2008), which colour-blind readers tell apart, ordered by contrast with the card and
/// with their neighbours. A grey stands for the yellow, which a light card swallows.
pub(super) const PALETTE: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(150, 150, 150),
];

/// Opacity of a band.
pub(super) const BAND: f64 = 0.2;
/// Opacity of a violin.
pub(super) const VIOLIN: f64 = 0.35;
/// Width of a curve, in logical pixels like all that follow.
pub(super) const CURVE_WIDTH: f64 = 2.0;
/// Width of the line that joins the points of a parameter study.
pub(super) const JOIN_WIDTH: f64 = 1.3;
/// Width of a reference line.
pub(super) const REFERENCE_WIDTH: f64 = 1.4;
/// Width of grid and axis lines.
pub(super) const HAIRLINE: f64 = 1.0;
/// Radius of a point that is marked, or has no neighbour to be joined with.
pub(super) const DOT: f64 = 3.0;

/// Size of the figure's title.
pub(super) const TITLE_SIZE: f64 = 16.0;
/// Size of a panel's title.
pub(super) const PANEL_TITLE_SIZE: f64 = 13.5;
/// Size of axis labels and legend entries.
pub(super) const LABEL_SIZE: f64 = 13.0;
/// Size of tick labels.
pub(super) const TICK_SIZE: f64 = 12.0;

/// On and off lengths of a dashed curve.
pub(super) const DASHES: &[f64] = &[7.0, 4.0];
/// On and off lengths of reference lines, in the order in which their labels appear.
pub(super) const REFERENCE_DASHES: [&[f64]; 3] = [&[6.0, 4.0], &[2.0, 3.0], &[11.0, 3.0, 2.0, 3.0]];
