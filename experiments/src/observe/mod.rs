//! Observers: who is told how a run goes. They change no number of it.

pub mod bars;
mod pace;
pub mod record;
pub mod total;

pub use bars::{Bars, CountBar, RunBar};
pub(crate) use pace::Pace;
pub use record::{History, Record};
pub use total::Total;

/// Is told how a run goes.
pub trait Observer {
    /// Now and then, often enough for a progress bar: environment steps done so far.
    fn progress(&mut self, _step: u64) {}
    /// A line of metrics.
    fn record(&mut self, _record: &Record) {}
}
