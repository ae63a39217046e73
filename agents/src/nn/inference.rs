//! A network at work on the host.

use burn::tensor::Tensor;

use super::{Activation, Mlp, mlp::Layer, tensors::to_vec};

/// A network and its parameters in the host's memory: whoever acts needs a few rows at a time, which no device gives
/// sooner, and nothing is allocated for them.
#[derive(Clone, Debug)]
pub struct Inference {
    mlp: Mlp,
    theta: Vec<f32>,
    /// the rows of two layers, in turn
    rooms: [Vec<f32>; 2],
}

impl Inference {
    /// Of parameters as they are now.
    pub fn new(mlp: &Mlp, theta: &Tensor<1>) -> Self {
        Self { mlp: mlp.clone(), theta: to_vec(theta.clone()), rooms: [Vec::new(), Vec::new()] }
    }

    /// Takes other parameters.
    pub fn set(&mut self, theta: &Tensor<1>) {
        self.theta = to_vec(theta.clone());
    }

    /// Its parameters.
    pub fn theta(&self) -> &[f32] {
        &self.theta
    }

    /// The outputs, batch × outputs, for inputs x, batch × inputs.
    pub fn run(&mut self, x: &[f32]) -> &[f32] {
        let rows = x.len() / self.mlp.sizes()[0];
        let [from, to] = &mut self.rooms;
        from.clear();
        from.extend_from_slice(x);
        let last = self.mlp.layers().len() - 1;
        for (i, Layer { inputs, outputs, weights, biases }) in self.mlp.layers().enumerate() {
            let (weights, biases) = (&self.theta[weights], &self.theta[biases]);
            to.clear();
            for row in from.chunks_exact(inputs) {
                let begin = to.len();
                to.extend_from_slice(biases);
                for (x, weights) in row.iter().zip(weights.chunks_exact(outputs)) {
                    to[begin..].iter_mut().zip(weights).for_each(|(y, w)| *y += x * w);
                }
            }
            match self.mlp.activation() {
                activation if i == last || activation == Activation::Identity => (),
                Activation::Relu => to.iter_mut().for_each(|y| *y = y.max(0.0)),
                _ => to.iter_mut().for_each(|y| *y = y.tanh()),
            }
            std::mem::swap(from, to);
        }
        debug_assert_eq!(from.len(), rows * self.mlp.sizes()[last + 1]);
        from
    }
}
