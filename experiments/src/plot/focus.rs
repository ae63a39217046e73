//! Where to look: an axis that a bad start does not own.

use super::{Panel, Scale, Series};

impl Panel {
    /// Cuts the vertical axis to the last three quarters of each curve, and the references, where the start would otherwise
    /// leave that less than a quarter of the height. A logarithmic axis is left as it is.
    pub fn focused(mut self) -> Self {
        if self.y_scale != Scale::Linear {
            return self;
        }
        let points = |series: &Series| -> Vec<(f64, f64)> {
            let all = series.x.iter().copied().zip(series.mean.iter().copied());
            all.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
        };
        let late = |series: &Series| -> Vec<f64> {
            let points = points(series);
            let (start, end) = bounds(points.iter().map(|(x, _)| *x));
            points.into_iter().filter(|(x, _)| *x >= start + (end - start) / 4.0).map(|(_, y)| y).collect()
        };
        let all = bounds(self.series.iter().flat_map(points).map(|(_, y)| y));
        let late = self.series.iter().flat_map(late);
        let (low, high) = bounds(late.chain(self.references.iter().map(|reference| reference.y)));
        if low < high && (all.1.max(high) - all.0.min(low)) > 4.0 * (high - low) {
            let margin = (high - low) / 10.0;
            self.y_range = Some((low - margin, high + margin));
        }
        self
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(mean: [f64; 5]) -> Panel {
        let series = Series { x: vec![0.0, 1.0, 2.0, 3.0, 4.0], mean: mean.into(), ..Series::default() };
        Panel { series: vec![series], ..Panel::default() }.focused()
    }

    #[test]
    fn a_bad_start_does_not_own_the_axis() {
        assert_eq!(panel([-10_000.0, -23.0, -15.0, -13.0, -13.0]).y_range, Some((-24.0, -12.0)));
        assert_eq!(panel([20.0, 100.0, 300.0, 500.0, 500.0]).y_range, None);
        assert_eq!(panel([0.0; 5]).y_range, None);
        assert_eq!(Panel::default().focused().y_range, None);
        // A curve that ends early is seen to its end.
        let short = Series { x: vec![0.0, 0.5], mean: vec![-10_000.0, -40.0], ..Series::default() };
        let long = panel([-10_000.0, -23.0, -15.0, -13.0, -13.0]);
        let both = Panel { series: vec![long.series[0].clone(), short], ..Panel::default() };
        assert_eq!(both.focused().y_range, Some((-42.7, -10.3)));
    }
}
