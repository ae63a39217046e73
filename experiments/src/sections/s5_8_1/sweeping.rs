//! Prioritized sweeping against Dyna-Q, by updates: Sutton & Barto's example 8.4, in mazes of growing size.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    math::choice,
    model_based::{DynaQConfig, PrioritizedSweepingConfig},
    tabular::QTable,
};
use gymkhana_envs::{
    grid::{DYNA_MAP, Gridworld, Rules},
    tabular::{Finite, Table, TabularModel},
};

use super::super::{Study, Trial, sums::Sums};
use crate::stats::mean;

/// What is given up after, in steps.
const MOST: u64 = 1_000_000;
/// Steps between two looks at the greedy way.
const EVERY: u64 = 20;
/// Planned updates per real step. The world is deterministic: an update takes its target over, α = 1.
const N: usize = 5;

/// Updates that it took in a maze, mean over seeds.
pub(super) struct Found {
    pub(super) cells: usize,
    pub(super) dyna: f64,
    pub(super) sweeping: f64,
    /// of Dyna-Q and of prioritized sweeping, with its deviation
    pub(super) updates: Sums,
}

/// The Dyna maze with each cell as `times` × `times` cells, of which one is the start or the goal.
fn enlarged(times: usize) -> String {
    let row = |line: &str, first: bool| -> String {
        let wide = |cell: char| {
            let rest = if cell == '#' { '#' } else { '.' };
            (0..times).map(move |i| if i == 0 && first { cell } else { rest })
        };
        line.chars().flat_map(wide).collect()
    };
    let rows = DYNA_MAP.split('/').flat_map(|line| (0..times).map(move |i| row(line, i == 0)));
    rows.collect::<Vec<_>>().join("/")
}

/// The steps of the greedy way from the start; none if it does not arrive within so many.
fn greedy_way(table: &Table, q: &QTable, most: usize) -> Option<usize> {
    let mut state = table.start().iter().position(|share| *share > 0.0)?;
    for length in 1..=most {
        let outcome = table.outcomes(state, choice::argmax(q.row(state), None)).first()?;
        if outcome.terminated {
            return Some(length);
        }
        state = outcome.next;
    }
    None
}

/// The steps of the shortest way.
fn shortest_way(table: &Table) -> usize {
    let (mut here, mut seen, mut steps) = (vec![], vec![false; table.states()], 0);
    here.extend(table.start().iter().position(|share| *share > 0.0));
    while !here.is_empty() {
        steps += 1;
        let mut next = Vec::new();
        for (state, action) in here.iter().flat_map(|state| (0..table.actions()).map(move |action| (*state, action))) {
            for outcome in table.outcomes(state, action) {
                if outcome.terminated {
                    return steps;
                }
                if !std::mem::replace(&mut seen[outcome.next], true) {
                    next.push(outcome.next);
                }
            }
        }
        here = next;
    }
    usize::MAX
}

pub(super) fn updates(study: &Study<'_>, seeds: u64) -> Result<Vec<Found>> {
    let sizes = study.pick(1..=5, 1..=2);
    sizes.map(|times| in_a_maze(study, times, seeds)).collect()
}

fn in_a_maze(study: &Study<'_>, times: usize, seeds: u64) -> Result<Found> {
    let table = Gridworld::new(&enlarged(times), Rules::default())?.table();
    let (cells, shortest) = (table.states(), shortest_way(&table));
    let maze = Finite::new("Maze", table.clone(), None, None);
    // Both go at random, so that they see the same steps and differ only in what they make of them.
    let dyna = DynaQConfig { n: N, learning_rate: 1.0.into(), epsilon: 1.0.into(), ..DynaQConfig::default() };
    let sweeping = PrioritizedSweepingConfig {
        n: N,
        learning_rate: 1.0.into(),
        epsilon: 1.0.into(),
        threshold: 1e-9,
        ..PrioritizedSweepingConfig::default()
    };
    let found = study.repeat(&format!("maze of {cells} cells"), seeds, |seed| {
        let done = |q: &QTable| greedy_way(&table, q, shortest) == Some(shortest);
        // A real step of Dyna-Q is an update, and N more are planned.
        let dyna = until(&maze, &dyna, seed, |agent| done(agent.q()), |_, steps| steps * (N as u64 + 1))?;
        let swept = until(&maze, &sweeping, seed, |agent| done(agent.q()), |agent, _| agent.updates())?;
        Ok((dyna, swept))
    })?;
    let updates = Sums::of(found.iter().map(|(dyna, swept)| [*dyna, *swept]));
    let (dyna, sweeping): (Vec<f64>, Vec<f64>) = found.into_iter().unzip();
    Ok(Found { cells, dyna: mean(&dyna), sweeping: mean(&sweeping), updates })
}

/// Updates until an agent is done, or until it is given up.
fn until<C: Recipe<usize, usize>>(
    maze: &Finite,
    config: &C,
    seed: u64,
    done: impl Fn(&C::Agent) -> bool,
    updates: impl Fn(&C::Agent, u64) -> u64,
) -> Result<f64> {
    let mut trial = Trial::new(maze.clone(), config, seed, 1)?;
    let mut steps = 0;
    while steps < MOST && (steps % EVERY > 0 || !done(&trial.agent)) {
        trial.step()?;
        steps += 1;
    }
    Ok(updates(&trial.agent, steps) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mazes_grow_with_their_ways() {
        let way = |times| shortest_way(&Gridworld::new(&enlarged(times), Rules::default()).unwrap().table());
        assert_eq!((enlarged(1).as_str(), way(1)), (DYNA_MAP, 14));
        assert_eq!(enlarged(2).split('/').map(str::len).collect::<Vec<_>>(), [18; 12]);
        assert!(way(2) > 25 && way(3) > way(2), "{} {}", way(2), way(3));
    }
}
