//! What the speed of agents and solvers is measured by. The caller has the clock; here is the work.

use gymkhana_envs::{
    Env, Lanes, Rng, Seeds,
    bench::Workload,
    grid::{FrozenLake8x8Params, frozen_lake},
};

use crate::{
    agent::{Metrics, Recipe, Setup, round},
    device::DeviceName,
    tabular::QLearningConfig,
};

/// All workloads: learning is within what is timed.
pub const WORKLOADS: &[Workload] = &[Workload {
    name: "q-learning-frozenlake8x8",
    about: "Q-learning on one slippery FrozenLake 8×8: act, step, learn",
    unit: "steps",
    make: || {
        let lake = frozen_lake(&FrozenLake8x8Params::default().0).ok()?;
        Some(Box::new(learning(lake, &QLearningConfig { gamma: 0.99, ..QLearningConfig::default() })?))
    },
}];

/// An agent in one lane: act, step, learn.
fn learning<E, C>(env: E, config: &C) -> Option<impl FnMut(u64) -> u64 + use<E, C>>
where
    E: Env<Obs = usize, Act = usize> + Clone + Send,
    C: Recipe<usize, usize>,
{
    let mut lanes = Lanes::new(env, 1, &Seeds::from(0)).ok()?;
    let spec = gymkhana_envs::Batch::spec(&lanes).clone();
    let setup = Setup { spec: &spec, lanes: 1, steps: 1 << 40, device: DeviceName::default() };
    let (mut agent, mut rng) = (config.build(&setup, &mut Rng::new(1)).ok()?, Rng::new(2));
    let (mut act, mut log) = ([0], Metrics::default());
    Some(move |steps| {
        for _ in 0..steps {
            round(&mut agent, &mut lanes, &mut act, &mut rng, &mut log).expect("an agent that fits its environment");
        }
        steps
    })
}
