//! The non-stationary testbed: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, exercise 2.5.
//!
//! True values begin equal and take independent random walks, so that what was learnt of an arm grows old: a constant
//! step size beats the sample average.

use super::bars::{bars, best};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What the arms are made of.
    pub struct DriftingBanditParams for "DriftingBandit" {
        /// the number of arms k
        arms: usize = 10, in 1..=100_000;
        /// the true value that all arms begin with
        mean: f64 = 0.0, in ..;
        /// standard deviation of a true value's change per pull, of whatever arm
        drift: f64 = 0.01, in 0.0..=1e6;
        /// standard deviation of a reward round its true value
        noise: f64 = 1.0, in 0.0..=1e6;
        /// pulls per run: a run is an episode
        time_limit: u32 = 10_000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "DriftingBandit",
    family: "bandit",
    about: "arms whose worth drifts: what was learnt grows old",
    details: "\
One state. Actions: an arm each. True values q*(a) begin at 0 with each run (an episode); a pull gives a reward ~
N(q*(a), 1), and then all true values change by N(0, 0.01²) draws of their own. Never terminates; a run is truncated
after 10,000 pulls. Look at the return while learning (rollout/return_mean), not at evaluations: see KArmedBandit.",
    source: "Sutton & Barto 2018, exercise 2.5",
    params: DriftingBanditParams::list,
    check: values::<DriftingBanditParams>,
    make: |settings| Ok(Made::shown(DriftingBandit::new(typed(settings)?)?)),
};

/// The environment.
#[derive(Clone, Debug)]
pub struct DriftingBandit {
    values: Vec<f64>,
    /// the arm that was pulled last in this run and what it paid: to be looked at only
    pulled: Option<(usize, f64)>,
    params: DriftingBanditParams,
}

impl DriftingBandit {
    /// At the beginning of a run.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: DriftingBanditParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { values: vec![params.mean; params.arms], pulled: None, params })
    }

    /// The true values q*(a), as they are for the next pull.
    pub fn true_values(&self) -> &[f64] {
        &self.values
    }

    /// The arm that is best for the next pull; of several the first.
    pub fn best(&self) -> usize {
        best(&self.values)
    }
}

impl Env for DriftingBandit {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("DriftingBandit", Space::Discrete(1), Space::Discrete(self.params.arms))
            .time_limit(self.params.time_limit)
    }

    fn reset(&mut self, _: &mut Rng) -> usize {
        self.values.fill(self.params.mean);
        self.pulled = None;
        0
    }

    #[inline]
    fn step(&mut self, arm: usize, rng: &mut Rng) -> Step<usize> {
        let reward = self.values[arm] + self.params.noise * rng.normal();
        for value in &mut self.values {
            *value += self.params.drift * rng.normal();
        }
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

impl Render for DriftingBandit {
    fn frame(&self) -> Frame {
        bars(&self.values, self.pulled).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_equal_and_drift_by_a_hundredth_per_pull() {
        let (mut env, mut rng) = (DriftingBandit::new(DriftingBanditParams::default()).unwrap(), Rng::new(1));
        let mut squares = 0.0;
        for _ in 0..400 {
            env.reset(&mut rng);
            assert_eq!(env.true_values(), [0.0; 10]);
            (0..100).for_each(|pull| assert!(env.step(pull % 10, &mut rng).reward.is_finite()));
            squares += env.true_values().iter().map(|value| value * value).sum::<f64>();
        }
        // After 100 pulls the deviation is 0.1; 4,000 walks give it to 0.0011.
        let deviation = (squares / 4_000.0).sqrt();
        assert!((deviation - 0.1).abs() < 0.005, "{deviation}");
    }

    #[test]
    fn a_pull_pays_what_the_arm_was_worth_before_it() {
        let params = DriftingBanditParams { noise: 0.0, drift: 1.0, arms: 3, ..DriftingBanditParams::default() };
        let (mut env, mut rng) = (DriftingBandit::new(params).unwrap(), Rng::new(2));
        env.reset(&mut rng);
        assert_eq!(env.step(0, &mut rng).reward, 0.0);
        for arm in [2, 1, 0] {
            let before = env.true_values().to_vec();
            assert_eq!(env.best(), (0..3).max_by(|a, b| before[*a].total_cmp(&before[*b])).unwrap());
            assert_eq!(env.step(arm, &mut rng).reward, before[arm]);
            assert!(before.iter().zip(env.true_values()).all(|(before, after)| before != after));
        }
    }
}
