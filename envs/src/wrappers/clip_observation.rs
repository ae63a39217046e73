//! Features within bounds.

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
    /// The bounds of features.
    pub struct ClipObservationParams for "clip-observation" {
        /// what is below becomes this
        low: f32 = -10.0, in ..;
        /// what is above becomes this
        high: f32 = 10.0, in ..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: ClipObservation::NAME,
    about: "features within bounds",
    usage: "clip-observation:low=-10,high=10",
    params: ClipObservationParams::list,
    make: wrap,
};

/// Each feature is clipped to [low, high].
#[derive(Clone, Debug)]
pub struct ClipObservation {
    space: Space,
    low: f32,
    high: f32,
}

impl ClipObservation {
    /// The name on the command line.
    pub const NAME: &'static str = ClipObservationParams::OWNER;

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If they are not features, or low is not below high.
    pub fn new(space: &Space, params: &ClipObservationParams) -> Result<Self, Error> {
        params.validate()?;
        let ClipObservationParams { low, high } = *params;
        check_order(Self::NAME, low.into(), high.into())?;
        let Space::Box { low: lows, high: highs } = space else {
            return Err(Error::Wrapper { wrapper: Self::NAME, why: format!("observations in {space} are indices") });
        };
        let clipped = |bounds: &[f32]| bounds.iter().map(|x| x.clamp(low, high)).collect();
        Ok(Self { space: Space::Box { low: clipped(lows), high: clipped(highs) }, low, high })
    }
}

impl ObservationMap<f32, f32> for ClipObservation {
    fn space(&self) -> Space {
        self.space.clone()
    }

    fn map(&self, from: &[f32], to: &mut [f32]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = from.clamp(self.low, self.high));
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(features!(ClipObservation::NAME, batch, inner => {
        let map = ClipObservation::new(&inner.spec().observations, &params)?;
        Mapped::new(inner, map)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_becomes_the_bound() {
        let space = Space::Box { low: vec![f32::NEG_INFINITY, -1.0], high: vec![f32::INFINITY, 0.5] };
        let map = ClipObservation::new(&space, &ClipObservationParams { low: -2.0, high: 3.0 }).unwrap();
        assert_eq!(map.space(), Space::Box { low: vec![-2.0, -1.0], high: vec![3.0, 0.5] });
        let mut to = [0.0; 2];
        for (from, expected) in [([-9.0, -1.0], [-2.0, -1.0]), ([9.0, 0.5], [3.0, 0.5]), ([1.5, 0.0], [1.5, 0.0])] {
            map.map(&from, &mut to);
            assert_eq!(to, expected);
        }
        let error = ClipObservation::new(&space, &ClipObservationParams { low: 1.0, high: 1.0 }).unwrap_err();
        assert_eq!(error.to_string(), "wrapper `clip-observation`: low = 1 and high = 1: low must be below high");
    }
}
