//! What n-step methods of control have in common: the last n steps of every lane, and when the oldest is learned from.
//!
//! After each step the next action is chosen, before anything is learned. A lane with n steps learns from its oldest;
//! where an episode ends it learns from all it still has, the oldest first.

use gymkhana_envs::{Rng, Spec, Transitions, View};
use serde::{Deserialize, Serialize};

use crate::{
    agent::Metrics,
    error::Error,
    math::policy,
    memory::{Step, Steps},
    restore::Shaped,
    tabular::{Known, QTable},
};

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NStep {
    pub(super) known: Known,
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
        let q = &self.known.q;
        self.known.same_shape(&other.known)
            && self.steps.same_shape(&other.steps)
            && other.steps.within(|_| q.states())
            && self.chosen.len() == other.chosen.len()
            && other.chosen.iter().flatten().all(|chosen| chosen.action < q.actions())
    }
}

/// How a round is learned from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) agent: &'static str,
    pub(super) alpha: f64,
    /// of the policy that acts
    pub(super) epsilon: f64,
    /// of the policy that is learned of, if it is another
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
            let Step { row, legal, action, reward, ratio } = steps.get(lane, k);
            (reward, next.replace(Ahead { state: row[0], legal, action, ratio }))
        })
    }

    /// Q of the state and action in which it ends; 0 where the process terminated.
    pub(super) fn end_value(self, q: &QTable) -> f64 {
        self.end.map_or(0.0, |end| q.row(end.state)[end.action])
    }
}

impl NStep {
    pub(super) fn new(agent: &str, spec: &Spec, initial: f64, lanes: usize, n: usize) -> Result<Self, Error> {
        let known = Known::new(agent, spec, initial)?;
        let steps = Steps::new(lanes, n, 1, known.q.actions());
        Ok(Self { known, steps, chosen: vec![None; lanes] })
    }

    /// The actions that were chosen when the steps before were learned from.
    pub(super) fn act(&mut self, now: &View<'_, usize>, epsilon: f64, rng: &mut Rng, act: &mut [usize]) {
        let q = &self.known.q;
        for (lane, action) in act.iter_mut().enumerate() {
            *action = match self.chosen[lane] {
                Some(chosen) => chosen.action,
                None => q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng),
            };
        }
    }

    /// Learns from a round; `look` gives the return G of the first step of a stretch, and the weight of its update.
    pub(super) fn learn(
        &mut self,
        rule: &Rule,
        seen: &Transitions<'_, usize, usize>,
        rng: &mut Rng,
        log: &mut Metrics,
        look: impl Fn(&QTable, Stretch<'_>) -> (f64, f64),
    ) -> Result<(), Error> {
        let Self { known: Known { q, step }, steps, chosen } = self;
        for i in 0..seen.lanes() {
            let (state, action) = (q.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let ratio = chosen[i].take().map_or(1.0, |chosen| chosen.ratio);
            steps.push(i, &Step { row: &[state], legal: seen.was.legal_in(i), action, reward: seen.reward[i], ratio });
            let end = (!seen.terminated[i]).then(|| {
                let (state, legal) = (q.state(seen.next(i)), seen.next_legal(i));
                let action = q.epsilon_greedy(state, legal, rule.epsilon, rng);
                let likely = |epsilon| policy::probability(q.row(state), legal, epsilon, action);
                let ratio = rule.target_epsilon.map_or(1.0, |target| likely(target) / likely(rule.epsilon));
                Ahead { state, legal, action, ratio }
            });
            let ended = seen.ended(i);
            while steps.is_full(i) || ended && !steps.is_empty(i) {
                let (g, weight) = look(q, Stretch { steps, lane: i, end });
                let Step { row, action, .. } = steps.get(i, 0);
                let value = q.value_mut(row[0], action);
                let delta = g - *value;
                *value = Error::finite(rule.agent, "an action value", *value + rule.alpha * weight * delta, *step)?;
                log.record("train/td_error", delta.abs());
                steps.pop(i);
            }
            let next = end.filter(|_| !ended);
            chosen[i] = next.map(|Ahead { action, ratio, .. }| Chosen { action, ratio });
        }
        *step += seen.lanes() as u64;
        Ok(())
    }
}
