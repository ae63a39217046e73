//! Sutton & Barto's windy gridworld.

use super::{
    gridworld::Gridworld,
    moves::Moves,
    rules::{Rules, read_wind},
};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
};

params! {
    /// What the windy gridworld can be told.
    pub struct WindyGridworldParams for "WindyGridworld" {
        /// actions: four, king (eight, as in exercise 6.9), king-stay (nine), lake (four, in FrozenLake's order)
        moves: Moves = Moves::Four, in ..;
        /// whether the wind, where there is some, varies: one less, as said, one more, with probability 1/3 each
        stochastic: bool = false, in ..;
        /// steps after which an episode is truncated; 0: never, as in the book
        time_limit: u32 = 0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "WindyGridworld",
    family: "finite",
    about: "reach a goal across a wind that blows one off one's way",
    details: "\
7 × 10 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; or king's moves,
clockwise from 0 up, and 8 to stay. On leaving columns 4 to 9 one is blown up by 1 1 1 2 2 1 cells. Reward −1 per step.
Terminates at the goal: after 15 steps at best, 7 with king's moves.",
    source: "Sutton & Barto 2018, example 6.5, exercises 6.9 and 6.10",
    params: WindyGridworldParams::list,
    check: values::<WindyGridworldParams>,
    make: |settings| Ok(windy_gridworld(&typed(settings)?)?.made()),
};

const MAP: &str = "........../........../........../S......G../........../........../..........";
const WIND: &str = "0001112210";

/// The windy gridworld.
///
/// # Errors
/// If a parameter is out of range.
pub fn windy_gridworld(p: &WindyGridworldParams) -> Result<Finite, Error> {
    p.validate()?;
    let rules = Rules {
        moves: p.moves,
        wind: read_wind("WindyGridworld", WIND)?,
        stochastic_wind: p.stochastic,
        step_reward: -1.0,
        goal_reward: -1.0,
        ..Rules::default()
    };
    Ok(Gridworld::new(MAP, rules)?.finite("WindyGridworld", (p.time_limit > 0).then_some(p.time_limit), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::{TabularModel, testing::optimum},
    };

    fn best(settings: &[(&str, &str)]) -> f64 {
        optimum(&**windy_gridworld(&typed(settings).unwrap()).unwrap().model(), 1.0)[30]
    }

    #[test]
    fn the_shortest_ways_are_those_of_the_book() {
        assert_eq!(best(&[]), -15.0);
        assert_eq!(best(&[("moves", "king")]), -7.0);
        assert_eq!(best(&[("moves", "9")]), -7.0);
        assert!(best(&[("moves", "8"), ("stochastic", "true")]) < -7.0);
    }

    #[test]
    fn left_of_the_cell_right_of_the_goal_is_the_cell_above_it() {
        // The book's own example.
        let windy = windy_gridworld(&WindyGridworldParams::default()).unwrap();
        assert_eq!(windy.model().outcomes(38, 3)[0].next, 27);
    }

    #[test]
    fn it_looks_like_its_map_with_the_wind_below() {
        let text = windy_gridworld(&WindyGridworldParams::default()).unwrap().frame().text.unwrap().plain();
        let lines: Vec<_> = text.lines().collect();
        let caption = "row 1 of 7, column 1 of 10, wind 0";
        assert_eq!((lines[0], lines[3], lines[7], lines[8]), ("@.........", "S......G..", "0001112210", caption));
    }
}
