//! What speed is measured by. The caller has the clock; here is the work.

use std::hint::black_box;

use crate::{
    batch::Batch,
    classic::CartPole,
    entry::AnyBatch,
    env::{Elem, Env},
    grid::{FrozenLakeParams, Taxi, TaxiParams, frozen_lake},
    registry::find,
    rng::{Rng, Seeds},
};

/// A workload, by name.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The name.
    pub name: &'static str,
    /// What is done in a step.
    pub about: &'static str,
    /// What is counted: "steps", or larger units of work.
    pub unit: &'static str,
    /// Sets it up; nothing if its environment is not in the registry.
    pub make: fn() -> Option<Work>,
}

/// Takes so many environment steps, all lanes together, or a few more to fill the last round of lanes; or does so much of
/// another unit. Gives how many were taken.
pub type Work = Box<dyn FnMut(u64) -> u64>;

/// All workloads. Random actions are drawn, and finished episodes are begun anew, within what is timed.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "cartpole",
        about: "one CartPole-v1 through the trait `Env`",
        unit: "steps",
        make: || Some(Box::new(alone(CartPole::default(), 2))),
    },
    Workload {
        name: "cartpole-registry",
        about: "one CartPole-v1 from the registry, behind `dyn Batch`",
        unit: "steps",
        make: || batch("CartPole-v1", 1),
    },
    Workload {
        name: "cartpole-1024",
        about: "1,024 lanes of CartPole-v1 in columns",
        unit: "steps",
        make: || batch("CartPole-v1", 1024),
    },
    Workload {
        name: "frozenlake",
        about: "one FrozenLake-v1 through the trait `Env`",
        unit: "steps",
        make: || Some(Box::new(alone(frozen_lake(&FrozenLakeParams::default()).ok()?, 4))),
    },
    Workload {
        name: "frozenlake-registry",
        about: "one FrozenLake-v1 from the registry, behind `dyn Batch`",
        unit: "steps",
        make: || batch("FrozenLake-v1", 1),
    },
    Workload {
        name: "taxi",
        about: "one Taxi-v4 through the trait `Env`",
        unit: "steps",
        make: || Some(Box::new(alone(Taxi::new(TaxiParams::default()).ok()?, 6))),
    },
    Workload {
        name: "taxi-registry",
        about: "one Taxi-v4 from the registry, behind `dyn Batch`",
        unit: "steps",
        make: || batch("Taxi-v4", 1),
    },
    Workload {
        name: "mountaincar-1024",
        about: "1,024 lanes of MountainCar-v0 in columns",
        unit: "steps",
        make: || batch("MountainCar-v0", 1024),
    },
    Workload {
        name: "pendulum-1024",
        about: "1,024 lanes of Pendulum-v1 in columns",
        unit: "steps",
        make: || batch("Pendulum-v1", 1024),
    },
    Workload {
        name: "acrobot-1024",
        about: "1,024 lanes of Acrobot-v1 in columns",
        unit: "steps",
        make: || batch("Acrobot-v1", 1024),
    },
];

/// One copy without a batch, which chooses among so many actions: the time limit is counted here.
fn alone<E: Env<Act = usize>>(mut env: E, choices: usize) -> impl FnMut(u64) -> u64 {
    let (mut actions, mut rng) = (Rng::new(1), Rng::new(2));
    let limit = env.spec().time_limit.unwrap_or(u32::MAX);
    env.reset(&mut rng);
    let mut at = 0;
    move |steps| {
        for _ in 0..steps {
            let step = env.step(actions.below(choices), &mut rng);
            at += 1;
            black_box(step.reward);
            if step.terminated || at >= limit {
                black_box(env.reset(&mut rng));
                at = 0;
            }
        }
        steps
    }
}

fn batch(id: &str, lanes: usize) -> Option<Work> {
    let made = (find(id).ok()?.make)(&[]).ok()?;
    Some(match made.batch(lanes, &Seeds::from(1)).ok()? {
        AnyBatch::IndexChoice(batch) => Box::new(random(batch)),
        AnyBatch::IndexControl(batch) => Box::new(random(batch)),
        AnyBatch::FeatureChoice(batch) => Box::new(random(batch)),
        AnyBatch::FeatureControl(batch) => Box::new(random(batch)),
    })
}

/// Random actions in every lane. An error would be a fault of this crate.
fn random<B: Batch>(mut batch: B) -> impl FnMut(u64) -> u64 {
    let (space, lanes, mut rng) = (batch.spec().actions.clone(), batch.lanes(), Rng::new(2));
    let mut act = vec![B::A::default(); lanes * space.width()];
    move |steps| {
        let rounds = steps.div_ceil(lanes as u64);
        for _ in 0..rounds {
            if lanes == 1 {
                B::A::random_action(&space, &mut rng, &mut act);
            } else {
                B::A::random_actions(&space, &mut rng, &mut act);
            }
            batch.step(&act).expect("an environment that keeps its contract");
            black_box(batch.now().first[0]);
        }
        rounds * lanes as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_takes_the_steps_it_says() {
        for workload in WORKLOADS {
            let Some(mut work) = (workload.make)() else { continue };
            assert!((2_000..2_000 + 1_024).contains(&work(2_000)), "{}", workload.name);
        }
    }
}
