//! This crate is its tests: see `tests/`.
