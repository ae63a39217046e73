//! An environment with controls, whose episodes end in each of the three ways.

use gymkhana_envs::{Env, Error, Rng, Space, Spec, State, Step};

/// A point that is pushed about. Episodes are 1 to `longest` steps long.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    longest: usize,
    at: [f32; 2],
    steps: usize,
    length: usize,
}

impl Drift {
    pub(crate) fn new(longest: usize) -> Self {
        Self { longest, at: [0.0; 2], steps: 0, length: 0 }
    }
}

impl Env for Drift {
    type Obs = [f32; 2];
    type Act = [f32; 2];

    fn spec(&self) -> Spec {
        let controls = Space::Box { low: vec![-1.0, -2.0], high: vec![1.0, 0.5] };
        Spec::new("Drift", Space::unbounded(2), controls).time_limit(100)
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; 2] {
        (self.steps, self.length) = (0, 1 + rng.below(self.longest));
        self.at = [rng.uniform(-1.0, 1.0) as f32, rng.uniform(4.0, 5.0) as f32];
        self.at
    }

    fn step(&mut self, action: [f32; 2], rng: &mut Rng) -> Step<[f32; 2]> {
        self.steps += 1;
        self.at = [self.at[0] + action[0].clamp(-1.0, 1.0), 0.9 * self.at[1] + action[1].clamp(-2.0, 0.5)];
        let (end, how) = (self.steps == self.length, rng.below(3));
        let reward = f64::from(self.at[0] - self.at[1]) + rng.unit();
        Step { obs: self.at, reward, terminated: end && how != 1, truncated: end && how != 0 }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.at, self.steps, self.length)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        (self.at, self.steps, self.length) = state.get()?;
        Ok(())
    }
}
