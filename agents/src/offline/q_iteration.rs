//! Q-iteration: the best policy that a fixed set of data knows of.
//!
//! Sutton & Barto 2018, section 4.4, on the maximum-likelihood model of the data; Ernst, Geurts & Wehenkel 2005, "Tree-Based
//! Batch Mode Reinforcement Learning" (fitted Q-iteration, with a table); Fujimoto, Meger & Precup 2019, "Off-Policy Deep
//! Reinforcement Learning without Exploration" (that only actions of the data count):
//!
//! ```text
//! Q(s, a) ← Σ p̂(s′, r | s, a) [r + γ max Q(s′, a′)]        until nothing changes, for every pair s, a of the data,
//! ```
//!
//! where the maximum is over the a′ that the data took in s′. A state in which it took none is absorbing: it is worth 0.
//!
//! The agent behaves by a policy that is given and never by what it learns: only its greedy snapshot does.
//!
//! Deviations
//! 1. In place, and sweeps go forward and backward in turn.
//! 2. Values have settled when the greatest change of a sweep is a small part of the greatest value.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params, tabular::TabularModel};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    model_based::{Estimated, expected_update},
    restore::{Shaped, restore},
    tabular::{Given, GivenPolicy, QTable, controller::Step},
};

/// What Q-iteration gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Iterated {
    /// Q(s, a) for the pairs of the data, −∞ for others; for states in which nothing was done, 0.
    pub q: QTable,
    /// Sweeps over all pairs that it took.
    pub sweeps: usize,
    /// Whether the values have settled.
    pub settled: bool,
}

/// Iterates until the greatest change of a sweep is `tolerance` of the greatest value or of 1, and for so many sweeps at
/// most. `q` says how the values lie; what it holds does not matter.
pub fn q_iteration(model: &impl TabularModel, mut q: QTable, gamma: f64, tolerance: f64, sweeps: usize) -> Iterated {
    let (states, actions) = (q.states(), q.actions());
    for state in 0..states {
        let seen = |action| !model.outcomes(state, action).is_empty();
        let any = (0..actions).any(seen);
        let row = q.row_mut(state);
        (0..actions).for_each(|action| row[action] = if any && !seen(action) { f64::NEG_INFINITY } else { 0.0 });
    }
    let (mut made, mut settled) = (0, false);
    while !settled && made < sweeps {
        let (mut change, mut greatest) = (0.0_f64, 1.0_f64);
        for i in 0..states {
            let state = if made % 2 == 0 { i } else { states - 1 - i };
            for action in 0..actions {
                let outcomes = model.outcomes(state, action);
                if outcomes.is_empty() {
                    continue;
                }
                let value = expected_update(outcomes, &q, gamma, |_| None);
                change = change.max((value - q.row(state)[action]).abs());
                greatest = greatest.max(value.abs());
                *q.value_mut(state, action) = value;
            }
        }
        made += 1;
        settled = change <= tolerance * greatest;
    }
    Iterated { q, sweeps: made, settled }
}

params! {
    /// What Q-iteration can be told.
    pub struct QIterationConfig for "q-iteration" {
        /// the policy that gathers the data: random, actions with commas, or shares with colons
        policy: Given = Given::Random, in ..;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// the change of a sweep, as a part of the greatest value or of 1, below which values have settled
        tolerance: f64 = 1e-10, in 0.0..=1.0;
        /// sweeps over all pairs, at most
        sweeps: usize = 10_000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<QIterationConfig>(
    "the best policy that data of a given policy knows of",
    "\
Q(s, a) ← Σ p̂(s′, r | s, a) [r + γ max Q(s′, a′)]        for every pair s, a of the data
p̂: shares of what was seen;  the maximum is over the a′ that the data took in s′",
    "Ernst, Geurts & Wehenkel 2005, Tree-Based Batch Mode Reinforcement Learning; Sutton & Barto 2018, section 4.4",
)
.at("offline");

impl Recipe<usize, usize> for QIterationConfig {
    type Agent = QIteration;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<QIteration, Error> {
        self.validate()?;
        let blank = QTable::new(Self::OWNER, setup.spec, 0.0)?;
        let behaviour = self.policy.policy(Self::OWNER, "policy", setup.spec)?;
        let data = Data { model: Estimated::new(blank.states(), blank.actions()), blank };
        Ok(QIteration { data, behaviour, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct QIteration {
    data: Data,
    behaviour: GivenPolicy,
    config: QIterationConfig,
}

/// What changes by gathering.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Data {
    /// how values lie; all 0
    blank: QTable,
    /// all of the data that matters
    model: Estimated,
}

impl Shaped for Data {
    fn same_shape(&self, other: &Self) -> bool {
        self.blank.same_shape(&other.blank) && self.model.same_shape(&other.model)
    }
}

impl QIteration {
    /// The maximum-likelihood model of the data so far.
    pub fn model(&self) -> &Estimated {
        &self.data.model
    }

    /// What the data so far knows.
    pub fn iterate(&self) -> Iterated {
        let QIterationConfig { gamma, tolerance, sweeps, .. } = self.config;
        q_iteration(&self.data.model, self.data.blank.clone(), gamma, tolerance, sweeps)
    }
}

impl Policy<usize, usize> for QIteration {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        self.behaviour.act(now, rng, act);
    }
}

impl Agent<usize, usize> for QIteration {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, _: &mut Metrics) -> Result<(), Error> {
        for i in 0..seen.lanes() {
            let step = Step::seen(&self.data.blank, seen, i);
            self.behaviour.check(step.state, step.legal)?;
            self.data.model.learn(&step);
        }
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        match mode {
            Mode::Greedy => Box::new(self.iterate().q),
            Mode::Sample => Box::new(self.behaviour.clone()),
        }
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.iterate().q.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.data)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.data, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Batch, Space, Spec};

    use crate::{
        model_based::Experience,
        one::{One, build, train},
    };

    #[test]
    fn only_what_the_data_did_counts() {
        let spec = Spec::new("Fork", Space::Discrete(4), Space::Discrete(2));
        let blank = QTable::new("q-iteration", &spec, 7.0).unwrap();
        let mut model = Estimated::new(4, 2);
        let mut add = |state, action, next, reward, terminated| {
            model.add(state, action, &Experience { reward, next, terminated });
        };
        // From 0 the first action leads to 1 or 2, the second was never taken. In 1 only a loss was seen, in 2 nothing.
        add(0, 0, 1, 0.0, false);
        add(0, 0, 2, 0.0, false);
        add(1, 1, 3, -4.0, true);
        let found = q_iteration(&model, blank, 0.5, 0.0, 100);
        // Q(1, 1) = −4 and Q(0, 0) = ½ (½·−4) + ½ (½·0) = −1.
        let none = f64::NEG_INFINITY;
        assert_eq!(found.q.flat(), [-1.0, none, none, -4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!((found.sweeps, found.settled), (3, true), "forward, backward, and one that changes nothing");
    }

    #[test]
    fn it_never_acts_by_what_it_learns() {
        let mut lanes = One { obs: 0, terminated: false, truncated: false }.lanes(3);
        let mut agent = build(&lanes, &QIterationConfig::default(), 30);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 10);
        assert_eq!(agent.model().count(0, 0), 30);
        assert_eq!(agent.data.blank.flat(), [0.0]);
        assert_eq!(agent.values(&lanes.now()).unwrap().len(), 3);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = QIterationConfig { gamma: 0.9, ..QIterationConfig::default() };
        let value = |terminated, truncated| {
            let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
            let mut agent = build(&lanes, &config, 10);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 10);
            agent.iterate().q.row(0)[0]
        };
        assert!((value(false, true) - 10.0).abs() < 1e-8, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
