//! Four rooms with four hallways between them, in which options were introduced.

use super::{
    gridworld::Gridworld,
    map::Map,
    rules::{Rules, Slip},
};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::{Params, Value},
};

params! {
    /// What four rooms can be told.
    pub struct FourRoomsParams for "FourRooms" {
        /// row and column of the goal, from 1 to 11; 7,9 is the lower right of the four hallways
        goal: Vec<usize> = vec![7, 9], in 1..=11;
        /// row and column of the start, from 1 to 11; none: any cell but the goal, each equally likely
        start: Vec<usize> = vec![1, 1], in 1..=11;
        /// probability of going where one wants; else in one of the three other directions, each equally likely
        success_rate: f64 = 2.0 / 3.0, in 0.0..=1.0;
        /// reward of a step
        step_reward: f64 = 0.0, in ..;
        /// reward of the step into the goal
        goal_reward: f64 = 1.0, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "FourRooms",
    family: "finite",
    about: "four rooms with four hallways between them, for options",
    details: "\
13 × 13 cells, of which 104 are no walls. Observation: the index of the cell, row by row, walls included. Actions: 0 up,
1 right, 2 down, 3 left; one goes there with probability 2/3 and in each of the other directions with 1/9; into a wall
one stays. Reward 1 at the goal, else 0. Hallways: 3,6 above, 6,2 to the left, 7,9 to the right, 10,6 below. Terminates
at the goal.",
    source: "Sutton, Precup & Singh 1999, Between MDPs and semi-MDPs, figure 2",
    params: FourRoomsParams::list,
    check: values::<FourRoomsParams>,
    make: |settings| Ok(four_rooms(&typed(settings)?)?.made()),
};

const MAP: &str = "\
#############
#.....#.....#
#.....#.....#
#...........#
#.....#.....#
#.....#.....#
##.####.....#
#.....###.###
#.....#.....#
#.....#.....#
#...........#
#.....#.....#
#############";

/// Four rooms.
///
/// # Errors
/// If a parameter is out of range, or the goal or the start is no free cell.
pub fn four_rooms(p: &FourRoomsParams) -> Result<Finite, Error> {
    p.validate()?;
    let map = Map::read(MAP)?;
    let goal = cell(&map, "goal", &p.goal)?;
    let mut map = map.with(goal, b'G');
    if !p.start.is_empty() {
        let start = cell(&map, "start", &p.start)?;
        map = map.with(start, b'S');
    }
    let rules = Rules {
        success_rate: p.success_rate,
        slip: Slip::Others,
        step_reward: p.step_reward,
        goal_reward: p.goal_reward,
        start_anywhere: p.start.is_empty(),
        ..Rules::default()
    };
    Ok(Gridworld::of(map, rules)?.finite("FourRooms", Some(p.time_limit), None))
}

/// The free cell in a row and column.
fn cell(map: &Map, name: &str, place: &Vec<usize>) -> Result<usize, Error> {
    let wrong = |why: &str| Error::Parameter {
        owner: "FourRooms".into(),
        name: name.into(),
        value: place.show(),
        why: why.into(),
    };
    let &[row, column] = place.as_slice() else { return Err(wrong("a row and a column are wanted, as in 7,9")) };
    let cell = row * map.columns() + column;
    match map.cells()[cell] {
        b'#' => Err(wrong("a wall is there")),
        b'G' => Err(wrong("the goal is there")),
        _ => Ok(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::{TabularModel, testing::optimum},
    };

    fn made(settings: &[(&str, &str)]) -> Result<Finite, Error> {
        four_rooms(&typed(settings)?)
    }

    #[test]
    fn there_are_104_cells_and_a_way_to_the_goal() {
        let rooms = made(&[("start", "none"), ("success_rate", "1")]).unwrap();
        assert_eq!(rooms.model().start().iter().filter(|share| **share > 0.0).count(), 103);
        // From the upper left corner through two hallways: 14 steps, the last of which pays.
        let values = optimum(&**rooms.model(), 0.9);
        assert!((values[14] - 0.9_f64.powi(13)).abs() < 1e-9, "{}", values[14]);
    }

    #[test]
    fn a_third_of_the_moves_go_elsewhere() {
        let rooms = made(&[]).unwrap();
        let found: Vec<_> = rooms.model().outcomes(28, 1).iter().map(|o| (o.next, o.probability)).collect();
        let ninth = (1.0 - 2.0 / 3.0) / 3.0;
        assert_eq!(found, [(15, ninth), (29, 2.0 / 3.0), (41, ninth), (27, ninth)]);
        assert_eq!(rooms.model().start()[14], 1.0);
    }

    #[test]
    fn places_that_cannot_be_are_refused() {
        let message = |name, value| made(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(message("goal", "6,6"), "FourRooms: `goal=6,6`: a wall is there");
        assert_eq!(message("start", "7,9"), "FourRooms: `start=7,9`: the goal is there");
        assert_eq!(message("goal", "7"), "FourRooms: `goal=7`: a row and a column are wanted, as in 7,9");
        assert_eq!(message("goal", "0,1"), "FourRooms: `goal=0,1`: must be from 1 to 11");
    }

    #[test]
    fn it_looks_like_its_map() {
        let text = made(&[("start", "11,1")]).unwrap().frame().text.unwrap().plain();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[7], lines[11]), ("@############", "#.....###G###", "#S....#.....#"));
    }
}
