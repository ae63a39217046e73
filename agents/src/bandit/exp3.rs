//! EXP3, exponential weights for exploration and exploitation: whatever the arms pay, even to spite it.
//!
//! Auer, Cesa-Bianchi, Freund & Schapire 2002, "The Nonstochastic Multiarmed Bandit Problem", section 3, for K arms whose
//! rewards x are in [0, 1]:
//!
//! ```text
//! p(a) = (1 − γ) w(a) / Σ w(b) + γ/K,   A ~ p
//! w(A) ← w(A) exp(γ x̂ / K),   x̂ = x / p(A)
//! ```
//!
//! With γ = min(1, √(K ln K / ((e − 1) T))) the total reward of T pulls is expected to be at most 2 √(e − 1) √(T K ln K)
//! below that of the best arm (corollary 3.2).
//!
//! Deviations
//! 1. Rewards are scaled from `low`..`high` to [0, 1], and cut to it.
//! 2. There are weights for each context that is observed.
//! 3. Several lanes update the one table, one after the other in the order of lanes; each with the p by which it acted.
//! 4. What is kept is ln w, which grows by γ x̂ / K: weights themselves would leave the range of numbers, and an arm whose
//!    weight has become 0 could never come back.
//! 5. Where arms are illegal, w and p are those of the legal ones, and K in γ/K is their number.

use gymkhana_envs::{
    Params, Rng, State, Transitions, View, params,
    params::{Value, above_to},
};
use serde::{Deserialize, Serialize};
use std::ops::RangeBounds;

use super::pulls::horizon;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::{
        bandit::exp3_mixing,
        softmax::{draw, softmax},
    },
    restore::{Shaped, restore},
    tabular::QTable,
};

params! {
    /// What EXP3 can be told.
    pub struct Exp3Config for "exp3" {
        /// the part γ of pulls that are of any arm; `horizon` takes the one that is best for the steps of the run
        mixing: Mixing = Mixing::Horizon, in above_to(0.0, 1.0);
        /// the least that an arm pays
        low: f64 = 0.0, in ..;
        /// the most that an arm pays
        high: f64 = 1.0, in ..;
        /// begin anew with each episode, where each is another bandit
        forget: bool = false, in ..;
    }
}

/// How much is explored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mixing {
    /// As is best for the steps of the run, or of an episode where it forgets.
    Horizon,
    /// γ.
    Given(f64),
}

impl Value for Mixing {
    type Bound = f64;
    fn kind() -> String {
        "horizon or a number".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        if text == "horizon" { Ok(Self::Horizon) } else { f64::parse(text).map(Self::Given) }
    }
    fn show(&self) -> String {
        match self {
            Self::Horizon => "horizon".into(),
            Self::Given(gamma) => gamma.show(),
        }
    }
    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        match self {
            Self::Horizon => true,
            Self::Given(gamma) => gamma.is_finite() && range.contains(gamma),
        }
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<Exp3Config>(
    "exponential weights: nearly as good as the best arm, whatever the arms pay",
    "\
p(a) = (1 − γ) w(a) / Σ w(b) + γ/K,   A ~ p
w(A) ← w(A) exp(γ x̂ / K),   x̂ = x / p(A)        x is the reward, scaled to [0, 1]",
    "Auer, Cesa-Bianchi, Freund & Schapire 2002, The Nonstochastic Multiarmed Bandit Problem",
)
.at("bandit/adversarial")
.only_for(Scope::Bandit);

impl Recipe<usize, usize> for Exp3Config {
    type Agent = Exp3;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Exp3, Error> {
        self.validate()?;
        if self.low >= self.high {
            let why = format!("must be below `high`, {}", self.high);
            let (owner, name, value) = (Self::OWNER.into(), "low".into(), self.low.show());
            return Err(gymkhana_envs::Error::Parameter { owner, name, value, why }.into());
        }
        let log_weights = QTable::new(Self::OWNER, setup.spec, 0.0)?;
        let horizon = horizon(Self::OWNER, self.forget, setup)?;
        let gamma = match self.mixing {
            Mixing::Horizon => exp3_mixing(log_weights.actions(), horizon as f64),
            Mixing::Given(gamma) => gamma,
        };
        let p = vec![0.0; setup.lanes * log_weights.actions()];
        Ok(Exp3 { learnt: Learnt { log_weights, step: 0 }, p, gamma, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Exp3 {
    learnt: Learnt,
    /// by which each lane acted: lanes × arms
    p: Vec<f64>,
    gamma: f64,
    config: Exp3Config,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    /// ln w(a)
    log_weights: QTable,
    step: u64,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        self.log_weights.same_shape(&other.log_weights) && other.log_weights.flat().iter().all(|w| w.is_finite())
    }
}

impl Exp3 {
    /// The logarithms of the weights, ln w(a).
    pub fn log_weights(&self) -> &QTable {
        &self.learnt.log_weights
    }

    /// The part γ of pulls that are of any arm.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }
}

/// p(a) of the legal arms; 0 for the others.
#[inline]
fn mix(log_weights: &[f64], legal: Option<&[bool]>, gamma: f64, p: &mut [f64]) {
    softmax(log_weights, legal, p);
    let arms = legal.map_or(p.len(), |legal| legal.iter().filter(|legal| **legal).count());
    let share = gamma / arms as f64;
    for (a, p) in p.iter_mut().enumerate() {
        if legal.is_none_or(|legal| legal[a]) {
            *p = *p * (1.0 - gamma) + share;
        }
    }
}

impl Policy<usize, usize> for Exp3 {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.learnt.log_weights.fill(0.0);
            self.learnt.step = 0;
        }
        let w = &self.learnt.log_weights;
        for (lane, (arm, p)) in act.iter_mut().zip(self.p.chunks_exact_mut(w.actions())).enumerate() {
            mix(w.row(w.state(now.obs.row(lane))), now.legal_in(lane), self.gamma, p);
            *arm = draw(p, rng);
        }
    }
}

impl Agent<usize, usize> for Exp3 {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let (Learnt { log_weights, step }, &Exp3Config { low, high, .. }) = (&mut self.learnt, &self.config);
        let arms = log_weights.actions();
        for (i, p) in (0..seen.lanes()).zip(self.p.chunks_exact(arms)) {
            let (context, arm) = (log_weights.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let x = ((seen.reward[i] - low) / (high - low)).clamp(0.0, 1.0);
            let w = &mut log_weights.row_mut(context)[arm];
            *w = Error::finite(ENTRY.id, "a weight's logarithm", *w + self.gamma * x / p[arm] / arms as f64, *step)?;
            log.record("train/reward_scaled", x);
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let log_weights = self.learnt.log_weights.clone();
        match mode {
            Mode::Greedy => Box::new(log_weights),
            Mode::Sample => Box::new(Mixed { p: vec![0.0; log_weights.actions()], log_weights, gamma: self.gamma }),
        }
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }
}

/// The policy of these weights.
#[derive(Clone, Debug)]
struct Mixed {
    log_weights: QTable,
    gamma: f64,
    /// of one lane
    p: Vec<f64>,
}

impl Policy<usize, usize> for Mixed {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, arm) in act.iter_mut().enumerate() {
            let context = self.log_weights.state(now.obs.row(lane));
            mix(self.log_weights.row(context), now.legal_in(lane), self.gamma, &mut self.p);
            *arm = draw(&self.p, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Env, Lanes, Seeds, Space, Spec, Step,
        bandit::{Testbed, TestbedParams},
    };

    use crate::one::{One, build, train};

    #[test]
    fn the_probabilities() {
        let (mut p, ln2) = ([0.0; 3], 2.0_f64.ln());
        let mut near = |log_weights: [f64; 3], legal: Option<&[bool]>, right: [f64; 3]| {
            mix(&log_weights, legal, 0.3, &mut p);
            assert!(p.iter().zip(right).all(|(p, right)| (p - right).abs() < 1e-12), "{p:?}");
        };
        // Weights 1, 2, 1: 0.7·¼ + 0.1 and 0.7·½ + 0.1. Two legal ones of the same weight: ½ each.
        near([0.0, ln2, 0.0], None, [0.275, 0.45, 0.275]);
        near([0.0, ln2, 0.0], Some(&[true, false, true]), [0.5, 0.0, 0.5]);
        // The same however great all are, and where what is legal is far behind.
        near([5_000.0, 5_000.0 + ln2, 5_000.0], None, [0.275, 0.45, 0.275]);
        near([-9_000.0, 9_000.0, -9_000.0], Some(&[true, false, true]), [0.5, 0.0, 0.5]);
        near([0.0, 9_000.0, 0.0], None, [0.1, 0.8, 0.1]);
    }

    #[test]
    fn the_update_rule() {
        // Rewards are normal round 0: what pays less than −10 is 0, and within −10..10 they are near ½.
        let params = TestbedParams { arms: 2, noise: 0.0, ..TestbedParams::default() };
        let mut lanes = Lanes::new(Testbed::new(params).unwrap(), 1, &Seeds::from(0)).unwrap();
        let config = Exp3Config { mixing: Mixing::Given(0.2), low: -10.0, high: 10.0, ..Exp3Config::default() };
        let (mut agent, mut rng) = (build(&lanes, &config, 100), Rng::new(0));
        agent.act(&lanes.now(), &mut rng, &mut [0]);
        lanes.step(&[1]).unwrap();
        let reward = lanes.seen(&[1]).reward[0];
        agent.learn(&lanes.seen(&[1]), &mut rng, &mut Metrics::default()).unwrap();
        // γ x / p / K = 0.2·x / ½ / 2 = 0.2 x
        let right = 0.2 * (reward + 10.0) / 20.0;
        assert!((agent.log_weights().row(0)[1] - right).abs() < 1e-12 && agent.log_weights().row(0)[0] == 0.0);
    }

    #[test]
    fn logarithms_add_up_and_the_mixing_follows_the_horizon() {
        let mut lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let config = Exp3Config { mixing: Mixing::Given(1.0), ..Exp3Config::default() };
        let mut agent = build(&lanes, &config, 100);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1_000);
        // One arm, p = 1 and x = 1: e per step.
        assert_eq!(agent.log_weights().row(0), [1_000.0]);
        let ten = Lanes::new(Testbed::new(TestbedParams::default()).unwrap(), 1, &Seeds::from(0)).unwrap();
        assert!((build(&ten, &Exp3Config::default(), 1_000).gamma() - 0.115_760).abs() < 1e-6);
    }

    /// Two arms: arm 1 pays 1 for 3,000 pulls, then arm 0 for 7,000, then arm 1 again.
    #[derive(Clone)]
    struct Turning(usize);

    impl Env for Turning {
        type Obs = usize;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Turning", Space::Discrete(1), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> usize {
            0
        }
        fn step(&mut self, arm: usize, _: &mut Rng) -> Step<usize> {
            self.0 += 1;
            Step::on(0, f64::from(u8::from(arm == usize::from(!(3_001..=10_000).contains(&self.0)))))
        }
    }

    #[test]
    fn an_arm_far_behind_comes_back() {
        let mut lanes = Lanes::new(Turning(0), 1, &Seeds::from(0)).unwrap();
        let config = Exp3Config { mixing: Mixing::Given(0.5), ..Exp3Config::default() };
        let (mut agent, mut rng) = (build(&lanes, &config, 18_000), Rng::new(0));
        // A pull adds γ/K = ¼ in the mean to the arm that pays, whatever p: 750, then 1,000 behind, then 1,000 ahead.
        // The deviation of 7,000 pulls by p = ¼ is √(7000·3/16) = 36 at most.
        for (pulls, lead) in [(3_000, 750.0), (7_000, -1_000.0), (8_000, 1_000.0)] {
            train(&mut agent, &mut lanes, &mut rng, pulls);
            let w = agent.log_weights().row(0);
            assert!((w[1] - w[0] - lead).abs() < 150.0, "{w:?}, not a lead of {lead}");
        }
    }

    #[test]
    fn without_exploration_nothing_is_learnt_and_it_is_refused() {
        let error = Exp3Config::from_settings([("mixing", "0")]).unwrap_err().to_string();
        assert!(error.starts_with("exp3: `mixing=0`"), "{error}");
    }

    #[test]
    fn an_empty_range_is_refused() {
        let lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let setup = Setup { spec: lanes.spec(), lanes: 1, steps: 9, device: crate::DeviceName::default() };
        let error = Exp3Config { low: 2.0, ..Exp3Config::default() }.build(&setup, &mut Rng::new(0)).unwrap_err();
        assert_eq!(error.to_string(), "exp3: `low=2`: must be below `high`, 1");
    }
}
