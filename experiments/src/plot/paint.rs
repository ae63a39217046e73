//! Scenes painted by the drawing library, as SVG text or as PNG bytes.

use super::font;
use super::scene::{Align, Mark, Point, Scene};
use super::theme::CARD;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon};
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, ShapeStyle, TextStyle};
use std::fmt::Write as _;

/// The library places everything on whole units: an SVG is drawn with ten to the pixel, then shown at a tenth.
const SVG_UNITS: u32 = 10;
/// Pixels of a PNG to one logical pixel, and subpixels averaged into each of them, both ways.
const PNG_SCALE: u32 = 2;
const SUBPIXELS: u32 = 3;
/// The library's SVG sizes are 1.24 to the em.
const SVG_EM: f64 = 1.24;
/// From the middle of the capitals to the base line, in ems.
const HALF_CAPITAL: f64 = 0.36;
/// The same, from the base line the rasteriser takes for a text centred on its height.
const RASTER_DROP: f64 = HALF_CAPITAL + font::HEIGHT * (0.5 / SVG_EM - 0.5);

/// How one backend differs from the other.
#[derive(Debug, Clone, Copy)]
struct Target {
    /// Units to the logical pixel.
    scale: f64,
    /// Size of an em in the library's font sizes.
    em: f64,
    /// How far down a text has to be moved, in ems.
    drop: f64,
    /// Whether a path is painted segment by segment: the rasteriser leaves holes where a thick path meets itself.
    segments: bool,
}

/// The scene as an SVG document named `title`.
pub(super) fn svg(scene: &Scene, title: &str) -> Result<String> {
    let mut raw = String::new();
    let target = Target { scale: f64::from(SVG_UNITS), em: SVG_EM, drop: 0.0, segments: false };
    paint(&SVGBackend::with_string(&mut raw, size(scene, SVG_UNITS)).into_drawing_area(), scene, target)?;
    Ok(finished(&raw, scene, title))
}

/// The scene as a PNG file.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>> {
    let fine = PNG_SCALE * SUBPIXELS;
    let (width, height) = size(scene, fine);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let target = Target { scale: f64::from(fine), em: font::HEIGHT, drop: RASTER_DROP, segments: true };
    paint(&BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(), scene, target)?;

    let (width, height) = size(scene, PNG_SCALE);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&averaged(&pixels, width as usize))?;
    Ok(bytes)
}

fn size(scene: &Scene, scale: u32) -> (u32, u32) {
    (scene.width.ceil() as u32 * scale, scene.height.ceil() as u32 * scale)
}

/// Rows of RGB pixels, each the mean of its subpixels.
fn averaged(fine: &[u8], width: usize) -> Vec<u8> {
    let side = SUBPIXELS as usize;
    let row = width * side * 3;
    let mut pixels = Vec::with_capacity(fine.len() / (side * side));
    for rows in fine.chunks_exact(row * side) {
        for column in (0..row).step_by(side * 3) {
            for channel in column..column + 3 {
                let of_row = |y: usize| (0..side).map(move |x| u32::from(rows[y * row + channel + x * 3]));
                let sum: u32 = (0..side).flat_map(of_row).sum();
                pixels.push(((sum + SUBPIXELS * SUBPIXELS / 2) / (SUBPIXELS * SUBPIXELS)) as u8);
            }
        }
    }
    pixels
}

/// Replays the marks on a backend.
fn paint<DB: DrawingBackend>(on: &DrawingArea<DB, Shift>, scene: &Scene, target: Target) -> Result<()> {
    let whole = |(x, y): Point| ((x * target.scale).round() as i32, (y * target.scale).round() as i32);
    let all = |points: &[Point]| points.iter().map(|point| whole(*point)).collect::<Vec<_>>();
    let failed = |error| anyhow!("the figure cannot be drawn: {error}");
    on.fill(&CARD).map_err(failed)?;
    for mark in &scene.marks {
        match mark {
            Mark::Line { points, color, width } => {
                let width = (width * target.scale).round();
                let style = color.stroke_width(width as u32);
                let path = all(points);
                if !target.segments {
                    on.draw(&PathElement::new(path, style)).map_err(failed)?;
                    continue;
                }
                for ends in path.windows(2) {
                    on.draw(&PathElement::new(ends, style)).map_err(failed)?;
                }
                for corner in path.iter().skip(1).take(path.len() - 2) {
                    let radius = (width / 2.0).round() as i32;
                    on.draw(&Circle::new(*corner, radius, color.filled())).map_err(failed)?;
                }
            }
            Mark::Fill { points, color, opacity } => {
                let style: ShapeStyle = color.mix(*opacity).filled();
                on.draw(&Polygon::new(all(points), style)).map_err(failed)?;
            }
            Mark::Disc { at, radius, color } => {
                let radius = (radius * target.scale).round() as i32;
                on.draw(&Circle::new(whole(*at), radius, color.filled())).map_err(failed)?;
            }
            Mark::Text { at, text, font, color, align } => {
                let down = font.size * target.drop;
                let (at, transform) = match align {
                    Align::Upwards => ((at.0 + down, at.1), FontTransform::Rotate270),
                    _ => ((at.0, at.1 + down), FontTransform::None),
                };
                let anchor = match align {
                    Align::Start => HPos::Left,
                    Align::End => HPos::Right,
                    Align::Middle | Align::Upwards => HPos::Center,
                };
                let face = font::face(font.size * target.em * target.scale, font.bold).transform(transform);
                let style = TextStyle::from(face).color(color).pos(Pos::new(anchor, VPos::Center));
                on.draw_text(text, &style, whole(at)).map_err(failed)?;
            }
        }
    }
    on.present().map_err(failed)
}

/// The library's document with a head of our own, and what it leaves to the viewer's font or to chance set right.
///
/// The replacements are safe: in a text of the figure, `<`, `>` and `"` are escaped, and there are no line breaks.
fn finished(raw: &str, scene: &Scene, title: &str) -> String {
    let ((width, height), (wide, high)) = (size(scene, 1), size(scene, SVG_UNITS));
    let mut document = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {wide} {high}\" role=\"img\" stroke-linejoin=\"round\">\n"
    );
    let title = font::fit(title, super::scene::Font::regular(1.0), f64::INFINITY);
    if !title.is_empty() {
        let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(document, "<title>{escaped}</title>");
    }
    let mut lines = raw.lines().skip(1);
    while let Some(line) = lines.next() {
        if line.starts_with("<text") {
            // Written over three lines; the breaks would be blanks to some viewers.
            let (text, end) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
            let tag = line
                .replace(r#"dy="0.5ex""#, &format!(r#"dy="{HALF_CAPITAL}em""#))
                .replace(r#"font-weight="bold""#, r#"font-weight="600""#);
            let _ = writeln!(document, "{tag}{text}{end}");
        } else {
            document.push_str(line);
            document.push('\n');
        }
    }
    document
}
