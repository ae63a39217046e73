//! The first line is on the screen within a second. A program of its own, so that no other test runs beside it.

mod support;

use std::{
    io::Read,
    process::Stdio,
    time::{Duration, Instant},
};

use support::Place;

const RUNS: [&str; 5] = [
    "train q-learning CliffWalking-v1 --out a",
    "train q-learning FrozenLake8x8-v1 --out b",
    "train dqn CartPole-v1 --out c",
    "run 5.4.1 --out d",
    "run 5.4.2 --out e",
];

/// From the start of the program to the first byte of its output.
#[allow(clippy::disallowed_methods, reason = "the clock is what is tested")]
fn first_byte(line: &str) -> Duration {
    let place = Place::new();
    let started = Instant::now();
    let mut child = place.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let read = child.stdout.take().unwrap().read(&mut [0]).unwrap();
    let waited = started.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(read, 1, "{line}: it said nothing");
    waited
}

#[test]
fn the_first_line_comes_within_a_second() {
    for line in RUNS {
        // The machine may be busy with something else: the best of three counts.
        let best = (0..3).map(|_| first_byte(line)).min().unwrap();
        assert!(best < Duration::from_secs(1), "{line}: {best:?}");
    }
}
