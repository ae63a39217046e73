//! Parity: NumPy's random stream and Gymnasium's environments, number for number.
//!
//! `golden/README.md` says what was recorded and which tolerance holds where.

mod blackjack;
mod classic;
mod finite;
mod stream;
mod wrappers;

use std::{fs::File, io::BufReader};

use serde::{Deserialize, de::DeserializeOwned};

/// Reads `golden/<name>.json`.
pub(crate) fn golden<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/{name}.json", concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    let file = File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_reader(BufReader::new(file)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Whether `found` is within `tolerance` of `expected`, relative to `expected`.
pub(crate) fn near(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs()
}

/// One recorded episode, or its beginning.
#[derive(Deserialize)]
pub(crate) struct Run<O> {
    pub(crate) seed: u64,
    pub(crate) initial_observation: O,
    pub(crate) actions: Vec<usize>,
    pub(crate) observations: Vec<O>,
    pub(crate) rewards: Vec<f64>,
    pub(crate) terminated: Vec<bool>,
    pub(crate) truncated: Vec<bool>,
}
