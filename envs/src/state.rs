//! State taken out of something and put back: how a run stops and goes on with the same numbers.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::Error;

/// The state of an environment, a batch or an agent, as bytes.
///
/// Whoever makes it from a value reads it back as the same type; nobody else looks inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State(Vec<u8>);

impl State {
    /// Takes a value's state.
    ///
    /// # Panics
    /// If the value's own `Serialize` fails, which derived ones do not.
    pub fn of(value: &impl Serialize) -> Self {
        Self(postcard::to_stdvec(value).expect("a value that serialises"))
    }

    /// The value that was put in.
    ///
    /// # Errors
    /// If these are not the bytes of a `T`.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let (value, rest) = postcard::take_from_bytes(&self.0).map_err(|e| Error::State(e.to_string()))?;
        if rest.is_empty() { Ok(value) } else { Err(Error::State(format!("{} bytes too many", rest.len()))) }
    }

    /// The bytes, to be written somewhere.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// From the bytes that were written.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_bit_for_bit_and_refuses_anything_else() {
        let value = (vec![1.0_f64, -0.1, f64::INFINITY], 7_usize, Some(3_u32));
        let state = State::of(&value);
        assert_eq!(state.get::<(Vec<f64>, usize, Option<u32>)>().unwrap(), value);
        assert!(state.get::<Vec<f64>>().is_err());
        assert!(State::from_bytes(state.bytes()[..5].to_vec()).get::<(Vec<f64>, usize, Option<u32>)>().is_err());
    }
}
