//! Temporal-difference targets. Time is in the name: `r` and `terminated` belong to the step from t to t+1.

/// The one-step target yₜ = rₜ₊₁ + γ v(sₜ₊₁), without the second term where the process terminated.
///
/// A truncated step is no reason to drop it: the state that was reached has a future, only the episode does not
/// (Pardo et al. 2018, "Time Limits in Reinforcement Learning").
#[inline]
pub fn one_step_target(r: f64, discount: f64, terminated: bool, v_next: f64) -> f64 {
    if terminated { r } else { r + discount * v_next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn termination_alone_cuts_the_future_off() {
        assert_eq!(one_step_target(1.0, 0.5, false, 8.0), 5.0);
        assert_eq!(one_step_target(1.0, 0.5, true, 8.0), 1.0);
    }
}
