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

use gymkhana_envs::{Rng, params};

use super::Model;
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
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

/// The agent.
pub type DynaQ = Controller<DynaQConfig>;

impl Recipe<usize, usize> for DynaQConfig {
    type Agent = DynaQ;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<DynaQ, Error> {
        Controller::new(self, setup)
    }
}

impl DynaQ {
    /// What it has learned of the world.
    pub fn model(&self) -> &Model {
        self.memory()
    }
}

impl Method for DynaQConfig {
    type Memory = Model;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, _: usize) -> Model {
        Model::new(q)
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        model: &mut Model,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let (gamma, alpha) = (self.gamma, self.learning_rate.at(step.taken, step.steps));
        let experience = model.learn(step);
        let delta = model.target(q, &experience, gamma) - q.row(step.state)[step.action];
        let value = q.value_mut(step.state, step.action);
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, step.taken)?;
        log.record("train/td_error", delta.abs());
        for _ in 0..self.n {
            let Some((state, action, experience)) = model.draw(rng) else { break };
            let target = model.target(q, &experience, gamma);
            let value = q.value_mut(state, action);
            *value = Error::finite(ENTRY.id, "an action value", *value + alpha * (target - *value), step.taken)?;
        }
        Ok(())
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
        for state in 0_u8..7 {
            assert_eq!(agent.q().row(state.into())[1], 0.5_f64.powi(6 - i32::from(state)), "{state}");
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
