//! A network at work on the host.

use burn::tensor::Tensor;

use super::{
    Mlp,
    kernel::{self, Room},
    tensors::to_vec,
};

/// A network and its parameters in the host's memory: whoever acts needs a few rows at a time, which no device gives
/// sooner, and nothing is allocated for them.
#[derive(Clone, Debug)]
pub struct Inference {
    mlp: Mlp,
    theta: Vec<f32>,
    hidden: Vec<f32>,
    y: Vec<f32>,
    room: Room,
}

impl Inference {
    /// Of parameters as they are now.
    pub fn new(mlp: &Mlp, theta: &Tensor<1>) -> Self {
        let (hidden, y, room) = (Vec::new(), Vec::new(), Room::default());
        Self { mlp: mlp.clone(), theta: to_vec(theta.clone()), hidden, y, room }
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
        let rows = x.len() / self.mlp.inputs();
        self.hidden.resize(rows * self.mlp.hidden_width(), 0.0);
        self.y.resize(rows * self.mlp.outputs(), 0.0);
        kernel::forward(&self.mlp, &self.theta, x, &mut self.hidden, &mut self.y, &mut self.room);
        &self.y
    }
}
