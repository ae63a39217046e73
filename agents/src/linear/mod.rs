//! Agents whose values are a weighted sum of features.

pub mod prediction;
