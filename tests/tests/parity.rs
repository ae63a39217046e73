//! Parity: NumPy's random stream and Gymnasium's environments, number for number.
//!
//! `golden/README.md` says what was recorded and which tolerance holds where.

use std::{fs::File, io::BufReader};

use gymkhana_envs::{
    Batch, Env, Lanes, Rng, SeedSequence, Seeds, Space, State,
    classic::{CartPole, CartPoleParams},
    registry::{AnyBatch, Made, find},
};
use serde::{Deserialize, de::DeserializeOwned};

/// Reads `golden/<name>.json`.
fn golden<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/{name}.json", concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    let file = File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_reader(BufReader::new(file)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Whether `found` is within `tolerance` of `expected`, relative to `expected`.
fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs()
}

// The random stream.

#[derive(Deserialize)]
struct Streams {
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    seed: u64,
    raw_u64: Vec<String>,
    random_f64: Vec<f64>,
    #[serde(rename = "uniform_-0.05_0.05")]
    uniform: Vec<f64>,
    #[serde(rename = "integers_0_13")]
    integers: Vec<usize>,
    mixed: Vec<(String, f64)>,
    #[serde(rename = "spawn_2_first_u64")]
    spawned: [String; 2],
}

fn streams() -> Vec<Stream> {
    golden::<Streams>("numpy_pcg64").streams
}

#[test]
fn raw_words_are_numpys() {
    for Stream { seed, raw_u64, .. } in streams() {
        let mut rng = Rng::new(seed);
        for (i, word) in raw_u64.iter().enumerate() {
            assert_eq!(rng.bits().to_string(), *word, "seed {seed}, word {i}");
        }
    }
}

#[test]
fn floats_then_uniforms_then_integers_are_numpys() {
    for Stream { seed, random_f64, uniform, integers, .. } in streams() {
        let mut rng = Rng::new(seed);
        for (i, x) in random_f64.iter().enumerate() {
            assert_eq!(rng.unit(), *x, "seed {seed}, float {i}");
        }
        for (i, x) in uniform.iter().enumerate() {
            assert_eq!(rng.uniform(-0.05, 0.05), *x, "seed {seed}, uniform {i}");
        }
        for (i, x) in integers.iter().enumerate() {
            assert_eq!(rng.below(13), *x, "seed {seed}, integer {i}");
        }
    }
}

#[test]
fn half_words_are_kept_while_floats_are_drawn_between_integers() {
    for Stream { seed, mixed, .. } in streams() {
        let mut rng = Rng::new(seed);
        for (i, (kind, expected)) in mixed.iter().enumerate() {
            let found = match kind.as_str() {
                "f" => rng.unit(),
                "u" => rng.uniform(-2.0, 3.0),
                integer => rng.below(integer[1..].parse().expect("i and a bound")) as f64,
            };
            assert_eq!(found, *expected, "seed {seed}, draw {i}, `{kind}`");
        }
    }
}

#[test]
fn a_choice_of_one_draws_nothing() {
    let mut rng = Rng::new(0);
    assert_eq!((rng.below(1), rng), (0, Rng::new(0)));
}

#[test]
fn children_are_those_that_numpy_spawns() {
    for Stream { seed, spawned, .. } in streams() {
        for (i, word) in spawned.iter().enumerate() {
            assert_eq!(SeedSequence::new(seed).child(i).rng().bits().to_string(), *word, "seed {seed}, child {i}");
            assert_eq!(Seeds::from(seed).lane(i).bits().to_string(), *word, "seed {seed}, lane {i}");
        }
    }
}

// CartPole.

/// One recorded episode, or its beginning.
#[derive(Deserialize)]
struct Run<O> {
    seed: u64,
    initial_observation: O,
    actions: Vec<usize>,
    observations: Vec<O>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
}

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

// Tables.

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
    let settings: [(&str, &str, &[_]); 4] = [
        ("CliffWalking-v1", "CliffWalking-v1", &[]),
        ("FrozenLake-v1", "FrozenLake-v1", &[]),
        ("FrozenLake-v1-deterministic", "FrozenLake-v1", &[("success_rate", "1")]),
        ("FrozenLake8x8-v1", "FrozenLake8x8-v1", &[]),
    ];
    settings.into_iter().map(|(name, id, settings)| (name, golden(name), (find(id).unwrap().make)(settings).unwrap()))
}

#[test]
fn transition_tables_are_gymnasiums() {
    for (name, recorded, made) in finite() {
        let model = made.model().expect("a finite environment has a model");
        assert_eq!((model.states(), model.actions()), (recorded.transitions.len(), 4), "{name}");
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
fn runs_of_finite_environments_replay_from_their_seed() {
    for (name, recorded, made) in finite() {
        for run in recorded.trajectories {
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
}
