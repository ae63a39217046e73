//! Action values by a network, and who chooses by them.
//!
//! Dueling (Wang et al. 2016, "Dueling Network Architectures for Deep Reinforcement Learning", equation 9):
//!
//! ```text
//! Q(s, a) = V(s) + A(s, a) − mean over a′ of A(s, a′)
//! ```
//!
//! There V and A are streams with a hidden layer each. Here they are outputs of one last layer, 1 + actions of them, so that
//! the network stays one perceptron: the layers before it are shared.

use burn::tensor::{Bool, Device, Tensor};
use gymkhana_envs::{Rng, View};

use crate::{
    math::choice,
    nn::{Activation, Inference, Mlp, tensors::bool_matrix},
};

/// Q(s, ·; θ) as a function of the parameters.
#[derive(Clone, Debug)]
pub struct QNetwork {
    mlp: Mlp,
    actions: usize,
    dueling: bool,
}

impl QNetwork {
    /// From observations of `inputs` numbers through `hidden` layers to the values of so many actions.
    pub fn new(inputs: usize, hidden: &[usize], actions: usize, activation: Activation, dueling: bool) -> Self {
        let outputs = actions + usize::from(dueling);
        Self { mlp: Mlp::new(inputs, hidden, outputs, activation), actions, dueling }
    }

    /// The perceptron, with the outputs V, A(·) where it is dueling.
    pub fn mlp(&self) -> &Mlp {
        &self.mlp
    }

    /// How many actions have values.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// Values, batch × actions, of observations x, batch × inputs.
    pub fn forward(&self, theta: &Tensor<1>, x: Tensor<2>) -> Tensor<2> {
        let outputs = self.mlp.forward(theta, x);
        if self.dueling { dueling(outputs, self.actions) } else { outputs }
    }
}

/// Q, batch × actions, from V and A, batch × (1 + actions).
fn dueling(outputs: Tensor<2>, actions: usize) -> Tensor<2> {
    let v = outputs.clone().narrow(1, 0, 1);
    let a = outputs.narrow(1, 1, actions);
    v - a.clone().mean_dim(1) + a
}

/// v(s′), batch × 1, from values of actions, batch × actions: the greatest of the legal ones, or (double) the value of the
/// action that is greatest in the eyes of another network. A state without legal actions is one where the process ended,
/// and gets any finite number.
pub fn next_values(valued: Tensor<2>, choosing: Option<Tensor<2>>, legal: Option<Tensor<2, Bool>>) -> Tensor<2> {
    let legal_only = |q: Tensor<2>| match legal {
        Some(legal) => q.mask_fill(legal.bool_not(), f32::MIN),
        None => q,
    };
    match choosing {
        None => legal_only(valued).max_dim(1),
        Some(choosing) => valued.gather(1, legal_only(choosing).argmax(1)),
    }
}

/// A Q-network at work on the host: nothing is allocated for an action.
#[derive(Clone, Debug)]
pub struct Chooser {
    inference: Inference,
    actions: usize,
    dueling: bool,
}

impl Chooser {
    /// With parameters as they are now.
    pub fn new(network: &QNetwork, theta: &Tensor<1>) -> Self {
        let QNetwork { ref mlp, actions, dueling } = *network;
        Self { inference: Inference::new(mlp, theta), actions, dueling }
    }

    /// Takes other parameters.
    pub fn set(&mut self, theta: &Tensor<1>) {
        self.inference.set(theta);
    }

    /// Its parameters.
    pub fn theta(&self) -> &[f32] {
        self.inference.theta()
    }

    /// For all lanes, with probability ε a random action, else the one with the greatest value.
    pub fn epsilon_greedy(&mut self, epsilon: f64, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        if epsilon < 1.0 {
            let (actions, v) = (self.actions, usize::from(self.dueling));
            let outputs = self.inference.run(now.obs.flat).chunks_exact(v + actions);
            for (lane, (action, row)) in act.iter_mut().zip(outputs).enumerate() {
                // V and the mean of A are the same for all actions.
                *action = choice::argmax(&row[v..], now.legal_in(lane));
            }
        }
        for (lane, action) in act.iter_mut().enumerate() {
            if choice::explores(epsilon, rng) {
                *action = choice::uniform(self.actions, now.legal_in(lane), rng);
            }
        }
    }

    /// The greatest value among the legal actions of each lane.
    pub fn greatest(&mut self, now: &View<'_, f32>) -> Vec<f64> {
        let v = usize::from(self.dueling);
        let outputs = self.inference.run(now.obs.flat).chunks_exact(v + self.actions);
        let greatest = |(lane, row): (usize, &[f32])| {
            let a = &row[v..];
            let best = f64::from(a[choice::argmax(a, now.legal_in(lane))]);
            let mean = a.iter().copied().map(f64::from).sum::<f64>() / a.len() as f64;
            if self.dueling { f64::from(row[0]) - mean + best } else { best }
        };
        outputs.enumerate().map(greatest).collect()
    }
}

/// A truth value for each action of a batch; `None` where there is none.
pub fn masks(legal: &[bool], actions: usize, device: &Device) -> Option<Tensor<2, Bool>> {
    (!legal.is_empty()).then(|| bool_matrix(legal, actions, device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{matrix, to_vec, vector};
    use gymkhana_envs::Rows;

    #[test]
    fn double_values_what_another_network_chooses() {
        let device = Device::flex();
        let valued = || matrix(&[3.0, 8.0, 1.0, -1.0, -5.0, -2.0], 3, &device);
        let choosing = || Some(matrix(&[9.0, 2.0, 1.0, -3.0, -2.0, -2.5], 3, &device));
        assert_eq!(to_vec(next_values(valued(), None, None)), [8.0, -1.0]);
        assert_eq!(to_vec(next_values(valued(), choosing(), None)), [3.0, -5.0]);
        // Of the first row only the last two are legal, of the second the first and the last.
        let legal = || masks(&[false, true, true, true, false, true], 3, &device);
        assert_eq!(to_vec(next_values(valued(), None, legal())), [8.0, -1.0]);
        assert_eq!(to_vec(next_values(valued(), choosing(), legal())), [8.0, -2.0]);
        let none = masks(&[false; 6], 3, &device);
        assert!(to_vec(next_values(valued(), None, none.clone())).iter().all(|value| value.is_finite()));
        assert!(to_vec(next_values(valued(), choosing(), none)).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn dueling_streams_are_a_value_and_advantages_around_it() {
        // V = 2, A = (1, 3, 5), mean 3; V = −1, A = (0, 0, 6), mean 2.
        let outputs = matrix(&[2.0, 1.0, 3.0, 5.0, -1.0, 0.0, 0.0, 6.0], 4, &Device::flex());
        assert_eq!(to_vec(dueling(outputs, 3)), [0.0, 2.0, 4.0, -3.0, -3.0, 3.0]);
    }

    #[test]
    fn a_chooser_acts_and_values_as_its_network() {
        // Without hidden layers and with an observation of 1, the outputs are the sums of weights and biases.
        for (dueling, theta, best, legal_best) in [
            (false, [1.0, 3.0, 2.0, 0.5, 0.5, -1.0].as_slice(), 3.5, 1.5),
            // V = 2, A = (1, 3, 5); the last is illegal, so that 2 − 3 + 3 is the most.
            (true, &[2.0, 1.0, 3.0, 5.0, 0.0, 0.0, 0.0, 0.0], 4.0, 2.0),
        ] {
            let network = QNetwork::new(1, &[], 3, Activation::Relu, dueling);
            let theta = vector(theta.to_vec(), &Device::flex());
            let mut chooser = Chooser::new(&network, &theta);
            let mut view = View::new(Rows { flat: &[1.0], width: 1 }, &[true]);
            let greatest = |q: Tensor<2>| to_vec(q.max_dim(1))[0];
            assert_eq!(greatest(network.forward(&theta, matrix(&[1.0], 1, &Device::flex()))), best);
            assert_eq!(chooser.greatest(&view), [f64::from(best)]);
            let mut act = [9];
            chooser.epsilon_greedy(0.0, &view, &mut Rng::new(1), &mut act);
            let (chosen, mask) = if dueling { (2, [true, true, false]) } else { (1, [true, false, false]) };
            assert_eq!(act, [chosen]);
            view.legal = Some(Rows { flat: &mask, width: 3 });
            assert_eq!(chooser.greatest(&view), [legal_best]);
            for epsilon in [0.0, 1.0] {
                for _ in 0..20 {
                    chooser.epsilon_greedy(epsilon, &view, &mut Rng::new(1), &mut act);
                    assert!(mask[act[0]]);
                }
            }
        }
    }
}
