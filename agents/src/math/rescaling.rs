//! A scale on which values of all sizes can be learned.

/// h(x) = sign(x) (√(|x| + 1) − 1) + ε x: nearly x about 0, nearly a root far away, and it has an inverse since it never
/// stops rising.
///
/// Pohlen et al. 2018, "Observe and Look Further: Achieving Consistent Performance on Atari", proposition A.2.
#[inline]
pub fn rescaled(x: f64, epsilon: f64) -> f64 {
    x.signum() * ((x.abs() + 1.0).sqrt() - 1.0) + epsilon * x
}

/// h⁻¹(x) = sign(x) (((√(1 + 4ε (|x| + 1 + ε)) − 1) / 2ε)² − 1), for ε > 0.
#[inline]
pub fn unscaled(x: f64, epsilon: f64) -> f64 {
    let root = ((1.0 + 4.0 * epsilon * (x.abs() + 1.0 + epsilon)).sqrt() - 1.0) / (2.0 * epsilon);
    x.signum() * (root * root - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_with_a_little_slope() {
        // √9 − 1 + ½·8
        assert_eq!((rescaled(8.0, 0.5), rescaled(-8.0, 0.5), rescaled(0.0, 0.5)), (6.0, -6.0, 0.0));
        // (√(1 + 2·7.5) − 1)² − 1 = 8
        assert_eq!((unscaled(6.0, 0.5), unscaled(-6.0, 0.5), unscaled(0.0, 0.5)), (8.0, -8.0, 0.0));
    }

    #[test]
    fn there_and_back() {
        for x in [-1e6, -300.0, -1.0, -1e-3, 0.0, 0.5, 42.0, 1e4] {
            let back = unscaled(rescaled(x, 1e-3), 1e-3);
            assert!((back - x).abs() <= 1e-9 * x.abs().max(1.0), "{x} came back as {back}");
        }
    }
}
