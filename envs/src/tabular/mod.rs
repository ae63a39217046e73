//! Finite environments: most are a table that dynamic programming reads and one generic environment samples.

pub mod baird;
pub mod blackjack;
mod blackjack_table;
pub mod car_rental;
pub mod deep_sea;
pub mod gambler;
pub mod maximization_bias;
pub mod random_walk;
pub mod river_swim;
pub mod short_corridor;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod tour;
pub mod weather;

use crate::render::{Text, Tone};

pub use baird::{BairdParams, baird};
pub use blackjack::{Blackjack, BlackjackParams};
pub use car_rental::{JacksCarRental, JacksCarRentalParams};
pub use deep_sea::{DeepSeaParams, deep_sea};
pub use gambler::{GamblersProblemParams, gamblers_problem};
pub use maximization_bias::{MaximizationBias, MaximizationBiasParams};
pub use random_walk::{RandomWalkParams, random_walk};
pub use river_swim::{RiverSwimParams, river_swim};
pub use short_corridor::{ShortCorridor, ShortCorridorParams};
pub use table::{Finite, Outcome, Table, TabularModel};
pub use tour::{TourParams, tour};
pub use weather::{WeatherChainParams, weather_chain};

/// Cells in a row, and the agent in one of them.
fn strip(cells: impl Iterator<Item = (char, Tone)>, at: usize) -> Text {
    let cell = |(i, (sign, tone))| if i == at { ("●".into(), Tone::Agent) } else { (String::from(sign), tone) };
    Text::default().then(cells.enumerate().map(cell))
}
