//! Watkins's Q(λ): Q-learning with traces that are cut where it explores.
//!
//! Watkins 1989, "Learning from Delayed Rewards"; Sutton & Barto 2018, section 12.10:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)                      (no second term where sₜ₊₁ is terminal)
//! e(s, a) ← γ λ e(s, a) where aₜ is greedy, 0 where not          for all s, a, before the step is learned from
//! e(sₜ, aₜ) ← e(sₜ, aₜ) + 1, or 1, or (1 − α) e(sₜ, aₜ) + 1      accumulating, replacing, dutch
//! Q(s, a) ← Q(s, a) + α δₜ e(s, a)                               for all s, a
//! ```
//!
//! Traces are 0 where an episode begins. With λ = 0 it is Q-learning.
//!
//! Deviations
//! 1. Step size and ε may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes; each has its own traces.
//! 3. Sutton & Barto choose aₜ₊₁ before step t is learned from; here it is chosen when it is taken, as in Q-learning, and
//!    is greedy if it has the greatest value when it is learned from.
//! 4. Traces that have come to `trace_cut` or less are dropped.
//! 5. Watkins's traces accumulate. Replacing and dutch ones are those of Sarsa(λ), to be compared; dutch ones go with the
//!    plain update, not the one of true online methods to which they belong.

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
        trace::{Trace, TraceKind},
    },
};

params! {
    /// What Watkins's Q(λ) can be told.
    pub struct WatkinsQLambdaConfig for "watkins-q-lambda" {
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
pub const ENTRY: Entry = Entry::index_choice::<WatkinsQLambdaConfig>(
    "Q-learning with eligibility traces, which exploration cuts",
    "\
δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)                      (no second term where sₜ₊₁ is terminal)
e(s, a) ← γ λ e(s, a) where aₜ is greedy, 0 where not          for all s, a, before the step is learned from
e(sₜ, aₜ) ← e(sₜ, aₜ) + 1, or 1, or (1 − α) e(sₜ, aₜ) + 1      accumulating, replacing, dutch
Q(s, a) ← Q(s, a) + α δₜ e(s, a)                               for all s, a",
    "Watkins 1989, Learning from Delayed Rewards; Sutton & Barto 2018, section 12.10",
)
.at("value/control/off-policy");

/// The agent.
pub type WatkinsQLambda = Controller<WatkinsQLambdaConfig>;

impl Recipe<usize, usize> for WatkinsQLambdaConfig {
    type Agent = WatkinsQLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<WatkinsQLambda, Error> {
        Controller::new(self, setup)
    }
}

impl Method for WatkinsQLambdaConfig {
    type Memory = Vec<Trace>;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    /// Per lane, the traces of states and actions.
    fn memory(&self, q: &QTable, lanes: usize) -> Vec<Trace> {
        vec![Trace::new(q.flat().len()); lanes]
    }

    #[inline]
    fn learn(
        &self,
        q: &mut QTable,
        traces: &mut Vec<Trace>,
        step: &Step<'_>,
        _: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let (e, cell) = (&mut traces[step.lane], q.cell(step.state, step.action));
        let row = q.row(step.state);
        if !step.first && row[step.action] == choice::max(row, step.legal) {
            e.decay(self.gamma * self.lambda, self.trace_cut);
        } else {
            e.clear();
        }
        let v_next = choice::max(q.row(step.next), step.next_legal);
        let target = one_step_target(step.reward, self.gamma, step.terminated, v_next);
        let delta = target - row[step.action];
        e.set(cell, self.traces.visited(e.get(cell), alpha));
        q.learn_traces(ENTRY.id, e, alpha * delta, step.taken)?;
        if step.ended {
            e.clear();
        }
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    use crate::{
        agent::Agent,
        one::{One, build, train},
    };

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &WatkinsQLambdaConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn what_is_reached_is_learned_by_what_was_done_before_unless_it_explored() {
        let hall = Finite::new("Hall", Gridworld::new("S..G", Rules::default()).unwrap().table(), None, None);
        // Two steps to the right, and a third into the goal for 1.
        for (second_seems, first) in [(0.0, 0.25 * 0.5), (-1.0, 0.0)] {
            let mut lanes = Lanes::new(hall.clone(), 1, &Seeds::from(0)).unwrap();
            let config = WatkinsQLambdaConfig { learning_rate: 0.5.into(), lambda: 0.5, ..Default::default() };
            let mut agent = build(&lanes, &config, 3);
            let right = 1;
            *agent.q_mut().value_mut(1, right) = second_seems;
            for _ in 0..3 {
                lanes.step(&[right]).unwrap();
                agent.learn(&lanes.seen(&[right]), &mut Rng::new(0), &mut Metrics::default()).unwrap();
            }
            // The last step learns ½ of the 1, the first ¼ of that, if the second was as good as any.
            assert_eq!((agent.q().row(2)[right], agent.q().row(0)[right]), (0.5, first));
        }
    }

    #[test]
    fn the_update_rule() {
        let config = WatkinsQLambdaConfig { gamma: 0.5, initial_value: 4.0, lambda: 0.5, ..Default::default() };
        let config = WatkinsQLambdaConfig { learning_rate: 0.5.into(), traces: TraceKind::Accumulating, ..config };
        // δ = 1 + ½·4 − 4 = −1: 3.5. Then δ = 1 + ½·3.5 − 3.5 = −0.75, and the trace is ¼ + 1.
        assert_eq!([1, 2].map(|steps| learnt(false, false, steps, &config)), [3.5, 3.5 - 0.375 * 1.25]);
        assert_eq!(learnt(false, true, 2, &config), 3.125, "an episode's end leaves no trace");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = WatkinsQLambdaConfig { gamma: 0.9, learning_rate: 0.5.into(), ..WatkinsQLambdaConfig::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
