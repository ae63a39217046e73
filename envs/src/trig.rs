//! Sine and cosine with the same bits on every machine.
//!
//! The platform's differ in the last bit between libraries, and unstable dynamics multiply that: over 500 steps an
//! open-loop CartPole turns one bit into another length of the episode. These are fdlibm's kernels (Sun Microsystems
//! 1993, `k_sin.c` and `k_cos.c`) in Estrin's order, without branches, so that the same code vectorises.

use std::f64::consts::FRAC_2_PI;

/// (sin x, cos x) for |x| up to about 10⁵ rad, each with an absolute error below 2.3e-16.
#[inline]
pub fn sin_cos(x: f64) -> (f64, f64) {
    /// 1.5·2⁵²: adding it rounds to an integer and leaves that in the low bits.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    /// π/2 in two parts, the first with room for k.
    const HALF_PI: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];
    let k = x * FRAC_2_PI + MAGIC;
    let (quadrant, k) = (k.to_bits(), k - MAGIC);
    let (sin, cos) = kernel((x - k * HALF_PI[0]) - k * HALF_PI[1]);
    let (sin, cos) = if quadrant & 1 == 0 { (sin, cos) } else { (cos, sin) };
    (
        f64::from_bits(sin.to_bits() ^ (quadrant & 2) << 62),
        f64::from_bits(cos.to_bits() ^ (quadrant.wrapping_add(1) & 2) << 62),
    )
}

/// The same bits as [`sin_cos`], by a branch that is predicted well where angles are small: less latency for one
/// environment, nothing for vectors.
#[inline]
pub fn sin_cos_small(x: f64) -> (f64, f64) {
    if x.abs() < 0.78 { kernel(x) } else { sin_cos(x) }
}

/// For |r| ≤ π/4.
#[inline]
fn kernel(r: f64) -> (f64, f64) {
    let z = r * r;
    let zz = z * z;
    let sin = r + r
        * z
        * ((-1.666_666_666_666_663_2e-1 + z * 8.333_333_333_322_49e-3)
            + zz * ((-1.984_126_982_985_795e-4 + z * 2.755_731_370_707_007e-6)
                + zz * (-2.505_076_025_340_686e-8 + z * 1.589_690_995_211_55e-10)));
    let half = 0.5 * z;
    let p = zz
        * ((4.166_666_666_666_66e-2 + z * -1.388_888_888_887_411e-3)
            + zz * ((2.480_158_728_947_673e-5 + z * -2.755_731_435_139_066_3e-7)
                + zz * (2.087_572_321_298_175e-9 - z * 1.135_964_755_778_82e-11)));
    let w = 1.0 - half;
    (sin, w + (((1.0 - w) - half) + p)) // what 1 − z/2 lost in rounding is added back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library_to_the_last_bit_but_one() {
        for i in -20_000..20_000 {
            let x = f64::from(i) * 1e-3;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() <= 2.3e-16 && (cos - x.cos()).abs() <= 2.3e-16, "{x}");
            assert_eq!(sin_cos_small(x), (sin, cos), "{x}");
        }
    }
}
