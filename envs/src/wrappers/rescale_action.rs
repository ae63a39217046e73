//! Controls in one range for every environment, as Gymnasium's `RescaleAction`.

use super::{
    Acting, ActionMap, WrapperEntry,
    round::{check_order, controls},
};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// The range in which controls are given.
    pub struct RescaleActionParams for "rescale-action" {
        /// what becomes the environment's lower bound
        low: f32 = -1.0, in ..;
        /// what becomes the environment's upper bound
        high: f32 = 1.0, in ..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: RescaleAction::NAME,
    about: "controls from low to high, stretched to the environment's bounds",
    usage: "rescale-action:low=-1,high=1",
    params: RescaleActionParams::list,
    make: wrap,
};

/// Each control is mapped from [low, high] to the environment's bounds, affinely; one that is outside stays outside.
#[derive(Clone, Debug)]
pub struct RescaleAction {
    low: Vec<f32>,
    high: Vec<f32>,
    params: RescaleActionParams,
}

impl RescaleAction {
    /// The name on the command line.
    pub const NAME: &'static str = RescaleActionParams::OWNER;

    /// A map to actions in `space`.
    ///
    /// # Errors
    /// If they are not controls with finite bounds, or low is not below high.
    pub fn new(space: &Space, params: &RescaleActionParams) -> Result<Self, Error> {
        params.validate()?;
        check_order(Self::NAME, params.low.into(), params.high.into())?;
        let (low, high) = bounds_of(Self::NAME, space)?;
        Ok(Self { low, high, params: params.clone() })
    }
}

/// The bounds of controls, which must be finite.
pub(super) fn bounds_of(wrapper: &'static str, space: &Space) -> Result<(Vec<f32>, Vec<f32>), Error> {
    match space {
        Space::Box { low, high } if low.iter().chain(high).all(|x| x.is_finite()) => Ok((low.clone(), high.clone())),
        Space::Box { .. } => {
            let why = format!("controls in {space} have no bounds on some side; it needs finite ones on both");
            Err(Error::Wrapper { wrapper, why })
        }
        _ => Err(Error::Wrapper { wrapper, why: format!("actions in {space} are choices") }),
    }
}

impl ActionMap<f32> for RescaleAction {
    type A = f32;

    fn space(&self) -> Space {
        Space::cube(self.low.len(), self.params.low, self.params.high)
    }

    fn map(&self, from: &[f32], to: &mut [f32]) {
        let (from_low, from_high) = (f64::from(self.params.low), f64::from(self.params.high));
        for (((to, from), low), high) in to.iter_mut().zip(from).zip(&self.low).zip(&self.high) {
            let (low, high) = (f64::from(*low), f64::from(*high));
            let stretched = low + (f64::from(*from) - from_low) * ((high - low) / (from_high - from_low));
            *to = (stretched as f32).clamp(f32::MIN, f32::MAX);
        }
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(controls!(RescaleAction::NAME, batch, inner => {
        let map = RescaleAction::new(&inner.spec().actions, &params)?;
        Acting::new(inner, map)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_become_bounds_and_the_middle_the_middle() {
        let space = Space::Box { low: vec![-2.0, 0.0], high: vec![2.0, 1.0] };
        let map = RescaleAction::new(&space, &RescaleActionParams::default()).unwrap();
        assert_eq!(map.space(), Space::cube(2, -1.0, 1.0));
        let mut to = [0.0; 2];
        for (from, expected) in [([-1.0, 1.0], [-2.0, 1.0]), ([0.5, 0.0], [1.0, 0.5]), ([3.0, -2.0], [6.0, -0.5])] {
            map.map(&from, &mut to);
            assert_eq!(to, expected);
        }
    }

    #[test]
    fn what_cannot_be_stretched_is_refused() {
        let params = RescaleActionParams::default();
        let error = RescaleAction::new(&Space::unbounded(1), &params).unwrap_err().to_string();
        assert!(error.contains("it needs finite ones on both"), "{error}");
        assert!(RescaleAction::new(&Space::Discrete(2), &params).is_err());
        let params = RescaleActionParams { low: 1.0, high: -1.0 };
        assert!(RescaleAction::new(&Space::cube(1, 0.0, 1.0), &params).is_err());
    }
}
