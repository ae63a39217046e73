//! DQN: Q-learning with a network, replay memory and a target network.
//!
//! Mnih et al. 2015, "Human-level control through deep reinforcement learning"; double targets: van Hasselt, Guez &
//! Silver 2016, "Deep Reinforcement Learning with Double Q-learning". For a minibatch from the replay memory:
//!
//! ```text
//! y = r + γ maxₐ Q(s′, a; θ⁻)                        (no second term where s′ is terminal)
//! y = r + γ Q(s′, argmaxₐ Q(s′, a; θ); θ⁻)           (double)
//! L(θ) = mean ℓ(y − Q(s, a; θ)),                    θ⁻ ← θ every target_interval steps
//! ```
//!
//! Deviations
//! 1. Adam instead of `RMSprop`, and the gradient's global norm clipped instead of each error, as in Stable-Baselines3.
//! 2. Several updates may follow several environment steps (`train_frequency`, `gradient_steps`), as there.
//! 3. Actions are random until `learning_starts`, and the schedules of ε and step size run from the first step.
//! 4. Legal actions are not remembered with transitions, so environments that mask actions are refused.
//! 5. Terminated steps cut the target off, truncated ones do not; the paper does not truncate.

use burn::tensor::{Device, Tensor};
use gymkhana_envs::{Params, Rng, Space, State, Transitions, View, params, params::above};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::choice,
    memory::{Minibatch, Replay},
    networks::Networks,
    nn::{
        self, Activation, Init, Loss, Mlp, Optimizer, OptimizerState, Rule, clip_global_norm,
        tensors::{bool_column, column, index_column, matrix, to_vec, vector},
    },
    schedule::{Schedule, times},
    watch::Watch,
};

params! {
    /// What DQN can be told. The defaults are Stable-Baselines3's.
    pub struct DqnConfig for "dqn" {
        /// step size of Adam
        learning_rate: Schedule = Schedule::Constant(1e-4), in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Linear { from: 1.0, to: 0.05, over: 0.1 }, in 0.0..=1.0;
        /// widths of the hidden layers (ReLU)
        hidden: Vec<usize> = vec![64, 64], in 1..=16_384;
        /// transitions per minibatch
        batch_size: usize = 32, in 1..=1_000_000;
        /// transitions that the replay memory holds
        buffer_size: usize = 1_000_000, in 1..=1_000_000_000;
        /// environment steps before the first update
        learning_starts: u64 = 100, in ..;
        /// environment steps from one round of updates to the next
        train_frequency: u64 = 4, in 1..;
        /// updates per round
        gradient_steps: u64 = 1, in 1..;
        /// environment steps from one copy of the network to the target network to the next
        target_interval: u64 = 10_000, in 1..;
        /// what is minimised: the Huber loss with δ = 1, or the squared error
        loss: Loss = Loss::Huber, in ..;
        /// whether the online network chooses the action that the target network values (double DQN)
        double: bool = false, in ..;
        /// greatest Euclidean norm of the gradient
        max_grad_norm: f64 = 10.0, in above(0.0);
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature_choice::<DqnConfig>(
    "Q-learning with a network, replay memory and a target network",
    "\
y = r + γ maxₐ Q(s′, a; θ⁻)                     (no second term where s′ is terminal)
y = r + γ Q(s′, argmaxₐ Q(s′, a; θ); θ⁻)        (double)
L(θ) = mean ℓ(y − Q(s, a; θ)),                 θ⁻ ← θ every target_interval steps",
    "Mnih et al. 2015, Human-level control through deep reinforcement learning; van Hasselt et al. 2016 (double)",
)
.at("value/control/deep");

/// A network of more parameters than this is a slip of the finger: it would fill the memory before it says anything.
const MOST_PARAMETERS: usize = 100_000_000;

/// Adam's ε.
const ADAM_EPSILON: f64 = 1e-8;

impl Recipe<f32, usize> for DqnConfig {
    type Agent = Dqn;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Dqn, Error> {
        self.validate()?;
        let spec = setup.spec;
        let choices = spec.actions.choices().ok_or_else(|| Error::needs_choices(ENTRY.id, &spec.id, &spec.actions))?;
        let device = nn::open(setup.device)?;
        let width = spec.observations.width();
        let mlp = Mlp::new(width, &self.hidden, choices, Activation::Relu);
        if mlp.parameters() > MOST_PARAMETERS {
            let value = self.values().into_iter().find(|(name, _)| *name == "hidden").map(|(_, value)| value);
            let why = format!("{} parameters are more than {MOST_PARAMETERS}", mlp.parameters());
            let (owner, name) = (ENTRY.id.into(), "hidden".into());
            return Err(gymkhana_envs::Error::Parameter { owner, name, value: value.unwrap_or_default(), why }.into());
        }
        let q = QNetwork { mlp, choices, device };
        let theta = vector(Init::Uniform.draw(&q.mlp, rng), &q.device);
        Ok(Dqn {
            target: theta.clone(),
            optimizer: Optimizer::new(Rule::Adam, ADAM_EPSILON, &[q.mlp.parameters()], &q.device),
            theta,
            q,
            replay: Replay::new(self.buffer_size, width, 1),
            minibatch: Minibatch::default(),
            step: 0,
            steps: setup.steps,
            config: self.clone(),
        })
    }
}

/// Q(s, ·; θ) as a function of the parameters.
#[derive(Clone, Debug)]
struct QNetwork {
    mlp: Mlp,
    choices: usize,
    device: Device,
}

impl QNetwork {
    /// Actions for all lanes. Parameters off the tape: a forward pass on it would record a graph.
    fn epsilon_greedy(&self, theta: &Tensor<1>, epsilon: f64, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        let legal = |lane| now.legal.map(|legal| legal.row(lane));
        if epsilon < 1.0 {
            let q = to_vec(self.mlp.forward(theta, matrix(now.obs.flat, now.obs.width, &self.device)));
            for (lane, (action, q)) in act.iter_mut().zip(q.chunks_exact(self.choices)).enumerate() {
                *action = choice::argmax(q, legal(lane));
            }
        }
        for (lane, action) in act.iter_mut().enumerate() {
            if choice::explores(epsilon, rng) {
                *action = choice::uniform(self.choices, legal(lane), rng);
            }
        }
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Dqn {
    q: QNetwork,
    /// θ, parameters
    theta: Tensor<1>,
    /// θ⁻, parameters
    target: Tensor<1>,
    optimizer: Optimizer,
    replay: Replay<usize>,
    minibatch: Minibatch<usize>,
    /// environment steps so far
    step: u64,
    /// environment steps of the whole run
    steps: u64,
    config: DqnConfig,
}

impl Dqn {
    /// ε at a step of the run.
    fn epsilon(&self, step: u64) -> f64 {
        if step < self.config.learning_starts { 1.0 } else { self.config.epsilon.at(step, self.steps) }
    }

    fn watch(&self) -> Watch {
        Watch {
            agent: ENTRY.id,
            step: self.step,
            update: self.optimizer.updates(),
            learning_rate: self.config.learning_rate.at(self.step, self.steps),
            max_grad_norm: Some(self.config.max_grad_norm),
        }
    }

    /// One minibatch: targets, loss, gradient, step. Gives the loss as a tensor, so that a device need not wait.
    fn update(&mut self, alpha: f64, rng: &mut Rng) -> Tensor<1> {
        let Self { q: QNetwork { mlp, device, .. }, minibatch: batch, .. } = self;
        self.replay.sample(self.config.batch_size, rng, batch);
        let width = batch.obs.len() / batch.reward.len();

        let next = matrix(&batch.next, width, device);
        let valued = mlp.forward(&self.target, next.clone());
        let choosing = self.config.double.then(|| mlp.forward(&self.theta, next));
        let v_next = next_values(valued, choosing);
        let future = (v_next * self.config.gamma).mask_fill(bool_column(&batch.terminated, device), 0.0);
        let y = (column(&batch.reward, device) + future).autodiff();

        let theta = self.theta.clone().autodiff().require_grad();
        let q = mlp.forward(&theta, matrix(&batch.obs, width, device).autodiff());
        let q = q.gather(1, index_column(&batch.action, device).autodiff());
        let loss = self.config.loss.of(y - q).mean();
        let gradient = theta.grad(&loss.backward()).expect("the loss depends on the parameters");

        let mut gradients = vec![gradient];
        clip_global_norm(&mut gradients, self.config.max_grad_norm);
        self.optimizer.step(std::slice::from_mut(&mut self.theta), gradients, alpha);
        loss.inner()
    }
}

/// v(s′), batch × 1, from batch × actions: the greatest value, or (double) the value of the action that is greatest in
/// the eyes of another network.
fn next_values(valued: Tensor<2>, choosing: Option<Tensor<2>>) -> Tensor<2> {
    match choosing {
        None => valued.max_dim(1),
        Some(choosing) => valued.gather(1, choosing.argmax(1)),
    }
}

impl Policy<f32, usize> for Dqn {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        self.q.epsilon_greedy(&self.theta, self.epsilon(self.step), now, rng, act);
    }
}

impl Agent<f32, usize> for Dqn {
    fn learn(&mut self, seen: &Transitions<'_, f32, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        if seen.was.legal.is_some() {
            return Err(Error::Masks { agent: ENTRY.id });
        }
        self.replay.push(seen);
        let before = self.step;
        self.step += seen.lanes() as u64;
        let rounds = times(before.max(self.config.learning_starts), self.step, self.config.train_frequency);
        let updates = rounds * self.config.gradient_steps;
        if updates > 0 {
            let alpha = self.config.learning_rate.at(before, self.steps);
            let mut loss = None;
            for _ in 0..updates {
                loss = Some(self.update(alpha, rng));
            }
            let loss = f64::from(loss.map_or(0.0, Tensor::into_scalar::<f32>));
            log.record("train/loss", self.watch().number("the loss", loss)?);
        }
        if times(before, self.step, self.config.target_interval) > 0 {
            self.target = self.theta.clone();
        }
        log.record("train/epsilon", self.epsilon(before));
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        self.watch().numbers("a parameter of Q", &to_vec(self.theta.clone()))?;
        self.watch().numbers("a parameter of the target network", &to_vec(self.target.clone()))
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, usize>> {
        let epsilon = match mode {
            Mode::Greedy => 0.0,
            Mode::Sample => self.epsilon(self.step),
        };
        Box::new(EpsilonGreedy { q: self.q.clone(), theta: self.theta.clone(), epsilon })
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        let q = to_vec(self.q.mlp.forward(&self.theta, matrix(now.obs.flat, now.obs.width, &self.q.device)));
        let best = |q: &[f32]| f64::from(q.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        Some(q.chunks_exact(self.q.choices).map(best).collect())
    }

    fn state(&self) -> State {
        State::of(&Saved {
            sizes: self.q.mlp.sizes().to_vec(),
            theta: to_vec(self.theta.clone()),
            target: to_vec(self.target.clone()),
            optimizer: self.optimizer.state(),
            replay: self.replay.clone(),
            step: self.step,
        })
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let saved: Saved = state.get()?;
        let Self { q: QNetwork { mlp, choices, device }, .. } = self;
        let whole = saved.replay.fits(&self.replay, &Space::Discrete(*choices));
        if saved.sizes != mlp.sizes() || saved.target.len() != mlp.parameters() || !whole {
            return Err(gymkhana_envs::Error::State("another network, or memory of another shape".into()).into());
        }
        self.optimizer.set_state(saved.optimizer, device)?;
        self.target = vector(saved.target, device);
        self.replay = saved.replay;
        self.set_policy_state(&State::of(&(saved.sizes, saved.theta, saved.step)))
    }

    fn networks(&self) -> Option<Networks> {
        let mut networks = Networks::default();
        self.q.mlp.give("q", &to_vec(self.theta.clone()), &mut networks);
        Some(networks)
    }

    fn set_networks(&mut self, networks: &Networks) -> Result<(), Error> {
        self.theta = vector(self.q.mlp.take("q", networks)?, &self.q.device);
        self.target = self.theta.clone();
        Ok(())
    }

    fn policy_state(&self) -> State {
        State::of(&(self.q.mlp.sizes(), to_vec(self.theta.clone()), self.step))
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        let (sizes, theta, step): (Vec<usize>, Vec<f32>, u64) = state.get()?;
        let mlp = &self.q.mlp;
        if sizes != mlp.sizes() || theta.len() != mlp.parameters() {
            let why = format!("a network of layers {sizes:?}, not {:?}", mlp.sizes());
            return Err(gymkhana_envs::Error::State(why).into());
        }
        (self.theta, self.step) = (vector(theta, &self.q.device), step);
        Ok(())
    }
}

/// Everything that learning goes on from, on the host.
#[derive(Serialize, Deserialize)]
struct Saved {
    sizes: Vec<usize>,
    theta: Vec<f32>,
    target: Vec<f32>,
    optimizer: OptimizerState,
    replay: Replay<usize>,
    step: u64,
}

/// The policy of one moment.
struct EpsilonGreedy {
    q: QNetwork,
    theta: Tensor<1>,
    epsilon: f64,
}

impl Policy<f32, usize> for EpsilonGreedy {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        self.q.epsilon_greedy(&self.theta, self.epsilon, now, rng, act);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn config() -> DqnConfig {
        DqnConfig {
            learning_rate: 0.01.into(),
            gamma: 0.5,
            hidden: vec![8],
            batch_size: 8,
            buffer_size: 100,
            learning_starts: 10,
            train_frequency: 1,
            target_interval: 10,
            ..DqnConfig::default()
        }
    }

    fn value(terminated: bool, truncated: bool) -> f32 {
        let mut lanes = One { obs: [1.0], terminated, truncated }.lanes(2);
        let mut agent = build(&lanes, &config(), 1_000);
        train(&mut agent, &mut lanes, &mut Rng::new(1), 1_000);
        to_vec(agent.q.mlp.forward(&agent.theta, matrix(&[1.0], 1, &agent.q.device)))[0]
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let close = |found: f32, expected: f32| assert!((found - expected).abs() < 0.02, "{found}, not {expected}");
        close(value(false, true), 2.0); // 1/(1−γ)
        close(value(true, false), 1.0);
        close(value(true, true), 1.0); // both at once: termination decides
    }

    #[test]
    fn double_values_what_another_network_chooses() {
        let device = Device::flex();
        let valued = || matrix(&[3.0, 8.0, 1.0, -1.0, -5.0, -2.0], 3, &device);
        let choosing = matrix(&[9.0, 2.0, 1.0, -3.0, -2.0, -2.5], 3, &device);
        assert_eq!(to_vec(next_values(valued(), None)), [8.0, -1.0]);
        assert_eq!(to_vec(next_values(valued(), Some(choosing))), [3.0, -5.0]);
    }

    #[test]
    fn a_restored_agent_goes_on_with_the_same_numbers() {
        let lanes = || One { obs: [1.0], terminated: false, truncated: true }.lanes(2);
        let (mut one, mut rng, mut world) = (build(&lanes(), &config(), 100), Rng::new(1), lanes());
        train(&mut one, &mut world, &mut rng, 30);
        let mut two = build(&lanes(), &config(), 100);
        two.set_state(&one.state()).unwrap();
        let (mut world2, mut rng2) = (world.clone(), rng.clone());
        train(&mut one, &mut world, &mut rng, 20);
        train(&mut two, &mut world2, &mut rng2, 20);
        assert_eq!(one.state(), two.state());
        let other = build(&lanes(), &DqnConfig { hidden: vec![9], ..config() }, 100);
        assert!(one.set_state(&other.state()).is_err() && one.set_policy_state(&other.policy_state()).is_err());
    }
}
