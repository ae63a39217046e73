//! Running means and variances over all lanes, as Gymnasium's `RunningMeanStd`.
//!
//! Chan, Golub & `LeVeque` 1983, "Algorithms for Computing the Sample Variance: Analysis and Recommendations": of numbers
//! A seen so far and a new batch B, with counts n, means m and variances v,
//!
//! ```text
//! δ = m_B − m_A        n = n_A + n_B        m = m_A + δ n_B / n
//! v = (v_A n_A + v_B n_B + δ² n_A n_B / n) / n
//! ```
//!
//! which begins at n = 10⁻⁴, m = 0, v = 1. It is kept in f64, where Gymnasium keeps that of observations in f32.

use serde::{Deserialize, Serialize};

use crate::{error::Error, state::State};

/// The mean and the variance of each of several numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Moments {
    fn new(width: usize) -> Self {
        Self { count: 1e-4, mean: vec![0.0; width], variance: vec![1.0; width] }
    }

    /// How many rows were seen, and 10⁻⁴ more.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// The mean of each number.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The variance of each number, over all of them and not one fewer.
    pub fn variance(&self) -> &[f64] {
        &self.variance
    }

    /// Takes in `rows` rows, whose k-th numbers are `number(row, k)`.
    fn update(&mut self, rows: usize, number: impl Fn(usize, usize) -> f64) {
        let n = rows as f64;
        let count = self.count + n;
        for (k, (mean, variance)) in self.mean.iter_mut().zip(&mut self.variance).enumerate() {
            let new_mean = (0..rows).map(|row| number(row, k)).sum::<f64>() / n;
            let new_variance = (0..rows).map(|row| (number(row, k) - new_mean).powi(2)).sum::<f64>() / n;
            let delta = new_mean - *mean;
            let sum = *variance * self.count + new_variance * n + delta * delta * self.count * n / count;
            *mean += delta * n / count;
            *variance = sum / count;
        }
        self.count = count;
    }

    fn are_sound(&self, width: usize) -> bool {
        let sound = |&x: &f64| x.is_finite();
        let positive = |x: &f64| sound(x) && *x >= 0.0;
        (self.mean.len(), self.variance.len()) == (width, width)
            && self.mean.iter().all(sound)
            && self.variance.iter().all(positive)
            && sound(&self.count)
            && self.count > 0.0
    }
}

/// The moments that a wrapper keeps: they can be frozen, taken out, and put into another wrapper of that name.
#[derive(Clone, Debug)]
pub(super) struct Running {
    wrapper: &'static str,
    epsilon: f64,
    moments: Moments,
    /// what a reset goes back to: nothing seen, or what was given
    given: Moments,
    frozen: bool,
    /// √(v + ε)
    deviation: Vec<f64>,
}

impl Running {
    /// Of rows of `width` numbers, nothing seen yet. `epsilon` is what is added to the variance.
    pub(super) fn new(wrapper: &'static str, width: usize, epsilon: f64) -> Self {
        let moments = Moments::new(width);
        let deviation = vec![0.0; width];
        let mut running = Self { wrapper, epsilon, given: moments.clone(), moments, frozen: false, deviation };
        running.derive();
        running
    }

    fn derive(&mut self) {
        for (deviation, variance) in self.deviation.iter_mut().zip(&self.moments.variance) {
            *deviation = (variance + self.epsilon).sqrt();
        }
    }

    /// Takes in `rows` rows, whose k-th numbers are `number(row, k)`, unless frozen.
    #[inline]
    pub(super) fn update(&mut self, rows: usize, number: impl Fn(usize, usize) -> f64) {
        if !self.frozen {
            self.moments.update(rows, number);
            self.derive();
        }
    }

    /// Goes back to what was given, or to nothing seen: a batch that is reset is as new.
    pub(super) fn restart(&mut self) {
        self.moments.clone_from(&self.given);
        self.derive();
    }

    /// From now on nothing is taken in any more, and what was is kept over resets.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
        self.given.clone_from(&self.moments);
    }

    pub(super) fn moments(&self) -> &Moments {
        &self.moments
    }

    /// √(v + ε) of each number.
    pub(super) fn deviation(&self) -> &[f64] {
        &self.deviation
    }

    /// Puts back moments from a batch's state.
    ///
    /// # Errors
    /// If they are of another width, or no moments.
    pub(super) fn put(&mut self, moments: Moments) -> Result<(), Error> {
        self.moments = self.check(moments)?;
        if self.frozen {
            self.given.clone_from(&self.moments);
        }
        self.derive();
        Ok(())
    }

    /// These, then those of the batch below: what [`Layer::statistics`](crate::Layer::statistics) gives.
    pub(super) fn before(&self, below: Vec<State>) -> Vec<State> {
        std::iter::once(State::of(&(self.wrapper, &self.moments))).chain(below).collect()
    }

    /// Reads what [`before`](Self::before) gave: the moments, and what is for the batch below.
    ///
    /// # Errors
    /// If the first are not those of a wrapper like this one.
    pub(super) fn read<'a>(&self, statistics: &'a [State]) -> Result<(Moments, &'a [State]), Error> {
        let wanted = self.wrapper;
        let Some((first, below)) = statistics.split_first() else {
            return Err(Error::State(format!("there are no statistics for `{wanted}`")));
        };
        let (wrapper, moments): (String, Moments) = first.get()?;
        if wrapper != wanted {
            return Err(Error::State(format!("statistics of `{wrapper}` where those of `{wanted}` should be")));
        }
        Ok((self.check(moments)?, below))
    }

    /// Takes over moments that [`read`](Self::read) gave; they are kept over resets.
    pub(super) fn give(&mut self, moments: Moments) {
        self.given = moments;
        self.restart();
    }

    fn check(&self, moments: Moments) -> Result<Moments, Error> {
        let (wrapper, width) = (self.wrapper, self.deviation.len());
        if moments.are_sound(width) {
            return Ok(moments);
        }
        Err(Error::State(format!("`{wrapper}` keeps a mean and a variance of {width} numbers, and these are not such")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_give_the_moments_of_all_rows() {
        // NumPy's mean and var of 1, 2, 4, 7, 11 are 5 and 13.2; the first 10⁻⁴ at 0 with variance 1 hardly counts.
        let mut moments = Moments::new(1);
        moments.update(3, |row, _| [1.0, 2.0, 4.0][row]);
        moments.update(2, |row, _| [7.0, 11.0][row]);
        assert_eq!(moments.count(), 5.0001);
        assert!((moments.mean()[0] - 4.999_900_002).abs() < 1e-9, "{:?}", moments.mean());
        assert!((moments.variance()[0] - 13.200_255_985).abs() < 1e-8, "{:?}", moments.variance());
    }

    #[test]
    fn what_is_frozen_stays_and_what_is_given_outlives_a_reset() {
        let mut one = Running::new("test", 1, 0.0);
        one.update(1, |_, _| 3.0);
        let given = one.before(Vec::new());
        one.restart();
        assert_eq!((one.moments().count(), one.moments().mean()[0]), (1e-4, 0.0));

        let (moments, below) = one.read(&given).unwrap();
        assert!(below.is_empty());
        one.give(moments.clone());
        one.restart();
        assert_eq!(one.moments(), &moments);

        one.update(1, |_, _| 5.0);
        let seen = one.moments().clone();
        one.freeze();
        one.update(1, |_, _| 5.0);
        one.restart();
        assert_eq!(one.moments(), &seen);
    }

    #[test]
    fn statistics_of_others_are_refused() {
        let (narrow, wide, other) = (Running::new("a", 1, 0.0), Running::new("a", 2, 0.0), Running::new("b", 1, 0.0));
        let statistics = narrow.before(Vec::new());
        assert!(narrow.read(&statistics).is_ok());
        for (running, why) in
            [(wide, "a mean and a variance of 2 numbers"), (other, "statistics of `a` where those of `b`")]
        {
            let error = running.read(&statistics).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(narrow.read(&[]).is_err());
    }
}
