//! Advantages: how much better what was done turned out than what was expected.

use std::ops::{Add, Mul, Sub};

/// `f32` or `f64`.
pub trait Real: Copy + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {}

impl Real for f32 {}
impl Real for f64 {}

/// A segment of experience: steps × lanes, flat, all lanes of a step together. One sequence is a segment of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a, T> {
    /// How many sequences lie side by side.
    pub lanes: usize,
    /// rₜ₊₁, of the step from t to t+1.
    pub rewards: &'a [T],
    /// γₜ₊₁: 0 where the step terminated, and only there.
    pub discounts: &'a [T],
    /// v(sₜ), of the state before the step.
    pub values: &'a [T],
    /// v(sₜ₊₁), of the state that the step led to: the true last one where an episode ended, never the first of the next.
    pub next_values: &'a [T],
    /// Whether an episode ended with the step, terminated or truncated: what comes after it is of another episode.
    pub ends: &'a [bool],
}

impl<T: Real> Segment<'_, T> {
    /// The temporal-difference error δₜ = rₜ₊₁ + γₜ₊₁ v(sₜ₊₁) − v(sₜ).
    #[inline]
    pub fn delta(&self, i: usize) -> T {
        self.rewards[i] + self.discounts[i] * self.next_values[i] - self.values[i]
    }

    /// xₜ = `first`(t) + `decay`(t) xₜ₊₁ in each lane, from the last step to the first. What comes after the segment, or
    /// after the end of an episode, counts 0.
    #[inline]
    pub(super) fn accumulate(&self, sums: &mut [T], first: impl Fn(usize) -> T, decay: impl Fn(usize) -> T) {
        let n = sums.len();
        let lengths = [self.rewards, self.discounts, self.values, self.next_values].map(<[T]>::len);
        assert!(lengths == [n; 4] && self.ends.len() == n, "as many of each");
        assert!(self.lanes > 0 && n.is_multiple_of(self.lanes), "whole steps of all lanes");
        for i in (0..n).rev() {
            let goes_on = !self.ends[i] && i + self.lanes < n;
            let after = if goes_on { decay(i) * sums[i + self.lanes] } else { T::default() };
            sums[i] = first(i) + after;
        }
    }
}

/// Generalised advantage estimates, written to `advantages`, steps × lanes:
///
/// ```text
/// δₜ = rₜ₊₁ + γₜ₊₁ v(sₜ₊₁) − v(sₜ)
/// Âₜ = δₜ + γₜ₊₁ λ Âₜ₊₁
/// ```
///
/// Schulman et al. 2016, "High-Dimensional Continuous Control Using Generalized Advantage Estimation", equation 16. γ is 0
/// where the step terminated. Where an episode was truncated, δ has the value of its true last state, and the sum is cut:
/// the next step is of another episode. λ = 0 gives δ, λ = 1 returns less values. Âₜ is also the λ-return less v(sₜ), the
/// error of TD(λ).
///
/// # Panics
/// If there are not as many rewards, discounts, values and ends as advantages, or not whole steps of all lanes.
#[inline]
pub fn gae<T: Real>(segment: &Segment<'_, T>, lambda: T, advantages: &mut [T]) {
    segment.accumulate(advantages, |i| segment.delta(i), |i| segment.discounts[i] * lambda);
}

/// Advantages within their group: x ← (x − mean) / (deviation + ε), with the sample deviation.
///
/// PPO does this to the advantages of a minibatch, and GRPO, with ε = 10⁻⁴, to the rewards of the answers to one question
/// (Shao et al. 2024, "`DeepSeekMath`", section 4.1). A group of one, which has no deviation, becomes 0.
pub fn standardize(group: &mut [f64], epsilon: f64) {
    let n = group.len() as f64;
    let mean = group.iter().sum::<f64>() / n;
    let squares: f64 = group.iter().map(|x| (x - mean) * (x - mean)).sum();
    let deviation = (squares / (n - 1.0).max(1.0)).sqrt();
    for x in group {
        *x = (*x - mean) / (deviation + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One lane; `values` has one more than there are steps, and an episode ends after `end`.
    fn estimates(values: &[f64], rewards: &[f64], discounts: &[f64], lambda: f64, end: Option<usize>) -> Vec<f64> {
        let n = rewards.len();
        let ends: Vec<bool> = (0..n).map(|t| end == Some(t)).collect();
        let (values, next_values) = (&values[..n], &values[1..]);
        let mut advantages = vec![f64::NAN; n];
        gae(&Segment { lanes: 1, rewards, discounts, values, next_values, ends: &ends }, lambda, &mut advantages);
        advantages
    }

    #[test]
    fn lambda_goes_from_one_step_to_all() {
        let of = |lambda| estimates(&[1.0, 2.0, 4.0, 8.0], &[1.0, 2.0, 4.0], &[0.5; 3], lambda, None);
        // 1 + ½·2 − 1, 2 + ½·4 − 2, 4 + ½·8 − 4
        assert_eq!(of(0.0), [1.0, 2.0, 4.0]);
        // Returns 4, 6, 8 less values.
        assert_eq!(of(1.0), [3.0, 4.0, 4.0]);
        // 2 + ¼·4 = 3, 1 + ¼·3
        assert_eq!(of(0.5), [1.75, 3.0, 4.0]);
    }

    #[test]
    fn termination_drops_the_value_and_truncation_only_what_comes_after() {
        let of = |discounts, end| estimates(&[1.0, 2.0, 4.0, 8.0], &[1.0, 2.0, 4.0], discounts, 1.0, end);
        // Terminated after the second step: δ = 2 − 2 = 0, and nothing after it; 1 + ½·0.
        assert_eq!(of(&[0.5, 0.0, 0.5], Some(1)), [1.0, 0.0, 4.0]);
        // Truncated there: δ = 2 + ½·4 − 2 = 2, and the 4 after it is of another episode; 1 + ½·2.
        assert_eq!(of(&[0.5, 0.5, 0.5], Some(1)), [2.0, 2.0, 4.0]);
        assert_eq!(of(&[0.5, 0.5, 0.5], Some(2)), [3.0, 4.0, 4.0], "the last step has none after it anyway");
    }

    #[test]
    fn lanes_lie_side_by_side_and_do_not_meet() {
        let (values, ends) = ([1.0_f32, 5.0, 2.0, 5.0, 4.0, 5.0], [false, false, false, true, false, false]);
        let segment = Segment {
            lanes: 2,
            rewards: &[1.0, 3.0, 2.0, 3.0, 4.0, 3.0],
            discounts: &[0.5, 0.5, 0.5, 0.0, 0.5, 0.5],
            values: &values,
            next_values: &[2.0, 5.0, 4.0, 9.0, 8.0, 1.0],
            ends: &ends,
        };
        let mut advantages = [f32::NAN; 6];
        gae(&segment, 0.5, &mut advantages);
        // The first lane as above. The second: 3 + ½ − 5 = −1.5; terminated, 3 − 5 = −2; 3 + 2.5 − 5 − ¼·2 = 0.
        assert_eq!(advantages, [1.75, 0.0, 3.0, -2.0, 4.0, -1.5]);
    }

    #[test]
    fn a_group_has_mean_0_and_deviation_1() {
        // Mean 2, sample deviation 1.
        let mut group = [1.0, 2.0, 3.0];
        standardize(&mut group, 0.0);
        assert_eq!(group, [-1.0, 0.0, 1.0]);
        let mut group = [1.0, 2.0, 3.0];
        standardize(&mut group, 1.0);
        assert_eq!(group, [-0.5, 0.0, 0.5]);
        let (mut one, mut same) = ([7.0], [2.0; 4]);
        standardize(&mut one, 1e-4);
        standardize(&mut same, 1e-4);
        assert_eq!((one, same), ([0.0], [0.0; 4]));
    }
}
