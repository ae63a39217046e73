//! Features in one range for every environment, as Gymnasium's `RescaleObservation`.

use super::{
    Mapped, ObservationMap, WrapperEntry,
    round::{check_order, features},
};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// The range in which features are seen.
    pub struct RescaleObservationParams for "rescale-observation" {
        /// what the environment's lower bound becomes
        low: f32 = -1.0, in ..;
        /// what the environment's upper bound becomes
        high: f32 = 1.0, in ..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: RescaleObservation::NAME,
    about: "features with bounds, stretched to reach from low to high",
    usage: "rescale-observation:low=-1,high=1",
    params: RescaleObservationParams::list,
    make: wrap,
};

/// Each feature with finite bounds is mapped from them to [low, high], affinely; others stay as they are. A network learns
/// sooner from features of one size: the velocity of a mountain car is within ±0.07.
#[derive(Clone, Debug)]
pub struct RescaleObservation {
    space: Space,
    /// per feature: what it is multiplied by, and what is then added
    affine: Vec<(f64, f64)>,
}

impl RescaleObservation {
    /// The name on the command line.
    pub const NAME: &'static str = RescaleObservationParams::OWNER;

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If they are not features, none of them has finite bounds, or low is not below high.
    pub fn new(space: &Space, params: &RescaleObservationParams) -> Result<Self, Error> {
        params.validate()?;
        let RescaleObservationParams { low, high } = *params;
        check_order(Self::NAME, low.into(), high.into())?;
        let wrong = |why| Err(Error::Wrapper { wrapper: Self::NAME, why });
        let Space::Box { low: lows, high: highs } = space else {
            return wrong(format!("observations in {space} are indices"));
        };
        let bounded = |(from, to): (&f32, &f32)| from.is_finite() && to.is_finite() && from < to;
        if !lows.iter().zip(highs).any(bounded) {
            return wrong(format!("no feature in {space} has finite bounds; `normalize-observation` needs none"));
        }
        let (mut to_low, mut to_high, mut affine) = (lows.clone(), highs.clone(), Vec::new());
        for (i, bounds) in lows.iter().zip(highs).enumerate() {
            if bounded(bounds) {
                let (from, to) = (f64::from(*bounds.0), f64::from(*bounds.1));
                let scale = (f64::from(high) - f64::from(low)) / (to - from);
                affine.push((scale, f64::from(low) - from * scale));
                (to_low[i], to_high[i]) = (low, high);
            } else {
                affine.push((1.0, 0.0));
            }
        }
        Ok(Self { space: Space::Box { low: to_low, high: to_high }, affine })
    }
}

impl ObservationMap<f32, f32> for RescaleObservation {
    fn space(&self) -> Space {
        self.space.clone()
    }

    fn map(&self, from: &[f32], to: &mut [f32]) {
        let Space::Box { low, high } = &self.space else { return to.copy_from_slice(from) };
        for (i, (to, from)) in to.iter_mut().zip(from).enumerate() {
            let (scale, offset) = self.affine[i];
            // Rounding must not carry a bound over its place.
            *to = ((f64::from(*from) * scale + offset) as f32).clamp(low[i], high[i]);
        }
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(features!(RescaleObservation::NAME, batch, inner => {
        let map = RescaleObservation::new(&inner.spec().observations, &params)?;
        Mapped::new(inner, map)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_become_bounds_and_what_has_none_stays() {
        let space = Space::Box { low: vec![-1.2, f32::NEG_INFINITY], high: vec![0.6, 3.0] };
        let map = RescaleObservation::new(&space, &RescaleObservationParams::default()).unwrap();
        assert_eq!(map.space(), Space::Box { low: vec![-1.0, f32::NEG_INFINITY], high: vec![1.0, 3.0] });
        let mut to = [0.0; 2];
        for (from, expected) in [([-1.2, -50.0], [-1.0, -50.0]), ([0.6, 3.0], [1.0, 3.0]), ([-0.3, 0.0], [0.0, 0.0])] {
            map.map(&from, &mut to);
            assert!((to[0] - expected[0]).abs() < 1e-6 && to[1] == expected[1], "{to:?}");
        }
    }

    #[test]
    fn what_cannot_be_rescaled_is_refused() {
        let params = RescaleObservationParams::default();
        let error = RescaleObservation::new(&Space::unbounded(1), &params).unwrap_err().to_string();
        assert!(error.contains("`normalize-observation` needs none"), "{error}");
        assert!(RescaleObservation::new(&Space::Discrete(2), &params).is_err());
        let params = RescaleObservationParams { low: 1.0, high: -1.0 };
        assert!(RescaleObservation::new(&Space::cube(1, 0.0, 1.0), &params).is_err());
    }
}
