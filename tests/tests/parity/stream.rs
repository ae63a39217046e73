//! The random stream.

use gymkhana_envs::{Rng, SeedSequence, Seeds};
use serde::Deserialize;

use crate::golden;

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
