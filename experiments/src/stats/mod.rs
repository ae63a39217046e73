//! Statistics of a few numbers, and of the scores of agents on many environments.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

pub mod aggregate;
pub mod bootstrap;
pub mod improvement;
pub mod paired;
pub mod profile;

pub use aggregate::Aggregate;

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub point: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Mean; NaN of nothing.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Sample standard deviation; 0 for fewer than two numbers.
pub fn deviation(x: &[f64]) -> f64 {
    if x.len() < 2 {
        return 0.0;
    }
    let mean = mean(x);
    (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (x.len() - 1) as f64).sqrt()
}

/// Half the width of the 95 % interval of the mean by Student's t; 0 for fewer than two numbers.
pub fn half_interval(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    t(n) * deviation(x) / n.sqrt().max(1.0)
}

/// The 97.5 % quantile of Student's t of a mean of n numbers; 0 for fewer than two.
pub fn t(n: f64) -> f64 {
    StudentsT::new(0.0, 1.0, n - 1.0).map_or(0.0, |t| t.inverse_cdf(0.975))
}

/// The middle one; of two in the middle their mean. NaN for nothing.
pub fn median(xs: &[f64]) -> f64 {
    median_of(&mut xs.to_vec())
}

/// The same of numbers that may be put in order.
fn median_of(xs: &mut [f64]) -> f64 {
    xs.sort_unstable_by(f64::total_cmp);
    match xs.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => xs[n / 2],
        n => f64::midpoint(xs[n / 2 - 1], xs[n / 2]),
    }
}

/// The mean without the least and the greatest quarter, rounded down: one run that failed does not move it (Agarwal et al.
/// 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"). NaN for nothing.
pub fn interquartile_mean(xs: &[f64]) -> f64 {
    interquartile_mean_of(&mut xs.to_vec())
}

/// The same of numbers that may be put in order.
fn interquartile_mean_of(xs: &mut [f64]) -> f64 {
    xs.sort_unstable_by(f64::total_cmp);
    let cut = xs.len() / 4;
    mean(&xs[cut..xs.len() - cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interquartile_mean_leaves_out_the_quarters_at_both_ends() {
        assert_eq!(interquartile_mean(&[100.0, 2.0, 1.0, -50.0, 3.0]), 2.0);
        assert_eq!((interquartile_mean(&[1.0, 2.0, 6.0]), interquartile_mean(&[7.0])), (3.0, 7.0));
        // scipy.stats.trim_mean(x, 0.25)
        let ten = [192.0, 304.0, 490.0, 500.0, 500.0, 500.0, 500.0, 500.0, 500.0, 500.0];
        assert!((interquartile_mean(&ten) - 2_990.0 / 6.0).abs() < 1e-12);
        assert!(interquartile_mean(&[]).is_nan());
    }

    #[test]
    fn literal_numbers() {
        let x = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(mean(&x), 2.5);
        assert!((deviation(&x) - 1.290_994_4).abs() < 1e-6);
        // t₀.₉₇₅,₃ = 3.182446
        assert!((half_interval(&x) - 3.182_446 * 1.290_994_4 / 2.0).abs() < 1e-5);
        // Of n numbers 0, …, 0, √n the deviation is 1, so that the half interval is t₀.₉₇₅,ₙ₋₁/√n.
        for (n, t) in [(2, 12.7062), (3, 4.3027), (5, 2.7764), (10, 2.2622), (30, 2.0452)] {
            let mut x = vec![0.0; n];
            x[0] = (n as f64).sqrt();
            assert!((half_interval(&x) * (n as f64).sqrt() - t).abs() < 1e-4, "{n}");
        }
        assert_eq!((deviation(&[5.0]), half_interval(&[5.0])), (0.0, 0.0));
    }
}
