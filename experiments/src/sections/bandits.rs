//! What the sections on bandits share: arms whose worth is known, and tallies of many runs.

use anyhow::Result;
use gymkhana_agents::Recipe;
use gymkhana_envs::{
    Encode, Env, Rng, Space, Spec, Step,
    bandit::{DriftingBandit, LinearBandit, Rewards, Testbed},
};

use super::{
    Study, Trial,
    sums::{Sums, banded},
};
use crate::plot::{LineStyle, Series};

/// A bandit that says what its arms are worth.
pub(super) trait Arms: Env<Act = usize> + Clone + Send + Sync {
    /// Writes what each arm is worth for the next pull.
    fn worth(&self, worth: &mut Vec<f64>);
}

fn copy(from: &[f64], to: &mut Vec<f64>) {
    to.clear();
    to.extend_from_slice(from);
}

impl Arms for Testbed {
    fn worth(&self, worth: &mut Vec<f64>) {
        copy(self.true_values(), worth);
    }
}

impl Arms for DriftingBandit {
    fn worth(&self, worth: &mut Vec<f64>) {
        copy(self.true_values(), worth);
    }
}

impl Arms for LinearBandit {
    fn worth(&self, worth: &mut Vec<f64>) {
        copy(&self.true_values(), worth);
    }
}

/// Arms that are the same in all runs.
#[derive(Clone, Debug)]
pub(super) struct FixedArms {
    /// What each is worth.
    pub(super) values: Vec<f64>,
    /// How it pays.
    pub(super) rewards: Rewards,
    /// Standard deviation of a gaussian reward.
    pub(super) noise: f64,
    /// Pulls per run.
    pub(super) pulls: u32,
}

impl Env for FixedArms {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("FixedArms", Space::Discrete(1), Space::Discrete(self.values.len())).time_limit(self.pulls)
    }

    fn reset(&mut self, _: &mut Rng) -> usize {
        0
    }

    fn step(&mut self, arm: usize, rng: &mut Rng) -> Step<usize> {
        let value = self.values[arm];
        Step::on(
            0,
            match self.rewards {
                Rewards::Gaussian => value + self.noise * rng.normal(),
                Rewards::Bernoulli => f64::from(u8::from(rng.unit() < value)),
            },
        )
    }
}

impl Arms for FixedArms {
    fn worth(&self, worth: &mut Vec<f64>) {
        copy(&self.values, worth);
    }
}

/// What came of many runs: sums over runs, by pull, and what their deviations need.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    runs: f64,
    reward: Vec<f64>,
    optimal: Vec<f64>,
    regret: Vec<f64>,
    /// squares of rewards
    reward_square: Vec<f64>,
    /// mean rewards of blocks of pulls, and their squares
    blocks: [Vec<f64>; 2],
    /// squares of what a run's regret has come to
    regret_square: Vec<f64>,
    /// a run's rewards in this block, and its regret so far
    here: [f64; 2],
}

/// Pulls of a block: where runs are long a point of a curve is the mean of so many.
pub(super) const BLOCK: usize = 100;

/// Runs that one task does in a row.
const PER_TASK: u64 = 50;

/// Lets an agent that forgets with each episode pull the arms of so many bandits, whose episodes have `pulls` pulls.
pub(super) fn tally<E, C>(study: &Study<'_>, label: &str, env: &E, config: &C, runs: u64, pulls: usize) -> Result<Tally>
where
    E: Arms,
    C: Recipe<<E::Obs as Encode>::Elem, usize> + Sync,
{
    // Both cores have something to do, also where runs are few and long.
    let per_task = PER_TASK.min(runs.div_ceil(10)).max(1);
    let parts = study.repeat(label, runs.div_ceil(per_task), |seed| {
        let mut trial = Trial::new(env.clone(), config, seed, per_task * pulls as u64)?;
        let (mut tally, mut worth) = (Tally::new(pulls), Vec::new());
        for _ in 0..per_task {
            for pull in 0..pulls {
                trial.lanes.env(0).worth(&mut worth);
                let seen = trial.step()?;
                tally.add(pull, seen.act.row(0)[0], seen.reward[0], &worth);
            }
        }
        tally.runs = per_task as f64;
        Ok(tally)
    })?;
    Ok(parts.into_iter().fold(Tally::new(pulls), Tally::with))
}

impl Tally {
    fn new(pulls: usize) -> Self {
        let [reward, optimal, regret, reward_square, regret_square] = [(); 5].map(|()| vec![0.0; pulls]);
        let blocks = [(); 2].map(|()| vec![0.0; pulls / BLOCK]);
        Self { runs: 0.0, reward, optimal, regret, reward_square, blocks, regret_square, here: [0.0; 2] }
    }

    #[inline]
    fn add(&mut self, pull: usize, arm: usize, reward: f64, worth: &[f64]) {
        let best = worth.iter().fold(f64::NEG_INFINITY, |best, worth| if *worth > best { *worth } else { best });
        self.reward[pull] += reward;
        self.optimal[pull] += f64::from(u8::from(worth[arm] == best));
        self.regret[pull] += best - worth[arm];
        if pull == 0 {
            self.here = [0.0; 2];
        }
        self.here[0] += reward;
        self.here[1] += best - worth[arm];
        self.reward_square[pull] += reward * reward;
        self.regret_square[pull] += self.here[1] * self.here[1];
        if (pull + 1).is_multiple_of(BLOCK) {
            let mean = std::mem::take(&mut self.here[0]) / BLOCK as f64;
            self.blocks[0][pull / BLOCK] += mean;
            self.blocks[1][pull / BLOCK] += mean * mean;
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.runs += other.runs;
        let [blocks, block_squares] = &mut self.blocks;
        let [other_blocks, other_block_squares] = other.blocks;
        for (here, there) in [
            (&mut self.reward, other.reward),
            (&mut self.optimal, other.optimal),
            (&mut self.regret, other.regret),
            (&mut self.reward_square, other.reward_square),
            (&mut self.regret_square, other.regret_square),
            (blocks, other_blocks),
            (block_squares, other_block_squares),
        ] {
            here.iter_mut().zip(there).for_each(|(here, there)| *here += there);
        }
        self
    }

    /// The mean reward of each pull.
    pub(super) fn reward(&self) -> Vec<f64> {
        self.reward.iter().map(|sum| sum / self.runs).collect()
    }

    /// The share of runs, in percent, that took the best arm with each pull.
    pub(super) fn optimal(&self) -> Vec<f64> {
        self.optimal.iter().map(|sum| 100.0 * sum / self.runs).collect()
    }

    /// How much less than the best arms was earned up to and with each pull, as the mean of all runs: Σ max q* − q*(A).
    pub(super) fn regret(&self) -> Vec<f64> {
        let sums = self.regret.iter().scan(0.0, |sum, more| {
            *sum += more / self.runs;
            Some(*sum)
        });
        sums.collect()
    }

    /// The curve of the mean reward of each pull.
    pub(super) fn reward_curve(&self, label: &str) -> Series {
        let half = Sums::new(self.runs, self.reward.clone(), self.reward_square.clone()).half();
        over_pulls(label, &self.reward(), &half)
    }

    /// The curve of the percent of runs that took the best arm.
    pub(super) fn optimal_curve(&self, label: &str) -> Series {
        // The square of what is 0 or 1 is the same.
        let half = Sums::new(self.runs, self.optimal.clone(), self.optimal.clone()).half();
        over_pulls(label, &self.optimal(), &half.iter().map(|half| 100.0 * half).collect::<Vec<_>>())
    }

    /// The curve of the mean reward of each block of pulls, at its last.
    pub(super) fn block_curve(&self, label: &str) -> Series {
        let [sum, square] = self.blocks.clone();
        let ends = (1..=sum.len()).map(|block| (block * BLOCK) as f64);
        Sums::new(self.runs, sum, square).curve(label, ends, 1.0, LineStyle::Solid)
    }

    /// Half the width of the 95 % interval of the mean regret up to and with each pull.
    pub(super) fn regret_half(&self) -> Vec<f64> {
        let sums = self.regret().iter().map(|mean| mean * self.runs).collect();
        Sums::new(self.runs, sums, self.regret_square.clone()).half()
    }

    /// The curve of the regret at powers of √2, for a logarithmic axis.
    pub(super) fn regret_curve(&self, label: &str) -> Series {
        over_doublings(label, &self.regret(), &self.regret_half())
    }
}

/// Those of some places, with the band around them.
fn at(label: &str, places: impl Iterator<Item = usize>, values: &[f64], half: &[f64]) -> Series {
    let places: Vec<usize> = places.collect();
    let of = |values: &[f64]| places.iter().map(|place| values[*place]).collect::<Vec<_>>();
    let x = places.iter().map(|place| (place + 1) as f64).collect();
    banded(Series { label: label.into(), x, ..Series::default() }, of(values), &of(half))
}

/// A curve over pulls 1, 2, …, thinned to what can be seen; the first pulls are all there.
fn over_pulls(label: &str, values: &[f64], half: &[f64]) -> Series {
    let every = values.len().div_ceil(200);
    at(label, (0..values.len()).filter(|pull| *pull < 50 || (pull + 1) % every == 0), values, half)
}

fn over_doublings(label: &str, values: &[f64], half: &[f64]) -> Series {
    let pulls = |k: i32| (f64::from(k) / 2.0).exp2().round() as usize;
    let kept = (0..).map(pulls).take_while(|pull| *pull <= values.len());
    at(label, kept.map(|pull| pull - 1), values, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_become_means_shares_and_regrets() {
        let mut one = Tally::new(2);
        one.add(0, 1, 3.0, &[1.0, 2.0]);
        one.add(1, 0, 5.0, &[1.0, 2.0]);
        one.runs = 1.0;
        let mut two = Tally::new(2);
        two.add(0, 0, 1.0, &[1.0, 4.0]);
        two.add(1, 1, 1.0, &[1.0, 4.0]);
        two.runs = 1.0;
        let both = one.with(two);
        assert_eq!((both.reward(), both.optimal(), both.regret()), (vec![2.0, 3.0], vec![50.0, 50.0], vec![1.5, 2.0]));
        // Regrets 0, 1 of one run and 3, 3 of the other: t₀.₉₇₅,₁ = 12.7062, times half of the difference.
        let half = both.regret_half();
        assert!((half[0] - 12.7062 * 1.5).abs() < 1e-3 && (half[1] - 12.7062).abs() < 1e-3, "{half:?}");
    }

    #[test]
    fn curves_keep_their_first_pulls_and_their_last() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        let curve = over_pulls("", &values, &vec![0.0; 1000]);
        assert!(curve.x[..50].iter().eq(&values[..50]) && curve.mean == curve.x && curve.x.len() < 420);
        assert_eq!(over_doublings("", &values[..10], &[0.5; 10]).x, [1.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0]);
    }
}
