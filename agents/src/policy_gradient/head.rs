//! What a policy network's outputs say of actions: choices or controls.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use gymkhana_envs::{Elem, Rng, Space};

use crate::nn::{
    distribution::{categorical, gaussian},
    tensors::{index_column, matrix},
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
    fn sample(
        &self,
        outputs: &[f32],
        free: &[f32],
        legal: Option<&[bool]>,
        rng: &mut Rng,
        action: &mut [Self::A],
    );

    /// The likeliest action.
    fn mode(&self, outputs: &[f32], legal: Option<&[bool]>, action: &mut [Self::A]);

    /// An action as the environment is given it.
    fn bound(&self, action: &[Self::A], bounded: &mut [Self::A]);

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
}

/// How likely actions are, and how far a policy is from being sure.
#[derive(Clone, Debug)]
pub struct Likelihood {
    /// ln π(a | s), batch × 1
    pub log_prob: Tensor<2>,
    /// H[π(· | s)], batch × 1, or 1 × 1 where it is the same for all
    pub entropy: Tensor<2>,
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

    fn bound(&self, action: &[usize], bounded: &mut [usize]) {
        bounded.copy_from_slice(action);
    }

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
}

/// Controls: the outputs are the means of a Gaussian, whose deviations are parameters of their own. The environment is
/// given what was drawn within its bounds, and learning goes by what was drawn.
#[derive(Clone, Debug)]
pub struct Controls {
    low: Vec<f32>,
    high: Vec<f32>,
    log_std: f32,
}

impl Controls {
    /// For controls of a space; `log_std` is what the logarithms of deviations begin with. Nothing if they are not controls.
    pub fn new(space: &Space, log_std: f64) -> Option<Self> {
        match space {
            Space::Box { low, high } => Some(Self { low: low.clone(), high: high.clone(), log_std: log_std as f32 }),
            _ => None,
        }
    }
}

impl Head for Controls {
    type A = f32;
    type Actions = Tensor<2>;

    fn outputs(&self) -> usize {
        self.low.len()
    }

    fn width(&self) -> usize {
        self.low.len()
    }

    fn free(&self) -> Vec<f32> {
        vec![self.log_std; self.low.len()]
    }

    fn sample(&self, outputs: &[f32], free: &[f32], _: Option<&[bool]>, rng: &mut Rng, action: &mut [f32]) {
        gaussian::sample(outputs, free, rng, action);
    }

    fn mode(&self, outputs: &[f32], _: Option<&[bool]>, action: &mut [f32]) {
        action.copy_from_slice(outputs);
    }

    fn bound(&self, action: &[f32], bounded: &mut [f32]) {
        for ((to, a), (low, high)) in bounded.iter_mut().zip(action).zip(self.low.iter().zip(&self.high)) {
            *to = a.max(*low).min(*high);
        }
    }

    fn actions(&self, rows: &[f32], device: &Device) -> Tensor<2> {
        matrix(rows, self.low.len(), device)
    }

    fn likelihood(
        &self,
        outputs: Tensor<2>,
        free: Option<&Tensor<1>>,
        actions: Tensor<2>,
        _: Option<Tensor<2, Bool>>,
    ) -> Likelihood {
        let log_std = free.expect("deviations").clone().reshape([1, self.low.len()]);
        Likelihood {
            log_prob: gaussian::log_probs(outputs, log_std.clone(), actions),
            entropy: gaussian::entropy(log_std),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_given_controls_within_their_bounds() {
        let space = Space::Box { low: vec![-1.0, f32::NEG_INFINITY], high: vec![0.5, 3.0] };
        let (head, mut bounded) = (Controls::new(&space, 0.0).unwrap(), [0.0; 2]);
        head.bound(&[0.75, -9.0], &mut bounded);
        assert_eq!(bounded, [0.5, -9.0]);
        head.bound(&[-2.0, 4.0], &mut bounded);
        assert_eq!(bounded, [-1.0, 3.0]);
        assert!(Controls::new(&Space::Discrete(2), 0.0).is_none());
    }
}
