//! Semi-gradient Sarsa: on-policy control with a weighted sum of features, by returns of n steps.
//!
//! Sutton & Barto 2018, sections 10.1 and 10.2:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ q̂(sₜ₊ₙ, aₜ₊ₙ, w)        (up to the end, where that comes sooner)
//! w ← w + α/k [Gₜ − q̂(sₜ, aₜ, w)] ∇q̂(sₜ, aₜ, w)
//! ```
//!
//! Features are 0 or 1, and k of them are active at once: the numbers that an observation has, such as the tiles that the
//! wrapper `tile-coding` gives. q̂ is the sum of their weights, and so ∇q̂ is 1 for those and 0 for the others. With n = 1
//! and a state that is one number it is Sarsa.
//!
//! Deviations
//! 1. `learning_rate` is for all active features together, so that it means the same however many there are: Sutton &
//!    Barto's α = 0.5/8 with eight tilings is 0.5 here.
//! 2. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 3. Several lanes update the same weights, one after the other in the order of lanes.
//! 4. Where an episode is truncated, an action is drawn in the state that was reached, and not taken: the last steps look
//!    ahead to there.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use super::LinearQ;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::returns::n_step_return,
    memory::{Step, Steps},
    restore::{Shaped, restore},
    schedule::Schedule,
};

params! {
    /// What semi-gradient Sarsa can be told.
    pub struct SemiGradientSarsaConfig for "semi-gradient-sarsa" {
        /// step size α, shared by the active features
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=2.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// steps that are looked ahead
        n: usize = 1, in 1..=1000;
        /// what q̂(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<SemiGradientSarsaConfig>(
    "on-policy control with a weighted sum of features, by returns of n steps",
    "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ q̂(sₜ₊ₙ, aₜ₊ₙ, w)        (up to the end, where that comes sooner)
w ← w + α/k [Gₜ − q̂(sₜ, aₜ, w)] ∇q̂(sₜ, aₜ, w)                   k features are active at once",
    "Sutton & Barto 2018, sections 10.1 and 10.2",
)
.at("value/control/linear");

impl Recipe<usize, usize> for SemiGradientSarsaConfig {
    type Agent = SemiGradientSarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<SemiGradientSarsa, Error> {
        self.validate()?;
        let q = LinearQ::new(Self::OWNER, setup.spec, self.initial_value)?;
        let values = vec![0.0; q.actions()];
        let steps = Steps::new(setup.lanes, self.n, q.active(), q.actions());
        let learnt = Learnt { known: Known { q, step: 0 }, steps, chosen: vec![None; setup.lanes] };
        Ok(SemiGradientSarsa { learnt, values, run: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct SemiGradientSarsa {
    learnt: Learnt,
    /// q̂(s, ·) of the state that is looked at
    values: Vec<f64>,
    /// steps of the whole run
    run: u64,
    config: SemiGradientSarsaConfig,
}

/// What it knows: action values, and how far its run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    q: LinearQ,
    step: u64,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    steps: Steps,
    /// per lane, the action that is taken next: none where an episode begins
    chosen: Vec<Option<usize>>,
}

impl Shaped for Known {
    fn same_shape(&self, other: &Self) -> bool {
        self.q.same_shape(&other.q)
    }
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let q = &self.known.q;
        self.known.same_shape(&other.known)
            && self.steps.same_shape(&other.steps)
            && other.steps.within(|i| q.size(i))
            && self.chosen.len() == other.chosen.len()
            && other.chosen.iter().flatten().all(|action| *action < q.actions())
    }
}

impl SemiGradientSarsa {
    /// The action values.
    pub fn q(&self) -> &LinearQ {
        &self.learnt.known.q
    }

    fn epsilon(&self) -> f64 {
        self.config.epsilon.at(self.learnt.known.step, self.run)
    }
}

impl Policy<usize, usize> for SemiGradientSarsa {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let epsilon = self.epsilon();
        let (Learnt { known: Known { q, .. }, chosen, .. }, values) = (&mut self.learnt, &mut self.values);
        for (lane, action) in act.iter_mut().enumerate() {
            // What was chosen in an episode that was cut short is nothing for the next.
            *action = match chosen[lane].take().filter(|_| !now.first[lane]) {
                Some(chosen) => chosen,
                None => q.epsilon_greedy(now.obs.row(lane), now.legal_in(lane), epsilon, rng, values),
            };
        }
    }
}

impl Agent<usize, usize> for SemiGradientSarsa {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let (gamma, epsilon) = (self.config.gamma, self.epsilon());
        let Learnt { known: Known { q, step }, steps, chosen } = &mut self.learnt;
        let alpha = self.config.learning_rate.at(*step, self.run) / q.active() as f64;
        for (i, chosen) in chosen.iter_mut().enumerate() {
            let (row, legal, action) = (seen.was.obs.row(i), seen.was.legal_in(i), seen.act.row(i)[0]);
            if seen.was.first[i] {
                steps.clear(i);
            }
            steps.push(i, &Step { row, legal, action, reward: seen.reward[i], ratio: 1.0 });
            let next = seen.next(i);
            let next_action = (!seen.terminated[i])
                .then(|| q.epsilon_greedy(next, seen.next_legal(i), epsilon, rng, &mut self.values));
            let ended = seen.ended(i);
            while steps.is_full(i) || ended && !steps.is_empty(i) {
                let end = next_action.map_or(0.0, |action| q.value(next, action));
                let g = n_step_return((0..steps.len(i)).map(|k| steps.get(i, k).reward), gamma, end);
                let Step { row, action, .. } = steps.get(i, 0);
                let delta = Error::finite(ENTRY.id, "an error", g - q.value(row, action), *step)?;
                q.add(row, action, alpha * delta);
                log.record("train/td_error", delta.abs());
                steps.pop(i);
            }
            *chosen = next_action.filter(|_| !ended);
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        Box::new(self.q().policy(mode, self.epsilon()))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.q().values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.known)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.known, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Batch, Encode, Env, Lanes, Seeds, Space, Spec};

    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &SemiGradientSarsaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().value(&[0], 0)
    }

    #[test]
    fn the_update_rule() {
        let config = SemiGradientSarsaConfig { gamma: 0.5, initial_value: 4.0, n: 2, ..Default::default() };
        // G = 1 + ½·1 + ¼·4 = 2.5, and q̂ ← 4 + ½ (2.5 − 4) = 3.25
        assert_eq!([1, 2].map(|steps| learnt(false, false, steps, &config)), [4.0, 3.25]);
        // Truncated after one: 1 + ½·4 = 3, and 4 + ½ (3 − 4) = 3.5. Terminated: 4 + ½ (1 − 4) = 2.5
        assert_eq!((learnt(false, true, 1, &config), learnt(true, false, 1, &config)), (3.5, 2.5));
    }

    /// Two active features in every state, of three in all; a step pays 1 and ends.
    #[derive(Clone)]
    struct Tiles;

    struct Pair(usize, usize);

    impl Encode for Pair {
        type Elem = usize;
        const WIDTH: usize = 2;
        fn encode(&self, row: &mut [usize]) {
            row.copy_from_slice(&[self.0, self.1]);
        }
    }

    impl Env for Tiles {
        type Obs = Pair;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Tiles", Space::MultiDiscrete(vec![1, 2]), Space::Discrete(1))
        }
        fn reset(&mut self, _: &mut Rng) -> Pair {
            Pair(0, 0)
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> gymkhana_envs::Step<Pair> {
            gymkhana_envs::Step::terminated(Pair(0, 1), 1.0)
        }
    }

    #[test]
    fn active_features_share_a_step() {
        let mut lanes = Lanes::new(Tiles, 1, &Seeds::from(0)).unwrap();
        let mut agent = build(&lanes, &SemiGradientSarsaConfig::default(), 10);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1);
        // q̂ ← 0 + ½ (1 − 0), a quarter in each weight; the other state shares one of them.
        assert_eq!((agent.q().value(&[0, 0], 0), agent.q().value(&[0, 1], 0)), (0.5, 0.25));
        assert_eq!(agent.q().values(&lanes.now()), [0.5]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = SemiGradientSarsaConfig { gamma: 0.9, n: 3, ..SemiGradientSarsaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(false, false) - 10.0).abs() < 1e-9, "the same where nothing ends");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
