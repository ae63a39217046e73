//! What a figure consists of once everything is placed: marks in logical pixels, the origin at the top left.

use plotters::style::RGBColor;

/// A place in the image.
pub(super) type Point = (f64, f64);

/// An image to be painted, first mark first.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
}

/// One thing to be painted.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    /// A stroked path of at least two points.
    Line { points: Vec<Point>, color: RGBColor, width: f64 },
    /// A filled polygon.
    Fill { points: Vec<Point>, color: RGBColor, opacity: f64 },
    /// A filled disc.
    Disc { at: Point, radius: f64, color: RGBColor },
    /// A line of text, its capitals centred on the height of `at`.
    Text { at: Point, text: String, font: Font, color: RGBColor, align: Align },
}

/// Size in logical pixels to the em, and weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub(super) size: f64,
    pub(super) bold: bool,
}

/// Which point of a text is put at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
    /// Its middle, the text running upwards.
    Upwards,
}

impl Font {
    pub(super) const fn regular(size: f64) -> Self {
        Self { size, bold: false }
    }

    pub(super) const fn bold(size: f64) -> Self {
        Self { size, bold: true }
    }
}

impl Scene {
    pub(super) fn line(&mut self, points: Vec<Point>, color: RGBColor, width: f64) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, color, width });
        }
    }

    /// An opaque polygon.
    pub(super) fn fill(&mut self, points: Vec<Point>, color: RGBColor) {
        self.marks.push(Mark::Fill { points, color, opacity: 1.0 });
    }

    /// An opaque disc.
    pub(super) fn disc(&mut self, at: Point, radius: f64, color: RGBColor) {
        self.marks.push(Mark::Disc { at, radius, color });
    }

    pub(super) fn text(&mut self, at: Point, text: impl Into<String>, font: Font, color: RGBColor, align: Align) {
        let text = text.into();
        if !text.is_empty() {
            self.marks.push(Mark::Text { at, text, font, color, align });
        }
    }
}

/// A rectangle of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn center(&self) -> Point {
        (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom))
    }

    /// Whether a point lies in it.
    pub(super) fn holds(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// The same size, moved as little as it takes to lie within another.
    pub(super) fn within(&self, outer: Self) -> Self {
        let x = (outer.right - self.right).min(0.0).max(outer.left - self.left);
        let y = (outer.bottom - self.bottom).min(0.0).max(outer.top - self.top);
        Self { left: self.left + x, top: self.top + y, right: self.right + x, bottom: self.bottom + y }
    }

    /// Its corners, clockwise from the top left.
    pub(super) fn corners(&self) -> Vec<Point> {
        vec![(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
    }
}
