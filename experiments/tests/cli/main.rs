//! The command line, with real runs of the program: what it says, what it refuses, and that nothing it kept is lost.

#[path = "../support/mod.rs"]
mod support;

mod compare;
mod damage;
mod divergence;
mod errors;
mod export;
mod gym;
mod help;
mod nothing_lost;
mod numbers;
mod pipes;
mod resume;
mod same_numbers;
#[cfg(unix)]
mod signals;
mod solve;
