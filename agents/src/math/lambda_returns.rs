//! Returns that end in an estimate: n-step returns and λ-returns. Time is in the name: of a list, the entry for the step
//! from t to t+1 holds rₜ₊₁ and v(sₜ₊₁).

/// The n-step return Gₜ:ₜ₊ₙ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ v(sₜ₊ₙ) of n rewards; `v_end` is 0 where the process
/// terminated.
///
/// Sutton & Barto 2018, equation 7.1.
#[inline]
pub fn n_step_return(rewards: &[f64], gamma: f64, v_end: f64) -> f64 {
    rewards.iter().rev().fold(v_end, |g, r| r + gamma * g)
}

/// As [`n_step_return`], of each tail of the rewards, in their place: what is left to come after each step.
#[inline]
pub fn tail_returns(rewards: &mut [f64], gamma: f64, v_end: f64) {
    let mut g = v_end;
    for r in rewards.iter_mut().rev() {
        g = *r + gamma * g;
        *r = g;
    }
}

/// The λ-return of every step of an episode, written to `returns`:
///
/// ```text
/// Gₜ = rₜ₊₁ + γ [(1 − λ) v(sₜ₊₁) + λ Gₜ₊₁],   G_T = v(s_T)
/// ```
///
/// with `v(s_T)` = 0 where the process terminated. λ = 1 gives whole returns, λ = 0 one-step targets. Sutton & Barto 2018,
/// equation 12.3 in the form of exercise 12.1.
///
/// # Panics
/// If there are not as many values as rewards.
pub fn lambda_returns(rewards: &[f64], v_next: &[f64], gamma: f64, lambda: f64, returns: &mut Vec<f64>) {
    assert_eq!(rewards.len(), v_next.len(), "a value per reward");
    returns.clear();
    returns.resize(rewards.len(), 0.0);
    let mut g = v_next.last().copied().unwrap_or_default();
    for t in (0..rewards.len()).rev() {
        g = rewards[t] + gamma * ((1.0 - lambda) * v_next[t] + lambda * g);
        returns[t] = g;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_steps_and_an_estimate() {
        // 1 + ½·2 + ¼·4 + ⅛·8
        assert_eq!(n_step_return(&[1.0, 2.0, 4.0], 0.5, 8.0), 4.0);
        assert_eq!(n_step_return(&[1.0], 0.5, 8.0), 5.0);
        assert_eq!(n_step_return(&[], 0.5, 8.0), 8.0);
    }

    #[test]
    fn what_is_left_to_come() {
        let mut rewards = [1.0, 2.0, 4.0];
        tail_returns(&mut rewards, 0.5, 8.0);
        assert_eq!(rewards, [4.0, 6.0, 8.0]);
    }

    fn returns(lambda: f64, v_end: f64) -> Vec<f64> {
        let mut returns = vec![9.0; 7];
        lambda_returns(&[1.0, 2.0, 4.0], &[10.0, 20.0, v_end], 0.5, lambda, &mut returns);
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
}
