//! CartPole.

use gymkhana_envs::{
    Batch, Env, Lanes, Rng, Seeds, Space, State,
    classic::{CartPole, CartPoleParams},
    registry::find,
};
use serde::Deserialize;

use crate::{Run, golden, near};

/// What is recorded of CartPole beside each run: the state behind the observation.
#[derive(Deserialize)]
struct Physical {
    initial_state: [f64; 4],
    states: Vec<[f64; 4]>,
    #[serde(flatten)]
    run: Run<[f64; 4]>,
}

#[derive(Deserialize)]
struct Recorded {
    max_episode_steps: u32,
    reward_threshold: f64,
    trajectories: Vec<Physical>,
}

fn cart_pole(time_limit: u32) -> CartPole {
    CartPole::new(CartPoleParams { time_limit, ..CartPoleParams::default() }).unwrap()
}

#[test]
fn cart_pole_has_gymnasiums_limits() {
    let recorded: Recorded = golden("CartPole-v1");
    let made = (find("CartPole-v1").unwrap().make)(&[]).unwrap();
    assert_eq!(made.spec().time_limit, Some(recorded.max_episode_steps));
    assert_eq!(made.spec().reward_threshold, Some(recorded.reward_threshold));
    assert_eq!((made.spec().actions.clone(), made.spec().observations.width()), (Space::Discrete(2), 4));
}

#[test]
fn cart_poles_first_state_and_observation_are_exact() {
    for Physical { initial_state, run, .. } in golden::<Recorded>("CartPole-v1").trajectories {
        let lanes = Lanes::new(cart_pole(500), 1, &Seeds::Consecutive(run.seed)).unwrap();
        assert_eq!(lanes.env(0).physical_state(), initial_state, "seed {}", run.seed);
        assert!(lanes.now().obs.row(0).iter().copied().map(f64::from).eq(run.initial_observation));
    }
}

#[test]
fn lane_i_of_a_batch_begins_as_gymnasium_does_from_seed_plus_i() {
    let recorded: Recorded = golden("CartPole-v1");
    let lanes = Lanes::new(cart_pole(500), 4, &Seeds::Consecutive(0)).unwrap();
    for Physical { initial_state, run, .. } in &recorded.trajectories {
        assert_eq!(lanes.env(usize::try_from(run.seed).unwrap()).physical_state(), *initial_state);
    }
}

#[test]
fn cart_pole_goes_from_each_recorded_state_to_the_next() {
    for Physical { initial_state, states, run } in golden::<Recorded>("CartPole-v1").trajectories {
        let (mut env, mut unused) = (cart_pole(500), Rng::new(0));
        for (t, (before, after)) in std::iter::once(&initial_state).chain(&states).zip(&states).enumerate() {
            env.set_state(&State::of(before)).unwrap();
            let step = env.step(run.actions[t], &mut unused);
            for (found, expected) in env.physical_state().into_iter().zip(*after) {
                assert!(near(found, expected, 1e-9), "seed {}, step {t}: {found} for {expected}", run.seed);
            }
            for (found, expected) in step.obs.into_iter().zip(run.observations[t]) {
                assert!(near(found.into(), expected, 1e-6), "seed {}, step {t}: {found} for {expected}", run.seed);
            }
            assert_eq!((step.reward, step.terminated), (run.rewards[t], run.terminated[t]), "step {t}");
            assert!(!step.truncated, "the time limit is the batch's affair");
        }
    }
}

#[test]
fn cart_pole_runs_as_recorded_from_its_seed_to_the_end() {
    for Physical { run, .. } in golden::<Recorded>("CartPole-v1").trajectories {
        let mut lanes = Lanes::new(cart_pole(500), 1, &Seeds::Consecutive(run.seed)).unwrap();
        for (t, &action) in run.actions.iter().enumerate() {
            lanes.step(&[action]).unwrap();
            let act = [action];
            let seen = lanes.seen(&act);
            for (&found, expected) in seen.next(0).iter().zip(run.observations[t]) {
                assert!(near(found.into(), expected, 1e-6), "seed {}, step {t}: {found} for {expected}", run.seed);
            }
            let found = (seen.reward[0], seen.terminated[0], seen.truncated[0]);
            assert_eq!(found, (run.rewards[t], run.terminated[t], run.truncated[t]), "seed {}, step {t}", run.seed);
            assert_eq!(seen.ended(0), t + 1 == run.actions.len(), "seed {}: the episode's length", run.seed);
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
        let mut lanes = Lanes::new(cart_pole(run.max_episode_steps), 1, &Seeds::Consecutive(run.seed)).unwrap();
        for (t, &action) in run.actions.iter().enumerate() {
            lanes.step(&[action]).unwrap();
            let act = [action];
            let seen = lanes.seen(&act);
            let found = (seen.terminated[0], seen.truncated[0]);
            assert_eq!(found, run.terminated_truncated[t], "seed {}, step {t}", run.seed);
        }
        assert_eq!(run.terminated_truncated.last(), Some(&(true, true)), "what the recording is for");
    }
}
