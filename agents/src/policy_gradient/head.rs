//! What a policy network's outputs say of actions: choices or controls.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use gymkhana_envs::{Elem, Rng, Space, Spec};

use crate::{
    error::Error,
    nn::{
        distribution::{categorical, gaussian},
        tensors::{index_column, matrix},
    },
};

/// The distribution that a policy network's outputs are the parameters of.
pub trait Head: Clone + Send + std::fmt::Debug + 'static {
    /// The kind of number in actions.
    type A: Elem;
    /// The actions of several rows, on a device.
    type Actions: Clone + std::fmt::Debug;

    /// How many outputs the policy network has.
    fn outputs(&self) -> usize;

    /// How many numbers an action has.
    fn width(&self) -> usize;

    /// The first values of parameters that do not depend on the observation; none if empty.
    fn free(&self) -> Vec<f32>;

    /// Draws an action.
    fn sample(&self, outputs: &[f32], free: &[f32], legal: Option<&[bool]>, rng: &mut Rng, action: &mut [Self::A]);

    /// The likeliest action.
    fn mode(&self, outputs: &[f32], legal: Option<&[bool]>, action: &mut [Self::A]);

    /// Makes of actions that were drawn, lanes × numbers per action, those that the environment is given.
    fn bound(&self, actions: &mut [Self::A]);

    /// Actions of several rows, to a device.
    fn actions(&self, rows: &[Self::A], device: &Device) -> Self::Actions;

    /// How likely actions are, from outputs, batch × [`outputs`](Self::outputs), and free parameters.
    fn likelihood(
        &self,
        outputs: Tensor<2>,
        free: Option<&Tensor<1>>,
        actions: Self::Actions,
        illegal: Option<Tensor<2, Bool>>,
    ) -> Likelihood;

    /// ln π(a | s) and H[π(· | s)] of one row, on the host.
    fn likelihood_of(&self, outputs: &[f32], free: &[f32], legal: Option<&[bool]>, action: &[Self::A]) -> (f32, f32);

    /// From how much a loss changes with the likelihood of one row to how much it changes with the outputs, which is
    /// written to `to`, and with the free parameters, which is added to `to_free`.
    #[expect(clippy::too_many_arguments, reason = "a row, and where its slopes go")]
    fn slopes(
        &self,
        outputs: &[f32],
        free: &[f32],
        legal: Option<&[bool]>,
        action: &[Self::A],
        by: Slopes,
        to: &mut [f32],
        to_free: &mut [f32],
    );
}

/// How likely actions are, and how far a policy is from being sure.
#[derive(Clone, Debug)]
pub struct Likelihood {
    /// ln π(a | s), batch × 1
    pub log_prob: Tensor<2>,
    /// H[π(· | s)], batch × 1, or 1 × 1 where it is the same for all
    pub entropy: Tensor<2>,
}

/// How much the loss changes with what a head says of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    /// ∂L/∂ ln π(a | s)
    pub log_prob: f32,
    /// ∂L/∂H[π(· | s)]
    pub entropy: f32,
}

/// Truth values, rows × width.
pub fn illegal(legal: &[bool], width: usize, device: &Device) -> Tensor<2, Bool> {
    let illegal: Vec<bool> = legal.iter().map(|legal| !legal).collect();
    let rows = illegal.len() / width;
    Tensor::from_data(TensorData::new(illegal, [rows, width]), device)
}

/// Choices: the outputs are the logits of a softmax over the legal ones.
#[derive(Clone, Debug)]
pub struct Choices(pub usize);

impl Choices {
    /// For the choices of a specification.
    ///
    /// # Errors
    /// If there are none.
    pub fn of(owner: &str, spec: &Spec) -> Result<Self, Error> {
        spec.actions.choices().map(Self).ok_or_else(|| Error::needs_choices(owner, &spec.id, &spec.actions))
    }
}

impl Head for Choices {
    type A = usize;
    type Actions = Tensor<2, Int>;

    fn outputs(&self) -> usize {
        self.0
    }

    fn width(&self) -> usize {
        1
    }

    fn free(&self) -> Vec<f32> {
        Vec::new()
    }

    fn sample(&self, outputs: &[f32], _: &[f32], legal: Option<&[bool]>, rng: &mut Rng, action: &mut [usize]) {
        action[0] = categorical::sample(outputs, legal, rng);
    }

    fn mode(&self, outputs: &[f32], legal: Option<&[bool]>, action: &mut [usize]) {
        action[0] = categorical::mode(outputs, legal);
    }

    fn bound(&self, _: &mut [usize]) {}

    fn actions(&self, rows: &[usize], device: &Device) -> Tensor<2, Int> {
        index_column(rows, device)
    }

    fn likelihood(
        &self,
        outputs: Tensor<2>,
        _: Option<&Tensor<1>>,
        actions: Tensor<2, Int>,
        illegal: Option<Tensor<2, Bool>>,
    ) -> Likelihood {
        let log_probs = categorical::log_probs(outputs, illegal);
        Likelihood {
            log_prob: categorical::log_prob_of(log_probs.clone(), actions),
            entropy: categorical::entropy(log_probs),
        }
    }

    fn likelihood_of(&self, outputs: &[f32], _: &[f32], legal: Option<&[bool]>, action: &[usize]) -> (f32, f32) {
        categorical::likelihood(outputs, legal, action[0])
    }

    fn slopes(
        &self,
        outputs: &[f32],
        _: &[f32],
        legal: Option<&[bool]>,
        action: &[usize],
        by: Slopes,
        to: &mut [f32],
        _: &mut [f32],
    ) {
        categorical::slopes(outputs, legal, action[0], by.log_prob, by.entropy, to);
    }
}

/// Controls: the outputs are the means of a Gaussian, whose deviations are parameters of their own. The environment is
/// given what was drawn within its bounds, and learning goes by what was drawn.
#[derive(Clone, Debug)]
pub struct Controls {
    space: Space,
    log_std: f32,
}

impl Controls {
    /// For the controls of a specification; `log_std` is what the logarithms of deviations begin with.
    ///
    /// # Errors
    /// If there are none.
    pub fn of(owner: &str, spec: &Spec, log_std: f64) -> Result<Self, Error> {
        match spec.actions {
            Space::Box { .. } => Ok(Self::new(&spec.actions, log_std)),
            _ => Err(Error::needs_controls(owner, &spec.id, &spec.actions)),
        }
    }

    /// For controls of a space.
    pub fn new(space: &Space, log_std: f64) -> Self {
        Self { space: space.clone(), log_std: log_std as f32 }
    }
}

impl Head for Controls {
    type A = f32;
    type Actions = Tensor<2>;

    fn outputs(&self) -> usize {
        self.space.width()
    }

    fn width(&self) -> usize {
        self.space.width()
    }

    fn free(&self) -> Vec<f32> {
        vec![self.log_std; self.space.width()]
    }

    fn sample(&self, outputs: &[f32], free: &[f32], _: Option<&[bool]>, rng: &mut Rng, action: &mut [f32]) {
        gaussian::sample(outputs, free, rng, action);
    }

    fn mode(&self, outputs: &[f32], _: Option<&[bool]>, action: &mut [f32]) {
        action.copy_from_slice(outputs);
    }

    fn bound(&self, actions: &mut [f32]) {
        self.space.clip(actions);
    }

    fn actions(&self, rows: &[f32], device: &Device) -> Tensor<2> {
        matrix(rows, self.space.width(), device)
    }

    fn likelihood(
        &self,
        outputs: Tensor<2>,
        free: Option<&Tensor<1>>,
        actions: Tensor<2>,
        _: Option<Tensor<2, Bool>>,
    ) -> Likelihood {
        let log_std = free.expect("deviations").clone().reshape([1, self.space.width()]);
        Likelihood {
            log_prob: gaussian::log_probs(outputs, log_std.clone(), actions),
            entropy: gaussian::entropy(log_std),
        }
    }

    fn likelihood_of(&self, outputs: &[f32], free: &[f32], _: Option<&[bool]>, action: &[f32]) -> (f32, f32) {
        (gaussian::log_prob(outputs, free, action), gaussian::entropy_of(free))
    }

    fn slopes(
        &self,
        outputs: &[f32],
        free: &[f32],
        _: Option<&[bool]>,
        action: &[f32],
        by: Slopes,
        to: &mut [f32],
        to_free: &mut [f32],
    ) {
        gaussian::slopes(outputs, free, action, by.log_prob, by.entropy, to, to_free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{to_vec, vector};

    #[test]
    fn the_environment_is_given_controls_within_their_bounds() {
        let space = Space::Box { low: vec![-1.0, f32::NEG_INFINITY], high: vec![0.5, 3.0] };
        let (head, mut actions) = (Controls::new(&space, -1.0), [0.75, -9.0, -2.0, 4.0]);
        head.bound(&mut actions);
        assert_eq!(actions, [0.5, -9.0, -1.0, 3.0]);
        assert_eq!((head.outputs(), head.width(), head.free()), (2, 2, vec![-1.0; 2]));
    }

    #[test]
    fn likelihoods_are_of_the_actions_that_were_chosen() {
        let device = Device::flex();
        let close = |found: Tensor<2>, right: &[f32]| {
            let found = to_vec(found);
            assert!(found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}, not {right:?}");
        };
        let head = Choices(2);
        let actions = head.actions(&[1, 1], &device);
        let mask = illegal(&[true, true, false, true], 2, &device);
        let found = head.likelihood(matrix(&[0.0, 0.0, 9.0, 0.0], 2, &device), None, actions, Some(mask));
        close(found.log_prob, &[-std::f32::consts::LN_2, 0.0]);
        close(found.entropy, &[std::f32::consts::LN_2, 0.0]);
        let head = Controls::new(&Space::cube(1, -1.0, 1.0), 0.0);
        let (actions, free) = (head.actions(&[3.0], &device), vector(vec![0.0], &device));
        let found = head.likelihood(matrix(&[1.0], 1, &device), Some(&free), actions, None);
        close(found.log_prob, &[-2.0 - 0.918_938_5]);
        close(found.entropy, &[1.418_938_5]);
    }
}
