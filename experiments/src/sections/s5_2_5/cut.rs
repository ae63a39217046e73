//! Jack's car rental as programs have it that cut its sums off: another problem, with another value.

use anyhow::Result;
use gymkhana_agents::planning::{PolicyIteration, Solve};
use gymkhana_envs::tabular::{Outcome, Table};

use super::CARS;
use crate::interrupt;

/// States of a location, and the greatest number of cars that are asked for or come back in a day.
const SIDE: usize = CARS + 1;
const MOST: usize = 10;
/// Cars that may be moved overnight.
const MOVES: isize = 5;

fn poisson(mean: f64, k: usize) -> f64 {
    (-mean).exp() * (1..=k).map(|k| mean / k as f64).product::<f64>()
}

/// A day at a location, by cars in the morning and in the evening: the probability, and with it the rentals expected.
type Day = Vec<[(f64, f64); SIDE]>;

fn day(rentals: f64, returns: f64) -> Day {
    let mut all = vec![[(0.0, 0.0); SIDE]; SIDE];
    for (morning, row) in all.iter_mut().enumerate() {
        for (out, back) in (0..=MOST).flat_map(|out| (0..=MOST).map(move |back| (out, back))) {
            let (p, rented) = (poisson(rentals, out) * poisson(returns, back), morning.min(out));
            let evening = (morning - rented + back).min(CARS);
            row[evening].0 += p;
            row[evening].1 += p * rented as f64;
        }
    }
    all
}

/// V(0, 0) of the best policy where numbers of rentals and returns are from 0 to 10 only, and what their probabilities
/// lack of 1 is lost.
pub(super) fn value(gamma: f64) -> Result<f64> {
    let (first, second) = (day(3.0, 3.0), day(4.0, 2.0));
    let states = SIDE * SIDE;
    let table = Table::new(vec![1.0 / states as f64; states], 2 * MOVES as usize + 1, |state, action| {
        let (a, b) = ((state / SIDE).cast_signed(), (state % SIDE).cast_signed());
        let moved = (action.cast_signed() - MOVES).clamp(-b, a);
        let (a, b) = (&first[((a - moved) as usize).min(CARS)], &second[((b + moved) as usize).min(CARS)]);
        let all: f64 = a.iter().map(|(p, _)| p).sum::<f64>() * b.iter().map(|(p, _)| p).sum::<f64>();
        let pairs = (0..SIDE).flat_map(move |i| (0..SIDE).map(move |j| (i, j)));
        let outcome = move |(i, j): (usize, usize)| {
            let ((p, r), (q, s)) = (a[i], b[j]);
            // The cost of a move does not depend on what is cut off.
            let cost = 2.0 * moved.abs() as f64 / all;
            let reward = if p * q > 0.0 { 10.0 * (r / p + s / q) - cost } else { 0.0 };
            Outcome { probability: p * q, next: SIDE * i + j, reward, terminated: false }
        };
        pairs.map(outcome).collect::<Vec<_>>()
    });
    let best = PolicyIteration { gamma, ..PolicyIteration::default() }.solve(&table, &mut || !interrupt::wanted())?;
    Ok(best.values[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_lost() {
        let sum: f64 = (0..=MOST).map(|k| poisson(3.0, k)).sum();
        // e⁻³ Σ 3ᵏ/k! for k ≤ 10.
        assert!((sum - 0.999_707_66).abs() < 1e-8, "{sum}");
        for row in day(3.0, 3.0) {
            assert!((row.iter().map(|(p, _)| p).sum::<f64>() - sum * sum).abs() < 1e-12);
        }
    }
}
