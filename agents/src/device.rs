//! Where tensors live, by name: chosen when the program runs among what was compiled in.

use std::{fmt, str::FromStr};

use gymkhana_envs::error::nearest;

use crate::error::Error;

/// A device by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DeviceName {
    /// burn's pure-Rust CPU backend: the default.
    #[default]
    Flex,
    /// burn's ndarray backend, deprecated upstream.
    Ndarray,
    /// A GPU through WebGPU.
    Wgpu,
}

impl DeviceName {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Flex, Self::Ndarray, Self::Wgpu];

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        match self {
            Self::Flex => true,
            Self::Ndarray => cfg!(feature = "ndarray"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }

    /// Refuses a device that this build does not have.
    ///
    /// # Errors
    /// With the feature that would bring it.
    pub fn check(self) -> Result<(), Error> {
        if self.is_built() { Ok(()) } else { Err(Error::DeviceNotBuilt(self)) }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
            Self::Wgpu => "wgpu",
        })
    }
}

impl FromStr for DeviceName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|device| device.to_string() == text).ok_or_else(|| {
            let names = Self::ALL.map(|device| device.to_string());
            let mut near = nearest(text, names.iter().map(String::as_str));
            if near.is_empty() {
                near = names.into();
            }
            gymkhana_envs::Error::Unknown { kind: "device", name: text.into(), near }.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!("flex".parse(), Ok(DeviceName::Flex));
        assert!("gpu".parse::<DeviceName>().unwrap_err().to_string().contains("did you mean wgpu"));
        assert!(DeviceName::Flex.check().is_ok());
        if !cfg!(feature = "wgpu") {
            assert!(DeviceName::Wgpu.check().unwrap_err().to_string().contains("--features wgpu"));
        }
    }
}
