//! Rewards times a factor.

use super::{RewardMap, Rewarding, WrapperEntry, round::any};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
};

params! {
    /// How rewards are scaled.
    pub struct ScaleRewardParams for "scale-reward" {
        /// what rewards are multiplied by
        factor: f64 = 0.1, in -1e9..=1e9;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: ScaleReward::NAME,
    about: "rewards times a factor",
    usage: "scale-reward:factor=0.1",
    params: ScaleRewardParams::list,
    make: wrap,
};

/// Each reward is multiplied by a factor.
#[derive(Clone, Debug)]
pub struct ScaleReward(ScaleRewardParams);

impl ScaleReward {
    /// The name on the command line.
    pub const NAME: &'static str = ScaleRewardParams::OWNER;

    /// The map.
    ///
    /// # Errors
    /// If the factor is out of range.
    pub fn new(params: ScaleRewardParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self(params))
    }
}

impl RewardMap for ScaleReward {
    fn map(&self, reward: f64) -> f64 {
        reward * self.0.factor
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let map = ScaleReward::new(typed(settings)?)?;
    Ok(any!(batch, inner => Rewarding::new(inner, map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_multiplied() {
        let map = ScaleReward::new(ScaleRewardParams { factor: -0.25 }).unwrap();
        assert_eq!([8.0, -1.0].map(|reward| map.map(reward)), [-2.0, 0.25]);
        assert!(ScaleReward::new(ScaleRewardParams { factor: f64::NAN }).is_err());
    }
}
