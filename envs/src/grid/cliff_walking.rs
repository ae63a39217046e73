//! Sutton & Barto's cliff, in Gymnasium's two forms.

use super::{
    gridworld::Gridworld,
    rules::{Rules, Slip},
};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
};

params! {
    /// CliffWalking can be slippery.
    pub struct CliffWalkingParams for "CliffWalking-v1" {
        /// whether one goes where one wants with probability 1/3 only, and to either side with 1/3 each
        is_slippery: bool = false, in ..;
        /// steps after which an episode is truncated; 0: never, as in Gymnasium
        time_limit: u32 = 0, in ..;
    }
}

params! {
    /// The slippery cliff need not be.
    pub struct CliffWalkingSlipperyParams for "CliffWalkingSlippery-v1" as CliffWalkingParams {
        is_slippery = true;
    }
}

/// Sutton & Barto's cliff.
pub const ENTRY: Entry = Entry {
    id: "CliffWalking-v1",
    family: "finite",
    about: "reach the other end of a cliff without falling off",
    details: "\
4 × 12 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left.
Reward −1 per step, −100 off the cliff and back to the start. Terminates at the goal; the best return is −13.",
    source: "Sutton & Barto 2018, example 6.6; Gymnasium's CliffWalking-v1",
    params: CliffWalkingParams::list,
    check: values::<CliffWalkingParams>,
    make: |settings| Ok(cliff_walking(&typed(settings)?)?.made()),
};

/// The cliff on slippery ground.
pub const SLIPPERY: Entry = Entry {
    id: "CliffWalkingSlippery-v1",
    about: "reach the other end of a cliff on slippery ground",
    details: "\
CliffWalking-v1, but one goes where one wants with probability 1/3 and to either side with 1/3 each. The best expected
return is −64.709.",
    source: "Gymnasium's CliffWalkingSlippery-v1",
    params: CliffWalkingSlipperyParams::list,
    check: values::<CliffWalkingSlipperyParams>,
    make: |settings| {
        let p = typed::<CliffWalkingSlipperyParams>(settings)?.0;
        Ok(cliff("CliffWalkingSlippery-v1", p.is_slippery, p.time_limit)?.made())
    },
    ..ENTRY
};

const MAP: &str = "............/............/............/SCCCCCCCCCCG";

/// Sutton & Barto's cliff.
///
/// # Errors
/// If a parameter is out of range.
pub fn cliff_walking(p: &CliffWalkingParams) -> Result<Finite, Error> {
    p.validate()?;
    cliff("CliffWalking-v1", p.is_slippery, p.time_limit)
}

fn cliff(id: &str, is_slippery: bool, time_limit: u32) -> Result<Finite, Error> {
    let slip = if is_slippery { Slip::Thirds } else { Slip::Sides };
    let rules = Rules { step_reward: -1.0, goal_reward: -1.0, absorbing: false, slip, ..Rules::default() };
    let limit = (time_limit > 0).then_some(time_limit);
    Ok(Gridworld::new(MAP, rules)?.finite(id, limit, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{render::Render, tabular::testing::optimum};

    #[test]
    fn the_best_returns_are_exact() {
        let best = |id, slip| optimum(&**cliff(id, slip, 0).unwrap().model(), 1.0)[36];
        assert_eq!(best("CliffWalking-v1", false), -13.0);
        let slippery = best("CliffWalkingSlippery-v1", true);
        assert!((slippery + 64.709).abs() < 5e-4, "{slippery}");
    }

    #[test]
    fn it_looks_like_its_map() {
        let text = cliff("CliffWalking-v1", false, 0).unwrap().frame().text.unwrap().plain();
        assert_eq!(text, "@...........\n............\n............\nSCCCCCCCCCCG\nrow 1 of 4, column 1 of 12");
    }
}
