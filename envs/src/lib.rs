//! The environments of Gymkhana and the traits they stand behind.
//!
//! An author writes one environment with rich types ([`Env`]); an agent meets many of them as flat rows ([`Batch`]);
//! [`Lanes`] lifts the one into the other. This crate knows no agent, no tensor library, no clock and no file.

pub mod bandit;
pub mod batch;
pub mod bench;
pub mod buffers;
pub mod check;
pub mod checked;
pub mod classic;
pub mod entry;
pub mod env;
pub mod error;
pub mod fed;
pub mod grid;
pub mod lanes;
pub mod memory;
pub mod params;
pub mod probe;
pub mod registry;
pub mod render;
pub mod rng;
pub mod space;
pub mod spec;
pub mod spread;
pub mod state;
pub mod tabular;
pub mod trig;
pub mod wrappers;

pub use batch::{Batch, Layer, Rows, Transitions, View};
pub use checked::Checked;
pub use env::{Decode, Elem, Encode, Env, Masked, Step};
pub use error::Error;
pub use lanes::Lanes;
pub use params::{Param, Params};
pub use registry::Registry;
pub use rng::{Rng, SeedSequence, Seeds};
pub use space::Space;
pub use spec::Spec;
pub use state::State;
