//! What the speed of agents and solvers is measured by. The caller has the clock; here is the work.

use gymkhana_envs::{
    Batch, Lanes, Rng, Seeds,
    bench::{Work, Workload},
    grid::{FrozenLake8x8Params, frozen_lake},
    registry::Settings,
};

use crate::{
    agent::{Metrics, Recipe, Setup, round},
    device::DeviceName,
    tabular::{NStepSarsaConfig, QLearningConfig, SarsaConfig, SarsaLambdaConfig},
};

/// All workloads: learning is within what is timed.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "q-learning-frozenlake8x8",
        about: "Q-learning on one slippery FrozenLake 8×8: act, step, learn",
        unit: "steps",
        make: || lake::<QLearningConfig>(1, &[]),
    },
    Workload {
        name: "q-learning-frozenlake8x8-64",
        about: "Q-learning in 64 lanes of it",
        unit: "steps",
        make: || lake::<QLearningConfig>(64, &[]),
    },
    Workload {
        name: "sarsa-frozenlake8x8",
        about: "Sarsa on one slippery FrozenLake 8×8",
        unit: "steps",
        make: || lake::<SarsaConfig>(1, &[]),
    },
    Workload {
        name: "n-step-sarsa-frozenlake8x8",
        about: "Sarsa by returns of 4 steps on one slippery FrozenLake 8×8",
        unit: "steps",
        make: || lake::<NStepSarsaConfig>(1, &[("n", "4")]),
    },
    Workload {
        name: "sarsa-lambda-frozenlake8x8",
        about: "Sarsa(0.9) on one slippery FrozenLake 8×8",
        unit: "steps",
        make: || lake::<SarsaLambdaConfig>(1, &[("lambda", "0.9")]),
    },
];

/// An agent in some lanes of the slippery 8×8 lake: act, step, learn.
fn lake<C: Recipe<usize, usize, Agent: 'static>>(lanes: usize, more: Settings<'_>) -> Option<Work> {
    let common = [("learning_rate", "0.1"), ("gamma", "0.99"), ("epsilon", "0.1")];
    let config = C::from_settings(common.into_iter().chain(more.iter().copied())).ok()?;
    let lake = frozen_lake(&FrozenLake8x8Params::default().0).ok()?;
    let mut batch = Lanes::new(lake, lanes, &Seeds::from(0)).ok()?;
    let setup = Setup { spec: batch.spec(), lanes, steps: 1 << 40, device: DeviceName::default() };
    let (mut agent, mut rng) = (config.build(&setup, &mut Rng::new(1)).ok()?, Rng::new(2));
    let (mut act, mut log) = (vec![0; lanes], Metrics::default());
    Some(Box::new(move |steps| {
        let rounds = steps.div_ceil(lanes as u64);
        for _ in 0..rounds {
            round(&mut agent, &mut batch, &mut act, &mut rng, &mut log).expect("an agent that fits its environment");
        }
        rounds * lanes as u64
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_takes_the_steps_it_says() {
        for workload in WORKLOADS {
            let mut work = (workload.make)().expect(workload.name);
            assert!((2_000..2_000 + 64).contains(&work(2_000)), "{}", workload.name);
        }
    }
}
