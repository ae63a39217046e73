//! Trajectory sampling: the on-policy distribution of updates against the uniform one, Sutton & Barto's figure 8.8.

use anyhow::Result;
use gymkhana_agents::{
    math::choice,
    model_based::{Distribution, Planner},
    planning::{PolicyTable, value_within},
    tabular::QTable,
};
use gymkhana_envs::{
    Rng, SeedSequence, Space, Spec,
    tabular::{Outcome, Table},
};

use super::super::{Study, sums::Sums};

const STATES: usize = 1_000;
const ACTIONS: usize = 2;
/// Steps after which next to nothing is left of an episode: 0.9²⁰⁰ is 7·10⁻¹⁰.
const HORIZON: usize = 200;
/// Looks at the value of the start.
const LOOKS: usize = 20;

/// What the start is worth to the greedy policy, mean over tasks, after so many updates.
pub(super) struct Values {
    pub(super) updates: Vec<f64>,
    pub(super) on_policy: Sums,
    pub(super) uniform: Sums,
    /// a place in all of these at which a tenth of the updates is made
    pub(super) early: usize,
}

/// A task: an action leads to one other state, drawn once, or with probability 0.1 to the end; rewards are normal.
fn task(rng: &mut Rng) -> Table {
    let mut start = vec![0.0; STATES];
    start[0] = 1.0;
    Table::new(start, ACTIONS, |_, _| {
        let (next, reward) = (rng.below(STATES), rng.normal());
        let on = Outcome { probability: 0.9, next, reward, terminated: false };
        [on, Outcome { probability: 0.1, next: 0, reward: 0.0, terminated: true }]
    })
}

/// What the start is worth to the greedy policy.
fn worth(table: &Table, q: &QTable) -> Result<f64> {
    let policy: Vec<usize> = (0..STATES).map(|state| choice::argmax(q.row(state), None)).collect();
    Ok(value_within(table, &PolicyTable::deterministic(&policy, ACTIONS), HORIZON, 1.0)?[0])
}

pub(super) fn values(study: &Study<'_>, tasks: u64) -> Result<Values> {
    let updates = study.pick(20_000, 5_000);
    let every = updates / LOOKS;
    let spec = Spec::new("a random task", Space::Discrete(STATES), Space::Discrete(ACTIONS));
    let found = study.repeat("random tasks", tasks, |seed| {
        let table = task(&mut SeedSequence::new(seed).child(0).rng());
        let of = |distribution| {
            let mut rng = SeedSequence::new(seed).child(1).rng();
            let mut planner = Planner::new(QTable::new("planner", &spec, 0.0)?, 1.0, 0.1, distribution);
            let mut points = vec![worth(&table, &planner.q)?];
            for _ in 0..LOOKS {
                (0..every).for_each(|_| planner.update(&table, &mut rng));
                points.push(worth(&table, &planner.q)?);
            }
            Ok::<Vec<f64>, anyhow::Error>(points)
        };
        Ok((of(Distribution::OnPolicy)?, of(Distribution::Uniform)?))
    })?;
    let (on_policy, uniform): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    Ok(Values {
        updates: (0..=LOOKS).map(|look| (look * every) as f64).collect(),
        on_policy: Sums::of(on_policy),
        uniform: Sums::of(uniform),
        early: LOOKS / 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::tabular::TabularModel;

    #[test]
    fn tasks_are_models_whose_episodes_end() {
        let table = task(&mut Rng::new(0));
        for (state, action) in (0..STATES).flat_map(|state| [(state, 0), (state, 1)]) {
            let outcomes = table.outcomes(state, action);
            assert!((outcomes.iter().map(|outcome| outcome.probability).sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(outcomes[0].next < STATES && outcomes[1].terminated);
        }
    }
}
