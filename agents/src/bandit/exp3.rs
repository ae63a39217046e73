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
//! 4. All weights of a context are divided by the greatest when that is large: p stays the same.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params, params::Value};
use serde::{Deserialize, Serialize};
use std::ops::RangeBounds;

use super::pulls::horizon;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::{bandit::exp3_mixing, softmax::draw},
    restore::{Shaped, restore},
    tabular::QTable,
};

params! {
    /// What EXP3 can be told.
    pub struct Exp3Config for "exp3" {
        /// the part γ of pulls that are of any arm; `horizon` takes the one that is best for the steps of the run
        mixing: Mixing = Mixing::Horizon, in 0.0..=1.0;
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

/// A weight above which those of its context are divided by it.
const LARGE: f64 = 1e100;

impl Recipe<usize, usize> for Exp3Config {
    type Agent = Exp3;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Exp3, Error> {
        self.validate()?;
        if self.low >= self.high {
            let why = format!("must be below `high`, {}", self.high);
            let (owner, name, value) = (Self::OWNER.into(), "low".into(), self.low.show());
            return Err(gymkhana_envs::Error::Parameter { owner, name, value, why }.into());
        }
        let weights = QTable::new(Self::OWNER, setup.spec, 1.0)?;
        let horizon = horizon(Self::OWNER, self.forget, setup)?;
        let gamma = match self.mixing {
            Mixing::Horizon => exp3_mixing(weights.actions(), horizon as f64),
            Mixing::Given(gamma) => gamma,
        };
        let p = vec![0.0; setup.lanes * weights.actions()];
        Ok(Exp3 { learnt: Learnt { weights, step: 0 }, p, gamma, config: self.clone() })
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
    weights: QTable,
    step: u64,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let weighs = |w: &f64| w.is_finite() && *w >= 0.0;
        self.weights.same_shape(&other.weights) && other.weights.flat().iter().all(weighs)
    }
}

impl Exp3 {
    /// The weights w(a).
    pub fn weights(&self) -> &QTable {
        &self.learnt.weights
    }

    /// The part γ of pulls that are of any arm.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }
}

/// p(a) of the legal arms.
#[inline]
fn mix(weights: &[f64], legal: Option<&[bool]>, gamma: f64, p: &mut [f64]) {
    match legal {
        None => p.copy_from_slice(weights),
        Some(legal) => {
            p.iter_mut().zip(weights).zip(legal).for_each(|((p, w), legal)| *p = if *legal { *w } else { 0.0 })
        }
    }
    let sum: f64 = p.iter().sum();
    let arms = legal.map_or(p.len(), |legal| legal.iter().filter(|legal| **legal).count());
    let (scale, share) = ((1.0 - gamma) / sum, gamma / arms as f64);
    for (a, p) in p.iter_mut().enumerate() {
        *p = if legal.is_none_or(|legal| legal[a]) { *p * scale + share } else { 0.0 };
    }
}

impl Policy<usize, usize> for Exp3 {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.learnt.weights.fill(1.0);
            self.learnt.step = 0;
        }
        let w = &self.learnt.weights;
        for (lane, (arm, p)) in act.iter_mut().zip(self.p.chunks_exact_mut(w.actions())).enumerate() {
            mix(w.row(w.state(now.obs.row(lane))), now.legal_in(lane), self.gamma, p);
            *arm = draw(p, rng);
        }
    }
}

impl Agent<usize, usize> for Exp3 {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let (Learnt { weights, step }, &Exp3Config { low, high, .. }) = (&mut self.learnt, &self.config);
        let arms = weights.actions();
        for (i, p) in (0..seen.lanes()).zip(self.p.chunks_exact(arms)) {
            let (context, arm) = (weights.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let x = ((seen.reward[i] - low) / (high - low)).clamp(0.0, 1.0);
            let row = weights.row_mut(context);
            row[arm] *= (self.gamma * x / p[arm] / arms as f64).exp();
            if row[arm] > LARGE {
                let most = row[arm];
                row.iter_mut().for_each(|w| *w /= most);
            }
            Error::finite(ENTRY.id, "a weight", row[arm], *step)?;
            log.record("train/reward_scaled", x);
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let weights = self.learnt.weights.clone();
        match mode {
            Mode::Greedy => Box::new(weights),
            Mode::Sample => Box::new(Mixed { p: vec![0.0; weights.actions()], weights, gamma: self.gamma }),
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
    weights: QTable,
    gamma: f64,
    /// of one lane
    p: Vec<f64>,
}

impl Policy<usize, usize> for Mixed {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, arm) in act.iter_mut().enumerate() {
            let context = self.weights.state(now.obs.row(lane));
            mix(self.weights.row(context), now.legal_in(lane), self.gamma, &mut self.p);
            *arm = draw(&self.p, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        bandit::{Testbed, TestbedParams},
    };

    use crate::one::{One, build, train};

    #[test]
    fn the_probabilities() {
        let mut p = [0.0; 3];
        mix(&[1.0, 2.0, 1.0], None, 0.3, &mut p);
        assert!(p.iter().zip([0.275, 0.45, 0.275]).all(|(p, right)| (p - right).abs() < 1e-15), "{p:?}");
        mix(&[1.0, 2.0, 1.0], Some(&[true, false, true]), 0.3, &mut p);
        assert!(p.iter().zip([0.5, 0.0, 0.5]).all(|(p, right)| (p - right).abs() < 1e-15), "{p:?}");
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
        // exp(γ x / p / K) = exp(0.2·x / ½ / 2) = exp(0.2 x)
        let right = (0.2 * (reward + 10.0) / 20.0).exp();
        assert!((agent.weights().row(0)[1] - right).abs() < 1e-12 && agent.weights().row(0)[0] == 1.0);
    }

    #[test]
    fn weights_stay_finite_and_the_mixing_follows_the_horizon() {
        let mut lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let config = Exp3Config { mixing: Mixing::Given(1.0), ..Exp3Config::default() };
        let mut agent = build(&lanes, &config, 100);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1_000);
        // e per step: after every 231 steps it is above 1e100 and begins at 1 again; 1000 − 4·231 = 76.
        assert!((agent.weights().row(0)[0].ln() - 76.0).abs() < 1e-9, "{:?}", agent.weights().row(0));
        let ten = Lanes::new(Testbed::new(TestbedParams::default()).unwrap(), 1, &Seeds::from(0)).unwrap();
        assert!((build(&ten, &Exp3Config::default(), 1_000).gamma() - 0.115_760).abs() < 1e-6);
    }

    #[test]
    fn an_empty_range_is_refused() {
        let lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let setup = Setup { spec: lanes.spec(), lanes: 1, steps: 9, device: crate::DeviceName::default() };
        let error = Exp3Config { low: 2.0, ..Exp3Config::default() }.build(&setup, &mut Rng::new(0)).unwrap_err();
        assert_eq!(error.to_string(), "exp3: `low=2`: must be below `high`, 1");
    }
}
