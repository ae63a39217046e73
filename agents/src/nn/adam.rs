//! Adam over one flat parameter vector.
//!
//! Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1:
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
//! θ ← θ − α · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//! ```

use burn::tensor::{Device, Tensor};
use gymkhana_envs::Error;
use serde::{Deserialize, Serialize};

use super::tensors::{to_vec, vector};

/// Adam's decay of the mean gradient, β₁.
const BETA_1: f64 = 0.9;
/// Adam's decay of the mean squared gradient, β₂.
const BETA_2: f64 = 0.999;

/// The optimiser's memory.
#[derive(Clone, Debug)]
pub struct Adam {
    m: Tensor<1>,
    v: Tensor<1>,
    t: i32,
    epsilon: f64,
}

/// Adam's memory on the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdamState {
    m: Vec<f32>,
    v: Vec<f32>,
    t: i32,
}

impl Adam {
    /// For a vector of `n` parameters. The paper's ε is 1e-8, as is PyTorch's; burn's own optimiser begins with 1e-5.
    pub fn new(n: usize, epsilon: f64, device: &Device) -> Self {
        Self { m: Tensor::zeros([n], device), v: Tensor::zeros([n], device), t: 0, epsilon }
    }

    /// The parameters after a step along `gradient` with step size α.
    pub fn step(&mut self, theta: Tensor<1>, gradient: Tensor<1>, alpha: f64) -> Tensor<1> {
        self.t = self.t.saturating_add(1);
        self.m = self.m.clone() * BETA_1 + gradient.clone() * (1.0 - BETA_1);
        self.v = self.v.clone() * BETA_2 + gradient.square() * (1.0 - BETA_2);
        let (fix_m, fix_v) = (1.0 - BETA_1.powi(self.t), 1.0 - BETA_2.powi(self.t));
        // (m/c₁)/(√(v/c₂) + ε) = (m·√c₂/c₁)/(√v + ε√c₂): two passes over the vector fewer.
        let denominator = self.v.clone().sqrt() + self.epsilon * fix_v.sqrt();
        theta - self.m.clone() / denominator * (alpha * fix_v.sqrt() / fix_m)
    }

    /// What it remembers, on the host.
    pub fn state(&self) -> AdamState {
        AdamState { m: to_vec(self.m.clone()), v: to_vec(self.v.clone()), t: self.t }
    }

    /// Puts back what [`state`](Self::state) took.
    ///
    /// # Errors
    /// If it is for another number of parameters.
    pub fn set_state(&mut self, state: AdamState, device: &Device) -> Result<(), Error> {
        let n = self.m.dims()[0];
        if (state.m.len(), state.v.len()) != (n, n) {
            return Err(Error::State(format!("an optimiser of {} parameters, not {n}", state.m.len())));
        }
        (self.m, self.v, self.t) = (vector(state.m, device), vector(state.v, device), state.t);
        Ok(())
    }
}

/// The gradient, scaled down where its Euclidean norm is above `max`.
pub fn clip_global_norm(gradient: Tensor<1>, max: f64) -> Tensor<1> {
    let norm = gradient.clone().square().sum().sqrt();
    gradient * (norm + 1e-6).recip().mul_scalar(max).clamp_max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_by_hand() {
        let device = Device::flex();
        let mut adam = Adam::new(2, 1e-8, &device);
        let theta = adam.step(vector(vec![1.0, 1.0], &device), vector(vec![0.5, -2.0], &device), 0.1);
        // The first step is α·sign(g).
        for (x, expected) in to_vec(theta.clone()).into_iter().zip([0.9, 1.1]) {
            assert!((x - expected).abs() < 1e-6, "{x}");
        }
        // m = 0.9·0.05 + 0.1·1 = 0.145, c₁ = 0.19; v = 0.999·0.00025 + 0.001·1 = 0.00124975, c₂ = 0.001999
        let theta = to_vec(adam.step(theta, vector(vec![1.0, 0.0], &device), 0.1));
        let step = 0.1 * (0.145 / 0.19) / (0.001_249_75_f64 / 0.001_999).sqrt();
        assert!((f64::from(theta[0]) - (0.9 - step)).abs() < 1e-6, "{}", theta[0]);
    }

    #[test]
    fn long_gradients_are_shortened_and_short_ones_left() {
        let device = Device::flex();
        let clipped = to_vec(clip_global_norm(vector(vec![3.0, 4.0], &device), 1.0));
        assert!((clipped[0] - 0.6).abs() < 1e-5 && (clipped[1] - 0.8).abs() < 1e-5);
        assert_eq!(to_vec(clip_global_norm(vector(vec![0.3, 0.4], &device), 1.0)), [0.3, 0.4]);
    }
}
