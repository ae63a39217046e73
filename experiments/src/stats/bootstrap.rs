//! Intervals by the stratified bootstrap (Agarwal et al. 2021): the runs of each environment are drawn from themselves
//! again, with replacement, and what is asked for is computed of these scores. Of all that was found so, the middle 95 %
//! are the interval.
//!
//! Scores are given as the runs of each environment, of which there may be different numbers.

use gymkhana_envs::Rng;

use super::{Aggregate, Interval};

/// What of the statistics of the resamples is below the interval; as much is above it.
const TAIL: f64 = 0.025;

/// The interval of a statistic.
///
/// # Panics
/// If there are no resamples.
pub fn interval(
    scores: &[Vec<f64>],
    resamples: usize,
    rng: &mut Rng,
    mut statistic: impl FnMut(&[Vec<f64>]) -> f64,
) -> Interval {
    let point = statistic(scores);
    let mut resampled = scores.to_vec();
    percentiles(&[point], enough(scores, resamples), |found| {
        resample(scores, &mut resampled, rng);
        found[0] = statistic(&resampled);
    })[0]
}

/// The intervals of each [`Aggregate`], in the order of [`Aggregate::ALL`], of the same resamples.
///
/// # Panics
/// If there are no resamples.
pub fn intervals(scores: &[Vec<f64>], resamples: usize, rng: &mut Rng) -> [Interval; 4] {
    let (mut resampled, mut buffer) = (scores.to_vec(), Vec::new());
    let points = Aggregate::ALL.map(|aggregate| aggregate.of(scores));
    let intervals = percentiles(&points, enough(scores, resamples), |found| {
        resample(scores, &mut resampled, rng);
        for (found, aggregate) in found.iter_mut().zip(Aggregate::ALL) {
            *found = aggregate.with(&mut buffer, &resampled);
        }
    });
    std::array::from_fn(|i| intervals[i])
}

/// How many resamples there need be: where no environment has more than one run, each is what is given.
pub(super) fn enough<T>(scores: &[Vec<T>], resamples: usize) -> usize {
    if scores.iter().all(|runs| runs.len() <= 1) { resamples.min(1) } else { resamples }
}

/// Draws as many runs of each environment as it has, each of all of them.
pub(super) fn resample<T: Copy>(from: &[Vec<T>], to: &mut [Vec<T>], rng: &mut Rng) {
    for (from, to) in from.iter().zip(to) {
        to.fill_with(|| from[rng.below(from.len())]);
    }
}

/// An interval round each of the points: `again` resamples, and gives what takes the place of each point then.
pub(super) fn percentiles(points: &[f64], resamples: usize, mut again: impl FnMut(&mut [f64])) -> Vec<Interval> {
    assert!(resamples > 0, "an interval needs resamples");
    let mut now = vec![f64::NAN; points.len()];
    let mut found = vec![f64::NAN; points.len() * resamples];
    for i in 0..resamples {
        again(&mut now);
        for (found, now) in found[i..].iter_mut().step_by(resamples).zip(&now) {
            *found = *now;
        }
    }
    let each = points.iter().zip(found.chunks_exact_mut(resamples));
    each.map(|(point, found)| {
        found.sort_unstable_by(f64::total_cmp);
        Interval { point: *point, low: quantile(found, TAIL), high: quantile(found, 1.0 - TAIL) }
    })
    .collect()
}

/// Between the two nearest of the sorted numbers linearly, as NumPy does.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_nearest_numbers() {
        let four = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.5, 0.75, 1.0].map(|part| quantile(&four, part)), [1.0, 3.0, 5.0, 8.0]);
        assert_eq!((quantile(&[7.0], 0.025), quantile(&[7.0], 0.975)), (7.0, 7.0));
    }

    #[test]
    fn runs_stay_in_their_environment() {
        let scores = [vec![1.0, 2.0], vec![], vec![30.0], vec![100.0, 200.0, 300.0]];
        let (mut resampled, mut rng, mut sums) = (scores.to_vec(), Rng::new(0), [0.0; 4]);
        for _ in 0..3_000 {
            resample(&scores, &mut resampled, &mut rng);
            for ((from, to), sum) in scores.iter().zip(&resampled).zip(&mut sums) {
                assert!(to.len() == from.len() && to.iter().all(|run| from.contains(run)), "{resampled:?}");
                *sum += to.iter().sum::<f64>() / 3_000.0;
            }
        }
        // Each run is drawn as often as the others; the standard errors are 0.013 and 2.6.
        assert!((sums[0] - 3.0).abs() < 0.06 && (sums[3] - 600.0).abs() < 12.0, "{sums:?}");
        assert_eq!(sums[1], 0.0);
    }

    #[test]
    fn the_interval_of_a_mean_is_two_standard_errors_wide_to_either_side() {
        // 0, …, 99: the standard error of the mean of 100 draws is √(833.25 / 100) = 2.8866.
        let scores = [(0..100).map(f64::from).collect::<Vec<_>>()];
        let found = interval(&scores, 20_000, &mut Rng::new(1), |scores| super::super::mean(&scores[0]));
        assert_eq!(found.point, 49.5);
        // An end has a standard error of √(0.025 · 0.975 / 20,000) / 0.0584 = 0.019 of these.
        let ends = [found.low, found.high].map(|end| (end - 49.5) / 2.8866);
        assert!((ends[0] + 1.96).abs() < 0.08 && (ends[1] - 1.96).abs() < 0.08, "{ends:?}");
    }

    #[test]
    fn the_four_are_those_of_one_statistic_at_a_time() {
        let scores = [vec![0.1, 0.4, 0.5], vec![1.5, 0.2], vec![-0.3, 0.9, 0.8, 0.7]];
        let four = intervals(&scores, 200, &mut Rng::new(5));
        for (found, aggregate) in four.iter().zip(Aggregate::ALL) {
            assert_eq!(*found, interval(&scores, 200, &mut Rng::new(5), |scores| aggregate.of(scores)));
            assert!(found.low < found.point && found.point < found.high, "{found:?}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_otherwise_is_drawn_once() {
        assert_eq!(enough(&[vec![0.5], vec![], vec![1.0]], 500), 1);
        assert_eq!((enough(&[vec![0.5], vec![1.0, 2.0]], 500), enough(&[vec![0.5]], 0)), (500, 0));
    }

    #[test]
    fn one_run_each_leaves_no_doubt_and_none_no_number() {
        let found = intervals(&[vec![0.5], vec![1.0]], 10, &mut Rng::new(0));
        assert!(found.iter().all(|found| found.low == found.point && found.high == found.point), "{found:?}");
        assert!(intervals(&[], 10, &mut Rng::new(0)).iter().all(|found| found.point.is_nan() && found.low.is_nan()));
    }
}
