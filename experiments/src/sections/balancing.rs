//! What the sections on DQN's parts share: agents that learn to balance a pole, looked at on the way.

use anyhow::Result;
use gymkhana_agents::{Agent, Mode, Schedule, nn::Loss, value::DqnConfig};
use gymkhana_envs::{Batch, Lanes, Rng, SeedSequence, Seeds, classic::CartPole};

use super::{Study, Trial};
use crate::{
    plot::{LineStyle, Series},
    stats,
};

/// Environment steps of a run.
pub(super) const STEPS: u64 = 40_000;
/// From one look to the next.
const EVERY: u64 = 2_000;
/// Episodes of a look.
const EPISODES: usize = 10;

/// A small DQN with nothing but what was in the paper, for others to differ from.
pub(super) fn plain() -> DqnConfig {
    DqnConfig {
        learning_rate: Schedule::Constant(1e-3),
        epsilon: Schedule::Linear { from: 1.0, to: 0.05, over: 0.2 },
        hidden: vec![64, 64],
        batch_size: 64,
        buffer_size: 50_000,
        learning_starts: 1_000,
        train_frequency: 2,
        gradient_steps: 1,
        target_interval: 100,
        loss: Loss::Squared,
        ..DqnConfig::default()
    }
}

/// What a look at an agent shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Mean return of greedy episodes.
    pub(super) earned: f64,
    /// What the agent thinks their first states are worth, in the mean.
    pub(super) thought: f64,
    /// What they were worth: the mean discounted return.
    pub(super) worth: f64,
}

/// The looks at every seed's run with one configuration.
#[derive(Debug)]
pub(super) struct Runs(Vec<Vec<Look>>);

impl Runs {
    /// Makes them.
    pub(super) fn of(study: &Study<'_>, label: &str, config: &DqnConfig, seeds: u64) -> Result<Self> {
        let looks = study.repeat(label, seeds, |seed| {
            let mut trial = Trial::new(CartPole::default(), config, seed, STEPS)?;
            let mut looks = vec![look(&trial.agent, config.gamma, seed)?];
            for _ in 0..STEPS / EVERY {
                for _ in 0..EVERY {
                    trial.step()?;
                }
                looks.push(look(&trial.agent, config.gamma, seed)?);
            }
            Ok(looks)
        })?;
        Ok(Self(looks))
    }

    /// The mean of a measure over the second half of each run: a number per seed.
    pub(super) fn late(&self, measure: impl Fn(&Look) -> f64) -> Vec<f64> {
        let late = |looks: &Vec<Look>| stats::mean(&looks[looks.len() / 2..].iter().map(&measure).collect::<Vec<_>>());
        self.0.iter().map(late).collect()
    }

    /// The greatest value of a measure at any time and with any seed.
    pub(super) fn most(&self, measure: impl Fn(&Look) -> f64) -> f64 {
        self.0.iter().flatten().map(measure).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The curve of a measure: mean and 95 % band over seeds.
    pub(super) fn curve(&self, label: &str, measure: impl Fn(&Look) -> f64, style: LineStyle) -> Series {
        let x = |looks: &[Look]| (0..looks.len()).map(|i| (i as u64 * EVERY) as f64).collect();
        let runs: Vec<_> = self.0.iter().map(|looks| (x(looks), looks.iter().map(&measure).collect())).collect();
        Series { style, ..Series::of_runs(label.to_owned(), &runs) }
    }
}

/// Greedy episodes from the same first states, whenever a seed is looked at.
fn look(agent: &impl Agent<f32, usize>, gamma: f64, seed: u64) -> Result<Look> {
    let seeds = Seeds::Spawned(SeedSequence::new(seed).child(5));
    let mut lanes = Lanes::new(CartPole::default(), EPISODES, &seeds)?;
    let thought = stats::mean(&agent.values(&lanes.now()).unwrap_or_default());
    let (mut policy, mut rng, mut act) = (agent.policy(Mode::Greedy), Rng::new(0), [0; EPISODES]);
    let (mut earned, mut worth, mut on) = ([0.0; EPISODES], [0.0; EPISODES], [true; EPISODES]);
    let mut discount = 1.0;
    while on.contains(&true) {
        policy.act(&lanes.now(), &mut rng, &mut act);
        lanes.step(&act)?;
        let seen = lanes.seen(&act);
        for lane in (0..EPISODES).filter(|&lane| on[lane]) {
            earned[lane] += seen.reward[lane];
            worth[lane] += discount * seen.reward[lane];
        }
        (0..EPISODES).for_each(|lane| on[lane] &= !seen.ended(lane));
        discount *= gamma;
    }
    Ok(Look { earned: stats::mean(&earned), thought, worth: stats::mean(&worth) })
}
