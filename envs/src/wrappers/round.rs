//! Putting a wrapper round a batch whose kinds of number are known only when the program runs.

use crate::{
    batch::Layer,
    entry::{AnyBatch, Settings},
    error::Error,
};

/// Puts a wrapper round a batch of any kinds: `any!(batch, inner => Wrapper::new(inner))`.
macro_rules! any {
    ($batch:expr, $inner:ident => $wrapped:expr) => {
        match $batch {
            AnyBatch::IndexChoice($inner) => AnyBatch::new($wrapped),
            AnyBatch::IndexControl($inner) => AnyBatch::new($wrapped),
            AnyBatch::FeatureChoice($inner) => AnyBatch::new($wrapped),
            AnyBatch::FeatureControl($inner) => AnyBatch::new($wrapped),
        }
    };
}

/// Puts the wrapper of that name round a batch whose observations are indices; returns an error from any other.
macro_rules! indices {
    ($name:expr, $batch:expr, $inner:ident => $wrapped:expr) => {
        match $batch {
            AnyBatch::IndexChoice($inner) => AnyBatch::new($wrapped),
            AnyBatch::IndexControl($inner) => AnyBatch::new($wrapped),
            other => return Err(crate::wrappers::round::not_indices($name, &other)),
        }
    };
}

/// Puts the wrapper of that name round a batch whose observations are features; returns an error from any other.
macro_rules! features {
    ($name:expr, $batch:expr, $inner:ident => $wrapped:expr) => {
        match $batch {
            AnyBatch::FeatureChoice($inner) => AnyBatch::new($wrapped),
            AnyBatch::FeatureControl($inner) => AnyBatch::new($wrapped),
            other => return Err(crate::wrappers::round::not_features($name, &other)),
        }
    };
}

/// Puts the wrapper of that name round a batch whose actions are controls; returns an error from any other.
macro_rules! controls {
    ($name:expr, $batch:expr, $inner:ident => $wrapped:expr) => {
        match $batch {
            AnyBatch::IndexControl($inner) => AnyBatch::new($wrapped),
            AnyBatch::FeatureControl($inner) => AnyBatch::new($wrapped),
            other => return Err(crate::wrappers::round::not_controls($name, &other)),
        }
    };
}

pub(super) use {any, controls, features, indices};

/// A wrapper for indices round features.
pub(super) fn not_indices(wrapper: &'static str, batch: &AnyBatch) -> Error {
    let why = format!("observations in {} are features already", batch.spec().observations);
    Error::Wrapper { wrapper, why }
}

/// A wrapper for features round indices.
pub(super) fn not_features(wrapper: &'static str, batch: &AnyBatch) -> Error {
    let space = &batch.spec().observations;
    let why = format!("it is for features, but observations in {space} are indices; with `one-hot` first they are not");
    Error::Wrapper { wrapper, why }
}

/// A wrapper for controls round choices.
pub(super) fn not_controls(wrapper: &'static str, batch: &AnyBatch) -> Error {
    let why = format!("it is for controls, but actions in {} are choices", batch.spec().actions);
    Error::Wrapper { wrapper, why }
}

/// Refuses settings of a wrapper that has none.
pub(super) fn no_settings(wrapper: &'static str, settings: Settings<'_>) -> Result<(), Error> {
    match settings.first() {
        Some((key, _)) => Err(Error::Wrapper { wrapper, why: format!("it has no setting `{key}`") }),
        None => Ok(()),
    }
}

/// Refuses bounds in the wrong order.
pub(super) fn check_order(wrapper: &'static str, low: f64, high: f64) -> Result<(), Error> {
    if low < high {
        return Ok(());
    }
    Err(Error::Wrapper { wrapper, why: format!("low = {low} and high = {high}: low must be below high") })
}

/// Numbers in an observation, at most.
pub(super) const WIDEST: f64 = 1e6;

/// Refuses more things than can be kept in memory.
pub(super) fn check_size(wrapper: &'static str, what: &str, size: f64, most: f64) -> Result<(), Error> {
    if size <= most {
        return Ok(());
    }
    Err(Error::Wrapper { wrapper, why: format!("{size} {what}; at most {most} will do") })
}

/// How many batches there are from this one down to the environments, both counted.
pub(super) fn depth(layer: &dyn Layer) -> usize {
    1 + layer.below().map_or(0, depth)
}
