//! Putting back what was saved, if it fits.

use gymkhana_envs::State;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Something with a shape, which a saved one must share: a table has states and actions, a memory has lanes.
pub trait Shaped {
    /// Whether the other could stand in this one's place.
    fn same_shape(&self, other: &Self) -> bool;
}

/// Nothing is kept.
impl Shaped for () {
    fn same_shape(&self, (): &Self) -> bool {
        true
    }
}

/// One for every lane.
impl<T: Shaped> Shaped for Vec<T> {
    fn same_shape(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(here, other)| here.same_shape(other))
    }
}

/// Two of the same kind.
impl<T: Shaped> Shaped for [T; 2] {
    fn same_shape(&self, other: &Self) -> bool {
        self.iter().zip(other).all(|(here, other)| here.same_shape(other))
    }
}

/// Reads a value and puts it in the place of `here`, which stays as it is if what was read does not fit.
///
/// # Errors
/// If it cannot be read, or has another shape.
pub fn restore<T: Shaped + DeserializeOwned>(here: &mut T, state: &State) -> Result<(), Error> {
    let saved: T = state.get()?;
    if !here.same_shape(&saved) {
        return Err(gymkhana_envs::Error::State("it is of another number of states, actions or lanes".into()).into());
    }
    *here = saved;
    Ok(())
}
