//! Values over a grid, as colours: state values of a map, a parameter against another.

mod cells;

use super::axis::{self, Axis};
use super::categories::Categories;
use super::frame::{LABEL, Names, PAD, TICK, TICK_DISTANCE, TICKS};
use super::scene::{Align, Area, Scene};
use super::theme::{HAIRLINE, MUTED, SPINE, TICK_SIZE};
use super::{color, font, gaps};
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// More cells than this are more than an image has room for.
const MOST_CELLS: usize = 40_000;
/// Width of the colour bar, the room to its left, and the steps it is painted in.
const BAR: f64 = 12.0;
const BAR_GAP: f64 = 14.0;
const BAR_STEPS: usize = 100;
/// Cells are squares where these fill so much of the room both ways. Where not, a side is at most so many times the
/// other, and more than that where the other is too small to be read.
const FILLED: f64 = 0.6;
const STRETCH: f64 = 1.4;
const SMALL: f64 = 14.0;
const SMALL_STRETCH: f64 = 12.0;
/// The colour bar is this high at least, where there is room.
const LEAST_BAR: f64 = 90.0;

/// Cells of a grid coloured by value, with a colour bar beside them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatMap {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// What the columns are.
    pub x_label: String,
    /// What the rows are.
    pub y_label: String,
    /// How many columns there are.
    pub columns: usize,
    /// The values row by row, the first row on top; NaN where there is no cell (a wall).
    #[serde(with = "gaps")]
    pub values: Vec<f64>,
    /// What is written in each cell; empty to write the numbers where there is room. Longer than its cell is cut.
    pub labels: Vec<String>,
    /// Arrows of each cell, as (to the right, upwards): several where several actions are best. One longer than 1 is
    /// drawn as 1, one of no length is a dot. Empty for none.
    pub arrows: Vec<Vec<(f64, f64)>>,
    /// Names of the columns; empty for none.
    pub x_ticks: Vec<String>,
    /// Names of the rows; empty for none.
    pub y_ticks: Vec<String>,
    /// The values at the ends of the colour bar; what is beyond has the colour of the end. `None` covers all values.
    pub range: Option<(f64, f64)>,
    /// Cells set apart by a frame, with a letter such as S or G.
    pub marks: Vec<(usize, String)>,
}

impl HeatMap {
    pub(super) fn check(&self) -> Result<()> {
        let (cells, columns) = (self.values.len(), self.columns);
        ensure!(
            if columns == 0 { cells == 0 } else { cells.is_multiple_of(columns) },
            "{cells} values do not make rows of {columns} columns"
        );
        ensure!(cells <= MOST_CELLS, "a heat map holds at most {MOST_CELLS} cells, and this one has {cells}");
        let counts = |what: &str, given: usize, of: &str, wanted: usize| {
            ensure!(given == 0 || given == wanted, "{given} {what} for {wanted} {of}: give one for each, or none");
            Ok(())
        };
        counts("labels", self.labels.len(), "cells", cells)?;
        counts("lists of arrows", self.arrows.len(), "cells", cells)?;
        counts("names of columns", self.x_ticks.len(), "columns", columns)?;
        counts("names of rows", self.y_ticks.len(), "rows", self.rows())?;
        let wild = self.arrows.iter().flatten().find(|arrow| !(axis::usable(arrow.0) && axis::usable(arrow.1)));
        ensure!(wild.is_none(), "an arrow must be two finite numbers, and not {:?}", wild.unwrap_or(&(0.0, 0.0)));
        if let Some((cell, letter)) = self.marks.iter().find(|(cell, _)| *cell >= cells) {
            anyhow::bail!("the mark {letter:?} is on cell {cell} of {cells}");
        }
        super::check_range("range", self.range, super::Scale::Linear)
    }

    fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Draws it into its cell of the figure.
    pub(super) fn draw(&self, cell: Area, scene: &mut Scene) {
        let names = Names { title: &self.title, x_label: &self.x_label, y_label: &self.y_label };
        let inside = names.inside(cell);
        let covered = self.range.or_else(|| axis::extent(self.values.iter().copied()));
        let Some(covered) = covered.filter(|_| !self.values.is_empty()) else {
            names.draw(inside, cell, cell.left, scene);
            scene.text(inside.center(), "no data", LABEL, MUTED, Align::Middle);
            return;
        };
        let grid = Grid::new(self, inside, covered);
        // Title and axis labels stand close to the grid, whatever room is left around it.
        let top = cell.top + grid.area.top - inside.top;
        let bottom = cell.bottom - inside.bottom + grid.area.bottom + grid.below;
        names.draw(grid.area, Area { top, bottom, ..cell }, cell.left + grid.aside, scene);
        cells::draw(self, &grid, scene);
        grid.draw_names(self, scene);
        grid.draw_bar(scene);
    }
}

/// A grid in its place.
struct Grid {
    area: Area,
    /// Width and height of a cell.
    size: (f64, f64),
    columns: usize,
    x_names: Categories,
    /// Room left free on either side of the grid.
    aside: f64,
    /// Room that the names take.
    below: f64,
    /// Room for the names of the rows, of which one of so many is written.
    named: f64,
    every: usize,
    bar: Axis,
    bar_area: Area,
}

impl Grid {
    fn new(map: &HeatMap, inside: Area, covered: (f64, f64)) -> Self {
        let (columns, rows) = (map.columns as f64, map.rows() as f64);
        let widest = |names: &mut dyn Iterator<Item = &str>| names.map(|it| font::width(it, TICKS)).fold(0.0, f64::max);
        let named = widest(&mut map.y_ticks.iter().map(String::as_str)).min(inside.width() / 4.0);
        let left = inside.left + if named > 0.0 { named + PAD + TICK } else { 2.0 };
        let scale = Axis::new(covered, inside.height() / TICK_DISTANCE);
        let right =
            inside.right - BAR_GAP - BAR - TICK - PAD - widest(&mut scale.ticks.iter().map(|(_, it)| it.as_str()));

        let fitted = |height: f64| {
            let (w, h) = ((right - left) / columns, height / rows);
            let side = w.min(h);
            let most = if side < SMALL {
                SMALL_STRETCH
            } else if side * rows < FILLED * height || side * columns < FILLED * (right - left) {
                STRETCH
            } else {
                1.0
            };
            (w.min(most * h), h.min(most * w))
        };
        let name_columns = |width: f64| Categories::new(map.x_ticks.iter().map(|name| (name.as_str(), width)));
        let below = |names: &Categories| if map.x_ticks.is_empty() { 4.0 } else { names.height() + TICK };
        let first = name_columns(fitted(inside.height()).0);
        let (width, height) = fitted(inside.height() - below(&first));
        let x_names = name_columns(width);
        let below = below(&x_names);
        let aside = ((right - left) - width * columns).max(0.0) / 2.0;
        let above = (inside.height() - below - height * rows).max(0.0) / 2.0;
        let area = Area {
            left: left + aside,
            top: inside.top + above,
            right: left + aside + width * columns,
            bottom: inside.top + above + height * rows,
        };
        let higher = (LEAST_BAR.min(inside.height() - below) - area.height()).max(0.0) / 2.0;
        let (from, to) = (area.right + BAR_GAP, area.right + BAR_GAP + BAR);
        let bar_area = Area { left: from, right: to, top: area.top - higher, bottom: area.bottom + higher };
        let bar = Axis::new(covered, (bar_area.height() / TICK_DISTANCE).max(1.0));
        let every = ((TICK_SIZE + 1.0) / height).ceil().max(1.0) as usize;
        Self { area, size: (width, height), columns: map.columns, x_names, aside, below, named, every, bar, bar_area }
    }

    /// Where a cell lies.
    fn cell(&self, index: usize) -> Area {
        let (width, height) = self.size;
        let left = self.area.left + (index % self.columns) as f64 * width;
        let top = self.area.top + (index / self.columns) as f64 * height;
        Area { left, top, right: left + width, bottom: top + height }
    }

    fn draw_names(&self, map: &HeatMap, scene: &mut Scene) {
        let (width, height) = self.size;
        let middles = (0..map.x_ticks.len()).map(|column| self.area.left + (column as f64 + 0.5) * width);
        self.x_names.draw(middles, self.area.bottom - TICK / 2.0, scene);
        for (row, name) in map.y_ticks.iter().enumerate().step_by(self.every) {
            let at = (self.area.left - PAD - 2.0, self.area.top + (row as f64 + 0.5) * height);
            scene.text(at, font::fit(name, TICKS, self.named), TICKS, MUTED, Align::End);
        }
    }

    fn draw_bar(&self, scene: &mut Scene) {
        let bar = self.bar_area;
        for step in 0..BAR_STEPS {
            // Each reaches down to the end, so that no seam shows between them.
            let top = bar.top + bar.height() * step as f64 / BAR_STEPS as f64;
            scene.fill(Area { top, ..bar }.corners(), color::of(1.0 - (step as f64 + 0.5) / BAR_STEPS as f64));
        }
        let mut around = bar.corners();
        around.push((bar.left, bar.top));
        scene.line(around, SPINE, HAIRLINE);
        for (value, label) in &self.bar.ticks {
            let y = bar.bottom - self.bar.place(*value) * bar.height();
            scene.line(vec![(bar.right, y), (bar.right + TICK, y)], SPINE, HAIRLINE);
            scene.text((bar.right + TICK + PAD, y), label, TICKS, MUTED, Align::Start);
        }
    }
}
