//! Worlds of cells: maps, the rules on them, and the gridworlds of the field. Each is a table that planning reads.

pub mod changing_maze;
pub mod cliff_walking;
pub mod dyna_maze;
pub mod examples;
pub mod four_rooms;
pub mod frozen_lake;
pub mod gridworld;
pub mod lake_map;
pub mod look;
pub mod map;
pub mod moves;
pub mod rules;
pub mod taxi;
mod taxi_look;
pub mod windy;

pub use changing_maze::ChangingMaze;
pub use cliff_walking::{CliffWalkingParams, cliff_walking};
pub use dyna_maze::{DYNA_MAP, blocking_maze, dyna_maze, shortcut_maze};
pub use four_rooms::{FourRoomsParams, four_rooms};
pub use frozen_lake::{FrozenLake8x8Params, FrozenLakeParams, frozen_lake};
pub use gridworld::{Gridworld, GridworldParams};
pub use map::Map;
pub use moves::Moves;
pub use rules::{Rules, Slip};
pub use taxi::{Taxi, TaxiParams};
pub use windy::{WindyGridworldParams, windy_gridworld};
