//! What the speed of agents and solvers is measured by. The caller has the clock; here is the work.

use std::sync::Arc;

use gymkhana_envs::{
    Env, Lanes, Rng, Seeds,
    bench::Workload,
    grid::{FrozenLake8x8Params, Gridworld, Rules, frozen_lake},
    tabular::Table,
};

use crate::{
    agent::{Metrics, Recipe, Setup, round},
    device::DeviceName,
    planning::{Initial, Order, Solve, ValueIteration},
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::{PolicyIteration, Solution, backup::bellman_residual};

    fn off(a: &Solution, b: &Solution) -> f64 {
        a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn the_bound_on_the_error_of_the_open_gridworld_holds() {
        let table = open_gridworld(30).unwrap();
        let found = OPEN.solve(&*table, &mut || true).unwrap();
        // Linear equations; and sweeps in another order from another beginning, to 10⁻¹¹.
        let exact = PolicyIteration { gamma: OPEN.gamma, ..Default::default() }.solve(&*table, &mut || true).unwrap();
        assert!(bellman_residual(&*table, &exact.values, OPEN.gamma) < 1e-12);
        let tight = ValueIteration { tolerance: 1e-11, order: Order::TwoArrays, initial: Initial::Zero, ..OPEN };
        let tight = tight.solve(&*table, &mut || true).unwrap();
        assert!(off(&exact, &tight) < 1e-10, "{}", off(&exact, &tight));
        let (error, bound) = (off(&found, &exact), found.error.unwrap());
        assert!(found.settled && error <= bound && bound <= 1e-6, "{error} {bound}");
    }
}
