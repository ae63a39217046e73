//! Q(σ): between Sarsa, which samples, and tree backup, which expects.
//!
//! De Asis, Hernandez-Garcia, Holland & Sutton 2018, "Multi-Step Reinforcement Learning: A Unifying Algorithm"; Sutton &
//! Barto 2018, section 7.6:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ {σ Gₜ₊₁ + (1 − σ) [Σ_{a ≠ aₜ₊₁} π(a|sₜ₊₁) Q(sₜ₊₁, a) + π(aₜ₊₁|sₜ₊₁) Gₜ₊₁]}
//! Gₜ₊ₙ = Q(sₜ₊ₙ, aₜ₊ₙ)                                (0 where the process terminated)
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α ρ [Gₜ − Q(sₜ, aₜ)]        ρ = Π [σ π(aₖ|sₖ) / b(aₖ|sₖ) + 1 − σ], k from t+1 to t+n
//! ```
//!
//! σ = 1 is n-step Sarsa and σ = 0 is tree backup. π is the policy that is learned of and b the one that acts, both ε-greedy
//! on Q; they are one, and ρ = 1, unless `target_epsilon` is given.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes.
//! 3. Where an episode is truncated, an action is drawn in the state that was reached, and not taken: the last steps look
//!    ahead to there.
//! 4. σ may follow a schedule over the run; all steps of a return have the present one.
//! 5. π(a|s) / b(a|s) is taken when a is chosen.
//! 6. Samples are corrected by ρ, as in the paper. Sutton & Barto's return has ρ within, and the expected value as a control
//!    variate; with σ = 1 it is not n-step Sarsa.

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
    /// What Q(σ) can be told.
    pub struct QSigmaConfig for "q-sigma" {
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
        /// how much of each step is sampled, σ: 1 is n-step Sarsa, 0 is tree backup
        sigma: Schedule = Schedule::Constant(0.5), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<QSigmaConfig>(
    "n steps ahead, between sampling and expectation",
    "\
Gₜ = rₜ₊₁ + γ {σ Gₜ₊₁ + (1 − σ) [Σ_{a ≠ aₜ₊₁} π(a|sₜ₊₁) Q(sₜ₊₁, a) + π(aₜ₊₁|sₜ₊₁) Gₜ₊₁]}
Gₜ₊ₙ = Q(sₜ₊ₙ, aₜ₊ₙ)                                (0 where the process terminated)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α ρ [Gₜ − Q(sₜ, aₜ)]        ρ = Π [σ π(aₖ|sₖ) / b(aₖ|sₖ) + 1 − σ], k from t+1 to t+n",
    "De Asis et al. 2018, Multi-Step Reinforcement Learning: A Unifying Algorithm; Sutton & Barto 2018, section 7.6",
)
.at("value/control/off-policy");

/// The agent.
pub type QSigma = Controller<QSigmaConfig>;

impl Recipe<usize, usize> for QSigmaConfig {
    type Agent = QSigma;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<QSigma, Error> {
        Controller::new(self, setup)
    }
}

/// Gₜ: at every state on the way σ of what came of the action, and 1 − σ of the expected value with that in its place.
fn return_of(q: &QTable, stretch: Stretch<'_>, gamma: f64, epsilon: f64, sigma: f64) -> f64 {
    stretch.backward().fold(stretch.end_value(q), |g, (reward, ahead)| match ahead {
        Some(Ahead { state, legal, action, .. }) => {
            let expected = expected_with(q.row(state), legal, epsilon, action, g);
            reward + gamma * (sigma * g + (1.0 - sigma) * expected)
        }
        None => reward,
    })
}

/// ρ: how much likelier the actions after the first are under π than under b, as far as they are sampled.
fn importance(stretch: Stretch<'_>, sigma: f64) -> f64 {
    stretch.backward().filter_map(|(_, ahead)| ahead).map(|ahead| sigma * ahead.ratio + (1.0 - sigma)).product()
}

impl Method for QSigmaConfig {
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
        let target = target_epsilon.unwrap_or(step.epsilon);
        let [alpha, sigma] = [self.learning_rate, self.sigma].map(|rate| rate.at(step.taken, step.steps));
        let rule = Rule { agent: ENTRY.id, alpha, target_epsilon };
        memory.learn(&rule, q, step, rng, log, |q, stretch| {
            let weight = if target_epsilon.is_some() { importance(stretch, sigma) } else { 1.0 };
            (return_of(q, stretch, gamma, target, sigma), weight)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::n_step::testing::first_of_two, *};
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &QSigmaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = QSigmaConfig { gamma: 0.5, initial_value: 4.0, n: 2, ..QSigmaConfig::default() };
        assert_eq!(learnt(false, false, 1, &config), 4.0, "nothing before there are two steps");
        // G = 1 + ½·1 + ¼·4 = 2.5, and Q ← 4 + ½ (2.5 − 4) = 3.25
        assert_eq!(learnt(false, false, 2, &config), 3.25);
        // Truncated after one: 1 + ½·4 = 3, and 4 + ½ (3 − 4) = 3.5. Terminated: 4 + ½ (1 − 4) = 2.5
        assert_eq!((learnt(false, true, 1, &config), learnt(true, false, 1, &config)), (3.5, 2.5));
    }

    #[test]
    fn half_is_sampled_and_half_expected() {
        let target_epsilon = Some(0.2);
        let config = QSigmaConfig {
            gamma: 0.5,
            n: 2,
            epsilon: 0.5.into(),
            target_epsilon,
            sigma: 0.5.into(),
            ..Default::default()
        };
        // Of the greedy action and the other, b = (.75, .25), π = (.9, .1), π/b = (1.2, .4): they weigh ½·1.2 + ½ = 1.1 and .7.
        // The last draw is greedy: ½·6 + ½ (.1·2 + .9·6) = 5.8, G₁ = 3 + ½·5.8 = 5.9; otherwise ½·2 + ½·5.6 = 3.8, G₁ = 4.9.
        for (second, last, value) in [
            // ½·5.9 + ½ (.1·4 + .9·5.9) = 5.805, G₀ = 3.9025, ρ = 1.1·1.1: 1 + ½·1.21·2.9025
            (1, 1, 2.756_012_5),
            // ½·5.9 + ½ (.1·5.9 + .9·8) = 6.845, G₀ = 4.4225, ρ = .7·1.1: 1 + ½·.77·3.4225
            (0, 1, 2.317_662_5),
            // ½·4.9 + ½ (.1·4 + .9·4.9) = 4.855, G₀ = 3.4275, ρ = 1.1·.7: 1 + ½·.77·2.4275
            (1, 0, 1.934_587_5),
        ] {
            let found = first_of_two(&config, second, last);
            assert!((found - value).abs() < 1e-12, "{second}, {last}: {found}, not {value}");
        }
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = QSigmaConfig { gamma: 0.9, ..QSigmaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert!((value(false, false) - 10.0).abs() < 1e-9, "the same where nothing ends");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
