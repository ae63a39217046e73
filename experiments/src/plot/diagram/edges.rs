//! The edges of a diagram: from outline to outline, with an arrow and a label.

use super::super::font;
use super::super::scene::{Align, Area, Font, Point, Scene};
use super::super::theme::{MUTED, SPINE, TICK_SIZE};
use super::Edge;
use super::nodes::{Placed, STRONG, halo};

/// Straight pieces of a curved edge.
const PIECES: u32 = 40;
/// Radius of a loop, and how far its middle lies beyond the outline, in radii.
const LOOP: f64 = 14.0;
const BEYOND: f64 = 0.75;
/// Length of an arrow, and half its width.
const HEAD: f64 = 9.0;
const HALF_HEAD: f64 = 4.0;
/// Where along its edge a label may stand, the best first.
const PLACES: [f64; 9] = [0.5, 0.4, 0.6, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8];

/// Draws all edges, those that stand out on top, and then the labels, each where it covers the least.
pub(super) fn draw(edges: &[Edge], nodes: &[Placed<'_>], area: Area, scene: &mut Scene) {
    let routes: Vec<Option<Route>> = edges.iter().map(|edge| Route::new(edge, nodes)).collect();
    for strong in [false, true] {
        let drawn = edges.iter().zip(&routes).filter(|(edge, _)| edge.strong == strong);
        drawn.for_each(|(edge, route)| route.iter().for_each(|route| route.draw(edge, scene)));
    }
    let mut taken: Vec<Area> = nodes.iter().map(Placed::area).collect();
    let ways: Vec<Vec<Point>> =
        routes.iter().map(|route| route.as_ref().map_or_else(Vec::new, Route::points)).collect();
    for (index, (edge, route)) in edges.iter().zip(&routes).enumerate() {
        let font = if edge.strong { Font::bold(TICK_SIZE) } else { Font::regular(TICK_SIZE) };
        let text = font::fit(&edge.label, font, area.width() * 0.4);
        let (Some(route), false) = (route, text.is_empty()) else { continue };
        let half = (font::width(&text, font) / 2.0, TICK_SIZE * 0.6);
        let covered = |place: &Area| {
            let labels = taken.iter().filter(|other| meet(place, other)).count();
            let passes = |way: &Vec<Point>| way.iter().any(|point| place.holds(*point));
            let others = ways.iter().enumerate().filter(|(other, way)| *other != index && passes(way)).count();
            100 * labels + others
        };
        // The first of the best.
        let places = route.places(half).into_iter().map(|place| place.within(area));
        let Some(place) = places.min_by_key(covered) else { continue };
        halo(place, scene);
        scene.text(place.center(), text, font, if edge.strong { STRONG } else { MUTED }, Align::Middle);
        taken.push(place);
    }
}

fn meet(a: &Area, b: &Area) -> bool {
    a.left < b.right + 2.0 && b.left < a.right + 2.0 && a.top < b.bottom && b.top < a.bottom
}

/// The way of an edge: a curve over 0..=1, of which a part is drawn.
struct Route {
    curve: Curve,
    start: f64,
    end: f64,
}

enum Curve {
    /// A quadratic Bézier curve.
    Bow(Point, Point, Point),
    /// A circle around this point, begun at its lowest point (+1) or at its highest (−1).
    Loop(Point, f64),
}

impl Route {
    /// From outline to outline; `None` where the nodes leave nothing between them.
    fn new(edge: &Edge, nodes: &[Placed<'_>]) -> Option<Self> {
        let (from, to) = (nodes.get(edge.from)?, nodes.get(edge.to)?);
        let curve = if edge.from == edge.to {
            let side = if edge.curved < 0.0 { -1.0 } else { 1.0 };
            Curve::Loop((from.at.0, from.at.1 - side * (from.half.1 + BEYOND * LOOP)), side)
        } else {
            let (a, b) = (from.at, to.at);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            // The middle of the curve lies half as far out as this point. Heights run downwards, so left is (dy, −dx).
            let out = 2.0 * edge.curved;
            let pulled = (f64::midpoint(a.0, b.0) + out * dy, f64::midpoint(a.1, b.1) - out * dx);
            Curve::Bow(a, pulled, b)
        };
        let mut route = Self { curve, start: 0.0, end: 1.0 };
        let middle = route.at(0.5);
        if from.covers(middle) || to.covers(middle) {
            return None;
        }
        route.start = route.border(from, 0.0);
        route.end = route.border(to, 1.0);
        Some(route)
    }

    fn at(&self, along: f64) -> Point {
        match &self.curve {
            Curve::Bow(a, pulled, b) => {
                let (t, rest) = (along, 1.0 - along);
                let mixed = |a: f64, pulled: f64, b: f64| rest * rest * a + 2.0 * rest * t * pulled + t * t * b;
                (mixed(a.0, pulled.0, b.0), mixed(a.1, pulled.1, b.1))
            }
            Curve::Loop(middle, side) => {
                let angle = std::f64::consts::TAU * along;
                (middle.0 - LOOP * angle.sin(), middle.1 + side * LOOP * angle.cos())
            }
        }
    }

    /// Points all along what is drawn, close enough for no label to slip between them.
    fn points(&self) -> Vec<Point> {
        (0..=PIECES).map(|piece| self.at(self.along(f64::from(piece) / f64::from(PIECES)))).collect()
    }

    fn along(&self, part: f64) -> f64 {
        self.start + part * (self.end - self.start)
    }

    /// Where a label of such a size may stand, the best place first: on the edge, beside one that it would hide,
    /// outside a loop.
    fn places(&self, half: (f64, f64)) -> Vec<Area> {
        let around = |(x, y): Point| Area { left: x - half.0, right: x + half.0, top: y - half.1, bottom: y + half.1 };
        if let Curve::Loop(middle, side) = self.curve {
            return vec![around((middle.0, middle.1 - side * (LOOP + half.1 + 2.0)))];
        }
        let (a, b) = (self.at(self.start), self.at(self.end));
        let length = distance(a, b).max(1e-9);
        let across = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let hidden = 2.0 * (half.0 * across.0.abs() + half.1 * across.1.abs());
        if hidden + 2.5 * HEAD <= length {
            return PLACES.map(|part| around(self.at(self.along(part)))).into();
        }
        let out = half.0 * across.1.abs() + half.1 * across.0.abs() + 4.0;
        let middle = self.at(self.along(0.5));
        let beside = |side: f64| around((middle.0 + side * out * across.1, middle.1 - side * out * across.0));
        vec![beside(1.0), beside(-1.0)]
    }

    /// Where it crosses a node's outline, between an end inside and the middle outside.
    fn border(&self, node: &Placed<'_>, end: f64) -> f64 {
        let (mut inside, mut outside) = (end, 0.5);
        for _ in 0..40 {
            let between = f64::midpoint(inside, outside);
            if node.covers(self.at(between)) { inside = between } else { outside = between }
        }
        outside
    }

    fn draw(&self, edge: &Edge, scene: &mut Scene) {
        let (color, width) = if edge.strong { (STRONG, 2.4) } else { (SPINE, 1.3) };
        let tip = self.at(self.end);
        // The arrow begins where the curve comes within its length of the tip, and the line ends inside it.
        let mut shaft = self.end;
        if edge.directed {
            let step = (self.end - self.start) / 400.0;
            while shaft > self.start && distance(self.at(shaft), tip) < HEAD {
                shaft -= step;
            }
        }
        let straight = matches!(self.curve, Curve::Bow(..)) && edge.curved == 0.0;
        let pieces = if straight { 1 } else { PIECES };
        let end = if edge.directed { f64::midpoint(shaft, self.end) } else { self.end };
        let along = |piece: u32| self.start + (end - self.start) * f64::from(piece) / f64::from(pieces);
        scene.line((0..=pieces).map(|piece| self.at(along(piece))).collect(), color, width);
        let base = self.at(shaft);
        let length = distance(base, tip);
        if edge.directed && length > 1e-9 {
            let (x, y) = ((tip.0 - base.0) / length, (tip.1 - base.1) / length);
            let corner = |side: f64| (base.0 - side * HALF_HEAD * y, base.1 + side * HALF_HEAD * x);
            scene.fill(vec![tip, corner(1.0), corner(-1.0)], color);
        }
    }
}

fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}
