//! An environment of one's own: train an agent of the zoo on it, keep the run, load the policy, act.

use gymkhana::agents::tabular::QLearningConfig;
use gymkhana::envs::{Env, Rng, Space, Spec, Step};

/// A machine that wears out. Running it earns less the more it is worn, and may break it; repairing it costs 5.
#[derive(Clone)]
struct Machine(usize);

impl Env for Machine {
    type Obs = usize; // how worn it is, 0 to 9
    type Act = usize; // 0 runs it, 1 repairs it
    fn spec(&self) -> Spec {
        Spec::new("Machine", Space::Discrete(10), Space::Discrete(2)).time_limit(200)
    }
    fn reset(&mut self, _: &mut Rng) -> usize {
        self.0 = 0;
        self.0
    }
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let reward = if action == 1 { -5.0 } else { 10.0 - self.0 as f64 };
        self.0 = if action == 1 { 0 } else { self.0 + rng.below(3) };
        if self.0 >= 9 { Step::terminated(9, -50.0) } else { Step::on(self.0, reward) }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let policy = train("results/runs/machine")?;
    for wear in 0..9 {
        println!("worn {wear}: {}", ["run", "repair"][policy.choose_in(wear)?]);
    }
    Ok(())
}

pub(crate) fn train(dir: &str) -> Result<gymkhana::SavedPolicy, Box<dyn std::error::Error>> {
    let agent = QLearningConfig { gamma: 0.95, learning_rate: 0.1.into(), ..QLearningConfig::default() };
    gymkhana::Training::new(Machine(0), agent).steps(100_000).seed(1).out(dir).run()?;
    Ok(gymkhana::load(dir)?)
}
