//! For the tests of agents that predict.

use gymkhana_envs::{
    Batch, Lanes, Rng, Seeds,
    tabular::{RandomWalkParams, random_walk},
};

use super::{Predictor, Rule};
use crate::{
    agent::{Metrics, Recipe, round},
    one::{One, build, train},
};

/// What an agent thinks of one state that pays 1 per step and ends as it is told (terminated, truncated).
pub(crate) fn value_of_one<R>(config: &R, (terminated, truncated): (bool, bool), steps: usize) -> f64
where
    R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
{
    let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
    let mut agent = build(&lanes, config, steps as u64);
    train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
    agent.v().value(0)
}

/// The values of the five states of example 6.2 after some episodes, and whether the last one ended on the right.
pub(crate) fn walk<R>(config: &R, seed: u64, episodes: usize) -> ([f64; 5], bool)
where
    R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
{
    let params = RandomWalkParams { states: 5, left_reward: 0.0, ..RandomWalkParams::default() };
    let mut lanes = Lanes::new(random_walk(&params).expect("a walk"), 1, &Seeds::from(seed)).expect("lanes");
    let mut agent = build(&lanes, config, 1_000);
    let (mut act, mut log, mut ended, mut right) = ([0], Metrics::default(), 0, false);
    while ended < episodes {
        round(&mut agent, &mut lanes, &mut act, &mut Rng::new(0), &mut log).expect("a step and an update");
        let seen = lanes.seen(&act);
        ended += usize::from(seen.ended(0));
        right = seen.reward[0] > 0.0;
    }
    (std::array::from_fn(|i| agent.v().value(i + 1)), right)
}
