//! Bandits: step sizes, confidence bounds, importance weights.

/// The step size β = α / ō for the n-th reward, with ō ← ō + α (1 − ō) from 0, that is α / (1 − (1 − α)ⁿ): 1 for the
/// first reward, and α in the end, so that nothing is left of what an estimate began with (Sutton & Barto 2018,
/// exercise 2.7).
#[inline]
pub fn unbiased_step(alpha: f64, n: f64) -> f64 {
    alpha / (1.0 - (1.0 - alpha).powf(n))
}

/// The upper confidence bound q + c √(ln t / n); +∞ for an arm that was never pulled.
#[inline]
pub fn upper_bound(q: f64, n: f64, c: f64, ln_t: f64) -> f64 {
    if n > 0.0 { q + c * (ln_t / n).sqrt() } else { f64::INFINITY }
}

/// The inverse of A + x xᵀ from that of A, d × d and symmetric, in place (Sherman & Morrison 1950):
/// A⁻¹ − (A⁻¹x)(A⁻¹x)ᵀ / (1 + xᵀA⁻¹x). `ax` has room for A⁻¹x.
#[inline]
pub fn rank_one_inverse(inverse: &mut [f64], x: &[f64], ax: &mut [f64]) {
    for (ax, row) in ax.iter_mut().zip(inverse.chunks_exact(x.len())) {
        *ax = dot(row, x);
    }
    let scale = 1.0 / (1.0 + dot(x, ax));
    for (ax_i, row) in ax.iter().zip(inverse.chunks_exact_mut(x.len())) {
        for (entry, ax_j) in row.iter_mut().zip(&*ax) {
            *entry -= scale * ax_i * ax_j;
        }
    }
}

/// xᵀ A x for A of d × d.
#[inline]
pub fn quadratic(a: &[f64], x: &[f64]) -> f64 {
    a.chunks_exact(x.len()).zip(x).map(|(row, x_i)| x_i * dot(row, x)).sum()
}

/// xᵀy.
#[inline]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// How much worse than always pulling the best of K arms EXP3 is expected to be at most over T pulls whose rewards are
/// in [0, 1]: 2 √(e − 1) √(T K ln K) (Auer et al. 2002, corollary 3.2).
pub fn exp3_bound(arms: usize, pulls: f64) -> f64 {
    let k = arms as f64;
    2.0 * (std::f64::consts::E - 1.0).sqrt() * (pulls * k * k.ln()).sqrt()
}

/// The mixing γ by which EXP3 keeps that bound: min(1, √(K ln K / ((e − 1) T))).
pub fn exp3_mixing(arms: usize, pulls: f64) -> f64 {
    let k = arms as f64;
    (k * k.ln() / ((std::f64::consts::E - 1.0) * pulls)).sqrt().min(1.0)
}

/// The Kullback–Leibler divergence of Bernoulli(q) from Bernoulli(p), p ln(p/q) + (1 − p) ln((1 − p)/(1 − q)).
pub fn bernoulli_kl(p: f64, q: f64) -> f64 {
    let term = |p: f64, q: f64| if p == 0.0 { 0.0 } else { p * (p / q).ln() };
    term(p, q) + term(1.0 - p, 1.0 - q)
}

/// The constant of Lai & Robbins 1985: no policy that is good for all Bernoulli arms has a regret that grows slower than
/// this times ln T. Σ (p* − pₐ) / KL(pₐ, p*) over the arms that are not best.
pub fn lai_robbins(arms: &[f64]) -> f64 {
    let best = arms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    arms.iter().filter(|arm| **arm < best).map(|arm| (best - arm) / bernoulli_kl(*arm, best)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unbiased_step_forgets_what_it_began_with() {
        // ō = 1/2, 3/4, 7/8 for α = 1/2.
        assert_eq!([1.0, 2.0, 3.0].map(|n| unbiased_step(0.5, n)), [1.0, 2.0 / 3.0, 4.0 / 7.0]);
    }

    #[test]
    fn bounds_of_arms() {
        assert_eq!(upper_bound(0.5, 4.0, 2.0, 9.0), 3.5);
        assert_eq!(upper_bound(0.5, 0.0, 2.0, 0.0), f64::INFINITY);
        assert_eq!(upper_bound(0.5, 2.0, 0.0, 1.0), 0.5);
    }

    #[test]
    fn the_inverse_follows_its_matrix() {
        // A = I + (1, 2)(1, 2)ᵀ = [[2, 2], [2, 5]], whose inverse is [[5, −2], [−2, 2]] / 6.
        let (mut inverse, x) = ([1.0, 0.0, 0.0, 1.0], [1.0, 2.0]);
        rank_one_inverse(&mut inverse, &x, &mut [0.0; 2]);
        let right = [5.0 / 6.0, -1.0 / 3.0, -1.0 / 3.0, 1.0 / 3.0];
        assert!(inverse.iter().zip(right).all(|(found, right)| (found - right).abs() < 1e-15), "{inverse:?}");
        // (5 − 4·2 + 4·2) / 6
        assert!((quadratic(&inverse, &x) - 5.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn exp3s_constants() {
        // K = 10: K ln K = 23.02585; (e − 1)·1000 = 1718.2818; √(23.02585 / 1718.2818) = 0.115760.
        assert!((exp3_mixing(10, 1_000.0) - 0.115_760).abs() < 1e-6);
        assert_eq!(exp3_mixing(10, 5.0), 1.0);
        // 2·1.3108325·√23025.851 = 397.81856
        assert!((exp3_bound(10, 1_000.0) - 397.818_56).abs() < 1e-4, "{}", exp3_bound(10, 1_000.0));
    }

    #[test]
    fn what_it_takes_to_tell_two_coins_apart() {
        // ½ ln(½/¾) + ½ ln(½/¼) = ½ ln(4/3)
        assert!((bernoulli_kl(0.5, 0.75) - 0.143_841_036_225_890_42).abs() < 1e-15);
        assert_eq!(bernoulli_kl(0.0, 0.5), 2.0_f64.ln());
        assert!((lai_robbins(&[0.5, 0.75, 0.75]) - 0.25 / 0.143_841_036_225_890_42).abs() < 1e-12);
    }
}
