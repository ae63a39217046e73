//! A policy network and a value network that learn together, and their optimiser.

use burn::tensor::{Device, Tensor};
use gymkhana_envs::{Rng, State};
use serde::{Deserialize, Serialize};

use super::{
    actor::Actor,
    by_hand::{Desk, OnHost},
    head::{Head, illegal},
    loss::{Columns, Objective, loss},
};
use crate::{
    agent::{Mode, Policy, Setup},
    error::Error,
    networks::Networks,
    nn::{
        self, Activation, Inference, Init, Mlp, Optimizer, OptimizerState, Rule, clip_global_norm,
        tensors::{column, matrix, to_vec, vector},
    },
    watch::Watch,
};

/// Networks of more parameters than this are a slip of the finger: they would fill the memory before they say anything.
const MOST_PARAMETERS: usize = 100_000_000;

/// So many rows at a time are evaluated, so that what hidden layers give of a long rollout need not fit in memory.
const ROWS: usize = 1 << 14;

/// What networks and their optimiser are.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Whose they are, for messages.
    pub owner: &'static str,
    /// Widths of the hidden layers of both.
    pub hidden: &'a [usize],
    /// What stands between layers.
    pub activation: Activation,
    /// Whether weights are orthogonal at first, with gains √2, 0.01 for the policy's outputs and 1 for the value; otherwise
    /// as PyTorch's.
    pub orthogonal: bool,
    /// Which optimiser.
    pub optimizer: Rule,
    /// Its ε.
    pub epsilon: f64,
    /// Whether policy and value have an optimiser each.
    pub apart: bool,
}

/// What is learned from, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a, A> {
    /// s, rows × width
    pub obs: &'a [f32],
    /// a, rows × numbers per action
    pub actions: &'a [A],
    /// Which were legal, rows × choices, where the environment said so.
    pub legal: Option<&'a [bool]>,
    /// ln π(a | s) of the policy that acted; only the clipped surrogate asks for it
    pub log_prob: &'a [f32],
    /// Â
    pub advantage: &'a [f32],
    /// G
    pub target: &'a [f32],
    /// v(s) before the update
    pub value: &'a [f32],
}

/// Policy, value and optimiser.
#[derive(Clone, Debug)]
pub struct Learner<H: Head> {
    head: H,
    policy: Mlp,
    value: Mlp,
    device: Device,
    /// of the policy, of the value, and, where the head has any, free ones
    theta: Vec<Tensor<1>>,
    /// of all of them; or of the policy with the free ones, and of the value
    optimizers: Vec<Optimizer>,
    desk: Desk<H::A>,
    /// the policy on the host
    pub(super) actor: Actor<H>,
    /// the value on the host
    pub(super) critic: Inference,
}

/// Networks and optimiser on the host.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    sizes: [Vec<usize>; 2],
    theta: Vec<Vec<f32>>,
    optimizers: Vec<OptimizerState>,
}

impl<H: Head> Learner<H> {
    /// For observations of a specification; `rng` draws the first parameters.
    ///
    /// # Errors
    /// If the device does not work, or there are too many parameters.
    pub fn new(plan: &Plan<'_>, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self, Error> {
        let device = nn::open(setup.device)?;
        let width = setup.spec.observations.width();
        let network = |outputs| Mlp::new(width, plan.hidden, outputs, plan.activation);
        let (policy, value) = (network(head.outputs()), network(1));
        let parameters = policy.parameters() + value.parameters();
        if parameters > MOST_PARAMETERS {
            let hidden: Vec<_> = plan.hidden.iter().map(usize::to_string).collect();
            return Err(gymkhana_envs::Error::Parameter {
                owner: plan.owner.into(),
                name: "hidden".into(),
                value: hidden.join(","),
                why: format!("{parameters} parameters are more than {MOST_PARAMETERS}"),
            }
            .into());
        }
        let init = |output_gain| if plan.orthogonal { Init::Orthogonal { output_gain } } else { Init::Uniform };
        let mut theta = vec![init(0.01).draw(&policy, rng), init(1.0).draw(&value, rng)];
        theta.extend(Some(head.free()).filter(|free| !free.is_empty()));
        let sizes: Vec<_> = theta.iter().map(Vec::len).collect();
        let theta: Vec<_> = theta.into_iter().map(|theta| vector(theta, &device)).collect();
        let actor = Actor::new(Inference::new(&policy, &theta[0]), head.free(), head.clone());
        let optimizer = |sizes: &[usize]| Optimizer::new(plan.optimizer, plan.epsilon, sizes, &device);
        let optimizers = if plan.apart {
            let (mut policy, value) = (sizes.clone(), sizes[1]);
            policy.remove(1);
            vec![optimizer(&policy), optimizer(&[value])]
        } else {
            vec![optimizer(&sizes)]
        };
        let (critic, desk) = (Inference::new(&value, &theta[1]), Desk::default());
        Ok(Self { head, policy, value, device, theta, optimizers, desk, actor, critic })
    }

    /// The parameters: of the policy, of the value, and, where the head has any, free ones.
    pub fn parameters(&self) -> &[Tensor<1>] {
        &self.theta
    }

    /// A snapshot of the policy.
    pub fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, H::A>> {
        self.actor.acting(mode)
    }

    /// v(s) of each row.
    pub fn values(&self, obs: &[f32]) -> Vec<f64> {
        let values = obs
            .chunks(ROWS * self.value.inputs())
            .flat_map(|obs| to_vec(self.value.forward(&self.theta[1], matrix(obs, self.value.inputs(), &self.device))));
        values.map(f64::from).collect()
    }

    /// ln π(a | s) of each row, by the very arithmetic that the loss goes through: a ratio of what has not changed is 1.
    pub fn log_probs(&mut self, samples: &Samples<'_, H::A>) -> Vec<f32> {
        let (width, all) = (self.policy.inputs(), samples.actions.len() / self.head.width());
        let mut log_probs = Vec::with_capacity(all);
        for from in (0..all).step_by(ROWS) {
            let rows = from..(from + ROWS).min(all);
            if self.is_on_host() {
                let rows: Vec<_> = rows.collect();
                self.on_host(|desk, networks| desk.log_probs(&networks, samples, &rows, &mut log_probs));
                continue;
            }
            let part = |n: usize| rows.start * n..rows.end * n;
            let outputs = self.policy.forward(&self.theta[0], matrix(&samples.obs[part(width)], width, &self.device));
            let actions = self.head.actions(&samples.actions[part(self.head.width())], &self.device);
            let choices = self.head.outputs();
            let illegal = samples.legal.map(|legal| illegal(&legal[part(choices)], choices, &self.device));
            let likelihood = self.head.likelihood(outputs, self.theta.get(2), actions, illegal);
            log_probs.extend(to_vec(likelihood.log_prob));
        }
        log_probs
    }

    /// Some rows, to the device. `normalize` gives their advantages mean 0 and deviation 1.
    fn columns(&self, samples: &Samples<'_, H::A>, rows: &[usize], normalize: bool) -> Columns<H::Actions> {
        let (width, device) = (self.policy.inputs(), &self.device);
        let one = |from: &[f32]| column(&gather(from, 1, rows), device);
        let mut advantage = gather(samples.advantage, 1, rows);
        if normalize {
            standardize(&mut advantage);
        }
        let choices = self.head.outputs();
        Columns {
            obs: matrix(&gather(samples.obs, width, rows), width, device),
            actions: self.head.actions(&gather(samples.actions, self.head.width(), rows), device),
            illegal: samples.legal.map(|legal| illegal(&gather(legal, choices, rows), choices, device)),
            log_prob: one(samples.log_prob),
            advantage: column(&advantage, device),
            target: one(samples.target),
            value: one(samples.value),
        }
    }

    /// The gradient of the loss on some rows, and its statistics. `normalize` gives their advantages mean 0 and deviation 1.
    pub fn gradient(
        &mut self,
        samples: &Samples<'_, H::A>,
        rows: &[usize],
        normalize: bool,
        objective: &Objective,
    ) -> (Vec<Tensor<1>>, Tensor<1>) {
        if self.is_on_host() {
            let (gradient, statistics) =
                self.on_host(|desk, networks| desk.gradient(&networks, samples, rows, normalize, objective));
            let gradient = gradient.into_iter().filter(|gradient| !gradient.is_empty());
            return (
                gradient.map(|gradient| vector(gradient, &self.device)).collect(),
                vector(statistics, &self.device),
            );
        }
        self.gradient_on_tape(&self.columns(samples, rows, normalize), objective)
    }

    /// The same by burn's tape, on any device.
    fn gradient_on_tape(&self, batch: &Columns<H::Actions>, objective: &Objective) -> (Vec<Tensor<1>>, Tensor<1>) {
        let theta: Vec<_> = self.theta.iter().map(|theta| theta.clone().autodiff().require_grad()).collect();
        let obs = batch.obs.clone().autodiff();
        let outputs = self.policy.forward(&theta[0], obs.clone());
        let values = self.value.forward(&theta[1], obs);
        let (loss, statistics) = loss(&self.head, outputs, theta.get(2), values, batch, objective);
        let gradients = loss.backward();
        let gradient = |theta: &Tensor<1>| theta.grad(&gradients).expect("the loss depends on all parameters");
        (theta.iter().map(gradient).collect(), statistics)
    }

    /// Whether the parameters lie in the host's memory, so that gradients can be had by hand.
    fn is_on_host(&self) -> bool {
        self.device == Device::flex()
    }

    /// Something with the networks on the host.
    fn on_host<T>(&mut self, f: impl FnOnce(&mut Desk<H::A>, OnHost<'_, H>) -> T) -> T {
        let theta = self.on_the_host();
        let free = theta.get(2).map_or(&[][..], Vec::as_slice);
        let (head, mlps) = (&self.head, [&self.policy, &self.value]);
        f(&mut self.desk, OnHost { head, mlps, theta: [&theta[0], &theta[1]], free })
    }

    /// A step of size α against the gradient, which is shortened to `max_norm`.
    ///
    /// # Panics
    /// If policy and value have an optimiser each.
    pub fn step(&mut self, mut gradient: Vec<Tensor<1>>, max_norm: f64, alpha: f64) {
        let [optimizer] = &mut self.optimizers[..] else { panic!("one optimiser for policy and value") };
        clip_global_norm(&mut gradient, max_norm);
        optimizer.step(&mut self.theta, gradient, alpha);
    }

    /// The same for the policy alone, of the gradient by all parameters.
    pub fn step_policy(&mut self, mut gradient: Vec<Tensor<1>>, max_norm: f64, alpha: f64) {
        let value = self.theta.remove(1);
        gradient.remove(1);
        clip_global_norm(&mut gradient, max_norm);
        self.optimizers[0].step(&mut self.theta, gradient, alpha);
        self.theta.insert(1, value);
    }

    /// A step of size α against the gradient of the values' mean squared error on some rows.
    ///
    /// # Panics
    /// If policy and value do not have an optimiser each.
    pub fn step_value(&mut self, samples: &Samples<'_, H::A>, rows: &[usize], max_norm: f64, alpha: f64) {
        let width = self.value.inputs();
        let obs = matrix(&gather(samples.obs, width, rows), width, &self.device);
        let target = column(&gather(samples.target, 1, rows), &self.device);
        let theta = self.theta[1].clone().autodiff().require_grad();
        let loss = (target.autodiff() - self.value.forward(&theta, obs.autodiff())).square().mean();
        let mut gradient = vec![theta.grad(&loss.backward()).expect("the error depends on the parameters")];
        clip_global_norm(&mut gradient, max_norm);
        self.optimizers[1].step(&mut self.theta[1..2], gradient, alpha);
    }

    /// Acts from now on by the parameters as they are now.
    pub fn refresh(&mut self) {
        self.actor.network.set(&self.theta[0]);
        self.critic.set(&self.theta[1]);
        if let Some(free) = self.theta.get(2) {
            self.actor.free = to_vec(free.clone());
        }
    }

    /// Whether all parameters are finite.
    ///
    /// # Errors
    /// If one is not.
    pub fn check(&self, watch: &Watch) -> Result<(), Error> {
        watch.numbers("a parameter of the policy", self.actor.network.theta())?;
        watch.numbers("log_std", &self.actor.free)?;
        watch.numbers("a parameter of the value network", &to_vec(self.theta[1].clone()))
    }

    /// The widths of both networks' layers.
    fn sizes(&self) -> [Vec<usize>; 2] {
        [&self.policy, &self.value].map(|mlp| mlp.sizes().to_vec())
    }

    /// Everything that learning goes on from.
    pub(super) fn saved(&self) -> Saved {
        let optimizers = self.optimizers.iter().map(Optimizer::state).collect();
        Saved { sizes: self.sizes(), theta: self.on_the_host(), optimizers }
    }

    /// All parameters: the policy's, the values', and those beside them.
    fn on_the_host(&self) -> Vec<Vec<f32>> {
        self.theta.iter().map(|theta| to_vec(theta.clone())).collect()
    }

    /// Puts back what [`saved`](Self::saved) took.
    pub(super) fn restore(&mut self, saved: Saved) -> Result<(), Error> {
        self.fits(&saved.sizes, &saved.theta)?;
        let mut optimizers = self.optimizers.clone();
        if saved.optimizers.len() != optimizers.len() {
            return Err(gymkhana_envs::Error::State("another number of optimisers".into()).into());
        }
        for (optimizer, saved) in optimizers.iter_mut().zip(saved.optimizers) {
            optimizer.set_state(saved, &self.device)?;
        }
        self.optimizers = optimizers;
        self.put(saved.theta);
        Ok(())
    }

    /// What policy and values depend on.
    pub(super) fn policy_state(&self) -> State {
        State::of(&(self.sizes(), self.on_the_host()))
    }

    /// Policy and value as named arrays, and `log_std` where deviations are parameters.
    pub(super) fn networks(&self) -> Networks {
        let mut to = Networks::default();
        self.policy.give("policy", self.actor.network.theta(), &mut to);
        self.value.give("value", self.critic.theta(), &mut to);
        if !self.actor.free.is_empty() {
            to.push("log_std", vec![self.actor.free.len()], self.actor.free.clone());
        }
        to
    }

    /// Takes what [`networks`](Self::networks) gave.
    pub(super) fn set_networks(&mut self, from: &Networks) -> Result<(), Error> {
        let mut theta = vec![self.policy.take("policy", from)?, self.value.take("value", from)?];
        if let Some(free) = self.theta.get(2) {
            theta.push(from.get("log_std", &free.dims())?.to_vec());
        }
        self.put(theta);
        Ok(())
    }

    /// Puts back what [`policy_state`](Self::policy_state) took.
    pub(super) fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        let (sizes, theta): ([Vec<usize>; 2], Vec<Vec<f32>>) = state.get()?;
        self.fits(&sizes, &theta)?;
        self.put(theta);
        Ok(())
    }

    fn fits(&self, sizes: &[Vec<usize>; 2], theta: &[Vec<f32>]) -> Result<(), Error> {
        let lengths: Vec<_> = theta.iter().map(Vec::len).collect();
        let here: Vec<_> = self.theta.iter().map(|theta| theta.dims()[0]).collect();
        if *sizes == self.sizes() && lengths == here {
            return Ok(());
        }
        let why = format!("networks of layers {sizes:?}, not {:?}", self.sizes());
        Err(gymkhana_envs::Error::State(why).into())
    }

    fn put(&mut self, theta: Vec<Vec<f32>>) {
        self.theta = theta.into_iter().map(|theta| vector(theta, &self.device)).collect();
        self.refresh();
    }
}

/// Some rows of a column.
fn gather<T: Copy>(from: &[T], width: usize, rows: &[usize]) -> Vec<T> {
    let mut to = Vec::with_capacity(rows.len() * width);
    gather_into(&mut to, from, width, rows);
    to
}

/// Some rows of a column, in the place of what was there.
#[inline]
pub(super) fn gather_into<T: Copy>(to: &mut Vec<T>, from: &[T], width: usize, rows: &[usize]) {
    to.clear();
    for row in rows {
        to.extend_from_slice(&from[row * width..][..width]);
    }
}

/// Mean 0 and deviation 1; a single number stays as it is.
pub(super) fn standardize(x: &mut [f32]) {
    if x.len() < 2 {
        return;
    }
    let n = x.len() as f64;
    let mean = x.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let variance = x.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let scale = 1.0 / (variance.sqrt() + 1e-8);
    for x in x {
        *x = ((f64::from(*x) - mean) * scale) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        DeviceName,
        policy_gradient::{Choices, Controls, loss::Surrogate},
    };
    use gymkhana_envs::{Space, Spec};

    /// Of a batch of both kinds of action, with masks, whose ratios lie on both sides of what is clipped.
    fn agrees<H: Head>(head: H, spec: &Spec, draw: impl Fn(&mut Rng) -> Vec<H::A>, legal: Option<&[bool]>) {
        let plan = Plan {
            owner: "test",
            hidden: &[16, 8],
            activation: Activation::Tanh,
            orthogonal: false,
            optimizer: Rule::Adam,
            epsilon: 1e-5,
            apart: false,
        };
        let setup = Setup { spec, lanes: 1, steps: 1, device: DeviceName::Flex };
        let mut rng = Rng::new(3);
        let mut learner = Learner::new(&plan, head, &setup, &mut rng).unwrap();
        let n = 40;
        let mut normal = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<_>>();
        let (obs, advantage, target, value) = (normal(3 * n), normal(n), normal(n), normal(n));
        let noise = normal(n);
        let actions: Vec<_> = (0..n).flat_map(|i| draw(&mut Rng::new(i as u64))).collect();
        let legal = legal.map(|legal| legal.repeat(n));
        let unknown = vec![0.0; n];
        let mut samples = Samples {
            obs: &obs,
            actions: &actions,
            legal: legal.as_deref(),
            log_prob: &unknown,
            advantage: &advantage,
            target: &target,
            value: &value,
        };
        let old: Vec<_> = learner.log_probs(&samples).iter().zip(noise).map(|(p, noise)| p + 0.3 * noise).collect();
        samples.log_prob = &old;
        let rows: Vec<_> = (0..n).rev().collect();
        for surrogate in [Surrogate::PolicyGradient, Surrogate::Clipped(0.2)] {
            for clip_range_vf in [None, Some(0.5)] {
                let objective = Objective { surrogate, vf_coef: 0.7, ent_coef: 0.05, clip_range_vf };
                let (by_hand, measured) = learner.gradient(&samples, &rows, true, &objective);
                let (taped, expected) = learner.gradient_on_tape(&learner.columns(&samples, &rows, true), &objective);
                let close = |found: &[f32], right: &[f32]| {
                    let norm = right.iter().map(|x| x * x).sum::<f32>().sqrt();
                    let off = found.iter().zip(right).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
                    assert!(found.len() == right.len() && off <= 1e-5 * norm, "{objective:?}: off by {off} of {norm}");
                };
                close(&to_vec(measured), &to_vec(expected));
                assert_eq!(by_hand.len(), taped.len());
                by_hand.into_iter().zip(taped).for_each(|(found, right)| close(&to_vec(found), &to_vec(right)));
            }
        }
    }

    #[test]
    fn the_gradient_by_hand_is_the_tapes() {
        let spec = |actions| Spec::new("Test", Space::unbounded(3), actions);
        let three = |rng: &mut Rng| vec![rng.below(2)];
        agrees(Choices(3), &spec(Space::Discrete(3)), three, None);
        agrees(Choices(3), &spec(Space::Discrete(3)), three, Some(&[true, true, false]));
        let space = Space::cube(2, -1.0, 1.0);
        let draw = |rng: &mut Rng| vec![rng.normal() as f32, rng.normal() as f32];
        agrees(Controls::new(&space, -0.5), &spec(space.clone()), draw, None);
    }

    #[test]
    fn standardized_by_hand() {
        let mut x = [1.0, 2.0, 3.0, 6.0];
        standardize(&mut x);
        // mean 3, variance (4 + 1 + 0 + 9)/3
        let deviation = (14.0_f32 / 3.0).sqrt();
        let right = [-2.0, -1.0, 0.0, 3.0].map(|x| x / deviation);
        assert!(x.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6), "{x:?}");
        let mut one = [5.0];
        standardize(&mut one);
        assert_eq!(one, [5.0]);
    }
}
