//! REINFORCE: Monte Carlo policy gradient, with or without a baseline.
//!
//! Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning"; Sutton &
//! Barto 2018, sections 13.3 and 13.4. At the end of an episode, for t = 0, 1, …, T − 1:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + …
//! δ = Gₜ − V(sₜ),  V(sₜ) ← V(sₜ) + α_w δ
//! θ ← θ + α γᵗ Gₜ ∇ ln π(aₜ | sₜ)          without a baseline
//! θ ← θ + α γᵗ δ ∇ ln π(aₜ | sₜ)           with the baseline V
//! ```
//!
//! Deviations
//! 1. Values are learned without a baseline too, and used in one place alone: where an episode is truncated, its returns
//!    go on with the value of the state that was reached.
//! 2. Step sizes may follow a schedule over the run.
//! 3. Several lanes update the one table, each at the end of its episodes, in the order of lanes. ∇ ln π is taken at θ as it
//!    is then: as in Sutton & Barto after the updates for the steps before it, and with several lanes also after those of
//!    episodes that ended in others meanwhile.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use super::Preferences;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Given, VTable},
};

params! {
    /// What REINFORCE can be told.
    pub struct ReinforceConfig for "tabular-reinforce" {
        /// step size α of the preferences
        learning_rate: Schedule = Schedule::Constant(0.01), in 0.0..=100.0;
        /// step size α_w of the values
        value_learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// whether the value of the state is subtracted from the return
        baseline: bool = false, in ..;
        /// the policy to begin with: random, or how likely each action is, such as 0.95:0.05
        initial_policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<ReinforceConfig>(
    "Monte Carlo policy gradient, with or without a baseline",
    "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + …
δ = Gₜ − V(sₜ),  V(sₜ) ← V(sₜ) + α_w δ
θ ← θ + α γᵗ Gₜ ∇ ln π(aₜ | sₜ)          without a baseline
θ ← θ + α γᵗ δ ∇ ln π(aₜ | sₜ)           with the baseline V",
    "Williams 1992, Simple Statistical Gradient-Following Algorithms; Sutton & Barto 2018, sections 13.3 and 13.4",
)
.at("policy/gradient");

impl Recipe<usize, usize> for ReinforceConfig {
    type Agent = Reinforce;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Reinforce, Error> {
        self.validate()?;
        let learnt = Learnt {
            preferences: Preferences::new(Self::OWNER, setup.spec, &self.initial_policy)?,
            v: VTable::new(Self::OWNER, setup.spec, self.initial_value)?,
            step: 0,
            episodes: vec![Episode::default(); setup.lanes],
        };
        Ok(Reinforce { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Reinforce {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: ReinforceConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    preferences: Preferences,
    v: VTable,
    step: u64,
    /// per lane, the episode so far
    episodes: Vec<Episode>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Episode {
    visits: Vec<Visit>,
    /// a mask of the legal actions for each visit, one after the other: all are, where the environment does not say
    legal: Vec<bool>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Visit {
    state: usize,
    action: usize,
    /// the reward rₜ₊₁, and at the end of the episode the return Gₜ
    earned: f64,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let (states, actions) = (self.preferences.theta().states(), self.preferences.theta().actions());
        let fits = |episode: &Episode| {
            let masked = episode.legal.len() == episode.visits.len() * actions;
            masked && episode.visits.iter().all(|visit| visit.state < states && visit.action < actions)
        };
        let same_tables = self.preferences.same_shape(&other.preferences) && self.v.same_shape(&other.v);
        same_tables && self.episodes.len() == other.episodes.len() && other.episodes.iter().all(fits)
    }
}

impl Reinforce {
    /// The preferences, and the policy that is their softmax.
    pub fn preferences(&self) -> &Preferences {
        &self.learnt.preferences
    }

    /// The values.
    pub fn v(&self) -> &VTable {
        &self.learnt.v
    }

    /// Learns from the episode of a lane, after whose end `after` is still to be earned.
    fn learn_episode(&mut self, lane: usize, after: f64, log: &mut Metrics) -> Result<(), Error> {
        let ReinforceConfig { gamma, learning_rate, value_learning_rate, baseline, .. } = self.config;
        let Learnt { preferences, v, step, episodes } = &mut self.learnt;
        let (alpha, alpha_w) = (learning_rate.at(*step, self.steps), value_learning_rate.at(*step, self.steps));
        let (Episode { visits, legal }, actions) = (&mut episodes[lane], preferences.theta().actions());
        let mut after = after;
        for visit in visits.iter_mut().rev() {
            after = visit.earned + gamma * after;
            visit.earned = after;
        }
        let mut discount = 1.0;
        for (t, &Visit { state, action, earned }) in visits.iter().enumerate() {
            let delta = earned - v.value(state);
            *v.value_mut(state) = Error::finite(ENTRY.id, "a value", v.value(state) + alpha_w * delta, *step)?;
            let legal = &legal[t * actions..][..actions];
            preferences.ascend(state, action, Some(legal), alpha * if baseline { delta } else { earned }, discount);
            Error::finite(ENTRY.id, "a preference", preferences.theta().row(state)[action], *step)?;
            discount *= gamma;
            log.record("train/error", delta.abs());
        }
        Ok(())
    }
}

impl Policy<usize, usize> for Reinforce {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        self.learnt.preferences.act(now, rng, act);
    }
}

impl Agent<usize, usize> for Reinforce {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        for i in 0..seen.lanes() {
            let Learnt { preferences, v, episodes, .. } = &mut self.learnt;
            let (state, action) = (preferences.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let episode = &mut episodes[i];
            if seen.was.first[i] {
                episode.visits.clear();
                episode.legal.clear();
            }
            episode.visits.push(Visit { state, action, earned: seen.reward[i] });
            match seen.was.legal_in(i) {
                Some(legal) => episode.legal.extend_from_slice(legal),
                None => episode.legal.resize(episode.visits.len() * preferences.theta().actions(), true),
            }
            if seen.ended(i) {
                let after = if seen.terminated[i] { 0.0 } else { v.value(v.state(seen.next(i))) };
                self.learn_episode(i, after, log)?;
            }
        }
        self.learnt.step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        self.learnt.preferences.policy(mode)
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.v.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.preferences)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.preferences, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Lanes, Seeds,
        tabular::{ShortCorridor, ShortCorridorParams},
    };

    use crate::one::{One, build, train};

    /// Two steps of the corridor, cut off after them, with one policy for both actions: −1 and −1 are earned.
    fn two_steps(config: &ReinforceConfig) -> (Vec<f64>, f64, usize) {
        let corridor = ShortCorridor::new(ShortCorridorParams { time_limit: 2 }).unwrap();
        let mut lanes = Lanes::new(corridor, 1, &Seeds::from(0)).unwrap();
        let (mut agent, mut rng) = (build(&lanes, config, 2), Rng::new(3));
        train(&mut agent, &mut lanes, &mut rng, 1);
        let first = agent.learnt.episodes[0].visits[0].action;
        train(&mut agent, &mut lanes, &mut rng, 1);
        let second = agent.learnt.episodes[0].visits[1].action;
        assert_eq!(first, second, "the seed is one where both actions are the same");
        (agent.preferences().theta().flat().to_vec(), agent.v().value(0), first)
    }

    #[test]
    fn the_update_rule() {
        let config = ReinforceConfig {
            gamma: 0.5,
            learning_rate: 1.0.into(),
            value_learning_rate: 0.5.into(),
            ..Default::default()
        };
        // Cut off where V = 0: G₁ = −1, G₀ = −1 + ½·(−1) = −1.5. The first update takes −1.5·½ off the action's
        // preference and adds it to the other's: they are 1.5 apart, and the action has probability p = 1/(1 + e^1.5).
        // The second has γ¹ = ½ and G₁ = −1: it takes ½(1 − p) off.
        let p = 1.0 / (1.0 + 1.5_f64.exp());
        let (theta, v, action) = two_steps(&config);
        assert!((theta[action] - (-0.75 - 0.5 * (1.0 - p))).abs() < 1e-15, "{theta:?}");
        assert!((theta[1 - action] - (0.75 + 0.5 * (1.0 - p))).abs() < 1e-15, "{theta:?}");
        // V: 0 + ½(−1.5) = −0.75, then −0.75 + ½(−1 + 0.75) = −0.875.
        assert_eq!(v, -0.875);
        // With the baseline: δ = −1.5 and then −1 + 0.75 = −¼.
        let (theta, _, action) = two_steps(&ReinforceConfig { baseline: true, ..config });
        assert!((theta[action] - (-0.75 - 0.125 * (1.0 - p))).abs() < 1e-15, "{theta:?}");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = ReinforceConfig { gamma: 0.9, value_learning_rate: 0.5.into(), ..ReinforceConfig::default() };
        let value = |terminated, truncated| {
            let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
            let mut agent = build(&lanes, &config, 2_000);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 2_000);
            agent.v().value(0)
        };
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn a_policy_that_cannot_be_a_softmax_is_refused() {
        let lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let setup =
            Setup { spec: gymkhana_envs::Batch::spec(&lanes), lanes: 1, steps: 1, device: crate::DeviceName::Flex };
        let config = ReinforceConfig::from_settings([("initial_policy", "0")]).unwrap();
        let error = config.build(&setup, &mut Rng::new(0)).unwrap_err().to_string();
        assert!(error.starts_with("tabular-reinforce: `initial_policy=0`: every action must be possible"), "{error}");
    }
}
