//! Gridworlds read from an ASCII map; CliffWalking and FrozenLake are maps.
//!
//! `S` start (several are equally likely), `.` or `F` free, `#` wall, `G` goal, which ends the episode, `H` hole,
//! which ends it too, `C` cliff, from which one is put back at the start. Rows end with a line break or `/`.
//! States are numbered row by row from the top left.

use std::sync::Arc;

use super::table::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, Made, typed, values},
    error::Error,
    params,
    params::{Params, above_to},
};

params! {
    /// A gridworld of one's own.
    pub struct GridworldParams for "Gridworld" {
        /// rows of S start, . free, # wall, G goal, H hole, C cliff; `/` ends a row
        map: String = "...G/.#.H/S...".into(), in ..;
        /// probability of slipping to a side, half of it to each
        slip: f64 = 0.2, in 0.0..=1.0;
        /// reward of a step
        step_reward: f64 = -0.04, in ..;
        /// reward of the step into a goal
        goal_reward: f64 = 1.0, in ..;
        /// reward of the step into a hole
        hole_reward: f64 = -1.0, in ..;
        /// reward of the step off a cliff
        cliff_reward: f64 = -100.0, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

params! {
    /// CliffWalking has a choice of time limit only.
    pub struct CliffWalkingParams for "CliffWalking-v1" {
        /// steps after which an episode is truncated; 0: never, as in Gymnasium
        time_limit: u32 = 0, in ..;
    }
}

params! {
    /// FrozenLake on its 4×4 map.
    pub struct FrozenLakeParams for "FrozenLake-v1" {
        /// probability of going where one wants; else to a side, each equally likely
        success_rate: f64 = 1.0 / 3.0, in above_to(0.0, 1.0);
        /// steps after which an episode is truncated
        time_limit: u32 = 100, in 1..;
    }
}

params! {
    /// FrozenLake on its 8×8 map.
    pub struct FrozenLake8x8Params for "FrozenLake8x8-v1" {
        /// probability of going where one wants; else to a side, each equally likely
        success_rate: f64 = 1.0 / 3.0, in above_to(0.0, 1.0);
        /// steps after which an episode is truncated
        time_limit: u32 = 200, in 1..;
    }
}

/// A gridworld of one's own.
pub const GRIDWORLD: Entry = Entry {
    id: "Gridworld",
    family: "finite",
    about: "a gridworld from an ASCII map of your own, with walls, goals, holes, cliffs and slip",
    details: "\
Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; into a wall one stays.
The default map is Russell & Norvig's 4×3 world. Terminates on G and H; C puts one back at the start.",
    source: "Russell & Norvig, Artificial Intelligence: A Modern Approach, 4th ed. 2020, figure 17.1 (default map)",
    params: GridworldParams::list,
    check: values::<GridworldParams>,
    make: |settings| {
        let p: GridworldParams = typed(settings)?;
        let rules = Rules {
            step_reward: p.step_reward,
            goal_reward: p.goal_reward,
            hole_reward: p.hole_reward,
            cliff_reward: p.cliff_reward,
            success_rate: 1.0 - p.slip,
            ..Rules::default()
        };
        let grid = Gridworld::new(&p.map, rules)?;
        Ok(Finite::new("Gridworld", grid.table(), Some(p.time_limit), None).made())
    },
};

/// Sutton & Barto's cliff.
pub const CLIFF_WALKING: Entry = Entry {
    id: "CliffWalking-v1",
    family: "finite",
    about: "reach the other end of a cliff without falling off",
    details: "\
4 × 12 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left.
Reward −1 per step, −100 off the cliff and back to the start. Terminates at the goal; the best return is −13.",
    source: "Sutton & Barto 2018, example 6.6; Gymnasium's CliffWalking-v1",
    params: CliffWalkingParams::list,
    check: values::<CliffWalkingParams>,
    make: |settings| {
        let p: CliffWalkingParams = typed(settings)?;
        let limit = (p.time_limit > 0).then_some(p.time_limit);
        let rules = Rules { step_reward: -1.0, goal_reward: -1.0, absorbing: false, ..Rules::default() };
        Ok(Finite::new("CliffWalking-v1", Gridworld::new(CLIFF_MAP, rules)?.table(), limit, None).made())
    },
};

/// FrozenLake, 4×4.
pub const FROZEN_LAKE: Entry = Entry {
    id: "FrozenLake-v1",
    family: "finite",
    about: "cross a slippery lake of 4×4 cells without falling into a hole",
    details: "\
Observation: the index of the cell, row by row. Actions: 0 left, 1 down, 2 right, 3 up; on ice one goes where one wants
with probability 1/3 and to either side with 1/3 each. Reward 1 at the goal, else 0. Terminates at the goal and in holes.",
    source: "Gymnasium's FrozenLake-v1",
    params: FrozenLakeParams::list,
    check: values::<FrozenLakeParams>,
    make: |settings| {
        let p: FrozenLakeParams = typed(settings)?;
        lake("FrozenLake-v1", FROZEN_LAKE_MAP, p.success_rate, p.time_limit, 0.70)
    },
};

/// FrozenLake, 8×8.
pub const FROZEN_LAKE_8X8: Entry = Entry {
    id: "FrozenLake8x8-v1",
    family: "finite",
    about: "cross a slippery lake of 8×8 cells without falling into a hole",
    params: FrozenLake8x8Params::list,
    check: values::<FrozenLake8x8Params>,
    make: |settings| {
        let p: FrozenLake8x8Params = typed(settings)?;
        lake("FrozenLake8x8-v1", FROZEN_LAKE_8X8_MAP, p.success_rate, p.time_limit, 0.85)
    },
    ..FROZEN_LAKE
};

const CLIFF_MAP: &str = "............/............/............/SCCCCCCCCCCG";
const FROZEN_LAKE_MAP: &str = "SFFF/FHFH/FFFH/HFFG";
const FROZEN_LAKE_8X8_MAP: &str = "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG";

/// (down, right) of the actions up, right, down, left.
const CLOCKWISE: [(isize, isize); 4] = [(-1, 0), (0, 1), (1, 0), (0, -1)];
/// (down, right) of FrozenLake's actions left, down, right, up.
const COUNTER_CLOCKWISE: [(isize, isize); 4] = [(0, -1), (1, 0), (0, 1), (-1, 0)];

fn lake(id: &str, map: &str, success_rate: f64, time_limit: u32, threshold: f64) -> Result<Made, Error> {
    let rules = Rules { moves: COUNTER_CLOCKWISE, success_rate, hole_reward: 0.0, ..Rules::default() };
    let table = Gridworld::new(map, rules)?.table();
    Ok(Finite::new(id, table, Some(time_limit), Some(threshold)).made())
}

/// What holds on a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Steps (down, right) of the four actions, each a quarter turn from the one before.
    pub moves: [(isize, isize); 4],
    /// Probability of going where one wants; else to either side.
    pub success_rate: f64,
    /// Reward of a step.
    pub step_reward: f64,
    /// Reward of the step into a goal.
    pub goal_reward: f64,
    /// Reward of the step into a hole.
    pub hole_reward: f64,
    /// Reward of the step off a cliff.
    pub cliff_reward: f64,
    /// Whether goals and holes lead to themselves; Gymnasium's cliff lets one walk out of its goal.
    pub absorbing: bool,
}

impl Default for Rules {
    /// Up, right, down, left without slip; rewards 0, goal 1, hole −1, cliff −100.
    fn default() -> Self {
        Self {
            moves: CLOCKWISE,
            success_rate: 1.0,
            step_reward: 0.0,
            goal_reward: 1.0,
            hole_reward: -1.0,
            cliff_reward: -100.0,
            absorbing: true,
        }
    }
}

/// A map and its rules, from which a [`Table`] is made.
#[derive(Clone, Debug)]
pub struct Gridworld {
    cells: Vec<u8>,
    columns: usize,
    rules: Rules,
}

impl Gridworld {
    /// Reads a map.
    ///
    /// # Errors
    /// If a row is shorter or longer than the first, a symbol is unknown, or there is no start or no end.
    pub fn new(map: &str, rules: Rules) -> Result<Self, Error> {
        let wrong = |line, column, why: String| Err(Error::Map { line: line + 1, column: column + 1, why });
        let rows = map.split(['\n', '/']).enumerate().filter(|(_, row)| !row.trim().is_empty());
        let (mut columns, mut cells) = (None, Vec::new());
        for (line, text) in rows {
            let (row, indent) = (text.trim(), text.chars().take_while(|symbol| symbol.is_whitespace()).count());
            for (column, symbol) in row.chars().enumerate() {
                let column = indent + column;
                match symbol {
                    'S' | 'G' | 'H' | 'C' | '#' => cells.push(symbol as u8),
                    '.' | 'F' => cells.push(b'.'),
                    other => return wrong(line, column, format!("`{other}` is none of S . F # G H C")),
                }
            }
            let found = row.chars().count();
            let columns = *columns.get_or_insert(found);
            if found != columns {
                let why = format!("{found} cells, where the first row has {columns}");
                return wrong(line, indent + found.min(columns), why);
            }
        }
        for (symbols, what) in [("S", "start (S)"), ("GH", "end (G or H)")] {
            if !cells.iter().any(|&cell| symbols.contains(cell as char)) {
                return wrong(0, 0, format!("the map has no {what}"));
            }
        }
        Ok(Self { cells, columns: columns.unwrap_or_default(), rules })
    }

    /// The transition table.
    pub fn table(&self) -> Arc<Table> {
        let starts: Vec<usize> = (0..self.cells.len()).filter(|&cell| self.cells[cell] == b'S').collect();
        let share = 1.0 / starts.len() as f64;
        let start = self.cells.iter().map(|&cell| if cell == b'S' { share } else { 0.0 }).collect();
        Arc::new(Table::new(start, 4, |state, action| self.outcomes(state, action, &starts)))
    }

    fn outcomes(&self, state: usize, action: usize, starts: &[usize]) -> Vec<Outcome> {
        let cell = self.cells[state];
        if self.rules.absorbing && matches!(cell, b'G' | b'H') {
            return vec![Outcome { probability: 1.0, next: state, reward: 0.0, terminated: true }];
        }
        if self.rules.success_rate >= 1.0 {
            return self.enter(state, action, 1.0, starts);
        }
        let side = (1.0 - self.rules.success_rate) / 2.0;
        [(action + 3, side), (action, self.rules.success_rate), (action + 1, side)]
            .into_iter()
            .flat_map(|(direction, probability)| self.enter(state, direction % 4, probability, starts))
            .collect()
    }

    /// What a move in one direction leads to: one outcome, or one per start where it leads off a cliff.
    fn enter(&self, state: usize, direction: usize, probability: f64, starts: &[usize]) -> Vec<Outcome> {
        let next = self.neighbour(state, direction);
        let (reward, terminated) = match self.cells[next] {
            b'G' => (self.rules.goal_reward, true),
            b'H' => (self.rules.hole_reward, true),
            b'C' => {
                let probability = probability / starts.len() as f64;
                let back =
                    |&next: &usize| Outcome { probability, next, reward: self.rules.cliff_reward, terminated: false };
                return starts.iter().map(back).collect();
            }
            _ => (self.rules.step_reward, false),
        };
        vec![Outcome { probability, next, reward, terminated }]
    }

    fn neighbour(&self, state: usize, direction: usize) -> usize {
        let (down, right) = self.rules.moves[direction];
        let row = (state / self.columns).saturating_add_signed(down).min(self.cells.len() / self.columns - 1);
        let column = (state % self.columns).saturating_add_signed(right).min(self.columns - 1);
        let next = row * self.columns + column;
        if self.cells[next] == b'#' { state } else { next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::TabularModel;

    #[test]
    fn walls_edges_holes_and_cliffs() {
        let grid = Gridworld::new("S#G\n.C.\n..H", Rules { step_reward: -1.0, ..Rules::default() }).unwrap();
        let table = grid.table();
        let outcome = |state, action| {
            let [outcome] = table.outcomes(state, action) else { panic!("one outcome") };
            (outcome.next, outcome.reward, outcome.terminated)
        };
        assert_eq!(outcome(0, 0), (0, -1.0, false)); // the upper edge
        assert_eq!(outcome(0, 1), (0, -1.0, false)); // the wall
        assert_eq!(outcome(3, 1), (0, -100.0, false)); // the cliff, back to the start
        assert_eq!(outcome(5, 0), (2, 1.0, true)); // the goal
        assert_eq!(outcome(5, 2), (8, -1.0, true)); // the hole
        assert_eq!(outcome(2, 3), (2, 0.0, true)); // ends lead to themselves
    }

    #[test]
    fn slip_goes_to_either_side() {
        let table = Gridworld::new("...\n.S.\n..G", Rules { success_rate: 0.8, ..Rules::default() }).unwrap().table();
        let next: Vec<_> = table.outcomes(4, 0).iter().map(|o| (o.next, o.probability)).collect();
        assert_eq!(next, [(3, 0.099_999_999_999_999_98), (1, 0.8), (5, 0.099_999_999_999_999_98)]);
    }

    #[test]
    fn maps_that_cannot_be_read_say_where() {
        let message = |map| Gridworld::new(map, Rules::default()).unwrap_err().to_string();
        assert_eq!(message("S.\n.x"), "map, line 2, column 2: `x` is none of S . F # G H C");
        assert_eq!(message("S.G\n.."), "map, line 2, column 3: 2 cells, where the first row has 3");
        assert_eq!(message("\nS.G\n  .x."), "map, line 3, column 4: `x` is none of S . F # G H C");
        assert_eq!(message("..G"), "map, line 1, column 1: the map has no start (S)");
        assert_eq!(message(""), "map, line 1, column 1: the map has no start (S)");
    }
}
