//! Finite environments: a table that dynamic programming reads and one generic environment samples.

pub mod changing_maze;
pub mod cliff_walking;
pub mod dyna_maze;
pub mod examples;
pub mod four_rooms;
pub mod frozen_lake;
pub mod grid_look;
pub mod gridworld;
pub mod lake_map;
pub mod map;
pub mod moves;
pub mod rules;
pub mod table;
pub mod taxi;
mod taxi_look;
#[cfg(test)]
mod testing;
pub mod windy;

pub use changing_maze::ChangingMaze;
pub use four_rooms::{FourRoomsParams, four_rooms};
pub use frozen_lake::{FrozenLakeParams, frozen_lake};
pub use gridworld::{Gridworld, GridworldParams};
pub use map::Map;
pub use moves::Moves;
pub use rules::{Rules, Slip};
pub use table::{Finite, Outcome, Table, TabularModel};
pub use taxi::{Taxi, TaxiParams};
pub use windy::{WindyGridworldParams, windy_gridworld};
