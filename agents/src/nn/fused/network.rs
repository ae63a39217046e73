//! A whole network as one operation.

use std::cell::RefCell;

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::{Tensor, activation::relu},
};

use super::{Numbers, is_on_flex, slice, tensor};
use crate::nn::{
    kernel::{self, Room},
    mlp::{Activation, Mlp},
};

impl Mlp {
    /// The outputs, batch × outputs, for inputs x, batch × inputs. Differentiable in θ and x.
    pub fn forward(&self, theta: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        if is_on_flex(theta) {
            let (x, theta) = (x.into_dispatch(), theta.clone().into_dispatch());
            return Tensor::from_dispatch(<Dispatch as NetworkOps>::network(x, theta, self.clone()));
        }
        self.forward_by_operations(theta, x)
    }

    /// The Jacobian–vector product: how fast the outputs change, batch × outputs, where θ moves as `direction` does. Not
    /// differentiable.
    pub fn tangent(&self, theta: &Tensor<1>, direction: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        if is_on_flex(theta) {
            let inner = |tensor: &Tensor<1>| tensor.clone().into_dispatch();
            let tangent = <Dispatch as NetworkOps>::network_tangent(
                x.into_dispatch(),
                inner(theta),
                inner(direction),
                self.clone(),
            );
            return Tensor::from_dispatch(tangent);
        }
        self.tangent_by_operations(theta, direction, x)
    }

    /// [`forward`](Self::forward), layer by layer.
    pub fn forward_by_operations(&self, theta: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        let last = self.layers().len() - 1;
        (0..=last).fold(x, |x, i| {
            let [w, bias] = self.parts(i, theta);
            let z = x.matmul(w) + bias;
            if i == last { z } else { self.activate(z) }
        })
    }

    /// [`tangent`](Self::tangent), layer by layer.
    fn tangent_by_operations(&self, theta: &Tensor<1>, direction: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        let last = self.layers().len() - 1;
        let (mut h, mut moving): (_, Option<Tensor<2>>) = (x, None);
        for i in 0..=last {
            let ([w, bias], [wdot, bdot]) = (self.parts(i, theta), self.parts(i, direction));
            let mut zdot = h.clone().matmul(wdot) + bdot;
            if let Some(moving) = moving {
                zdot = zdot + moving.matmul(w.clone());
            }
            let z = h.matmul(w) + bias;
            h = if i == last { z } else { self.activate(z) };
            moving = Some(match self.activation() {
                Activation::Tanh if i < last => zdot * (h.clone().square().neg() + 1.0),
                Activation::Relu if i < last => zdot * h.clone().greater_elem(0.0).float(),
                _ => zdot,
            });
        }
        moving.expect("a network has a layer")
    }

    /// Weights, inputs × outputs, and biases, 1 × outputs, of the i-th layer.
    fn parts(&self, i: usize, theta: &Tensor<1>) -> [Tensor<2>; 2] {
        let layer = &self.layers()[i];
        [
            theta.clone().slice([layer.weights.clone()]).reshape([layer.inputs, layer.outputs]),
            theta.clone().slice([layer.biases.clone()]).reshape([1, layer.outputs]),
        ]
    }

    fn activate(&self, z: Tensor<2>) -> Tensor<2> {
        match self.activation() {
            Activation::Identity => z,
            Activation::Relu => relu(z),
            Activation::Tanh => z.tanh(),
        }
    }
}

/// The operations, for backends that have them.
#[backend_extension(Flex, Autodiff)]
pub(super) trait NetworkOps: Backend {
    /// The outputs, batch × outputs, for x, batch × inputs.
    fn network(x: FloatTensor<Self>, theta: FloatTensor<Self>, mlp: Mlp) -> FloatTensor<Self>;
    /// The same, and what came out of the hidden layers.
    fn network_keeping(
        x: FloatTensor<Self>,
        theta: FloatTensor<Self>,
        mlp: Mlp,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// ∂θ
    fn network_gradient(
        x: FloatTensor<Self>,
        theta: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        mlp: Mlp,
    ) -> FloatTensor<Self>;
    /// ∂x
    fn network_input_gradient(
        x: FloatTensor<Self>,
        theta: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        mlp: Mlp,
    ) -> FloatTensor<Self>;
    /// ẏ, batch × outputs.
    fn network_tangent(
        x: FloatTensor<Self>,
        theta: FloatTensor<Self>,
        direction: FloatTensor<Self>,
        mlp: Mlp,
    ) -> FloatTensor<Self>;
}

/// The node on the tape: its parents are x and θ.
#[derive(Debug)]
struct NetworkBackward(Mlp);

impl<B: NetworkOps> Backward<B, 2> for NetworkBackward {
    /// x, θ and the hidden layers
    type State = [FloatTensor<B>; 3];

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let ([x_node, theta_node], [x, theta, hidden]) = (ops.parents, ops.state);
        let dy = grads.consume::<B>(&ops.node);
        if let Some(node) = x_node {
            let of = (x.clone(), theta.clone(), hidden.clone(), dy.clone());
            grads.register::<B>(node.id, B::network_input_gradient(of.0, of.1, of.2, of.3, self.0.clone()));
        }
        if let Some(node) = theta_node {
            grads.register::<B>(node.id, B::network_gradient(x, theta, hidden, dy, self.0));
        }
    }
}

impl<B: NetworkOps, C: CheckpointStrategy> NetworkOps for Autodiff<B, C> {
    fn network(x: FloatTensor<Self>, theta: FloatTensor<Self>, mlp: Mlp) -> FloatTensor<Self> {
        let (inner_x, inner_theta) = (x.primitive().clone(), theta.primitive().clone());
        match NetworkBackward(mlp.clone()).prepare::<C>([x.node(), theta.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (y, hidden) = B::network_keeping(inner_x.clone(), inner_theta.clone(), mlp);
                prep.finish([inner_x, inner_theta, hidden], y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::network(inner_x, inner_theta, mlp)),
        }
    }

    fn network_keeping(_: FloatTensor<Self>, _: FloatTensor<Self>, _: Mlp) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unreachable!("asked of the backend below")
    }

    fn network_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Mlp,
    ) -> FloatTensor<Self> {
        unreachable!("asked of the backend below")
    }

    fn network_input_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Mlp,
    ) -> FloatTensor<Self> {
        unreachable!("asked of the backend below")
    }

    fn network_tangent(
        x: FloatTensor<Self>,
        theta: FloatTensor<Self>,
        direction: FloatTensor<Self>,
        mlp: Mlp,
    ) -> FloatTensor<Self> {
        let inner = |tensor: FloatTensor<Self>| tensor.primitive().clone();
        let tangent = B::network_tangent(inner(x), inner(theta), inner(direction), mlp);
        <Self as burn::backend::AutodiffBackend>::from_inner(tangent)
    }
}

thread_local! {
    /// Room for the passes of this thread.
    static ROOM: RefCell<Room> = RefCell::default();
}

impl NetworkOps for Flex {
    fn network(x: Numbers, theta: Numbers, mlp: Mlp) -> Numbers {
        Self::network_keeping(x, theta, mlp).0
    }

    fn network_keeping(x: Numbers, theta: Numbers, mlp: Mlp) -> (Numbers, Numbers) {
        let (x, theta) = (x.to_contiguous(), theta.to_contiguous());
        let (x, outputs) = (slice(&x), mlp.outputs());
        let rows = x.len() / mlp.inputs();
        let (mut hidden, mut y) = (vec![0.0; rows * mlp.hidden_width()], vec![0.0; rows * outputs]);
        ROOM.with_borrow_mut(|room| kernel::forward(&mlp, slice(&theta), x, &mut hidden, &mut y, room));
        let kept = hidden.len();
        (tensor(y, [rows, outputs]), tensor(hidden, [kept]))
    }

    fn network_gradient(x: Numbers, theta: Numbers, hidden: Numbers, dy: Numbers, mlp: Mlp) -> Numbers {
        let (x, theta, dy) = (x.to_contiguous(), theta.to_contiguous(), dy.to_contiguous());
        let mut to = vec![0.0; mlp.parameters()];
        ROOM.with_borrow_mut(|room| {
            let (hidden, dy) = (slice(&hidden), slice(&dy));
            kernel::backward(&mlp, slice(&theta), slice(&x), hidden, dy, Some(&mut to), None, room);
        });
        tensor(to, [mlp.parameters()])
    }

    fn network_input_gradient(x: Numbers, theta: Numbers, hidden: Numbers, dy: Numbers, mlp: Mlp) -> Numbers {
        let (x, theta, dy) = (x.to_contiguous(), theta.to_contiguous(), dy.to_contiguous());
        let mut to = vec![0.0; slice(&x).len()];
        ROOM.with_borrow_mut(|room| {
            let (hidden, dy) = (slice(&hidden), slice(&dy));
            kernel::backward(&mlp, slice(&theta), slice(&x), hidden, dy, None, Some(&mut to), room);
        });
        let rows = to.len() / mlp.inputs();
        tensor(to, [rows, mlp.inputs()])
    }

    fn network_tangent(x: Numbers, theta: Numbers, direction: Numbers, mlp: Mlp) -> Numbers {
        let (x, theta, direction) = (x.to_contiguous(), theta.to_contiguous(), direction.to_contiguous());
        let rows = slice(&x).len() / mlp.inputs();
        let (mut hidden, mut y) = (vec![0.0; rows * mlp.hidden_width()], vec![0.0; rows * mlp.outputs()]);
        ROOM.with_borrow_mut(|room| {
            let (x, theta) = (slice(&x), slice(&theta));
            kernel::forward(&mlp, theta, x, &mut hidden, &mut y, room);
            kernel::tangent(&mlp, theta, slice(&direction), x, &hidden, &mut y, room);
        });
        tensor(y, [rows, mlp.outputs()])
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

    const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::Tanh];

    fn normal(n: usize, rng: &mut Rng) -> Vec<f32> {
        (0..n).map(|_| rng.normal() as f32).collect()
    }

    /// Networks of one to four layers with widths from 1 to 70, and batches of 1 to 1,024.
    fn random_shapes(n: usize) -> impl Iterator<Item = (Mlp, usize, Rng)> {
        (0..n).map(|i| {
            let mut rng = Rng::new(i as u64);
            let hidden: Vec<usize> = (0..rng.below(4)).map(|_| 1 + rng.below(70)).collect();
            let (inputs, outputs) = (1 + rng.below(20), 1 + rng.below(20));
            let batch = [1, 2, 3, 64, 256, 1_024][i % 6];
            (Mlp::new(inputs, &hidden, outputs, ACTIVATIONS[i / 6 % 3]), batch, rng)
        })
    }

    /// ‖found − expected‖ / ‖expected‖
    fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
        let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
        let apart = norm(&mut found.iter().zip(expected).map(|(x, y)| f64::from(x - y)));
        apart / norm(&mut expected.iter().map(|&x| f64::from(x))).max(1e-6)
    }

    /// y, ∂θ and ∂x of Σ y ⊙ weights, by one way or the other.
    fn passes(
        theta: &[f32],
        x: &[f32],
        weights: &[f32],
        mlp: &Mlp,
        forward: impl Fn(&Mlp, &Tensor<1>, Tensor<2>) -> Tensor<2>,
    ) -> [Vec<f32>; 3] {
        let device = Device::flex();
        let theta = vector(theta.to_vec(), &device).autodiff().require_grad();
        let x = matrix(x, mlp.inputs(), &device).autodiff().require_grad();
        let y = forward(mlp, &theta, x.clone());
        let gradients = (y.clone() * matrix(weights, mlp.outputs(), &device).autodiff()).sum().backward();
        let gradient = to_vec(theta.grad(&gradients).unwrap());
        [to_vec(y.inner()), gradient, to_vec(x.grad(&gradients).unwrap())]
    }

    #[test]
    fn literal_numbers() {
        let mlp = Mlp::new(2, &[2], 1, Activation::Relu);
        let device = Device::flex();
        // h = relu([1 2]·[[1 −1] [3 1]] + [0.5 −4]) = [7.5, 0]; y = 2·7.5 + 5·0 − 1
        let theta = [1.0, -1.0, 3.0, 1.0, 0.5, -4.0, 2.0, 5.0, -1.0];
        assert_eq!(to_vec(mlp.forward(&vector(theta.to_vec(), &device), matrix(&[1.0, 2.0], 2, &device))), [14.0]);
        // ∂h = [2, 0]: the second is off
        let [y, dtheta, dx] = passes(&theta, &[1.0, 2.0], &[1.0], &mlp, Mlp::forward);
        assert_eq!(y, [14.0]);
        assert_eq!(dtheta, [2.0, 0.0, 4.0, 0.0, 2.0, 0.0, 7.5, 0.0, 1.0]);
        assert_eq!(dx, [2.0, 6.0]);
    }

    #[test]
    fn the_kernel_and_ordinary_operations_agree() {
        for (mlp, batch, mut rng) in random_shapes(54) {
            let (theta, x) = (Init::Uniform.draw(&mlp, &mut rng), normal(batch * mlp.inputs(), &mut rng));
            let weights = normal(batch * mlp.outputs(), &mut rng);
            let fused = passes(&theta, &x, &weights, &mlp, Mlp::forward);
            let plain = passes(&theta, &x, &weights, &mlp, Mlp::forward_by_operations);
            for (what, (fused, plain)) in ["y", "∂θ", "∂x"].iter().zip(fused.iter().zip(&plain)) {
                let error = relative_error(fused, plain);
                assert!(error < 1e-5, "{what} of {mlp:?}, batch {batch}: {error}");
            }
        }
    }

    #[test]
    fn tangents_of_the_kernel_and_of_ordinary_operations_agree() {
        let device = Device::flex();
        for (mlp, batch, mut rng) in random_shapes(36) {
            let (theta, x) = (Init::Uniform.draw(&mlp, &mut rng), normal(batch * mlp.inputs(), &mut rng));
            let (theta, x) = (vector(theta, &device), matrix(&x, mlp.inputs(), &device));
            let direction = vector(normal(mlp.parameters(), &mut rng), &device);
            let fused = to_vec(mlp.tangent(&theta, &direction, x.clone()));
            let plain = to_vec(mlp.tangent_by_operations(&theta, &direction, x));
            let error = relative_error(&fused, &plain);
            assert!(error < 1e-5, "{mlp:?}, batch {batch}: {error}");
        }
    }

    /// Along a random direction d, (L(p + h d) − L(p − h d)) / 2h against ∂p·d, in the mean over directions. `ReLU` has
    /// corners, at which a difference says nothing: there the kernel is held to ordinary operations alone.
    #[test]
    fn gradients_and_tangents_agree_with_finite_differences() {
        let device = Device::flex();
        for (mlp, batch, mut rng) in random_shapes(54).filter(|(mlp, ..)| mlp.activation() != Activation::Relu) {
            let (theta, x) = (Init::Uniform.draw(&mlp, &mut rng), normal(batch * mlp.inputs(), &mut rng));
            let weights = normal(batch * mlp.outputs(), &mut rng);
            let output = |theta: &[f32], x: &[f32]| {
                to_vec(mlp.forward(&vector(theta.to_vec(), &device), matrix(x, mlp.inputs(), &device)))
            };
            let moved = |from: &[f32], by: &[f32], h: f32| -> Vec<f32> {
                from.iter().zip(by).map(|(from, by)| from + h * by).collect()
            };
            let slope = |up: &[f32], down: &[f32], h: f32| -> Vec<f32> {
                up.iter().zip(down).map(|(up, down)| (up - down) / (2.0 * h)).collect()
            };
            let [_, dtheta, dx] = passes(&theta, &x, &weights, &mlp, Mlp::forward);
            let sum = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            let unit = |mut direction: Vec<f32>| {
                let norm = sum(&direction, &direction).sqrt() as f32;
                for x in &mut direction {
                    *x /= norm;
                }
                direction
            };
            // A gradient is followed, so that what is compared is large against the rounding of a difference.
            let h = 1e-2;
            let (along_theta, along_x) = (unit(dtheta.clone()), unit(dx.clone()));
            let by_theta =
                slope(&output(&moved(&theta, &along_theta, h), &x), &output(&moved(&theta, &along_theta, -h), &x), h);
            let by_x = slope(&output(&theta, &moved(&x, &along_x, h)), &output(&theta, &moved(&x, &along_x, -h)), h);
            for (what, difference, gradient) in [("∂θ", &by_theta, &dtheta), ("∂x", &by_x, &dx)] {
                let (found, expected) = (sum(difference, &weights), sum(gradient, gradient).sqrt());
                let error = (found - expected).abs() / expected;
                assert!(error < 1e-3, "{what} of {mlp:?}, batch {batch}: {found}, not {expected}: {error}");
            }
            let direction = vector(along_theta, &device);
            let tangent = to_vec(mlp.tangent(&vector(theta, &device), &direction, matrix(&x, mlp.inputs(), &device)));
            let error = relative_error(&tangent, &by_theta);
            assert!(error < 1e-3, "tangent of {mlp:?}, batch {batch}: {error}");
        }
    }

    #[test]
    fn what_is_not_a_number_stays_none() {
        let mlp = Mlp::new(1, &[20], 2, Activation::Tanh);
        let theta = Init::Uniform.draw(&mlp, &mut Rng::new(1));
        let device = Device::flex();
        let y = to_vec(mlp.forward(&vector(theta, &device), matrix(&[f32::NAN, 1.0], 1, &device)));
        assert!(y[..2].iter().all(|y| y.is_nan()) && y[2..].iter().all(|y| y.is_finite()));
    }
}
