//! Wrappers: batches round batches. They work on rows, since widths are known only when the program runs, and since
//! statistics are shared over lanes.

mod acting;
mod bounds;
mod clip_action;
mod clip_observation;
mod clip_reward;
mod discretize;
mod discretize_action;
mod frame_stack;
mod mapped;
mod mask_observation;
mod moments;
mod normalize_observation;
mod normalize_reward;
mod one_hot;
mod record_episode_statistics;
mod rescale_action;
mod rescale_observation;
mod rewarding;
mod round;
mod scale_reward;
mod sticky_action;
mod tile_coding;
mod time_limit;

pub use acting::{Acting, ActionMap};
pub use clip_action::ClipAction;
pub use clip_observation::{ClipObservation, ClipObservationParams};
pub use clip_reward::{ClipReward, ClipRewardParams};
pub use discretize::{Discretize, DiscretizeParams};
pub use discretize_action::{DiscretizeAction, DiscretizeActionParams};
pub use frame_stack::{FrameStack, FrameStackParams};
pub use mapped::{Mapped, ObservationMap};
pub use mask_observation::{MaskObservation, MaskObservationParams};
pub use moments::Moments;
pub use normalize_observation::{NormalizeObservation, NormalizeObservationParams};
pub use normalize_reward::{NormalizeReward, NormalizeRewardParams};
pub use one_hot::OneHot;
pub use record_episode_statistics::{Episode, RecordEpisodeStatistics, RecordEpisodeStatisticsParams};
pub use rescale_action::{RescaleAction, RescaleActionParams};
pub use rescale_observation::{RescaleObservation, RescaleObservationParams};
pub use rewarding::{RewardMap, Rewarding};
pub use scale_reward::{ScaleReward, ScaleRewardParams};
pub use sticky_action::{StickyAction, StickyActionParams};
pub use tile_coding::{TileCoding, TileCodingParams};
pub use time_limit::TimeLimitParams;

use crate::{
    entry::{AnyBatch, Settings},
    error::{Error, nearest},
    params::Param,
};

/// A wrapper as the command line knows it.
#[derive(Clone, Copy, Debug)]
pub struct WrapperEntry {
    /// The name, as in `--wrap name`.
    pub name: &'static str,
    /// One line on what it does.
    pub about: &'static str,
    /// How it is written, with its settings.
    pub usage: &'static str,
    /// Its settings.
    pub params: fn() -> Vec<Param>,
    make: fn(AnyBatch, Settings<'_>) -> Result<AnyBatch, Error>,
}

/// All wrappers.
pub const WRAPPERS: &[WrapperEntry] = &[
    one_hot::ENTRY,
    discretize::ENTRY,
    tile_coding::ENTRY,
    normalize_observation::ENTRY,
    clip_observation::ENTRY,
    rescale_observation::ENTRY,
    mask_observation::ENTRY,
    frame_stack::ENTRY,
    normalize_reward::ENTRY,
    clip_reward::ENTRY,
    scale_reward::ENTRY,
    clip_action::ENTRY,
    rescale_action::ENTRY,
    discretize_action::ENTRY,
    sticky_action::ENTRY,
    time_limit::ENTRY,
    record_episode_statistics::ENTRY,
];

/// Puts a wrapper, written `name` or `name:key=value,key=value`, round a batch. A part without `=` belongs to the value
/// before it, as in `keep=0,2`. What it draws is the run's own from the next reset on.
///
/// # Errors
/// If there is no such wrapper, a setting is wrong, or it does not fit the batch.
pub fn wrap(batch: AnyBatch, text: &str) -> Result<AnyBatch, Error> {
    let (name, settings) = text.split_once(':').unwrap_or((text, ""));
    let entry = find(name)?;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for part in settings.split(',').filter(|part| !part.is_empty()) {
        match (part.split_once('='), pairs.last_mut()) {
            (Some((key, value)), _) => pairs.push((key, value.into())),
            (None, Some((_, value))) => *value = format!("{value},{part}"),
            (None, None) => {
                let why = format!("`{part}` is not key=value, as in `{}`", entry.usage);
                return Err(Error::Wrapper { wrapper: entry.name, why });
            }
        }
    }
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
    (entry.make)(batch, &pairs)
}

/// Gymnasium's word for what is called otherwise here.
const ALSO_CALLED: [(&str, &str); 1] = [("discretize-observation", "discretize")];

/// The wrapper of that name, in any case.
///
/// # Errors
/// With the nearest names if there is none.
pub fn find(name: &str) -> Result<&'static WrapperEntry, Error> {
    let name = ALSO_CALLED.iter().find(|(also, _)| also.eq_ignore_ascii_case(name)).map_or(name, |(_, name)| name);
    WRAPPERS.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)).ok_or_else(|| Error::Unknown {
        kind: "wrapper",
        name: name.into(),
        near: nearest(name, WRAPPERS.iter().map(|entry| entry.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{registry::find, rng::Seeds};

    fn fails(text: &str) -> String {
        let batch = (find("CartPole-v1").unwrap().make)(&[]).unwrap().batch(1, &Seeds::from(0)).unwrap();
        wrap(batch, text).unwrap_err().to_string()
    }

    #[test]
    fn names_in_any_case_and_gymnasiums() {
        assert_eq!(super::find("One-Hot").unwrap().name, "one-hot");
        assert_eq!(super::find("discretize-observation").unwrap().name, "discretize");
    }

    #[test]
    fn what_is_written_wrong_is_explained() {
        assert_eq!(fails("framestack"), "no wrapper `framestack` (did you mean frame-stack?)");
        assert_eq!(
            fails("frame-stack:frame=2"),
            "`frame-stack` has no parameter `frame` (did you mean frames?); it has: frames"
        );
        assert_eq!(fails("frame-stack:2"), "wrapper `frame-stack`: `2` is not key=value, as in `frame-stack:frames=4`");
        assert_eq!(fails("frame-stack:frames=2,3"), "frame-stack: `frames=2,3`: not a whole number");
        assert_eq!(fails("normalize-reward:clip=off"), "normalize-reward: `clip=off`: not a number, nor none");
        assert_eq!(fails("normalize-reward:clip=0"), "normalize-reward: `clip=0`: must be above 0");
        assert_eq!(fails("clip-action:low=1"), "wrapper `clip-action`: it has no setting `low`");
    }

    #[test]
    fn what_does_not_fit_is_explained() {
        let why = "it is for controls, but actions in Discrete(2) are choices";
        assert_eq!(fails("rescale-action"), format!("wrapper `rescale-action`: {why}"));
        let why = "keep has 4, but the numbers of a row are 0 to 3";
        assert_eq!(fails("mask-observation:keep=0,2,4"), format!("wrapper `mask-observation`: {why}"));
        let batch = (find("FrozenLake-v1").unwrap().make)(&[]).unwrap().batch(1, &Seeds::from(0)).unwrap();
        let why = "it is for features, but observations in Discrete(16) are indices; with `one-hot` first they are not";
        assert_eq!(
            wrap(batch, "normalize-observation").unwrap_err().to_string(),
            format!("wrapper `normalize-observation`: {why}")
        );
    }
}
