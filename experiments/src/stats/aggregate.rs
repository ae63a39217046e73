//! One number for an agent on many environments, as Agarwal et al. 2021 ("Deep Reinforcement Learning at the Edge of the
//! Statistical Precipice") take it, and their library rliable.
//!
//! Scores are normalised, so that 0 and 1 mean the same on every environment, and finite. They are given as the runs of
//! each environment; an environment without runs does not count.

use super::{interquartile_mean_of, mean, median_of};

/// The score that the optimality gap counts from.
const OPTIMAL: f64 = 1.0;

/// What is made of all scores of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// The mean over environments of the means over runs: one environment with great scores can carry it.
    Mean,
    /// The median over environments of the means over runs: half of the environments do not move it.
    Median,
    /// The mean of the middle half of all runs of all environments together.
    InterquartileMean,
    /// How far the scores are from 1 in the mean over environments, where what is above 1 counts as 1.
    OptimalityGap,
}

impl Aggregate {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Mean, Self::Median, Self::InterquartileMean, Self::OptimalityGap];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::InterquartileMean => "interquartile mean",
            Self::OptimalityGap => "optimality gap",
        }
    }

    /// Whether more is better.
    pub fn more_is_better(self) -> bool {
        self != Self::OptimalityGap
    }

    /// Of the runs of each environment; NaN of nothing.
    pub fn of(self, scores: &[Vec<f64>]) -> f64 {
        self.with(&mut Vec::new(), scores)
    }

    /// The same in a buffer that is kept.
    pub(super) fn with(self, buffer: &mut Vec<f64>, scores: &[Vec<f64>]) -> f64 {
        buffer.clear();
        let envs = scores.iter().filter(|runs| !runs.is_empty());
        match self {
            Self::Mean => {
                buffer.extend(envs.map(|runs| mean(runs)));
                mean(buffer)
            }
            Self::Median => {
                buffer.extend(envs.map(|runs| mean(runs)));
                median_of(buffer)
            }
            Self::InterquartileMean => {
                buffer.extend(envs.flatten());
                interquartile_mean_of(buffer)
            }
            Self::OptimalityGap => {
                let up_to = |runs: &Vec<f64>| runs.iter().map(|score| score.min(OPTIMAL)).sum::<f64>();
                buffer.extend(envs.map(|runs| up_to(runs) / runs.len() as f64));
                OPTIMAL - mean(buffer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(scores: &[Vec<f64>]) -> [f64; 4] {
        Aggregate::ALL.map(|aggregate| aggregate.of(scores))
    }

    #[test]
    fn literal_numbers() {
        // Means over runs: 0.5, 2 and −1. In order: −1, −1, 0.25, 0.75, 1, 3.
        let scores = [vec![0.25, 0.75], vec![1.0, 3.0], vec![-1.0, -1.0]];
        assert_eq!(all(&scores), [0.5, 0.5, 0.25, 1.0 - 0.5 / 3.0]);
    }

    #[test]
    fn environments_count_the_same_however_many_runs_they_have() {
        // Means over runs: 1 and 0.5; all runs in order: 0, 0, 1, 1, 1, 1 without one at each end.
        let scores = [vec![1.0], vec![], vec![0.0, 1.0, 1.0, 0.0]];
        assert_eq!(all(&scores), [0.75, 0.75, 2.0 / 3.0, 0.25]);
    }

    #[test]
    fn nothing_of_nothing() {
        assert!(all(&[]).iter().chain(&all(&[vec![], vec![]])).all(|x| x.is_nan()));
    }

    #[test]
    fn only_the_gap_should_be_small() {
        let more = Aggregate::ALL.map(|aggregate| (aggregate.name(), aggregate.more_is_better()));
        assert_eq!(more, [("mean", true), ("median", true), ("interquartile mean", true), ("optimality gap", false)]);
    }
}
