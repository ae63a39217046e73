//! What the speed of agents and solvers is measured by. The caller has the clock; here is the work.

use std::sync::Arc;

use gymkhana_envs::{
    Batch, Env, Lanes, Rng, Seeds,
    bandit::{Testbed, TestbedParams},
    bench::{Work, Workload},
    grid::{FrozenLake8x8Params, Gridworld, Rules, frozen_lake},
    registry::Settings,
    tabular::Table,
};

use crate::{
    agent::{Metrics, Recipe, Setup, round},
    bandit::{Baseline, EpsilonGreedyBanditConfig, GradientBanditConfig, UcbConfig},
    device::DeviceName,
    planning::{Initial, Order, Solve, ValueIteration},
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
    Workload {
        name: "value-iteration-1000x1000",
        about: "value iteration on an open gridworld of a million cells, slip 0.2, γ = 0.999, to an error of 10⁻⁶",
        unit: "solutions",
        make: || {
            let table = open_gridworld(1000).ok()?;
            Some(Box::new(move |_| {
                let found = OPEN.solve(&*table, &mut || true).expect("parameters in their ranges");
                assert!(found.settled && found.error.is_some_and(|error| error <= OPEN.tolerance), "it settles");
                1
            }))
        },
    },
    Workload {
        name: "testbed",
        about: "the 10-armed testbed with the seven methods of section 5.1.4 in turn: 14 million are its 2,000 runs",
        unit: "steps",
        make: testbed,
    },
];

/// How the open gridworld is solved.
pub const OPEN: ValueIteration = ValueIteration {
    gamma: 0.999,
    tolerance: 1e-6,
    order: Order::FromEnds,
    initial: Initial::Lower,
    sweeps: 1_000_000,
};

/// The table of an open gridworld of so many rows and columns: the start in one corner, the goal in the opposite one,
/// slip 0.2, rewards −0.04 per step and 1 at the goal.
///
/// # Errors
/// If there are not two cells at least.
pub fn open_gridworld(side: usize) -> Result<Arc<Table>, gymkhana_envs::Error> {
    let mut cells = vec![b'.'; side * side];
    let last = cells.len().saturating_sub(1);
    for (cell, sign) in [(last, b'G'), (0, b'S')] {
        if let Some(cell) = cells.get_mut(cell) {
            *cell = sign;
        }
    }
    let rows: Vec<_> = cells.chunks(side.max(1)).map(String::from_utf8_lossy).collect();
    let rules = Rules { success_rate: 0.8, step_reward: -0.04, ..Rules::default() };
    Ok(Gridworld::new(&rows.join("/"), rules)?.table())
}

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
        in_lanes(plain.clone(), 1, &epsilon(0.0))?,
        in_lanes(plain.clone(), 1, &epsilon(0.01))?,
        in_lanes(plain.clone(), 1, &epsilon(0.1))?,
        in_lanes(plain.clone(), 1, &optimistic)?,
        in_lanes(plain, 1, &UcbConfig { forget: true, ..UcbConfig::default() })?,
        in_lanes(high.clone(), 1, &gradient(Baseline::Past))?,
        in_lanes(high, 1, &gradient(Baseline::None))?,
    ];
    Some(Box::new(move |steps| methods.iter_mut().map(|method| method(steps.div_ceil(7))).sum()))
}

/// An agent in some lanes of the slippery 8×8 lake.
fn lake<C: Recipe<usize, usize, Agent: 'static>>(lanes: usize, more: Settings<'_>) -> Option<Work> {
    let common = [("learning_rate", "0.1"), ("gamma", "0.99"), ("epsilon", "0.1")];
    let config = C::from_settings(common.into_iter().chain(more.iter().copied())).ok()?;
    in_lanes(frozen_lake(&FrozenLake8x8Params::default().0).ok()?, lanes, &config)
}

/// An agent in some lanes of an environment: act, step, learn.
fn in_lanes<E, C>(env: E, lanes: usize, config: &C) -> Option<Work>
where
    E: Env<Obs = usize, Act = usize> + Clone + Send + 'static,
    C: Recipe<usize, usize, Agent: 'static>,
{
    let mut batch = Lanes::new(env, lanes, &Seeds::from(0)).ok()?;
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
    use crate::planning::{PolicyTable, Solution, evaluate};

    #[test]
    fn every_workload_takes_the_steps_it_says() {
        for workload in WORKLOADS.iter().filter(|workload| workload.unit == "steps") {
            let mut work = (workload.make)().expect(workload.name);
            assert!((2_000..2_000 + 64).contains(&work(2_000)), "{}", workload.name);
        }
    }

    fn off(a: &Solution, b: &Solution) -> f64 {
        a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn the_bound_on_the_error_of_the_open_gridworld_holds() {
        let table = open_gridworld(30).unwrap();
        let found = OPEN.solve(&*table, &mut || true).unwrap();
        // Sweeps in another order from another beginning, to 10⁻¹¹; and the linear equations of the best policy.
        let tight = ValueIteration { tolerance: 1e-11, order: Order::TwoArrays, initial: Initial::Zero, ..OPEN };
        let tight = tight.solve(&*table, &mut || true).unwrap();
        let policy = PolicyTable::deterministic(&tight.policy, 4);
        let exact = evaluate(&*table, &policy, OPEN.gamma).unwrap();
        let apart = exact.iter().zip(&tight.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Actions count as best that miss it by 10⁻¹⁰ of the greatest value: that adds up over 1/(1 − γ) steps.
        assert!(tight.settled && apart < 1e-8, "{apart}");
        let (error, bound) = (off(&found, &tight), found.error.unwrap());
        assert!(found.settled && error <= bound && bound <= 1e-6, "{error} {bound}");
    }
}
