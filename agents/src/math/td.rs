//! Temporal-difference targets. Time is in the name: `r` and `terminated` belong to the step from t to t+1.

use super::choice;

/// The one-step target yₜ = rₜ₊₁ + γ v(sₜ₊₁), without the second term where the process terminated.
///
/// A truncated step is no reason to drop it: the state that was reached has a future, only the episode does not
/// (Pardo et al. 2018, "Time Limits in Reinforcement Learning").
#[inline]
pub fn one_step_target(r: f64, discount: f64, terminated: bool, v_next: f64) -> f64 {
    if terminated { r } else { r + discount * v_next }
}

/// Q-learning's and DQN's target: r + γ maxₐ q(a), where the same values choose and value the action.
#[inline]
pub fn greedy_target(r: f64, discount: f64, terminated: bool, q_next: &[f64]) -> f64 {
    one_step_target(r, discount, terminated, choice::max(q_next, None))
}

/// The double target: r + γ `value`[argmaxₐ `choose`(a)], where one sample of values chooses and another values (van
/// Hasselt 2010, "Double Q-learning"). Double DQN chooses by the network that learns and values by the target network.
#[inline]
pub fn double_target(r: f64, discount: f64, terminated: bool, choose: &[f64], value: &[f64]) -> f64 {
    one_step_target(r, discount, terminated, value[choice::argmax(choose, None)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_chooses_and_who_values_makes_the_target() {
        let (online, target) = ([5.0, 7.0], [8.0, 6.0]);
        assert_eq!(greedy_target(1.0, 1.0, false, &target), 9.0);
        assert_eq!(double_target(1.0, 1.0, false, &online, &target), 7.0);
        assert_eq!(double_target(1.0, 1.0, false, &target, &online), 6.0);
        assert_eq!(double_target(1.0, 1.0, true, &target, &online), 1.0);
    }

    #[test]
    fn termination_alone_cuts_the_future_off() {
        assert_eq!(one_step_target(1.0, 0.5, false, 8.0), 5.0);
        assert_eq!(one_step_target(1.0, 0.5, true, 8.0), 1.0);
    }
}
