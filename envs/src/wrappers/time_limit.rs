//! A time limit, as Gymnasium's `TimeLimit`.

use super::WrapperEntry;
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
};

params! {
    /// When episodes are cut off.
    pub struct TimeLimitParams for "time-limit" {
        /// steps after which an episode is truncated; of several limits the least counts
        steps: u32 = 200, in 1..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: TimeLimitParams::OWNER,
    about: "truncates episodes after so many steps at the latest",
    usage: "time-limit:steps=200",
    params: TimeLimitParams::list,
    make: wrap,
};

/// Steps are counted by the innermost batch and nowhere else, so this is a word to it and no batch of its own.
fn wrap(mut batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    batch.layer().limit_to(typed::<TimeLimitParams>(settings)?.steps);
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use crate::{Batch, Seeds, registry::find, wrappers::wrap};

    #[test]
    fn the_least_limit_counts_through_other_wrappers() {
        let batch = (find("FrozenLake-v1").unwrap().make)(&[]).unwrap().batch(1, &Seeds::from(0)).unwrap();
        assert_eq!(batch.spec().time_limit, Some(100));
        let texts = ["time-limit:steps=3", "one-hot", "time-limit:steps=2", "time-limit:steps=9"];
        let batch = texts.iter().try_fold(batch, |batch, text| wrap(batch, text)).unwrap();
        let crate::registry::AnyBatch::FeatureChoice(mut batch) = batch else { panic!("{batch:?}") };
        assert_eq!(batch.spec().time_limit, Some(2));
        let steps = [0, 0].map(|act| {
            batch.step(&[act]).unwrap();
            batch.seen(&[act]).truncated[0]
        });
        assert_eq!(steps, [false, true]);
    }
}
