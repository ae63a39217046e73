//! Sarsa(λ): what happens now is learned by all that was done before, the more the later it was.
//!
//! Rummery & Niranjan 1994, "On-Line Q-Learning Using Connectionist Systems"; replacing traces: Singh & Sutton 1996; dutch
//! traces: van Seijen & Sutton 2014; Sutton & Barto 2018, section 12.7:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)                        (no second term where sₜ₊₁ is terminal)
//! e(sₜ, aₜ) ← e(sₜ, aₜ) + 1, or 1, or (1 − α) e(sₜ, aₜ) + 1      accumulating, replacing, dutch
//! Q(s, a) ← Q(s, a) + α δₜ e(s, a)                               for all s, a
//! e(s, a) ← γ λ e(s, a)
//! ```
//!
//! Traces are 0 where an episode begins. With λ = 0 it is Sarsa.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run; aₜ₊₁ is drawn with the ε of step t.
//! 2. Several lanes update the one table, one after the other in the order of lanes; each has its own traces.
//! 3. Where an episode is truncated, aₜ₊₁ is drawn in the state that was reached, and not taken.
//! 4. Traces that have come to `trace_cut` or less are dropped.
//! 5. Dutch traces belong to the update of true online Sarsa(λ), which corrects for Q having changed since the step before;
//!    here they go with the plain one.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::td::one_step_target,
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Chosen, Controller, Method, Step},
        trace::{Trace, TraceKind},
    },
};

params! {
    /// What Sarsa(λ) can be told.
    pub struct SarsaLambdaConfig for "sarsa-lambda" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// trace decay λ
        lambda: f64 = 0.9, in 0.0..=1.0;
        /// what a visit does to a trace: accumulating, replacing or dutch
        traces: TraceKind = TraceKind::Replacing, in ..;
        /// traces that have come to this or less are dropped; 0 keeps all
        trace_cut: f64 = 1e-6, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<SarsaLambdaConfig>(
    "on-policy temporal-difference control with eligibility traces",
    "\
δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)                        (no second term where sₜ₊₁ is terminal)
e(sₜ, aₜ) ← e(sₜ, aₜ) + 1, or 1, or (1 − α) e(sₜ, aₜ) + 1      accumulating, replacing, dutch
Q(s, a) ← Q(s, a) + α δₜ e(s, a),   e(s, a) ← γ λ e(s, a)      for all s, a",
    "Rummery & Niranjan 1994; Singh & Sutton 1996; van Seijen & Sutton 2014; Sutton & Barto 2018, section 12.7",
)
.at("value/control/on-policy");

/// The agent.
pub type SarsaLambda = Controller<SarsaLambdaConfig>;

impl Recipe<usize, usize> for SarsaLambdaConfig {
    type Agent = SarsaLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<SarsaLambda, Error> {
        Controller::new(self, setup)
    }
}

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// per lane, of states and actions
    traces: Vec<Trace>,
    chosen: Chosen,
}

impl Shaped for Memory {
    fn same_shape(&self, other: &Self) -> bool {
        self.traces.same_shape(&other.traces) && self.chosen.same_shape(&other.chosen)
    }
}

impl Method for SarsaLambdaConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, lanes: usize) -> Memory {
        Memory { traces: vec![Trace::new(q.flat().len()); lanes], chosen: Chosen::new(q.actions(), lanes) }
    }

    #[inline]
    fn chosen(memory: &mut Memory, lane: usize) -> Option<usize> {
        memory.chosen.take(lane)
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut Memory,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let next_action = (!step.terminated).then(|| q.epsilon_greedy(step.next, step.next_legal, step.epsilon, rng));
        let q_next = next_action.map_or(0.0, |action| q.row(step.next)[action]);
        let target = one_step_target(step.reward, self.gamma, step.terminated, q_next);
        let delta = target - q.row(step.state)[step.action];
        let (e, cell) = (&mut memory.traces[step.lane], q.cell(step.state, step.action));
        if step.first {
            e.clear();
        }
        e.set(cell, self.traces.visited(e.get(cell), alpha));
        q.learn_traces(ENTRY.id, e, alpha * delta, step.taken)?;
        if step.ended {
            e.clear();
        } else {
            e.decay(self.gamma * self.lambda, self.trace_cut);
        }
        memory.chosen.set(step.lane, next_action.filter(|_| !step.ended));
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &SarsaLambdaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = SarsaLambdaConfig {
            learning_rate: 0.5.into(),
            gamma: 0.5,
            lambda: 0.5,
            initial_value: 4.0,
            ..SarsaLambdaConfig::default()
        };
        // δ = 1 + ½·4 − 4 = −1, e = 1: 3.5. Then δ = 1 + ½·3.5 − 3.5 = −0.75, and the trace has come to ¼.
        for (traces, after_two) in [
            (TraceKind::Accumulating, 3.5 - 0.375 * 1.25),
            (TraceKind::Replacing, 3.5 - 0.375),
            (TraceKind::Dutch, 3.5 - 0.375 * 1.125),
        ] {
            let config = SarsaLambdaConfig { traces, ..config.clone() };
            assert_eq!([1, 2].map(|steps| learnt(false, false, steps, &config)), [3.5, after_two]);
            // Where each step ends an episode nothing is left of the trace: 3.5 − ½·0.75.
            assert_eq!(learnt(false, true, 2, &config), 3.125);
        }
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = SarsaLambdaConfig { gamma: 0.9, learning_rate: 0.5.into(), ..SarsaLambdaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
