//! How probable it is that a run of one agent scores more than a run of another (Agarwal et al. 2021): the statistic of
//! Mann and Whitney's U test on each environment, in the mean over environments. It says nothing of how much more.

use gymkhana_envs::Rng;

use super::{
    Interval,
    bootstrap::{enough, percentiles, resample},
};

/// The probability that a run of `x` scores more than one of `y`, where equal scores count half, in the mean over the
/// environments on which both have runs, with its interval by the stratified bootstrap. NaN where there is no such
/// environment.
///
/// Both are given as the runs of each environment, and both for the same environments in the same order.
///
/// # Panics
/// If the numbers of environments differ, or there are no resamples.
pub fn probability(x: &[Vec<f64>], y: &[Vec<f64>], resamples: usize, rng: &mut Rng) -> Interval {
    assert_eq!(x.len(), y.len(), "runs on the same environments");
    let both = x.iter().zip(y).filter(|(x, y)| !x.is_empty() && !y.is_empty());
    let (x, y): (Vec<_>, Vec<_>) = both.map(|(x, y)| places(x, y)).unzip();
    let longest = x.iter().zip(&y).map(|(x, y)| x.len() + y.len()).max().unwrap_or(0);
    let (mut some_x, mut some_y, mut counts) = (x.clone(), y.clone(), vec![0; longest]);
    let point = mean_part(&x, &y, &mut counts);
    percentiles(&[point], enough(&x, resamples).max(enough(&y, resamples)), |found| {
        resample(&x, &mut some_x, rng);
        resample(&y, &mut some_y, rng);
        found[0] = mean_part(&some_x, &some_y, &mut counts);
    })[0]
}

/// The place of each score among those of both, from the least on; equal scores have the same place.
fn places(x: &[f64], y: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut sorted: Vec<f64> = x.iter().chain(y).copied().collect();
    sorted.sort_by(f64::total_cmp);
    let place = |score: &f64| sorted.partition_point(|other| other < score);
    (x.iter().map(place).collect(), y.iter().map(place).collect())
}

fn mean_part(x: &[Vec<usize>], y: &[Vec<usize>], counts: &mut [u32]) -> f64 {
    x.iter().zip(y).map(|(x, y)| part(x, y, counts)).sum::<f64>() / x.len() as f64
}

/// The part of pairs in which `x` has the greater place.
fn part(x: &[usize], y: &[usize], counts: &mut [u32]) -> f64 {
    let counts = &mut counts[..x.len() + y.len()];
    counts.fill(0);
    for place in y {
        counts[*place] += 1;
    }
    // Twice the runs of y that one at each place is better than.
    let mut below = 0;
    for count in &mut *counts {
        let here = *count;
        *count = 2 * below + here;
        below += here;
    }
    let twice: u64 = x.iter().map(|place| u64::from(counts[*place])).sum();
    twice as f64 / (2 * x.len() * y.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
        probability(x, y, 1, &mut Rng::new(0)).point
    }

    #[test]
    fn equal_scores_count_half() {
        // 3 beats all of 0, 1, 2; 1 beats 0 and ties with 1.
        assert_eq!(point(&[vec![3.0, 1.0]], &[vec![0.0, 1.0, 2.0]]), 4.5 / 6.0);
        assert_eq!(point(&[vec![0.0, 1.0, 2.0]], &[vec![3.0, 1.0]]), 1.5 / 6.0);
        assert_eq!(point(&[vec![5.0, 5.0]], &[vec![5.0]]), 0.5);
        // They are the same number.
        assert_eq!(point(&[vec![0.0]], &[vec![-0.0]]), 0.5);
    }

    #[test]
    fn environments_that_only_one_has_do_not_count() {
        let x = [vec![1.0, 1.0, 1.0], vec![9.0], vec![], vec![0.0]];
        let y = [vec![0.0], vec![], vec![9.0], vec![0.0, 1.0]];
        assert_eq!(point(&x, &y), f64::midpoint(1.0, 0.25));
        assert!(point(&x[1..2], &y[1..2]).is_nan());
    }

    #[test]
    fn the_counts_are_those_of_all_pairs() {
        let mut rng = Rng::new(4);
        for (n, m) in [(1, 1), (2, 7), (12, 5), (30, 30)] {
            let mut draw = |n: usize| (0..n).map(|_| rng.below(9) as f64).collect::<Vec<_>>();
            let (x, y) = (draw(n), draw(m));
            let pair = |x: f64, y: f64| f64::from(u8::from(x > y) + u8::from(x >= y)) / 2.0;
            let sum: f64 = x.iter().flat_map(|x| y.iter().map(move |y| pair(*x, *y))).sum();
            assert_eq!(point(&[x], &[y]), sum / (n * m) as f64);
        }
    }

    #[test]
    fn the_interval_holds_the_probability_and_is_as_wide_as_its_runs_are_few() {
        let runs = |n: u32, shift: f64| (0..n).map(|i| f64::from(i) / f64::from(n) + shift).collect::<Vec<_>>();
        let width = |n: u32| {
            let found = probability(&[runs(n, 0.2)], &[runs(n, 0.0)], 2_000, &mut Rng::new(2));
            assert!(found.low < found.point && found.point < found.high, "{found:?}");
            found.high - found.low
        };
        assert!((width(10) / width(160) - 4.0).abs() < 0.5);
    }
}
