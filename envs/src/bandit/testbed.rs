//! The k-armed testbed: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, section 2.3.
//!
//! True values q*(a) ~ N(μ, 1) are drawn once per run; pulling arm a gives a reward ~ N(q*(a), σ²), with σ = 1 unless
//! `noise` says otherwise. With Bernoulli rewards q*(a) is uniform in [0, 1), and a pull pays 1 with that probability,
//! else 0 (Chapelle & Li 2011, "An Empirical Evaluation of Thompson Sampling").

use std::ops::RangeBounds;

use super::bars::bars;
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Value,
    render::{Frame, Render},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What the testbed is made of.
    pub struct TestbedParams for "KArmedBandit" {
        /// the number of arms k
        arms: usize = 10, in 1..=100_000;
        /// how arms pay: round their true value, or 1 with that probability
        rewards: Rewards = Rewards::Gaussian, in ..;
        /// mean of the true values μ; only gaussian
        mean: f64 = 0.0, in ..;
        /// standard deviation of a reward round its true value; only gaussian
        noise: f64 = 1.0, in 0.0..;
        /// pulls per run: a run is an episode, with true values of its own
        time_limit: u32 = 1000, in 1..;
    }
}

/// How arms pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewards {
    /// True values are N(μ, 1), rewards normal round them.
    Gaussian,
    /// True values are uniform in [0, 1), rewards 1 with that probability and else 0.
    Bernoulli,
}

impl Value for Rewards {
    type Bound = usize;
    fn kind() -> String {
        "gaussian or bernoulli".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "gaussian" => Ok(Self::Gaussian),
            "bernoulli" => Ok(Self::Bernoulli),
            _ => Err("neither gaussian nor bernoulli".into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::Gaussian => "gaussian".into(),
            Self::Bernoulli => "bernoulli".into(),
        }
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "KArmedBandit",
    family: "bandit",
    about: "the k-armed testbed: which arm pays best?",
    details: "\
One state. Actions: an arm each. True values q*(a) ~ N(μ, 1), drawn anew for each run (an episode); reward ~ N(q*(a), 1).
With rewards=bernoulli q*(a) is uniform in [0, 1) and the reward is 1 with that probability, else 0.
Never terminates; a run is truncated after 1,000 pulls. Since each episode is a new bandit, a policy that no longer
learns cannot know its best arm: look at the return while learning (rollout/return_mean), not at evaluations.",
    source: "Sutton & Barto 2018, section 2.3",
    params: <TestbedParams as params::Params>::list,
    check: values::<TestbedParams>,
    make: |settings| Ok(Made::shown(Testbed::new(typed(settings)?)?)),
};

/// The environment.
#[derive(Clone, Debug)]
pub struct Testbed {
    values: Vec<f64>,
    /// the arm that was pulled last in this run and what it paid: to be looked at only
    pulled: Option<(usize, f64)>,
    params: TestbedParams,
}

impl Testbed {
    /// Arms whose values are drawn by the first reset.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: TestbedParams) -> Result<Self, Error> {
        params::Params::validate(&params)?;
        Ok(Self { values: vec![0.0; params.arms], pulled: None, params })
    }

    /// The true values q*(a) of this run.
    pub fn true_values(&self) -> &[f64] {
        &self.values
    }
}

impl Env for Testbed {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("KArmedBandit", Space::Discrete(1), Space::Discrete(self.params.arms))
            .time_limit(self.params.time_limit)
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        for value in &mut self.values {
            *value = match self.params.rewards {
                Rewards::Gaussian => self.params.mean + rng.normal(),
                Rewards::Bernoulli => rng.unit(),
            };
        }
        self.pulled = None;
        0
    }

    #[inline]
    fn step(&mut self, arm: usize, rng: &mut Rng) -> Step<usize> {
        let reward = match self.params.rewards {
            Rewards::Gaussian => self.values[arm] + self.params.noise * rng.normal(),
            Rewards::Bernoulli => f64::from(u8::from(rng.unit() < self.values[arm])),
        };
        self.pulled = Some((arm, reward));
        Step::on(0, reward)
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.values))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let values: Vec<f64> = state.get()?;
        if values.len() != self.params.arms {
            return Err(Error::State(format!("{} arms, not {}", values.len(), self.params.arms)));
        }
        (self.values, self.pulled) = (values, None);
        Ok(())
    }
}

impl Render for Testbed {
    fn frame(&self) -> Frame {
        bars(&self.values, self.pulled).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_pays_its_value_on_average() {
        let mut env = Testbed::new(TestbedParams { arms: 3, ..TestbedParams::default() }).unwrap();
        let mut rng = Rng::new(5);
        env.reset(&mut rng);
        let mean = (0..40_000).map(|_| env.step(2, &mut rng).reward).sum::<f64>() / 40_000.0;
        assert!((mean - env.true_values()[2]).abs() < 0.02, "{mean} against {}", env.true_values()[2]);
    }

    #[test]
    fn the_best_of_ten_is_worth_one_and_a_half() {
        let mut env = Testbed::new(TestbedParams::default()).unwrap();
        let mut rng = Rng::new(6);
        let mut sum = 0.0;
        for _ in 0..4_000 {
            env.reset(&mut rng);
            sum += env.true_values().iter().copied().fold(f64::MIN, f64::max);
        }
        // The expected maximum of ten standard normal draws is 1.5388; the mean of 4,000 has a deviation of 0.009.
        assert!((sum / 4_000.0 - 1.5388).abs() < 0.04, "{}", sum / 4_000.0);
    }

    #[test]
    fn a_bernoulli_arm_pays_1_as_often_as_its_value_says() {
        let params = TestbedParams { arms: 3, rewards: Rewards::Bernoulli, ..TestbedParams::default() };
        let (mut env, mut rng) = (Testbed::new(params).unwrap(), Rng::new(5));
        env.reset(&mut rng);
        // NumPy's default_rng(5).random(3)
        assert_eq!(env.true_values(), [0.805_002_923_745_380_2, 0.807_940_789_736_493_7, 0.515_325_561_042_142]);
        let ones = (0..40_000).filter(|_| env.step(1, &mut rng).reward == 1.0).count();
        assert!((ones as f64 / 40_000.0 - env.true_values()[1]).abs() < 0.01, "{ones}");
        let rewards = |text: &str| Rewards::parse(text).map(|rewards| rewards.show());
        assert_eq!(rewards("bernoulli"), Ok("bernoulli".into()));
        assert_eq!(rewards("beta"), Err("neither gaussian nor bernoulli".into()));
    }
}
