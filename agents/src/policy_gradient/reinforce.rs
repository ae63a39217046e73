//! REINFORCE with networks: the Monte Carlo policy gradient of whole episodes.
//!
//! Williams 1992, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning"; Sutton &
//! Barto 2018, sections 13.3 and 13.4. When enough episodes have ended, for all their steps together:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + …
//! Â = G                              without a baseline
//! Â = G − v(s)                       with the baseline v
//! θ ← θ − α ∇ [−mean Â ln π(a | s) − c_e mean H[π(· | s)]]
//! w ← w − α_w ∇ mean (G − v(s; w))²                              in minibatches, several times
//! ```
//!
//! Deviations
//! 1. Steps are weighed alike: without γᵗ, as is usual with networks.
//! 2. One step is taken for several episodes, and along Adam's direction.
//! 3. Values are learned without a baseline too, and used in one place alone: where an episode is truncated, its returns
//!    go on with the value of the state that was reached.
//! 4. Â may be given mean 0 and deviation 1 over the episodes of an update.
//! 5. With several lanes, the steps that were taken in unfinished episodes before an update count in the next one.

use gymkhana_envs::{Params, Rng, Space, State, Transitions, View, params, params::above};
use serde::{Deserialize, Serialize};

use super::{
    head::{Choices, Controls, Head},
    learner::{Learner, Plan, Samples, Saved, standardize},
    loss::{Objective, STATISTICS, Surrogate},
    on_policy::{columns, explained_variance, shuffle},
};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    memory::Episodes,
    networks::Networks,
    nn::{Activation, Rule, tensors::to_vec},
    schedule::Schedule,
    watch::Watch,
};

params! {
    /// What REINFORCE can be told.
    pub struct DeepReinforceConfig for "reinforce" {
        /// step size α of the policy
        learning_rate: Schedule = Schedule::Constant(3e-3), in 0.0..=1.0;
        /// step size α_w of the values
        value_learning_rate: Schedule = Schedule::Constant(3e-3), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// whether the value of the state is subtracted from the return
        baseline: bool = true, in ..;
        /// whether Â is given mean 0 and deviation 1
        normalize_advantage: bool = true, in ..;
        /// episodes that have ended before an update
        episodes: usize = 8, in 1..=1_000_000;
        /// steps that they have at least
        n_steps: usize = 1, in 1..=1_000_000_000;
        /// how often the values go through the steps of an update
        value_epochs: usize = 10, in 1..=1_000_000;
        /// steps per minibatch of the values
        batch_size: usize = 64, in 1..=1_000_000_000;
        /// weight of the entropy, c_e
        ent_coef: f64 = 0.0, in 0.0..=1_000.0;
        /// greatest Euclidean norm of a gradient
        max_grad_norm: f64 = 0.5, in above(0.0);
        /// widths of the hidden layers of policy and value
        hidden: Vec<usize> = vec![64, 64], in 1..=16_384;
        /// what stands between layers
        activation: Activation = Activation::Tanh, in ..;
        /// whether weights are orthogonal at first, or uniform as PyTorch's
        orthogonal: bool = true, in ..;
        /// logarithm of the deviations of controls at first
        log_std_init: f64 = 0.0, in -20.0..=20.0;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature::<DeepReinforceConfig>(
    "Monte Carlo policy gradient with networks, with or without a baseline",
    "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + …
Â = G                              without a baseline
Â = G − v(s)                       with the baseline v
θ ← θ − α ∇ [−mean Â ln π(a | s) − c_e mean H[π(· | s)]]
w ← w − α_w ∇ mean (G − v(s; w))²",
    "Williams 1992, Simple Statistical Gradient-Following Algorithms; Sutton & Barto 2018, sections 13.3 and 13.4",
)
.at("policy/deep");

/// Adam's ε.
const ADAM_EPSILON: f64 = 1e-5;

/// The agent, for [`Choices`] or [`Controls`].
#[derive(Clone, Debug)]
pub struct DeepReinforce<H: Head> {
    learner: Learner<H>,
    episodes: Episodes<H::A>,
    actions: Space,
    /// environment steps so far
    step: u64,
    /// environment steps of the whole run
    steps: u64,
    /// updates so far
    update: u64,
    config: DeepReinforceConfig,
}

/// Everything that learning goes on from, on the host.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct SavedAgent<A: gymkhana_envs::Elem> {
    learner: Saved,
    episodes: Episodes<A>,
    step: u64,
    update: u64,
}

impl DeepReinforceConfig {
    fn agent<H: Head>(&self, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<DeepReinforce<H>, Error> {
        self.validate()?;
        let plan = Plan {
            owner: Self::OWNER,
            hidden: &self.hidden,
            activation: self.activation,
            orthogonal: self.orthogonal,
            optimizer: Rule::Adam,
            epsilon: ADAM_EPSILON,
            apart: true,
        };
        let episodes = Episodes::new(setup.lanes, setup.spec.observations.width(), head.width());
        Ok(DeepReinforce {
            learner: Learner::new(&plan, head, setup, rng)?,
            episodes,
            actions: setup.spec.actions.clone(),
            step: 0,
            steps: setup.steps,
            update: 0,
            config: self.clone(),
        })
    }
}

impl Recipe<f32, usize> for DeepReinforceConfig {
    type Agent = DeepReinforce<Choices>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Choices::of(Self::OWNER, setup.spec)?, setup, rng)
    }
}

impl Recipe<f32, f32> for DeepReinforceConfig {
    type Agent = DeepReinforce<Controls>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Controls::of(Self::OWNER, setup.spec, self.log_std_init)?, setup, rng)
    }
}

impl<H: Head> DeepReinforce<H> {
    /// Learns from the episodes that have ended.
    fn update(&mut self, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Self { learner, episodes, step, steps, config, .. } = self;
        let (alpha, alpha_w) = (config.learning_rate.at(*step, *steps), config.value_learning_rate.at(*step, *steps));
        let done = episodes.done();
        let values = learner.values(done.obs());
        let errors: Vec<_> = done.returns().iter().zip(&values).map(|(g, v)| g - v).collect();
        let [mut advantage, target, v] = columns(&errors, &values);
        if !config.baseline {
            advantage.clone_from(&target);
        }
        if config.normalize_advantage {
            standardize(&mut advantage);
        }
        let samples = Samples {
            obs: done.obs(),
            actions: done.actions(),
            legal: done.legal(),
            log_prob: &v, // not asked for
            advantage: &advantage,
            target: &target,
            value: &v,
        };

        let mut order: Vec<_> = (0..target.len()).collect();
        let objective = Objective {
            surrogate: Surrogate::PolicyGradient,
            vf_coef: 0.0,
            ent_coef: config.ent_coef,
            clip_range_vf: None,
        };
        let (gradient, statistics) = learner.gradient(&samples, &order, false, &objective);
        learner.step_policy(gradient, config.max_grad_norm, alpha);
        for _ in 0..config.value_epochs {
            shuffle(&mut order, rng);
            for rows in order.chunks(config.batch_size) {
                learner.step_value(&samples, rows, config.max_grad_norm, alpha_w);
            }
        }
        learner.refresh();
        self.update += 1;
        let watch = self.watch();
        for (name, value) in STATISTICS.into_iter().zip(to_vec(statistics)) {
            log.record(name, watch.number(name, f64::from(value))?);
        }
        log.record("train/explained_variance", explained_variance(&v, &target));
        log.record("train/learning_rate", alpha);
        self.episodes.forget();
        self.learner.check(&watch)
    }

    fn watch(&self) -> Watch {
        Watch {
            agent: ENTRY.id,
            step: self.step,
            update: self.update,
            learning_rate: self.config.learning_rate.at(self.step, self.steps),
            max_grad_norm: Some(self.config.max_grad_norm),
        }
    }
}

impl<H: Head> Policy<f32, H::A> for DeepReinforce<H> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [H::A]) {
        self.learner.actor.act(now, rng, act);
    }
}

impl<H: Head> Agent<f32, H::A> for DeepReinforce<H> {
    fn learn(&mut self, seen: &Transitions<'_, f32, H::A>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Self { learner: Learner { actor, critic, .. }, episodes, config, .. } = self;
        episodes.push(seen, actor.drawn(), config.gamma, |next| f64::from(critic.run(next)[0]));
        self.step += seen.lanes() as u64;
        if self.episodes.ended() >= self.config.episodes && self.episodes.done().len() >= self.config.n_steps {
            self.update(rng, log)?;
        }
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, H::A>> {
        self.learner.actor.acting(mode)
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        Some(self.learner.values(now.obs.flat))
    }

    fn check(&self) -> Result<(), Error> {
        self.learner.check(&self.watch())
    }

    fn state(&self) -> State {
        let (learner, episodes) = (self.learner.saved(), self.episodes.clone());
        State::of(&SavedAgent { learner, episodes, step: self.step, update: self.update })
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let saved: SavedAgent<H::A> = state.get()?;
        if !saved.episodes.fits(&self.episodes, &self.actions) {
            return Err(gymkhana_envs::Error::State("episodes of another shape".into()).into());
        }
        self.learner.restore(saved.learner)?;
        (self.episodes, self.step, self.update) = (saved.episodes, saved.step, saved.update);
        Ok(())
    }

    fn networks(&self) -> Option<Networks> {
        Some(self.learner.networks())
    }

    fn set_networks(&mut self, networks: &Networks) -> Result<(), Error> {
        self.learner.set_networks(networks)
    }

    fn policy_state(&self) -> State {
        self.learner.policy_state()
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        self.learner.set_policy_state(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};
    use gymkhana_envs::{Rows, View};

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        for baseline in [true, false] {
            let config = DeepReinforceConfig {
                value_learning_rate: 0.02.into(),
                gamma: 0.5,
                hidden: vec![8],
                baseline,
                ..DeepReinforceConfig::default()
            };
            let close = |terminated, truncated, right: f64| {
                let mut lanes = One { obs: [1.0], terminated, truncated }.lanes(2);
                let mut agent = build(&lanes, &config, 2_000);
                train(&mut agent, &mut lanes, &mut Rng::new(1), 1_000);
                let values = agent.values(&View::new(Rows { flat: &[1.0], width: 1 }, &[true])).unwrap();
                assert!((values[0] - right).abs() < 0.02, "{values:?}, not {right}");
            };
            close(false, true, 2.0); // 1/(1−γ)
            close(true, false, 1.0);
            close(true, true, 1.0); // both at once: termination decides
        }
    }
}
