//! Optimisers over flat parameter vectors, one for each network that learns together.
//!
//! ```text
//! Adam     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
//!          θ ← θ − α · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//! RMSprop  v ← β v + (1 − β) g²         θ ← θ − α · g / (√v + ε)
//! SGD                                   θ ← θ − α · g
//! ```
//!
//! Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1; Tieleman & Hinton 2012 (`RMSprop`), with ε
//! beside the root, as in PyTorch.

use std::ops::RangeBounds;

use burn::tensor::{Device, Tensor};
use gymkhana_envs::{Error, params::Value};
use serde::{Deserialize, Serialize};

use super::{
    fused::{adam, sum_of_squares},
    kernel::AdamStep,
    tensors::{to_vec, vector},
};

/// Adam's decay of the mean gradient, β₁.
const BETA_1: f64 = 0.9;
/// Adam's decay of the mean squared gradient, β₂.
const BETA_2: f64 = 0.999;
/// `RMSprop`'s decay of the mean squared gradient, β, as in PyTorch.
const BETA: f64 = 0.99;

/// Which optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Adam: steps of the gradient's mean over its mean size.
    Adam,
    /// `RMSprop`: steps of the gradient over its mean size.
    RmsProp,
    /// Stochastic gradient descent: steps of the gradient.
    Sgd,
}

/// An optimiser and what it remembers.
#[derive(Clone, Debug)]
pub struct Optimizer {
    rule: Rule,
    epsilon: f64,
    /// of each vector: m and v; v alone; nothing
    moments: Vec<Vec<Tensor<1>>>,
    /// steps so far
    t: i32,
}

/// An optimiser's memory on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimizerState {
    moments: Vec<Vec<Vec<f32>>>,
    t: i32,
}

impl Optimizer {
    /// For vectors of so many parameters each. ε is PyTorch's 1e-8 for most; Stable-Baselines3 has 1e-5 for PPO and A2C.
    pub fn new(rule: Rule, epsilon: f64, sizes: &[usize], device: &Device) -> Self {
        let moments = match rule {
            Rule::Adam => 2,
            Rule::RmsProp => 1,
            Rule::Sgd => 0,
        };
        let zeros = |&n: &usize| (0..moments).map(|_| Tensor::zeros([n], device)).collect();
        Self { rule, epsilon, moments: sizes.iter().map(zeros).collect(), t: 0 }
    }

    /// One step against the gradients, with step size α.
    ///
    /// # Panics
    /// If there are not as many gradients as vectors, or not as many as it was made for.
    pub fn step(&mut self, thetas: &mut [Tensor<1>], gradients: Vec<Tensor<1>>, alpha: f64) {
        assert_eq!((thetas.len(), gradients.len()), (self.moments.len(), self.moments.len()), "vectors");
        self.t = self.t.saturating_add(1);
        let (fix_m, fix_v) = (1.0 - BETA_1.powi(self.t), 1.0 - BETA_2.powi(self.t));
        for ((theta, g), moments) in thetas.iter_mut().zip(gradients).zip(&mut self.moments) {
            // Taken out, so that nobody else holds them and they can be written over.
            let held = std::mem::take(moments);
            match self.rule {
                Rule::Adam => {
                    let [m, v] = <[_; 2]>::try_from(held).expect("m and v");
                    // (m/c₁)/(√(v/c₂) + ε) = (m·√c₂/c₁)/(√v + ε√c₂): two passes over the vector fewer.
                    let (alpha, epsilon) = (alpha * fix_v.sqrt() / fix_m, self.epsilon * fix_v.sqrt());
                    let step = AdamStep { beta_1: BETA_1, beta_2: BETA_2, alpha, epsilon };
                    let [moved, m, v] = adam(theta.clone(), m, v, g, step);
                    *theta = moved;
                    *moments = vec![m, v];
                }
                Rule::RmsProp => {
                    let [v] = <[_; 1]>::try_from(held).expect("v");
                    let v = v * BETA + g.clone().square() * (1.0 - BETA);
                    *theta = theta.clone() - g / (v.clone().sqrt() + self.epsilon) * alpha;
                    *moments = vec![v];
                }
                Rule::Sgd => *theta = theta.clone() - g * alpha,
            }
        }
    }

    /// Steps so far.
    pub fn updates(&self) -> u64 {
        self.t.unsigned_abs().into()
    }

    /// What it remembers, on the host.
    pub fn state(&self) -> OptimizerState {
        let host = |moments: &Vec<Tensor<1>>| moments.iter().cloned().map(to_vec).collect();
        OptimizerState { moments: self.moments.iter().map(host).collect(), t: self.t }
    }

    /// Puts back what [`state`](Self::state) took.
    ///
    /// # Errors
    /// If it is of another optimiser or for other numbers of parameters.
    pub fn set_state(&mut self, state: OptimizerState, device: &Device) -> Result<(), Error> {
        let here: Vec<Vec<usize>> =
            self.moments.iter().map(|moments| moments.iter().map(|moment| moment.dims()[0]).collect()).collect();
        let saved: Vec<Vec<usize>> =
            state.moments.iter().map(|moments| moments.iter().map(Vec::len).collect()).collect();
        if here != saved || state.t < 0 {
            return Err(Error::State(format!("an optimiser's memory of {saved:?} parameters, not {here:?}")));
        }
        let back = |moments: Vec<Vec<f32>>| moments.into_iter().map(|moment| vector(moment, device)).collect();
        (self.moments, self.t) = (state.moments.into_iter().map(back).collect(), state.t);
        Ok(())
    }
}

/// Scales all gradients down together where the Euclidean norm of all of them is above `max`. Gives the norm before, as a
/// tensor of one number, so that a device need not wait.
pub fn clip_global_norm(gradients: &mut [Tensor<1>], max: f64) -> Option<Tensor<1>> {
    let squares = gradients.iter().map(sum_of_squares);
    let norm = squares.reduce(|sum, square| sum + square)?.sqrt();
    let scale = (norm.clone() + 1e-6).recip().mul_scalar(max).clamp_max(1.0);
    for gradient in gradients {
        *gradient = gradient.clone() * scale.clone();
    }
    Some(norm)
}

impl Value for Rule {
    type Bound = usize;
    fn kind() -> String {
        "adam, rmsprop or sgd".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        [Self::Adam, Self::RmsProp, Self::Sgd]
            .into_iter()
            .find(|rule| rule.show() == text)
            .ok_or_else(|| "neither adam, rmsprop nor sgd".into())
    }
    fn show(&self) -> String {
        match self {
            Self::Adam => "adam",
            Self::RmsProp => "rmsprop",
            Self::Sgd => "sgd",
        }
        .into()
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(optimizer: &mut Optimizer, theta: &mut [Tensor<1>; 1], gradient: [f32; 2], alpha: f64) -> Vec<f32> {
        optimizer.step(theta, vec![vector(gradient.to_vec(), &Device::flex())], alpha);
        to_vec(theta[0].clone())
    }

    fn close(found: &[f32], expected: [f64; 2]) {
        for (x, expected) in found.iter().zip(expected) {
            assert!((f64::from(*x) - expected).abs() < 1e-6, "{found:?}, not {expected:?}");
        }
    }

    #[test]
    fn two_steps_of_adam_by_hand() {
        let device = Device::flex();
        let mut adam = Optimizer::new(Rule::Adam, 1e-8, &[2], &device);
        let mut theta = [vector(vec![1.0, 1.0], &device)];
        // The first step is α·sign(g).
        close(&stepped(&mut adam, &mut theta, [0.5, -2.0], 0.1), [0.9, 1.1]);
        // m = 0.9·0.05 + 0.1·1 = 0.145, c₁ = 0.19; v = 0.999·0.00025 + 0.001·1 = 0.00124975, c₂ = 0.001999
        // and m = −0.18, v = 0.003996
        let step = 0.1 * (0.145 / 0.19) / (0.001_249_75_f64 / 0.001_999).sqrt();
        let other = 0.1 * (0.18 / 0.19) / (0.003_996_f64 / 0.001_999).sqrt();
        close(&stepped(&mut adam, &mut theta, [1.0, 0.0], 0.1), [0.9 - step, 1.1 + other]);
    }

    #[test]
    fn two_steps_of_rmsprop_by_hand() {
        let device = Device::flex();
        let mut rmsprop = Optimizer::new(Rule::RmsProp, 0.1, &[2], &device);
        let mut theta = [vector(vec![1.0, 1.0], &device)];
        // v = 0.01·0.25 = 0.0025, √v = 0.05; v = 0.01·4, √v = 0.2
        close(&stepped(&mut rmsprop, &mut theta, [0.5, -2.0], 0.01), [1.0 - 0.005 / 0.15, 1.0 + 0.02 / 0.3]);
        // v = 0.99·0.0025 + 0.01 = 0.012475
        let step = 0.01 / (0.012_475_f64.sqrt() + 0.1);
        close(&stepped(&mut rmsprop, &mut theta, [1.0, 0.0], 0.01), [1.0 - 0.005 / 0.15 - step, 1.0 + 0.02 / 0.3]);
    }

    #[test]
    fn gradient_descent_descends() {
        let device = Device::flex();
        let mut theta = [vector(vec![1.0, 1.0], &device)];
        let mut sgd = Optimizer::new(Rule::Sgd, 0.0, &[2], &device);
        close(&stepped(&mut sgd, &mut theta, [0.5, -2.0], 0.1), [0.95, 1.2]);
    }

    #[test]
    fn long_gradients_are_shortened_together_and_short_ones_left() {
        let device = Device::flex();
        let mut long = [vector(vec![3.0], &device), vector(vec![0.0, 4.0], &device)];
        let norm = clip_global_norm(&mut long, 1.0).unwrap();
        assert_eq!(to_vec(norm), [5.0]);
        let [a, b] = long.map(to_vec);
        assert!((a[0] - 0.6).abs() < 1e-5 && (b[1] - 0.8).abs() < 1e-5);
        let mut short = [vector(vec![0.3, 0.4], &device)];
        clip_global_norm(&mut short, 1.0);
        assert_eq!(to_vec(short[0].clone()), [0.3, 0.4]);
    }

    #[test]
    fn memory_of_another_shape_is_refused() {
        let device = Device::flex();
        let state = |rule, sizes: &[usize]| Optimizer::new(rule, 1e-8, sizes, &device).state();
        let mut adam = Optimizer::new(Rule::Adam, 1e-8, &[2, 3], &device);
        assert!(adam.set_state(state(Rule::Adam, &[2, 3]), &device).is_ok());
        for other in [state(Rule::Adam, &[2, 4]), state(Rule::Adam, &[2]), state(Rule::RmsProp, &[2, 3])] {
            assert!(adam.set_state(other, &device).is_err());
        }
    }
}
