//! Distributions side by side, as in figure 2.1 of Sutton and Barto.
//!
//! The outline of a violin is the Gaussian kernel density of its samples,
//!
//! ```text
//! p(y) = 1/(n h) Σᵢ φ((y − yᵢ)/h),    h = 0.9 min(s, IQR/1.34) n^(−1/5)    (Silverman 1986, eq. 3.31)
//! ```
//!
//! drawn from the smallest sample to the largest, all violins equally wide.

use super::axis;
use super::categories::Categories;
use super::frame::{Frame, Names, TICK, TICK_ROW, Vertical};
use super::legend::Legend;
use super::scene::{Area, Mark, Point, Scene};
use super::theme::{CURVE_WIDTH, HAIRLINE, PALETTE, SPINE, TEXT, VIOLIN};
use super::{Reference, Scale, gaps};
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

const MOST_VIOLINS: usize = 60;
/// Bins that the samples are counted in, and heights at which the density is taken.
const BINS: usize = 512;
const HEIGHTS: usize = 96;
/// Half the width of a violin, as part of its slot and in pixels at most.
const HALF_WIDTH: f64 = 0.42;
const WIDEST: f64 = 36.0;

/// Distributions side by side.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Violins {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// What the violins are.
    pub x_label: String,
    /// What was sampled, with its unit.
    pub y_label: String,
    /// The distributions, left to right.
    pub violins: Vec<Violin>,
    /// Horizontal lines to compare with.
    pub references: Vec<Reference>,
}

/// One distribution: its kernel density, with the mean marked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Violin {
    /// Name below the axis.
    pub label: String,
    /// The samples; those that are not finite do not count.
    #[serde(with = "gaps")]
    pub samples: Vec<f64>,
}

impl Violins {
    pub(super) fn check(&self) -> Result<()> {
        let count = self.violins.len();
        ensure!(count <= MOST_VIOLINS, "a panel holds at most {MOST_VIOLINS} violins, and this one has {count}");
        Ok(())
    }

    pub(super) fn vertical(&self) -> Vertical<'_> {
        Vertical { scale: Scale::Linear, range: None, references: &self.references }
    }

    pub(super) fn draw(&self, cell: Area, legend: &Legend, scene: &mut Scene) {
        let names = Names { title: &self.title, x_label: &self.x_label, y_label: &self.y_label };
        let shapes: Vec<Option<Shape>> = self.violins.iter().map(|violin| Shape::of(&violin.samples)).collect();
        let ends = || shapes.iter().flatten().flat_map(|shape| [shape.low, shape.high]);
        let count = self.violins.len().max(1) as f64;
        let framed = |below: f64| Frame::new(names, self.vertical(), ends(), cell, below);
        let slot = framed(TICK_ROW).area.width() / count;
        let labels = Categories::new(self.violins.iter().map(|violin| (violin.label.as_str(), slot)));
        let frame = framed(labels.height());
        let slot = frame.area.width() / count;

        frame.draw_titles(cell, scene);
        frame.draw_grid_and_ticks(scene);
        frame.draw_references(legend, scene);
        if shapes.iter().all(Option::is_none) {
            frame.draw_emptiness(scene);
        }
        let middle = |index: usize| frame.area.left + (index as f64 + 0.5) * slot;
        for (index, shape) in shapes.iter().enumerate() {
            let x = middle(index);
            scene.line(vec![(x, frame.area.bottom), (x, frame.area.bottom + TICK)], SPINE, HAIRLINE);
            if let Some(shape) = shape {
                shape.draw(x, (slot * HALF_WIDTH).min(WIDEST), |y| frame.height(y), scene);
            }
        }
        labels.draw((0..shapes.len()).map(middle), frame.area.bottom, scene);
    }
}

/// What is drawn of a distribution.
struct Shape {
    low: f64,
    high: f64,
    mean: f64,
    /// From low to high at even steps, the greatest being 1; empty where all samples are one value.
    density: Vec<f64>,
}

impl Shape {
    fn of(samples: &[f64]) -> Option<Self> {
        let mut samples: Vec<f64> = samples.iter().copied().filter(|value| axis::usable(*value)).collect();
        samples.sort_by(f64::total_cmp);
        let (low, high) = (*samples.first()?, *samples.last()?);
        let size = samples.len() as f64;
        // Divided first: the sum of usable values may be infinite.
        let mean = samples.iter().map(|value| value / size).sum();
        Some(Self { low, high, mean, density: density(&samples, low, high) })
    }

    fn draw(&self, x: f64, half: f64, height: impl Fn(f64) -> f64, scene: &mut Scene) {
        let color = PALETTE[0];
        let edge = |side: f64| -> Vec<Point> {
            let steps = (self.density.len().max(2) - 1) as f64;
            let at = |(index, density): (usize, &f64)| {
                (x + side * half * density, height(self.low + (self.high - self.low) * index as f64 / steps))
            };
            self.density.iter().enumerate().map(at).collect()
        };
        let mut outline = edge(-1.0);
        outline.extend(edge(1.0).into_iter().rev());
        if let Some(first) = outline.first().copied() {
            scene.marks.push(Mark::Fill { points: outline.clone(), color, opacity: VIOLIN });
            outline.push(first);
            scene.line(outline, color, HAIRLINE);
        }
        let y = height(self.mean);
        let tick = if self.density.is_empty() { half } else { half * 0.4 };
        scene.line(vec![(x - tick, y), (x + tick, y)], TEXT, CURVE_WIDTH);
    }
}

/// The kernel density of samples in order at even steps from the first to the last, the greatest being 1.
fn density(sorted: &[f64], low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    if !(span > 1e-9 * low.abs().max(high.abs()) && span > 1e-250) {
        return Vec::new();
    }
    let size = sorted.len() as f64;
    // In units of the span, where nothing overflows.
    let unit = |value: f64| ((value - low) / span).clamp(0.0, 1.0);
    let mean: f64 = sorted.iter().map(|value| unit(*value)).sum::<f64>() / size;
    let squares: f64 = sorted.iter().map(|value| (unit(*value) - mean).powi(2)).sum();
    let deviation = (squares / (size - 1.0).max(1.0)).sqrt();
    let quartile = |part: f64| unit(sorted[((size - 1.0) * part).round() as usize]);
    let spread = (quartile(0.75) - quartile(0.25)) / 1.34;
    // Half of the samples may be one value.
    let spread = if spread > 0.0 { spread.min(deviation) } else { deviation };
    let bandwidth = (0.9 * spread * size.powf(-0.2)).max(0.5 / BINS as f64);

    let mut bins = [0.0; BINS];
    for value in sorted {
        bins[(unit(*value) * (BINS - 1) as f64).round() as usize] += 1.0;
    }
    let at = |step: usize| -> f64 {
        let height = step as f64 / (HEIGHTS - 1) as f64;
        let kernel = |bin: usize| {
            let distance = (bin as f64 / (BINS - 1) as f64 - height) / bandwidth;
            (-0.5 * distance * distance).exp()
        };
        bins.iter().enumerate().filter(|(_, count)| **count > 0.0).map(|(bin, count)| count * kernel(bin)).sum()
    };
    let density: Vec<f64> = (0..HEIGHTS).map(at).collect();
    let most = density.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    density.iter().map(|density| density / most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_density_of_two_samples_has_two_humps() {
        let shape = Shape::of(&[f64::NAN, 3.0, 1.0]).unwrap();
        assert_eq!((shape.low, shape.high, shape.mean), (1.0, 3.0, 2.0));
        // In units of the span: s = 0.7071, IQR/1.34 = 0.7463, h = 0.9 · 0.7071 · 2^(−1/5) = 0.5540. Between the two
        // steps about the middle, at 47/95 and 48/95, the density is 2 exp(−½ (0.5/h)²) = 1.3308 nearly; at the ends
        // 1 + exp(−½ (1/h)²) = 1.1961.
        assert!((shape.density[0] - 1.1961 / 1.3308).abs() < 1e-3, "{}", shape.density[0]);
        assert!((shape.density[47] - 1.0).abs() < 1e-9 && (shape.density[48] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn constants_and_nothing_have_no_outline() {
        let shape = Shape::of(&[2.0; 5]).unwrap();
        assert_eq!((shape.mean, shape.density.len()), (2.0, 0));
        assert!(Shape::of(&[]).is_none() && Shape::of(&[f64::NAN]).is_none());
        assert!(Shape::of(&[-1e300, 1e300, 1e300]).unwrap().density.iter().all(|density| density.is_finite()));
    }
}
