//! What the taxi looks like: Gymnasium's text, and a picture.

use super::{
    look::pieces,
    taxi::{INSIDE, MAP, PLACES, Situation},
};
use crate::render::{Colour, Frame, Picture, Shape, Text, Tone, palette};

const NAMES: [&str; 4] = ["R", "G", "Y", "B"];
/// Pixels of a cell.
const CELL: f32 = 96.0;

/// One look at it.
pub(super) fn frame(now: Situation) -> Frame {
    Frame { text: Some(text(now)), picture: Some(picture(now)) }
}

/// Gymnasium's map with `@` for the taxi; its letters are special where the passenger waits, a goal where they want to
/// go.
fn text(now: Situation) -> Text {
    let mut text = Text::default();
    for (row, line) in MAP.iter().enumerate() {
        let symbols = line.iter().enumerate().map(|(column, &symbol)| {
            // Cell (r, c) stands in line r + 1 at 2 c + 1.
            let place = (row.wrapping_sub(1), column / 2);
            let here = |other: (usize, usize)| column % 2 == 1 && place == other;
            let tone = match symbol {
                _ if here(now.taxi) => return ('@', Tone::Agent),
                b'+' | b'-' | b'|' => Tone::Wall,
                _ if here(PLACES[now.destination]) => Tone::Goal,
                _ if now.passenger != INSIDE && here(PLACES[now.passenger]) => Tone::Special,
                b'R' | b'G' | b'Y' | b'B' => Tone::Plain,
                _ => Tone::Faint,
            };
            (char::from(symbol), tone)
        });
        text.lines.push(pieces(symbols));
    }
    let passenger = NAMES.get(now.passenger).map_or("in the taxi".into(), |name| format!("at {name}"));
    text.then([(format!("passenger {passenger}, to {}", NAMES[now.destination]), Tone::Faint)])
}

fn picture(now: Situation) -> Picture {
    let corner = |(row, column): (usize, usize)| [column as f32 * CELL, row as f32 * CELL];
    let middle = |place| corner(place).map(|x| x + CELL / 2.0);
    let side = (5.0 * CELL) as u32;
    let mut picture = Picture::new(side, side);
    let colours: [Colour; 4] = [palette::RED, palette::GREEN, palette::YELLOW, palette::SKY];
    for ((place, fill), name) in PLACES.into_iter().zip(colours).zip(NAMES) {
        picture.shapes.push(Shape::rectangle(corner(place), [CELL, CELL], fill));
        let label = Shape::Label { centre: middle(place), size: 0.5 * CELL, text: name.into(), colour: palette::BLACK };
        picture.shapes.push(label);
    }
    let line = |points: [[f32; 2]; 2], width, colour| Shape::Line { points: points.into(), width, colour };
    for i in 0..=5 {
        let (x, end) = (i as f32 * CELL, 5.0 * CELL);
        picture.shapes.push(line([[x, 0.0], [x, end]], 1.0, palette::LIGHT));
        picture.shapes.push(line([[0.0, x], [end, x]], 1.0, palette::LIGHT));
    }
    for (row, text) in MAP[1..6].iter().enumerate() {
        for column in (0..4).filter(|column| text[2 * column + 2] == b'|') {
            let [x, y] = corner((row, column + 1));
            picture.shapes.push(line([[x, y], [x, y + CELL]], 6.0, palette::BLACK));
        }
    }
    let [left, top] = corner(PLACES[now.destination]);
    let (right, bottom) = (left + CELL, top + CELL);
    let points = vec![[left, top], [right, top], [right, bottom], [left, bottom], [left, top]];
    picture.shapes.push(Shape::Line { points, width: 5.0, colour: palette::PURPLE });
    picture.shapes.push(Shape::Circle { centre: middle(now.taxi), radius: 0.35 * CELL, fill: palette::BLUE });
    // Someone who waits stands beside the letter.
    let waiting = PLACES.get(now.passenger).map(|&place| middle(place).map(|x| x + 0.25 * CELL));
    let centre = waiting.unwrap_or(middle(now.taxi));
    picture.with(Shape::Circle { centre, radius: 0.15 * CELL, fill: palette::PURPLE })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(taxi: (usize, usize), passenger: usize) -> Frame {
        frame(Situation { taxi, passenger, destination: 3 })
    }

    #[test]
    fn the_text_is_gymnasiums_map_with_the_taxi() {
        let text = looks((1, 2), 1).text.unwrap();
        let map = "+---------+\n|R: | : :G|\n| : |@: : |\n| : : : : |\n| | : | : |\n|Y| : |B: |\n+---------+\n";
        assert_eq!(text.plain(), format!("{map}passenger at G, to B"));
        let tone = |line: usize, symbol: &str| text.lines[line].iter().find(|(text, _)| text == symbol).unwrap().1;
        assert_eq!((tone(1, "G"), tone(5, "B"), tone(2, "@")), (Tone::Special, Tone::Goal, Tone::Agent));
        assert!(looks((0, 0), INSIDE).text.unwrap().plain().ends_with("\npassenger in the taxi, to B"));
    }

    #[test]
    fn the_passenger_is_drawn_where_they_are() {
        let last = |passenger| looks((1, 2), passenger).picture.unwrap().shapes.pop();
        let circle = |centre| Some(Shape::Circle { centre, radius: 0.15 * CELL, fill: palette::PURPLE });
        assert_eq!((last(1), last(INSIDE)), (circle([456.0, 72.0]), circle([240.0, 144.0])));
    }
}
