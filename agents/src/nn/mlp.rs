//! A multilayer perceptron as a function of one flat parameter vector.

use std::ops::{Range, RangeBounds};

use burn::tensor::{Tensor, activation::relu};
use gymkhana_envs::params::Value;

/// What stands between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x
    Identity,
    /// max(x, 0)
    Relu,
    /// tanh x
    Tanh,
}

/// The shape of a multilayer perceptron. Its parameters are w₁ b₁ w₂ b₂ …, wᵢ as [in, out] row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mlp {
    sizes: Vec<usize>,
    activation: Activation,
}

/// One layer's place in the parameter vector.
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) weights: Range<usize>,
    pub(super) biases: Range<usize>,
}

impl Mlp {
    /// From `inputs` through `hidden` layers with an activation after each, to `outputs` without one.
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize, activation: Activation) -> Self {
        let sizes = std::iter::once(inputs).chain(hidden.iter().copied()).chain(std::iter::once(outputs)).collect();
        Self { sizes, activation }
    }

    /// The length of the parameter vector.
    pub fn parameters(&self) -> usize {
        self.sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
    }

    /// The widths of its layers: inputs, hidden, outputs.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// What stands between its layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    pub(super) fn layers(&self) -> impl ExactSizeIterator<Item = Layer> {
        let mut begin = 0;
        self.sizes.windows(2).map(move |pair| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let (middle, end) = (begin + inputs * outputs, begin + (inputs + 1) * outputs);
            let layer = Layer { inputs, outputs, weights: begin..middle, biases: middle..end };
            begin = end;
            layer
        })
    }

    /// The outputs, batch × outputs, for inputs x, batch × inputs.
    pub fn forward(&self, theta: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        let layers = self.layers();
        let last = layers.len() - 1;
        layers.enumerate().fold(x, |x, (i, layer)| {
            let weights = theta.clone().slice([layer.weights]).reshape([layer.inputs, layer.outputs]);
            let biases = theta.clone().slice([layer.biases]).reshape([1, layer.outputs]);
            let y = x.matmul(weights) + biases;
            match self.activation {
                _ if i == last => y,
                Activation::Identity => y,
                Activation::Relu => relu(y),
                Activation::Tanh => y.tanh(),
            }
        })
    }
}

impl Value for Activation {
    type Bound = usize;
    fn kind() -> String {
        "identity, relu or tanh".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        [Self::Identity, Self::Relu, Self::Tanh]
            .into_iter()
            .find(|activation| activation.show() == text)
            .ok_or_else(|| "neither identity, relu nor tanh".into())
    }
    fn show(&self) -> String {
        match self {
            Self::Identity => "identity",
            Self::Relu => "relu",
            Self::Tanh => "tanh",
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
    use crate::nn::{
        Init,
        tensors::{matrix, to_vec, vector},
    };
    use burn::tensor::Device;
    use gymkhana_envs::Rng;

    #[test]
    fn literal_numbers() {
        let mlp = Mlp::new(2, &[2], 1, Activation::Relu);
        assert_eq!(mlp.parameters(), 9);
        let device = Device::flex();
        // h = relu([1 2]·[[1 −1] [3 1]] + [0.5 −4]) = [7.5, 0]; y = 2·7.5 + 5·0 − 1
        let theta = vector(vec![1.0, -1.0, 3.0, 1.0, 0.5, -4.0, 2.0, 5.0, -1.0], &device);
        assert_eq!(to_vec(mlp.forward(&theta, matrix(&[1.0, 2.0], 2, &device))), [14.0]);
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        for activation in [Activation::Tanh, Activation::Relu] {
            let mlp = Mlp::new(3, &[5, 4], 2, activation);
            let mut rng = Rng::new(1);
            let theta = Init::Uniform.draw(&mlp, &mut rng);
            let x: Vec<f32> = (0..12).map(|_| rng.uniform(-1.0, 1.0) as f32).collect();
            let device = Device::flex();
            let loss = |theta: Vec<f32>| {
                let y = mlp.forward(&vector(theta, &device), matrix(&x, 3, &device));
                f64::from(y.square().sum().into_scalar::<f32>())
            };
            let tracked = vector(theta.clone(), &device).autodiff().require_grad();
            let output = mlp.forward(&tracked, matrix(&x, 3, &device).autodiff()).square().sum();
            let gradient = to_vec(tracked.grad(&output.backward()).unwrap());
            for i in 0..theta.len() {
                let nudged = |by: f32| {
                    let mut theta = theta.clone();
                    theta[i] += by;
                    loss(theta)
                };
                let difference = (nudged(2e-3) - nudged(-2e-3)) / 4e-3;
                assert!((difference - f64::from(gradient[i])).abs() < 1e-2, "{activation:?} {i}: {difference}");
            }
        }
    }
}
