//! What stands between layers, vector by vector.

use pulp::Simd;

use super::super::mlp::Activation;

/// h ← f(h)
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, activation: Activation, h: &mut [f32]) {
    match activation {
        Activation::Identity => (),
        Activation::Relu => each(
            simd,
            h,
            #[inline(always)]
            |h| simd.max_f32s(h, simd.splat_f32s(0.0)),
        ),
        Activation::Tanh => each(
            simd,
            h,
            #[inline(always)]
            |h| tanh(simd, h),
        ),
    }
}

/// d ← d ⊙ f′, with the derivative by way of what came out, h = f(z): 1 − h² for tanh, whether h > 0 for `ReLU`.
#[inline(always)]
pub(super) fn slope<S: Simd>(simd: S, activation: Activation, h: &[f32], d: &mut [f32]) {
    match activation {
        Activation::Identity => (),
        Activation::Relu => {
            let zero = simd.splat_f32s(0.0);
            both(
                simd,
                h,
                d,
                #[inline(always)]
                |h, d| simd.select_f32s(simd.greater_than_f32s(h, zero), d, zero),
            );
        }
        Activation::Tanh => both(
            simd,
            h,
            d,
            #[inline(always)]
            |h, d| {
                // d (1 − h²) = d − (d h) h
                simd.negate_mul_add_e_f32s(simd.mul_f32s(d, h), h, d)
            },
        ),
    }
}

#[inline(always)]
fn each<S: Simd>(simd: S, h: &mut [f32], f: impl Fn(S::f32s) -> S::f32s) {
    let (vectors, tail) = S::as_mut_simd_f32s(h);
    for h in vectors {
        *h = f(*h);
    }
    if !tail.is_empty() {
        let h = f(simd.partial_load_f32s(tail));
        simd.partial_store_f32s(tail, h);
    }
}

#[inline(always)]
fn both<S: Simd>(simd: S, h: &[f32], d: &mut [f32], f: impl Fn(S::f32s, S::f32s) -> S::f32s) {
    let ((h, h_tail), (d, d_tail)) = (S::as_simd_f32s(h), S::as_mut_simd_f32s(d));
    for (h, d) in h.iter().zip(d) {
        *d = f(*h, *d);
    }
    if !d_tail.is_empty() {
        let d = f(simd.partial_load_f32s(h_tail), simd.partial_load_f32s(d_tail));
        simd.partial_store_f32s(d_tail, d);
    }
}

/// Beyond this tanh is 1 in single precision.
const SATURATED: f32 = 7.904_531;

/// tanh as x·p(x²)/q(x²), which vectorises where the library's does not: the minimax fit of Eigen and XLA. NaN stays NaN.
#[inline(always)]
fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let bound = simd.splat_f32s(SATURATED);
    let low = simd.select_f32s(simd.less_than_f32s(bound, x), bound, x);
    let x = simd.select_f32s(simd.less_than_f32s(x, simd.neg_f32s(bound)), simd.neg_f32s(bound), low);
    let s = simd.mul_f32s(x, x);
    let p = horner(
        simd,
        s,
        [-2.760_768_5e-16, 2.000_188e-13, -8.604_672e-11, 5.122_297e-8, 1.485_722_4e-5, 6.372_619_3e-4, 4.893_525e-3],
    );
    let q = horner(simd, s, [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3]);
    simd.div_f32s(simd.mul_f32s(x, p), q)
}

/// (…(c₀ s + c₁) s + …) s + cₙ
#[inline(always)]
fn horner<S: Simd, const N: usize>(simd: S, s: S::f32s, coefficients: [f32; N]) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[0]);
    for c in &coefficients[1..] {
        sum = simd.mul_add_e_f32s(sum, s, simd.splat_f32s(*c));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    struct Apply<'a>(Activation, &'a mut [f32]);

    impl WithSimd for Apply<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            apply(simd, self.0, self.1);
        }
    }

    #[test]
    fn tanh_is_off_by_less_than_a_millionth() {
        let x: Vec<f32> = (-200_000..=200_000).map(|i| i as f32 * 5e-5).collect();
        for arch in [Arch::new(), Arch::Scalar] {
            let mut y = x.clone();
            arch.dispatch(Apply(Activation::Tanh, &mut y));
            let off = x.iter().zip(&y).map(|(x, y)| (f64::from(*x).tanh() - f64::from(*y)).abs()).fold(0.0, f64::max);
            assert!(off < 1e-6, "{off}");
        }
    }

    #[test]
    fn far_out_and_beyond() {
        let mut y = [f32::INFINITY, f32::NEG_INFINITY, 50.0, -0.0];
        Arch::new().dispatch(Apply(Activation::Tanh, &mut y));
        assert!((y[0] - 1.0).abs() < 1e-6 && (y[1] + 1.0).abs() < 1e-6 && (y[2] - 1.0).abs() < 1e-6 && y[3] == 0.0);
        let mut y = [-1.0, 0.0, 2.0];
        Arch::new().dispatch(Apply(Activation::Relu, &mut y));
        assert_eq!(y, [0.0, 0.0, 2.0]);
    }
}
