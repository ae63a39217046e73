//! Controls clipped to the environment's bounds, as Gymnasium's `ClipAction`.

use super::{
    Acting, ActionMap, WrapperEntry,
    round::{controls, no_settings},
};
use crate::{
    entry::{AnyBatch, Settings},
    error::Error,
    space::Space,
};

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: ClipAction::NAME,
    about: "any control may be given, and is clipped to the environment's bounds",
    usage: "clip-action",
    params: Vec::new,
    make: wrap,
};

/// Each control is clipped to its bounds; the space of actions has none any more.
#[derive(Clone, Debug)]
pub struct ClipAction {
    low: Vec<f32>,
    high: Vec<f32>,
}

impl ClipAction {
    /// The name on the command line.
    pub const NAME: &'static str = "clip-action";

    /// A map to actions in `space`.
    ///
    /// # Errors
    /// If they are not controls.
    pub fn new(space: &Space) -> Result<Self, Error> {
        match space {
            Space::Box { low, high } => Ok(Self { low: low.clone(), high: high.clone() }),
            _ => Err(Error::Wrapper { wrapper: Self::NAME, why: format!("actions in {space} are choices") }),
        }
    }
}

impl ActionMap<f32> for ClipAction {
    type A = f32;

    fn space(&self) -> Space {
        Space::unbounded(self.low.len())
    }

    fn map(&self, from: &[f32], to: &mut [f32]) {
        for (((to, from), low), high) in to.iter_mut().zip(from).zip(&self.low).zip(&self.high) {
            *to = from.max(*low).min(*high);
        }
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    no_settings(ClipAction::NAME, settings)?;
    Ok(controls!(ClipAction::NAME, batch, inner => {
        let map = ClipAction::new(&inner.spec().actions)?;
        Acting::new(inner, map)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_beyond_their_bounds_are_clipped() {
        let space = Space::Box { low: vec![-2.0, f32::NEG_INFINITY], high: vec![2.0, 0.0] };
        let map = ClipAction::new(&space).unwrap();
        assert_eq!(map.space(), Space::unbounded(2));
        let mut to = [0.0; 2];
        map.map(&[-2.5, -9.0], &mut to);
        assert_eq!(to, [-2.0, -9.0]);
        map.map(&[1.5, 3.0], &mut to);
        assert_eq!(to, [1.5, 0.0]);
        assert!(ClipAction::new(&Space::Discrete(2)).is_err());
    }
}
