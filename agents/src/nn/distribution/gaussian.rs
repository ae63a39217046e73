//! A Gaussian distribution over controls with independent components: means μ and logarithms of deviations σ.
//!
//! ```text
//! ln π(a) = Σ [ −((a − μ)/σ)²/2 − ln σ − ½ ln 2π ]        H = Σ [ ln σ + ½ + ½ ln 2π ]
//! ```

use burn::tensor::Tensor;
use gymkhana_envs::Rng;

/// ½ ln 2π
const HALF_LN_2_PI: f64 = 0.918_938_533_204_672_7;

/// Draws a control.
#[inline]
pub fn sample(mean: &[f32], log_std: &[f32], rng: &mut Rng, action: &mut [f32]) {
    for ((a, mean), log_std) in action.iter_mut().zip(mean).zip(log_std) {
        *a = mean + log_std.exp() * rng.normal() as f32;
    }
}

/// ln π(a)
#[inline]
pub fn log_prob(mean: &[f32], log_std: &[f32], action: &[f32]) -> f32 {
    let one = |((a, mean), log_std): ((&f32, &f32), &f32)| {
        let z = (a - mean) / log_std.exp();
        -0.5 * z * z - log_std - HALF_LN_2_PI as f32
    };
    action.iter().zip(mean).zip(log_std).map(one).sum()
}

/// H
#[inline]
pub fn entropy_of(log_std: &[f32]) -> f32 {
    log_std.iter().map(|log_std| log_std + (0.5 + HALF_LN_2_PI) as f32).sum()
}

/// What a loss changes by with each mean, written, and each logarithm of a deviation, added, from what it changes by with
/// ln π(a) and H: ∂ ln π(a)/∂μ = z/σ, ∂ ln π(a)/∂ ln σ = z² − 1 with z = (a − μ)/σ, and ∂H/∂ ln σ = 1.
#[inline]
pub fn slopes(
    mean: &[f32],
    log_std: &[f32],
    action: &[f32],
    by_log_prob: f32,
    by_entropy: f32,
    to_mean: &mut [f32],
    to_log_std: &mut [f32],
) {
    for (((to_mean, to_log_std), (mean, log_std)), a) in
        to_mean.iter_mut().zip(to_log_std).zip(mean.iter().zip(log_std)).zip(action)
    {
        let deviation = log_std.exp();
        let z = (a - mean) / deviation;
        *to_mean = by_log_prob * z / deviation;
        *to_log_std += by_log_prob * (z * z - 1.0) + by_entropy;
    }
}

/// ln π(a), batch × 1: means and actions are batch × components, logarithms of deviations that or 1 × components.
pub fn log_probs(mean: Tensor<2>, log_std: Tensor<2>, actions: Tensor<2>) -> Tensor<2> {
    let z = (actions - mean) * (-log_std.clone()).exp();
    -(z.square() * 0.5 + log_std + HALF_LN_2_PI).sum_dim(1)
}

/// H, as many rows × 1 as there are of deviations.
pub fn entropy(log_std: Tensor<2>) -> Tensor<2> {
    (log_std + (0.5 + HALF_LN_2_PI)).sum_dim(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{matrix, to_vec};
    use burn::tensor::Device;

    #[test]
    fn literal_numbers_on_the_host_and_on_a_device() {
        let (mean, log_std, action) = ([1.0, -2.0], [0.0, 2.0_f32.ln()], [2.0, 2.0]);
        // −½ − 0 − 0.9189385, and −½·2² − ln 2 − 0.9189385
        let expected = -5.031_024;
        assert!((log_prob(&mean, &log_std, &action) - expected).abs() < 1e-6);
        let device = Device::flex();
        let row = |x: &[f32]| matrix(x, 2, &device);
        let found = to_vec(log_probs(row(&[mean, mean].concat()), row(&log_std), row(&[action, mean].concat())));
        assert!((found[0] - expected).abs() < 1e-6 && (found[1] - (expected + 2.5)).abs() < 1e-6, "{found:?}");
        // 2 · 1.4189385 + ln 2
        assert!((to_vec(entropy(row(&log_std)))[0] - 3.531_024_2).abs() < 1e-6);
    }

    #[test]
    fn draws_have_their_mean_and_deviation() {
        let (mut rng, mut sums) = (Rng::new(1), [0.0_f64; 2]);
        let n = 20_000;
        for _ in 0..n {
            let mut a = [0.0];
            sample(&[3.0], &[0.5_f32.ln()], &mut rng, &mut a);
            let off = f64::from(a[0]) - 3.0;
            sums = [sums[0] + off, sums[1] + off * off];
        }
        let [mean, square] = sums.map(|sum| sum / f64::from(n));
        assert!(mean.abs() < 0.015 && (square - 0.25).abs() < 0.01, "{mean} {square}");
    }

    #[test]
    fn gradients_by_hand() {
        let device = Device::flex();
        let mean = matrix(&[1.0, 4.0], 1, &device).autodiff().require_grad();
        let log_std = matrix(&[2.0_f32.ln()], 1, &device).autodiff().require_grad();
        let loss = log_probs(mean.clone(), log_std.clone(), matrix(&[3.0, 3.0], 1, &device)).sum();
        let gradients = loss.backward();
        // (a − μ)/σ² = 2/4 and −1/4; z² − 1 = 1 − 1 and ¼ − 1
        let close = |found: Vec<f32>, right: &[f32]| found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close(to_vec(mean.grad(&gradients).unwrap()), &[0.5, -0.25]));
        assert!(close(to_vec(log_std.grad(&gradients).unwrap()), &[-0.75]));
    }
}
