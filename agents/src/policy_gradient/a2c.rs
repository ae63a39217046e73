//! A2C: advantage actor-critic, with several lanes in step.
//!
//! Mnih et al. 2016, "Asynchronous Methods for Deep Reinforcement Learning", without its threads. After `n_steps` in every lane:
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ v(sₜ₊ₙ)                            (no last term where sₜ₊ₙ is terminal)
//! Â = G − v(s)
//! L = −mean Â ln π(a | s) + c_v mean (G − v(s))² − c_e mean H[π(· | s)]
//! ```
//!
//! Deviations
//! 1. One thread steps all lanes, and one update is for all of them, as in Stable-Baselines3.
//! 2. Policy and value are two networks, and one optimiser's gradient is clipped over both, as there.
//! 3. `gae_lambda` below 1 gives advantages as PPO's.
//! 4. Where an episode is truncated, γ v of the true last observation is added, and nothing is chained over it.
//! 5. Controls are drawn from a Gaussian whose deviations do not depend on the state; the environment is given what is within
//!    its bounds, and the gradient is of what was drawn.

use gymkhana_envs::{Params, Rng, params, params::above};

use super::{
    head::{Choices, Controls, Head},
    learner::Plan,
    loss::{Objective, Surrogate},
    on_policy::{OnPolicy, Settings},
};
use crate::{
    agent::{Recipe, Setup},
    entry::Entry,
    error::Error,
    nn::{Activation, Rule},
    schedule::Schedule,
};

params! {
    /// What A2C can be told. The defaults are Stable-Baselines3's.
    pub struct A2cConfig for "a2c" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(7e-4), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// λ of the advantages: 0 looks one step ahead, 1 to the end
        gae_lambda: f64 = 1.0, in 0.0..=1.0;
        /// steps of each lane between updates
        n_steps: usize = 5, in 1..=1_000_000_000;
        /// whether advantages are given mean 0 and deviation 1 in each update
        normalize_advantage: bool = false, in ..;
        /// weight of the entropy, c_e
        ent_coef: f64 = 0.0, in 0.0..=1_000.0;
        /// weight of the value's error, c_v
        vf_coef: f64 = 0.5, in 0.0..=1_000.0;
        /// greatest Euclidean norm of the gradient
        max_grad_norm: f64 = 0.5, in above(0.0);
        /// widths of the hidden layers of policy and value
        hidden: Vec<usize> = vec![64, 64], in 1..=16_384;
        /// what stands between layers
        activation: Activation = Activation::Tanh, in ..;
        /// whether weights are orthogonal at first, or uniform as PyTorch's
        orthogonal: bool = true, in ..;
        /// what steps along the gradient
        optimizer: Rule = Rule::RmsProp, in ..;
        /// the optimiser's ε
        optimizer_epsilon: f64 = 1e-5, in above(0.0);
        /// logarithm of the deviations of controls at first
        log_std_init: f64 = 0.0, in -20.0..=20.0;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature::<A2cConfig>(
    "an actor-critic that takes one step along the gradient for a few steps of all lanes",
    "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ v(sₜ₊ₙ)                            (no last term where sₜ₊ₙ is terminal)
Â = G − v(s)
L = −mean Â ln π(a | s) + c_v mean (G − v(s))² − c_e mean H[π(· | s)]",
    "Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning",
)
.at("policy/deep");

/// The agent, for [`Choices`] or [`Controls`].
pub type A2c<H> = OnPolicy<H>;

impl A2cConfig {
    fn agent<H: Head>(&self, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<A2c<H>, Error> {
        self.validate()?;
        let settings = Settings {
            owner: Self::OWNER,
            learning_rate: self.learning_rate,
            gamma: self.gamma,
            gae_lambda: self.gae_lambda,
            n_steps: self.n_steps,
            batch_size: None,
            n_epochs: 1,
            normalize_advantage: self.normalize_advantage,
            objective: Objective {
                surrogate: Surrogate::PolicyGradient,
                vf_coef: self.vf_coef,
                ent_coef: self.ent_coef,
                clip_range_vf: None,
            },
            clip_range: 0.0.into(),
            max_grad_norm: self.max_grad_norm,
            target_kl: None,
        };
        let plan = Plan {
            owner: Self::OWNER,
            hidden: &self.hidden,
            activation: self.activation,
            orthogonal: self.orthogonal,
            optimizer: self.optimizer,
            epsilon: self.optimizer_epsilon,
            apart: false,
        };
        OnPolicy::new(settings, &plan, head, setup, rng)
    }
}

impl Recipe<f32, usize> for A2cConfig {
    type Agent = A2c<Choices>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Choices::of(Self::OWNER, setup.spec)?, setup, rng)
    }
}

impl Recipe<f32, f32> for A2cConfig {
    type Agent = A2c<Controls>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Controls::of(Self::OWNER, setup.spec, self.log_std_init)?, setup, rng)
    }
}
