//! PPO and DQN on a GPU, or on a software one, give the numbers that they give on flex, within single precision.
//!
//! Not part of `cargo test`: building it takes a while, and it needs a Vulkan driver. `tests/wgpu.sh` does both.

use gymkhana_agents::{
    DeviceName, Metrics, Setup,
    networks::Networks,
    registry::{AnyAgent, find},
    round,
};
use gymkhana_envs::{Rng, Seeds, registry};

/// Networks after some rounds in four lanes of `CartPole-v1`, everything drawn from one seed.
fn trained(agent: &str, settings: &[(&str, &str)], rounds: usize, device: DeviceName) -> Networks {
    let batch = (registry::find("CartPole-v1").unwrap().make)(&[]).unwrap().batch(4, &Seeds::from(0)).unwrap();
    let setup = Setup { spec: batch.spec(), lanes: 4, steps: 4 * rounds as u64, device };
    let mut rng = Rng::new(1);
    let entry = find(agent).unwrap();
    let AnyAgent::FeatureChoice(mut agent) = (entry.build)(settings, &setup, &mut rng).unwrap() else {
        panic!("CartPole-v1 has features and choices")
    };
    let mut batch = batch.typed().unwrap();
    let (mut act, mut log) = ([0; 4], Metrics::default());
    for _ in 0..rounds {
        round(&mut *agent, &mut *batch, &mut act, &mut rng, &mut log).unwrap();
    }
    agent.networks().unwrap()
}

fn agrees(agent: &str, settings: &[(&str, &str)], rounds: usize, updates: usize) {
    let flex = trained(agent, settings, rounds, DeviceName::Flex);
    let wgpu = trained(agent, settings, rounds, DeviceName::Wgpu);
    let begin = trained(agent, settings, 0, DeviceName::Flex);
    let (mut apart, mut moved) = (0.0_f32, 0.0_f32);
    for ((flex, wgpu), begin) in flex.arrays.iter().zip(&wgpu.arrays).zip(&begin.arrays) {
        assert_eq!((&flex.name, &flex.shape), (&wgpu.name, &wgpu.shape));
        for ((flex, wgpu), begin) in flex.values.iter().zip(&wgpu.values).zip(&begin.values) {
            apart = apart.max((flex - wgpu).abs());
            moved = moved.max((flex - begin).abs());
        }
    }
    println!(
        "{agent}: after {updates} updates parameters have moved by up to {moved:.4} and are up to {apart:.1e} apart"
    );
    assert!(moved > 1e-3, "nothing was learned");
    assert!(apart < 1e-3 * moved.max(1.0), "{agent}: {apart} apart");
}

#[test]
fn a_few_rollouts_of_ppo_agree_with_flex() {
    // Three rollouts of 128 steps, each gone through twice in four minibatches.
    let settings = [("n_steps", "32"), ("batch_size", "32"), ("n_epochs", "2"), ("hidden", "64,64")];
    agrees("ppo", &settings, 96, 24);
}

#[test]
fn a_few_updates_of_dqn_agree_with_flex() {
    let settings =
        [("learning_starts", "64"), ("train_frequency", "8"), ("hidden", "64,64"), ("learning_rate", "1e-3")];
    agrees("dqn", &settings, 48, 16);
}
