//! Features as one state index, so that tabular agents meet continuous environments.

use super::{Mapped, ObservationMap, WrapperEntry, bounds::ranges, round::features};
use crate::{
    entry::{AnyBatch, Settings},
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// How features are cut into bins.
    pub struct DiscretizeParams for "discretize" {
        /// bins per feature
        bins: usize = 8, in 2..=1000;
        /// a feature without bounds is cut at ±bound; one with a bound on one side, 2·bound from there
        bound: f64 = 3.0, in 1e-6..=1e6;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: Discretize::NAME,
    about: "each feature in one of several bins, all bins together one index",
    usage: "discretize:bins=8,bound=3",
    params: DiscretizeParams::list,
    make: wrap,
};

/// Each feature falls in one of `bins` equal bins of its range; what is outside falls in the outermost bin. The index
/// has a digit per feature in base `bins`, the first feature's in front.
#[derive(Clone, Debug)]
pub struct Discretize {
    low: Vec<f32>,
    width: Vec<f32>,
    bins: usize,
}

impl Discretize {
    /// The name on the command line.
    pub const NAME: &'static str = "discretize";

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If they are not features, there would be more than 10⁷ states, or a parameter is out of range.
    pub fn new(space: &Space, params: &DiscretizeParams) -> Result<Self, Error> {
        params.validate()?;
        let wrong = |why| Err(Error::Wrapper { wrapper: Self::NAME, why });
        let Space::Box { low, high } = space else {
            return wrong(format!("observations in {space} are indices already"));
        };
        let states = (params.bins as f64).powf(low.len() as f64);
        if states > 1e7 {
            return wrong(format!("{} bins for each of {} features are {states:.0} states", params.bins, low.len()));
        }
        let (low, width) = ranges(low, high, params.bound as f32);
        let width = width.into_iter().map(|width| width / params.bins as f32).collect();
        Ok(Self { low, width, bins: params.bins })
    }
}

impl ObservationMap<f32, usize> for Discretize {
    fn space(&self) -> Space {
        Space::Discrete(self.bins.pow(self.low.len() as u32))
    }

    fn map(&self, from: &[f32], to: &mut [usize]) {
        to[0] = from.iter().zip(&self.low).zip(&self.width).fold(0, |index, ((x, low), width)| {
            let bin = (((x - low) / width) as usize).min(self.bins - 1); // `as` takes what is below to 0
            index * self.bins + bin
        });
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = DiscretizeParams::from_settings(settings.iter().copied())?;
    let map = Discretize::new(&batch.spec().observations, &params)?;
    Ok(features!(Discretize::NAME, batch, inner => Mapped::new(inner, map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_what_is_outside() {
        let space = Space::Box { low: vec![-1.0, f32::NEG_INFINITY], high: vec![1.0, f32::INFINITY] };
        let map = Discretize::new(&space, &DiscretizeParams { bins: 4, bound: 2.0 }).unwrap();
        assert_eq!(map.space(), Space::Discrete(16));
        let index = |row: [f32; 2]| {
            let mut to = [0];
            map.map(&row, &mut to);
            to[0]
        };
        assert_eq!((index([-1.0, -2.0]), index([-9.0, -9.0]), index([1.0, 9.0])), (0, 0, 15));
        assert_eq!(index([0.1, -0.5]), 2 * 4 + 1);
        let half = Space::Box { low: vec![5.0], high: vec![f32::INFINITY] };
        let map = Discretize::new(&half, &DiscretizeParams { bins: 4, bound: 2.0 }).unwrap();
        let mut to = [0];
        map.map(&[7.5], &mut to);
        assert_eq!(to, [2]);
        assert!(Discretize::new(&Space::unbounded(9), &DiscretizeParams::default()).is_err());
    }
}
