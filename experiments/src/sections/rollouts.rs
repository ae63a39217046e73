//! What the sections on PPO's updates share: a policy and a value that begin, and one rollout of theirs.

use anyhow::Result;
use gymkhana_agents::{
    DeviceName, Mode, Setup,
    memory::Rollout,
    nn::{Activation, Rule},
    policy_gradient::{
        Choices,
        learner::{Learner, Plan, Samples},
        on_policy::{advantages, columns},
    },
};
use gymkhana_envs::{Batch, Lanes, classic::CartPole};

use crate::streams::Streams;

/// Copies of the environment, and steps of each.
pub(super) const LANES: usize = 8;
pub(super) const N_STEPS: usize = 64;
/// Rows of a rollout.
pub(super) const ROWS: usize = LANES * N_STEPS;
const GAMMA: f64 = 0.99;
const LAMBDA: f64 = 0.95;

/// A rollout of `CartPole-v1` and what is learned from it.
pub(super) struct Gathered {
    rollout: Rollout<usize>,
    advantage: Vec<f32>,
    target: Vec<f32>,
    value: Vec<f32>,
    log_prob: Vec<f32>,
}

impl Gathered {
    /// What is learned from, with the probabilities of the policy that acted.
    pub(super) fn samples(&self) -> Samples<'_, usize> {
        Samples {
            obs: self.rollout.obs(),
            actions: self.rollout.actions(),
            legal: None,
            log_prob: &self.log_prob,
            advantage: &self.advantage,
            target: &self.target,
            value: &self.value,
        }
    }

    /// Of every row how much likelier its action has become, by the policy as it is now.
    pub(super) fn ratios(&self, learner: &mut Learner<Choices>) -> Vec<f64> {
        let now = learner.log_probs(&self.samples());
        now.iter().zip(&self.log_prob).map(|(now, old)| f64::from(now - old).exp()).collect()
    }
}

/// Networks of 4-64-64-2 and 4-64-64-1 as PPO begins with them, and what they gathered.
pub(super) fn gather(seed: u64) -> Result<(Learner<Choices>, Gathered)> {
    let streams = Streams::new(seed);
    let mut lanes = Lanes::new(CartPole::default(), LANES, &streams.lanes())?;
    let plan = Plan {
        owner: "ppo",
        hidden: &[64, 64],
        activation: Activation::Tanh,
        orthogonal: true,
        optimizer: Rule::Adam,
        epsilon: 1e-5,
        apart: false,
    };
    let setup = Setup { spec: lanes.spec(), lanes: LANES, steps: ROWS as u64, device: DeviceName::default() };
    let mut learner = Learner::new(&plan, Choices(2), &setup, &mut streams.parameters())?;
    let (mut policy, mut rng, mut act) = (learner.policy(Mode::Sample), streams.agent(), [0; LANES]);
    let mut rollout = Rollout::new(N_STEPS, LANES, 4, 1);
    while !rollout.is_full() {
        policy.act(&lanes.now(), &mut rng, &mut act);
        lanes.step(&act)?;
        rollout.push(&lanes.seen(&act), &act);
    }
    let values = learner.values(rollout.obs());
    let advantages = advantages(&learner, &rollout, &values, lanes.now().obs.flat, GAMMA, LAMBDA);
    let [advantage, target, value] = columns(&advantages, &values);
    let log_prob = vec![0.0; ROWS];
    let mut gathered = Gathered { rollout, advantage, target, value, log_prob };
    gathered.log_prob = learner.log_probs(&gathered.samples());
    Ok((learner, gathered))
}
