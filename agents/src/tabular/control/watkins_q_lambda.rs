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

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{choice, td::one_step_target},
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Known, QTable, trace::TraceKind, traces::Traces},
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

impl Recipe<usize, usize> for WatkinsQLambdaConfig {
    type Agent = WatkinsQLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<WatkinsQLambda, Error> {
        self.validate()?;
        let known = Known::new(Self::OWNER, setup.spec, self.initial_value)?;
        let learnt = Learnt { known, traces: Traces::new(setup.lanes) };
        Ok(WatkinsQLambda { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct WatkinsQLambda {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: WatkinsQLambdaConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    traces: Traces,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let q = &self.known.q;
        self.known.same_shape(&other.known)
            && self.traces.same_shape(&other.traces)
            && other.traces.within(q.states(), q.actions())
    }
}

impl WatkinsQLambda {
    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }
}

impl Policy<usize, usize> for WatkinsQLambda {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Known { q, step } = &self.learnt.known;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, action) in act.iter_mut().enumerate() {
            *action = q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng);
        }
    }
}

impl Agent<usize, usize> for WatkinsQLambda {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let WatkinsQLambdaConfig { learning_rate, gamma, lambda, traces: kind, trace_cut, .. } = self.config;
        let Learnt { known: Known { q, step }, traces } = &mut self.learnt;
        let alpha = learning_rate.at(*step, self.steps);
        for i in 0..seen.lanes() {
            let (state, action) = (q.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let greedy = q.row(state)[action] == choice::max(q.row(state), seen.was.legal_in(i));
            if greedy {
                traces.decay(i, gamma * lambda, trace_cut);
            } else {
                traces.clear(i);
            }
            let v_next = choice::max(q.row(q.state(seen.next(i))), seen.next_legal(i));
            let target = one_step_target(seen.reward[i], gamma, seen.terminated[i], v_next);
            let delta = target - q.row(state)[action];
            traces.visit(i, state, action, kind, alpha);
            q.learn_traces(ENTRY.id, traces.of(i), alpha * delta, *step)?;
            if seen.ended(i) {
                traces.clear(i);
            }
            log.record("train/td_error", delta.abs());
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let Known { q, step } = &self.learnt.known;
        q.policy(mode, self.config.epsilon.at(*step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.known.q.values(now))
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
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    use crate::one::{One, build, train};

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
            *agent.learnt.known.q.value_mut(1, right) = second_seems;
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
