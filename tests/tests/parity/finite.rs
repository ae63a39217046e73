//! Tables, and runs of finite environments.

use gymkhana_envs::{
    Seeds,
    registry::{AnyBatch, Made, find},
};
use serde::Deserialize;

use crate::{Run, golden};

/// (probability, next, reward, terminated)
type Outcome = (f64, usize, f64, bool);

#[derive(Deserialize)]
struct Finite {
    initial_state_distribution: Vec<f64>,
    transitions: Vec<Vec<Vec<Outcome>>>,
    trajectories: Vec<Run<usize>>,
}

/// The recordings of finite environments, each with the environment that should give them.
fn finite() -> impl Iterator<Item = (&'static str, Finite, Made)> {
    let settings: [(&str, &str, &[_]); 8] = [
        ("CliffWalking-v1", "CliffWalking-v1", &[]),
        ("CliffWalkingSlippery-v1", "CliffWalkingSlippery-v1", &[]),
        ("FrozenLake-v1", "FrozenLake-v1", &[]),
        ("FrozenLake-v1-deterministic", "FrozenLake-v1", &[("success_rate", "1")]),
        ("FrozenLake-v1-deterministic", "FrozenLake-v1", &[("is_slippery", "false")]),
        ("FrozenLake8x8-v1", "FrozenLake8x8-v1", &[]),
        ("Taxi-v4", "Taxi-v4", &[]),
        ("Taxi-v4-rain", "Taxi-v4", &[("is_rainy", "true")]),
    ];
    settings.into_iter().map(|(name, id, settings)| (name, golden(name), (find(id).unwrap().make)(settings).unwrap()))
}

#[test]
fn transition_tables_are_gymnasiums() {
    for (name, recorded, made) in finite() {
        let model = made.model().expect("a finite environment has a model");
        assert_eq!(
            (model.states(), model.actions()),
            (recorded.transitions.len(), recorded.transitions[0].len()),
            "{name}"
        );
        for (state, actions) in recorded.transitions.iter().enumerate() {
            for (action, expected) in actions.iter().enumerate() {
                let outcomes = model.outcomes(state, action).iter();
                let found: Vec<Outcome> = outcomes.map(|o| (o.probability, o.next, o.reward, o.terminated)).collect();
                assert_eq!(found, *expected, "{name}: state {state}, action {action}");
            }
        }
    }
}

#[test]
fn start_distributions_are_gymnasiums() {
    for (name, recorded, made) in finite() {
        assert_eq!(made.model().unwrap().start(), recorded.initial_state_distribution, "{name}");
    }
}

#[test]
fn time_limits_and_thresholds_are_gymnasiums() {
    let limits = [
        ("CliffWalking-v1", None, None),
        ("CliffWalkingSlippery-v1", None, None),
        ("FrozenLake-v1", Some(100), Some(0.70)),
        ("FrozenLake8x8-v1", Some(200), Some(0.85)),
        ("Taxi-v4", Some(200), Some(8.0)),
    ];
    for (id, time_limit, reward_threshold) in limits {
        let made = (find(id).unwrap().make)(&[]).unwrap();
        assert_eq!((made.spec().time_limit, made.spec().reward_threshold), (time_limit, reward_threshold), "{id}");
    }
}

/// Recordings of a passenger who changes their mind, which Gymnasium's table does not show.
#[derive(Deserialize)]
struct Fickle {
    trajectories: Vec<Run<usize>>,
}

#[test]
fn runs_of_finite_environments_replay_from_their_seed() {
    for (name, recorded, made) in finite() {
        replay(name, &made, recorded.trajectories);
    }
}

#[test]
fn runs_with_a_fickle_passenger_replay_from_their_seed() {
    let fickle = [("fickle_passenger", "true")];
    let rain = [fickle[0], ("is_rainy", "true"), ("fickle_probability", "0.9"), ("rainy_probability", "0.6")];
    for (name, settings) in [("Taxi-v4-fickle", &fickle[..]), ("Taxi-v4-fickle-rain", &rain)] {
        let made = (find("Taxi-v4").unwrap().make)(settings).unwrap();
        replay(name, &made, golden::<Fickle>(name).trajectories);
    }
}

fn replay(name: &str, made: &Made, runs: Vec<Run<usize>>) {
    for run in runs {
        let AnyBatch::IndexChoice(mut batch) = made.batch(1, &Seeds::Consecutive(run.seed)).unwrap() else {
            panic!("{name}: states and actions are indices");
        };
        assert_eq!(batch.now().obs.flat, [run.initial_observation], "{name}, seed {}", run.seed);
        for (t, &action) in run.actions.iter().enumerate() {
            batch.step(&[action]).unwrap();
            let act = [action];
            let seen = batch.seen(&act);
            let found = (seen.next(0)[0], seen.reward[0], seen.terminated[0], seen.truncated[0]);
            let expected = (run.observations[t], run.rewards[t], run.terminated[t], run.truncated[t]);
            assert_eq!(found, expected, "{name}, seed {}, step {t}", run.seed);
        }
    }
}
