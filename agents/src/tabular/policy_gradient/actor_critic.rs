//! One-step actor-critic: the policy goes up its gradient by the temporal-difference error of values.
//!
//! Sutton 1984, "Temporal Credit Assignment in Reinforcement Learning"; Sutton & Barto 2018, section 13.5:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
//! V(sₜ) ← V(sₜ) + α_w δₜ
//! θ ← θ + α γᵗ δₜ ∇ ln π(aₜ | sₜ)
//! ```
//!
//! Deviations
//! 1. Step sizes may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes: ∇ ln π is taken at θ as it is then, which
//!    the lanes before have moved since the action was drawn. With one lane it is the θ by which it was drawn.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use super::Preferences;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::td::one_step_target,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Given, VTable},
};

params! {
    /// What one-step actor-critic can be told.
    pub struct ActorCriticConfig for "actor-critic" {
        /// step size α of the actor: the preferences
        learning_rate: Schedule = Schedule::Constant(0.01), in 0.0..=100.0;
        /// step size α_w of the critic: the values
        value_learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// the policy to begin with: random, or how likely each action is, such as 0.95:0.05
        initial_policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<ActorCriticConfig>(
    "policy gradient by the temporal-difference error of a critic",
    "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
V(sₜ) ← V(sₜ) + α_w δₜ
θ ← θ + α γᵗ δₜ ∇ ln π(aₜ | sₜ)",
    "Sutton 1984, Temporal Credit Assignment in Reinforcement Learning; Sutton & Barto 2018, section 13.5",
)
.at("policy/actor-critic");

impl Recipe<usize, usize> for ActorCriticConfig {
    type Agent = ActorCritic;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<ActorCritic, Error> {
        self.validate()?;
        let learnt = Learnt {
            preferences: Preferences::new(Self::OWNER, setup.spec, &self.initial_policy)?,
            v: VTable::new(Self::OWNER, setup.spec, self.initial_value)?,
            step: 0,
            discounts: vec![1.0; setup.lanes],
        };
        Ok(ActorCritic { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct ActorCritic {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: ActorCriticConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    preferences: Preferences,
    v: VTable,
    step: u64,
    /// per lane, γᵗ
    discounts: Vec<f64>,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let same_tables = self.preferences.same_shape(&other.preferences) && self.v.same_shape(&other.v);
        same_tables && self.discounts.len() == other.discounts.len()
    }
}

impl ActorCritic {
    /// The actor: preferences, and the policy that is their softmax.
    pub fn preferences(&self) -> &Preferences {
        &self.learnt.preferences
    }

    /// The critic's values.
    pub fn v(&self) -> &VTable {
        &self.learnt.v
    }
}

impl Policy<usize, usize> for ActorCritic {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        self.learnt.preferences.act(now, rng, act);
    }
}

impl Agent<usize, usize> for ActorCritic {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let ActorCriticConfig { gamma, learning_rate, value_learning_rate, .. } = self.config;
        let Learnt { preferences, v, step, discounts } = &mut self.learnt;
        let (alpha, alpha_w) = (learning_rate.at(*step, self.steps), value_learning_rate.at(*step, self.steps));
        for (i, discount) in discounts.iter_mut().enumerate() {
            if seen.was.first[i] {
                *discount = 1.0;
            }
            let (state, action) = (v.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let v_next = v.value(v.state(seen.next(i)));
            let delta = one_step_target(seen.reward[i], gamma, seen.terminated[i], v_next) - v.value(state);
            *v.value_mut(state) = Error::finite(ENTRY.id, "a value", v.value(state) + alpha_w * delta, *step)?;
            preferences.ascend(state, action, seen.was.legal_in(i), alpha * delta, *discount);
            Error::finite(ENTRY.id, "a preference", preferences.theta().row(state)[action], *step)?;
            *discount *= gamma;
            log.record("train/td_error", delta.abs());
        }
        *step += seen.lanes() as u64;
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

    #[test]
    fn the_update_rule() {
        let corridor = ShortCorridor::new(ShortCorridorParams { time_limit: 2 }).unwrap();
        let mut lanes = Lanes::new(corridor, 1, &Seeds::from(0)).unwrap();
        let [alpha, alpha_w] = [1.0, 0.5].map(Schedule::from);
        let config = ActorCriticConfig {
            gamma: 0.5,
            learning_rate: alpha,
            value_learning_rate: alpha_w,
            initial_value: 2.0,
            ..ActorCriticConfig::default()
        };
        let (mut agent, mut rng) = (build(&lanes, &config, 2), Rng::new(0));
        // δ = −1 + ½·2 − 2 = −2: V = 2 − ½·2 = 1, and −2·½ for the action that was taken, +1 for the other.
        train(&mut agent, &mut lanes, &mut rng, 1);
        assert_eq!(agent.v().value(0), 1.0);
        let taken = usize::from(agent.preferences().theta().row(0)[1] < 0.0);
        assert_eq!(agent.preferences().theta().row(0)[taken], -1.0);
        // δ = −1 + ½·1 − 1 = −1.5, though it is cut off: V = 1 − 0.75. The step has γ¹ = ½, and the gradient of the
        // action that is taken is 1 − p.
        train(&mut agent, &mut lanes, &mut rng, 1);
        assert_eq!((agent.v().value(0), agent.learnt.discounts[0]), (0.25, 0.25));
        let p = 1.0 / (1.0 + 2.0_f64.exp());
        let moved = agent.preferences().theta().row(0)[taken] + 1.0;
        let right = [-0.75 * (1.0 - p), 0.75 * p];
        assert!(right.iter().any(|right| (moved - right).abs() < 1e-15), "{moved}, one of {right:?}");
        // A new episode begins with γ⁰ = 1.
        train(&mut agent, &mut lanes, &mut rng, 1);
        assert_eq!(agent.learnt.discounts[0], 0.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = ActorCriticConfig { gamma: 0.9, value_learning_rate: 0.5.into(), ..ActorCriticConfig::default() };
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
}
