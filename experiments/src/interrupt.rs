//! Ctrl-C: the first ends the run at its next step with a checkpoint, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static WANTED: AtomicBool = AtomicBool::new(false);

/// Exit status of a program that was interrupted, by convention.
pub const STATUS: u8 = 130;

/// Listens for Ctrl-C and for being told to terminate. To be called once, by the program.
///
/// # Errors
/// If the system does not allow it.
pub fn listen() -> Result<()> {
    let handle = || {
        if WANTED.swap(true, Ordering::SeqCst) {
            std::process::exit(STATUS.into());
        }
    };
    ctrlc::set_handler(handle).context("cannot listen for Ctrl-C")
}

/// Asks for the end, as Ctrl-C does: for a terminal that reads keys by itself.
pub fn request() {
    WANTED.store(true, Ordering::SeqCst);
}

/// Whether the run should end now.
#[inline]
pub fn wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// A run that was interrupted and can be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// Environment steps that were done.
    pub step: u64,
}

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "interrupted at step {}", self.step)
    }
}

impl std::error::Error for Interrupted {}
