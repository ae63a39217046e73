//! V-trace: values of one policy from what another did.
//!
//! Espeholt et al. 2018, "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner Architectures",
//! section 4. With the ratio ρₜ = π(aₜ | sₜ) / μ(aₜ | sₜ) of the target policy π and the behaviour μ:
//!
//! ```text
//! δₜ = min(ρ̄, ρₜ) (rₜ₊₁ + γₜ₊₁ v(sₜ₊₁) − v(sₜ))
//! vₜ − v(sₜ) = δₜ + γₜ₊₁ λ min(c̄, ρₜ) (vₜ₊₁ − v(sₜ₊₁))
//! ```
//!
//! ρ̄ decides what the values go to, c̄ how fast. With all ratios 1 it is the λ-return.

use super::advantage::Segment;

/// Where ratios are cut off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caps {
    /// ρ̄, of the temporal-difference errors.
    pub rho: f64,
    /// c̄, of what is handed back along the path.
    pub c: f64,
}

/// The errors vₜ − v(sₜ) of every step, steps × lanes.
///
/// # Panics
/// If there are not as many of everything as errors.
pub fn vtrace(segment: &Segment<'_, f64>, ratios: &[f64], caps: Caps, lambda: f64, errors: &mut [f64]) {
    assert_eq!(ratios.len(), errors.len(), "a ratio per step");
    segment.accumulate(
        errors,
        |i| caps.rho.min(ratios[i]) * segment.delta(i),
        |i| segment.discounts[i] * lambda * caps.c.min(ratios[i]),
    );
}

/// The advantages of the policy gradient, min(ρ̄, ρₜ) (rₜ₊₁ + γₜ₊₁ vₜ₊₁ − v(sₜ)), from the errors that [`vtrace`] gave, with
/// vₜ₊₁ = v(sₜ₊₁) where an episode or the segment ended. `errors` becomes them.
///
/// # Panics
/// If there are not as many of everything as errors.
pub fn vtrace_advantages(segment: &Segment<'_, f64>, ratios: &[f64], rho_bar: f64, errors: &mut [f64]) {
    assert_eq!(ratios.len(), errors.len(), "a ratio per step");
    let n = errors.len();
    // Forwards: the error of the step after is read before it is written over.
    for i in 0..n {
        let goes_on = !segment.ends[i] && i + segment.lanes < n;
        let after = if goes_on { segment.discounts[i] * errors[i + segment.lanes] } else { 0.0 };
        errors[i] = rho_bar.min(ratios[i]) * (segment.delta(i) + after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::advantage::gae;

    const SEGMENT: Segment<'static, f64> = Segment {
        lanes: 1,
        rewards: &[1.0, 2.0, 4.0],
        discounts: &[0.5; 3],
        values: &[1.0, 2.0, 4.0],
        next_values: &[2.0, 4.0, 8.0],
        ends: &[false; 3],
    };
    const ONE: Caps = Caps { rho: 1.0, c: 1.0 };

    fn errors(segment: &Segment<'_, f64>, ratios: [f64; 3], caps: Caps, lambda: f64) -> [f64; 3] {
        let mut errors = [f64::NAN; 3];
        vtrace(segment, &ratios, caps, lambda, &mut errors);
        errors
    }

    #[test]
    fn on_policy_it_is_the_lambda_return() {
        for lambda in [0.0, 0.5, 1.0] {
            let mut advantages = [f64::NAN; 3];
            gae(&SEGMENT, lambda, &mut advantages);
            assert_eq!(errors(&SEGMENT, [1.0; 3], ONE, lambda), advantages);
        }
    }

    #[test]
    fn ratios_are_cut_off_twice() {
        // TD errors 1, 2, 4. Ratios ½, 2, 4 become ½, 1, 1: 4; 2 + ½·4 = 4; ½ + ½·½·4.
        assert_eq!(errors(&SEGMENT, [0.5, 2.0, 4.0], ONE, 1.0), [1.5, 4.0, 4.0]);
        // ρ̄ = 2: 8; 4 + ½·8 = 8; ½ + ½·½·8. c̄ = 2 as well: 8; 4 + ½·2·8 = 12; ½ + ¼·12.
        assert_eq!(errors(&SEGMENT, [0.5, 2.0, 4.0], Caps { rho: 2.0, c: 1.0 }, 1.0), [2.5, 8.0, 8.0]);
        assert_eq!(errors(&SEGMENT, [0.5, 2.0, 4.0], Caps { rho: 2.0, c: 2.0 }, 1.0), [3.5, 12.0, 8.0]);
        // An episode that ended after the second step: 2, and ½ + ¼·2.
        let ended = Segment { ends: &[false, true, false], ..SEGMENT };
        assert_eq!(errors(&ended, [0.5, 2.0, 4.0], ONE, 1.0), [1.0, 2.0, 4.0]);
    }

    #[test]
    fn advantages_go_on_with_the_corrected_value() {
        let mut advantages = errors(&SEGMENT, [0.5, 2.0, 4.0], ONE, 1.0);
        vtrace_advantages(&SEGMENT, &[0.5, 2.0, 4.0], 1.0, &mut advantages);
        // ½ (1 + ½·4), 1 (2 + ½·4), 1·4
        assert_eq!(advantages, [1.5, 4.0, 4.0]);
        let mut advantages = errors(&SEGMENT, [2.0, 0.5, 4.0], ONE, 1.0);
        vtrace_advantages(&SEGMENT, &[2.0, 0.5, 4.0], 2.0, &mut advantages);
        // Errors: 4; 1 + ¼·4 = 2; 1 + ½·2 = 2. Then 2 (1 + ½·2), ½ (2 + ½·4), 2·4.
        assert_eq!(advantages, [4.0, 2.0, 8.0]);
    }
}
