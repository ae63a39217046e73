//! For the tests of memories: an environment whose every transition is known.

use gymkhana_envs::{Env, Rng, Space, Spec, Step};

/// Counts to 3 and ends there: odd episodes terminate, even ones are truncated. Rewards are the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    at: f32,
    episode: u32,
}

impl Env for Counter {
    type Obs = [f32; 1];
    type Act = usize;
    fn spec(&self) -> Spec {
        Spec::new("Counter", Space::unbounded(1), Space::Discrete(2))
    }
    fn reset(&mut self, _: &mut Rng) -> [f32; 1] {
        (self.at, self.episode) = (0.0, self.episode + 1);
        [0.0]
    }
    fn step(&mut self, _: usize, _: &mut Rng) -> Step<[f32; 1]> {
        self.at += 1.0;
        let (end, odd) = (self.at == 3.0, self.episode % 2 == 1);
        Step { obs: [self.at], reward: self.at.into(), terminated: end && odd, truncated: end && !odd }
    }
}
