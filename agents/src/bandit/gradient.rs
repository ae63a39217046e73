//! The gradient bandit: preferences instead of values.
//!
//! Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, section 2.8:
//!
//! ```text
//! π(a) = exp H(a) / Σ exp H(b),   A ~ π
//! H(a) ← H(a) + α (R − R̄) (1{a = A} − π(a))        for all arms
//! ```
//!
//! The baseline R̄ is the mean of the rewards before this one, and R̄₁ = R₁, as the book has it; earlier printings include the
//! present reward. A mean that begins with R̄₁ = 0 is `from-zero`: the first arm that is pulled gets a head start where
//! rewards are far from 0. Figure 2.5 says what happens without a baseline.
//!
//! Deviations
//! 1. There are preferences and a baseline for each context that is observed (section 2.9).
//! 2. Several lanes update the one table, one after the other in the order of lanes; each with the π by which it acted.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params, params::Value};
use serde::{Deserialize, Serialize};
use std::ops::RangeBounds;

use super::pulls::horizon;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::softmax::{draw, softmax},
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{QTable, VTable},
};

params! {
    /// What a gradient bandit can be told.
    pub struct GradientBanditConfig for "gradient-bandit" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..;
        /// what rewards are compared with: nothing, or the mean of past rewards, or of these and the current one
        baseline: Baseline = Baseline::Past, in ..;
        /// begin anew with each episode, where each is another bandit; schedules then go over an episode
        forget: bool = false, in ..;
    }
}

/// What rewards are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Nothing: `none`.
    None,
    /// The mean of the rewards before, and the first reward with itself: `past`.
    Past,
    /// The same, and the first reward with 0: `from-zero`.
    FromZero,
    /// The mean of the rewards so far, the present one included: `current`.
    Current,
}

impl Value for Baseline {
    type Bound = usize;
    fn kind() -> String {
        "none, past, from-zero or current".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "past" => Ok(Self::Past),
            "from-zero" => Ok(Self::FromZero),
            "current" => Ok(Self::Current),
            _ => Err("neither none, past, from-zero nor current".into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::None => "none",
            Self::Past => "past",
            Self::FromZero => "from-zero",
            Self::Current => "current",
        }
        .into()
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<GradientBanditConfig>(
    "preferences that follow the gradient of the expected reward",
    "\
π(a) = exp H(a) / Σ exp H(b),   A ~ π
H(a) ← H(a) + α (R − R̄) (1{a = A} − π(a))        for all arms; R̄ is the mean of the rewards before",
    "Sutton & Barto 2018, section 2.8",
)
.at("bandit/preferences")
.only_for(Scope::Bandit);

impl Recipe<usize, usize> for GradientBanditConfig {
    type Agent = GradientBandit;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<GradientBandit, Error> {
        self.validate()?;
        let preferences = QTable::new(Self::OWNER, setup.spec, 0.0)?;
        let baseline = VTable::new(Self::OWNER, setup.spec, 0.0)?;
        let n = vec![0.0; preferences.states()];
        let pi = vec![0.0; setup.lanes * preferences.actions()];
        let learnt = Learnt { preferences, baseline, n, step: 0 };
        Ok(GradientBandit { learnt, pi, steps: horizon(Self::OWNER, self.forget, setup)?, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct GradientBandit {
    learnt: Learnt,
    /// by which each lane acted: lanes × arms
    pi: Vec<f64>,
    /// of the whole run, or of an episode
    steps: u64,
    config: GradientBanditConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    /// H(c, a)
    preferences: QTable,
    /// R̄(c), the mean reward
    baseline: VTable,
    /// rewards in it
    n: Vec<f64>,
    step: u64,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        self.preferences.same_shape(&other.preferences)
            && self.baseline.same_shape(&other.baseline)
            && self.n.len() == other.n.len()
    }
}

impl Learnt {
    fn begin(&mut self) {
        self.preferences.fill(0.0);
        self.baseline.flat_mut().fill(0.0);
        self.n.fill(0.0);
        self.step = 0;
    }
}

impl GradientBandit {
    /// The preferences H.
    pub fn preferences(&self) -> &QTable {
        &self.learnt.preferences
    }
}

impl Policy<usize, usize> for GradientBandit {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.learnt.begin();
        }
        let h = &self.learnt.preferences;
        for (lane, (arm, pi)) in act.iter_mut().zip(self.pi.chunks_exact_mut(h.actions())).enumerate() {
            softmax(h.row(h.state(now.obs.row(lane))), now.legal_in(lane), pi);
            *arm = draw(pi, rng);
        }
    }
}

impl Agent<usize, usize> for GradientBandit {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Learnt { preferences: h, baseline, n, step } = &mut self.learnt;
        let alpha = self.config.learning_rate.at(*step, self.steps);
        for (i, pi) in (0..seen.lanes()).zip(self.pi.chunks_exact(h.actions())) {
            let (context, arm, reward) = (h.state(seen.was.obs.row(i)), seen.act.row(i)[0], seen.reward[i]);
            let (mean, n) = (baseline.value_mut(context), &mut n[context]);
            let before = if *n == 0.0 && self.config.baseline == Baseline::Past { reward } else { *mean };
            *n += 1.0;
            *mean += (reward - *mean) / *n;
            let compared = match self.config.baseline {
                Baseline::None => reward,
                Baseline::Past | Baseline::FromZero => reward - before,
                Baseline::Current => reward - *mean,
            };
            let row = h.row_mut(context);
            let size = alpha * Error::finite(ENTRY.id, "a reward's distance from the baseline", compared, *step)?;
            for (h, pi) in row.iter_mut().zip(pi) {
                *h -= size * pi;
            }
            row[arm] = Error::finite(ENTRY.id, "a preference", row[arm] + size, *step)?;
            log.record("train/error", compared.abs());
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let preferences = self.learnt.preferences.clone();
        match mode {
            Mode::Greedy => Box::new(preferences),
            Mode::Sample => Box::new(Softmax { pi: vec![0.0; preferences.actions()], preferences }),
        }
    }

    /// The mean reward.
    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.baseline.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }
}

/// The soft-max policy on preferences.
#[derive(Clone, Debug)]
struct Softmax {
    preferences: QTable,
    /// of one lane
    pi: Vec<f64>,
}

impl Policy<usize, usize> for Softmax {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, arm) in act.iter_mut().enumerate() {
            let context = self.preferences.state(now.obs.row(lane));
            softmax(self.preferences.row(context), now.legal_in(lane), &mut self.pi);
            *arm = draw(&self.pi, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Batch, Env, Lanes, Seeds, Space, Spec, Step};

    use crate::one::build;

    /// Two arms, the n-th pull pays n² + 1, whatever is pulled.
    #[derive(Clone)]
    struct Rising(f64);

    impl Env for Rising {
        type Obs = usize;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Rising", Space::Discrete(1), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> usize {
            0
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<usize> {
            self.0 += 1.0;
            Step::on(0, self.0 * self.0 + 1.0)
        }
    }

    /// The preferences after arm 0 was pulled twice with step size 0.2.
    fn twice(baseline: Baseline) -> [f64; 2] {
        let mut lanes = Lanes::new(Rising(0.0), 1, &Seeds::from(0)).unwrap();
        let config = GradientBanditConfig { learning_rate: 0.2.into(), baseline, ..GradientBanditConfig::default() };
        let (mut agent, mut rng) = (build(&lanes, &config, 100), Rng::new(0));
        for _ in 0..2 {
            agent.act(&lanes.now(), &mut rng, &mut [0]);
            lanes.step(&[0]).unwrap();
            agent.learn(&lanes.seen(&[0]), &mut rng, &mut Metrics::default()).unwrap();
        }
        [0, 1].map(|arm| agent.preferences().row(0)[arm])
    }

    #[test]
    fn the_update_rule() {
        // The literals have nine digits.
        let near = |found: [f64; 2], right: f64| {
            assert!((found[0] - right).abs() < 1e-9 && (found[1] + right).abs() < 1e-9, "{found:?}, not {right}");
        };
        // Rewards 2, 5. Past: R̄₁ = R₁ moves nothing; then 0.2·(5 − 2)·½ = 0.3.
        near(twice(Baseline::Past), 0.3);
        // From zero: 0.2·2·½ = 0.2; then R̄ = 2, 0.2 + 0.2·3·0.401312340 = 0.440787404.
        near(twice(Baseline::FromZero), 0.440_787_404);
        // Current: nothing; then R̄ = 3.5, 0.2·1.5·½ = 0.15.
        near(twice(Baseline::Current), 0.15);
        // None: 0.2·2·½ = 0.2; then π = 1/(1 + e^−0.4) = 0.598687660, 0.2 + 0.2·5·0.401312340 = 0.601312340.
        near(twice(Baseline::None), 0.601_312_340);
    }

    #[test]
    fn a_baseline_is_written_and_read() {
        for text in ["none", "past", "from-zero", "current"] {
            assert_eq!(Baseline::parse(text).unwrap().show(), text);
        }
        assert!(Baseline::parse("mean").is_err());
    }
}
