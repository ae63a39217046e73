//! On-policy Monte Carlo control: action values are means of returns, of a policy that is nearly greedy by them.
//!
//! Sutton & Barto 2018, section 5.4, first-visit, for ε-soft policies. At the end of an episode,
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
//! Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time
//! π(s): with probability ε any action, otherwise argmaxₐ Q(s, a)
//! ```
//!
//! Deviations
//! 1. With a step size α it stands in place of 1/N, so that returns of policies of long ago are forgotten.
//! 2. ε may follow a schedule over the run.
//! 3. Where an episode is truncated, the last return is what the policy makes of the values of the state that was reached.
//! 4. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{choice, lambda_returns::tail_returns},
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{
        Known, QTable,
        path::{FirstVisits, Paths},
    },
};

params! {
    /// What on-policy Monte Carlo control can be told.
    pub struct McControlConfig for "mc-control" {
        /// step size α; none: the mean of all returns
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<McControlConfig>(
    "on-policy control by the mean of returns, first-visit, with a table",
    "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + [Gₜ − Q(sₜ, aₜ)] / N(sₜ, aₜ)        where (sₜ, aₜ) is visited for the first time
π(s): with probability ε any action, otherwise argmaxₐ Q(s, a)",
    "Sutton & Barto 2018, section 5.4",
)
.at("value/control/monte-carlo");

impl Recipe<usize, usize> for McControlConfig {
    type Agent = McControl;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<McControl, Error> {
        self.validate()?;
        McControl::new(Self::OWNER, self.clone(), false, setup)
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct McControl {
    name: &'static str,
    learnt: Learnt,
    /// whether the first action of an episode is any, and all others greedy
    exploring_starts: bool,
    /// of the whole run
    steps: u64,
    config: McControlConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    /// of state and action
    paths: Paths,
    /// N(s, a)
    counts: Vec<u64>,
    #[serde(skip)]
    visits: FirstVisits,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let counts = self.counts.len() == other.counts.len();
        self.known.same_shape(&other.known) && self.paths.same_shape(&other.paths) && counts
    }
}

impl McControl {
    pub(super) fn new(
        name: &'static str,
        config: McControlConfig,
        exploring_starts: bool,
        setup: &Setup<'_>,
    ) -> Result<Self, Error> {
        let known = Known::new(name, setup.spec, config.initial_value)?;
        let cells = known.q.flat().len();
        let (paths, counts) = (Paths::new(cells, setup.lanes), vec![0; cells]);
        let learnt = Learnt { known, paths, counts, visits: FirstVisits::default() };
        Ok(Self { name, learnt, exploring_starts, steps: setup.steps, config })
    }

    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }

    /// The action values, to be changed: where learning is to begin.
    pub fn q_mut(&mut self) -> &mut QTable {
        &mut self.learnt.known.q
    }

    /// How many returns each action value is the mean of, states × actions.
    pub fn counts(&self) -> &[u64] {
        &self.learnt.counts
    }
}

/// What an ε-greedy policy makes of action values: Σₐ π(a) q(a) over the legal actions.
fn epsilon_greedy_value(q: &[f64], legal: Option<&[bool]>, epsilon: f64) -> f64 {
    let allowed = |action: &usize| legal.is_none_or(|legal| legal[*action]);
    let sum = |(sum, n): (f64, f64), action: usize| (sum + q[action], n + 1.0);
    let (sum, n) = (0..q.len()).filter(allowed).fold((0.0, 0.0), sum);
    (1.0 - epsilon) * choice::max(q, legal) + epsilon * sum / n
}

impl Policy<usize, usize> for McControl {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Known { q, step } = &self.learnt.known;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, action) in act.iter_mut().enumerate() {
            let legal = now.legal_in(lane);
            *action = if self.exploring_starts && now.first[lane] {
                choice::uniform(q.actions(), legal, rng)
            } else {
                q.epsilon_greedy(q.state(now.obs.row(lane)), legal, epsilon, rng)
            };
        }
    }
}

impl Agent<usize, usize> for McControl {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Learnt { known: Known { q, step }, paths, counts, visits } = &mut self.learnt;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for i in 0..seen.lanes() {
            let path = paths.lane(i, seen.was.first[i]);
            path.push(q.cell(q.state(seen.was.obs.row(i)), seen.act.row(i)[0]), seen.reward[i], 1.0);
            if !seen.ended(i) {
                continue;
            }
            let row = q.row(q.state(seen.next(i)));
            let end = if seen.terminated[i] { 0.0 } else { epsilon_greedy_value(row, seen.next_legal(i), epsilon) };
            tail_returns(&mut path.rewards, self.config.gamma, end);
            visits.begin(counts.len());
            for (&cell, g) in path.cells.iter().zip(&path.rewards) {
                if !visits.is_first(cell) {
                    continue;
                }
                counts[cell] = counts[cell].saturating_add(1);
                let value = &mut q.flat_mut()[cell];
                let error = g - *value;
                let alpha = self.config.learning_rate.unwrap_or(1.0 / counts[cell] as f64);
                *value = Error::finite(self.name, "an action value", *value + alpha * error, *step)?;
                log.record("train/return_error", error.abs());
            }
            path.clear();
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let Known { q, step } = &self.learnt.known;
        q.policy(mode, self.config.epsilon.at(*step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.q().values(now))
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
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &McControlConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let mean = McControlConfig { initial_value: 3.0, ..McControlConfig::default() };
        let half = McControlConfig { learning_rate: Some(0.5), ..mean.clone() };
        // Nothing before the end; then the mean of returns of 1, or half-way from 3 twice: 2, 1.5.
        assert_eq!(learnt(false, false, 9, &mean), 3.0);
        assert_eq!((learnt(true, false, 2, &mean), learnt(true, false, 2, &half)), (1.0, 1.5));
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = McControlConfig { learning_rate: Some(0.5), gamma: 0.9, ..McControlConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }

    #[test]
    fn what_a_nearly_greedy_policy_makes_of_values() {
        // 0.8·6 + 0.2·(6 + 2 + 1)/3, and without the first: 0.8·2 + 0.2·(2 + 1)/2
        assert!((epsilon_greedy_value(&[6.0, 2.0, 1.0], None, 0.2) - 5.4).abs() < 1e-15);
        assert!((epsilon_greedy_value(&[6.0, 2.0, 1.0], Some(&[false, true, true]), 0.2) - 1.9).abs() < 1e-15);
    }
}
