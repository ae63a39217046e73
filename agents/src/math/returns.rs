//! Returns: what the rewards of an episode are worth from each of its steps. Sutton & Barto 2018, section 3.3.
//!
//! `rewards[t]` is rₜ₊₁, the reward of the step from t to t+1. `after` is what the state after the last of them is
//! worth: 0 where the process terminated, its value where it was truncated or where one looks no further.

/// Gₜ = rₜ₊₁ + γ Gₜ₊₁ of every step, in the place of its reward, from the last to the first: one product and one sum for
/// each.
#[inline]
pub fn backwards(rewards: &mut [f64], discount: f64, after: f64) {
    let mut g = after;
    for r in rewards.iter_mut().rev() {
        g = *r + discount * g;
        *r = g;
    }
}

/// The n-step return Gₜ:ₜ₊ₙ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ v(sₜ₊ₙ) of n rewards: the first of those that
/// [`backwards`] gives.
///
/// Sutton & Barto 2018, equation 7.1.
#[inline]
pub fn n_step_return(rewards: impl DoubleEndedIterator<Item = f64>, discount: f64, after: f64) -> f64 {
    rewards.rev().fold(after, |g, r| r + discount * g)
}

/// The same, summed as it is defined, from the first reward to the last: what the other way is held against.
pub fn by_definition(rewards: &[f64], discount: f64, after: f64) -> f64 {
    let (mut sum, mut weight) = (0.0, 1.0);
    for r in rewards {
        sum += weight * r;
        weight *= discount;
    }
    sum + weight * after
}

/// The n-step return of every step of a segment, written to `returns`:
///
/// ```text
/// Gₜ = rₜ₊₁ + γₜ₊₁ (rₜ₊₂ + γₜ₊₂ (… + γₖ v(sₖ))),   k = min(t + n, T)
/// ```
///
/// `discount(t)` is γₜ₊₁, 0 where the process terminated, and `v_next[t]` is v(sₜ₊₁). Sutton & Barto 2018, equation 7.1.
///
/// # Panics
/// If there are not as many values as rewards, or n is 0.
pub fn n_step_returns(
    rewards: &[f64],
    discount: impl Fn(usize) -> f64,
    v_next: &[f64],
    n: usize,
    returns: &mut Vec<f64>,
) {
    assert_eq!(rewards.len(), v_next.len(), "a value per reward");
    assert!(n > 0, "a step at least");
    returns.clear();
    returns.extend((0..rewards.len()).map(|t| {
        let k = rewards.len().min(t + n);
        (t..k).rev().fold(v_next[k - 1], |g, t| rewards[t] + discount(t) * g)
    }));
}

/// The λ-return of every step of an episode, written to `returns`:
///
/// ```text
/// Gₜ = rₜ₊₁ + γₜ₊₁ [(1 − λ) v(sₜ₊₁) + λ Gₜ₊₁],   G_T = v(s_T)
/// ```
///
/// `discount(t)` is γₜ₊₁ and `v_next[t]` is v(sₜ₊₁); one of the two is 0 where the process terminated. λ = 1 gives whole
/// returns, λ = 0 one-step targets. Sutton & Barto 2018, equation 12.3 in the form of exercise 12.1.
///
/// # Panics
/// If there are not as many values as rewards.
pub fn lambda_returns(
    rewards: &[f64],
    discount: impl Fn(usize) -> f64,
    v_next: &[f64],
    lambda: f64,
    returns: &mut Vec<f64>,
) {
    assert_eq!(rewards.len(), v_next.len(), "a value per reward");
    returns.clear();
    returns.resize(rewards.len(), 0.0);
    let mut g = v_next.last().copied().unwrap_or_default();
    for t in (0..rewards.len()).rev() {
        g = rewards[t] + discount(t) * ((1.0 - lambda) * v_next[t] + lambda * g);
        returns[t] = g;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<const N: usize>(mut rewards: [f64; N], discount: f64, after: f64) -> [f64; N] {
        backwards(&mut rewards, discount, after);
        rewards
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
    fn the_definition_and_n_steps_give_the_first_of_them() {
        for (rewards, discount, after, g) in [
            (&[4.0, 3.0, 5.0, 2.0][..], 1.0, 0.0, 14.0),
            (&[4.0, 3.0, 5.0, 2.0], 0.9, 0.0, 12.208),
            // 1 + ½·2 + ¼·4 + ⅛·8
            (&[1.0, 2.0, 4.0], 0.5, 8.0, 4.0),
            (&[1.0], 0.5, 8.0, 5.0),
            (&[], 0.5, 8.0, 8.0),
        ] {
            let found =
                [by_definition(rewards, discount, after), n_step_return(rewards.iter().copied(), discount, after)];
            assert!(found.iter().all(|found| (found - g).abs() < 1e-12), "{found:?}, not {g}");
        }
    }

    fn returns(lambda: f64, v_end: f64) -> Vec<f64> {
        let mut returns = vec![9.0; 7];
        lambda_returns(&[1.0, 2.0, 4.0], |_| 0.5, &[10.0, 20.0, v_end], lambda, &mut returns);
        returns
    }

    #[test]
    fn lambda_goes_from_one_step_to_all() {
        // λ = 0: 1 + ½·10, 2 + ½·20, 4
        assert_eq!(returns(0.0, 0.0), [6.0, 12.0, 4.0]);
        // λ = 1: 1 + ½·4, 2 + ½·4, 4
        assert_eq!(returns(1.0, 0.0), [3.0, 4.0, 4.0]);
        // λ = ½: 1 + ½ (5 + 4), 2 + ½ (10 + 2), 4
        assert_eq!(returns(0.5, 0.0), [5.5, 8.0, 4.0]);
        // cut off at a state worth 8, every λ ends with 4 + ½·8: 2 + ½ (10 + 4) = 9, 1 + ½ (5 + 4.5) = 5.75
        assert_eq!(returns(0.5, 8.0), [5.75, 9.0, 8.0]);
    }

    #[test]
    fn n_steps_and_then_a_value() {
        let of = |n| {
            let mut returns = vec![9.0; 7];
            // The second step terminated.
            n_step_returns(&[1.0, 2.0, 4.0], |t| [0.5, 0.0, 0.5][t], &[10.0, 20.0, 8.0], n, &mut returns);
            returns
        };
        // 1 + ½·10, 2, 4 + ½·8; then 1 + ½·2 from two steps on
        assert_eq!(of(1), [6.0, 2.0, 8.0]);
        assert_eq!(of(2), [2.0, 2.0, 8.0]);
        assert_eq!(of(99), [2.0, 2.0, 8.0]);
    }
}
