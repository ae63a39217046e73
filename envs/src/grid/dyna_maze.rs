//! Sutton & Barto's mazes for planning with a learned model: one that stays, and two that change.

use super::{changing_maze::ChangingMaze, gridworld::Gridworld, moves::Moves, rules::Rules};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, Made, typed, values},
    error::Error,
    params,
    params::Params,
};

params! {
    /// The maze that stays.
    pub struct DynaMazeParams for "DynaMaze" {
        /// steps after which an episode is truncated; 0: never, as in the book
        time_limit: u32 = 0, in ..;
    }
}

params! {
    /// The maze whose way is blocked.
    pub struct BlockingMazeParams for "BlockingMaze" {
        /// steps after which the maze changes, counted over all episodes of a lane
        change_at: u64 = 1000, in ..;
        /// steps after which an episode is truncated; 0: never, as in the book
        time_limit: u32 = 0, in ..;
    }
}

params! {
    /// The maze that gets a shorter way.
    pub struct ShortcutMazeParams for "ShortcutMaze" as BlockingMazeParams {
        change_at = 3000;
    }
}

/// Example 8.1.
pub const DYNA_MAZE: Entry = Entry {
    id: "DynaMaze",
    family: "finite",
    about: "a maze for planning with a learned model",
    details: "\
6 × 9 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; into a wall one
stays. Reward 1 at the goal, else 0. Terminates at the goal, after 14 steps at best.",
    source: "Sutton & Barto 2018, example 8.1",
    params: DynaMazeParams::list,
    check: values::<DynaMazeParams>,
    make: |settings| {
        let p: DynaMazeParams = typed(settings)?;
        Ok(dyna_maze(p.time_limit)?.made())
    },
};

/// Example 8.2.
pub const BLOCKING_MAZE: Entry = Entry {
    id: "BlockingMaze",
    about: "a maze whose short way is blocked after a while, so that a learned model becomes wrong",
    details: "\
6 × 9 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; into a wall one
stays. Reward 1 at the goal, else 0. Terminates at the goal: after 10 steps at best, after 16 once the maze has changed.
The steps until then are counted over all episodes of a lane, and a restored run goes on counting; a new lane, as for an
evaluation, begins with the first maze. There is no model in the registry, since no one table is right.",
    source: "Sutton & Barto 2018, example 8.2",
    params: BlockingMazeParams::list,
    check: values::<BlockingMazeParams>,
    make: |settings| {
        let p: BlockingMazeParams = typed(settings)?;
        Ok(Made::shown(blocking_maze(p.change_at, p.time_limit)?).with_actions(Moves::Four.names()))
    },
    ..DYNA_MAZE
};

/// Example 8.3.
pub const SHORTCUT_MAZE: Entry = Entry {
    id: "ShortcutMaze",
    about: "a maze that gets a shorter way after a while, which only those find who go on exploring",
    details: "\
6 × 9 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; into a wall one
stays. Reward 1 at the goal, else 0. Terminates at the goal: after 16 steps at best, after 10 once the maze has changed.
The steps until then are counted over all episodes of a lane, and a restored run goes on counting; a new lane, as for an
evaluation, begins with the first maze. There is no model in the registry, since no one table is right.",
    source: "Sutton & Barto 2018, example 8.3",
    params: ShortcutMazeParams::list,
    check: values::<ShortcutMazeParams>,
    make: |settings| {
        let p = typed::<ShortcutMazeParams>(settings)?.0;
        Ok(Made::shown(shortcut_maze(p.change_at, p.time_limit)?).with_actions(Moves::Four.names()))
    },
    ..DYNA_MAZE
};

/// The map of example 8.1.
pub const DYNA_MAP: &str = ".......#G/..#....#./S.#....#./..#....../.....#.../.........";
const RIGHT: &str = "........G/........./........./########./........./...S.....";
const LEFT: &str = "........G/........./........./.########/........./...S.....";
const BOTH: &str = "........G/........./........./.#######./........./...S.....";

fn maze(map: &str) -> Result<Gridworld, Error> {
    Gridworld::new(map, Rules::default())
}

/// The maze of example 8.1; a time limit of 0 is none.
///
/// # Errors
/// None: the map is right.
pub fn dyna_maze(time_limit: u32) -> Result<Finite, Error> {
    Ok(maze(DYNA_MAP)?.finite("DynaMaze", (time_limit > 0).then_some(time_limit), None))
}

/// The maze of example 8.2, which changes after `change_at` steps; a time limit of 0 is none.
///
/// # Errors
/// None: the maps are right.
pub fn blocking_maze(change_at: u64, time_limit: u32) -> Result<ChangingMaze, Error> {
    let limit = (time_limit > 0).then_some(time_limit);
    Ok(ChangingMaze::new("BlockingMaze", &maze(RIGHT)?, &maze(LEFT)?, change_at, limit))
}

/// The maze of example 8.3, which changes after `change_at` steps; a time limit of 0 is none.
///
/// # Errors
/// None: the maps are right.
pub fn shortcut_maze(change_at: u64, time_limit: u32) -> Result<ChangingMaze, Error> {
    let limit = (time_limit > 0).then_some(time_limit);
    Ok(ChangingMaze::new("ShortcutMaze", &maze(LEFT)?, &maze(BOTH)?, change_at, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{render::Render, tabular::testing::optimum};

    /// The steps of the shortest way from a state: the value is γ to the power of one less.
    fn steps(map: &str, from: usize) -> f64 {
        let value = optimum(&*maze(map).unwrap().table(), 0.9)[from];
        (value.ln() / 0.9_f64.ln() + 1.0).round()
    }

    #[test]
    fn the_shortest_ways_are_those_of_the_book() {
        assert_eq!((steps(DYNA_MAP, 18), steps(RIGHT, 48), steps(LEFT, 48), steps(BOTH, 48)), (14.0, 10.0, 16.0, 10.0));
    }

    #[test]
    fn it_looks_like_its_map() {
        let text = dyna_maze(0).unwrap().frame().text.unwrap().plain();
        let map = "@......#G\n..#....#.\nS.#....#.\n..#......\n.....#...\n.........\n";
        assert_eq!(text, format!("{map}row 1 of 6, column 1 of 9"));
    }
}
