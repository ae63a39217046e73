//! What n-step methods of control have in common: the last n steps of every lane, and when the oldest is learned from.
//!
//! After each step the next action is chosen, before anything is learned. A lane with n steps learns from its oldest;
//! where an episode ends it learns from all it still has, the oldest first. Where one begins it has none.

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

    /// The rewards, from the first step to the last.
    pub(super) fn rewards(self) -> impl DoubleEndedIterator<Item = f64> {
        (0..self.steps.len(self.lane)).map(move |k| self.steps.get(self.lane, k).reward)
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
        let &Step { lane, state, legal, action, reward, ended, first, .. } = step;
        if first {
            steps.clear(lane);
        }
        let ratio = chosen[lane].take().filter(|_| !first).map_or(1.0, |chosen| chosen.ratio);
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

#[cfg(test)]
pub(super) mod testing {
    use gymkhana_envs::{Space, Spec};

    use super::*;
    use crate::tabular::controller::Method;

    /// Two steps, with two actions in every state: from 0 by action 0 for 1, from 1 by action `second` for 3, to 2, where
    /// `last` is drawn. What is thought of the first then. Q is (1, 0), (4, 8), (2, 6) at first; ε, n and all else is the
    /// method's.
    pub(in super::super) fn first_of_two<M: Method<Memory = NStep>>(method: &M, second: usize, last: usize) -> f64 {
        let spec = Spec::new("Three", Space::Discrete(3), Space::Discrete(2));
        let wanted = |seed: u64| {
            let mut q = QTable::new(M::OWNER, &spec, 0.0).unwrap();
            q.flat_mut().copy_from_slice(&[1.0, 0.0, 4.0, 8.0, 2.0, 6.0]);
            let (mut memory, mut rng, mut log) = (method.memory(&q, 1), Rng::new(seed), Metrics::default());
            let mut step = |state, action, reward, drawn| {
                let step = Step {
                    lane: 0,
                    state,
                    legal: None,
                    first: state == 0,
                    action,
                    reward,
                    next: state + 1,
                    next_legal: None,
                    terminated: false,
                    ended: false,
                    epsilon: method.epsilon().at(0, 2),
                    taken: state as u64,
                    steps: 2,
                };
                method.learn(&mut q, &mut memory, &step, &mut rng, &mut log).unwrap();
                memory.chosen(0) == Some(drawn)
            };
            (step(0, 0, 1.0, second) && step(1, second, 3.0, last)).then(|| q.row(0)[0])
        };
        (0..1_000).find_map(wanted).expect("a seed that draws these actions")
    }
}
