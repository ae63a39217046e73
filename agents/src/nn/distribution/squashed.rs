//! A Gaussian through tanh: controls a = tanh u within ±1, u Gaussian.
//!
//! ```text
//! ln π(a) = ln N(u; μ, σ) − Σ ln(1 − tanh² u),        ln(1 − tanh² u) = 2 (ln 2 − u − softplus(−2u))
//! ```
//!
//! Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", appendix C. The second form is exact also where
//! tanh² u is 1 in 32 bits. Log-probabilities are of u, since u cannot be had from a there.

use burn::tensor::{Tensor, activation::softplus};
use gymkhana_envs::Rng;

use super::gaussian;

/// Draws a control; gives ln π(a). `raw` is u.
#[inline]
pub fn sample(mean: &[f32], log_std: &[f32], rng: &mut Rng, raw: &mut [f32], action: &mut [f32]) -> f32 {
    gaussian::sample(mean, log_std, rng, raw);
    mode(raw, action);
    log_prob(mean, log_std, raw)
}

/// The control that the mean gives.
#[inline]
pub fn mode(mean: &[f32], action: &mut [f32]) {
    action.iter_mut().zip(mean).for_each(|(a, mean)| *a = mean.tanh());
}

/// ln π(tanh u)
#[inline]
pub fn log_prob(mean: &[f32], log_std: &[f32], raw: &[f32]) -> f32 {
    let slope = |u: f32| {
        let softplus = (-2.0 * u).max(0.0) + (-2.0 * u.abs()).exp().ln_1p();
        2.0 * (std::f32::consts::LN_2 - u - softplus)
    };
    gaussian::log_prob(mean, log_std, raw) - raw.iter().map(|u| slope(*u)).sum::<f32>()
}

/// ln π(tanh u), batch × 1, shapes as in [`gaussian::log_probs`].
pub fn log_probs(mean: Tensor<2>, log_std: Tensor<2>, raw: Tensor<2>) -> Tensor<2> {
    let slope = (-softplus(raw.clone() * -2.0, 1.0) - raw.clone() + std::f64::consts::LN_2) * 2.0;
    gaussian::log_probs(mean, log_std, raw) - slope.sum_dim(1)
}

/// Controls as a function of the parameters, u = μ + σ ε with standard normal noise ε, batch × components, and their
/// ln π, batch × 1.
pub fn reparameterized(mean: Tensor<2>, log_std: Tensor<2>, noise: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let raw = mean.clone() + log_std.clone().exp() * noise;
    (raw.clone().tanh(), log_probs(mean, log_std, raw))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{matrix, to_vec};
    use burn::tensor::Device;

    #[test]
    fn literal_numbers_on_the_host_and_on_a_device() {
        // u = 0: −0.9189385 − ln 1. u = 1: −½ − 0.9189385 − ln(1 − 0.7615942²) = −1.4189385 + 0.8675617.
        // u = ±20: −200 − 0.9189385 + 40 − 2 ln 2, where 1 − tanh² is 0 in 32 bits.
        let raw = [0.0, 1.0, 20.0, -20.0];
        let expected = [-0.918_938_5, -0.551_376_8, -162.305_23, -162.305_23];
        let device = Device::flex();
        let (row, log_std) = (|x: &[f32]| matrix(x, 1, &device), [0.0]);
        let on_device = to_vec(log_probs(row(&[0.0; 4]), row(&log_std), row(&raw)));
        for ((u, on_device), expected) in raw.iter().zip(on_device).zip(expected) {
            let on_host = log_prob(&[0.0], &log_std, &[*u]);
            assert!((on_host - expected).abs() < 2e-6 * expected.abs().max(1.0), "{u}: {on_host}");
            assert!((on_device - expected).abs() < 2e-6 * expected.abs().max(1.0), "{u}: {on_device}");
        }
        let (mut u, mut a) = ([0.0], [0.0]);
        let drawn = sample(&[0.3], &[-1.0], &mut Rng::new(2), &mut u, &mut a);
        assert!(a[0] == u[0].tanh() && drawn == log_prob(&[0.3], &[-1.0], &u));
        mode(&[1.0], &mut a);
        assert!((a[0] - 0.761_594_2).abs() < 1e-6);
    }

    #[test]
    fn gradients_reach_mean_and_deviation_through_the_draw() {
        let device = Device::flex();
        let mean = matrix(&[0.5], 1, &device).autodiff().require_grad();
        let log_std = matrix(&[0.0], 1, &device).autodiff().require_grad();
        let (action, log_prob) = reparameterized(mean.clone(), log_std.clone(), matrix(&[0.5], 1, &device));
        assert!((to_vec(action.inner())[0] - 0.761_594_2).abs() < 1e-6);
        let gradients = log_prob.sum().backward();
        // u = μ + σ ε = 1. The Gaussian's part is −ε²/2 − ln σ: 0 in μ, −1 in ln σ. The slope's is 2 tanh u ∂u: ∂u/∂μ is 1,
        // ∂u/∂ln σ is σ ε = ½.
        assert!((to_vec(mean.grad(&gradients).unwrap())[0] - 1.523_188_3).abs() < 1e-5);
        assert!((to_vec(log_std.grad(&gradients).unwrap())[0] - (-1.0 + 0.761_594_2)).abs() < 1e-5);
    }
}
