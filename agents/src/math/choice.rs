//! Choosing an action from values. `legal` says which actions may be chosen; `None` is all of them.

use gymkhana_envs::Rng;

#[inline]
fn allowed(legal: Option<&[bool]>, action: usize) -> bool {
    legal.is_none_or(|legal| legal[action])
}

/// maxₐ q(a) over the legal actions; −∞ if there is none.
#[inline]
pub fn max(q: &[f64], legal: Option<&[bool]>) -> f64 {
    (0..q.len()).filter(|&a| allowed(legal, a)).fold(f64::NEG_INFINITY, |best, a| best.max(q[a]))
}

/// The first action with the greatest value among the legal ones; 0 if there is none.
#[inline]
pub fn argmax<T: PartialOrd + Copy>(q: &[T], legal: Option<&[bool]>) -> usize {
    let mut best: Option<usize> = None;
    for a in (0..q.len()).filter(|&a| allowed(legal, a)) {
        if best.is_none_or(|best| q[a] > q[best]) {
            best = Some(a);
        }
    }
    best.unwrap_or(0)
}

/// As [`argmax`], with ties broken at random; draws only where there are ties.
#[inline]
pub fn argmax_random(q: &[f64], legal: Option<&[bool]>, rng: &mut Rng) -> usize {
    if legal.is_none() {
        // Which of the values is the greatest cannot be foreseen: two passes without a branch are faster than one with.
        let most = q.iter().fold(f64::NEG_INFINITY, |most, q| if *q > most { *q } else { most });
        let (mut first, mut ties) = (0, 0);
        for (a, q) in q.iter().enumerate().rev() {
            first = if *q == most { a } else { first };
            ties += usize::from(*q == most);
        }
        if ties < 2 {
            return first;
        }
    }
    let best = argmax(q, legal);
    let is_best = |a: usize| q[a] == q[best] && allowed(legal, a);
    let ties = (0..q.len()).filter(|&a| is_best(a)).count();
    if ties < 2 {
        return best;
    }
    let nth = rng.below(ties);
    (0..q.len()).filter(|&a| is_best(a)).nth(nth).unwrap_or(best)
}

/// Any legal action of `n`, each equally likely.
#[inline]
pub fn uniform(n: usize, legal: Option<&[bool]>, rng: &mut Rng) -> usize {
    let Some(mask) = legal else { return rng.below(n) };
    let count = mask.iter().filter(|&&legal| legal).count();
    let nth = rng.below(count.max(1));
    (0..n).filter(|&a| mask[a]).nth(nth).unwrap_or(0)
}

/// Whether to explore: true with probability ε. Draws nothing for ε = 0.
#[inline]
pub fn explores(epsilon: f64, rng: &mut Rng) -> bool {
    epsilon > 0.0 && rng.unit() < epsilon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_legal_value() {
        let q = [0.35, 0.25, 0.40];
        assert_eq!((argmax(&q, None), max(&q, None)), (2, 0.40));
        let legal = [true, true, false];
        assert_eq!((argmax(&q, Some(&legal)), max(&q, Some(&legal))), (0, 0.35));
        assert_eq!(argmax(&[1.0, 1.0], None), 0);
    }

    #[test]
    fn ties_are_broken_evenly() {
        let mut rng = Rng::new(0);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[argmax_random(&[1.0, 0.0, 1.0], None, &mut rng)] += 1;
        }
        assert!(counts[1] == 0 && (4_800..5_200).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn illegal_actions_are_never_drawn() {
        let mut rng = Rng::new(0);
        assert!((0..1_000).all(|_| uniform(3, Some(&[true, false, true]), &mut rng) != 1));
    }
}
