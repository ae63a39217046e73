//! A step of Adam, and the length of a gradient, as one operation each.

use burn::{
    backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor},
    tensor::Tensor,
};

use super::{Numbers, is_on_flex, slice, tensor};
use crate::nn::kernel::{self, AdamStep};

/// θ, m and v after a step along the gradient; m and v are overwritten where nobody else holds them.
pub(in crate::nn) fn adam(
    theta: Tensor<1>,
    m: Tensor<1>,
    v: Tensor<1>,
    gradient: Tensor<1>,
    step: AdamStep,
) -> [Tensor<1>; 3] {
    if is_on_flex(&theta) {
        let (theta, m, v) = <Dispatch as OptimizerOps>::adam(
            theta.into_dispatch(),
            m.into_dispatch(),
            v.into_dispatch(),
            gradient.into_dispatch(),
            step,
        );
        return [theta, m, v].map(Tensor::from_dispatch);
    }
    adam_by_operations(theta, m, v, gradient, step)
}

fn adam_by_operations(
    theta: Tensor<1>,
    m: Tensor<1>,
    v: Tensor<1>,
    gradient: Tensor<1>,
    AdamStep { beta_1, beta_2, alpha, epsilon }: AdamStep,
) -> [Tensor<1>; 3] {
    let m = m * beta_1 + gradient.clone() * (1.0 - beta_1);
    let v = v * beta_2 + gradient.square() * (1.0 - beta_2);
    let step = m.clone() / (v.clone().sqrt() + epsilon) * alpha;
    [theta - step, m, v]
}

/// Σ x², one number.
pub(in crate::nn) fn sum_of_squares(x: &Tensor<1>) -> Tensor<1> {
    if is_on_flex(x) {
        return Tensor::from_dispatch(<Dispatch as OptimizerOps>::sum_of_squares(x.clone().into_dispatch()));
    }
    x.clone().square().sum()
}

/// The operations, for backends that have them.
#[backend_extension(Flex)]
pub(super) trait OptimizerOps: Backend {
    /// θ, m and v after a step.
    fn adam(
        theta: FloatTensor<Self>,
        m: FloatTensor<Self>,
        v: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// Σ x²
    fn sum_of_squares(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl OptimizerOps for Flex {
    fn adam(
        theta: Numbers,
        mut m: Numbers,
        mut v: Numbers,
        gradient: Numbers,
        step: AdamStep,
    ) -> (Numbers, Numbers, Numbers) {
        let gradient = gradient.to_contiguous();
        let mut to = slice(&theta).to_vec();
        kernel::adam(&mut to, m.storage_mut(), v.storage_mut(), slice(&gradient), step);
        let n = to.len();
        (tensor(to, [n]), m, v)
    }

    fn sum_of_squares(x: Numbers) -> Numbers {
        tensor(vec![kernel::sum_of_squares(slice(&x.to_contiguous()))], [1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{to_vec, vector};
    use burn::tensor::Device;
    use gymkhana_envs::Rng;

    #[test]
    fn the_kernel_and_ordinary_operations_agree() {
        let device = Device::flex();
        let mut rng = Rng::new(1);
        for n in [1, 15, 16, 100, 4_610] {
            let mut draw = |f: fn(f64) -> f64| vector((0..n).map(|_| f(rng.normal()) as f32).collect(), &device);
            let (theta, m, v, g) = (draw(|x| x), draw(|x| x), draw(f64::abs), draw(|x| x));
            let step = AdamStep { beta_1: 0.9, beta_2: 0.999, alpha: 1e-3, epsilon: 1e-5 };
            let kept = [&theta, &m, &v].map(|x| to_vec(x.clone()));
            let fused = adam(theta.clone(), m.clone(), v.clone(), g.clone(), step);
            // Who else holds them does not see the step.
            assert_eq!([&theta, &m, &v].map(|x| to_vec(x.clone())), kept);
            let plain = adam_by_operations(theta, m, v, g.clone(), step);
            for (fused, plain) in fused.into_iter().flat_map(to_vec).zip(plain.into_iter().flat_map(to_vec)) {
                assert!((fused - plain).abs() <= 1e-6 * plain.abs().max(1.0), "{n}: {fused}, not {plain}");
            }
            let (fused, plain) = (to_vec(sum_of_squares(&g))[0], to_vec(g.square().sum())[0]);
            assert!((fused - plain).abs() <= 1e-5 * plain, "{n}: {fused}, not {plain}");
        }
    }
}
