//! Trajectory sampling: planning spends its updates where the policy goes.
//!
//! Sutton & Barto 2018, section 8.6. An update is the expected one, over all that the model says can happen:
//!
//! ```text
//! Q(s, a) ← Σ p(s′, r | s, a) [r + γ maxₐ′ Q(s′, a′)]
//! ```
//!
//! Which pairs s, a are updated: in on-policy order those of episodes that the model and the ε-greedy policy imagine, from
//! a first state on; in uniform order all pairs alike. With a model that is given, [`Planner`](super::Planner) makes such
//! updates one by one. The agent learns its model, and after the update of each real pair imagines n more.
//!
//! Deviations
//! 1. The agent's model is the maximum-likelihood one of what was seen. An imagined episode ends where it comes to a pair
//!    that was never seen; in uniform order, of the observed states and the actions tried in them.
//! 2. ε may follow a schedule over the run.
//! 3. Several lanes teach the one table and the one model, one after the other in the order of lanes.

use std::ops::RangeBounds;

use gymkhana_envs::{
    Rng, params,
    params::Value,
    tabular::{Outcome, TabularModel},
};
use serde::{Deserialize, Serialize};

use super::Estimated;
use crate::{
    agent::{Metrics, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::choice,
    restore::Shaped,
    schedule::Schedule,
    tabular::{
        QTable,
        controller::{Controller, Method, Step},
    },
};

/// Where updates are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Distribution {
    /// Along imagined episodes of the ε-greedy policy.
    #[default]
    OnPolicy,
    /// At all pairs of state and action alike.
    Uniform,
}

impl Value for Distribution {
    type Bound = usize;
    fn kind() -> String {
        "on-policy or uniform".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "on-policy" => Ok(Self::OnPolicy),
            "uniform" => Ok(Self::Uniform),
            _ => Err("none of on-policy, uniform".into()),
        }
    }
    fn show(&self) -> String {
        match self {
            Self::OnPolicy => "on-policy".into(),
            Self::Uniform => "uniform".into(),
        }
    }
    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

/// Σ p(s′, r | s, a) [r + γ maxₐ′ Q(s′, a′)]; `legal` says which actions a state has.
#[inline]
pub fn expected_update<'a>(
    outcomes: &[Outcome],
    q: &QTable,
    gamma: f64,
    legal: impl Fn(usize) -> Option<&'a [bool]>,
) -> f64 {
    let worth = |o: &Outcome| {
        o.probability * (o.reward + if o.terminated { 0.0 } else { gamma * choice::max(q.row(o.next), legal(o.next)) })
    };
    outcomes.iter().map(worth).sum()
}

/// Draws what happens; none where the episode ends.
#[inline]
pub(super) fn follow(outcomes: &[Outcome], rng: &mut Rng) -> Option<usize> {
    let drawn = outcomes.get(rng.categorical(outcomes.iter().map(|outcome| outcome.probability)))?;
    (!drawn.terminated).then_some(drawn.next)
}

params! {
    /// What trajectory sampling can be told.
    pub struct TrajectorySamplingConfig for "trajectory-sampling" {
        /// discount γ
        gamma: f64 = 0.95, in 0.0..=1.0;
        /// exploration ε: the probability of a random action, real or imagined
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with; more than any return makes it try everything
        initial_value: f64 = 0.0, in ..;
        /// imagined updates per real step
        n: usize = 5, in ..=1_000_000;
        /// where they are made: on-policy or uniform
        distribution: Distribution = Distribution::OnPolicy, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<TrajectorySamplingConfig>(
    "expected updates by a learned model, along episodes that it imagines",
    "\
Q(s, a) ← Σ p(s′, r | s, a) [r + γ maxₐ′ Q(s′, a′)]
for the pairs s, a of episodes that the model and the ε-greedy policy imagine, or for all pairs alike",
    "Sutton & Barto 2018, section 8.6",
)
.at("model/learned");

/// The agent.
pub type TrajectorySampling = Controller<TrajectorySamplingConfig>;

impl Recipe<usize, usize> for TrajectorySamplingConfig {
    type Agent = TrajectorySampling;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<TrajectorySampling, Error> {
        Controller::new(self, setup)
    }
}

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    model: Estimated,
    /// the pairs that were tried, in the order of their first
    tried: Vec<(usize, usize)>,
    /// where the imagined episode is
    at: Option<usize>,
}

impl Shaped for Memory {
    fn same_shape(&self, other: &Self) -> bool {
        let (states, actions) = (self.model.states(), self.model.actions());
        let are_pairs = other.tried.iter().all(|(state, action)| *state < states && *action < actions);
        self.model.same_shape(&other.model) && are_pairs && other.at.is_none_or(|state| state < states)
    }
}

impl Memory {
    /// Updates a pair by the model.
    #[inline]
    fn update(&self, q: &mut QTable, [state, action]: [usize; 2], gamma: f64, step: u64) -> Result<(), Error> {
        let Self { model, .. } = self;
        let value = expected_update(model.outcomes(state, action), q, gamma, |state| model.legal(state));
        *q.value_mut(state, action) = Error::finite(ENTRY.id, "an action value", value, step)?;
        Ok(())
    }

    /// The next pair to imagine, if the model knows one.
    #[inline]
    fn imagine(&mut self, q: &QTable, distribution: Distribution, epsilon: f64, rng: &mut Rng) -> Option<[usize; 2]> {
        let Self { model, tried, at } = self;
        if distribution == Distribution::Uniform {
            return if tried.is_empty() { None } else { Some(tried[rng.below(tried.len())].into()) };
        }
        let state = at.take().or_else(|| model.draw_start(rng))?;
        let action = q.epsilon_greedy(state, model.legal(state), epsilon, rng);
        let outcomes = model.outcomes(state, action);
        if outcomes.is_empty() {
            return None;
        }
        *at = follow(outcomes, rng);
        Some([state, action])
    }
}

impl Method for TrajectorySamplingConfig {
    type Memory = Memory;

    fn epsilon(&self) -> Schedule {
        self.epsilon
    }

    fn initial_value(&self) -> f64 {
        self.initial_value
    }

    fn memory(&self, q: &QTable, _: usize) -> Memory {
        Memory { model: Estimated::new(q.states(), q.actions()), tried: Vec::new(), at: None }
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
        let &Step { state, action, taken, .. } = step;
        memory.model.learn(step);
        if memory.model.count(state, action) == 1 {
            memory.tried.push((state, action));
        }
        let before = q.row(state)[action];
        memory.update(q, [state, action], self.gamma, taken)?;
        log.record("train/change", (q.row(state)[action] - before).abs());
        for _ in 0..self.n {
            if let Some(pair) = memory.imagine(q, self.distribution, step.epsilon, rng) {
                memory.update(q, pair, self.gamma, taken)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Space, Spec};

    use crate::one::{One, build, train};

    fn learnt(terminated: bool, truncated: bool, steps: usize, config: &TrajectorySamplingConfig) -> f64 {
        let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
        let mut agent = build(&lanes, config, steps as u64);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        agent.q().row(0)[0]
    }

    #[test]
    fn the_update_rule() {
        let config = TrajectorySamplingConfig { gamma: 0.5, n: 1, ..Default::default() };
        // The real pair: 1 + ½·0 = 1; the imagined one: 1 + ½·1 = 1.5. Where it terminates it is 1.
        for distribution in [Distribution::OnPolicy, Distribution::Uniform] {
            let config = TrajectorySamplingConfig { distribution, ..config.clone() };
            assert_eq!((learnt(false, false, 1, &config), learnt(true, false, 1, &config)), (1.5, 1.0));
        }
    }

    #[test]
    fn an_update_is_over_all_that_can_happen() {
        let spec = Spec::new("Fork", Space::Discrete(2), Space::Discrete(2));
        let mut q = QTable::new("trajectory-sampling", &spec, 0.0).unwrap();
        (*q.value_mut(1, 0), *q.value_mut(1, 1)) = (8.0, 12.0);
        let outcome = |probability, terminated| Outcome { probability, next: 1, reward: 4.0, terminated };
        // ¼ (4 + ½·12) + ¾·4 = 5.5; where only the first action is legal ¼ (4 + ½·8) + 3 = 5.
        let outcomes = [outcome(0.25, false), outcome(0.75, true)];
        assert_eq!(expected_update(&outcomes, &q, 0.5, |_| None), 5.5);
        assert_eq!(expected_update(&outcomes, &q, 0.5, |_| Some(&[true, false])), 5.0);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = TrajectorySamplingConfig { gamma: 0.9, ..Default::default() };
        let value = |terminated, truncated| learnt(terminated, truncated, 2_000, &config);
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
