//! Monte Carlo control with exploring starts: a greedy policy, and a first action that may be any.
//!
//! Sutton & Barto 2018, section 5.3, first-visit:
//!
//! ```text
//! s₀ and a₀ so that every pair has a chance, then aₜ = argmaxₐ Q(sₜ, a); at the end of an episode
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time
//! ```
//!
//! It shares its update with [`mc_control`](super::mc_control).
//!
//! Deviations
//! 1. States are those in which the environment begins; the first action is any of the legal ones, each as likely. Where an
//!    environment does not begin everywhere, pairs that the greedy policy does not reach are not explored.
//! 2. With a step size α it stands in place of 1/N.
//! 3. Where an episode is truncated, the last return is the greatest value of the state that was reached.
//! 4. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use super::mc_control::{Memory, Returns};
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
    /// What Monte Carlo control with exploring starts can be told.
    pub struct McExploringStartsConfig for "mc-exploring-starts" {
        /// step size α; none: the mean of all returns
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// what Q(s, a) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<McExploringStartsConfig>(
    "control by the mean of returns, greedy but for the first action of an episode",
    "\
s₀ and a₀ so that every pair has a chance, then aₜ = argmaxₐ Q(sₜ, a); at the end of an episode
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time",
    "Sutton & Barto 2018, section 5.3",
)
.at("value/control/monte-carlo");

/// The agent.
pub type McExploringStarts = Controller<McExploringStartsConfig>;

impl Recipe<usize, usize> for McExploringStartsConfig {
    type Agent = McExploringStarts;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<McExploringStarts, Error> {
        Controller::new(self, setup)
    }
}

impl Method for McExploringStartsConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        0.0.into()
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, lanes: usize) -> Memory {
        Memory::new(q, lanes)
    }

    #[inline]
    fn exploring_starts(&self) -> bool {
        true
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut Memory,
        step: &Step<'_>,
        _: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let by = Returns { agent: ENTRY.id, alpha: self.learning_rate, gamma: self.gamma };
        memory.learn(by, q, step, log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::Policy,
        one::{One, build, train},
    };
    use gymkhana_envs::{Rows, Space, Spec, View};

    #[test]
    fn the_first_action_is_any_and_the_others_are_greedy() {
        let spec = Spec::new("Fork", Space::Discrete(1), Space::Discrete(2));
        let setup = Setup { spec: &spec, lanes: 1, steps: 1, device: crate::DeviceName::Flex };
        let mut agent = McExploringStartsConfig::default().build(&setup, &mut Rng::new(0)).unwrap();
        *agent.q_mut().value_mut(0, 1) = 1.0;
        let (mut rng, mut act) = (Rng::new(0), [0]);
        let mut ones = |first: bool| {
            (0..1_000)
                .filter(|_| {
                    agent.act(&View::new(Rows { flat: &[0], width: 1 }, &[first]), &mut rng, &mut act);
                    act[0] == 1
                })
                .count()
        };
        assert_eq!(ones(false), 1_000);
        assert!((440..560).contains(&ones(true)));
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config =
            McExploringStartsConfig { learning_rate: Some(0.5), gamma: 0.9, ..McExploringStartsConfig::default() };
        let value = |terminated, truncated| {
            let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
            let mut agent = build(&lanes, &config, 2_000);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 2_000);
            agent.q().row(0)[0]
        };
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
