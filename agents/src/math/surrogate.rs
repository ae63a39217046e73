//! What is maximised in the place of the return, by the ratio r of how likely an action that was taken is now to how likely it
//! was then.

/// The clipped surrogate of PPO, min(r Â, clip(r, 1 − ε, 1 + ε) Â).
///
/// Schulman et al. 2017, "Proximal Policy Optimization Algorithms", equation 7. Nothing is gained by making a good action
/// likelier than 1 + ε times what it was, or a bad one less likely than 1 − ε times; the way back is never cut off.
#[inline]
pub fn clipped(ratio: f64, advantage: f64, epsilon: f64) -> f64 {
    (ratio * advantage).min(ratio.clamp(1.0 - epsilon, 1.0 + epsilon) * advantage)
}

/// Its slope over the ratio: Â, but 0 where Â > 0 and r > 1 + ε, and where Â < 0 and r < 1 − ε.
#[inline]
pub fn clipped_slope(ratio: f64, advantage: f64, epsilon: f64) -> f64 {
    let beyond = if advantage > 0.0 { ratio > 1.0 + epsilon } else { ratio < 1.0 - epsilon };
    if beyond { 0.0 } else { advantage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_gained_beyond_the_range() {
        // Ratios ½, 1, 2 with ε = ¼: a good action of advantage 4 is worth 5 at most, a bad one −3.
        assert_eq!([0.5, 1.0, 2.0].map(|r| clipped(r, 4.0, 0.25)), [2.0, 4.0, 5.0]);
        assert_eq!([0.5, 1.0, 2.0].map(|r| clipped(r, -4.0, 0.25)), [-3.0, -4.0, -8.0]);
    }

    #[test]
    fn the_slope_is_0_on_one_side_alone() {
        assert_eq!([0.5, 1.0, 2.0].map(|r| clipped_slope(r, 4.0, 0.25)), [4.0, 4.0, 0.0]);
        assert_eq!([0.5, 1.0, 2.0].map(|r| clipped_slope(r, -4.0, 0.25)), [0.0, -4.0, -4.0]);
    }
}
