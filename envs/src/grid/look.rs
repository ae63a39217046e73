//! What a grid looks like.

use super::map::Map;
use crate::render::{Colour, Frame, Picture, Shape, Text, Tone, palette};

/// The most columns and rows that are shown; of larger maps, a window round the agent.
const SHOWN: [usize; 2] = [100, 40];
/// The most pixels of a picture in either direction, and of a cell.
const PIXELS: usize = 640;
const CELL: usize = 64;

/// How a gridworld's states are drawn.
#[derive(Clone, Debug)]
pub struct GridLook {
    /// The map.
    pub map: Map,
    /// The wind per column; empty: there is none.
    pub wind: Vec<usize>,
    /// The colour of free cells.
    pub ground: Colour,
}

/// The part of a map that is shown: the first row and column, and how many.
struct Window {
    top: usize,
    left: usize,
    rows: usize,
    columns: usize,
}

impl GridLook {
    /// The same on other ground.
    pub fn on(self, ground: Colour) -> Self {
        Self { ground, ..self }
    }

    /// With the agent in a cell.
    pub fn frame(&self, agent: usize) -> Frame {
        let window = self.window(agent);
        Frame { text: Some(self.text(agent, &window)), picture: Some(self.picture(agent, &window)) }
    }

    fn window(&self, agent: usize) -> Window {
        let (row, column) = self.map.place(agent);
        let cut = |at: usize, all: usize, most: usize| {
            (at.saturating_sub(most / 2).min(all.saturating_sub(most)), all.min(most))
        };
        let (left, columns) = cut(column, self.map.columns(), SHOWN[0]);
        let (top, rows) = cut(row, self.map.rows(), SHOWN[1]);
        Window { top, left, rows, columns }
    }

    fn text(&self, agent: usize, window: &Window) -> Text {
        let mut text = Text::default();
        for row in window.top..window.top + window.rows {
            let first = row * self.map.columns() + window.left;
            let cells = (first..first + window.columns).map(|cell| {
                let symbol = self.map.cells()[cell];
                if cell == agent { ('@', Tone::Agent) } else { (char::from(symbol), tone(symbol)) }
            });
            text.lines.push(pieces(cells));
        }
        let (row, column) = self.map.place(agent);
        let (rows, columns) = (self.map.rows(), self.map.columns());
        let mut caption = vec![format!("row {} of {rows}, column {} of {columns}", row + 1, column + 1)];
        if !self.wind.is_empty() {
            let wind = self.wind[window.left..window.left + window.columns].iter();
            text.lines
                .push(pieces(wind.map(|wind| (char::from_digit(*wind as u32, 10).unwrap_or('+'), Tone::Special))));
            caption.push(format!(", wind {}", self.wind[column]));
        }
        if let Some(what) = name(self.map.cells()[agent]) {
            caption.push(format!(": {what}"));
        }
        if (window.rows, window.columns) != (rows, columns) {
            let (bottom, right) = (window.top + window.rows, window.left + window.columns);
            let (top, left) = (window.top + 1, window.left + 1);
            caption.push(format!(" (shown: rows {top}–{bottom}, columns {left}–{right})"));
        }
        text.then([(caption.concat(), Tone::Faint)])
    }

    fn picture(&self, agent: usize, window: &Window) -> Picture {
        let windy = usize::from(!self.wind.is_empty());
        let cell = (PIXELS / window.columns.max(window.rows + windy)).min(CELL);
        let size = cell as f32;
        let (width, height) = (window.columns * cell, (window.rows + windy) * cell);
        let mut picture = Picture { background: self.ground, ..Picture::new(width as u32, height as u32) };
        for row in 0..window.rows {
            self.draw_row(row, window, size, &mut picture.shapes);
        }
        let lines = |from: usize, to: usize| (from..=to).map(|i| (i * cell) as f32);
        let (right, bottom) = (width as f32, (window.rows * cell) as f32);
        let columns = lines(0, window.columns).map(|x| vec![[x, 0.0], [x, bottom]]);
        let rows = lines(0, window.rows).map(|y| vec![[0.0, y], [right, y]]);
        let grid = columns.chain(rows).map(|points| Shape::Line { points, width: 1.0, colour: palette::LIGHT });
        picture.shapes.extend(grid);
        for (i, &wind) in self.wind.iter().skip(window.left).take(window.columns).enumerate() {
            let centre = middle(i, window.rows, size);
            picture.shapes.push(label(centre, size, wind.to_string(), palette::PURPLE));
        }
        let (row, column) = self.map.place(agent);
        let centre = middle(column - window.left, row - window.top, size);
        picture.with(Shape::Circle { centre, radius: 0.3 * size, fill: palette::BLUE })
    }

    /// The cells of a row; neighbours of one kind are one shape.
    fn draw_row(&self, row: usize, window: &Window, size: f32, shapes: &mut Vec<Shape>) {
        let first = (window.top + row) * self.map.columns() + window.left;
        let (mut column, y) = (0, row as f32 * size);
        for run in self.map.cells()[first..first + window.columns].chunk_by(|a, b| a == b) {
            let (symbol, corner) = (run[0], [column as f32 * size, y]);
            if let Some(fill) = fill(symbol) {
                shapes.push(Shape::rectangle(corner, [run.len() as f32 * size, size], fill));
            }
            for column in column..column + run.len() {
                let centre = middle(column, row, size);
                match symbol {
                    b'H' => shapes.push(Shape::Circle { centre, radius: 0.4 * size, fill: palette::BLACK }),
                    b'.' | b'#' | b'C' => {}
                    symbol => shapes.push(label(centre, size, char::from(symbol).into(), palette::BLACK)),
                }
            }
            column += run.len();
        }
    }
}

/// The middle of a cell.
fn middle(column: usize, row: usize, size: f32) -> [f32; 2] {
    [(column as f32 + 0.5) * size, (row as f32 + 0.5) * size]
}

fn label(centre: [f32; 2], cell: f32, text: String, colour: Colour) -> Shape {
    Shape::Label { centre, size: 0.5 * cell, text, colour }
}

/// A line of text: neighbours of one tone are one piece.
pub(super) fn pieces(symbols: impl IntoIterator<Item = (char, Tone)>) -> Vec<(String, Tone)> {
    let mut line: Vec<(String, Tone)> = Vec::new();
    for (symbol, tone) in symbols {
        match line.last_mut() {
            Some((text, last)) if *last == tone => text.push(symbol),
            _ => line.push((symbol.into(), tone)),
        }
    }
    line
}

fn tone(symbol: u8) -> Tone {
    match symbol {
        b'S' => Tone::Start,
        b'G' => Tone::Goal,
        b'H' | b'C' => Tone::Hazard,
        b'#' => Tone::Wall,
        b'.' => Tone::Faint,
        _ => Tone::Special,
    }
}

fn fill(symbol: u8) -> Option<Colour> {
    match symbol {
        b'S' => Some(palette::LIGHT),
        b'G' => Some(palette::GREEN),
        b'C' => Some(palette::RED),
        b'#' => Some(palette::GREY),
        b'.' | b'H' => None,
        source if source.is_ascii_uppercase() => Some(palette::YELLOW),
        _ => Some(palette::PURPLE),
    }
}

fn name(symbol: u8) -> Option<String> {
    Some(match symbol {
        b'S' => "start".into(),
        b'G' => "goal".into(),
        b'H' => "hole".into(),
        b'C' => "cliff".into(),
        b'#' => "wall".into(),
        b'.' => return None,
        source if source.is_ascii_uppercase() => {
            format!("{0}, leads to {1}", source as char, (source as char).to_ascii_lowercase())
        }
        destination => char::from(destination).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(map: &str, wind: &[usize]) -> GridLook {
        GridLook { map: Map::read(map).unwrap(), wind: wind.to_vec(), ground: palette::WHITE }
    }

    #[test]
    fn a_frame_shows_the_map_the_wind_and_the_agent() {
        let look = look("S.#G/ACaH", &[0, 1, 2, 0]);
        let text = look.frame(1).text.unwrap();
        assert_eq!(text.plain(), "S@#G\nACaH\n0120\nrow 1 of 2, column 2 of 4, wind 1");
        let tones: Vec<_> = text.lines[1].iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
        assert_eq!(tones, [("A", Tone::Special), ("C", Tone::Hazard), ("a", Tone::Special), ("H", Tone::Hazard)]);
        assert_eq!(
            look.frame(4).text.unwrap().plain().lines().nth(3),
            Some("row 2 of 2, column 1 of 4, wind 0: A, leads to a")
        );
    }

    #[test]
    fn of_a_large_map_a_window_round_the_agent_is_shown() {
        let map = vec![".".repeat(300); 50].join("/");
        let text = look(&format!("S{}G/{map}", ".".repeat(298)), &[]).frame(30 * 300 + 299).text.unwrap().plain();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[0].len(), lines[20].find('@')), (41, 100, Some(99)));
        assert_eq!(lines[40], "row 31 of 51, column 300 of 300 (shown: rows 11–50, columns 201–300)");
    }

    #[test]
    fn a_picture_has_a_shape_per_thing() {
        let picture = look("S..G/.##.", &[]).frame(1).picture.unwrap();
        assert_eq!((picture.width, picture.height), (256, 128));
        let wall = Shape::rectangle([64.0, 64.0], [128.0, 64.0], palette::GREY);
        assert!(picture.shapes.contains(&wall));
        let agent = Shape::Circle { centre: [96.0, 32.0], radius: 19.2, fill: palette::BLUE };
        assert_eq!(picture.shapes.last(), Some(&agent));
        let wide = look(&format!("S{}G", ".".repeat(80)), &[]).frame(0).picture.unwrap();
        assert_eq!((wide.width, wide.height), (82 * 7, 7));
    }
}
