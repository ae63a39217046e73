//! Sarsa: on-policy temporal-difference control.
//!
//! Rummery & Niranjan 1994, "On-Line Q-Learning Using Connectionist Systems"; Sutton & Barto 2018, section 6.4:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ
//! ```
//!
//! aₜ₊₁ is chosen before the update, and is the action that is taken next.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, aₜ₊₁ is drawn in the state that was reached, and not taken.

use gymkhana_envs::{Rng, params};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::td::one_step_target,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Chosen, Controller, Method, Step},
    },
};

params! {
    /// What Sarsa can be told.
    pub struct SarsaConfig for "sarsa" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<SarsaConfig>(
    "on-policy temporal-difference control with a table",
    "\
δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    "Rummery & Niranjan 1994, On-Line Q-Learning Using Connectionist Systems; Sutton & Barto 2018, section 6.4",
)
.at("value/control/on-policy");

/// The agent.
pub type Sarsa = Controller<SarsaConfig>;

impl Recipe<usize, usize> for SarsaConfig {
    type Agent = Sarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Sarsa, Error> {
        Controller::new(self, setup)
    }
}

impl Method for SarsaConfig {
    type Memory = Chosen;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, lanes: usize) -> Chosen {
        Chosen::new(q.actions(), lanes)
    }

    #[inline]
    fn chosen(chosen: &mut Chosen, lane: usize) -> Option<usize> {
        chosen.take(lane)
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        chosen: &mut Chosen,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let next_action = (!step.terminated).then(|| q.epsilon_greedy(step.next, step.next_legal, step.epsilon, rng));
        let q_next = next_action.map_or(0.0, |action| q.row(step.next)[action]);
        let target = one_step_target(step.reward, self.gamma, step.terminated, q_next);
        let value = q.value_mut(step.state, step.action);
        let delta = target - *value;
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, step.taken)?;
        chosen.set(step.lane, next_action.filter(|_| !step.ended));
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::Policy,
        one::{One, build, train},
    };

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &SarsaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = SarsaConfig { gamma: 0.5, initial_value: 2.0, ..SarsaConfig::default() };
        // Q ← 2 + ½ (1 + ½·2 − 2) = 2, and terminated: 2 + ½ (1 − 2) = 1.5
        assert_eq!(learnt(false, false, 1, &config), 2.0);
        assert_eq!(learnt(true, false, 1, &config), 1.5);
    }

    #[test]
    fn the_value_of_what_is_done_next() {
        use gymkhana_envs::{Space, Spec};
        let spec = Spec::new("Two", Space::Discrete(2), Space::Discrete(2));
        let config = SarsaConfig { gamma: 0.5, epsilon: 0.5.into(), ..SarsaConfig::default() };
        let mut drawn = [0; 2];
        for seed in 0..100 {
            let mut q = QTable::new("sarsa", &spec, 0.0).unwrap();
            q.flat_mut().copy_from_slice(&[1.0, 0.0, 4.0, 8.0]);
            let step = Step {
                lane: 0,
                state: 0,
                legal: None,
                first: true,
                action: 0,
                reward: 1.0,
                next: 1,
                next_legal: None,
                terminated: false,
                ended: false,
                epsilon: 0.5,
                taken: 0,
                steps: 1,
            };
            let mut chosen = config.memory(&q, 1);
            config.learn(&mut q, &mut chosen, &step, &mut Rng::new(seed), &mut Metrics::default()).unwrap();
            let next = chosen.take(0).unwrap();
            // 1 + ½ (1 + ½·4 − 1) or 1 + ½ (1 + ½·8 − 1)
            assert_eq!(q.row(0)[0], [2.0, 3.0][next]);
            drawn[next] += 1;
        }
        assert!(drawn[0] > 10 && drawn[1] > 60, "a quarter and three quarters: {drawn:?}");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = SarsaConfig { gamma: 0.9, ..SarsaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn the_action_that_was_backed_up_is_taken() {
        let config = SarsaConfig { epsilon: 1.0.into(), ..SarsaConfig::default() };
        let mut lanes = One { obs: 0, terminated: false, truncated: false }.lanes(3);
        let mut agent = build(&lanes, &config, 10);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 1);
        let mut chosen = agent.memory().clone();
        let mut act = [9; 3];
        agent.act(&gymkhana_envs::Batch::now(&lanes), &mut Rng::new(1), &mut act);
        assert_eq!([0, 1, 2].map(|lane| chosen.take(lane)), act.map(Some));
    }
}
