//! First parameters, drawn on the host from the agent's own stream.

use gymkhana_envs::Rng;
use nalgebra::DMatrix;

use super::Mlp;

/// How the parameters of a network begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Weights and biases of a layer uniform within ±1/√inputs, as PyTorch's `Linear` begins.
    Uniform,
    /// Weights orthogonal (Saxe et al. 2014), with a gain of √2 for hidden layers and this one for the last; biases 0. What
    /// Stable-Baselines3 and others begin policies (0.01) and their critics (1) with.
    Orthogonal {
        /// of the last layer
        output_gain: f64,
    },
}

impl Init {
    /// Draws them.
    pub fn draw(self, mlp: &Mlp, rng: &mut Rng) -> Vec<f32> {
        let mut theta = Vec::with_capacity(mlp.parameters());
        let last = mlp.layers().len() - 1;
        for (i, layer) in mlp.layers().iter().enumerate() {
            match self {
                Self::Uniform => {
                    let bound = 1.0 / (layer.inputs as f64).sqrt();
                    let n = layer.biases.end - layer.weights.start;
                    theta.extend((0..n).map(|_| rng.uniform(-bound, bound) as f32));
                }
                Self::Orthogonal { output_gain } => {
                    let gain = if i == last { output_gain } else { std::f64::consts::SQRT_2 };
                    theta.extend(orthogonal(layer.inputs, layer.outputs, rng).iter().map(|w| (gain * w) as f32));
                    theta.extend(std::iter::repeat_n(0.0, layer.outputs));
                }
            }
        }
        theta
    }
}

/// rows × columns, row by row: orthonormal rows or columns, whichever are fewer, uniformly distributed (the Q of a
/// Gaussian matrix, with R's diagonal made positive: Mezzadri 2007).
fn orthogonal(rows: usize, columns: usize, rng: &mut Rng) -> Vec<f64> {
    let (long, short) = (rows.max(columns), rows.min(columns));
    let qr = DMatrix::from_fn(long, short, |_, _| rng.normal()).qr();
    let (mut q, r) = qr.unpack();
    for (mut column, diagonal) in q.column_iter_mut().zip(r.diagonal().iter()) {
        if *diagonal < 0.0 {
            column.neg_mut();
        }
    }
    let q = if rows >= columns { q } else { q.transpose() };
    // nalgebra keeps columns together.
    q.transpose().as_slice().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;

    #[test]
    fn uniform_parameters_are_within_their_bounds() {
        let mlp = Mlp::new(4, &[100], 1, Activation::Relu);
        let theta = Init::Uniform.draw(&mlp, &mut Rng::new(2));
        assert!(theta[..500].iter().all(|x| x.abs() <= 0.5) && theta[500..].iter().all(|x| x.abs() <= 0.1));
        assert!(theta[..500].iter().any(|x| x.abs() > 0.45));
    }

    #[test]
    fn orthogonal_rows_or_columns_have_the_length_of_the_gain() {
        for (inputs, outputs) in [(3, 8), (8, 3), (5, 5)] {
            let mlp = Mlp::new(inputs, &[], outputs, Activation::Tanh);
            let theta = Init::Orthogonal { output_gain: 0.5 }.draw(&mlp, &mut Rng::new(3));
            let w = DMatrix::from_row_slice(inputs, outputs, &theta[..inputs * outputs]);
            let gram = if inputs < outputs { &w * w.transpose() } else { w.transpose() * &w };
            let n = inputs.min(outputs);
            assert!((gram - DMatrix::identity(n, n) * 0.25_f32).abs().max() < 1e-6);
            assert!(theta[inputs * outputs..].iter().all(|&bias| bias == 0.0));
        }
    }

    #[test]
    fn hidden_layers_have_a_gain_of_root_two() {
        let mlp = Mlp::new(4, &[6], 2, Activation::Tanh);
        let theta = Init::Orthogonal { output_gain: 0.01 }.draw(&mlp, &mut Rng::new(3));
        let row: f32 = theta[..6].iter().map(|w| w * w).sum();
        assert!((row - 2.0).abs() < 1e-6, "{row}");
    }
}
