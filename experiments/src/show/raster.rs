//! Pictures as pixels.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, OutlineCurve, PxScale, ScaleFont};
use gymkhana_envs::render::{Colour, Picture, Shape, Text, Tone};
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

/// Pixels, three bytes each (red, green, blue), row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// width × height × 3 bytes.
    pub rgb: Vec<u8>,
}

impl Image {
    /// The colour of a pixel.
    ///
    /// # Panics
    /// If it is outside.
    pub fn at(&self, x: u32, y: u32) -> Colour {
        let i = 3 * (y as usize * self.width as usize + x as usize);
        Colour(self.rgb[i], self.rgb[i + 1], self.rgb[i + 2])
    }
}

/// No picture is larger than this in either direction.
const LARGEST: u32 = 4096;

/// Draws a picture, edges smoothed.
pub fn raster(picture: &Picture) -> Image {
    let (width, height) = (picture.width.clamp(1, LARGEST), picture.height.clamp(1, LARGEST));
    // A size that was clamped always has a pixmap.
    let Some(mut pixels) = Pixmap::new(width, height) else {
        return Image { width, height, rgb: vec![255; 3 * (width * height) as usize] };
    };
    let Colour(r, g, b) = picture.background;
    pixels.fill(Color::from_rgba8(r, g, b, 255));
    for shape in &picture.shapes {
        draw(&mut pixels, shape);
    }
    let rgb = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Image { width, height, rgb }
}

/// Shapes with a coordinate that is not finite have no path and are left out.
fn draw(pixels: &mut Pixmap, shape: &Shape) {
    let fill = |pixels: &mut Pixmap, path: Option<Path>, colour| {
        if let Some(path) = path {
            pixels.fill_path(&path, &paint(colour), FillRule::Winding, Transform::identity(), None);
        }
    };
    match shape {
        Shape::Polygon { points, fill: colour } => fill(pixels, through(points, true), *colour),
        Shape::Circle { centre: [x, y], radius, fill: colour } => {
            fill(pixels, PathBuilder::from_circle(*x, *y, *radius), *colour);
        }
        Shape::Line { points, width, colour } => {
            let stroke =
                Stroke { width: *width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
            if let Some(path) = through(points, false) {
                pixels.stroke_path(&path, &paint(*colour), &stroke, Transform::identity(), None);
            }
        }
        Shape::Label { centre, size, text, colour } => fill(pixels, letters(text, *size, *centre), *colour),
    }
}

fn paint(Colour(r, g, b): Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

fn through(points: &[[f32; 2]], close: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first[0], first[1]);
    for [x, y] in rest {
        path.line_to(*x, *y);
    }
    if close {
        path.close();
    }
    path.finish()
}

/// The outlines of a word whose capitals are `size` high.
fn letters(text: &str, size: f32, [x, y]: [f32; 2]) -> Option<Path> {
    static FACE: LazyLock<FontRef<'static>> = LazyLock::new(|| {
        let bytes = include_bytes!("../../assets/fonts/Inter-SemiBold.subset.ttf");
        FontRef::try_from_slice(bytes).expect("the embedded font can be read")
    });
    /// Height of the capitals over that of the face, from the lowest descender to the highest ascender.
    const CAPITALS: f32 = 0.6;
    let face = FACE.as_scaled(PxScale::from(size / CAPITALS));
    let wide: f32 = text.chars().map(|letter| face.h_advance(face.glyph_id(letter))).sum();
    let (across, down) = (face.h_scale_factor(), face.v_scale_factor());
    let mut path = PathBuilder::new();
    let mut left = x - wide / 2.0;
    for letter in text.chars() {
        let id = face.glyph_id(letter);
        let place = |p: ab_glyph::Point| (left + p.x * across, y + size / 2.0 - p.y * down);
        let mut at = None;
        for curve in FACE.outline(id).map_or_else(Vec::new, |outline| outline.curves) {
            let (from, to) = match curve {
                OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => (a, b),
            };
            if at != Some(from) {
                let (x, y) = place(from);
                path.move_to(x, y);
            }
            let (x, y) = place(to);
            match curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, c, _) => path.quad_to(place(c).0, place(c).1, x, y),
                OutlineCurve::Cubic(_, c, d, _) => {
                    path.cubic_to(place(c).0, place(c).1, place(d).0, place(d).1, x, y);
                }
            }
            at = Some(to);
        }
        left += face.h_advance(id);
    }
    path.finish()
}

/// Text as a picture, with room for so many letters in a line and so many lines: what an environment without pictures
/// shows in a film.
pub fn written(text: &Text, (columns, lines): (usize, usize)) -> Picture {
    const LINE: f32 = 24.0;
    const LETTER: f32 = 11.0;
    let size = |n: usize, step: f32| (n as f32 * step + 2.0 * LINE).min(LARGEST as f32) as u32;
    let mut picture = Picture::new(size(columns, LETTER), size(lines, LINE));
    for (row, line) in text.lines.iter().enumerate() {
        let letters = line.iter().flat_map(|(piece, tone)| piece.chars().map(move |letter| (letter, *tone)));
        for (column, (letter, tone)) in letters.enumerate().filter(|(_, (letter, _))| !letter.is_whitespace()) {
            let centre = [LINE + (column as f32 + 0.5) * LETTER, LINE + (row as f32 + 0.5) * LINE];
            let fill = colour(tone);
            picture.shapes.push(match letter {
                // Blocks stand for bars, and the typeface has none.
                '▀'..='▟' | '■' => {
                    Shape::rectangle([centre[0] - LETTER / 2.0, centre[1] - LETTER / 2.0], [LETTER, LETTER], fill)
                }
                _ => Shape::Label { centre, size: LETTER, text: letter.into(), colour: fill },
            });
        }
    }
    picture
}

/// What a tone looks like on paper.
fn colour(tone: Tone) -> Colour {
    use gymkhana_envs::render::palette::{BLACK, BLUE, GREEN, GREY, PURPLE, RED};
    match tone {
        Tone::Plain => BLACK,
        Tone::Faint | Tone::Wall => GREY,
        Tone::Agent => BLUE,
        Tone::Start | Tone::Special => PURPLE,
        Tone::Goal => GREEN,
        Tone::Hazard => RED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::render::palette::{BLUE, GREEN, RED, WHITE};

    #[test]
    fn shapes_are_where_they_should_be() {
        let picture = Picture::new(60, 40)
            .with(Shape::rectangle([10.0, 10.0], [20.0, 10.0], BLUE))
            .with(Shape::Circle { centre: [45.0, 20.0], radius: 8.0, fill: RED })
            .with(Shape::Line { points: vec![[5.0, 35.0], [55.0, 35.0]], width: 4.0, colour: GREEN });
        let image = raster(&picture);
        assert_eq!((image.width, image.height, image.rgb.len()), (60, 40, 60 * 40 * 3));
        assert_eq!((image.at(2, 2), image.at(20, 15), image.at(9, 15), image.at(20, 21)), (WHITE, BLUE, WHITE, WHITE));
        assert_eq!((image.at(45, 20), image.at(45, 30), image.at(30, 34)), (RED, WHITE, GREEN));
    }

    #[test]
    fn a_word_stands_round_its_middle() {
        let label = Shape::Label { centre: [50.0, 20.0], size: 20.0, text: "H".into(), colour: BLUE };
        let image = raster(&Picture::new(100, 40).with(label));
        let inked = |x: u32, y: u32| image.at(x, y) != WHITE;
        let columns: Vec<u32> = (0..100).filter(|&x| (0..40).any(|y| inked(x, y))).collect();
        let rows: Vec<u32> = (0..40).filter(|&y| (0..100).any(|x| inked(x, y))).collect();
        let middle = |line: &[u32]| f64::from(line[0] + line[line.len() - 1]) / 2.0;
        assert!((middle(&columns) - 49.5).abs() <= 1.0, "{columns:?}");
        assert!((middle(&rows) - 19.5).abs() <= 1.0 && rows.len().abs_diff(20) <= 1, "{rows:?}");
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let points = vec![[0.0, 0.0], [f32::NAN, 5.0], [5.0, 5.0]];
        let image = raster(&Picture::new(10, 10).with(Shape::Polygon { points, fill: RED }));
        assert!(image.rgb.iter().all(|&byte| byte == 255));
    }

    #[test]
    fn text_can_be_a_picture() {
        let image = raster(&written(&Text::line("S.█"), (3, 1)));
        assert!(image.rgb.iter().any(|&byte| byte < 100) && image.height == 72);
        assert_eq!(image.at(24 + 27, 36), colour(Tone::Plain), "a block is filled");
    }
}
