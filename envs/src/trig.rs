//! Sine and cosine with the same bits on every machine, for every finite angle.
//!
//! The platform's differ in the last bit between libraries, and unstable dynamics multiply that: over 500 steps an
//! open-loop CartPole turns one bit into another length of the episode. These are fdlibm's kernels (Sun Microsystems
//! 1993, `k_sin.c` and `k_cos.c`) in Estrin's order, without branches, so that the same code vectorises. Angles are
//! brought to within π/4 by fdlibm's second iteration (`e_rem_pio2.c`): π/2 in three parts, and a tail that goes on into
//! the kernels. Beyond [`FAR`] they go to the crate `libm`, which is all of fdlibm.
//!
//! A formula that is generic over [`Trig`] is written once and runs both ways: for one copy with [`Everywhere`], for many
//! columns with [`Near`], which gives the same bits or NaN.

#![expect(
    clippy::inline_always,
    reason = "a loop over columns is compiled anew per instruction set, with what it calls"
)]

use std::f64::consts::{FRAC_2_PI, PI, TAU};

/// Up to here angles are reduced without branches, rad.
pub const FAR: f64 = 1e5;

/// Up to here, short of π/4, angles are not reduced at all, rad.
pub const SMALL: f64 = 0.78;

/// (sin x, cos x) to less than 1 unit in the last place; NaN for NaN and ±∞.
#[inline]
pub fn sin_cos(x: f64) -> (f64, f64) {
    if x.abs() <= FAR { reduced(x) } else { far(x) }
}

/// The same bits as [`sin_cos`], by a branch that is predicted well where angles are small.
#[inline]
pub fn sin_cos_small(x: f64) -> (f64, f64) {
    if x.abs() <= SMALL { kernel::<false>(x, 0.0) } else { sin_cos(x) }
}

/// What a formula with angles needs. Where two implementations both give numbers, they give the same bits.
pub trait Trig {
    /// (sin x, cos x).
    fn sin_cos(x: f64) -> (f64, f64);
    /// (sin x, cos x) where x is mostly small.
    fn sin_cos_small(x: f64) -> (f64, f64);
    /// An angle (rad) less whole turns, in [−π, π].
    fn within_turn(x: f64) -> f64;
}

/// For every angle, with branches: for one copy.
#[derive(Clone, Copy, Debug)]
pub struct Everywhere;

/// Without branches, so that a loop over columns vectorises. NaN where an angle is beyond [`FAR`], or beyond [`SMALL`]
/// for [`Trig::sin_cos_small`]: the caller sees that in the result and does it again with [`Everywhere`].
#[derive(Clone, Copy, Debug)]
pub struct Near;

impl Trig for Everywhere {
    #[inline(always)]
    fn sin_cos(x: f64) -> (f64, f64) {
        sin_cos(x)
    }
    #[inline(always)]
    fn sin_cos_small(x: f64) -> (f64, f64) {
        sin_cos_small(x)
    }
    #[inline(always)]
    fn within_turn(x: f64) -> f64 {
        less_turns(if x.abs() <= FAR { x } else { x % TAU })
    }
}

impl Trig for Near {
    #[inline(always)]
    fn sin_cos(x: f64) -> (f64, f64) {
        reduced(if x.abs() <= FAR { x } else { f64::NAN })
    }
    #[inline(always)]
    fn sin_cos_small(x: f64) -> (f64, f64) {
        kernel::<false>(if x.abs() <= SMALL { x } else { f64::NAN }, 0.0)
    }
    #[inline(always)]
    fn within_turn(x: f64) -> f64 {
        less_turns(if x.abs() <= FAR { x } else { f64::NAN })
    }
}

/// 1.5·2⁵²: adding it rounds to an integer and leaves that in the low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// For |x| ≤ [`FAR`].
#[inline(always)]
fn reduced(x: f64) -> (f64, f64) {
    /// π/2 in three parts, the first two with room for k.
    const HALF_PI: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
    let k = x * FRAC_2_PI + MAGIC;
    let (quadrant, k) = (k.to_bits(), k - MAGIC);
    let first = x - k * HALF_PI[0];
    let part = k * HALF_PI[1];
    let second = first - part;
    let rest = k * HALF_PI[2] - ((first - second) - part);
    let r = second - rest;
    let (sin, cos) = kernel::<true>(r, rest - (second - r));
    let (sin, cos) = if quadrant & 1 == 0 { (sin, cos) } else { (cos, sin) };
    (
        f64::from_bits(sin.to_bits() ^ (quadrant & 2) << 62),
        f64::from_bits(cos.to_bits() ^ (quadrant.wrapping_add(1) & 2) << 62),
    )
}

#[cold]
fn far(x: f64) -> (f64, f64) {
    libm::sincos(x)
}

/// Sine and cosine of r − t for |r| ≤ π/4, where t is smaller than r's last place. Without a tail it is 0: the same bits.
#[inline(always)]
fn kernel<const TAIL: bool>(r: f64, t: f64) -> (f64, f64) {
    let z = r * r;
    let zz = z * z;
    let half = 0.5 * z;
    let w = 1.0 - half;
    let (sin_tail, cos_tail) = if TAIL { (t * w, r * t) } else { (0.0, 0.0) };
    let odd = r
        * z
        * ((-1.666_666_666_666_663_2e-1 + z * 8.333_333_333_322_49e-3)
            + zz * ((-1.984_126_982_985_795e-4 + z * 2.755_731_370_707_007e-6)
                + zz * (-2.505_076_025_340_686e-8 + z * 1.589_690_995_211_55e-10)));
    let p = zz
        * ((4.166_666_666_666_66e-2 + z * -1.388_888_888_887_411e-3)
            + zz * ((2.480_158_728_947_673e-5 + z * -2.755_731_435_139_066_3e-7)
                + zz * (2.087_572_321_298_175e-9 - z * 1.135_964_755_778_82e-11)));
    (r - (sin_tail - odd), w + (((1.0 - w) - half) + (p + cos_tail))) // what 1 − z/2 lost in rounding is added back
}

/// For |x| ≤ [`FAR`]: the turns are 2π as a `f64`, as a person counting with `f64` would take them.
#[inline(always)]
fn less_turns(x: f64) -> f64 {
    /// 2π in two parts, the first with room for k.
    const TURN: [f64; 2] = [6.283_185_303_211_212, 3.968_374_073_792_802e-9];
    let k = (x * (0.5 / PI) + MAGIC) - MAGIC;
    (x - k * TURN[0]) - k * TURN[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x, sin x, cos x with 4,000 bits (mpmath), rounded: the nearest numbers to multiples of π/2, and the largest.
    #[expect(clippy::approx_constant, reason = "recorded numbers are written out")]
    const EXACT: [(f64, f64, f64); 21] = [
        (1.570_796_326_794_896_6, 1.0, 6.123_233_995_736_766e-17),
        (3.141_592_653_589_793, 1.224_646_799_147_353_2e-16, -1.0),
        (4.712_388_980_384_69, -1.0, -1.836_970_198_721_029_7e-16),
        (6.283_185_307_179_586, -2.449_293_598_294_706_4e-16, 1.0),
        (45.553_093_477_052, 1.0, -6.189_806_365_883_577e-19),
        (46_066.743_875_913_93, -1.0, 1.359_307_039_318_883_7e-16),
        (92_133.487_751_827_87, -2.718_614_078_637_767_3e-16, -1.0),
        (99_998.464_960_089_91, 1.0, -1.253_362_472_155_847_8e-13),
        (1e5, 0.035_748_797_972_016_51, -0.999_360_807_438_212_4),
        (100_000.5, -0.447_746_571_657_212_6, -0.894_160_504_366_644_7),
        (15_707_963.267_948_966, 2.810_277_712_427_821_6e-10, 1.0),
        (1e10, -0.487_506_025_087_510_7, 0.873_119_622_676_856),
        (1e22, -0.852_200_849_767_188_8, 0.523_214_785_395_139),
        (-1e22, 0.852_200_849_767_188_8, 0.523_214_785_395_139),
        (1e300, -0.817_881_912_115_908_5, -0.575_386_111_957_549_1),
        (f64::MAX, 0.004_961_954_789_184_062, -0.999_987_689_426_559_9),
        (5e-324, 5e-324, 1.0),
        (f64::MIN_POSITIVE, f64::MIN_POSITIVE, 1.0),
        (0.785_398_163_397_448, 0.707_106_781_186_547_2, 0.707_106_781_186_547_8),
        (0.785_398_163_397_448_4, 0.707_106_781_186_547_6, 0.707_106_781_186_547_5),
        (-3.0, -0.141_120_008_059_867_2, -0.989_992_496_600_445_4),
    ];

    /// x and the bits of sin x and cos x before there was a tail.
    const SMALL_BITS: [(f64, u64, u64); 8] = [
        (0.0, 0x0000_0000_0000_0000, 0x3ff0_0000_0000_0000),
        (1e-9, 0x3e11_2e0b_e826_d695, 0x3ff0_0000_0000_0000),
        (-0.01234, 0xbf89_458c_bac1_4867, 0x3fef_ff60_5459_3c5d),
        (0.1, 0x3fb9_8eae_cb8b_cb2c, 0x3fef_d712_f9a8_17c1),
        (-0.2094, 0xbfca_9b95_7a70_f94e, 0x3fef_4d0d_6c44_afb7),
        (0.333, 0x3fd4_eb98_cdc3_aa8d, 0x3fee_3dfa_f727_ab9b),
        (0.7, 0x3fe4_9d6e_6946_19b8, 0x3fe8_7996_529f_9d93),
        (0.785, 0x3fe6_9e4f_d79a_c743, 0x3fe6_a2ec_b934_b59a),
    ];

    /// Steps between neighbouring numbers from one to the other.
    fn places(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    #[test]
    fn right_to_the_last_place_everywhere() {
        for (x, sin, cos) in EXACT {
            let found = sin_cos(x);
            assert!(places(found.0, sin) <= 1 && places(found.1, cos) <= 1, "{x}: {found:?}");
            assert_eq!(sin_cos_small(x), found, "{x}");
            let mirrored = sin_cos(-x);
            assert_eq!(mirrored, (-found.0, found.1), "{x}");
        }
        assert_eq!(sin_cos(-0.0).0.to_bits(), (-0.0_f64).to_bits());
        assert_eq!(sin_cos_small(-0.0).0.to_bits(), (-0.0_f64).to_bits());
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(sin_cos(x).0.is_nan() && sin_cos(x).1.is_nan() && sin_cos_small(x).0.is_nan());
        }
    }

    #[test]
    fn near_gives_the_same_bits_or_nan() {
        let bits = |(sin, cos): (f64, f64)| (sin.to_bits(), cos.to_bits());
        for i in -200_000..200_000 {
            let x = f64::from(i) * 0.5 + f64::from(i) * 1e-5;
            let near = Near::sin_cos(x);
            assert!(if x.abs() > FAR { near.0.is_nan() } else { bits(near) == bits(Everywhere::sin_cos(x)) }, "{x}");
            let small = x * 1e-5;
            let near = Near::sin_cos_small(small);
            assert!(if small.abs() > SMALL { near.1.is_nan() } else { bits(near) == bits(sin_cos(small)) }, "{small}");
        }
        assert!(Near::within_turn(2e5).is_nan() && Near::sin_cos(f64::NAN).0.is_nan());
    }

    #[test]
    fn whole_turns_are_taken_off() {
        assert_eq!((Near::within_turn(1.0), Everywhere::within_turn(-3.0)), (1.0, -3.0));
        assert!((Near::within_turn(4.0) - (4.0 - TAU)).abs() < 1e-15);
        assert!((Everywhere::within_turn(7.5e4 * TAU - 1.0) + 1.0).abs() < 1e-10);
        assert_eq!(Near::within_turn(9e4), Everywhere::within_turn(9e4));
        assert!(Everywhere::within_turn(1e300).abs() <= 3.15 && Everywhere::within_turn(f64::INFINITY).is_nan());
    }

    #[test]
    fn agrees_with_the_standard_library_to_the_last_bit_but_one() {
        for i in -20_000..20_000 {
            let x = f64::from(i) * 1e-3;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() <= 2.3e-16 && (cos - x.cos()).abs() <= 2.3e-16, "{x}");
            assert_eq!(sin_cos_small(x), (sin, cos), "{x}");
        }
    }

    #[test]
    fn small_angles_keep_the_bits_that_recorded_runs_were_replayed_with() {
        for (x, sin, cos) in SMALL_BITS {
            let found = sin_cos(x);
            assert_eq!((found.0.to_bits(), found.1.to_bits()), (sin, cos), "{x}");
        }
    }
}
