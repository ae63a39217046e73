//! Distributions of returns on atoms that are evenly spaced, low = z₀ < … < zₙ₋₁ = high.

/// The projection of a distribution onto evenly spaced atoms from `low` to `high`, one for each of `projected`: each atom is
/// clamped to that range, and its probability is split between the two neighbours, more of it to the nearer.
///
/// ```text
/// b = (clamp(z) − low) / Δz,   m⌊b⌋ += p (1 − (b − ⌊b⌋)),   m⌊b⌋₊₁ += p (b − ⌊b⌋)
/// ```
///
/// `from` gives pairs of an atom z, such as r + γ zⱼ, and its probability p. An atom that falls on one of the new ones gives
/// all of its probability to that one: algorithm 1 of the paper loses it there, with ⌈b⌉ − b and b − ⌊b⌋ both 0.
/// Bellemare, Dabney & Munos 2017, "A Distributional Perspective on Reinforcement Learning".
pub fn categorical_projection(
    from: impl IntoIterator<Item = (f64, f64)>,
    (low, high): (f64, f64),
    projected: &mut [f64],
) {
    projected.fill(0.0);
    let last = projected.len().saturating_sub(1);
    let per_unit = last as f64 / (high - low);
    for (z, p) in from {
        let b = if last == 0 { 0.0 } else { ((z.clamp(low, high) - low) * per_unit).min(last as f64) };
        let lower = b as usize;
        let upper_share = b - lower as f64;
        projected[lower] += p * (1.0 - upper_share);
        if let Some(upper) = projected.get_mut(lower + 1) {
            *upper += p * upper_share;
        }
    }
}

/// A number as weights of the two atoms beside it, whose mean it is: the projection of a distribution that is certain.
///
/// Schrittwieser et al. 2020, "Mastering Atari, Go, Chess and Shogi by Planning with a Learned Model", appendix F.
pub fn two_hot(value: f64, range: (f64, f64), weights: &mut [f64]) {
    categorical_projection([(value, 1.0)], range, weights);
}

/// The loss of quantiles θᵢ at levels τᵢ against samples of a target:
///
/// ```text
/// Σᵢ meanⱼ |τᵢ − 1{δᵢⱼ < 0}| Lκ(δᵢⱼ),   δᵢⱼ = yⱼ − θᵢ
/// Lκ(δ) = ½ δ² where |δ| ≤ κ, κ (|δ| − ½ κ) elsewhere;   L₀(δ) = |δ|
/// ```
///
/// Dabney et al. 2018, "Distributional Reinforcement Learning with Quantile Regression", equations 9 and 10, which do not
/// divide by κ.
///
/// # Panics
/// If there are not as many levels as quantiles.
pub fn quantile_loss(quantiles: &[f64], levels: &[f64], targets: &[f64], kappa: f64) -> f64 {
    assert_eq!(quantiles.len(), levels.len(), "a level per quantile");
    let one = |theta: f64, tau: f64, y: f64| {
        let delta = y - theta;
        let size = delta.abs();
        let loss = match size {
            _ if kappa == 0.0 => size,
            _ if size <= kappa => 0.5 * delta * delta,
            _ => kappa * (size - 0.5 * kappa),
        };
        (tau - f64::from(u8::from(delta < 0.0))).abs() * loss
    };
    let sum: f64 = quantiles.iter().zip(levels).flat_map(|(q, tau)| targets.iter().map(|y| one(*q, *tau, *y))).sum();
    sum / targets.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projected<const N: usize>(from: &[(f64, f64)], range: (f64, f64)) -> [f64; N] {
        let mut projected = [f64::NAN; N];
        categorical_projection(from.iter().copied(), range, &mut projected);
        projected
    }

    #[test]
    fn the_nearer_neighbour_gets_more() {
        // 2.5 is a quarter of the way from 2 to 4.
        assert_eq!(projected([(2.5, 1.0)].as_slice(), (0.0, 8.0)), [0.0, 0.75, 0.25, 0.0, 0.0]);
        let from = [(0.0, 0.5), (1.0, 0.25), (9.0, 0.25)];
        assert_eq!(projected(&from, (0.0, 2.0)), [0.5, 0.25, 0.25]);
    }

    #[test]
    fn no_probability_is_lost() {
        // On an atom, at either end, beyond the ends; a range whose steps are not exact in binary.
        for z in [-3.0, -1.0, -0.9, 0.0, 0.3, 0.7, 1.0, 1e9, f64::INFINITY, f64::NEG_INFINITY] {
            let weights: [f64; 11] = projected(&[(z, 1.0)], (-1.0, 1.0));
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{z}: {weights:?}");
            let mean: f64 = weights.iter().enumerate().map(|(i, w)| w * (i as f64 / 5.0 - 1.0)).sum();
            assert!((mean - z.clamp(-1.0, 1.0)).abs() < 1e-12, "{z}: mean {mean}");
        }
        assert_eq!(projected(&[(5.0, 0.5), (-5.0, 0.5)], (0.0, 1.0)), [1.0], "one atom has it all");
    }

    #[test]
    fn two_are_hot() {
        let mut weights = [f64::NAN; 3];
        two_hot(0.25, (-1.0, 1.0), &mut weights);
        assert_eq!(weights, [0.0, 0.75, 0.25]);
        two_hot(7.0, (-1.0, 1.0), &mut weights);
        assert_eq!(weights, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn quantiles_are_pulled_up_and_down_by_their_level() {
        // At level ¼: up by 4 costs 1, down by 4 costs 3.
        assert_eq!(quantile_loss(&[0.0], &[0.25], &[4.0], 0.0), 1.0);
        assert_eq!(quantile_loss(&[0.0], &[0.25], &[-4.0], 0.0), 3.0);
        // κ = 2: ½·1² at 1, 2 (4 − 1) at 4; the mean over both.
        assert_eq!(quantile_loss(&[0.0], &[0.5], &[1.0, 4.0], 2.0), 0.5 * (0.5 + 6.0) / 2.0);
        assert_eq!(quantile_loss(&[0.0, 1.0], &[0.5, 0.5], &[1.0], 0.0), 0.5, "summed over quantiles");
    }
}
