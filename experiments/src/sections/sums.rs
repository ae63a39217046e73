//! Means over runs with their 95 % bands, kept as sums: of many thousand runs nothing else need be remembered.

use crate::{
    plot::{LineStyle, Series},
    stats,
};

/// What was measured at each of some places, summed over runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    runs: f64,
    sum: Vec<f64>,
    square: Vec<f64>,
}

impl Sums {
    /// Of runs that measured at the same places.
    pub(super) fn of<R: AsRef<[f64]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut sums = Self::default();
        rows.into_iter().for_each(|row| sums.add(row.as_ref()));
        sums
    }

    /// Of sums over so many runs, and of the sums of the squares.
    pub(super) fn new(runs: f64, sum: Vec<f64>, square: Vec<f64>) -> Self {
        Self { runs, sum, square }
    }

    /// One run more.
    pub(super) fn add(&mut self, row: &[f64]) {
        self.runs += 1.0;
        self.sum.resize(row.len(), 0.0);
        self.square.resize(row.len(), 0.0);
        self.sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        self.square.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
    }

    /// The mean at each place.
    pub(super) fn mean(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.runs).collect()
    }

    /// Half the width of the 95 % interval of each mean; 0 of one run.
    pub(super) fn half(&self) -> Vec<f64> {
        let (n, t) = (self.runs, stats::t(self.runs));
        // What rounding leaves below 0 is 0.
        let variance = |(sum, square): (&f64, &f64)| ((square - sum * sum / n) / (n - 1.0).max(1.0)).max(0.0);
        self.sum.iter().zip(&self.square).map(|place| t * (variance(place) / n).sqrt()).collect()
    }

    /// The curve with its band; `x` are the places. Values are shown `times` as large.
    pub(super) fn curve(
        &self,
        label: impl Into<String>,
        x: impl IntoIterator<Item = f64>,
        times: f64,
        style: LineStyle,
    ) -> Series {
        let series =
            Series { label: label.into(), x: x.into_iter().take(self.sum.len()).collect(), style, ..Series::default() };
        let scaled = |values: Vec<f64>| values.into_iter().map(|x| times * x).collect::<Vec<_>>();
        banded(series, scaled(self.mean()), &scaled(self.half()))
    }
}

/// A curve of means with a band of that half width around each; none where a single run has none.
pub(super) fn banded(series: Series, mean: Vec<f64>, half: &[f64]) -> Series {
    if half.iter().all(|half| *half == 0.0) {
        return Series { mean, ..series };
    }
    let edge = |side: f64| mean.iter().zip(half).map(|(mean, half)| mean + side * half).collect();
    Series { low: edge(-1.0), high: edge(1.0), mean, ..series }
}

/// A run's values, so many at a time: their means.
pub(super) fn blocks(run: &[f64], length: usize) -> Vec<f64> {
    run.chunks(length).map(stats::mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_give_the_interval_of_the_runs() {
        let sums = Sums::of([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0], [4.0, 5.0]]);
        let (mean, half) = (sums.mean(), sums.half());
        assert_eq!(mean, [2.5, 5.0]);
        // t₀.₉₇₅,₃ = 3.182446, s = √(5/3)
        assert!((half[0] - 3.182_446 * (5.0_f64 / 3.0).sqrt() / 2.0).abs() < 1e-5 && half[1] == 0.0, "{half:?}");
        let curve = sums.curve("", [0.0, 1.0], 2.0, LineStyle::Solid);
        assert_eq!((curve.low[0], curve.high[0]), (5.0 - 2.0 * half[0], 5.0 + 2.0 * half[0]));
        assert!(Sums::of([[1.0]]).curve("", [0.0], 1.0, LineStyle::Solid).low.is_empty());
        assert_eq!(blocks(&[1.0, 3.0, 5.0], 2), [2.0, 5.0]);
    }
}
