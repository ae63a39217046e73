//! Tree backup: n steps ahead, off-policy and without importance sampling.
//!
//! Precup, Sutton & Singh 2000, "Eligibility Traces for Off-Policy Policy Evaluation"; Sutton & Barto 2018, section 7.5:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ [Σ_{a ≠ aₜ₊₁} π(a|sₜ₊₁) Q(sₜ₊₁, a) + π(aₜ₊₁|sₜ₊₁) Gₜ₊₁]        (no second term where sₜ₊₁ is terminal)
//! Gₜ₊ₙ₋₁ = rₜ₊ₙ + γ Σₐ π(a|sₜ₊ₙ) Q(sₜ₊ₙ, a)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α [Gₜ − Q(sₜ, aₜ)]
//! ```
//!
//! π is the policy that is learned of, ε-greedy on Q: with the exploration of the one that acts, or with `target_epsilon`.
//! Its probabilities are those of the present Q.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, an action is drawn in the state that was reached, and not taken: the last steps look
//!    ahead to there.

use gymkhana_envs::{Rng, params};

use super::n_step::{Ahead, NStep, Rule, Stretch};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::policy::expected_with,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

params! {
    /// What tree backup can be told.
    pub struct TreeBackupConfig for "tree-backup" {
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
pub const ENTRY: Entry = Entry::index_choice::<TreeBackupConfig>(
    "n steps ahead, with the expected value of what was not done",
    "\
Gₜ = rₜ₊₁ + γ [Σ_{a ≠ aₜ₊₁} π(a|sₜ₊₁) Q(sₜ₊₁, a) + π(aₜ₊₁|sₜ₊₁) Gₜ₊₁]        (no second term where sₜ₊₁ is terminal)
Gₜ₊ₙ₋₁ = rₜ₊ₙ + γ Σₐ π(a|sₜ₊ₙ) Q(sₜ₊ₙ, a)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α [Gₜ − Q(sₜ, aₜ)]",
    "Precup, Sutton & Singh 2000, Eligibility Traces for Off-Policy Policy Evaluation; Sutton & Barto 2018, section 7.5",
)
.at("value/control/off-policy");

/// The agent.
pub type TreeBackup = Controller<TreeBackupConfig>;

impl Recipe<usize, usize> for TreeBackupConfig {
    type Agent = TreeBackup;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<TreeBackup, Error> {
        Controller::new(self, setup)
    }
}

/// Gₜ: at every state on the way the expected value, with what came of the action that was taken in its place.
fn tree_return(q: &QTable, stretch: Stretch<'_>, gamma: f64, epsilon: f64) -> f64 {
    stretch.backward().fold(stretch.end_value(q), |g, (reward, ahead)| match ahead {
        Some(Ahead { state, legal, action, .. }) => {
            reward + gamma * expected_with(q.row(state), legal, epsilon, action, g)
        }
        None => reward,
    })
}

impl Method for TreeBackupConfig {
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
        let (gamma, target) = (self.gamma, self.target_epsilon.unwrap_or(step.epsilon));
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let rule = Rule { agent: ENTRY.id, alpha, target_epsilon: None };
        memory.learn(&rule, q, step, rng, log, |q, stretch| (tree_return(q, stretch, gamma, target), 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::n_step::testing::first_of_two, *};
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &TreeBackupConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = TreeBackupConfig { gamma: 0.5, initial_value: 4.0, n: 2, ..TreeBackupConfig::default() };
        assert_eq!(learnt(false, false, 1, &config), 4.0, "nothing before there are two steps");
        // G = 1 + ½·1 + ¼·4 = 2.5, and Q ← 4 + ½ (2.5 − 4) = 3.25
        assert_eq!(learnt(false, false, 2, &config), 3.25);
        // Truncated after one: 1 + ½·4 = 3, and 4 + ½ (3 − 4) = 3.5. Terminated: 4 + ½ (1 − 4) = 2.5
        assert_eq!((learnt(false, true, 1, &config), learnt(true, false, 1, &config)), (3.5, 2.5));
    }

    #[test]
    fn what_was_not_done_is_expected() {
        let config = TreeBackupConfig { gamma: 0.5, n: 2, epsilon: 0.5.into(), ..TreeBackupConfig::default() };
        // ε = ½: the greedy action has ¾. G₁ = 3 + ½ (¼·2 + ¾·6) = 5.5, whichever is drawn in the end.
        // G₀ = 1 + ½ (¼·4 + ¾·5.5) = 3.5625 or 1 + ½ (¾·8 + ¼·5.5) = 4.6875; Q ← 1 + ½ (G₀ − 1)
        let found = [(1, 0), (1, 1), (0, 0), (0, 1)].map(|(second, last)| first_of_two(&config, second, last));
        assert_eq!(found, [2.28125, 2.28125, 2.84375, 2.84375]);
        // The greedy policy: G₁ = 3 + ½·6 = 6, G₀ = 1 + ½·6 = 4 or 1 + ½·8 = 5
        let greedy = TreeBackupConfig { target_epsilon: Some(0.0), ..config };
        assert_eq!([1, 0].map(|second| first_of_two(&greedy, second, 1)), [2.5, 3.0]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = TreeBackupConfig { gamma: 0.9, ..TreeBackupConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(false, false) - 10.0).abs() < 1e-9, "the same where nothing ends");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
