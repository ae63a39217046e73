//! The nodes of a diagram in their places.

use super::super::font;
use super::super::scene::{Align, Area, Font, Point, Scene};
use super::super::theme::{CARD, LABEL_SIZE, PALETTE, SPINE, TEXT};
use super::{Node, Shape};
use plotters::style::RGBColor;

/// Radius of an open node with a label and without, of a filled one, and half the side of a square.
const NAMED: f64 = 17.0;
const BARE: f64 = 9.0;
const FILLED: f64 = 5.0;
const SQUARE: f64 = 12.0;
/// Room between a label and the end of its capsule, and between a node and a label beside it.
const WITHIN: f64 = 10.0;
const BESIDE: f64 = 6.0;
/// Inside of a square.
const GREY: RGBColor = RGBColor(222, 222, 222);
/// Room around a label on an edge.
const HALO: f64 = 2.0;

/// What stands out, in nodes and edges.
pub(super) const STRONG: RGBColor = PALETTE[1];

/// A node in its place.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    node: &'a Node,
    pub(super) at: Point,
    /// Half its width and half its height.
    pub(super) half: (f64, f64),
    text: String,
    /// Whether the text stands to its right.
    beside: bool,
    font: Font,
}

/// All nodes, placed so that none leaves the area.
pub(super) fn placed(nodes: &[Node], area: Area) -> Vec<Placed<'_>> {
    let named = nodes.iter().any(|node| node.shape == Shape::Open && !node.label.trim().is_empty());
    let radius = if named { NAMED } else { BARE };
    let mut placed: Vec<Placed<'_>> = nodes.iter().map(|node| Placed::new(node, radius, room(node, area))).collect();
    // What stands out on each side, less the nearer it is to the other side.
    let most = |reach: fn(&Placed<'_>) -> f64| placed.iter().map(reach).fold(0.0, f64::max);
    let left = most(|it| it.reach().0 * (1.0 - it.node.at.0));
    let right = most(|it| it.reach().1 * it.node.at.0);
    let top = most(|it| it.half.1 * (1.0 - it.node.at.1)) + 2.0;
    let bottom = most(|it| it.half.1 * it.node.at.1) + 2.0;
    for node in &mut placed {
        let (x, y) = node.node.at;
        let (before, after) = node.reach();
        let x = area.left + left + x * (area.width() - left - right);
        let y = area.top + top + y * (area.height() - top - bottom);
        node.at = (x.min(area.right - after).max(area.left + before), y);
    }
    placed
}

/// How long a label may be: nearly as wide as the area in its middle, about half of that at its sides.
fn room(node: &Node, area: Area) -> f64 {
    area.width() * (0.96 * (1.0 - 2.0 * (node.at.0 - 0.5).abs())).max(0.45)
}

impl<'a> Placed<'a> {
    fn new(node: &'a Node, radius: f64, room: f64) -> Self {
        let font = if node.strong { Font::bold(LABEL_SIZE) } else { Font::regular(LABEL_SIZE) };
        let text = font::fit(&node.label, font, room);
        let width = font::width(&text, font);
        let (half, beside) = match node.shape {
            Shape::Open if width + 5.0 <= 2.0 * radius => ((radius, radius), false),
            Shape::Open => ((width / 2.0 + WITHIN, radius), false),
            Shape::Filled => ((FILLED, FILLED), true),
            Shape::Square => ((SQUARE, SQUARE), width + 6.0 > 2.0 * SQUARE),
            Shape::Label => ((width / 2.0 + 4.0, LABEL_SIZE * 0.7), false),
        };
        Self { node, at: (0.0, 0.0), half, beside: beside && !text.is_empty(), text, font }
    }

    /// How far it goes to the left and to the right of its middle.
    fn reach(&self) -> (f64, f64) {
        let text = if self.beside { BESIDE + font::width(&self.text, self.font) } else { 0.0 };
        (self.half.0, self.half.0 + text)
    }

    /// What it covers with its text.
    pub(super) fn area(&self) -> Area {
        let ((x, y), (before, after)) = (self.at, self.reach());
        Area { left: x - before, right: x + after, top: y - self.half.1, bottom: y + self.half.1 }
    }

    /// Whether a point lies within its outline.
    pub(super) fn covers(&self, point: Point) -> bool {
        let (dx, dy) = ((point.0 - self.at.0).abs(), (point.1 - self.at.1).abs());
        let (wide, high) = self.half;
        match self.node.shape {
            Shape::Square | Shape::Label => dx <= wide && dy <= high,
            Shape::Open | Shape::Filled => (dx - (wide - high)).max(0.0).hypot(dy) <= high,
        }
    }

    pub(super) fn draw(&self, scene: &mut Scene) {
        let strong = self.node.strong;
        let (color, stroke) = if strong { (STRONG, 2.4) } else { (TEXT, 1.4) };
        match self.node.shape {
            Shape::Open => {
                self.draw_capsule(0.0, color, scene);
                self.draw_capsule(stroke, CARD, scene);
            }
            Shape::Filled => scene.disc(self.at, FILLED, color),
            Shape::Square => {
                scene.fill(self.square(0.0), if strong { color } else { SPINE });
                scene.fill(self.square(stroke), GREY);
            }
            Shape::Label => {}
        }
        let ink = if strong && matches!(self.node.shape, Shape::Filled | Shape::Label) { STRONG } else { TEXT };
        if self.beside {
            let at = (self.at.0 + self.half.0 + BESIDE, self.at.1);
            let width = font::width(&self.text, self.font);
            halo(Area { left: at.0, right: at.0 + width, top: at.1 - 7.0, bottom: at.1 + 7.0 }, scene);
            scene.text(at, &*self.text, self.font, ink, Align::Start);
        } else {
            scene.text(self.at, &*self.text, self.font, ink, Align::Middle);
        }
    }

    fn square(&self, inset: f64) -> Vec<Point> {
        let ((x, y), half) = (self.at, SQUARE - inset);
        Area { left: x - half, right: x + half, top: y - half, bottom: y + half }.corners()
    }

    /// A circle, drawn out to both sides where it is wider than high.
    fn draw_capsule(&self, inset: f64, color: RGBColor, scene: &mut Scene) {
        const STEPS: u32 = 16;
        let ((x, y), radius) = (self.at, self.half.1 - inset);
        let aside = self.half.0 - self.half.1;
        if aside < 1e-9 {
            scene.disc(self.at, radius, color);
            return;
        }
        let end = |side: f64| {
            (0..=STEPS).map(move |step| {
                let angle = std::f64::consts::PI * (f64::from(step) / f64::from(STEPS) - 0.5);
                (x + side * (aside + radius * angle.cos()), y + side * radius * angle.sin())
            })
        };
        scene.fill(end(1.0).chain(end(-1.0)).collect(), color);
    }
}

/// Makes room for a text over a line.
pub(super) fn halo(text: Area, scene: &mut Scene) {
    let around = Area { left: text.left - HALO, right: text.right + HALO, top: text.top, bottom: text.bottom };
    scene.fill(around.corners(), CARD);
}
