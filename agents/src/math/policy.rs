//! The ε-greedy policy on action values, as probabilities. `legal` says which actions may be chosen; `None` is all of
//! them. Actions of the greatest value share the greedy part.

use super::choice;

/// Σₐ π(a) q(a) under the ε-greedy policy π: ε times the mean, and (1 − ε) times the greatest.
#[inline]
pub fn expected(q: &[f64], legal: Option<&[bool]>, epsilon: f64) -> f64 {
    let best = choice::max(q, legal);
    if epsilon == 0.0 {
        return best;
    }
    let (sum, count) = match legal {
        None => (q.iter().sum::<f64>(), q.len()),
        Some(legal) => {
            let allowed = q.iter().zip(legal).filter(|(_, legal)| **legal);
            allowed.fold((0.0, 0), |(sum, count), (q, _)| (sum + q, count + 1))
        }
    };
    epsilon * (sum / count as f64) + (1.0 - epsilon) * best
}

/// π(a) of the ε-greedy policy; 0 for an action that is not legal.
#[inline]
pub fn probability(q: &[f64], legal: Option<&[bool]>, epsilon: f64, action: usize) -> f64 {
    let allowed = |a: usize| legal.is_none_or(|legal| legal[a]);
    if !allowed(action) {
        return 0.0;
    }
    let best = choice::max(q, legal);
    let (count, ties) = (0..q.len())
        .filter(|&a| allowed(a))
        .fold((0, 0), |(count, ties), a| (count + 1, ties + usize::from(q[a] == best)));
    let greedy = if q[action] == best { (1.0 - epsilon) / ties as f64 } else { 0.0 };
    epsilon / f64::from(count) + greedy
}

/// Σ_{b ≠ a} π(b) q(b) + π(a) g: the expected value with what came of action a, g, in the place of its estimate.
#[inline]
pub fn expected_with(q: &[f64], legal: Option<&[bool]>, epsilon: f64, action: usize, g: f64) -> f64 {
    expected(q, legal, epsilon) + probability(q, legal, epsilon, action) * (g - q[action])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greedy_part_is_shared_by_the_best() {
        let q = [1.0, 3.0, 3.0, -5.0];
        // ε = .4: each has .1 of it, and the two best .3 more each.
        assert_eq!([0, 1, 2, 3].map(|a| probability(&q, None, 0.4, a)), [0.1, 0.4, 0.4, 0.1]);
        // .1 (1 + 3 + 3 − 5) + .6 · 3
        assert!((expected(&q, None, 0.4) - 2.0).abs() < 1e-15);
        assert_eq!(expected(&q, None, 0.0), 3.0);
    }

    #[test]
    fn what_is_illegal_has_no_part() {
        let (q, legal) = ([1.0, 3.0, 9.0], [true, true, false]);
        assert_eq!([0, 1, 2].map(|a| probability(&q, Some(&legal), 0.5, a)), [0.25, 0.75, 0.0]);
        assert_eq!(expected(&q, Some(&legal), 0.5), 2.5);
    }

    #[test]
    fn what_came_of_an_action_takes_its_place() {
        // π = (.1, .9) for ε = .2: .1 · 1 + .9 · 7, where the estimate was 3
        assert!((expected_with(&[1.0, 3.0], None, 0.2, 1, 7.0) - 6.4).abs() < 1e-15);
        assert_eq!(expected_with(&[1.0, 3.0], None, 0.2, 1, 3.0), expected(&[1.0, 3.0], None, 0.2));
    }
}
