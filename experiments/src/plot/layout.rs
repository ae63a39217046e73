//! Where the panels, the title and the legend of a figure go.

use super::legend::Legend;
use super::scene::{Align, Area, Font, Scene};
use super::theme::{LABEL_SIZE, MUTED, TEXT, TITLE_SIZE};
use super::{Figure, Plot, font, intervals};

/// Room between the marks and the edge of the card, and between panels.
const MARGIN: f64 = 12.0;
const GUTTER: f64 = 16.0;
const TITLE_HEIGHT: f64 = 30.0;

/// Places everything.
pub(super) fn scene(figure: &Figure) -> Scene {
    let count = figure.panels.len();
    let (columns, cell_width, cell_height) = match count {
        0 | 1 => (1, 640.0, 380.0),
        2 | 4 => (2, 470.0, 330.0),
        _ => (3, 400.0, 300.0),
    };
    let (names, cell_height) = intervals::all(figure).map_or((0.0, cell_height), |all| intervals::room(&all));
    let rows = count.div_ceil(columns).max(1);
    let width = 2.0 * MARGIN + columns as f64 * (cell_width + GUTTER) - GUTTER;
    // Names that stand once at the left of a row are paid for by all panels of the row alike.
    let cell_width = cell_width - names / columns as f64;
    let title = font::fit(&figure.title, Font::bold(TITLE_SIZE), width - 2.0 * MARGIN);
    let top = MARGIN + if title.is_empty() { 0.0 } else { TITLE_HEIGHT };
    let below = top + rows as f64 * (cell_height + GUTTER) - GUTTER;

    let legend = Legend::new(figure);
    let mut key = Area { left: MARGIN, top: below + 10.0, right: width - MARGIN, bottom: 0.0 };
    key.bottom = key.top + legend.height(key.width());

    let mut scene = Scene { width, height: key.bottom.ceil() + MARGIN, marks: Vec::new() };
    let heading = (width / 2.0, MARGIN + TITLE_SIZE / 2.0);
    scene.text(heading, title, Font::bold(TITLE_SIZE), TEXT, Align::Middle);
    for (index, plot) in figure.panels.iter().enumerate() {
        let left = MARGIN + names + (index % columns) as f64 * (cell_width + GUTTER);
        let top = top + (index / columns) as f64 * (cell_height + GUTTER);
        let cell = Area { left, top, right: left + cell_width, bottom: top + cell_height };
        match plot {
            Plot::Intervals(intervals) if names > 0.0 => {
                let own = if index % columns == 0 { names } else { 0.0 };
                intervals.draw(Area { left: left - own, ..cell }, own, &legend, &mut scene);
            }
            plot => plot.draw(cell, &legend, &mut scene),
        }
    }
    if count == 0 {
        let middle = (width / 2.0, f64::midpoint(top, below));
        scene.text(middle, "no data", Font::regular(LABEL_SIZE), MUTED, Align::Middle);
    }
    legend.draw(key, &mut scene);
    scene
}
