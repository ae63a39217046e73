//! Dyna-Q: every real step teaches values and a model, and n imagined steps follow it.
//!
//! Sutton 1990, "Integrated Architectures for Learning, Planning, and Reacting Based on Approximating Dynamic
//! Programming"; Sutton & Barto 2018, section 8.2:
//!
//! ```text
//! Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]        from the step just taken
//! Model(s, a) ← r, s′
//! n times: s ← a state observed before, a ← an action taken in it, at random;  r, s′ ← Model(s, a);  the same update
//! ```
//!
//! With n = 0 it is Q-learning, bit for bit.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes teach the one table and the one model, one after the other in the order of lanes.
//! 3. The model remembers whether a state was terminal: no value is imagined beyond it.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use super::Model;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Known, QTable},
};

params! {
    /// What Dyna-Q can be told.
    pub struct DynaQConfig for "dyna-q" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.95, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
        /// imagined steps per real one
        n: usize = 5, in ..=1_000_000;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<DynaQConfig>(
    "Q-learning from real steps and from steps that a learned model imagines",
    "\
Q(s, a) ← Q(s, a) + α [r + γ maxₐ′ Q(s′, a′) − Q(s, a)]        from the step just taken
Model(s, a) ← r, s′
n times: s ← a state observed before, a ← an action taken in it, at random;  r, s′ ← Model(s, a);  the same update",
    "Sutton 1990, Integrated Architectures for Learning, Planning, and Reacting; Sutton & Barto 2018, section 8.2",
)
.at("model/learned");

impl Recipe<usize, usize> for DynaQConfig {
    type Agent = DynaQ;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<DynaQ, Error> {
        self.validate()?;
        let known = Known::new(Self::OWNER, setup.spec, self.initial_value)?;
        let learnt = Learnt { model: Model::new(&known.q), known };
        Ok(DynaQ { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct DynaQ {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: DynaQConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    model: Model,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        self.known.same_shape(&other.known) && other.model.fits(&self.known.q)
    }
}

impl DynaQ {
    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }

    /// What it has learned of the world.
    pub fn model(&self) -> &Model {
        &self.learnt.model
    }
}

impl Policy<usize, usize> for DynaQ {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Known { q, step } = &self.learnt.known;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, action) in act.iter_mut().enumerate() {
            *action = q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng);
        }
    }
}

impl Agent<usize, usize> for DynaQ {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let DynaQConfig { gamma, learning_rate, n, .. } = self.config;
        let Learnt { known: Known { q, step }, model } = &mut self.learnt;
        let alpha = learning_rate.at(*step, self.steps);
        for i in 0..seen.lanes() {
            let (state, action, experience) = model.learn(q, seen, i);
            let delta = model.target(q, &experience, gamma) - q.row(state)[action];
            let value = q.value_mut(state, action);
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, *step)?;
            log.record("train/td_error", delta.abs());
            for _ in 0..n {
                let Some((state, action, experience)) = model.draw(rng) else { break };
                let target = model.target(q, &experience, gamma);
                let value = q.value_mut(state, action);
                *value = Error::finite(ENTRY.id, "an action value", *value + alpha * (target - *value), *step)?;
            }
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let Known { q, step } = &self.learnt.known;
        q.policy(mode, self.config.epsilon.at(*step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.known.q.values(now))
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
    use gymkhana_envs::{
        Lanes, Seeds,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &DynaQConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = DynaQConfig { gamma: 0.5, learning_rate: 0.5.into(), n: 1, ..DynaQConfig::default() };
        // The real step: 0 + ½·1 = ½. The imagined one: ½ + ½ (1 + ½·½ − ½) = ⅞, and terminated ½ + ½·½ = ¾.
        assert_eq!(learnt(false, false, 1, &config), 0.875);
        assert_eq!(learnt(true, false, 1, &config), 0.75);
        assert_eq!(learnt(true, false, 1, &DynaQConfig { n: 3, ..config }), 0.9375);
    }

    #[test]
    fn one_way_through_a_corridor_teaches_all_of_it() {
        let table = Gridworld::new("S......G", Rules::default()).unwrap().table();
        let mut lanes = Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap();
        let config = DynaQConfig { n: 2_000, learning_rate: 1.0.into(), gamma: 0.5, ..DynaQConfig::default() };
        let mut agent = build(&lanes, &config, 1_000);
        let mut rng = Rng::new(0);
        while agent.q().row(6)[1] == 0.0 {
            train(&mut agent, &mut lanes, &mut rng, 1);
        }
        for state in 0..7 {
            assert_eq!(agent.q().row(state)[1], 0.5_f64.powi(6 - state as i32), "{state}");
        }
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = DynaQConfig { gamma: 0.9, ..DynaQConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(true, false) - 1.0).abs() < 1e-12);
        assert!((value(true, true) - 1.0).abs() < 1e-12, "both at once: termination decides");
    }
}
