//! What speed is measured by: agents that learn. The caller has the clock; here is the work.

use gymkhana_envs::{
    Batch, Env, Lanes, Params, Rng, Seeds,
    bench::{Work, Workload},
    grid::{FrozenLakeParams, frozen_lake},
    registry::Settings,
};

use crate::{
    agent::{Agent, Metrics, Recipe, Setup, round},
    device::DeviceName,
    tabular::{NStepSarsaConfig, QLearningConfig, SarsaConfig, SarsaLambdaConfig},
};

/// Tabular agents. A step is one of the environment's, learning included; episodes that ended are begun anew.
pub const TABULAR: &[Workload] = &[
    Workload {
        name: "q-learning-64",
        about: "Q-learning in 64 lanes of FrozenLake8x8-v1",
        make: || lake::<QLearningConfig>(64, &[]),
    },
    Workload {
        name: "q-learning",
        about: "Q-learning in one FrozenLake8x8-v1",
        make: || lake::<QLearningConfig>(1, &[]),
    },
    Workload { name: "sarsa", about: "Sarsa in one FrozenLake8x8-v1", make: || lake::<SarsaConfig>(1, &[]) },
    Workload {
        name: "n-step-sarsa",
        about: "Sarsa of 4 steps in one FrozenLake8x8-v1",
        make: || lake::<NStepSarsaConfig>(1, &[("n", "4")]),
    },
    Workload {
        name: "sarsa-lambda",
        about: "Sarsa(0.9) in one FrozenLake8x8-v1",
        make: || lake::<SarsaLambdaConfig>(1, &[("lambda", "0.9")]),
    },
];

/// An agent with a step size of 0.1 in some lanes of the slippery 8×8 lake.
fn lake<C: Recipe<usize, usize, Agent: 'static>>(lanes: usize, more: Settings<'_>) -> Option<Work> {
    let settings = [("map_name", "8x8"), ("time_limit", "200")];
    let env = frozen_lake(&FrozenLakeParams::from_settings(settings).ok()?).ok()?;
    let common = [("learning_rate", "0.1"), ("gamma", "0.99"), ("epsilon", "0.1")];
    learning(env, lanes, &C::from_settings(common.into_iter().chain(more.iter().copied())).ok()?)
}

/// An error would be a fault of this crate or of the environments'.
fn learning<E, C>(env: E, lanes: usize, config: &C) -> Option<Work>
where
    E: Env<Act = usize> + Clone + Send + 'static,
    Lanes<E>: Batch<O = usize, A = usize>,
    C: Recipe<usize, usize, Agent: 'static>,
{
    let (mut batch, mut rng) = (Lanes::new(env, lanes, &Seeds::from(1)).ok()?, Rng::new(2));
    let setup = Setup { spec: batch.spec(), lanes, steps: 1_000_000, device: DeviceName::default() };
    let mut agent = config.build(&setup, &mut rng).ok()?;
    let (mut act, mut log) = (vec![0; lanes], Metrics::default());
    Some(Box::new(move |steps| {
        let rounds = steps.div_ceil(lanes as u64);
        for _ in 0..rounds {
            round(&mut agent, &mut batch, &mut act, &mut rng, &mut log).expect("a step and an update");
        }
        std::hint::black_box(agent.values(&batch.now()));
        rounds * lanes as u64
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_takes_the_steps_it_says() {
        for workload in TABULAR {
            let mut work = (workload.make)().expect(workload.name);
            assert!((2_000..2_000 + 64).contains(&work(2_000)), "{}", workload.name);
        }
    }
}
