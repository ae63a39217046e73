//! The registry: a plain list of what there is. Nothing registers itself.

use crate::{
    bandit::{contextual, drifting, linear, testbed},
    classic::{acrobot, cart_pole, mountain_car, mountain_car_continuous, pendulum},
    error::{Error, nearest},
    grid::{cliff_walking, dyna_maze, examples, four_rooms, frozen_lake, gridworld, taxi, windy},
    memory::t_maze,
    probe::{self, Kind},
    tabular::{
        baird, blackjack, car_rental, deep_sea, gambler, maximization_bias, random_walk, river_swim, short_corridor,
        tour, weather,
    },
};

pub use crate::entry::{After, AnyBatch, Entry, FAMILIES, Made, Physics, Settings, Values, typed, values};

/// All environments.
pub const REGISTRY: &[Entry] = &[
    testbed::ENTRY,
    drifting::ENTRY,
    contextual::ENTRY,
    linear::ENTRY,
    gridworld::ENTRY,
    examples::EXAMPLE_3_5,
    examples::EXAMPLE_4_1,
    windy::ENTRY,
    cliff_walking::ENTRY,
    cliff_walking::SLIPPERY,
    frozen_lake::ENTRY,
    frozen_lake::LARGE,
    taxi::ENTRY,
    four_rooms::ENTRY,
    dyna_maze::DYNA_MAZE,
    dyna_maze::BLOCKING_MAZE,
    dyna_maze::SHORTCUT_MAZE,
    random_walk::ENTRY,
    gambler::ENTRY,
    car_rental::ENTRY,
    maximization_bias::ENTRY,
    short_corridor::ENTRY,
    baird::ENTRY,
    weather::ENTRY,
    tour::ENTRY,
    river_swim::ENTRY,
    deep_sea::ENTRY,
    blackjack::ENTRY,
    t_maze::ENTRY,
    cart_pole::ENTRY_V0,
    cart_pole::ENTRY,
    mountain_car::ENTRY,
    mountain_car_continuous::ENTRY,
    pendulum::ENTRY,
    acrobot::ENTRY,
    probe::entry::<usize>(Kind::Value),
    probe::entry::<usize>(Kind::Observation),
    probe::entry::<usize>(Kind::Discount),
    probe::entry::<usize>(Kind::Truncation),
    probe::entry::<usize>(Kind::Action),
    probe::entry::<usize>(Kind::Both),
    probe::entry::<[f32; 1]>(Kind::Value),
    probe::entry::<[f32; 1]>(Kind::Observation),
    probe::entry::<[f32; 1]>(Kind::Discount),
    probe::entry::<[f32; 1]>(Kind::Truncation),
    probe::entry::<[f32; 1]>(Kind::Action),
    probe::entry::<[f32; 1]>(Kind::Both),
];

/// Environments by name: all of this crate's, and what a program of your own adds.
#[derive(Clone, Debug)]
pub struct Registry(Vec<Entry>);

impl Registry {
    /// This crate's environments.
    pub fn standard() -> Self {
        Self(REGISTRY.to_vec())
    }

    /// With more of them.
    ///
    /// # Errors
    /// If there is one of that name already.
    pub fn with(mut self, entries: impl IntoIterator<Item = Entry>) -> Result<Self, Error> {
        for entry in entries {
            if let Some(taken) = self.0.iter().find(|other| other.id.eq_ignore_ascii_case(entry.id)) {
                return Err(Error::Taken { kind: "environment", name: taken.id.into() });
            }
            self.0.push(entry);
        }
        Ok(self)
    }

    /// All of them.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The entry of that name, in any case, with or without its version.
    ///
    /// # Errors
    /// With the nearest names if there is none.
    pub fn find(&self, id: &str) -> Result<&Entry, Error> {
        find_in(&self.0, id)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}

/// The entry of that name in this crate, in any case, with or without its version.
///
/// # Errors
/// With the nearest names if there is none.
pub fn find(id: &str) -> Result<&'static Entry, Error> {
    find_in(REGISTRY, id)
}

fn find_in<'a>(entries: &'a [Entry], id: &str) -> Result<&'a Entry, Error> {
    // Of several versions the last in the list.
    let without_version =
        |entry: &&Entry| entry.id.rsplit_once("-v").is_some_and(|(name, _)| name.eq_ignore_ascii_case(id));
    let exact = entries.iter().find(|entry| entry.id.eq_ignore_ascii_case(id));
    exact.or_else(|| entries.iter().rfind(without_version)).ok_or_else(|| Error::Unknown {
        kind: "environment",
        name: id.into(),
        near: nearest(id, entries.iter().map(|entry| entry.id)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seeds;

    #[test]
    fn every_entry_makes_what_it_says() {
        for entry in REGISTRY {
            let made = (entry.make)(&[]).unwrap_or_else(|e| panic!("{}: {e}", entry.id));
            assert_eq!(made.spec().id, entry.id);
            assert_eq!(made.batch(2, &Seeds::from(0)).unwrap().spec(), made.spec());
            for param in (entry.params)() {
                (entry.make)(&[(param.name, &param.default)]).unwrap_or_else(|e| panic!("{}: {e}", entry.id));
            }
        }
    }

    #[test]
    fn an_unknown_name_finds_its_neighbours() {
        assert_eq!((find("cartpole-V1").unwrap().id, find("CartPole").unwrap().id), ("CartPole-v1", "CartPole-v1"));
        assert!(find("CartPol-v1").unwrap_err().to_string().contains("did you mean CartPole-v1"));
    }
}
