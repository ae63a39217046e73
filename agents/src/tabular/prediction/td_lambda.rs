//! TD(λ): prediction in which every error is shared by the states before it.
//!
//! Sutton 1988, "Learning to Predict by the Methods of Temporal Differences"; Singh & Sutton 1996, "Reinforcement Learning
//! with Replacing Eligibility Traces"; Sutton & Barto 2018, sections 12.2 and 12.5:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)                        (no second term where sₜ₊₁ is terminal)
//! z(s) ← γλ z(s) for every s, then of the state that is visited
//! z(sₜ) ← z(sₜ) + 1 (accumulating), 1 (replacing), (1 − α) z(sₜ) + 1 (dutch)
//! V(s) ← V(s) + α δₜ z(s) for every s
//! ```
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes; each has its own traces.
//! 3. A trace that has come to 10⁻¹⁶ or less is dropped.
//! 4. Dutch traces belong to the update of true online TD(λ), which corrects for V having changed since the step before; here
//!    they go with the plain one.

use gymkhana_envs::{Rng, params};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::td::one_step_target,
    schedule::Schedule,
    tabular::{
        Given, VTable,
        trace::{NEGLIGIBLE, Trace, TraceKind},
    },
};

params! {
    /// What TD(λ) can be told.
    pub struct TdLambdaConfig for "td-lambda" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// how far back an error reaches: from 0, one step, to 1, all of the episode
        lambda: f64 = 0.8, in 0.0..=1.0;
        /// what a visit makes of a trace: accumulating, replacing or dutch
        traces: TraceKind = TraceKind::Accumulating, in ..;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<TdLambdaConfig>(
    "temporal-difference prediction with eligibility traces and a table",
    "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)                        (no second term where sₜ₊₁ is terminal)
z(s) ← γλ z(s) for every s, then of the state that is visited
z(sₜ) ← z(sₜ) + 1 (accumulating), 1 (replacing), (1 − α) z(sₜ) + 1 (dutch)
V(s) ← V(s) + α δₜ z(s) for every s",
    "Sutton 1988, Learning to Predict by the Methods of Temporal Differences; Singh & Sutton 1996, Reinforcement Learning \
     with Replacing Eligibility Traces; Sutton & Barto 2018, sections 12.2 and 12.5",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The agent.
pub type TdLambda = Predictor<TdLambdaConfig>;

impl Recipe<usize, usize> for TdLambdaConfig {
    type Agent = TdLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<TdLambda, Error> {
        Predictor::new(self, setup)
    }
}

impl Rule for TdLambdaConfig {
    type Memory = Vec<Trace>;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Vec<Trace> {
        vec![Trace::new(states); lanes]
    }

    fn learn(&self, v: &mut VTable, traces: &mut Vec<Trace>, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let z = &mut traces[step.lane];
        if step.first {
            z.clear();
        }
        let target = one_step_target(step.reward, self.gamma, step.terminated, v.value(step.next));
        let delta = Error::finite(ENTRY.id, "an error", target - v.value(step.state), step.taken)?;
        z.decay(self.gamma * self.lambda, NEGLIGIBLE);
        z.set(step.state, self.traces.visited(z.get(step.state), alpha));
        z.add_to(v.flat_mut(), alpha * delta);
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::value_of_one;

    fn config(traces: TraceKind) -> TdLambdaConfig {
        TdLambdaConfig { learning_rate: 0.5.into(), gamma: 0.5, lambda: 0.5, traces, ..TdLambdaConfig::default() }
    }

    #[test]
    fn the_update_rule() {
        // One state, 0 at first. Step 1: δ = 1, z = 1, V = ½. Step 2: δ = 1 + ½·½ − ½ = ¾, and with z = ¼ left over
        // accumulating 1¼: ½ + ½·¾·1¼ = 0.96875; replacing 1: 0.875; dutch 1⅛: 0.921875.
        let [accumulating, replacing, dutch] = [TraceKind::Accumulating, TraceKind::Replacing, TraceKind::Dutch];
        let values = [accumulating, replacing, dutch].map(|kind| value_of_one(&config(kind), (false, false), 2));
        assert_eq!(values, [0.968_75, 0.875, 0.921_875]);
        // An episode that ended leaves no trace: the second begins with z = 1 again, δ = 1 − ½.
        assert_eq!(value_of_one(&config(accumulating), (true, false), 2), 0.75);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = TdLambdaConfig { gamma: 0.9, ..config(TraceKind::Replacing) };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }
}
