//! A state's index as features, so that deep agents meet finite environments.

use super::{
    Mapped, ObservationMap, WrapperEntry,
    round::{WIDEST, check_size, indices, no_settings},
};
use crate::{
    entry::{AnyBatch, Settings},
    error::Error,
    space::Space,
};

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: OneHot::NAME,
    about: "a state's index as a row of zeros with a one in its place",
    usage: "one-hot",
    params: Vec::new,
    make: wrap,
};

/// Index i of n becomes a row of n features, 1 at i and 0 elsewhere; of several indices, one such row after another.
#[derive(Clone, Debug, Default)]
pub struct OneHot {
    sizes: Vec<usize>,
}

impl OneHot {
    /// The name on the command line.
    pub const NAME: &'static str = "one-hot";

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If they are not indices, or there would be more than 10⁶ features.
    pub fn new(space: &Space) -> Result<Self, Error> {
        let sizes = match space {
            Space::Discrete(n) => vec![*n],
            Space::MultiDiscrete(n) => n.clone(),
            Space::MultiBinary(n) => vec![2; *n],
            Space::Box { .. } => {
                let why = format!("observations in {space} are features already");
                return Err(Error::Wrapper { wrapper: Self::NAME, why });
            }
        };
        let width = sizes.iter().map(|&n| n as f64).sum();
        check_size(Self::NAME, "zeros and ones in a row", width, WIDEST)?;
        Ok(Self { sizes })
    }
}

impl ObservationMap<usize, f32> for OneHot {
    fn space(&self) -> Space {
        Space::cube(self.sizes.iter().sum(), 0.0, 1.0)
    }

    fn map(&self, from: &[usize], to: &mut [f32]) {
        to.fill(0.0);
        let mut offset = 0;
        for (index, size) in from.iter().zip(&self.sizes) {
            to[offset + index] = 1.0;
            offset += size;
        }
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let map = OneHot::new(&batch.spec().observations)?;
    no_settings(OneHot::NAME, settings)?;
    Ok(indices!(OneHot::NAME, batch, inner => Mapped::new(inner, map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_its_place() {
        let map = OneHot::new(&Space::MultiDiscrete(vec![2, 3])).unwrap();
        let mut row = [9.0; 5];
        map.map(&[1, 2], &mut row);
        assert_eq!(row, [0.0, 1.0, 0.0, 0.0, 1.0]);
        assert!(OneHot::new(&Space::unbounded(1)).is_err());
    }
}
