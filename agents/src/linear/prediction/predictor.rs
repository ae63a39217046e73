//! What agents that predict from features have in common.

use gymkhana_envs::{Params, Rng, Spec, State, Transitions, View};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Setup},
    error::Error,
    math::{importance, td::one_step_target},
    restore::{Shaped, restore},
    tabular::{Given, GivenPolicy},
};

/// How weights are learned from what happens: the configuration of an agent that predicts from features.
pub trait Rule: Params + std::fmt::Debug + Send + 'static {
    /// The policy whose values are learned, π, and the one that is followed, b.
    fn policies(&self) -> (&Given, &Given);

    /// The discount γ.
    fn gamma(&self) -> f64;

    /// What the weights begin with: none is 0, one number is for all.
    fn initial_weights(&self) -> &[f64];

    /// Takes in one step of one lane.
    fn learn(&self, weights: &mut Weights, step: &Step<'_>);
}

/// What is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// w, one per feature: v̂(s) = wᵀx(s)
    pub w: Vec<f64>,
    /// A second weight per feature, for methods that need one.
    pub h: Vec<f64>,
    /// among how many the policies choose: with others they are other policies
    actions: usize,
    step: u64,
}

impl Shaped for Weights {
    fn same_shape(&self, other: &Self) -> bool {
        let shape = |weights: &Self| (weights.w.len(), weights.h.len(), weights.actions);
        shape(self) == shape(other)
    }
}

/// One step of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The features of the state it was taken from, xₜ.
    pub x: &'a [f32],
    /// Those of the state it led to, xₜ₊₁; none where that has no future.
    pub x_next: Option<&'a [f32]>,
    /// The error δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ.
    pub delta: f64,
    /// How much likelier the action is under π than under b, ρₜ.
    pub ratio: f64,
    /// Environment steps before it, of all lanes.
    pub taken: u64,
    /// Environment steps of the whole run.
    pub steps: u64,
}

/// wᵀx
#[inline]
pub(super) fn dot(w: &[f64], x: &[f32]) -> f64 {
    w.iter().zip(x).map(|(w, x)| w * f64::from(*x)).sum()
}

/// w ← w + c x
#[inline]
pub(super) fn add(w: &mut [f64], c: f64, x: &[f32]) {
    w.iter_mut().zip(x).for_each(|(w, x)| *w += c * f64::from(*x));
}

/// An agent that predicts by a [`Rule`].
#[derive(Clone, Debug)]
pub struct Predictor<R: Rule> {
    weights: Weights,
    target: GivenPolicy,
    behaviour: GivenPolicy,
    /// of the whole run
    steps: u64,
    rule: R,
}

impl<R: Rule> Predictor<R> {
    /// An agent at the start of a run; `second` says whether it has second weights.
    pub(super) fn new(rule: &R, second: bool, setup: &Setup<'_>) -> Result<Self, Error> {
        rule.validate()?;
        let n = features(R::OWNER, setup.spec)?;
        let given = rule.initial_weights();
        let w = match *given {
            [] => vec![0.0; n],
            [all] => vec![all; n],
            _ if given.len() == n => given.to_vec(),
            _ => {
                let why = format!("{} has {n} features: a weight for each, or one for all", setup.spec.id);
                let value = format!("{} weights", given.len());
                let (owner, name) = (R::OWNER.into(), "initial_weights".into());
                return Err(gymkhana_envs::Error::Parameter { owner, name, value, why }.into());
            }
        };
        let (target, behaviour) = rule.policies();
        let target = target.policy(R::OWNER, "policy", setup.spec)?;
        let behaviour = behaviour.policy(R::OWNER, "behaviour", setup.spec)?;
        behaviour.covers(&target)?;
        let h = if second { vec![0.0; n] } else { Vec::new() };
        let weights = Weights { w, h, actions: target.actions(), step: 0 };
        Ok(Self { weights, target, behaviour, steps: setup.steps, rule: rule.clone() })
    }

    /// What is learned.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// What is learned, to be changed: where learning is to begin.
    pub fn weights_mut(&mut self) -> &mut Weights {
        &mut self.weights
    }
}

fn features(agent: &str, spec: &Spec) -> Result<usize, Error> {
    if spec.observations.is_index() {
        return Err(Error::Misfit {
            agent: agent.into(),
            env: spec.id.clone(),
            needs: "observations that are features".into(),
            has: format!("observations in {}", spec.observations),
            bridge: Some("one-hot"),
        });
    }
    Ok(spec.observations.width())
}

impl<R: Rule> Policy<f32, usize> for Predictor<R> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        self.behaviour.act(now, rng, act);
    }
}

impl<R: Rule> Agent<f32, usize> for Predictor<R> {
    fn learn(&mut self, seen: &Transitions<'_, f32, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        for i in 0..seen.lanes() {
            let (x, next, action) = (seen.was.obs.row(i), seen.next(i), seen.act.row(i)[0]);
            let legal = seen.was.legal_in(i);
            self.target.check(0, legal)?;
            self.behaviour.check(0, legal)?;
            let chance = |policy: &GivenPolicy| policy.probability(0, action, legal);
            let Weights { w, step, .. } = &self.weights;
            let target = one_step_target(seen.reward[i], self.rule.gamma(), seen.terminated[i], dot(w, next));
            let delta = Error::finite(R::OWNER, "an error", target - dot(w, x), *step)?;
            let step = Step {
                x,
                x_next: (!seen.terminated[i]).then_some(next),
                delta,
                ratio: importance::ratio(chance(&self.target), chance(&self.behaviour)),
                taken: *step,
                steps: self.steps,
            };
            self.rule.learn(&mut self.weights, &step);
            log.record("train/td_error", delta.abs());
        }
        self.weights.step += seen.lanes() as u64;
        Ok(())
    }

    /// Greedy is the policy whose values are learned, whether or not it is followed.
    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, usize>> {
        Box::new(if mode == Mode::Greedy { &self.target } else { &self.behaviour }.clone())
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        Some(now.obs.iter().map(|x| dot(&self.weights.w, x)).collect())
    }

    fn state(&self) -> State {
        State::of(&self.weights)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.weights, state)
    }
}
