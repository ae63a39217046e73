//! Comparing agents: the same environments and seeds for all, and statistics that hold up.
//!
//! A comparison is a directory:
//!
//! | file | what |
//! |---|---|
//! | `comparison.json` | the [`Plan`]: agents under labels, environments, seeds; and what made it |
//! | `runs/LABEL/ENV/seed-N/` | a run directory for each cell, complete or absent |
//! | `errors/LABEL/ENV/seed-N.txt` | why a cell failed, until it is done |
//! | `tensorboard/` | with `--tensorboard`, the metrics of every run as events |
//! | `summary.json` | the [`Summary`]: all that the pages and figures are drawn from |
//! | `index.html`, `report.md`, figures, `scores.csv`, `curves.csv` | what follows from it |
//!
//! `plan` says what is to be done, `file` and `grid` read it from a file or from ranges of settings, `cells` does it,
//! `summarize` counts, and the rest draws and writes.

mod cells;
mod csv;
mod directory;
mod figures;
pub mod file;
pub mod grid;
mod markdown;
mod page;
pub mod plan;
mod random;
mod summarize;
pub mod summary;
mod tables;
mod tensorboard;
mod write;

pub use cells::{Missing, Outcome, finished, look, make, monitored};
pub use directory::{Kept, find, open, read};
pub use plan::{Place, Plan};
use random::random_return;
pub use summarize::summarize;
pub use summary::Summary;
pub(crate) use tables::escaped;
pub use write::{Written, has_summary, read_summary, write, write_summary, write_tensorboard};
