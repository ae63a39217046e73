//! What n-step methods of control have in common: the last n steps of every lane, and when the oldest is learned from.
//!
//! After each step the next action is chosen, before anything is learned. A lane with n steps learns from its oldest;
//! where an episode ends it learns from all it still has, the oldest first.

use gymkhana_envs::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    agent::Metrics,
    error::Error,
    math::policy,
    memory::{self, Steps},
    restore::Shaped,
    tabular::{QTable, controller::Step},
};

/// What is kept beside the values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NStep {
    states: usize,
    actions: usize,
    steps: Steps,
    /// per lane, the action that is taken next: none where an episode begins
    chosen: Vec<Option<Chosen>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Chosen {
    action: usize,
    ratio: f64,
}

impl Shaped for NStep {
    fn same_shape(&self, other: &Self) -> bool {
        (self.states, self.actions) == (other.states, other.actions)
            && self.steps.same_shape(&other.steps)
            && other.steps.within(|_| self.states)
            && self.chosen.len() == other.chosen.len()
            && other.chosen.iter().flatten().all(|chosen| chosen.action < self.actions)
    }
}

/// How a step is learned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) agent: &'static str,
    pub(super) alpha: f64,
    /// ε of the policy that is learned of, if it is another
    pub(super) target_epsilon: Option<f64>,
}

/// The state in which a look ahead ends, or one on the way to it, and the action there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead<'a> {
    pub(super) state: usize,
    pub(super) legal: Option<&'a [bool]>,
    pub(super) action: usize,
    /// π(a | s) / b(a | s): 1 where the policy that acts is the one that is learned of
    pub(super) ratio: f64,
}

/// The steps from one that is learned from to where the look ahead ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    steps: &'a Steps,
    lane: usize,
    /// none where the process terminated
    end: Option<Ahead<'a>>,
}

impl<'a> Stretch<'a> {
    /// From the last step to the first: the reward of each, and the state and action that followed.
    pub(super) fn backward(self) -> impl Iterator<Item = (f64, Option<Ahead<'a>>)> {
        let Self { steps, lane, end } = self;
        let mut next = end;
        (0..steps.len(lane)).rev().map(move |k| {
            let memory::Step { row, legal, action, reward, ratio } = steps.get(lane, k);
            (reward, next.replace(Ahead { state: row[0], legal, action, ratio }))
        })
    }

    /// Q of the state and action in which it ends; 0 where the process terminated.
    pub(super) fn end_value(self, q: &QTable) -> f64 {
        self.end.map_or(0.0, |end| q.row(end.state)[end.action])
    }
}

impl NStep {
    pub(super) fn new(q: &QTable, lanes: usize, n: usize) -> Self {
        let (states, actions) = (q.states(), q.actions());
        Self { states, actions, steps: Steps::new(lanes, n, 1, actions), chosen: vec![None; lanes] }
    }

    /// The action of a lane that was chosen when the step before was learned from.
    #[inline]
    pub(super) fn chosen(&self, lane: usize) -> Option<usize> {
        self.chosen[lane].map(|chosen| chosen.action)
    }

    /// Learns from a step; `look` gives the return G of the first step of a stretch, and the weight of its update.
    #[inline]
    pub(super) fn learn(
        &mut self,
        rule: &Rule,
        q: &mut QTable,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
        look: impl Fn(&QTable, Stretch<'_>) -> (f64, f64),
    ) -> Result<(), Error> {
        let Self { steps, chosen, .. } = self;
        let &Step { lane, state, legal, action, reward, ended, .. } = step;
        let ratio = chosen[lane].take().map_or(1.0, |chosen| chosen.ratio);
        steps.push(lane, &memory::Step { row: &[state], legal, action, reward, ratio });
        let end = (!step.terminated).then(|| {
            let (state, legal) = (step.next, step.next_legal);
            let action = q.epsilon_greedy(state, legal, step.epsilon, rng);
            let likely = |epsilon| policy::probability(q.row(state), legal, epsilon, action);
            let ratio = rule.target_epsilon.map_or(1.0, |target| likely(target) / likely(step.epsilon));
            Ahead { state, legal, action, ratio }
        });
        while steps.is_full(lane) || ended && !steps.is_empty(lane) {
            let (g, weight) = look(q, Stretch { steps, lane, end });
            let memory::Step { row, action, .. } = steps.get(lane, 0);
            let value = q.value_mut(row[0], action);
            let delta = g - *value;
            *value = Error::finite(rule.agent, "an action value", *value + rule.alpha * weight * delta, step.taken)?;
            log.record("train/td_error", delta.abs());
            steps.pop(lane);
        }
        chosen[lane] = end.filter(|_| !ended).map(|Ahead { action, ratio, .. }| Chosen { action, ratio });
        Ok(())
    }
}
