//! Returns: what the rewards of an episode are worth from each of its steps. Sutton & Barto 2018, section 3.3.
//!
//! `rewards[t]` is rₜ₊₁, the reward of the step from t to t+1. `after` is what the state after the last of them is
//! worth: 0 where the episode terminated, its value where it was truncated.

/// Gₜ = rₜ₊₁ + γ Gₜ₊₁ of every step, from the last to the first: one product and one sum for each.
///
/// # Panics
/// If there is not a return for each reward.
pub fn backwards(rewards: &[f64], discount: f64, after: f64, returns: &mut [f64]) {
    assert_eq!(rewards.len(), returns.len(), "a return for each reward");
    let mut next = after;
    for (g, r) in returns.iter_mut().zip(rewards).rev() {
        next = r + discount * next;
        *g = next;
    }
}

/// G₀ = r₁ + γ r₂ + γ² r₃ + … + γⁿ v(sₙ), summed as it is defined, from the first reward to the last.
pub fn by_definition(rewards: &[f64], discount: f64, after: f64) -> f64 {
    let (mut sum, mut weight) = (0.0, 1.0);
    for r in rewards {
        sum += weight * r;
        weight *= discount;
    }
    sum + weight * after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<const N: usize>(rewards: [f64; N], discount: f64, after: f64) -> [f64; N] {
        let mut returns = [0.0; N];
        backwards(&rewards, discount, after, &mut returns);
        returns
    }

    #[test]
    fn each_return_is_a_reward_and_the_discounted_next_return() {
        assert_eq!(all([4.0, 3.0, 5.0, 2.0], 1.0, 0.0), [14.0, 10.0, 7.0, 2.0]);
        let expected = [12.208, 9.12, 6.8, 2.0];
        let close = |(a, b): (f64, f64)| (a - b).abs() < 1e-12;
        assert!(all([4.0, 3.0, 5.0, 2.0], 0.9, 0.0).into_iter().zip(expected).all(close));
        // 1 + ½·(2 + ½·8) = 4: what follows a truncated episode counts.
        assert_eq!(all([1.0, 2.0], 0.5, 8.0), [4.0, 6.0]);
        assert_eq!(all([3.0, 7.0], 0.0, 9.0), [3.0, 7.0]);
        assert_eq!(all([0.0; 0], 0.9, 5.0).len(), 0);
    }

    #[test]
    fn the_definition_gives_the_first_of_them() {
        assert_eq!(by_definition(&[4.0, 3.0, 5.0, 2.0], 1.0, 0.0), 14.0);
        assert!((by_definition(&[4.0, 3.0, 5.0, 2.0], 0.9, 0.0) - 12.208).abs() < 1e-12);
        assert_eq!(by_definition(&[1.0, 2.0], 0.5, 8.0), 4.0);
        assert_eq!(by_definition(&[], 0.5, 8.0), 8.0);
    }
}
