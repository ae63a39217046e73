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
    loss::{Objective, STATISTICS, Surrogate},
    networks::{Networks, Plan, Samples, Saved, standardize},
    on_policy::{columns, explained_variance, shuffle},
};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    memory::Episodes,
    nn::{Activation, Optimizer, OptimizerState, Rule, clip_global_norm, tensors::to_vec},
    schedule::Schedule,
};

params! {
    /// What REINFORCE can be told.
    pub struct DeepReinforceConfig for "deep-reinforce" {
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
    networks: Networks<H>,
    /// of policy and free parameters, and of the value
    optimizers: [Optimizer; 2],
    episodes: Episodes<H::A>,
    actions: Space,
    /// environment steps so far
    step: u64,
    /// environment steps of the whole run
    steps: u64,
    config: DeepReinforceConfig,
}

/// Everything that learning goes on from, on the host.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct SavedState<A: gymkhana_envs::Elem> {
    networks: Saved,
    optimizers: [OptimizerState; 2],
    episodes: Episodes<A>,
    step: u64,
}

impl DeepReinforceConfig {
    fn agent<H: Head>(&self, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<DeepReinforce<H>, Error> {
        self.validate()?;
        let plan =
            Plan { owner: Self::OWNER, hidden: &self.hidden, activation: self.activation, orthogonal: self.orthogonal };
        let episodes = Episodes::new(setup.lanes, setup.spec.observations.width(), head.width());
        let networks = Networks::new(&plan, head, setup, rng)?;
        Ok(DeepReinforce {
            optimizers: [[0, 2].as_slice(), &[1]].map(|parts| networks.optimizer(parts, Rule::Adam, ADAM_EPSILON)),
            networks,
            episodes,
            actions: setup.spec.actions.clone(),
            step: 0,
            steps: setup.steps,
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
        let Self { networks, optimizers: [policy, value], episodes, step, steps, config, .. } = self;
        let (alpha, alpha_w) = (config.learning_rate.at(*step, *steps), config.value_learning_rate.at(*step, *steps));
        let done = episodes.done();
        let values = networks.values(done.obs());
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
        let batch = networks.columns(&samples, &order, false);
        let (mut gradient, statistics) = networks.gradient(&batch, &objective);
        // The values have a step size of their own.
        let mut theta = networks.theta.clone();
        let (_, v_theta) = (gradient.remove(1), theta.remove(1));
        clip_global_norm(&mut gradient, config.max_grad_norm);
        policy.step(&mut theta, gradient, alpha);
        theta.insert(1, v_theta);
        networks.theta = theta;
        for _ in 0..config.value_epochs {
            shuffle(&mut order, rng);
            for rows in order.chunks(config.batch_size) {
                let batch = networks.columns(&samples, rows, false);
                let mut gradient = vec![networks.value_gradient(&batch)];
                clip_global_norm(&mut gradient, config.max_grad_norm);
                value.step(&mut networks.theta[1..2], gradient, alpha_w);
            }
        }
        for (name, value) in STATISTICS.into_iter().zip(to_vec(statistics)) {
            log.record(name, Error::finite(ENTRY.id, name, f64::from(value), *step)?);
        }
        log.record("train/explained_variance", explained_variance(&v, &target));
        log.record("train/learning_rate", alpha);
        episodes.forget();
        networks.refresh(ENTRY.id, *step)
    }
}

impl<H: Head> Policy<f32, H::A> for DeepReinforce<H> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [H::A]) {
        self.networks.actor.act(now, rng, act);
    }
}

impl<H: Head> Agent<f32, H::A> for DeepReinforce<H> {
    fn learn(&mut self, seen: &Transitions<'_, f32, H::A>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Self { networks, episodes, config, .. } = self;
        episodes.push(seen, networks.actor.drawn(), config.gamma, |next| networks.values(next)[0]);
        self.step += seen.lanes() as u64;
        if self.episodes.ended() >= self.config.episodes && self.episodes.done().len() >= self.config.n_steps {
            self.update(rng, log)?;
        }
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, H::A>> {
        self.networks.actor.acting(mode)
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        Some(self.networks.values(now.obs.flat))
    }

    fn state(&self) -> State {
        State::of(&SavedState {
            networks: self.networks.saved(),
            optimizers: self.optimizers.each_ref().map(Optimizer::state),
            episodes: self.episodes.clone(),
            step: self.step,
        })
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let saved: SavedState<H::A> = state.get()?;
        self.networks.check(&saved.networks)?;
        if !saved.episodes.fits(&self.episodes, &self.actions) {
            return Err(gymkhana_envs::Error::State("episodes of another shape".into()).into());
        }
        let mut optimizers = self.optimizers.clone();
        for (optimizer, saved) in optimizers.iter_mut().zip(saved.optimizers) {
            optimizer.set_state(saved, &self.networks.device)?;
        }
        self.networks.restore(saved.networks)?;
        (self.optimizers, self.episodes, self.step) = (optimizers, saved.episodes, saved.step);
        Ok(())
    }

    fn policy_state(&self) -> State {
        self.networks.policy_state()
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        self.networks.set_policy_state(state)
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
