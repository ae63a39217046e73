//! Files: how runs are kept so that nothing is ever half there.

pub mod atomic;
pub mod framed;
pub mod manifest;
pub mod monitor;
pub mod result;
pub mod run_dir;

pub use manifest::Manifest;
pub use monitor::Monitor;
pub use result::RunResult;
pub use run_dir::{Found, RunDir};
