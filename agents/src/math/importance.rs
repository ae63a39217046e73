//! Importance sampling: returns of one policy, weighted so that they tell of another.

/// The ratio ρ = π(a | s) / b(a | s) of an action that was taken: how much likelier it is under the target policy π than
/// under the behaviour b. An action that π never takes tells nothing of it.
#[inline]
pub fn ratio(target: f64, behaviour: f64) -> f64 {
    if target == 0.0 { 0.0 } else { target / behaviour }
}

/// One step back of the importance-weighted return, per decision: G̃ₜ = ρₜ (rₜ₊₁ + γ G̃ₜ₊₁).
///
/// A reward is weighted by the decisions that came before it and by no others. Sutton & Barto 2018, equation 5.14;
/// Precup, Sutton & Singh 2000, "Eligibility Traces for Off-Policy Policy Evaluation".
#[inline]
pub fn per_decision(r: f64, ratio: f64, gamma: f64, g_next: f64) -> f64 {
    ratio * (r + gamma * g_next)
}

/// A mean to which something is added with a weight: gives the new mean and makes the sum of weights larger by the weight,
/// once what is there has been forgotten by the factor 1 − α. An addition without weight changes nothing.
///
/// ```text
/// C ← (1 − α) C + W,   V ← V + (W/C) (G − V)
/// ```
///
/// With α = 0 it is the mean of all, Sutton & Barto 2018, equations 5.7 and 5.8; otherwise that of the last 1/α or so.
#[inline]
pub fn weighted_mean(v: f64, sum: &mut f64, weight: f64, g: f64, alpha: f64) -> f64 {
    *sum = (1.0 - alpha) * *sum + weight;
    if weight == 0.0 { v } else { v + weight / *sum * (g - v) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios() {
        assert_eq!((ratio(0.75, 0.25), ratio(0.0, 0.0), ratio(0.0, 0.5)), (3.0, 0.0, 0.0));
    }

    #[test]
    fn a_reward_is_weighted_by_the_decisions_before_it() {
        // Rewards 1 and 4, ratios 2 and 3, γ = ½: 2 (1 + ½ · 3 · 4) = 14; the whole return by both would be 6 (1 + 2) = 18.
        let last = per_decision(4.0, 3.0, 0.5, 0.0);
        assert_eq!((last, per_decision(1.0, 2.0, 0.5, last)), (12.0, 14.0));
    }

    #[test]
    fn means_by_weight() {
        let mut sum = 0.0;
        let v = weighted_mean(7.0, &mut sum, 1.0, 2.0, 0.0);
        assert_eq!((v, sum), (2.0, 1.0), "what it began with has no weight");
        let v = weighted_mean(v, &mut sum, 3.0, 6.0, 0.0);
        assert_eq!((v, sum), (5.0, 4.0), "(1·2 + 3·6) / 4");
        assert_eq!((weighted_mean(v, &mut sum, 0.0, 99.0, 0.0), sum), (5.0, 4.0));
        // Half forgotten: (2·5 + 2·9) / 4
        assert_eq!((weighted_mean(v, &mut sum, 2.0, 9.0, 0.5), sum), (7.0, 4.0));
    }
}
