//! Advantages: how much better what was done turned out than what was expected.

/// Generalised advantage estimates of consecutive steps in one lane, written to `advantages`:
///
/// ```text
/// δₜ = rₜ₊₁ + γₜ₊₁ v(sₜ₊₁) − v(sₜ)
/// Âₜ = δₜ + γₜ₊₁ λ Âₜ₊₁,   the second term only where the episode goes on
/// ```
///
/// `next_values[t]` is the value of step t's true successor, also where the episode was cut off there; `discounts[t]` is 0
/// where it terminated; `ends[t]` says that it ended, either way. Â + v is the λ-return. Schulman et al. 2016,
/// "High-Dimensional Continuous Control Using Generalized Advantage Estimation", equation 16.
///
/// # Panics
/// If the columns are not of one length.
pub fn gae(
    rewards: &[f64],
    values: &[f64],
    next_values: &[f64],
    discounts: &[f64],
    ends: &[bool],
    lambda: f64,
    advantages: &mut [f64],
) {
    let n = rewards.len();
    let lengths = [values.len(), next_values.len(), discounts.len(), ends.len(), advantages.len()];
    assert!(lengths.iter().all(|len| *len == n), "columns of {n} and {lengths:?} steps");
    let mut ahead = 0.0;
    for t in (0..n).rev() {
        if ends[t] {
            ahead = 0.0;
        }
        let delta = rewards[t] + discounts[t] * next_values[t] - values[t];
        ahead = delta + discounts[t] * lambda * ahead;
        advantages[t] = ahead;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rewards: [f64; 5], discounts: [f64; 5], values: [f64; 6], ends: [bool; 5], lambda: f64) -> [f64; 5] {
        let mut advantages = [7.0; 5];
        gae(&rewards, &values[..5], &values[1..], &discounts, &ends, lambda, &mut advantages);
        advantages
    }

    fn close(found: [f64; 5], right: [f64; 5]) {
        assert!(found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}, not {right:?}");
    }

    /// Numbers of rlax's tests.
    #[test]
    fn literal_numbers() {
        let (rewards, values) = ([0.0, 0.0, 1.0, 0.0, -0.5], [1.0, 4.0, -3.0, -2.0, -1.0, -1.0]);
        let at = |lambda| found(rewards, [0.99; 5], values, [false; 5], lambda);
        close(at(1.0), [-1.451_188_055, -4.455_745_51, 2.539_651, 0.5249, -0.49]);
        close(at(0.7), [-0.676_979_497, -5.248_166_663, 2.484_607_99, 0.67043, -0.49]);
        let (rewards, values) = ([0.0, 0.0, 0.0, 0.0, 1.0], [-3.0, -2.0, -1.0, 0.0, 5.0, -1.0]);
        let ends = [false, false, false, true, false];
        close(found(rewards, [0.9, 0.9, 0.9, 0.0, 0.9], values, ends, 0.7), [2.2899, 1.73, 1.0, 0.0, -4.9]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_nothing_is_chained_over_it() {
        // The first step is cut off at a state worth 10: 1 + ½·10 − 2 = 4, whatever the next episode brings.
        let mut advantages = [0.0; 2];
        gae(&[1.0, 8.0], &[2.0, 3.0], &[10.0, 4.0], &[0.5; 2], &[true, false], 1.0, &mut advantages);
        assert_eq!(advantages, [4.0, 7.0]);
    }
}
