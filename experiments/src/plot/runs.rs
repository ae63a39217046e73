//! Several seeds' curves brought to one mean with its confidence band.

use super::{LineStyle, Series};
use crate::stats;

/// A curve has no use for more points than an image has columns.
const MOST_POINTS: usize = 1000;

impl Series {
    /// Mean and 95 % confidence band of several independent runs, each given as its positions and its values.
    ///
    /// The band is mean ± t₀.₉₇₅,ₙ₋₁ · s/√n (Student's t, s with n − 1): an interval for the mean, not for the runs.
    /// One run alone has no band.
    ///
    /// Runs at the same positions are averaged there. Otherwise they are interpolated linearly over the range common
    /// to all of them, at the union of their positions inside it (at 1000 even steps where that is more); without
    /// a common range the series is empty. Within a run, points are put in order, a position that is not finite is
    /// dropped, and of two values at one position the later stands. Where a run has a gap, so has the series, for
    /// a mean over the runs that remain would be another quantity. Runs without points do not count.
    pub fn of_runs(label: impl Into<String>, runs: &[(Vec<f64>, Vec<f64>)]) -> Self {
        let runs: Vec<Run> = runs.iter().map(|(x, y)| Run::new(x, y)).filter(|run| !run.x.is_empty()).collect();
        let x = common_grid(&runs);
        let columns = x.iter().map(|position| interval(&runs.iter().map(|run| run.at(*position)).collect::<Vec<_>>()));
        let (mean, half): (Vec<f64>, Vec<f64>) = columns.unzip();
        let edge = |side: f64| mean.iter().zip(&half).map(|(mean, half)| mean + side * half).collect();
        let (low, high) = if runs.len() > 1 { (edge(-1.0), edge(1.0)) } else { (Vec::new(), Vec::new()) };
        Self { label: label.into(), x, mean, low, high, style: LineStyle::Solid }
    }

    /// The same of at most so many points, two at least: of more, as many evenly chosen, the first and the last among them.
    pub fn thinned(self, most: usize) -> Self {
        let (count, most) = (self.x.len(), most.max(2));
        if count <= most {
            return self;
        }
        let kept: Vec<usize> = (0..most).map(|place| (place * (count - 1) + (most - 1) / 2) / (most - 1)).collect();
        let of = |column: &[f64]| kept.iter().filter_map(|at| column.get(*at).copied()).collect();
        Self { x: of(&self.x), mean: of(&self.mean), low: of(&self.low), high: of(&self.high), ..self }
    }
}

/// One run, in order and without doubles.
struct Run {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Run {
    fn new(x: &[f64], y: &[f64]) -> Self {
        let mut points: Vec<(f64, f64)> =
            x.iter().copied().zip(y.iter().copied()).filter(|point| point.0.is_finite()).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (x, y) = points.chunk_by(|a, b| a.0 == b.0).filter_map(|same| same.last().copied()).unzip();
        Self { x, y }
    }

    /// The value at a position between the first and the last.
    fn at(&self, position: f64) -> f64 {
        let after = self.x.partition_point(|x| *x < position);
        match (after.checked_sub(1), self.x.get(after)) {
            (_, Some(x)) if *x == position => self.y[after],
            (Some(before), Some(x)) => {
                let along = (position - self.x[before]) / (x - self.x[before]);
                self.y[before] + along * (self.y[after] - self.y[before])
            }
            _ => f64::NAN,
        }
    }
}

/// The positions at which the runs are compared.
fn common_grid(runs: &[Run]) -> Vec<f64> {
    let Some(first) = runs.first() else { return Vec::new() };
    if runs.iter().all(|run| run.x == first.x) {
        return first.x.clone();
    }
    let start = runs.iter().fold(f64::NEG_INFINITY, |start, run| start.max(run.x[0]));
    let end = runs.iter().fold(f64::INFINITY, |end, run| end.min(run.x[run.x.len() - 1]));
    let mut grid: Vec<f64> =
        runs.iter().flat_map(|run| &run.x).copied().filter(|x| (start..=end).contains(x)).collect();
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    if grid.len() > MOST_POINTS {
        let last = (MOST_POINTS - 1) as f64;
        // The ends are taken as they are: a rounding beyond them would be outside the range.
        let between = |i: usize| (start + (end - start) * (i as f64 / last)).clamp(start, end);
        grid = (0..MOST_POINTS).map(|i| if i == MOST_POINTS - 1 { end } else { between(i) }).collect();
    }
    grid
}

/// Mean of the values and half the width of its 95 % interval; NaN where a value is missing.
fn interval(values: &[f64]) -> (f64, f64) {
    (stats::mean(values), stats::half_interval(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-4
    }

    #[test]
    fn long_curves_keep_their_ends() {
        let x: Vec<f64> = (0..1000).map(f64::from).collect();
        let series = Series { mean: x.clone(), x, ..Series::default() }.thinned(30);
        assert_eq!((series.x.len(), series.x[0], series.mean[29], series.low.len()), (30, 0.0, 999.0, 0));
        assert_eq!(series.clone().thinned(30), series);
    }

    #[test]
    fn the_band_is_t_times_the_standard_error() {
        let runs: Vec<_> = [1.0, 2.0, 3.0].map(|y| (vec![0.0, 5.0], vec![y, 10.0])).into();
        let series = Series::of_runs("a", &runs);
        assert_eq!((series.x.as_slice(), series.mean.as_slice()), ([0.0, 5.0].as_slice(), [2.0, 10.0].as_slice()));
        // s = 1, n = 3: 4.3027 / √3 = 2.4841
        assert!(close(series.low[0], -0.4841) && close(series.high[0], 4.4841), "{series:?}");
        assert_eq!((series.low[1], series.high[1]), (10.0, 10.0));
    }

    #[test]
    fn unequal_grids_meet_on_the_range_they_share() {
        let runs = [(vec![0.0, 10.0, 20.0], vec![0.0, 10.0, 20.0]), (vec![15.0, 5.0], vec![35.0, 25.0])];
        let series = Series::of_runs("a", &runs);
        assert_eq!(series.x, [5.0, 10.0, 15.0]);
        assert_eq!(series.mean, [15.0, 20.0, 25.0]);
        let apart = [(vec![0.0, 1.0], vec![0.0, 1.0]), (vec![2.0, 3.0], vec![0.0, 1.0])];
        assert!(Series::of_runs("a", &apart).x.is_empty());
    }

    #[test]
    fn a_dense_union_is_resampled_to_its_ends() {
        let run = |shift: f64| -> (Vec<f64>, Vec<f64>) { (0..5000).map(|i| (f64::from(i) + shift, 1.0)).unzip() };
        let series = Series::of_runs("a", &[run(0.0), run(0.3)]);
        assert_eq!((series.x.len(), series.x[0], series.x[999]), (1000, 0.3, 4999.0));
        assert!(series.mean.iter().all(|mean| *mean == 1.0));
    }

    #[test]
    fn one_run_has_no_band_and_none_no_points() {
        let one = Series::of_runs("a", &[(vec![0.0, 1.0], vec![3.0, 4.0]), (vec![], vec![])]);
        assert_eq!((one.mean.as_slice(), one.low.len(), one.high.len()), ([3.0, 4.0].as_slice(), 0, 0));
        assert!(Series::of_runs("a", &[]).x.is_empty());
    }

    #[test]
    fn a_gap_in_one_run_is_a_gap_in_the_mean() {
        let runs = [(vec![0.0, 1.0, 2.0], vec![1.0, f64::NAN, 1.0]), (vec![0.0, 1.0, 2.0], vec![3.0, 3.0, 3.0])];
        let series = Series::of_runs("a", &runs);
        assert_eq!((series.mean[0], series.mean[2]), (2.0, 2.0));
        assert!(series.mean[1].is_nan() && series.low[1].is_nan());
    }

    #[test]
    fn disorder_within_a_run_is_put_right() {
        let messy = (vec![2.0, f64::NAN, 1.0, 2.0], vec![5.0, 9.0, 4.0, 6.0]);
        let series = Series::of_runs("a", &[messy]);
        assert_eq!((series.x, series.mean), (vec![1.0, 2.0], vec![4.0, 6.0]));
    }
}
