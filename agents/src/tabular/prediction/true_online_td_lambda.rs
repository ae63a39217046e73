//! True online TD(λ): what the online λ-return algorithm computes, at the cost of TD(λ).
//!
//! van Seijen & Sutton 2014, "True Online TD(λ)"; Sutton & Barto 2018, section 12.5, with a feature per state:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)                        (no second term where sₜ₊₁ is terminal)
//! z(s) ← γλ z(s) for every s,  z(sₜ) ← (1 − α) z(sₜ) + 1
//! V(s) ← V(s) + α (δₜ + V(sₜ) − v) z(s) for every s,  V(sₜ) ← V(sₜ) − α (V(sₜ) − v)
//! v ← what V(sₜ₊₁) was before the update               (0 where an episode begins)
//! ```
//!
//! with V(sₜ) as it was before the update in both lines.
//!
//! Deviations
//! 1. The step size may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes; each has its own traces. With more
//!    than one it is no longer exactly the online λ-return.
//! 3. A trace that has come to 10⁻¹⁶ or less is dropped.

use gymkhana_envs::{Rng, params};
use serde::{Deserialize, Serialize};

use super::{Predictor, Rule, Step};
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        Given, VTable,
        trace::{NEGLIGIBLE, Trace, TraceKind},
    },
};

params! {
    /// What true online TD(λ) can be told.
    pub struct TrueOnlineTdLambdaConfig for "true-online-td-lambda" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// how far back an error reaches: from 0, one step, to 1, all of the episode
        lambda: f64 = 0.8, in 0.0..=1.0;
        /// the policy whose values are learned, and which is followed
        policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<TrueOnlineTdLambdaConfig>(
    "the online λ-return by dutch traces, with a table",
    "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)                        (no second term where sₜ₊₁ is terminal)
z(s) ← γλ z(s) for every s,  z(sₜ) ← (1 − α) z(sₜ) + 1
V(s) ← V(s) + α (δₜ + V(sₜ) − v) z(s) for every s,  V(sₜ) ← V(sₜ) − α (V(sₜ) − v)
v ← what V(sₜ₊₁) was before the update               (0 where an episode begins)",
    "van Seijen & Sutton 2014, True Online TD(λ); Sutton & Barto 2018, section 12.5",
)
.at("value/prediction/td")
.only_for(Scope::Prediction);

/// The agent.
pub type TrueOnlineTdLambda = Predictor<TrueOnlineTdLambdaConfig>;

impl Recipe<usize, usize> for TrueOnlineTdLambdaConfig {
    type Agent = TrueOnlineTdLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<TrueOnlineTdLambda, Error> {
        Predictor::new(self, setup)
    }
}

/// What is kept of a lane's episode.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Behind {
    z: Trace,
    /// what the present state was worth before the last update
    v: f64,
}

impl Shaped for Behind {
    fn same_shape(&self, other: &Self) -> bool {
        self.z.same_shape(&other.z)
    }
}

impl Rule for TrueOnlineTdLambdaConfig {
    type Memory = Vec<Behind>;

    fn target(&self) -> &Given {
        &self.policy
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, states: usize, lanes: usize) -> Vec<Behind> {
        vec![Behind { z: Trace::new(states), v: 0.0 }; lanes]
    }

    fn learn(&self, v: &mut VTable, behind: &mut Vec<Behind>, step: &Step, log: &mut Metrics) -> Result<(), Error> {
        let alpha = self.learning_rate.at(step.taken, step.steps);
        let Behind { z, v: v_old } = &mut behind[step.lane];
        if step.first {
            z.clear();
            *v_old = 0.0;
        }
        let (v_now, v_next) = (v.value(step.state), step.v_next(v));
        let delta = step.reward + self.gamma * v_next - v_now;
        let delta = Error::finite(ENTRY.id, "an error", delta, step.taken)?;
        z.decay(self.gamma * self.lambda, NEGLIGIBLE);
        z.set(step.state, TraceKind::Dutch.visited(z.get(step.state), alpha));
        z.add_to(v.flat_mut(), alpha * (delta + v_now - *v_old));
        *v.value_mut(step.state) -= alpha * (v_now - *v_old);
        *v_old = v_next;
        log.record("train/td_error", delta.abs());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::prediction::testing::value_of_one;

    fn config() -> TrueOnlineTdLambdaConfig {
        let learning_rate = 0.5.into();
        TrueOnlineTdLambdaConfig { learning_rate, gamma: 0.5, lambda: 0.5, ..TrueOnlineTdLambdaConfig::default() }
    }

    #[test]
    fn the_update_rule() {
        // One state, 0 at first. Step 1: δ = 1, z = 1, V = ½, v = 0. Step 2: δ = 1 + ¼ − ½ = ¾, z = ½·¼ + 1 = 1⅛:
        // V = ½ + ½ (¾ + ½ − 0) 1⅛ − ½ (½ − 0) = 0.953125.
        assert_eq!(value_of_one(&config(), (false, false), 2), 0.953_125);
        // An episode that ended leaves nothing: V = ½, then ½ + ½ (1 − ½ + ½) − ½·½ = 0.75.
        assert_eq!(value_of_one(&config(), (true, false), 2), 0.75);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = TrueOnlineTdLambdaConfig { gamma: 0.9, ..config() };
        assert!((value_of_one(&config, (false, true), 2_000) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value_of_one(&config, (true, false), 2_000), 1.0);
        assert_eq!(value_of_one(&config, (true, true), 2_000), 1.0, "both at once: termination decides");
    }
}
