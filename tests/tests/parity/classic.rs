//! Classic control: first observations, from each recorded state to the next, and whole runs from the seed.

use gymkhana_envs::{
    Batch, Elem, Seeds,
    registry::{AnyBatch, Made, find},
};
use serde::Deserialize;

use crate::{golden, near};

/// An index, or a control.
#[derive(Deserialize)]
#[serde(untagged)]
enum Action {
    Choice(f64),
    Control(Vec<f64>),
}

impl Action {
    fn numbers(&self) -> &[f64] {
        match self {
            Self::Choice(index) => std::slice::from_ref(index),
            Self::Control(control) => control,
        }
    }
}

/// One recorded episode, with the state behind each observation.
#[derive(Deserialize)]
struct Run {
    seed: u64,
    policy: String,
    initial_state: Vec<f64>,
    initial_observation: Vec<f64>,
    actions: Vec<Action>,
    states: Vec<Vec<f64>>,
    observations: Vec<Vec<f64>>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
}

#[derive(Deserialize)]
struct Recorded {
    max_episode_steps: u32,
    reward_threshold: Option<f64>,
    trajectories: Vec<Run>,
}

const IDS: [&str; 5] = ["CartPole-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1", "Acrobot-v1"];

fn recorded() -> impl Iterator<Item = (&'static str, Recorded, Made)> {
    IDS.into_iter().map(|id| (id, golden(id), (find(id).unwrap().make)(&[]).unwrap()))
}

/// Evaluates an expression for a batch of features.
macro_rules! with {
    ($any:expr, $batch:ident => $body:expr) => {
        match $any {
            AnyBatch::FeatureChoice($batch) => $body,
            AnyBatch::FeatureControl($batch) => $body,
            other => panic!("{other:?}"),
        }
    };
}

#[track_caller]
fn all_near(found: impl IntoIterator<Item = f64>, expected: &[f64], tolerance: f64, at: &str) {
    for (found, &expected) in found.into_iter().zip(expected) {
        assert!(near(found, expected, tolerance), "{at}: {found} for {expected}");
    }
}

#[test]
fn limits_are_gymnasiums() {
    for (id, recorded, made) in recorded() {
        let found = (made.spec().time_limit, made.spec().reward_threshold);
        assert_eq!(found, (Some(recorded.max_episode_steps), recorded.reward_threshold), "{id}");
        assert_eq!(made.spec().observations.width(), recorded.trajectories[0].initial_observation.len(), "{id}");
    }
    let made = (find("CartPole-v0").unwrap().make)(&[]).unwrap();
    assert_eq!((made.spec().time_limit, made.spec().reward_threshold), (Some(200), Some(195.0)));
}

#[test]
fn first_observations_are_exact() {
    for (id, recorded, made) in recorded() {
        for run in recorded.trajectories {
            let any = made.batch(1, &Seeds::Consecutive(run.seed)).unwrap();
            let found: Vec<f64> = with!(any, batch => batch.now().obs.row(0).iter().map(|&x| x.into()).collect());
            assert_eq!(found, run.initial_observation, "{id}, seed {}", run.seed);
        }
    }
}

#[test]
fn lane_i_of_columns_begins_as_gymnasium_does_from_seed_plus_i() {
    for (id, recorded, made) in recorded() {
        with!(made.batch(16, &Seeds::Consecutive(0)).unwrap(), batch => for run in &recorded.trajectories {
            let row = batch.now().obs.row(usize::try_from(run.seed).unwrap());
            assert!(row.iter().copied().map(f64::from).eq(run.initial_observation.iter().copied()), "{id}");
        });
    }
}

#[test]
fn each_recorded_state_goes_to_the_next() {
    for (id, recorded, made) in recorded() {
        let physics = made.physics().expect("a physical system");
        for run in recorded.trajectories {
            let before = std::iter::once(&run.initial_state).chain(&run.states);
            for (t, (before, expected)) in before.zip(&run.states).enumerate() {
                let at = format!("{id}, seed {}, {}, step {t}", run.seed, run.policy);
                let after = physics.after(before, run.actions[t].numbers()).unwrap();
                all_near(after.state, expected, 1e-9, &at);
                all_near(after.observation.into_iter().map(f64::from), &run.observations[t], 1e-6, &at);
                all_near([after.reward], &run.rewards[t..=t], 1e-6, &at);
                assert_eq!(after.terminated, run.terminated[t], "{at}");
            }
        }
    }
}

/// The first `steps` steps are as recorded: rewards, ends and the length, and of the first `compared` the observations.
fn replays<B: Batch<O = f32>>(mut batch: B, run: &Run, steps: usize, compared: usize, at: &str) {
    for (t, action) in run.actions.iter().enumerate().take(steps) {
        let at = format!("{at}, step {t}");
        let act: Vec<B::A> = action.numbers().iter().map(|&x| B::A::from_number(x).unwrap()).collect();
        batch.step(&act).unwrap();
        let seen = batch.seen(&act);
        if t < compared {
            all_near(seen.next(0).iter().map(|&x| x.into()), &run.observations[t], 1e-6, &at);
        }
        all_near([seen.reward[0]], &run.rewards[t..=t], 1e-6, &at);
        assert_eq!((seen.terminated[0], seen.truncated[0]), (run.terminated[t], run.truncated[t]), "{at}");
        assert_eq!(seen.ended(0), t + 1 == run.actions.len(), "{at}: the episode's length");
    }
}

#[test]
fn runs_replay_from_their_seed_to_the_end() {
    for (id, recorded, made) in recorded() {
        for run in recorded.trajectories {
            // Acrobot is chaotic: the last bit grows. Its scripted runs end soon enough.
            let (steps, compared) = match (id, run.policy.as_str()) {
                ("Acrobot-v1", "scripted") => (usize::MAX, 50),
                ("Acrobot-v1", _) => (50, 50),
                _ => (usize::MAX, usize::MAX),
            };
            let at = format!("{id}, seed {}, {}", run.seed, run.policy);
            let any = made.batch(1, &Seeds::Consecutive(run.seed)).unwrap();
            with!(any, batch => replays(batch, &run, steps, compared, &at));
        }
    }
}

#[derive(Deserialize)]
struct TimeLimits {
    runs: Vec<TimeLimited>,
}

#[derive(Deserialize)]
struct TimeLimited {
    seed: u64,
    max_episode_steps: u32,
    actions: Vec<usize>,
    terminated_truncated: Vec<(bool, bool)>,
}

#[test]
fn an_episode_can_terminate_and_be_truncated_at_once() {
    for run in golden::<TimeLimits>("time_limit_both").runs {
        let limit = run.max_episode_steps.to_string();
        let made = (find("CartPole-v1").unwrap().make)(&[("time_limit", &limit)]).unwrap();
        for lanes in [1, 16] {
            let AnyBatch::FeatureChoice(mut batch) = made.batch(lanes, &Seeds::Consecutive(run.seed)).unwrap() else {
                panic!("features and choices")
            };
            for (t, &action) in run.actions.iter().enumerate() {
                let act = vec![action; lanes];
                batch.step(&act).unwrap();
                let seen = batch.seen(&act);
                let found = (seen.terminated[0], seen.truncated[0]);
                assert_eq!(found, run.terminated_truncated[t], "seed {}, step {t}", run.seed);
            }
        }
        assert_eq!(run.terminated_truncated.last(), Some(&(true, true)), "what the recording is for");
    }
}
