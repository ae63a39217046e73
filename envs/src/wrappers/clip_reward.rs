//! Rewards within bounds, as Gymnasium's `ClipReward`.

use super::{
    RewardMap, Rewarding, WrapperEntry,
    round::{any, check_order},
};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
};

params! {
    /// The bounds of rewards.
    pub struct ClipRewardParams for "clip-reward" {
        /// what is below becomes this
        low: f64 = -1.0, in ..;
        /// what is above becomes this
        high: f64 = 1.0, in ..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: ClipReward::NAME,
    about: "rewards within bounds",
    usage: "clip-reward:low=-1,high=1",
    params: ClipRewardParams::list,
    make: wrap,
};

/// Each reward is clipped to [low, high].
#[derive(Clone, Debug)]
pub struct ClipReward(ClipRewardParams);

impl ClipReward {
    /// The name on the command line.
    pub const NAME: &'static str = ClipRewardParams::OWNER;

    /// The map.
    ///
    /// # Errors
    /// If low is not below high.
    pub fn new(params: ClipRewardParams) -> Result<Self, Error> {
        params.validate()?;
        check_order(Self::NAME, params.low, params.high)?;
        Ok(Self(params))
    }
}

impl RewardMap for ClipReward {
    fn map(&self, reward: f64) -> f64 {
        reward.clamp(self.0.low, self.0.high)
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let map = ClipReward::new(typed(settings)?)?;
    Ok(any!(batch, inner => Rewarding::new(inner, map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_becomes_the_bound() {
        let map = ClipReward::new(ClipRewardParams { low: -0.5, high: 2.0 }).unwrap();
        assert_eq!([-7.0, -0.25, 2.5].map(|reward| map.map(reward)), [-0.5, -0.25, 2.0]);
        assert!(ClipReward::new(ClipRewardParams { low: 1.0, high: 0.0 }).is_err());
    }
}
