//! Passes over flat vectors of parameters.

use pulp::{Arch, Simd, WithSimd};

/// One step of Adam, its corrections for the first steps worked into α and ε: θ ← θ − α m / (√v + ε).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// decay of the mean gradient
    pub beta_1: f64,
    /// decay of the mean squared gradient
    pub beta_2: f64,
    /// step size
    pub alpha: f64,
    /// what keeps the step finite where the gradient is 0
    pub epsilon: f64,
}

/// Moves θ, m and v along a gradient.
pub fn adam(theta: &mut [f32], m: &mut [f32], v: &mut [f32], gradient: &[f32], step: AdamStep) {
    let AdamStep { beta_1, beta_2, alpha, epsilon } = step;
    // 1 − β before it is rounded: in single precision β₂ = 0.999 leaves five digits of it.
    let (new_1, new_2) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32);
    let (beta_1, beta_2, alpha, epsilon) = (beta_1 as f32, beta_2 as f32, alpha as f32, epsilon as f32);
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (((theta, m), v), g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
                *m = *m * beta_1 + g * new_1;
                *v = *v * beta_2 + g * g * new_2;
                *theta -= alpha * *m / (v.sqrt() + epsilon);
            }
        },
    );
}

/// Σ x²
pub fn sum_of_squares(x: &[f32]) -> f32 {
    struct Sum<'a>(&'a [f32]);

    impl WithSimd for Sum<'_> {
        type Output = f32;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f32 {
            let (vectors, tail) = S::as_simd_f32s(self.0);
            // Four sums, so that one need not wait for the other.
            let mut sums = [simd.splat_f32s(0.0); 4];
            let (fours, rest) = vectors.as_chunks::<4>();
            for four in fours {
                for (sum, x) in sums.iter_mut().zip(four) {
                    *sum = simd.mul_add_e_f32s(*x, *x, *sum);
                }
            }
            for x in rest {
                sums[0] = simd.mul_add_e_f32s(*x, *x, sums[0]);
            }
            let [a, b, c, d] = sums;
            let sum = simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d));
            simd.reduce_sum_f32s(sum) + tail.iter().map(|x| x * x).sum::<f32>()
        }
    }

    Arch::new().dispatch(Sum(x))
}
