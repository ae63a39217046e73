//! Only some of the numbers of an observation: what a problem is like when not all is seen.

use super::{Mapped, ObservationMap, WrapperEntry, round::any};
use crate::{
    entry::{AnyBatch, Settings, typed},
    env::Elem,
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// What is left of an observation.
    pub struct MaskObservationParams for "mask-observation" {
        /// which numbers of the row are left, counted from 0, in this order
        keep: Vec<usize> = vec![0], in ..;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: MaskObservation::NAME,
    about: "only some features are seen",
    usage: "mask-observation:keep=0,2",
    params: MaskObservationParams::list,
    make: wrap,
};

/// Of each row only the numbers in the given places are left. It makes a partially observed problem of one that is not:
/// `CartPole` without its velocities is `mask-observation:keep=0,2`.
#[derive(Clone, Debug)]
pub struct MaskObservation {
    space: Space,
    keep: Vec<usize>,
}

impl MaskObservation {
    /// The name on the command line.
    pub const NAME: &'static str = MaskObservationParams::OWNER;

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If observations are one index, nothing is kept, or something that is not there or is kept already.
    pub fn new(space: &Space, params: &MaskObservationParams) -> Result<Self, Error> {
        params.validate()?;
        let keep = params.keep.clone();
        let wrong = |why| Err(Error::Wrapper { wrapper: Self::NAME, why });
        let width = space.width();
        if let Space::Discrete(_) = space {
            return wrong(format!("observations in {space} are one index, of which nothing can be left out"));
        }
        if keep.is_empty() {
            return wrong(format!("nothing is kept of {width} numbers"));
        }
        if let Some(beyond) = keep.iter().find(|&&k| k >= width) {
            return wrong(format!("keep has {beyond}, but the numbers of a row are 0 to {}", width - 1));
        }
        if let Some(twice) = keep.iter().enumerate().find_map(|(i, k)| keep[..i].contains(k).then_some(k)) {
            return wrong(format!("keep has {twice} twice"));
        }
        let space = match space {
            Space::MultiDiscrete(n) => Space::MultiDiscrete(kept(n, &keep)),
            Space::Box { low, high } => Space::Box { low: kept(low, &keep), high: kept(high, &keep) },
            Space::Discrete(_) | Space::MultiBinary(_) => Space::MultiBinary(keep.len()),
        };
        Ok(Self { space, keep })
    }
}

fn kept<T: Copy>(from: &[T], keep: &[usize]) -> Vec<T> {
    keep.iter().map(|&k| from[k]).collect()
}

impl<T: Elem> ObservationMap<T, T> for MaskObservation {
    fn space(&self) -> Space {
        self.space.clone()
    }

    fn map(&self, from: &[T], to: &mut [T]) {
        to.iter_mut().zip(&self.keep).for_each(|(to, &k)| *to = from[k]);
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let map = MaskObservation::new(&batch.spec().observations, &typed(settings)?)?;
    Ok(any!(batch, inner => Mapped::new(inner, map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_keeps_its_bounds_and_its_order() {
        let space = Space::Box { low: vec![-1.0, -2.0, -3.0], high: vec![1.0, 2.0, 3.0] };
        let map = MaskObservation::new(&space, &MaskObservationParams { keep: vec![2, 0] }).unwrap();
        let kept = Space::Box { low: vec![-3.0, -1.0], high: vec![3.0, 1.0] };
        assert_eq!(<MaskObservation as ObservationMap<f32, f32>>::space(&map), kept);
        let mut to = [0.0_f32; 2];
        map.map(&[0.1, 0.2, 0.3], &mut to);
        assert_eq!(to, [0.3, 0.1]);
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let fails = |space: &Space, keep: &[usize]| {
            MaskObservation::new(space, &MaskObservationParams { keep: keep.into() }).unwrap_err().to_string()
        };
        let space = Space::MultiDiscrete(vec![3, 4, 5]);
        let ends = |text: String, end: &str| assert!(text.ends_with(end), "{text}");
        ends(fails(&space, &[]), "nothing is kept of 3 numbers");
        ends(fails(&space, &[1, 3]), "keep has 3, but the numbers of a row are 0 to 2");
        ends(fails(&space, &[1, 2, 1]), "keep has 1 twice");
        ends(fails(&Space::Discrete(4), &[0]), "are one index, of which nothing can be left out");
    }
}
