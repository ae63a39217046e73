//! Performance profiles (Agarwal et al. 2021; Dolan and Moré 2002): the part of runs that score above a threshold, over
//! thresholds. Where one agent's profile is above another's everywhere, it is better whatever one asks for.

use gymkhana_envs::Rng;

use super::{
    Interval,
    bootstrap::{enough, percentiles, resample},
};

/// How many resamples the bands of rliable are made of.
pub const RESAMPLES: usize = 2_000;

/// For each threshold the part of runs with a score above it, in the mean over the environments that have runs, and its
/// interval by the stratified bootstrap. Scores are given as the runs of each environment.
///
/// # Panics
/// If there are no resamples.
pub fn profile(scores: &[Vec<f64>], thresholds: &[f64], resamples: usize, rng: &mut Rng) -> Vec<Interval> {
    let mut order: Vec<usize> = (0..thresholds.len()).collect();
    order.sort_by(|a, b| thresholds[*a].total_cmp(&thresholds[*b]));
    // How many thresholds each run is above: that is all that matters of it.
    let passed = |score: &f64| order.partition_point(|i| thresholds[*i] < *score);
    let passed: Vec<Vec<usize>> =
        scores.iter().filter(|runs| !runs.is_empty()).map(|runs| runs.iter().map(passed).collect()).collect();

    let (mut resampled, mut counts) = (passed.clone(), vec![0; thresholds.len() + 1]);
    let mut points = vec![f64::NAN; thresholds.len()];
    parts(&passed, &mut counts, &mut points);
    let sorted = percentiles(&points, enough(&passed, resamples), |found| {
        resample(&passed, &mut resampled, rng);
        parts(&resampled, &mut counts, found);
    });
    let mut intervals = sorted.clone();
    for (interval, i) in sorted.into_iter().zip(order) {
        intervals[i] = interval;
    }
    intervals
}

/// The part of runs that passed more than 0, 1, 2, … thresholds.
fn parts(passed: &[Vec<usize>], counts: &mut [u32], parts: &mut [f64]) {
    parts.fill(0.0);
    for runs in passed {
        counts.fill(0);
        for passed in runs {
            counts[*passed] += 1;
        }
        let mut above = 0;
        for (part, count) in parts.iter_mut().zip(&counts[1..]).rev() {
            above += count;
            *part += f64::from(above) / runs.len() as f64;
        }
    }
    for part in parts {
        *part /= passed.len() as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(scores: &[Vec<f64>], thresholds: &[f64]) -> Vec<f64> {
        profile(scores, thresholds, 1, &mut Rng::new(0)).iter().map(|found| found.point).collect()
    }

    #[test]
    fn what_is_at_a_threshold_is_not_above_it() {
        let scores = [vec![0.0, 0.5], vec![0.5, 2.0]];
        assert_eq!(points(&scores, &[-1.0, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0]), [1.0, 0.75, 0.75, 0.25, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn thresholds_may_come_in_any_order_and_more_than_once() {
        let scores = [vec![0.0, 0.5], vec![0.5, 2.0]];
        assert_eq!(points(&scores, &[1.0, -1.0, 0.0, 1.0]), [0.25, 1.0, 0.75, 0.25]);
        assert!(points(&scores, &[]).is_empty());
    }

    #[test]
    fn environments_count_the_same_however_many_runs_they_have() {
        assert_eq!(points(&[vec![1.0], vec![], vec![0.0, 0.0, 0.0, 1.0]], &[0.5]), [f64::midpoint(1.0, 0.25)]);
        assert!(points(&[], &[0.5])[0].is_nan());
    }

    #[test]
    fn the_band_is_that_of_a_binomial() {
        // Half of 100 runs: the standard deviation of the part is 0.05.
        let scores = [(0..100).map(f64::from).collect::<Vec<_>>()];
        let found = profile(&scores, &[-1.0, 49.5, 200.0], RESAMPLES, &mut Rng::new(1));
        assert_eq!([(found[0].low, found[0].high), (found[2].low, found[2].high)], [(1.0, 1.0), (0.0, 0.0)]);
        assert!((found[1].low - 0.40).abs() < 0.015 && (found[1].high - 0.60).abs() < 0.015, "{found:?}");
    }
}
