//! What the speed of agents and solvers is measured by. The caller has the clock; here is the work.

use gymkhana_envs::{
    Env, Lanes, Rng, Seeds,
    bandit::{Testbed, TestbedParams},
    bench::{Work, Workload},
    grid::{FrozenLake8x8Params, frozen_lake},
};

use crate::{
    agent::{Metrics, Recipe, Setup, round},
    bandit::{Baseline, EpsilonGreedyBanditConfig, GradientBanditConfig, UcbConfig},
    device::DeviceName,
    tabular::QLearningConfig,
};

/// All workloads: learning is within what is timed.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "q-learning-frozenlake8x8",
        about: "Q-learning on one slippery FrozenLake 8×8: act, step, learn",
        unit: "steps",
        make: || {
            let lake = frozen_lake(&FrozenLake8x8Params::default().0).ok()?;
            Some(Box::new(learning(lake, &QLearningConfig { gamma: 0.99, ..QLearningConfig::default() })?))
        },
    },
    Workload {
        name: "testbed",
        about: "the 10-armed testbed with the seven methods of section 5.1.4 in turn: 14 million are its 2,000 runs",
        unit: "steps",
        make: testbed,
    },
];

/// Greedy, two ε-greedy, optimistic, UCB and two gradient bandits, each for as many steps.
fn testbed() -> Option<Work> {
    let bed = |mean| Testbed::new(TestbedParams { mean, ..TestbedParams::default() });
    let (plain, high) = (bed(0.0).ok()?, bed(4.0).ok()?);
    let epsilon = |epsilon: f64| EpsilonGreedyBanditConfig {
        epsilon: epsilon.into(),
        forget: true,
        ..EpsilonGreedyBanditConfig::default()
    };
    let optimistic = EpsilonGreedyBanditConfig { initial_value: 5.0, learning_rate: 0.1.into(), ..epsilon(0.0) };
    let gradient = |baseline| GradientBanditConfig { baseline, forget: true, ..GradientBanditConfig::default() };
    let mut methods: [Work; 7] = [
        Box::new(learning(plain.clone(), &epsilon(0.0))?),
        Box::new(learning(plain.clone(), &epsilon(0.01))?),
        Box::new(learning(plain.clone(), &epsilon(0.1))?),
        Box::new(learning(plain.clone(), &optimistic)?),
        Box::new(learning(plain, &UcbConfig { forget: true, ..UcbConfig::default() })?),
        Box::new(learning(high.clone(), &gradient(Baseline::Past))?),
        Box::new(learning(high, &gradient(Baseline::None))?),
    ];
    Some(Box::new(move |steps| methods.iter_mut().map(|method| method(steps.div_ceil(7))).sum()))
}

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
