//! The cells of a heat map: colour, number, arrows, letter.

use super::super::scene::{Align, Area, Font, Point, Scene};
use super::super::theme::{CARD, HAIRLINE, SPINE};
use super::super::{axis, color, font};
use super::{Grid, HeatMap};
use plotters::style::RGBColor;

/// Where there is no cell.
const WALL: RGBColor = RGBColor(190, 190, 190);
/// Sizes a text in a cell may have.
const LARGEST: f64 = 13.0;
const SMALLEST: f64 = 7.0;
/// Cells smaller than this have no line between them.
const LINED: f64 = 8.0;
/// A cell smaller than this has no room for arrows and a number.
const ROOMY: f64 = 30.0;
const ARROW_WIDTH: f64 = 1.5;

/// Draws them all.
pub(super) fn draw(map: &HeatMap, grid: &Grid, scene: &mut Scene) {
    let (width, height) = grid.size;
    let fill = |value: f64| if axis::usable(value) { color::of(grid.bar.place(value)) } else { WALL };
    for (index, value) in map.values.iter().enumerate() {
        // Half a pixel over its neighbours to come, so that no seam shows.
        let Area { left, top, right, bottom } = grid.cell(index);
        let over =
            Area { left, top, right: (right + 0.5).min(grid.area.right), bottom: (bottom + 0.5).min(grid.area.bottom) };
        scene.fill(over.corners(), fill(*value));
    }
    if width.min(height) >= LINED {
        draw_lines(map, grid, scene);
    }
    let arrows = map.arrows.iter().any(|arrows| !arrows.is_empty());
    let writing = Writing::new(map, grid.size, arrows);
    for (index, value) in map.values.iter().enumerate() {
        let (area, ink) = (grid.cell(index), color::ink(fill(*value)));
        let text = writing.texts.get(index).map_or("", String::as_str);
        scene.text(writing.at(area), text, Font::regular(writing.size), ink, Align::Middle);
        let pointed = map.arrows.get(index).map_or(&[][..], Vec::as_slice);
        let middle = (area.center().0, area.top + area.height() * if writing.below { 0.38 } else { 0.5 });
        let side = width.min(height) * if writing.below { 0.84 } else { 1.0 };
        draw_arrows(pointed, middle, side, ink, scene);
        let letters = map.marks.iter().filter(|(cell, _)| *cell == index).map(|(_, letter)| letter);
        for letter in letters {
            draw_mark(letter, area, text.is_empty() && pointed.is_empty(), ink, scene);
        }
    }
}

fn draw_lines(map: &HeatMap, grid: &Grid, scene: &mut Scene) {
    let Area { left, top, right, bottom } = grid.area;
    for column in 1..map.columns {
        let x = left + column as f64 * grid.size.0;
        scene.line(vec![(x, top), (x, bottom)], CARD, HAIRLINE);
    }
    for row in 1..map.rows() {
        let y = top + row as f64 * grid.size.1;
        scene.line(vec![(left, y), (right, y)], CARD, HAIRLINE);
    }
    let mut around = grid.area.corners();
    around.push((left, top));
    scene.line(around, SPINE, HAIRLINE);
}

/// What is written in the cells, all in one size.
struct Writing {
    texts: Vec<String>,
    size: f64,
    /// Whether it stands below the arrows.
    below: bool,
}

impl Writing {
    fn new(map: &HeatMap, (width, height): (f64, f64), arrows: bool) -> Self {
        let below = arrows && height >= ROOMY;
        let given = !map.labels.is_empty();
        let none = Self { texts: Vec::new(), size: SMALLEST, below: false };
        if (arrows && !below && !given) || width < 8.0 || height < SMALLEST {
            return none;
        }
        let mut texts = if given { map.labels.clone() } else { numbers(&map.values) };
        let longest = texts.iter().map(|text| font::width(text, Font::regular(10.0))).fold(0.0, f64::max) / 10.0;
        let size = LARGEST.min(height * if below { 0.24 } else { 0.6 }).min((width - 4.0) / longest.max(0.1));
        if size < SMALLEST && !given {
            return none;
        }
        let size = size.max(SMALLEST);
        for text in &mut texts {
            *text = font::fit(text, Font::regular(size), width - 2.0);
        }
        Self { below: below && longest > 0.0, texts, size }
    }

    fn at(&self, area: Area) -> Point {
        let height =
            if self.below { area.bottom - area.height() * 0.08 - 1.0 - self.size / 2.0 } else { area.center().1 };
        (area.center().0, height)
    }
}

/// The values to about three digits, all with as many decimals.
fn numbers(values: &[f64]) -> Vec<String> {
    let usable = || values.iter().copied().filter(|value| axis::usable(*value));
    let largest = usable().fold(0.0, |most: f64, value| most.max(value.abs()));
    let whole = usable().all(|value| (value - value.round()).abs() < 1e-9 * largest.max(1.0));
    let decimals = match largest {
        _ if whole => 0,
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let plain = (0.01..10_000.0).contains(&largest) || largest == 0.0;
    let written = |value: &f64| match value {
        value if !axis::usable(*value) => String::new(),
        value if plain => axis::fixed(*value, decimals),
        value => axis::number(*value),
    };
    values.iter().map(written).collect()
}

/// Arrows from the middle outwards; one alone is centred there.
fn draw_arrows(arrows: &[(f64, f64)], middle: Point, side: f64, ink: RGBColor, scene: &mut Scene) {
    let alone = arrows.len() == 1;
    let reach = side * if alone { 0.5 } else { 0.32 };
    let head = (side * 0.13).clamp(2.5, 6.0);
    for (right, up) in arrows {
        let size = right.hypot(*up);
        if size < 1e-9 {
            scene.disc(middle, head / 2.0, ink);
            continue;
        }
        let (along, length) = ((right / size, -up / size), reach * size.min(1.0));
        let at = |distance: f64, aside: f64| {
            let start = if alone { distance - length / 2.0 } else { distance };
            (middle.0 + along.0 * start - along.1 * aside, middle.1 + along.1 * start + along.0 * aside)
        };
        scene.line(vec![at(0.0, 0.0), at((length - head * 0.8).max(0.0), 0.0)], ink, ARROW_WIDTH.min(side / 8.0));
        scene.fill(vec![at(length, 0.0), at(length - head, head * 0.6), at(length - head, -head * 0.6)], ink);
    }
}

/// The frame and the letter of a cell set apart: in its corner, or in the middle of a cell with nothing else in it.
fn draw_mark(letter: &str, area: Area, empty: bool, ink: RGBColor, scene: &mut Scene) {
    let (width, height) = (area.width(), area.height());
    let side = width.min(height);
    let inset = (side * 0.06).clamp(0.5, 2.5);
    let frame =
        Area { left: area.left + inset, top: area.top + inset, right: area.right - inset, bottom: area.bottom - inset };
    let mut around = frame.corners();
    around.extend([(frame.left, frame.top), (frame.right, frame.top)]);
    scene.line(around, ink, (side * 0.05).clamp(0.8, 2.0));
    let size = if empty { (side * 0.5).min(18.0) } else { (side * 0.26).min(12.0) };
    let font = Font::bold(size);
    let letter = font::fit(letter, font, width - 2.0 * inset);
    if size < SMALLEST - 2.0 {
        return;
    }
    let at = if empty {
        area.center()
    } else {
        let half = font::width(&letter, font) / 2.0;
        (frame.left + inset + 1.5 + half, frame.top + inset + 1.0 + size / 2.0)
    };
    scene.text(at, letter, font, ink, Align::Middle);
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn numbers_have_as_many_decimals_as_they_need() {
        assert_eq!(numbers(&[-14.0, -18.0, f64::NAN, 0.0]), ["−14", "−18", "", "0"]);
        assert_eq!(numbers(&[3.309, 8.789, -0.001]), ["3.31", "8.79", "0.00"]);
        assert_eq!(numbers(&[21.98, 5.0]), ["22.0", "5.0"]);
        assert_eq!(numbers(&[421.41, 5.5]), ["421", "6"]);
        assert_eq!(numbers(&[0.7442, 0.0139]), ["0.744", "0.014"]);
        assert_eq!(numbers(&[1e-6, 2.5e-6]), ["1×10⁻⁶", "2.5×10⁻⁶"]);
        assert_eq!(numbers(&[]), Vec::<String>::new());
    }
}
