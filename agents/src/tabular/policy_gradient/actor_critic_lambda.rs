//! Actor-critic with eligibility traces: the error of a step is credited to the states and actions before it too.
//!
//! Barto, Sutton & Anderson 1983, "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems";
//! Sutton & Barto 2018, section 13.5:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
//! z_w ← γ λ_w z_w + ∇V(sₜ),            V ← V + α_w δₜ z_w
//! z_θ ← γ λ z_θ + γᵗ ∇ ln π(aₜ | sₜ),  θ ← θ + α δₜ z_θ
//! ```
//!
//! Traces are 0 at the beginning of an episode. With `λ = λ_w = 0` it is one-step actor-critic, bit for bit.
//!
//! Deviations
//! 1. Step sizes may follow a schedule over the run.
//! 2. Several lanes update the one table, one after the other in the order of lanes; each has its own traces. ∇ ln π is taken
//!    at θ as it is then, which the lanes before have moved since the action was drawn.
//! 3. Traces of a state that have all decayed below 10⁻¹⁰ are dropped.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use super::Preferences;
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::td::one_step_target,
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Given, VTable},
};

params! {
    /// What actor-critic with traces can be told.
    pub struct ActorCriticLambdaConfig for "actor-critic-lambda" {
        /// step size α of the actor: the preferences
        learning_rate: Schedule = Schedule::Constant(0.01), in 0.0..=100.0;
        /// step size α_w of the critic: the values
        value_learning_rate: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// decay λ of the actor's traces
        lambda: f64 = 0.8, in 0.0..=1.0;
        /// decay λ_w of the critic's traces
        value_lambda: f64 = 0.8, in 0.0..=1.0;
        /// the policy to begin with: random, or how likely each action is, such as 0.95:0.05
        initial_policy: Given = Given::Random, in ..;
        /// what V(s) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<ActorCriticLambdaConfig>(
    "actor-critic with eligibility traces",
    "\
δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)        (no second term where sₜ₊₁ is terminal)
z_w ← γ λ_w z_w + ∇V(sₜ),            V ← V + α_w δₜ z_w
z_θ ← γ λ z_θ + γᵗ ∇ ln π(aₜ | sₜ),  θ ← θ + α δₜ z_θ",
    "Barto, Sutton & Anderson 1983, Neuronlike Adaptive Elements; Sutton & Barto 2018, section 13.5",
)
.at("policy/actor-critic");

/// Below it a trace is as good as none.
const NEGLIGIBLE: f64 = 1e-10;

impl Recipe<usize, usize> for ActorCriticLambdaConfig {
    type Agent = ActorCriticLambda;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<ActorCriticLambda, Error> {
        self.validate()?;
        let learnt = Learnt {
            preferences: Preferences::new(Self::OWNER, setup.spec, &self.initial_policy)?,
            v: VTable::new(Self::OWNER, setup.spec, self.initial_value)?,
            step: 0,
            lanes: vec![
                Traces { discount: 1.0, states: Vec::new(), critic: Vec::new(), actor: Vec::new() };
                setup.lanes
            ],
        };
        Ok(ActorCriticLambda { learnt, steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct ActorCriticLambda {
    learnt: Learnt,
    /// of the whole run
    steps: u64,
    config: ActorCriticLambdaConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    preferences: Preferences,
    v: VTable,
    step: u64,
    lanes: Vec<Traces>,
}

/// Of one lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Traces {
    /// γᵗ
    discount: f64,
    /// the states that have traces
    states: Vec<usize>,
    /// `z_w`, by place among them
    critic: Vec<f64>,
    /// `z_θ`, by place among them and action
    actor: Vec<f64>,
}

impl Traces {
    fn clear(&mut self) {
        self.discount = 1.0;
        self.states.clear();
        self.critic.clear();
        self.actor.clear();
    }

    /// Traces decay, and those that are negligible are dropped.
    fn decay(&mut self, critic: f64, actor: f64, actions: usize) {
        self.critic.iter_mut().for_each(|z| *z *= critic);
        self.actor.iter_mut().for_each(|z| *z *= actor);
        let mut place = 0;
        while place < self.states.len() {
            let small = |z: &f64| z.abs() < NEGLIGIBLE;
            if small(&self.critic[place]) && self.actor[place * actions..][..actions].iter().all(small) {
                // The last takes its place.
                let last = self.states.len() - 1;
                self.states.swap_remove(place);
                self.critic.swap_remove(place);
                self.actor.copy_within(last * actions.., place * actions);
                self.actor.truncate(last * actions);
            } else {
                place += 1;
            }
        }
    }

    /// The place of a state, which it is given if it has none.
    fn place(&mut self, state: usize, actions: usize) -> usize {
        self.states.iter().position(|other| *other == state).unwrap_or_else(|| {
            self.states.push(state);
            self.critic.push(0.0);
            self.actor.resize(self.states.len() * actions, 0.0);
            self.states.len() - 1
        })
    }
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let (states, actions) = (self.preferences.theta().states(), self.preferences.theta().actions());
        let fits = |traces: &Traces| {
            let places = traces.states.len();
            let same = traces.critic.len() == places && traces.actor.len() == places * actions;
            same && traces.states.iter().all(|state| *state < states)
        };
        let same_tables = self.preferences.same_shape(&other.preferences) && self.v.same_shape(&other.v);
        same_tables && self.lanes.len() == other.lanes.len() && other.lanes.iter().all(fits)
    }
}

impl ActorCriticLambda {
    /// The actor: preferences, and the policy that is their softmax.
    pub fn preferences(&self) -> &Preferences {
        &self.learnt.preferences
    }

    /// The critic's values.
    pub fn v(&self) -> &VTable {
        &self.learnt.v
    }
}

impl Policy<usize, usize> for ActorCriticLambda {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        self.learnt.preferences.act(now, rng, act);
    }
}

impl Agent<usize, usize> for ActorCriticLambda {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let ActorCriticLambdaConfig { gamma, lambda, value_lambda, learning_rate, value_learning_rate, .. } =
            self.config;
        let Learnt { preferences, v, step, lanes } = &mut self.learnt;
        let (alpha, alpha_w) = (learning_rate.at(*step, self.steps), value_learning_rate.at(*step, self.steps));
        let actions = preferences.theta().actions();
        for (i, traces) in lanes.iter_mut().enumerate() {
            if seen.was.first[i] {
                traces.clear();
            }
            let (state, action) = (v.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
            let v_next = v.value(v.state(seen.next(i)));
            let delta = one_step_target(seen.reward[i], gamma, seen.terminated[i], v_next) - v.value(state);
            traces.decay(gamma * value_lambda, gamma * lambda, actions);
            let place = traces.place(state, actions);
            traces.critic[place] += 1.0;
            let gradient = preferences.log_gradient(state, action, seen.was.legal_in(i));
            for (z, gradient) in traces.actor[place * actions..].iter_mut().zip(gradient) {
                *z += traces.discount * gradient;
            }
            let credited = traces.states.iter().zip(&traces.critic).zip(traces.actor.chunks_exact(actions));
            for ((&state, z), actor) in credited {
                *v.value_mut(state) += alpha_w * delta * z;
                preferences.add(state, alpha * delta, actor);
            }
            Error::finite(ENTRY.id, "a value", v.value(state), *step)?;
            Error::finite(ENTRY.id, "a preference", preferences.theta().row(state)[action], *step)?;
            traces.discount *= gamma;
            log.record("train/td_error", delta.abs());
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        self.learnt.preferences.policy(mode)
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.learnt.v.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.preferences)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.preferences, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Lanes, Seeds,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    use crate::one::{One, build, train};

    /// A hall of three cells without a choice that matters: every action is right, the second step ends and pays 1.
    fn hall() -> Lanes<Finite> {
        let table = Gridworld::new("S.G", Rules::default()).unwrap().table();
        Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap()
    }

    #[test]
    fn the_error_of_a_step_is_credited_to_the_states_before_it() {
        let config = ActorCriticLambdaConfig {
            gamma: 0.5,
            lambda: 0.5,
            value_lambda: 0.8,
            learning_rate: 1.0.into(),
            value_learning_rate: 0.5.into(),
            // The way right is action 1, and all but sure.
            initial_policy: Given::Shares(vec![1e-6, 1.0 - 3e-6, 1e-6, 1e-6]),
            ..Default::default()
        };
        let (mut lanes, mut rng) = (hall(), Rng::new(0));
        let mut agent = build(&lanes, &config, 2);
        let before = agent.preferences().theta().row(0)[1];
        train(&mut agent, &mut lanes, &mut rng, 2);
        // δ₀ = 0; δ₁ = 1: V(1) = ½·1, and V(0) = ½·1·(γ λ_w) = ½·0.4.
        assert_eq!(agent.v().flat()[..2], [0.2, 0.5]);
        // The gradient of what is all but sure is 3·10⁻⁶; its trace one step later a quarter of that.
        let moved = agent.preferences().theta().row(0)[1] - before;
        assert!((moved - 0.75e-6).abs() < 1e-11, "{moved:e}");
        train(&mut agent, &mut lanes, &mut rng, 1);
        assert_eq!(agent.learnt.lanes[0].states, [0], "a new episode has no old traces");
    }

    #[test]
    fn negligible_traces_are_dropped() {
        let mut traces = Traces { discount: 1.0, states: vec![], critic: vec![], actor: vec![] };
        for state in [7, 3, 5] {
            let place = traces.place(state, 2);
            traces.critic[place] = if state == 7 { 1e-9 } else { 1.0 };
            traces.actor[2 * place] = state as f64 * traces.critic[place];
        }
        assert_eq!(traces.place(3, 2), 1);
        traces.decay(0.05, 0.01, 2);
        assert_eq!(
            (traces.states, traces.critic, traces.actor),
            (vec![5, 3], vec![0.05, 0.05], vec![0.05, 0.0, 0.03, 0.0])
        );
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config = ActorCriticLambdaConfig { gamma: 0.9, value_learning_rate: 0.5.into(), ..Default::default() };
        let value = |terminated, truncated| {
            let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
            let mut agent = build(&lanes, &config, 2_000);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 2_000);
            agent.v().value(0)
        };
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
