//! Where the random numbers of a run come from.

use gymkhana_envs::{Rng, SeedSequence, Seeds};

/// The random streams of one run, each from its own child of the seed: none depends on how much another draws.
#[derive(Clone, Debug)]
pub struct Streams(SeedSequence);

impl Streams {
    /// Of the run with that seed.
    pub fn new(seed: u64) -> Self {
        Self(SeedSequence::new(seed))
    }

    /// Of the training lanes.
    pub fn lanes(&self) -> Seeds {
        Seeds::Spawned(self.0.child(0))
    }

    /// Of the agent while it acts and learns.
    pub fn agent(&self) -> Rng {
        self.0.child(1).rng()
    }

    /// Of the agent's first parameters.
    pub fn parameters(&self) -> Rng {
        self.0.child(2).rng()
    }

    /// Of the n-th evaluation during the run: its lanes, and the policy in them.
    pub fn evaluation(&self, n: usize) -> (Seeds, Rng) {
        pair(&self.0.child(3).child(n))
    }

    /// Of an evaluation that somebody asks for later, with a seed of its own.
    pub fn later_evaluation(&self) -> (Seeds, Rng) {
        pair(&self.0.child(5))
    }

    /// Of the evaluation after the run.
    pub fn final_evaluation(&self) -> (Seeds, Rng) {
        pair(&self.0.child(4))
    }
}

fn pair(root: &SeedSequence) -> (Seeds, Rng) {
    (Seeds::Spawned(root.child(0)), root.child(1).rng())
}
