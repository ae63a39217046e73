//! Gridworlds read from a map: the parts, and a gridworld of one's own.
//!
//! `S` start (several are equally likely), `.` or `F` free, `#` wall, `G` goal, which ends the episode, `H` hole,
//! which ends it too, `C` cliff, from which one is put back at the start. `A`, `B`, `D` and `E` are teleports: whatever
//! is done there leads to `a`, `b`, `d` and `e`. Rows end with a line break or `/`. States are the cells, row by row
//! from the top left, walls and cliffs included.

use std::sync::Arc;

use super::{
    look::GridLook,
    map::{Map, SOURCES},
    moves::Moves,
    rules::{Rules, read_wind},
};
use crate::tabular::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::palette,
};

params! {
    /// A gridworld of one's own.
    pub struct GridworldParams for "Gridworld" {
        /// rows of S start, . free, # wall, G goal, H hole, C cliff, teleports A B D E to a b d e; `/` ends a row
        map: String = "...G/.#.H/S...".into(), in ..;
        /// actions: four, king (eight), king-stay (nine), lake (four, in FrozenLake's order)
        moves: Moves = Moves::Four, in ..;
        /// probability of slipping to a neighbouring direction, half of it to each
        slip: f64 = 0.2, in 0.0..=1.0;
        /// cells that one is blown up on leaving a column, a digit per column; empty: no wind
        wind: String = String::new(), in ..;
        /// whether the wind, where there is some, varies: one less, as said, one more, with probability 1/3 each
        stochastic_wind: bool = false, in ..;
        /// reward of a step
        step_reward: f64 = -0.04, in ..;
        /// reward of the step into a goal
        goal_reward: f64 = 1.0, in ..;
        /// reward of the step into a hole
        hole_reward: f64 = -1.0, in ..;
        /// reward of the step off a cliff
        cliff_reward: f64 = -100.0, in ..;
        /// reward of the step that a teleport takes
        teleport_reward: f64 = 0.0, in ..;
        /// added to the reward of a step that runs into a wall or an edge
        bump_reward: f64 = 0.0, in ..;
        /// whether an episode begins in any free cell, each equally likely; the map needs no S then
        start_anywhere: bool = false, in ..;
        /// whether only the time limit ends an episode; the map needs no G or H then
        continuing: bool = false, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

/// A gridworld of one's own.
pub const ENTRY: Entry = Entry {
    id: "Gridworld",
    family: "finite",
    about: "a gridworld from an ASCII map of your own: walls, goals, holes, cliffs, teleports, wind, slip",
    details: "\
Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left; or king's moves, clockwise from
0 up, and 8 to stay. A move into a wall or off the grid stays; the wind then blows up to a wall or the edge, as strong
as in the column that is left. The default map is Russell & Norvig's 4×3 world. Terminates on G and H; C puts one back
at the start; in A, B, D and E any action leads to a, b, d and e.",
    source: "Russell & Norvig, Artificial Intelligence: A Modern Approach, 4th ed. 2020, figure 17.1 (default map)",
    params: GridworldParams::list,
    check: values::<GridworldParams>,
    make: |settings| {
        let p: GridworldParams = typed(settings)?;
        let rules = Rules {
            moves: p.moves,
            success_rate: 1.0 - p.slip,
            step_reward: p.step_reward,
            goal_reward: p.goal_reward,
            hole_reward: p.hole_reward,
            cliff_reward: p.cliff_reward,
            teleport_rewards: [p.teleport_reward; 4],
            bump_reward: p.bump_reward,
            wind: read_wind("Gridworld", &p.wind)?,
            stochastic_wind: p.stochastic_wind,
            start_anywhere: p.start_anywhere,
            continuing: p.continuing,
            ..Rules::default()
        };
        Ok(Gridworld::new(&p.map, rules)?.finite("Gridworld", Some(p.time_limit), None).made())
    },
};

/// Cliffs put one back at any of the starts: so many pairs of a cliff and a start are the most that a table is made of.
const MOST_FALLS: usize = 1_000_000;

/// A map and its rules, from which a [`Table`] is made.
#[derive(Clone, Debug)]
pub struct Gridworld {
    map: Map,
    rules: Rules,
    starts: Vec<usize>,
}

impl Gridworld {
    /// Reads a map.
    ///
    /// # Errors
    /// If the map cannot be read, has no start or no end where its rules want one, or the wind is not as wide as it; if
    /// a rule's number is out of range.
    pub fn new(map: &str, rules: Rules) -> Result<Self, Error> {
        Self::of(Map::read(map)?, rules)
    }

    /// From a map that was read.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(map: Map, rules: Rules) -> Result<Self, Error> {
        let begins = |cell: u8| if rules.start_anywhere { !b"#GHC".contains(&cell) } else { cell == b'S' };
        let cells = map.cells().iter().enumerate();
        let starts: Vec<usize> = cells.filter(|(_, cell)| begins(**cell)).map(|(state, _)| state).collect();
        if starts.is_empty() {
            return Err(Map::lacks(if rules.start_anywhere { "free cell to start from" } else { "start (S)" }));
        }
        if !rules.continuing && map.find(b'G').or(map.find(b'H')).is_none() {
            return Err(Map::lacks("end (G or H)"));
        }
        let cliffs = map.cells().iter().filter(|cell| b"C".contains(cell)).count();
        if cliffs.saturating_mul(starts.len()) > MOST_FALLS {
            let why = format!("{cliffs} cliffs to {} starts: at most {MOST_FALLS} pairs of them fit", starts.len());
            return Err(Error::Map { line: 1, column: 1, why });
        }
        rules.check(map.columns())?;
        Ok(Self { map, rules, starts })
    }

    /// The map.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The transition table.
    pub fn table(&self) -> Arc<Table> {
        let (states, actions) = (self.map.cells().len(), self.rules.moves.actions());
        let mut start = vec![0.0; states];
        self.starts.iter().for_each(|&state| start[state] = 1.0 / self.starts.len() as f64);
        // Most pairs have as many outcomes as this one; where some have more, the list grows.
        let mut directions = 0;
        self.rules.directions(0, |_, _| directions += 1);
        let expected = states * actions * directions;
        Arc::new(Table::filled(start, actions, expected, |state, action, all| self.push(state, action, all)))
    }

    /// The environment of that name, with its looks.
    pub fn finite(&self, id: &str, time_limit: Option<u32>, reward_threshold: Option<f64>) -> Finite {
        let look = self.look();
        Finite::new(id, self.table(), time_limit, reward_threshold)
            .looking(move |state| look.frame(state))
            .naming(self.rules.moves.names())
            .on(self.map.clone())
    }

    /// What its states look like.
    pub fn look(&self) -> GridLook {
        GridLook { map: self.map.clone(), wind: self.rules.wind.clone(), ground: palette::WHITE }
    }

    /// Appends what can happen when an action is taken in a cell.
    fn push(&self, state: usize, action: usize, all: &mut Vec<Outcome>) {
        let cell = self.map.cells()[state];
        if self.rules.absorbing && matches!(cell, b'G' | b'H') {
            all.push(Outcome { probability: 1.0, next: state, reward: 0.0, terminated: true });
            return;
        }
        if let Some(which) = SOURCES.iter().position(|&source| source == cell) {
            let next = self.map.find(cell.to_ascii_lowercase()).expect("a source has its destination");
            let reward = self.rules.teleport_rewards[which];
            all.push(Outcome { probability: 1.0, next, reward, terminated: false });
            return;
        }
        let (winds, n) = self.rules.winds(state % self.map.columns());
        self.rules.directions(action, |direction, probability| {
            for &wind in &winds[..n] {
                self.enter(state, direction, wind, probability / n as f64, all);
            }
        });
    }

    /// What a move in one direction leads to: one outcome, or one per start where it leads off a cliff.
    fn enter(&self, state: usize, direction: usize, wind: usize, probability: f64, all: &mut Vec<Outcome>) {
        let (next, bumped) = self.land(state, direction, wind);
        let bump = if bumped { self.rules.bump_reward } else { 0.0 };
        let (reward, terminated) = match self.map.cells()[next] {
            b'G' => (self.rules.goal_reward + bump, true),
            b'H' => (self.rules.hole_reward + bump, true),
            b'C' => {
                let (probability, reward) = (probability / self.starts.len() as f64, self.rules.cliff_reward + bump);
                all.extend(self.starts.iter().map(|&next| Outcome { probability, next, reward, terminated: false }));
                return;
            }
            _ => (self.rules.step_reward + bump, false),
        };
        all.push(Outcome { probability, next, reward, terminated });
    }

    /// The cell that is reached, and whether the move ran into a wall or an edge.
    fn land(&self, state: usize, direction: usize, wind: usize) -> (usize, bool) {
        let (down, right) = self.rules.moves.step(direction);
        let (rows, columns) = (self.map.rows().cast_signed(), self.map.columns().cast_signed());
        let (row, column) = (state.cast_signed() / columns, state.cast_signed() % columns);
        let cell = |row: isize, column: isize| (row.clamp(0, rows - 1) * columns + column).cast_unsigned();
        let wall = |row, column| self.map.cells()[cell(row, column)] == b'#';
        let (wanted, to) = (row + down, (column + right).clamp(0, columns - 1));
        let blocked = wall(wanted, to);
        let bumped = blocked || to != column + right || !(0..rows).contains(&wanted);
        // Off the lower edge the wind may blow one back, as in Sutton & Barto: row and wind are added, then cut off.
        let (mut reached, to) = if blocked { (row, column) } else { (wanted, to) };
        for _ in 0..wind {
            if reached <= 0 || (reached <= rows && wall(reached - 1, to)) {
                break;
            }
            reached -= 1;
        }
        (cell(reached, to), bumped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::TabularModel;

    /// Where the only outcome of an action leads, and its reward.
    fn only(table: &Table, state: usize, action: usize) -> (usize, f64, bool) {
        let [outcome] = table.outcomes(state, action) else { panic!("one outcome") };
        (outcome.next, outcome.reward, outcome.terminated)
    }

    #[test]
    fn walls_edges_holes_and_cliffs() {
        let grid = Gridworld::new("S#G\n.C.\n..H", Rules { step_reward: -1.0, ..Rules::default() }).unwrap();
        let table = grid.table();
        assert_eq!(only(&table, 0, 0), (0, -1.0, false)); // the upper edge
        assert_eq!(only(&table, 0, 1), (0, -1.0, false)); // the wall
        assert_eq!(only(&table, 3, 1), (0, -100.0, false)); // the cliff, back to the start
        assert_eq!(only(&table, 5, 0), (2, 1.0, true)); // the goal
        assert_eq!(only(&table, 5, 2), (8, -1.0, true)); // the hole
        assert_eq!(only(&table, 2, 3), (2, 0.0, true)); // ends lead to themselves
    }

    #[test]
    fn slip_goes_to_either_side() {
        let table = Gridworld::new("...\n.S.\n..G", Rules { success_rate: 0.8, ..Rules::default() }).unwrap().table();
        let next: Vec<_> = table.outcomes(4, 0).iter().map(|o| (o.next, o.probability)).collect();
        assert_eq!(next, [(3, 0.099_999_999_999_999_98), (1, 0.8), (5, 0.099_999_999_999_999_98)]);
    }

    #[test]
    fn a_teleport_leads_away_whatever_is_done_there() {
        let rules = Rules { teleport_rewards: [10.0, 5.0, 0.0, 0.0], step_reward: -1.0, ..Rules::default() };
        let table = Gridworld::new("ASB\n.#.\nbGa", rules).unwrap().table();
        assert_eq!([0, 1, 2, 3].map(|action| only(&table, 0, action)), [(8, 10.0, false); 4]);
        assert_eq!(only(&table, 2, 2), (6, 5.0, false));
        assert_eq!((only(&table, 1, 3), only(&table, 8, 0)), ((0, -1.0, false), (5, -1.0, false)));
    }

    #[test]
    fn running_into_walls_and_edges_costs() {
        let table =
            Gridworld::new("S#G", Rules { bump_reward: -2.0, step_reward: -1.0, ..Rules::default() }).unwrap().table();
        assert_eq!([0, 1, 2, 3].map(|action| only(&table, 0, action)), [(0, -3.0, false); 4]);
        let rules = Rules { moves: Moves::KingStay, bump_reward: -2.0, ..Rules::default() };
        let table = Gridworld::new("S./.G", rules).unwrap().table();
        let found = [3, 7, 8].map(|action| only(&table, 0, action));
        assert_eq!(found, [(3, 1.0, true), (0, -2.0, false), (0, 0.0, false)]);
    }

    #[test]
    fn the_wind_of_the_column_that_is_left_is_added_and_walls_stop_it() {
        let rules = Rules { wind: vec![0, 1, 2, 0], ..Rules::default() };
        let table = Gridworld::new(".#.G\n....\n....\nS...", rules).unwrap().table();
        let to = |state, action| only(&table, state, action).0;
        assert_eq!((to(13, 2), to(13, 0)), (13, 5)); // down off the edge and back; up and blown up
        assert_eq!((to(9, 0), to(9, 1)), (5, 6)); // below a wall; to the right and blown up
        assert_eq!((to(6, 2), to(14, 3), to(14, 1)), (2, 5, 7)); // by two
        assert_eq!(to(12, 1), 13); // no wind in the column that is left
        let rules = Rules { wind: vec![1], stochastic_wind: true, ..Rules::default() };
        let table = Gridworld::new("G\n.\n.\nS", rules).unwrap().table();
        let next: Vec<_> = table.outcomes(3, 1).iter().map(|o| (o.next, o.probability)).collect();
        assert_eq!(next, [(3, 1.0 / 3.0), (2, 1.0 / 3.0), (1, 1.0 / 3.0)]);
    }

    #[test]
    fn episodes_begin_where_the_rules_say() {
        let rules = Rules { start_anywhere: true, continuing: true, ..Rules::default() };
        let table = Gridworld::new(".A#a", rules.clone()).unwrap().table();
        assert_eq!(table.start(), [1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0]);
        let table = Gridworld::new("S.S/..G", Rules::default()).unwrap().table();
        assert_eq!(table.start(), [0.5, 0.0, 0.5, 0.0, 0.0, 0.0]);
        let error = Gridworld::new("##", rules).unwrap_err().to_string();
        assert_eq!(error, "map, line 1, column 1: the map has no free cell to start from");
    }

    #[test]
    fn maps_that_do_not_fit_say_why() {
        let message = |map| Gridworld::new(map, Rules::default()).unwrap_err().to_string();
        assert_eq!(message("..G"), "map, line 1, column 1: the map has no start (S)");
        assert_eq!(message(""), "map, line 1, column 1: the map has no start (S)");
        assert_eq!(message("S."), "map, line 1, column 1: the map has no end (G or H)");
        let cliffs = format!("{}G/{}G", "S".repeat(2000), "C".repeat(2000));
        assert!(message(&cliffs).ends_with("2000 cliffs to 2000 starts: at most 1000000 pairs of them fit"));
    }

    #[test]
    fn settings_that_are_wrong_say_what_would_be_right() {
        let message = |name, value| (ENTRY.make)(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(message("slip", "-0.1"), "Gridworld: `slip=-0.1`: must be from 0 to 1");
        assert_eq!(message("wind", "012"), "Gridworld: `wind=012`: 3 numbers, where the map has 4 columns");
        assert!(message("moves", "5").contains("none of four (4)"));
        assert!((ENTRY.make)(&[("moves", "9"), ("wind", "0110"), ("stochastic_wind", "true")]).is_ok());
    }
}
