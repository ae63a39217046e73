//! Q-learning: off-policy temporal-difference control.
//!
//! Watkins 1989, "Learning from Delayed Rewards"; Sutton & Barto 2018, section 6.5:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ
//! ```
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{choice, td::one_step_target},
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What Q-learning can be told.
    pub struct QLearningConfig for "q-learning" {
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
pub const ENTRY: Entry = Entry::index_choice::<QLearningConfig>(
    "off-policy temporal-difference control with a table",
    "\
δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)        (no second term where sₜ₊₁ is terminal)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    "Watkins 1989, Learning from Delayed Rewards; Sutton & Barto 2018, section 6.5",
)
.at("value/control/off-policy");

/// The agent.
pub type QLearning = Controller<QLearningConfig>;

impl Recipe<usize, usize> for QLearningConfig {
    type Agent = QLearning;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<QLearning, Error> {
        Controller::new(self, setup)
    }
}

impl Method for QLearningConfig {
    type Memory = ();

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, _: &QTable, _: usize) {}

    fn learn(&self, q: &mut QTable, (): &mut (), step: &Step<'_>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let v_next = choice::max(q.row(step.next), step.next_legal);
        let target = one_step_target(step.reward, self.gamma, step.terminated, v_next);
        let value = q.value_mut(step.state, step.action);
        let delta = target - *value;
        *value = Error::finite(ENTRY.id, "an action value", *value + alpha * delta, step.taken)?;
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Lanes, Params, Seeds,
        tabular::{Blackjack, BlackjackParams},
    };

    use crate::{
        agent::{Agent, Mode},
        one::{One, build, train},
    };

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &QLearningConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = QLearningConfig { gamma: 0.5, initial_value: 2.0, ..QLearningConfig::default() };
        // Q ← 2 + ½ (1 + ½·2 − 2) = 2, and terminated: 2 + ½ (1 − 2) = 1.5
        assert_eq!(learnt(false, false, 1, &config), 2.0);
        assert_eq!(learnt(true, false, 1, &config), 1.5);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = QLearningConfig { gamma: 0.9, ..QLearningConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let error = QLearningConfig::from_settings([("epsilon", "2")]).unwrap_err();
        assert_eq!(error.to_string(), "q-learning: `epsilon=2`: must be from 0 to 1");
    }

    #[test]
    fn blackjack_is_learnt_though_its_observations_are_three_indices() {
        let mut lanes = Lanes::new(Blackjack::new(BlackjackParams::default()).unwrap(), 8, &Seeds::from(1)).unwrap();
        let settings = [("learning_rate", "0.02"), ("epsilon", "0.2")];
        let mut agent = build(&lanes, &QLearningConfig::from_settings(settings).unwrap(), 1_600_000);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 200_000);
        let q = agent.q().clone();
        let greedy = |sum, dealer, ace| choice::argmax(q.row(q.state(&[sum, dealer, ace])), None);
        for dealer in 1..=10 {
            assert_eq!((greedy(20, dealer, 0), greedy(19, dealer, 0), greedy(11, dealer, 0)), (0, 0, 1), "{dealer}");
            assert_eq!((greedy(12, 10, 0), greedy(13, dealer, 1), greedy(20, dealer, 1)), (1, 1, 0), "{dealer}");
        }
        let mut policy = agent.policy(Mode::Greedy);
        let (mut returns, mut games, mut act) = (0.0, 0, [0; 8]);
        for _ in 0..50_000 {
            policy.act(&lanes.now(), &mut Rng::new(0), &mut act);
            lanes.step(&act).unwrap();
            let seen = lanes.seen(&act);
            returns += seen.reward.iter().sum::<f64>();
            games += seen.terminated.iter().filter(|&&ended| ended).count();
        }
        // The best policy is worth −0.0431; some 280,000 games give a mean to 0.002.
        assert!(games > 200_000 && returns / games as f64 > -0.06, "{} in {games} games", returns / games as f64);
    }
}
