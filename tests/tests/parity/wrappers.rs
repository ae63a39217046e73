//! Normalisers, over the recorded streams that Gymnasium's were given.

use std::sync::Arc;

use gymkhana_envs::{
    Batch, Env, Lanes, Rng, Seeds, Space, Spec, Step,
    wrappers::{NormalizeObservation, NormalizeObservationParams, NormalizeReward, NormalizeRewardParams},
};
use serde::Deserialize;

use crate::golden;

#[derive(Deserialize)]
struct Recorded {
    env: String,
    /// what the wrapper was given, and what it gave: all observations in order, those that begin episodes included
    raw_observations: Vec<Vec<f32>>,
    observations: Vec<Vec<f64>>,
    raw_rewards: Vec<f64>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    /// which observations begin episodes
    reset_rows: Vec<usize>,
}

/// An environment that gives what was recorded, whatever is done.
#[derive(Clone)]
struct Replay<const N: usize> {
    recorded: Arc<Recorded>,
    row: usize,
    step: usize,
}

impl<const N: usize> Replay<N> {
    /// The recording of that environment, and a batch of one lane that gives it.
    fn of(env: &str) -> (Arc<Recorded>, Lanes<Self>) {
        let recorded = golden::<Vec<Recorded>>("wrappers").into_iter().find(|recorded| recorded.env == env);
        let recorded = Arc::new(recorded.expect("a recording"));
        let replay = Self { recorded: recorded.clone(), row: 0, step: 0 };
        (recorded, Lanes::new(replay, 1, &Seeds::from(0)).unwrap())
    }

    fn next_row(&mut self) -> [f32; N] {
        self.row += 1;
        self.recorded.raw_observations[self.row - 1].as_slice().try_into().expect("the width of the recording")
    }
}

impl<const N: usize> Env for Replay<N> {
    type Obs = [f32; N];
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Replay", Space::unbounded(N), Space::Discrete(1))
    }

    fn reset(&mut self, _: &mut Rng) -> [f32; N] {
        self.next_row()
    }

    fn step(&mut self, _: usize, _: &mut Rng) -> Step<[f32; N]> {
        let (obs, t) = (self.next_row(), self.step);
        self.step += 1;
        let Recorded { raw_rewards, terminated, truncated, .. } = &*self.recorded;
        Step { obs, reward: raw_rewards[t], terminated: terminated[t], truncated: truncated[t] }
    }
}

/// Whether the numbers are as recorded: to 1e-5, relative where they are above 1.
fn agree(found: &[f32], expected: &[f64]) -> bool {
    found.iter().zip(expected).all(|(found, x)| (f64::from(*found) - x).abs() <= 1e-5 * x.abs().max(1.0))
}

#[test]
fn normalised_observations_are_gymnasiums() {
    let (recorded, lanes) = Replay::<4>::of("CartPole-v1");
    let mut batch = NormalizeObservation::new(lanes, &NormalizeObservationParams::default()).unwrap();
    assert!(agree(batch.now().obs.row(0), &recorded.observations[0]));
    let mut rows = recorded.observations.iter().skip(1);
    let mut begins = vec![0];
    let mut row = 0;
    for t in 0..recorded.raw_rewards.len() {
        batch.step(&[0]).unwrap();
        let seen = batch.seen(&[0]);
        assert!(agree(seen.next(0), rows.next().unwrap()), "step {t}: {:?}", seen.next(0));
        row += 1;
        if seen.ended(0) {
            assert!(agree(seen.now.obs.row(0), rows.next().unwrap()), "step {t}: {:?}", seen.now.obs.row(0));
            row += 1;
            begins.push(row);
        }
    }
    assert!(rows.next().is_none() && begins == recorded.reset_rows && begins.len() > 10, "{begins:?}");
}

#[test]
fn normalised_rewards_are_gymnasiums() {
    let (recorded, lanes) = Replay::<3>::of("Pendulum-v1");
    let mut batch = NormalizeReward::new(lanes, &NormalizeRewardParams::default()).unwrap();
    for (t, expected) in recorded.rewards.iter().enumerate() {
        batch.step(&[0]).unwrap();
        let seen = batch.seen(&[0]);
        let found = seen.reward[0];
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "step {t}: {found} for {expected}");
        assert_eq!(seen.earned[0], recorded.raw_rewards[t]);
    }
    assert!(recorded.truncated.contains(&true), "the return goes on over a truncation");
}
