//! Gymnasium's FrozenLake, on its maps, on a generated one, or on one of your own.

use std::ops::RangeBounds;

use super::{
    gridworld::Gridworld,
    lake_map::{LARGE_MAP, LakeMap, SMALL_MAP, generate},
    map::Map,
    moves::Moves,
    rules::Rules,
};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::{Params, Value, above_to},
    render::palette,
};

params! {
    /// FrozenLake on its 4×4 map.
    pub struct FrozenLakeParams for "FrozenLake-v1" {
        /// the map: 4x4, 8x8, or random for a generated one
        map_name: LakeMap = LakeMap::Small, in ..;
        /// a map of one's own in place of `map_name`: rows of S start, F frozen, H hole, G goal; `/` ends a row
        desc: String = String::new(), in ..;
        /// whether one slips at all
        is_slippery: bool = true, in ..;
        /// probability of going where one wants; else to a side, each equally likely
        success_rate: f64 = 1.0 / 3.0, in above_to(0.0, 1.0);
        /// rewards of the steps into the goal, into a hole, onto ice
        reward_schedule: RewardSchedule = RewardSchedule::default(), in ..;
        /// rows and columns of a generated map
        size: usize = 8, in 2..=1000;
        /// probability of a generated map's cell to be frozen
        frozen: f64 = 0.8, in 0.0..=1.0;
        /// seed of a generated map
        map_seed: u64 = 0, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 100, in 1..;
    }
}

params! {
    /// FrozenLake on its 8×8 map.
    pub struct FrozenLake8x8Params for "FrozenLake8x8-v1" as FrozenLakeParams {
        map_name = LakeMap::Large;
        time_limit = 200;
    }
}

/// FrozenLake, 4×4.
pub const ENTRY: Entry = Entry {
    id: "FrozenLake-v1",
    family: "finite",
    about: "cross a slippery lake of 4×4 cells without falling into a hole",
    details: "\
Observation: the index of the cell, row by row. Actions: 0 left, 1 down, 2 right, 3 up; on ice one goes where one wants
with probability 1/3 and to either side with 1/3 each. Reward 1 at the goal, else 0. Terminates at the goal and in holes.
A generated map is that of Gymnasium's generate_random_map(size, frozen, map_seed).",
    source: "Gymnasium's FrozenLake-v1",
    params: FrozenLakeParams::list,
    check: values::<FrozenLakeParams>,
    make: |settings| Ok(frozen_lake(&typed(settings)?)?.made()),
};

/// FrozenLake, 8×8.
pub const LARGE: Entry = Entry {
    id: "FrozenLake8x8-v1",
    about: "cross a slippery lake of 8×8 cells without falling into a hole",
    params: FrozenLake8x8Params::list,
    check: values::<FrozenLake8x8Params>,
    make: |settings| Ok(lake("FrozenLake8x8-v1", &typed::<FrozenLake8x8Params>(settings)?.0, 0.85)?.made()),
    ..ENTRY
};

/// FrozenLake-v1.
///
/// # Errors
/// If a parameter is out of range, or the map cannot be read.
pub fn frozen_lake(params: &FrozenLakeParams) -> Result<Finite, Error> {
    lake("FrozenLake-v1", params, 0.70)
}

fn lake(id: &str, p: &FrozenLakeParams, threshold: f64) -> Result<Finite, Error> {
    p.validate()?;
    let text = match p.map_name {
        _ if !p.desc.trim().is_empty() => p.desc.clone(),
        LakeMap::Small => SMALL_MAP.into(),
        LakeMap::Large => LARGE_MAP.into(),
        LakeMap::Random => generate(p.size, p.frozen, p.map_seed).ok_or_else(|| Error::Parameter {
            owner: id.into(),
            name: "frozen".into(),
            value: p.frozen.show(),
            why: format!(
                "no map of {0}×{0} cells with a path to the goal was found: more cells must be frozen",
                p.size
            ),
        })?,
    };
    let RewardSchedule { goal, hole, frozen } = p.reward_schedule;
    let rules = Rules {
        moves: Moves::Lake,
        success_rate: if p.is_slippery { p.success_rate } else { 1.0 },
        goal_reward: goal,
        hole_reward: hole,
        step_reward: frozen,
        ..Rules::default()
    };
    let grid = Gridworld::of(Map::read_of(&text, "S.FHG")?, rules)?;
    let (look, map) = (grid.look().on(palette::SKY), grid.map().clone());
    let lake = Finite::new(id, grid.table(), Some(p.time_limit), Some(threshold));
    Ok(lake.looking(move |state| look.frame(state)).naming(Moves::Lake.names()).on(map))
}

/// The rewards of FrozenLake's steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RewardSchedule {
    /// into the goal
    pub goal: f64,
    /// into a hole
    pub hole: f64,
    /// onto ice
    pub frozen: f64,
}

impl Default for RewardSchedule {
    fn default() -> Self {
        Self { goal: 1.0, hole: 0.0, frozen: 0.0 }
    }
}

impl Value for RewardSchedule {
    type Bound = f64;
    fn kind() -> String {
        "three numbers with commas".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|x| f64::parse(x.trim())).collect();
        match numbers.as_deref() {
            Ok(&[goal, hole, frozen]) => Ok(Self { goal, hole, frozen }),
            _ => Err("not three numbers: goal,hole,frozen".into()),
        }
    }
    fn show(&self) -> String {
        [self.goal, self.hole, self.frozen].map(|x| x.show()).join(",")
    }
    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        [self.goal, self.hole, self.frozen].iter().all(|x| x.within(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env::Env, render::Render, tabular::TabularModel};

    fn made(settings: &[(&str, &str)]) -> Finite {
        frozen_lake(&typed(settings).unwrap()).unwrap()
    }

    #[test]
    fn a_map_that_cannot_be_is_refused() {
        let message = |settings: &[_]| (ENTRY.make)(settings).unwrap_err().to_string();
        let wanted = "no map of 8×8 cells with a path to the goal was found: more cells must be frozen";
        let random = [("map_name", "random"), ("frozen", "0")];
        assert_eq!(message(&random), format!("FrozenLake-v1: `frozen=0`: {wanted}"));
        assert_eq!(message(&[("desc", "SF/C#")]), "map, line 2, column 1: `C` is none of S . F H G");
        let maps = "none of 4x4, 8x8, random; a map of your own is `desc`";
        assert_eq!(message(&[("map_name", "5x5")]), format!("FrozenLake-v1: `map_name=5x5`: {maps}"));
        let three = "FrozenLake-v1: `reward_schedule=1,0`: not three numbers: goal,hole,frozen";
        assert_eq!(message(&[("reward_schedule", "1,0")]), three);
    }

    #[test]
    fn a_map_of_ones_own_has_its_rewards_and_may_not_be_slippery() {
        let settings = [("desc", "SF/HG"), ("is_slippery", "false"), ("reward_schedule", "5,-2,-0.5")];
        let lake = made(&settings);
        let found = [(0, 1), (0, 2), (1, 1)].map(|(state, action)| {
            let [outcome] = lake.model().outcomes(state, action) else { panic!("one outcome") };
            (outcome.next, outcome.reward, outcome.terminated)
        });
        assert_eq!(found, [(2, -2.0, true), (1, -0.5, false), (3, 5.0, true)]);
        assert_eq!(lake.spec().time_limit, Some(100));
    }

    #[test]
    fn it_looks_like_its_map() {
        let text = made(&[]).frame().text.unwrap().plain();
        assert_eq!(text, "@...\n.H.H\n...H\nH..G\nrow 1 of 4, column 1 of 4: start");
    }
}
