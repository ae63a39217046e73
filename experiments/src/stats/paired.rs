//! Comparing two lists of which each number of one belongs to one of the other, such as scores of the same seed.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{Interval, half_interval, mean};

/// Up to here the distribution of the signed ranks is counted: there are fewer than 2⁵³ cases.
const MOST_COUNTED: usize = 50;

/// The mean of `a` − `b` with the 95 % interval of Student's t, which is a point for fewer than two pairs.
///
/// # Panics
/// If they are not equally long.
pub fn difference(a: &[f64], b: &[f64]) -> Interval {
    let differences = differences(a, b);
    let (point, half) = (mean(&differences), half_interval(&differences));
    Interval { point, low: point - half, high: point + half }
}

/// The two-sided p value of Wilcoxon's signed-rank test: how probable ranks so far apart, or further, are if `a` − `b` is as
/// often above 0 as below, whatever its size. Pairs without a difference are left out; 1 if none are left.
///
/// Equal differences share the mean of their ranks. Up to 50 pairs the distribution of these ranks is exact, with more
/// it is taken as normal, corrected for equal ranks and for continuity.
///
/// # Panics
/// If they are not equally long.
pub fn wilcoxon(a: &[f64], b: &[f64]) -> f64 {
    let mut differences = differences(a, b);
    differences.retain(|difference| *difference != 0.0);
    differences.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = differences.len();
    // Doubled, so that the mean of two ranks is a whole number.
    let (mut ranks, mut above, mut ties) = (Vec::with_capacity(n), 0, 0.0);
    for equal in differences.chunk_by(|a, b| a.abs() == b.abs()) {
        let rank = 2 * ranks.len() + equal.len() + 1;
        above += rank * equal.iter().filter(|difference| **difference > 0.0).count();
        ranks.extend(equal.iter().map(|_| rank));
        ties += (equal.len() as f64).powi(3) - equal.len() as f64;
    }
    let less = above.min(n * (n + 1) - above);
    if n <= MOST_COUNTED { exact(&ranks, less) } else { normal(n as f64, less as f64 / 2.0, ties) }
}

/// Twice the part of all ways to choose among `ranks` whose sum is at most `most`.
fn exact(ranks: &[usize], most: usize) -> f64 {
    // ways[s]: how many of them have the sum s.
    let mut ways = vec![0_u64; most + 1];
    ways[0] = 1;
    for rank in ranks {
        for sum in (*rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let all = (1_u64 << ranks.len()) as f64;
    (2.0 * ways.iter().sum::<u64>() as f64 / all).min(1.0)
}

/// The same if the lesser sum of ranks were normal.
fn normal(n: f64, less: f64, ties: f64) -> f64 {
    let (mean, variance) = (n * (n + 1.0) / 4.0, (n * (n + 1.0) * (2.0 * n + 1.0) - ties / 2.0) / 24.0);
    // A sum of whole numbers begins half of one before it.
    let z = ((less + 0.5 - mean) / variance.sqrt()).min(0.0);
    2.0 * Normal::standard().cdf(z)
}

fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    assert_eq!(a.len(), b.len(), "pairs");
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// p values of several tests, in their order, corrected so that the probability that any of those below 0.05 is so by
/// chance is below 0.05 (Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure").
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut corrected, mut greatest) = (vec![f64::NAN; p.len()], 0.0_f64);
    for (done, i) in order.into_iter().enumerate() {
        greatest = greatest.max((p.len() - done) as f64 * p[i]).min(1.0);
        corrected[i] = greatest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(differences: &[f64]) -> f64 {
        wilcoxon(differences, &vec![0.0; differences.len()])
    }

    #[test]
    fn the_difference_has_students_interval() {
        // 1, 2, 3, 4: t₀.₉₇₅,₃ · 1.2909944 / 2 = 2.0542603
        let found = difference(&[2.0, 4.0, 6.0, 8.0], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(found.point, 2.5);
        assert!((found.low - 0.445_739_7).abs() < 1e-6 && (found.high - 4.554_260_3).abs() < 1e-6, "{found:?}");
        assert_eq!(difference(&[3.0], &[1.0]), Interval { point: 2.0, low: 2.0, high: 2.0 });
    }

    #[test]
    fn few_signed_ranks_are_counted() {
        // All of one sign: 2 of 2ⁿ cases are so far apart.
        assert_eq!(signed(&[1.0, 2.0, 3.0, 4.0, 5.0]), 2.0 / 32.0);
        assert_eq!(signed(&[-1.0, -2.0, -3.0]), 0.25);
        // Ranks 1 against 2, 3, 4: sums of 0 and 1 are 2 of 16 cases.
        assert_eq!(signed(&[-1.0, 2.0, 3.0, 4.0]), 0.25);
        // 1 + 4 against 2 + 3
        assert_eq!(signed(&[1.0, -2.0, -3.0, 4.0]), 1.0);
        assert_eq!(signed(&[7.0]), 1.0);
    }

    #[test]
    fn equal_differences_share_their_ranks_and_zeros_are_left_out() {
        // Ranks 1.5, 1.5, 3, of which −1.5: the sums 0, 1.5, 1.5 are 3 of 8 cases.
        assert_eq!(signed(&[1.0, -1.0, 0.0, 2.0]), 0.75);
        assert_eq!(signed(&[1.0, 1.0, 1.0, 1.0, 0.0]), 0.125);
        assert_eq!((signed(&[0.0, 0.0]), signed(&[])), (1.0, 1.0));
    }

    #[test]
    fn counting_gives_what_trying_all_signs_gives() {
        for sizes in [vec![1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 5.0], vec![2.0; 8], vec![0.5, 1.0, 4.0, 4.0, 6.0, 7.0]] {
            let cases = 1_usize << sizes.len();
            let with_signs = |signs: usize| -> Vec<f64> {
                sizes.iter().enumerate().map(|(i, size)| if signs >> i & 1 == 1 { *size } else { -size }).collect()
            };
            let rank = |size: f64| {
                let below = sizes.iter().filter(|other| **other < size).count();
                let equal = sizes.iter().filter(|other| **other == size).count();
                below as f64 + f64::midpoint(equal as f64, 1.0)
            };
            let apart = |signs: usize| with_signs(signs).iter().map(|d| d.signum() * rank(d.abs())).sum::<f64>().abs();
            for signs in 0..cases {
                let as_far = (0..cases).filter(|other| apart(*other) >= apart(signs)).count();
                assert_eq!(signed(&with_signs(signs)), as_far as f64 / cases as f64);
            }
        }
    }

    #[test]
    fn many_signed_ranks_are_nearly_normal() {
        // Where both can be had they are near each other.
        let fifty: Vec<f64> = (1..=50).map(|i| if i % 3 == 0 { -f64::from(i) } else { f64::from(i) }).collect();
        let less: f64 = fifty.iter().filter(|x| **x < 0.0).map(|x| -x).sum();
        assert!((signed(&fifty) - normal(50.0, less, 0.0)).abs() < 1e-3, "{}", signed(&fifty));
        // Half against half: no difference at all.
        let balanced: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert_eq!(signed(&balanced), 1.0);
    }

    #[test]
    fn holm_steps_down() {
        // 4 · 0.005, 3 · 0.01, 2 · 0.03, and 0.04, which may not fall below the one before it.
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-12;
        assert!(found.iter().zip([0.03, 0.06, 0.06, 0.02]).all(near), "{found:?}");
        assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
