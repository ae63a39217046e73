//! A multilayer perceptron as a function of one flat parameter vector.

use std::{
    ops::{Range, RangeBounds},
    sync::Arc,
};

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

/// The shape of a multilayer perceptron, cheap to clone. Its parameters are w₁ b₁ w₂ b₂ …, wᵢ as [in, out] row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mlp(Arc<Shape>);

#[derive(Debug, PartialEq, Eq)]
struct Shape {
    sizes: Vec<usize>,
    layers: Vec<Layer>,
    activation: Activation,
}

/// One layer's place in the parameter vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) weights: Range<usize>,
    pub(super) biases: Range<usize>,
}

impl Mlp {
    /// From `inputs` through `hidden` layers with an activation after each, to `outputs` without one.
    pub fn new(inputs: usize, hidden: &[usize], outputs: usize, activation: Activation) -> Self {
        let sizes: Vec<usize> =
            std::iter::once(inputs).chain(hidden.iter().copied()).chain(std::iter::once(outputs)).collect();
        let mut begin = 0;
        let layers = sizes.windows(2).map(|pair| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let (middle, end) = (begin + inputs * outputs, begin + (inputs + 1) * outputs);
            let layer = Layer { inputs, outputs, weights: begin..middle, biases: middle..end };
            begin = end;
            layer
        });
        Self(Arc::new(Shape { layers: layers.collect(), sizes, activation }))
    }

    /// The length of the parameter vector.
    pub fn parameters(&self) -> usize {
        self.0.layers.last().map_or(0, |layer| layer.biases.end)
    }

    /// The widths of its layers: inputs, hidden, outputs.
    pub fn sizes(&self) -> &[usize] {
        &self.0.sizes
    }

    /// The width of its input.
    pub fn inputs(&self) -> usize {
        self.0.sizes[0]
    }

    /// The width of its output.
    pub fn outputs(&self) -> usize {
        self.0.sizes[self.0.sizes.len() - 1]
    }

    /// The widths of its hidden layers together: what is kept of each row for going backward.
    pub fn hidden_width(&self) -> usize {
        self.0.sizes[1..self.0.sizes.len() - 1].iter().sum()
    }

    /// What stands between its layers.
    pub fn activation(&self) -> Activation {
        self.0.activation
    }

    pub(super) fn layers(&self) -> &[Layer] {
        &self.0.layers
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

    #[test]
    fn parameters_of_a_layer_follow_those_of_the_one_before() {
        let mlp = Mlp::new(2, &[3], 1, Activation::Relu);
        assert_eq!((mlp.parameters(), mlp.inputs(), mlp.outputs(), mlp.hidden_width()), (13, 2, 1, 3));
        let places: Vec<_> = mlp.layers().iter().map(|layer| (layer.weights.clone(), layer.biases.clone())).collect();
        assert_eq!(places, [(0..6, 6..9), (9..12, 12..13)]);
    }
}
