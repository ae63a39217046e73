//! Finite environments: most are a table that dynamic programming reads and one generic environment samples.

pub mod baird;
pub mod blackjack;
pub mod car_rental;
pub mod changing_maze;
pub mod cliff_walking;
pub mod deep_sea;
pub mod dyna_maze;
pub mod examples;
pub mod four_rooms;
pub mod frozen_lake;
pub mod gambler;
pub mod grid_look;
pub mod gridworld;
pub mod lake_map;
pub mod map;
pub mod maximization_bias;
pub mod moves;
#[cfg(test)]
mod probe;
pub mod random_walk;
pub mod river_swim;
pub mod rules;
pub mod short_corridor;
pub mod table;
pub mod taxi;
mod taxi_look;
#[cfg(test)]
mod testing;
pub mod tour;
pub mod weather;
pub mod windy;

use crate::render::{Text, Tone};

pub use baird::{BairdParams, baird};
pub use blackjack::{Blackjack, BlackjackParams};
pub use car_rental::{JacksCarRental, JacksCarRentalParams};
pub use changing_maze::ChangingMaze;
pub use deep_sea::{DeepSeaParams, deep_sea};
pub use four_rooms::{FourRoomsParams, four_rooms};
pub use frozen_lake::{FrozenLakeParams, frozen_lake};
pub use gambler::{GamblersProblemParams, gamblers_problem};
pub use gridworld::{Gridworld, GridworldParams};
pub use map::Map;
pub use maximization_bias::{MaximizationBias, MaximizationBiasParams};
pub use moves::Moves;
pub use random_walk::{RandomWalkParams, random_walk};
pub use river_swim::{RiverSwimParams, river_swim};
pub use rules::{Rules, Slip};
pub use short_corridor::{ShortCorridor, ShortCorridorParams};
pub use table::{Finite, Outcome, Table, TabularModel};
pub use taxi::{Taxi, TaxiParams};
pub use tour::{TourParams, tour};
pub use weather::{WeatherChainParams, weather_chain};
pub use windy::{WindyGridworldParams, windy_gridworld};

/// Cells in a row, and the agent in one of them.
fn strip(cells: impl Iterator<Item = (char, Tone)>, at: usize) -> Text {
    let cell = |(i, (sign, tone))| if i == at { ("●".into(), Tone::Agent) } else { (String::from(sign), tone) };
    Text::default().then(cells.enumerate().map(cell))
}
