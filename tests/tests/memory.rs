//! A training run needs no more memory at its end than after its first fifth.
//!
//! One test in a process of its own, since what is looked at is the process's resident memory; on Linux alone, where the
//! system says how much that is.

#![cfg(target_os = "linux")]

use gymkhana_agents::{
    DeviceName, Metrics, Setup,
    registry::{AnyAgent, find},
    round,
};
use gymkhana_envs::{Rng, Seeds, registry};

const LANES: usize = 8;

/// Resident memory in KiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Resident memory after 1,000,000 steps over that after 200,000.
fn growth(agent: &str, settings: &[(&str, &str)]) -> f64 {
    let batch = (registry::find("CartPole-v1").unwrap().make)(&[]).unwrap().batch(LANES, &Seeds::from(0)).unwrap();
    let setup = Setup { spec: batch.spec(), lanes: LANES, steps: 1_000_000, device: DeviceName::Flex };
    let mut rng = Rng::new(1);
    let AnyAgent::FeatureChoice(mut agent) = (find(agent).unwrap().build)(settings, &setup, &mut rng).unwrap() else {
        panic!("CartPole-v1 has features and choices")
    };
    let mut batch = batch.typed().unwrap();
    let (mut act, mut log, mut early) = ([0; LANES], Metrics::default(), f64::NAN);
    for step in 1..=1_000_000 / LANES {
        round(&mut *agent, &mut *batch, &mut act, &mut rng, &mut log).unwrap();
        if step == 200_000 / LANES {
            early = resident();
        }
    }
    resident() / early
}

#[test]
fn a_million_steps_take_no_more_memory_than_a_fifth_of_them() {
    let dqn = [("buffer_size", "100000"), ("train_frequency", "32"), ("hidden", "32,32"), ("n", "3")];
    let ppo = [("n_steps", "128"), ("n_epochs", "2")];
    for (agent, settings) in [("dqn", dqn.as_slice()), ("ppo", ppo.as_slice())] {
        let growth = growth(agent, settings);
        assert!((0.95..=1.05).contains(&growth), "{agent}: {growth} times as much");
    }
}
