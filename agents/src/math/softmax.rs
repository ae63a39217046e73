//! The soft-max policy, and the gradient of its logarithm.

use gymkhana_envs::Rng;

use super::choice;

/// π(a) = exp h(a) / Σ exp h(b) over the legal actions; 0 for the others. The greatest preference is subtracted from all
/// first, so that nothing overflows.
#[inline]
pub fn softmax(h: &[f64], legal: Option<&[bool]>, pi: &mut [f64]) {
    let most = choice::max(h, legal);
    let mut sum = 0.0;
    for (a, (pi, h)) in pi.iter_mut().zip(h).enumerate() {
        *pi = if legal.is_none_or(|legal| legal[a]) { (h - most).exp() } else { 0.0 };
        sum += *pi;
    }
    let scale = 1.0 / sum;
    for pi in pi {
        *pi *= scale;
    }
}

/// The estimate w(A) ∇ ln π(A) of a policy gradient, for A ~ π with preferences as parameters: its mean, and the trace of
/// its covariance. ∇ ln π(A) = e(A) − π, so that the mean is π(a) [w(a) − Σ π(b) w(b)]: the same for all w that differ by a
/// constant, as returns do from advantages. The variance is not.
pub fn gradient_moments(pi: &[f64], w: &[f64]) -> (Vec<f64>, f64) {
    let value: f64 = pi.iter().zip(w).map(|(pi, w)| pi * w).sum();
    let mean: Vec<f64> = pi.iter().zip(w).map(|(pi, w)| pi * (w - value)).collect();
    let squares: f64 = pi.iter().map(|pi| pi * pi).sum();
    // ‖e(a) − π‖² = 1 − 2 π(a) + Σ π²
    let second: f64 = pi.iter().zip(w).map(|(pi, w)| pi * w * w * (1.0 - 2.0 * pi + squares)).sum();
    let trace = second - mean.iter().map(|mean| mean * mean).sum::<f64>();
    (mean, trace)
}

/// ∂ ln π(a) / ∂h(b) = 1{a = b} − π(b) for every action b, in the place of π(b).
#[inline]
pub fn log_gradient(pi: &mut [f64], action: usize) {
    for pi in &mut *pi {
        *pi = -*pi;
    }
    pi[action] += 1.0;
}

/// An action drawn by its probability; never one that has none.
#[inline]
pub fn draw(pi: &[f64], rng: &mut Rng) -> usize {
    let action = rng.categorical(pi.iter().copied());
    // A draw above the sum of rounded probabilities gives the first action, which may be illegal.
    if pi[action] > 0.0 { action } else { choice::argmax(pi, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_leaves_the_mean_and_takes_the_variance() {
        let pi = [1.0 / 3.0; 3];
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        for (w, trace) in [([100.0, 101.0, 102.0], 61_208.0 / 9.0), ([-1.0, 0.0, 1.0], 2.0 / 9.0)] {
            let (mean, found) = gradient_moments(&pi, &w);
            assert!(mean.iter().zip([-1.0 / 3.0, 0.0, 1.0 / 3.0]).all(|(a, b)| near(*a, b)), "{mean:?}");
            // Second moment ⅔ · mean of w², less 2/9: ⅔ · 30605/3 − 2/9 = 61208/9 and ⅔ · ⅔ − 2/9 = 2/9.
            assert!(near(found, trace), "{found}");
        }
        // π = (¾, ¼), w = (1, 0): mean ¾·¼ = 3/16 and its negative; second moment ¾ · ‖(¼, −¼)‖² = 3/32.
        let (mean, trace) = gradient_moments(&[0.75, 0.25], &[1.0, 0.0]);
        assert_eq!((mean, trace), (vec![0.1875, -0.1875], 3.0 / 32.0 - 2.0 * 0.1875 * 0.1875));
    }

    #[test]
    fn shares_of_the_legal_actions() {
        let (ln2, mut pi) = (2.0_f64.ln(), [0.0; 3]);
        softmax(&[1000.0, 1000.0 + ln2, 1000.0], None, &mut pi);
        assert!(pi.iter().zip([0.25, 0.5, 0.25]).all(|(pi, right)| (pi - right).abs() < 1e-12), "{pi:?}");
        softmax(&[0.0, 5.0, -f64::ln(3.0)], Some(&[true, false, true]), &mut pi);
        assert!(pi.iter().zip([0.75, 0.0, 0.25]).all(|(pi, right)| (pi - right).abs() < 1e-12), "{pi:?}");
    }

    #[test]
    fn the_gradient_of_the_logarithm_is_that_of_finite_differences() {
        let (h, mut pi) = ([0.3, -0.2, 0.5], [0.0; 3]);
        let log_pi = |h: &[f64]| {
            let mut pi = [0.0; 3];
            softmax(h, None, &mut pi);
            pi[1].ln()
        };
        softmax(&h, None, &mut pi);
        log_gradient(&mut pi, 1);
        for (b, gradient) in pi.iter().enumerate() {
            let at =
                |shift: f64| log_pi(&std::array::from_fn::<f64, 3, _>(|i| if i == b { h[i] + shift } else { h[i] }));
            assert!((gradient - (at(1e-6) - at(-1e-6)) / 2e-6).abs() < 1e-9, "{b}");
        }
        let mut pi = [0.125, 0.375, 0.5];
        log_gradient(&mut pi, 2);
        assert_eq!(pi, [-0.125, -0.375, 0.5]);
    }

    #[test]
    fn draws_are_as_likely_as_they_should_be() {
        let (mut rng, mut counts) = (Rng::new(0), [0; 3]);
        for _ in 0..10_000 {
            counts[draw(&[0.0, 0.25, 0.75], &mut rng)] += 1;
        }
        assert!(counts[0] == 0 && (2_350..2_650).contains(&counts[1]), "{counts:?}");
        assert!((0..100).all(|_| draw(&[0.0, 0.0, 1e-9], &mut rng) == 2), "rounding draws nothing illegal");
    }
}
