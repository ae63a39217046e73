//! What agents that predict have in common: they follow a policy that is given, and learn what its states are worth.

use gymkhana_envs::{Params, Rng, State, Transitions, View};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Setup},
    error::Error,
    math::importance,
    restore::{Shaped, restore},
    tabular::{Given, GivenPolicy, VTable},
};

/// How values are learned from what happens: the configuration of an agent that predicts.
pub trait Rule: Params + std::fmt::Debug + Send + 'static {
    /// What it keeps beside the values: traces, steps of episodes that are not over, counts.
    type Memory: Shaped + Clone + std::fmt::Debug + Send + Serialize + DeserializeOwned;

    /// The policy whose values are learned.
    fn target(&self) -> &Given;

    /// The policy that is followed, if it is another.
    fn behaviour(&self) -> Option<&Given> {
        None
    }

    /// What V(s) begins with.
    fn initial_value(&self) -> f64;

    /// What is kept at the start of a run.
    fn memory(&self, states: usize, lanes: usize) -> Self::Memory;

    /// Takes in one step of one lane.
    ///
    /// # Errors
    /// If learning diverged.
    fn learn(&self, v: &mut VTable, memory: &mut Self::Memory, step: &Step, log: &mut Metrics) -> Result<(), Error>;
}

/// One step of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Which lane.
    pub lane: usize,
    /// Where it was taken from, sₜ.
    pub state: usize,
    /// Whether an episode began there.
    pub first: bool,
    /// How much likelier the action is under the policy that is learned of than under the one that is followed, ρₜ.
    pub ratio: f64,
    /// rₜ₊₁
    pub reward: f64,
    /// Where it led, sₜ₊₁.
    pub next: usize,
    /// Whether sₜ₊₁ has no future.
    pub terminated: bool,
    /// Whether the episode ended.
    pub ended: bool,
    /// Environment steps before it, of all lanes.
    pub taken: u64,
    /// Environment steps of the whole run.
    pub steps: u64,
}

impl Step {
    /// What sₜ₊₁ is worth: nothing where it has no future.
    #[inline]
    pub fn v_next(&self, v: &VTable) -> f64 {
        if self.terminated { 0.0 } else { v.value(self.next) }
    }
}

/// An agent that predicts by a [`Rule`].
#[derive(Clone, Debug)]
pub struct Predictor<R: Rule> {
    learnt: Learnt<R::Memory>,
    target: GivenPolicy,
    behaviour: Option<GivenPolicy>,
    /// of the whole run
    steps: u64,
    rule: R,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt<M> {
    estimate: Estimate,
    memory: M,
}

/// The values, and how far the run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Estimate {
    v: VTable,
    /// among how many the policy chooses: with others it is another policy
    actions: usize,
    step: u64,
}

impl Shaped for Estimate {
    fn same_shape(&self, other: &Self) -> bool {
        self.v.same_shape(&other.v) && self.actions == other.actions
    }
}

impl<M: Shaped> Shaped for Learnt<M> {
    fn same_shape(&self, other: &Self) -> bool {
        self.estimate.same_shape(&other.estimate) && self.memory.same_shape(&other.memory)
    }
}

impl<R: Rule> Predictor<R> {
    /// An agent at the start of a run.
    ///
    /// # Errors
    /// If a parameter is out of range, a policy or the table does not fit the environment, or the policy that is followed
    /// never does something that the other does.
    pub fn new(rule: &R, setup: &Setup<'_>) -> Result<Self, Error> {
        rule.validate()?;
        let v = VTable::new(R::OWNER, setup.spec, rule.initial_value())?;
        let target = rule.target().policy(R::OWNER, "policy", setup.spec)?;
        let behaviour = rule.behaviour().map(|given| given.policy(R::OWNER, "behaviour", setup.spec)).transpose()?;
        behaviour.as_ref().map_or(Ok(()), |behaviour| behaviour.covers(&target))?;
        let memory = rule.memory(v.flat().len(), setup.lanes);
        let learnt = Learnt { estimate: Estimate { v, actions: target.actions(), step: 0 }, memory };
        Ok(Self { learnt, target, behaviour, steps: setup.steps, rule: rule.clone() })
    }

    /// The state values.
    pub fn v(&self) -> &VTable {
        &self.learnt.estimate.v
    }

    /// The state values, to be changed: where learning is to begin.
    pub fn v_mut(&mut self) -> &mut VTable {
        &mut self.learnt.estimate.v
    }

    /// What is kept beside them.
    pub fn memory(&self) -> &R::Memory {
        &self.learnt.memory
    }

    /// The policy that is followed.
    fn followed(&mut self) -> &mut GivenPolicy {
        self.behaviour.as_mut().unwrap_or(&mut self.target)
    }
}

impl<R: Rule> Policy<usize, usize> for Predictor<R> {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        self.followed().act(now, rng, act);
    }
}

impl<R: Rule> Agent<usize, usize> for Predictor<R> {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Learnt { estimate: Estimate { v, step: taken, .. }, memory } = &mut self.learnt;
        for i in 0..seen.lanes() {
            let (state, action, legal) = (v.state(seen.was.obs.row(i)), seen.act.row(i)[0], seen.was.legal_in(i));
            self.target.check(state, legal)?;
            self.behaviour.as_ref().map_or(Ok(()), |behaviour| behaviour.check(state, legal))?;
            let ratio = self.behaviour.as_ref().map_or(1.0, |behaviour| {
                let [target, behaviour] = [&self.target, behaviour].map(|by| by.probability(state, action, legal));
                importance::ratio(target, behaviour)
            });
            let step = Step {
                lane: i,
                state,
                first: seen.was.first[i],
                ratio,
                reward: seen.reward[i],
                next: v.state(seen.next(i)),
                terminated: seen.terminated[i],
                ended: seen.ended(i),
                taken: *taken,
                steps: self.steps,
            };
            self.rule.learn(v, memory, &step, log)?;
        }
        *taken += seen.lanes() as u64;
        Ok(())
    }

    /// Greedy is the policy whose values are learned, whether or not it is followed.
    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        match (mode, &self.behaviour) {
            (Mode::Sample, Some(behaviour)) => Box::new(behaviour.clone()),
            _ => Box::new(self.target.clone()),
        }
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.v().values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.estimate)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.estimate, state)
    }
}
