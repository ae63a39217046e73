//! What the sections on random walks share.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    tabular::{
        VTable,
        prediction::{Predictor, Rule},
    },
};
use gymkhana_envs::tabular::{Finite, RandomWalkParams, random_walk};

use super::{Check, Source, Target, Trial};
use crate::{
    plot::{LineStyle, Series},
    stats,
};

/// A random walk whose values are known.
#[derive(Debug)]
pub(super) struct Walk {
    /// The environment.
    pub(super) env: Finite,
    /// The true value of every state, the ends included.
    pub(super) truth: Vec<f64>,
}

impl Walk {
    /// Sutton & Barto's example 6.2: five states, and 1 is paid at the right end.
    pub(super) fn five() -> Result<Self> {
        Self::of(&RandomWalkParams { states: 5, left_reward: 0.0, ..RandomWalkParams::default() })
    }

    /// Their section 7.1: nineteen states, −1 at the left end and 1 at the right one.
    pub(super) fn nineteen() -> Result<Self> {
        Self::of(&RandomWalkParams::default())
    }

    fn of(params: &RandomWalkParams) -> Result<Self> {
        Ok(Self { env: random_walk(params)?, truth: params.true_values() })
    }

    /// The states between the ends.
    pub(super) fn inner(&self) -> std::ops::Range<usize> {
        1..self.truth.len() - 1
    }

    /// The root of the mean squared error over the states between the ends.
    pub(super) fn rms(&self, v: &[f64]) -> f64 {
        let sum: f64 = self.inner().map(|state| (v[state] - self.truth[state]).powi(2)).sum();
        (sum / self.inner().len() as f64).sqrt()
    }

    /// An agent that learns here; its step sizes are constant.
    pub(super) fn trial<R>(&self, rule: &R, seed: u64) -> Result<Trial<gymkhana_envs::Lanes<Finite>, Predictor<R>>>
    where
        R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
    {
        Trial::new(self.env.clone(), rule, seed, 1)
    }

    /// The error after each of some episodes.
    pub(super) fn errors<R>(&self, rule: &R, seed: u64, episodes: usize) -> Result<Vec<f64>>
    where
        R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
    {
        let mut trial = self.trial(rule, seed)?;
        let mut after = || {
            trial.episode()?;
            Ok(self.rms(VTable::flat(trial.agent.v())))
        };
        (0..episodes).map(|_| after()).collect()
    }
}

/// A check of a mean over seeds against a number that was simulated elsewhere and printed with so many decimals.
/// `deviation` is that of one seed.
pub(super) fn simulated(
    name: &str,
    measured: &[f64],
    (target, decimals): (f64, i32),
    deviation: f64,
    from: &str,
) -> Check {
    let seeds = measured.len();
    // Three standard errors, and half a unit of the last digit printed.
    let tolerance = 3.0 * deviation / (seeds as f64).sqrt() + 0.5 * 10_f64.powi(-decimals);
    Check {
        name: format!("{name}, mean of {seeds} seeds"),
        measured: stats::mean(measured),
        target: Target::Near { target, tolerance },
        source: Source::Simulated,
        from: format!("{from}; one seed has a deviation of {deviation}"),
    }
}

/// A check of a number that was computed against one that is exact, printed with so many decimals.
pub(super) fn exact(name: impl Into<String>, measured: f64, (target, decimals): (f64, i32), from: &str) -> Check {
    let target = Target::printed(target, decimals);
    Check { name: name.into(), measured, target, source: Source::Exact, from: from.into() }
}

/// A curve through points.
pub(super) fn line(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>, style: LineStyle) -> Series {
    let (x, mean) = points.into_iter().unzip();
    Series { label: label.into(), x, mean, style, ..Series::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_their_noise() {
        let walk = Walk::five().unwrap();
        // ⅓, ⅙, 0, ⅙, ⅓ off: the root of (2/9 + 2/36)/5
        assert!((walk.rms(&[0.5; 7]) - (5.0_f64 / 90.0).sqrt()).abs() < 1e-15);
        let check = simulated("rms", &[0.25, 0.35], (0.3, 1), 0.02 * 2.0_f64.sqrt(), "somewhere");
        assert!(check.passes());
        let Target::Near { tolerance, .. } = check.target else { panic!("{check}") };
        assert!((tolerance - 0.11).abs() < 1e-15);
    }
}
