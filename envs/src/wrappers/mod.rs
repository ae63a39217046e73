//! Wrappers: batches round batches. They work on rows, since widths are known only when the program runs, and since
//! statistics are shared over lanes.

mod discretize;
mod mapped;
mod one_hot;

pub use discretize::{Discretize, DiscretizeParams};
pub use mapped::{Mapped, ObservationMap};
pub use one_hot::OneHot;

use crate::{
    entry::{AnyBatch, Settings},
    error::{Error, nearest},
    params::{Param, Params},
};

/// A wrapper as the command line knows it.
#[derive(Clone, Copy, Debug)]
pub struct WrapperEntry {
    /// The name, as in `--wrap name`.
    pub name: &'static str,
    /// One line on what it does.
    pub about: &'static str,
    /// How it is written, with its settings.
    pub usage: &'static str,
    /// Its settings.
    pub params: fn() -> Vec<Param>,
    make: fn(AnyBatch, Settings<'_>) -> Result<AnyBatch, Error>,
}

/// All wrappers.
pub const WRAPPERS: &[WrapperEntry] = &[
    WrapperEntry {
        name: OneHot::NAME,
        about: "a state's index as a row of zeros with a one in its place",
        usage: "one-hot",
        params: Vec::new,
        make: one_hot::wrap,
    },
    WrapperEntry {
        name: Discretize::NAME,
        about: "each feature in one of several bins, all bins together one index",
        usage: "discretize:bins=8,bound=3",
        params: <DiscretizeParams as Params>::list,
        make: discretize::wrap,
    },
];

/// Puts a wrapper, written `name` or `name:key=value,key=value`, round a batch.
///
/// # Errors
/// If there is no such wrapper, a setting is wrong, or it does not fit the batch.
pub fn wrap(batch: AnyBatch, text: &str) -> Result<AnyBatch, Error> {
    let (name, settings) = text.split_once(':').unwrap_or((text, ""));
    let entry = WRAPPERS.iter().find(|entry| entry.name == name).ok_or_else(|| Error::Unknown {
        kind: "wrapper",
        name: name.into(),
        near: nearest(name, WRAPPERS.iter().map(|entry| entry.name)),
    })?;
    let mut pairs = Vec::new();
    for pair in settings.split(',').filter(|pair| !pair.is_empty()) {
        pairs.push(pair.split_once('=').ok_or_else(|| Error::Wrapper {
            wrapper: entry.name,
            why: format!("`{pair}` is not key=value, as in `{}`", entry.usage),
        })?);
    }
    (entry.make)(batch, &pairs)
}
