//! n-step Sarsa: returns of n steps, and the value of what is done then.
//!
//! Sutton & Barto 2018, sections 7.2 and 7.3:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ Q(sₜ₊ₙ, aₜ₊ₙ)        (up to the end, where that comes sooner)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α ρ [Gₜ − Q(sₜ, aₜ)]                   ρ = Π π(aₖ|sₖ) / b(aₖ|sₖ), k from t+1 to t+n
//! ```
//!
//! π is the policy that is learned of and b the one that acts, both ε-greedy on Q. They are one, and ρ = 1, unless
//! `target_epsilon` is given.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, an action is drawn in the state that was reached, and not taken: the last steps look
//!    ahead to there.
//! 4. π(a|s) / b(a|s) is taken when a is chosen.

use gymkhana_envs::{Rng, params};

use super::n_step::{NStep, Rule, Stretch};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::returns::n_step_return,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What n-step Sarsa can be told.
    pub struct NStepSarsaConfig for "n-step-sarsa" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// ε of the policy that is learned of; none: that of the policy that acts
        target_epsilon: Option<f64> = None, in 0.0..=1.0;
        /// steps that are looked ahead
        n: usize = 4, in 1..=1000;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<NStepSarsaConfig>(
    "temporal-difference control by returns of n steps",
    "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ Q(sₜ₊ₙ, aₜ₊ₙ)        (up to the end, where that comes sooner)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α ρ [Gₜ − Q(sₜ, aₜ)]                   ρ = Π π(aₖ|sₖ) / b(aₖ|sₖ), k from t+1 to t+n",
    "Sutton & Barto 2018, sections 7.2 and 7.3",
)
.at("value/control/on-policy");

/// The agent.
pub type NStepSarsa = Controller<NStepSarsaConfig>;

impl Recipe<usize, usize> for NStepSarsaConfig {
    type Agent = NStepSarsa;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<NStepSarsa, Error> {
        Controller::new(self, setup)
    }
}

/// ρ: how much likelier the actions after the first are under π than under b.
fn importance(stretch: Stretch<'_>) -> f64 {
    stretch.backward().filter_map(|(_, ahead)| ahead).map(|ahead| ahead.ratio).product()
}

impl Method for NStepSarsaConfig {
    type Memory = NStep;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, lanes: usize) -> NStep {
        NStep::new(q, lanes, self.n)
    }

    #[inline]
    fn chosen(memory: &mut NStep, lane: usize) -> Option<usize> {
        memory.chosen(lane)
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut NStep,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let (gamma, target_epsilon) = (self.gamma, self.target_epsilon);
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let rule = Rule { agent: ENTRY.id, alpha, target_epsilon };
        memory.learn(&rule, q, step, rng, log, |q, stretch| {
            let weight = if target_epsilon.is_some() { importance(stretch) } else { 1.0 };
            (n_step_return(stretch.rewards(), gamma, stretch.end_value(q)), weight)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::n_step::testing::first_of_two, *};
    use std::sync::Arc;

    use gymkhana_envs::{
        Lanes, Seeds,
        tabular::{Finite, Outcome, Table},
    };

    use crate::{
        agent::round,
        one::{One, build, train},
    };

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &NStepSarsaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = NStepSarsaConfig { gamma: 0.5, initial_value: 4.0, n: 2, ..NStepSarsaConfig::default() };
        assert_eq!(learnt(false, false, 1, &config), 4.0, "nothing before there are two steps");
        // G = 1 + ½·1 + ¼·4 = 2.5, and Q ← 4 + ½ (2.5 − 4) = 3.25
        assert_eq!(learnt(false, false, 2, &config), 3.25);
        // Truncated after one: 1 + ½·4 = 3, and 4 + ½ (3 − 4) = 3.5. Terminated: 4 + ½ (1 − 4) = 2.5
        assert_eq!((learnt(false, true, 1, &config), learnt(true, false, 1, &config)), (3.5, 2.5));
    }

    #[test]
    fn the_value_of_what_is_done_in_the_end() {
        let config = NStepSarsaConfig { gamma: 0.5, n: 2, epsilon: 0.5.into(), ..NStepSarsaConfig::default() };
        // G = 1 + ½·3 + ¼·6 = 4 or 1 + ½·3 + ¼·2 = 3, whatever was done on the way; Q ← 1 + ½ (G − 1)
        let found = [(1, 1), (0, 1), (1, 0), (0, 0)].map(|(second, last)| first_of_two(&config, second, last));
        assert_eq!(found, [2.5, 2.5, 2.0, 2.0]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = NStepSarsaConfig { gamma: 0.9, ..NStepSarsaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(false, false) - 10.0).abs() < 1e-9, "the same where nothing ends");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn what_the_learned_policy_would_not_do_is_not_learned_from() {
        // Two actions that pay 1 and stay, ε = 1 and a greedy target: an action is twice as likely, or it is impossible; where
        // both are worth the same it is as likely.
        let config = NStepSarsaConfig { target_epsilon: Some(0.0), epsilon: 1.0.into(), ..NStepSarsaConfig::default() };
        let table =
            Table::new(vec![1.0], 2, |_, _| [Outcome { probability: 1.0, next: 0, reward: 1.0, terminated: false }]);
        let mut lanes = Lanes::new(Finite::new("Stay", Arc::new(table), None, None), 1, &Seeds::from(0)).unwrap();
        let mut agent = build(&lanes, &NStepSarsaConfig { gamma: 0.5, n: 1, ..config }, 100);
        *agent.q_mut().value_mut(0, 1) = 8.0;
        let (mut seen, mut act, mut rng) = (Vec::new(), [0], Rng::new(3));
        for _ in 0..40 {
            let before = agent.q().row(0).to_vec();
            round(&mut agent, &mut lanes, &mut act, &mut rng, &mut Metrics::default()).unwrap();
            let (from, to) = (before[act[0]], agent.q().row(0)[act[0]]);
            // Q ← Q + ½·2·(1 + ½·max − Q), or as it was; of equally good actions each is as likely under both.
            let (max, tie) = (before[0].max(before[1]), before[0] == before[1]);
            let moved = to == from + 0.5 * if tie { 1.0 } else { 2.0 } * (1.0 + 0.5 * max - from);
            seen.push(moved);
            assert!(moved || to == from && !tie, "{from} to {to}");
        }
        assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
    }
}
