//! PPO: proximal policy optimisation, with a clipped surrogate.
//!
//! Schulman et al. 2017, "Proximal Policy Optimization Algorithms"; advantages as in Schulman et al. 2016. After `n_steps` in
//! every lane, in minibatches, several times over:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ v(sₜ₊₁) − v(sₜ)                                  (no second term where sₜ₊₁ is terminal)
//! Âₜ = δₜ + γ λ Âₜ₊₁,   Gₜ = Âₜ + v(sₜ)
//! ρ = π(a | s; θ) / π(a | s; θ_old)
//! L = −mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) + c_v mean (G − v(s))² − c_e mean H[π(· | s)]
//! ```
//!
//! Deviations
//! 1. Policy and value are two networks, and one optimiser's gradient is clipped over both, as in Stable-Baselines3.
//! 2. Advantages are given mean 0 and deviation 1 in each minibatch (`normalize_advantage`).
//! 3. Where an episode is truncated, γ v of the true last observation is added, and nothing is chained over it.
//! 4. Updates of a rollout may stop where the policy has moved far (`target_kl`), by mean (ρ − 1) − ln ρ.
//! 5. Controls are drawn from a Gaussian whose deviations do not depend on the state; the environment is given what is within
//!    its bounds, and the ratio is of what was drawn.
//! 6. Step size and ε may follow a schedule.

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
    /// What PPO can be told. The defaults are Stable-Baselines3's.
    pub struct PpoConfig for "ppo" {
        /// step size α
        learning_rate: Schedule = Schedule::Constant(3e-4), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// λ of the advantages: 0 looks one step ahead, 1 to the end
        gae_lambda: f64 = 0.95, in 0.0..=1.0;
        /// steps of each lane between updates
        n_steps: usize = 2048, in 1..=1_000_000_000;
        /// steps per minibatch
        batch_size: usize = 64, in 1..=1_000_000_000;
        /// how often the steps between two updates are gone through
        n_epochs: usize = 10, in 1..=1_000_000;
        /// how far the probability of an action may move, ε: a part of what it was
        clip_range: Schedule = Schedule::Constant(0.2), in 0.0..=1_000.0;
        /// how far a value may move in an update, if that is bounded
        clip_range_vf: Option<f64> = None, in above(0.0);
        /// whether advantages are given mean 0 and deviation 1 in each minibatch
        normalize_advantage: bool = true, in ..;
        /// weight of the entropy, c_e
        ent_coef: f64 = 0.0, in 0.0..=1_000.0;
        /// weight of the value's error, c_v
        vf_coef: f64 = 0.5, in 0.0..=1_000.0;
        /// greatest Euclidean norm of the gradient
        max_grad_norm: f64 = 0.5, in above(0.0);
        /// the updates of a rollout stop where the policy has moved by 1.5 times this, if there is a bound
        target_kl: Option<f64> = None, in above(0.0);
        /// widths of the hidden layers of policy and value
        hidden: Vec<usize> = vec![64, 64], in 1..=16_384;
        /// what stands between layers
        activation: Activation = Activation::Tanh, in ..;
        /// whether weights are orthogonal at first, or uniform as PyTorch's
        orthogonal: bool = true, in ..;
        /// what steps along the gradient
        optimizer: Rule = Rule::Adam, in ..;
        /// the optimiser's ε
        optimizer_epsilon: f64 = 1e-5, in above(0.0);
        /// logarithm of the deviations of controls at first
        log_std_init: f64 = 0.0, in -20.0..=20.0;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature::<PpoConfig>(
    "an actor-critic that goes through each rollout several times and does not leave its policy by far",
    "\
δₜ = rₜ₊₁ + γ v(sₜ₊₁) − v(sₜ)                                  (no second term where sₜ₊₁ is terminal)
Âₜ = δₜ + γ λ Âₜ₊₁,   Gₜ = Âₜ + v(sₜ)
ρ = π(a | s; θ) / π(a | s; θ_old)
L = −mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) + c_v mean (G − v(s))² − c_e mean H[π(· | s)]",
    "Schulman et al. 2017, Proximal Policy Optimization Algorithms",
)
.at("policy/deep");

/// The agent, for [`Choices`] or [`Controls`].
pub type Ppo<H> = OnPolicy<H>;

impl PpoConfig {
    fn agent<H: Head>(&self, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<Ppo<H>, Error> {
        self.validate()?;
        let settings = Settings {
            owner: Self::OWNER,
            learning_rate: self.learning_rate,
            gamma: self.gamma,
            gae_lambda: self.gae_lambda,
            n_steps: self.n_steps,
            batch_size: Some(self.batch_size),
            n_epochs: self.n_epochs,
            normalize_advantage: self.normalize_advantage,
            objective: Objective {
                surrogate: Surrogate::Clipped(0.0),
                vf_coef: self.vf_coef,
                ent_coef: self.ent_coef,
                clip_range_vf: self.clip_range_vf,
            },
            clip_range: self.clip_range,
            max_grad_norm: self.max_grad_norm,
            target_kl: self.target_kl,
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

impl Recipe<f32, usize> for PpoConfig {
    type Agent = Ppo<Choices>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Choices::of(Self::OWNER, setup.spec)?, setup, rng)
    }
}

impl Recipe<f32, f32> for PpoConfig {
    type Agent = Ppo<Controls>;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error> {
        self.agent(Controls::of(Self::OWNER, setup.spec, self.log_std_init)?, setup, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::Agent,
        one::{One, build, train},
    };
    use gymkhana_envs::{Env, Lanes, Rows, Seeds, Space, Spec, Step, View};

    fn config() -> PpoConfig {
        PpoConfig {
            learning_rate: 0.01.into(),
            gamma: 0.5,
            n_steps: 8,
            batch_size: 8,
            n_epochs: 4,
            hidden: vec![8],
            ..PpoConfig::default()
        }
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let close = |terminated, truncated, right: f64| {
            let mut lanes = One { obs: [1.0], terminated, truncated }.lanes(2);
            let mut agent = build::<_, PpoConfig>(&lanes, &config(), 2_000);
            train(&mut agent, &mut lanes, &mut Rng::new(1), 1_000);
            let values = agent.values(&View::new(Rows { flat: &[1.0], width: 1 }, &[true])).unwrap();
            assert!((values[0] - right).abs() < 0.02, "{values:?}, not {right}");
        };
        close(false, true, 2.0); // 1/(1−γ)
        close(false, false, 2.0);
        close(true, false, 1.0);
        close(true, true, 1.0); // both at once: termination decides
    }

    /// Two actions that earn the same.
    #[derive(Clone)]
    struct Two;
    impl Env for Two {
        type Obs = [f32; 1];
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Two", Space::cube(1, 0.0, 1.0), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> [f32; 1] {
            [1.0]
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<[f32; 1]> {
            Step::terminated([1.0], 1.0)
        }
    }

    #[test]
    fn updates_stop_where_the_policy_has_moved_far() {
        let learned = |learning_rate: f64, n_epochs, target_kl| {
            let config = PpoConfig {
                learning_rate: learning_rate.into(),
                n_epochs,
                target_kl,
                batch_size: 16, // the whole rollout of two lanes
                normalize_advantage: false,
                ..config()
            };
            let mut lanes = Lanes::new(Two, 2, &Seeds::from(0)).unwrap();
            let mut agent = build::<_, PpoConfig>(&lanes, &config, 100);
            train(&mut agent, &mut lanes, &mut Rng::new(1), 8);
            agent.state()
        };
        // The first step moves the policy, and the second is not taken.
        assert!(learned(0.1, 4, Some(1e-4)) == learned(0.1, 1, None));
        assert!(learned(0.1, 4, Some(1e-4)) != learned(0.1, 4, None));
        // A bound that is not reached stops nothing, and neither does one where nothing moves.
        assert!(learned(0.1, 4, Some(100.0)) == learned(0.1, 4, None));
        assert!(learned(0.0, 4, Some(1e-4)) == learned(0.0, 4, None));
        assert!(learned(0.0, 4, None) != learned(0.0, 1, None));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let lanes = One { obs: [1.0], terminated: true, truncated: false }.lanes(2);
        let setup =
            Setup { spec: gymkhana_envs::Batch::spec(&lanes), lanes: 2, steps: 1, device: crate::DeviceName::Flex };
        let refused = |config: PpoConfig| {
            let built = Recipe::<f32, usize>::build(&config, &setup, &mut Rng::new(0));
            built.unwrap_err().to_string()
        };
        let text = refused(PpoConfig { n_steps: 1_000_000_000, ..config() });
        assert_eq!(text, "ppo: `n_steps=1000000000`: a rollout of 2 lanes has more than 1000000000 numbers");
        let text = refused(PpoConfig { hidden: vec![16_384, 16_384], ..config() });
        assert!(text.starts_with("ppo: `hidden=16384,16384`: 537"), "{text}");
    }
}
