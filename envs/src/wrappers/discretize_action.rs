//! Controls as one choice, so that agents that choose meet environments that are controlled.
//!
//! Deviations from Gymnasium's `DiscretizeAction`
//! 1. The values of a control are spread evenly from its lower to its upper bound, both among them, where Gymnasium takes
//!    the middles of equal bins: the strongest controls can be chosen.

use super::{
    Acting, ActionMap, WrapperEntry,
    rescale_action::bounds_of,
    round::{check_size, controls},
};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// How controls are cut into choices.
    pub struct DiscretizeActionParams for "discretize-action" {
        /// values per control, the bounds among them
        bins: usize = 5, in 2..=1000;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: DiscretizeAction::NAME,
    about: "controls as one choice among several values of each",
    usage: "discretize-action:bins=5",
    params: DiscretizeActionParams::list,
    make: wrap,
};

/// The most choices that there may be.
const MOST: f64 = 1e6;

/// A choice has a digit per control in base `bins`, the first control's in front; digit k is the k-th of `bins` values
/// spread evenly from the control's lower to its upper bound.
#[derive(Clone, Debug)]
pub struct DiscretizeAction {
    /// Per control its values, lowest first.
    values: Vec<Vec<f32>>,
    bins: usize,
}

impl DiscretizeAction {
    /// The name on the command line.
    pub const NAME: &'static str = DiscretizeActionParams::OWNER;

    /// A map to actions in `space`.
    ///
    /// # Errors
    /// If they are not controls with finite bounds, or there would be more than 10⁶ choices.
    pub fn new(space: &Space, params: &DiscretizeActionParams) -> Result<Self, Error> {
        params.validate()?;
        let (low, high) = bounds_of(Self::NAME, space)?;
        let bins = params.bins;
        let what = format!("choices from {bins} values for each of {} controls", low.len());
        check_size(Self::NAME, &what, (bins as f64).powf(low.len() as f64), MOST)?;
        let spread = |(&low, &high): (&f32, &f32)| {
            let (low, high) = (f64::from(low), f64::from(high));
            (0..bins).map(|k| (low + (high - low) * (k as f64 / (bins - 1) as f64)) as f32).collect()
        };
        Ok(Self { values: low.iter().zip(&high).map(spread).collect(), bins })
    }
}

impl ActionMap<f32> for DiscretizeAction {
    type A = usize;

    fn space(&self) -> Space {
        Space::Discrete(self.bins.pow(self.values.len() as u32))
    }

    fn map(&self, from: &[usize], to: &mut [f32]) {
        let mut digits = from[0];
        for (to, values) in to.iter_mut().zip(&self.values).rev() {
            *to = values[digits % self.bins];
            digits /= self.bins;
        }
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(controls!(DiscretizeAction::NAME, batch, inner => {
        let map = DiscretizeAction::new(&inner.spec().actions, &params)?;
        Acting::new(inner, map)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_a_value_of_each_control() {
        let space = Space::Box { low: vec![-2.0, 0.0], high: vec![2.0, 1.0] };
        let map = DiscretizeAction::new(&space, &DiscretizeActionParams { bins: 5 }).unwrap();
        assert_eq!(map.space(), Space::Discrete(25));
        let mut to = [0.0; 2];
        for (choice, expected) in [(0, [-2.0, 0.0]), (24, [2.0, 1.0]), (7, [-1.0, 0.5]), (10, [0.0, 0.0])] {
            map.map(&[choice], &mut to);
            assert_eq!(to, expected, "choice {choice}");
        }
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        let fails = |space, bins| DiscretizeAction::new(&space, &DiscretizeActionParams { bins }).unwrap_err();
        let error = fails(Space::cube(9, -1.0, 1.0), 5).to_string();
        assert!(
            error.ends_with("1953125 choices from 5 values for each of 9 controls; at most 1000000 will do"),
            "{error}"
        );
        fails(Space::unbounded(1), 5);
        fails(Space::Discrete(3), 5);
        fails(Space::cube(1, 0.0, 1.0), 1);
    }
}
