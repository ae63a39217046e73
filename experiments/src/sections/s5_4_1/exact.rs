//! What is computed exactly for 5.4.1: the best that can be reached where its agents learn.

use anyhow::Result;
use gymkhana_agents::planning::{
    BackwardInduction, ModifiedPolicyIteration, PolicyTable, SoftPolicyIteration, Solution, Solve, value_within,
};
use gymkhana_envs::{
    grid::{
        CliffWalkingParams, FrozenLake8x8Params, FrozenLakeParams, Moves, Taxi, TaxiParams, WindyGridworldParams,
        cliff_walking, frozen_lake, windy_gridworld,
    },
    tabular::{Table, TabularModel},
};

use crate::sections::{Check, Source, Target};

/// The best values at a discount.
fn solved(model: &dyn TabularModel, gamma: f64) -> Result<Solution> {
    let planning = ModifiedPolicyIteration { gamma, tolerance: 1e-12, ..ModifiedPolicyIteration::default() };
    Ok(planning.solve(model, &mut || true)?)
}

/// What a number of steps with a reward of −1 is worth, without the sign: the steps from the start.
fn steps(model: &dyn TabularModel) -> Result<f64> {
    Ok(-solved(model, 1.0)?.from_start(model))
}

/// The success of the best policy at a discount, in so many steps.
fn stationary(lake: &Table, gamma: f64, horizon: usize) -> Result<f64> {
    let policy = PolicyTable::deterministic(&solved(lake, gamma)?.policy, lake.actions());
    Ok(from_start(lake, &value_within(lake, &policy, horizon, 1.0)?))
}

/// The success of the best policy that knows how many steps are left.
fn staged(lake: &Table, horizon: usize) -> Result<f64> {
    let planning = BackwardInduction { gamma: 1.0, horizon };
    Ok(planning.solve(lake, &mut || true)?.from_start(lake))
}

fn from_start(model: &dyn TabularModel, values: &[f64]) -> f64 {
    model.start().iter().zip(values).map(|(share, value)| share * value).sum()
}

/// The numbers that are exact, beside those of the book.
pub(super) fn checks() -> Result<Vec<Check>> {
    let windy = |moves| windy_gridworld(&WindyGridworldParams { moves, ..WindyGridworldParams::default() });
    let (four, king) = (windy(Moves::Four)?, windy(Moves::King)?);
    let soft = SoftPolicyIteration { gamma: 1.0, epsilon: 0.1, ..SoftPolicyIteration::default() };
    let soft = -soft.solve(&**four.model(), &mut || true)?.from_start(&**four.model());
    let taxi = Taxi::new(TaxiParams::default())?.model();
    let (small, large) = (frozen_lake(&FrozenLakeParams::default())?, frozen_lake(&FrozenLake8x8Params::default().0)?);
    let slippery = cliff_walking(&CliffWalkingParams { is_slippery: true, ..CliffWalkingParams::default() })?;
    let exact = |name: &str, measured: f64, target: f64, decimals: i32, from: &str| Check {
        name: name.into(),
        measured,
        // A whole number of steps is one but for rounding.
        target: if decimals == 0 {
            Target::Near { target, tolerance: 1e-9 }
        } else {
            Target::printed(target, decimals)
        },
        source: Source::Exact,
        from: from.into(),
    };
    let planned = "modified policy iteration";
    let limited = "the best policy at that γ, within the time limit";
    let staged_from = "backward induction";
    Ok(vec![
        exact("windy gridworld: steps at best", steps(&**four.model())?, 15.0, 0, planned),
        exact("windy gridworld: steps at best with king's moves", steps(&**king.model())?, 7.0, 0, planned),
        exact("windy gridworld: steps of the best ε-soft policy, ε = .1", soft, 17.05, 2, "ε-soft policy iteration"),
        exact("taxi: best return, mean of the 300 starts", solved(&*taxi, 1.0)?.from_start(&*taxi), 7.93, 2, planned),
        exact(
            "lake 4×4: best stationary policy, 100 steps",
            stationary(small.model(), 0.999, 100)?,
            0.7402,
            4,
            limited,
        ),
        exact("lake 8×8: best at γ = .999, 200 steps", stationary(large.model(), 0.999, 200)?, 0.8857, 4, limited),
        exact("lake 8×8: best at γ = .99, 200 steps", stationary(large.model(), 0.99, 200)?, 0.8630, 4, limited),
        exact("lake 4×4: best time-dependent policy", staged(small.model(), 100)?, 0.7442, 4, staged_from),
        exact("lake 8×8: best time-dependent policy", staged(large.model(), 200)?, 0.9132, 4, staged_from),
        exact("slippery cliff: best return", -steps(&**slippery.model())?, -64.709, 3, planned),
    ])
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_exact_is_as_it_is_printed() {
        let checks = super::checks().unwrap();
        let failed: Vec<_> = checks.iter().filter(|check| !check.passes()).map(ToString::to_string).collect();
        assert!(checks.len() == 10 && failed.is_empty(), "{failed:#?}");
    }
}
