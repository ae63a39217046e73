//! Two environments of one's own, one with choices and one with a control, as lines of a registry.
//!
//! `examples/workshop.rs` is the whole command line for them: `cargo run --release -p custom-envs --example workshop --
//! train q-learning Lift`.

mod heater;
mod lift;

pub use heater::Heater;
pub use lift::Lift;

use gymkhana::envs::registry::Entry;

/// What this crate adds to the gym.
pub const ENTRIES: [Entry; 2] = [lift::ENTRY, heater::ENTRY];

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana::envs::{Lanes, check::check};

    #[test]
    fn they_keep_their_contract() {
        check(|seeds| Lanes::new(Lift::default(), 3, seeds)).unwrap();
        check(|seeds| Lanes::new(Heater::default(), 3, seeds)).unwrap();
    }
}
