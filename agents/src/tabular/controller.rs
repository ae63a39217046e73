//! What agents that control have in common: they act ε-greedily on a table of action values, and learn what those are.

use gymkhana_envs::{Params, Rng, State, Transitions, View};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Setup},
    error::Error,
    math::choice,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Known, QTable},
};

/// How action values are learned from what happens: the configuration of an agent that acts ε-greedily on them.
pub trait Method: Params + std::fmt::Debug + Send + 'static {
    /// What it keeps beside the values: actions chosen ahead, traces, a model, steps of episodes that are not over.
    type Memory: Shaped + Clone + std::fmt::Debug + Send + Serialize + DeserializeOwned;

    /// Exploration ε: the probability of a random action.
    fn epsilon(&self) -> Schedule;

    /// What Q(s, a) begins with.
    fn initial_value(&self) -> f64;

    /// What is kept at the start of a run.
    fn memory(&self, q: &QTable, lanes: usize) -> Self::Memory;

    /// The action of a lane that was chosen when the step before was learned from, if it was.
    #[inline]
    fn chosen(_memory: &mut Self::Memory, _lane: usize) -> Option<usize> {
        None
    }

    /// Whether the first action of an episode is any, each as likely as any other: exploring starts.
    #[inline]
    fn exploring_starts(&self) -> bool {
        false
    }

    /// Takes in one step of one lane. Where it is the first of an episode, what is kept of the one before is dropped: that
    /// one may have been cut short, by a run that was resumed.
    ///
    /// # Errors
    /// If learning diverged.
    fn learn(
        &self,
        q: &mut QTable,
        memory: &mut Self::Memory,
        step: &Step<'_>,
        rng: &mut Rng,
        log: &mut Metrics,
    ) -> Result<(), Error>;

    /// Goes on from action values that were put in the place of those that were learned.
    fn adopt(_memory: &mut Self::Memory, _q: &QTable) {}
}

/// One step of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which lane.
    pub lane: usize,
    /// Where it was taken from, sₜ.
    pub state: usize,
    /// The actions that were legal there.
    pub legal: Option<&'a [bool]>,
    /// Whether an episode began there.
    pub first: bool,
    /// What was done, aₜ.
    pub action: usize,
    /// rₜ₊₁
    pub reward: f64,
    /// Where it led, sₜ₊₁.
    pub next: usize,
    /// The actions that are legal there.
    pub next_legal: Option<&'a [bool]>,
    /// Whether sₜ₊₁ has no future.
    pub terminated: bool,
    /// Whether the episode ended.
    pub ended: bool,
    /// How much is explored, ε.
    pub epsilon: f64,
    /// Environment steps before this round, of all lanes.
    pub taken: u64,
    /// Environment steps of the whole run.
    pub steps: u64,
}

impl<'a> Step<'a> {
    /// Of a lane, by itself: without exploration, and in a run of no steps.
    #[inline]
    pub fn seen(q: &QTable, seen: &Transitions<'a, usize, usize>, lane: usize) -> Self {
        Self {
            lane,
            state: q.state(seen.was.obs.row(lane)),
            legal: seen.was.legal_in(lane),
            first: seen.was.first[lane],
            action: seen.act.row(lane)[0],
            reward: seen.reward[lane],
            next: q.state(seen.next(lane)),
            next_legal: seen.next_legal(lane),
            terminated: seen.terminated[lane],
            ended: seen.ended(lane),
            epsilon: 0.0,
            taken: 0,
            steps: 0,
        }
    }
}

/// An agent that controls by a [`Method`].
#[derive(Clone, Debug)]
pub struct Controller<M: Method> {
    learnt: Learnt<M::Memory>,
    /// of the whole run
    steps: u64,
    method: M,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt<T> {
    known: Known,
    memory: T,
}

impl<T: Shaped> Shaped for Learnt<T> {
    fn same_shape(&self, other: &Self) -> bool {
        self.known.same_shape(&other.known) && self.memory.same_shape(&other.memory)
    }
}

impl<M: Method> Controller<M> {
    /// An agent at the start of a run.
    ///
    /// # Errors
    /// If a parameter is out of range, or the table does not fit the environment.
    pub fn new(method: &M, setup: &Setup<'_>) -> Result<Self, Error> {
        method.validate()?;
        let known = Known::new(M::OWNER, setup.spec, method.initial_value())?;
        let memory = method.memory(&known.q, setup.lanes);
        Ok(Self { learnt: Learnt { known, memory }, steps: setup.steps, method: method.clone() })
    }

    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }

    /// The action values, to be changed: where learning is to begin.
    pub fn q_mut(&mut self) -> &mut QTable {
        &mut self.learnt.known.q
    }

    /// What is kept beside them.
    pub fn memory(&self) -> &M::Memory {
        &self.learnt.memory
    }

    /// What is kept beside them, to be changed.
    pub fn memory_mut(&mut self) -> &mut M::Memory {
        &mut self.learnt.memory
    }

    /// ε as it is now.
    #[inline]
    fn epsilon(&self) -> f64 {
        self.method.epsilon().at(self.learnt.known.step, self.steps)
    }
}

impl<M: Method> Policy<usize, usize> for Controller<M> {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let epsilon = self.epsilon();
        let Learnt { known: Known { q, .. }, memory } = &mut self.learnt;
        for (lane, action) in act.iter_mut().enumerate() {
            let (legal, first) = (now.legal_in(lane), now.first[lane]);
            // What was chosen in an episode that was cut short is nothing for the next.
            let chosen = M::chosen(memory, lane).filter(|_| !first);
            *action = if first && self.method.exploring_starts() {
                choice::uniform(q.actions(), legal, rng)
            } else if let Some(chosen) = chosen {
                chosen
            } else {
                q.epsilon_greedy(q.state(now.obs.row(lane)), legal, epsilon, rng)
            };
        }
    }
}

impl<M: Method> Agent<usize, usize> for Controller<M> {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let epsilon = self.epsilon();
        let Learnt { known: Known { q, step: taken }, memory } = &mut self.learnt;
        for i in 0..seen.lanes() {
            let step = Step { epsilon, taken: *taken, steps: self.steps, ..Step::seen(q, seen, i) };
            self.method.learn(q, memory, &step, rng, log)?;
        }
        *taken += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        self.q().policy(mode, self.epsilon())
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.q().values(now))
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
        let Learnt { known, memory } = &mut self.learnt;
        restore(known, state)?;
        M::adopt(memory, &known.q);
        Ok(())
    }
}

/// Per lane, the action that is taken next: none where an episode begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    actions: usize,
    lanes: Vec<Option<usize>>,
}

impl Chosen {
    /// None in any lane; actions are below `actions`.
    pub fn new(actions: usize, lanes: usize) -> Self {
        Self { actions, lanes: vec![None; lanes] }
    }

    /// The action of a lane, which is no longer chosen then.
    #[inline]
    pub fn take(&mut self, lane: usize) -> Option<usize> {
        self.lanes[lane].take()
    }

    /// Chooses the action of a lane.
    #[inline]
    pub fn set(&mut self, lane: usize, action: Option<usize>) {
        self.lanes[lane] = action;
    }
}

/// For as many lanes, with actions that there are.
impl Shaped for Chosen {
    fn same_shape(&self, other: &Self) -> bool {
        let are_actions = other.lanes.iter().flatten().all(|action| *action < self.actions);
        self.actions == other.actions && self.lanes.len() == other.lanes.len() && are_actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_action_is_taken_once_and_must_be_one() {
        let (here, mut other) = (Chosen::new(2, 2), Chosen::new(2, 2));
        other.set(1, Some(1));
        assert!(
            here.same_shape(&other) && !here.same_shape(&Chosen::new(2, 3)) && !here.same_shape(&Chosen::new(3, 2))
        );
        assert_eq!([other.take(1), other.take(1), other.take(0)], [Some(1), None, None]);
        other.set(0, Some(2));
        assert!(!here.same_shape(&other));
    }
}
