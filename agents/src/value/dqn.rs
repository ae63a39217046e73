//! DQN: Q-learning with a network, replay memory and a target network; double, dueling and n-step where it is told to.
//!
//! Mnih et al. 2015, "Human-level control through deep reinforcement learning"; double targets: van Hasselt, Guez &
//! Silver 2016, "Deep Reinforcement Learning with Double Q-learning"; dueling: Wang et al. 2016, "Dueling Network
//! Architectures for Deep Reinforcement Learning"; n steps: Hessel et al. 2018, "Rainbow"; soft targets: Lillicrap et al.
//! 2016, "Continuous control with deep reinforcement learning". For a minibatch from the replay memory:
//!
//! ```text
//! y = R + γᵏ maxₐ Q(s′, a; θ⁻)                       (no second term where s′ is terminal)
//! y = R + γᵏ Q(s′, argmaxₐ Q(s′, a; θ); θ⁻)          (double)
//! R = r₁ + γ r₂ + … + γᵏ⁻¹ rₖ,  k = n, or what was left of the episode
//! Q(s, a) = V(s) + A(s, a) − mean A(s, ·)            (dueling)
//! L(θ) = mean ℓ(y − Q(s, a; θ)),                     θ⁻ ← τθ + (1 − τ)θ⁻ every target_interval steps
//! ```
//!
//! Deviations
//! 1. Adam instead of `RMSprop`, and the gradient's global norm clipped instead of each error, as in Stable-Baselines3.
//! 2. Several updates may follow several environment steps (`train_frequency`, `gradient_steps`), as there.
//! 3. Actions are random until `learning_starts`, and the schedules of ε and step size run from the first step.
//! 4. The streams of a dueling network share all hidden layers: see [`q_network`](super::q_network).
//! 5. The n steps are those that exploration took, uncorrected, as in Rainbow.
//! 6. Terminated steps cut the target off, truncated ones do not; the paper does not truncate.
//! 7. Where only some actions are legal, the maximum is over those.

use burn::tensor::{Device, Tensor};
use gymkhana_envs::{Params, Rng, Space, State, Transitions, View, params, params::above};
use serde::{Deserialize, Serialize};

use super::q_network::{Chooser, QNetwork, masks, next_values};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    memory::{Minibatch, NStep, Replay},
    networks::Networks,
    nn::{
        self, Activation, Init, Loss, Optimizer, OptimizerState, Rule, clip_global_norm,
        tensors::{column, index_column, matrix, to_vec, vector},
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
        /// widths of the hidden layers
        hidden: Vec<usize> = vec![64, 64], in 1..=16_384;
        /// what stands between the layers
        activation: Activation = Activation::Relu, in ..;
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
        /// environment steps from one update of the target network to the next
        target_interval: u64 = 10_000, in 1..;
        /// how far the target network goes towards the network when it is updated, τ: 1 is a copy
        tau: f64 = 1.0, in 0.0..=1.0;
        /// rewards that a target adds up before it looks at values
        n: usize = 1, in 1..=1_000;
        /// what is minimised: the Huber loss with δ = 1, or the squared error
        loss: Loss = Loss::Huber, in ..;
        /// whether the online network chooses the action that the target network values (double DQN)
        double: bool = false, in ..;
        /// whether the network tells the value of a state from the advantages of its actions (dueling)
        dueling: bool = false, in ..;
        /// greatest Euclidean norm of the gradient
        max_grad_norm: f64 = 10.0, in above(0.0);
        /// what Adam adds to the root that it divides by, ε
        adam_epsilon: f64 = 1e-8, in above(0.0);
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature_choice::<DqnConfig>(
    "Q-learning with a network, replay memory and a target network",
    "\
y = R + γᵏ maxₐ Q(s′, a; θ⁻)                    (no second term where s′ is terminal)
y = R + γᵏ Q(s′, argmaxₐ Q(s′, a; θ); θ⁻)       (double)
R = r₁ + γ r₂ + … + γᵏ⁻¹ rₖ,  k = n, or what was left of the episode
Q(s, a) = V(s) + A(s, a) − mean A(s, ·)         (dueling)
L(θ) = mean ℓ(y − Q(s, a; θ)),                  θ⁻ ← τθ + (1 − τ)θ⁻ every target_interval steps",
    "Mnih et al. 2015, Human-level control through deep reinforcement learning; van Hasselt et al. 2016 (double); \
     Wang et al. 2016 (dueling); Hessel et al. 2018 (n steps)",
)
.at("value/control/deep");

/// A network of more parameters than this is a slip of the finger: it would fill the memory before it says anything.
const MOST_PARAMETERS: usize = 100_000_000;

impl Recipe<f32, usize> for DqnConfig {
    type Agent = Dqn;

    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Dqn, Error> {
        self.validate()?;
        let spec = setup.spec;
        let choices = spec.actions.choices().ok_or_else(|| Error::needs_choices(ENTRY.id, &spec.id, &spec.actions))?;
        let device = nn::open(setup.device)?;
        let width = spec.observations.width();
        let q = QNetwork::new(width, &self.hidden, choices, self.activation, self.dueling);
        let parameters = q.mlp().parameters();
        if parameters > MOST_PARAMETERS {
            let value = self.values().into_iter().find(|(name, _)| *name == "hidden").map(|(_, value)| value);
            let why = format!("{parameters} parameters are more than {MOST_PARAMETERS}");
            let (owner, name) = (ENTRY.id.into(), "hidden".into());
            return Err(gymkhana_envs::Error::Parameter { owner, name, value: value.unwrap_or_default(), why }.into());
        }
        let theta = vector(Init::Uniform.draw(q.mlp(), rng), &device);
        Ok(Dqn {
            chooser: Chooser::new(&q, &theta),
            target: theta.clone(),
            optimizer: Optimizer::new(Rule::Adam, self.adam_epsilon, &[parameters], &device),
            theta,
            q,
            device,
            n_step: NStep::new(self.n, self.gamma, setup.lanes, width, 1),
            replay: Replay::new(self.buffer_size, width, 1),
            minibatch: Minibatch::default(),
            step: 0,
            steps: setup.steps,
            config: self.clone(),
        })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Dqn {
    q: QNetwork,
    device: Device,
    /// θ, parameters
    theta: Tensor<1>,
    /// θ⁻, parameters
    target: Tensor<1>,
    optimizer: Optimizer,
    /// who acts, with θ
    chooser: Chooser,
    n_step: NStep<usize>,
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
        let Self { q: network, minibatch: batch, device, .. } = self;
        self.replay.sample(self.config.batch_size, rng, batch);
        let width = batch.obs.len() / batch.reward.len();

        let next = matrix(&batch.next, width, device);
        let valued = network.forward(&self.target, next.clone());
        let choosing = self.config.double.then(|| network.forward(&self.theta, next));
        let v_next = next_values(valued, choosing, masks(&batch.legal, network.actions(), device));
        let y = (column(&batch.reward, device) + column(&batch.discount, device) * v_next).autodiff();

        let theta = self.theta.clone().autodiff().require_grad();
        let q = network.forward(&theta, matrix(&batch.obs, width, device).autodiff());
        let q = q.gather(1, index_column(&batch.action, device).autodiff());
        let loss = self.config.loss.of(y - q).mean();
        let gradient = theta.grad(&loss.backward()).expect("the loss depends on the parameters");

        let mut gradients = vec![gradient];
        clip_global_norm(&mut gradients, self.config.max_grad_norm);
        self.optimizer.step(std::slice::from_mut(&mut self.theta), gradients, alpha);
        loss.inner()
    }

    /// θ⁻ ← τθ + (1 − τ)θ⁻, once or, where several lanes have passed several intervals, several times.
    fn update_target(&mut self, times: u64) {
        let left = (1.0 - self.config.tau).powf(times as f64);
        self.target = if left > 0.0 {
            self.target.clone() * left + self.theta.clone() * (1.0 - left)
        } else {
            self.theta.clone()
        };
    }
}

impl Policy<f32, usize> for Dqn {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        self.chooser.epsilon_greedy(self.epsilon(self.step), now, rng, act);
    }
}

impl Agent<f32, usize> for Dqn {
    fn learn(&mut self, seen: &Transitions<'_, f32, usize>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        self.n_step.see(seen, |transition| self.replay.push(transition));
        let before = self.step;
        self.step += seen.lanes() as u64;
        let rounds = times(before.max(self.config.learning_starts), self.step, self.config.train_frequency);
        let updates = rounds * self.config.gradient_steps;
        // The first n − 1 steps are no transition yet.
        if updates > 0 && !self.replay.is_empty() {
            let alpha = self.config.learning_rate.at(before, self.steps);
            let mut loss = None;
            for _ in 0..updates {
                loss = Some(self.update(alpha, rng));
            }
            let loss = f64::from(loss.map_or(0.0, Tensor::into_scalar::<f32>));
            log.record("train/loss", self.watch().number("the loss", loss)?);
            self.chooser.set(&self.theta);
        }
        match times(before, self.step, self.config.target_interval) {
            0 => (),
            times => self.update_target(times),
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
        Box::new(EpsilonGreedy { chooser: self.chooser.clone(), epsilon })
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        Some(self.chooser.clone().greatest(now))
    }

    fn state(&self) -> State {
        State::of(&Saved {
            sizes: self.q.mlp().sizes().to_vec(),
            theta: self.chooser.theta().to_vec(),
            target: to_vec(self.target.clone()),
            optimizer: self.optimizer.state(),
            n_step: self.n_step.clone(),
            replay: self.replay.clone(),
            step: self.step,
        })
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let saved: Saved = state.get()?;
        let (mlp, actions) = (self.q.mlp(), Space::Discrete(self.q.actions()));
        let whole = saved.replay.fits(&self.replay, &actions) && saved.n_step.fits(&self.n_step, &actions);
        let lengths = [saved.theta.len(), saved.target.len()];
        if saved.sizes != mlp.sizes() || lengths != [mlp.parameters(); 2] || !whole {
            return Err(gymkhana_envs::Error::State("another network, or memory of another shape".into()).into());
        }
        self.optimizer.set_state(saved.optimizer, &self.device)?;
        self.target = vector(saved.target, &self.device);
        (self.n_step, self.replay) = (saved.n_step, saved.replay);
        self.set_policy_state(&State::of(&(saved.sizes, saved.theta, saved.step)))
    }

    fn networks(&self) -> Option<Networks> {
        let mut networks = Networks::default();
        self.q.mlp().give("q", self.chooser.theta(), &mut networks);
        Some(networks)
    }

    fn set_networks(&mut self, networks: &Networks) -> Result<(), Error> {
        self.theta = vector(self.q.mlp().take("q", networks)?, &self.device);
        self.target = self.theta.clone();
        self.chooser.set(&self.theta);
        Ok(())
    }

    fn policy_state(&self) -> State {
        State::of(&(self.q.mlp().sizes(), self.chooser.theta(), self.step))
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        let (sizes, theta, step): (Vec<usize>, Vec<f32>, u64) = state.get()?;
        let mlp = self.q.mlp();
        if sizes != mlp.sizes() || theta.len() != mlp.parameters() {
            let why = format!("a network of layers {sizes:?}, not {:?}", mlp.sizes());
            return Err(gymkhana_envs::Error::State(why).into());
        }
        (self.theta, self.step) = (vector(theta, &self.device), step);
        self.chooser.set(&self.theta);
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
    n_step: NStep<usize>,
    replay: Replay<usize>,
    step: u64,
}

/// The policy of one moment.
struct EpsilonGreedy {
    chooser: Chooser,
    epsilon: f64,
}

impl Policy<f32, usize> for EpsilonGreedy {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        self.chooser.epsilon_greedy(self.epsilon, now, rng, act);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        memory::Transition,
        one::{One, build, train},
    };
    use gymkhana_envs::{Batch, Env, Lanes, Seeds, Spec, Step};

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

    /// What the one state is worth to an agent of that configuration, 1/(1 − γ) = 2 where it goes on.
    fn value(config: &DqnConfig, terminated: bool, truncated: bool) -> f64 {
        let mut lanes = One { obs: [1.0], terminated, truncated }.lanes(2);
        let mut agent = build(&lanes, config, 1_000);
        train(&mut agent, &mut lanes, &mut Rng::new(1), 1_000);
        agent.values(&lanes.now()).expect("values")[0]
    }

    fn variants() -> Vec<DqnConfig> {
        let settings: [&[(&str, &str)]; 7] = [
            &[],
            &[("double", "true")],
            &[("dueling", "true")],
            &[("n", "3")],
            &[("tau", "0.2"), ("target_interval", "2")],
            &[("activation", "tanh"), ("loss", "squared")],
            &[("double", "true"), ("dueling", "true"), ("n", "2"), ("tau", "0.2"), ("target_interval", "1")],
        ];
        let set = |settings: &&[(&str, &str)]| {
            let mut config = config();
            settings.iter().for_each(|(name, value)| config.set(name, value).unwrap());
            config
        };
        settings.iter().map(set).collect()
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        for config in variants() {
            let close = |found: f64, expected: f64| assert!((found - expected).abs() < 0.02, "{found}: {config:?}");
            close(value(&config, false, false), 2.0);
            close(value(&config, false, true), 2.0);
            close(value(&config, true, false), 1.0);
            close(value(&config, true, true), 1.0); // both at once: termination decides
        }
    }

    #[test]
    fn who_chooses_and_who_values_makes_the_target() {
        // Wherever it is, Q = (5, 7) and Q′ = (8, 6); r = 1. What the target is shows in half of its squared distance to 5.
        let lanes = Lanes::new(TwoArmed, 1, &Seeds::from(0)).unwrap();
        let y = |double, dueling, legal: Option<&[bool]>, discount| {
            let (hidden, loss) = (vec![], Loss::Squared);
            let config = DqnConfig { hidden, loss, double, dueling, batch_size: 1, ..config() };
            let mut agent = build(&lanes, &config, 100);
            let (q, target) = if dueling {
                ([6.0, -1.0, 1.0].as_slice(), [7.0, 1.0, -1.0].as_slice())
            } else {
                ([5.0, 7.0].as_slice(), [8.0, 6.0].as_slice())
            };
            let biases = |q: &[f32]| vector([vec![0.0; q.len()], q.to_vec()].concat(), &agent.device);
            (agent.theta, agent.target) = (biases(q), biases(target));
            let (obs, next, action) = (&[1.0], &[1.0], &[0]);
            agent.replay.push(&Transition { obs, action, reward: 1.0, next, next_legal: legal, discount });
            5.0 + (2.0 * agent.update(0.1, &mut Rng::new(0)).into_scalar::<f32>()).sqrt()
        };
        for dueling in [false, true] {
            assert_eq!((y(false, dueling, None, 1.0), y(true, dueling, None, 1.0)), (9.0, 7.0));
            // Where only the second is legal, it is chosen and valued; where only the first is, its value is 8.
            assert_eq!(y(false, dueling, Some(&[false, true]), 1.0), 7.0);
            assert_eq!(y(true, dueling, Some(&[true, false]), 1.0), 9.0);
            // Terminated there: y = 1, as far below 5 as 9 is above.
            assert_eq!((y(false, dueling, None, 0.0), y(true, dueling, Some(&[false; 2]), 0.0)), (9.0, 9.0));
            // Two steps with γ = ½: y = 1 + ¼·8 = 3 is as far off as 7.
            assert_eq!(y(false, dueling, None, 0.25), 7.0);
        }
    }

    /// Two actions, one observation.
    #[derive(Clone)]
    struct TwoArmed;

    impl Env for TwoArmed {
        type Obs = [f32; 1];
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("TwoArmed", Space::unbounded(1), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> [f32; 1] {
            [1.0]
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<[f32; 1]> {
            Step::on([1.0], 1.0)
        }
    }

    #[test]
    fn targets_go_all_the_way_or_a_part_of_it_once_for_each_interval() {
        let lanes = One { obs: [1.0], terminated: false, truncated: true }.lanes(1);
        for (tau, times, expected) in [(1.0, 1, 4.0), (0.25, 1, 1.0), (0.25, 2, 1.75), (0.0, 3, 0.0)] {
            let mut agent = build(&lanes, &DqnConfig { hidden: vec![], tau, ..config() }, 100);
            (agent.theta, agent.target) =
                (vector(vec![4.0, 4.0], &agent.device), vector(vec![0.0, 0.0], &agent.device));
            agent.update_target(times);
            assert_eq!(to_vec(agent.target), [expected, expected]);
        }
    }

    #[test]
    fn a_restored_agent_goes_on_with_the_same_numbers() {
        let lanes = || One { obs: [1.0], terminated: false, truncated: false }.lanes(2);
        for config in variants() {
            let (mut one, mut rng, mut world) = (build(&lanes(), &config, 100), Rng::new(1), lanes());
            train(&mut one, &mut world, &mut rng, 30);
            let mut two = build(&lanes(), &config, 100);
            two.set_state(&one.state()).unwrap();
            let (mut world2, mut rng2) = (world.clone(), rng.clone());
            train(&mut one, &mut world, &mut rng, 20);
            train(&mut two, &mut world2, &mut rng2, 20);
            assert_eq!(one.state(), two.state());
            let other = build(&lanes(), &DqnConfig { hidden: vec![9], ..config.clone() }, 100);
            assert!(one.set_state(&other.state()).is_err() && one.set_policy_state(&other.policy_state()).is_err());
            let other = build(&lanes(), &DqnConfig { n: config.n + 1, ..config }, 100);
            assert!(one.set_state(&other.state()).is_err() && one.set_policy_state(&other.policy_state()).is_ok());
        }
    }
}
