//! The gradient of the [loss](super::loss) by hand, on the host: what the tape does for other devices, without one.
//!
//! A minibatch of a small network is so short that the nodes of the loss on the tape would cost more than both networks. With
//! g = ∂L/∂ ln π(a | s) for each of n rows:
//!
//! ```text
//! policy gradient      g = −Â/n
//! clipped surrogate    g = −Â ρ/n, and 0 where Â > 0 and ρ > 1 + ε, or Â < 0 and ρ < 1 − ε
//! ∂L/∂v(s) = −2 c_v (G − v(s))/n, or that of the clipped value where its error is the greater one
//! ∂L/∂y = g ∂ ln π(a | s)/∂y − c_e/n ∂H/∂y,                          and so for parameters beside the network
//! ```

use super::{
    head::{Head, Slopes},
    learner::{Samples, gather_into, standardize},
    loss::{Objective, STATISTICS, Surrogate},
};
use crate::nn::{
    Mlp,
    kernel::{self, Room},
};

/// Room for a minibatch, to be used again.
#[derive(Clone, Debug)]
pub(super) struct Desk<A> {
    obs: Vec<f32>,
    actions: Vec<A>,
    legal: Vec<bool>,
    /// `ln π_old(a | s)`, Â, G and `v_old(s)`
    columns: [Vec<f32>; 4],
    hidden: [Vec<f32>; 2],
    /// what the networks say, and the slopes of the loss by it
    outputs: [Vec<f32>; 2],
    slopes: [Vec<f32>; 2],
    room: Room,
}

impl<A> Default for Desk<A> {
    fn default() -> Self {
        let (obs, actions, legal, room) = (Vec::new(), Vec::new(), Vec::new(), Room::default());
        let (columns, hidden, outputs, slopes) = Default::default();
        Self { obs, actions, legal, columns, hidden, outputs, slopes, room }
    }
}

/// Networks and their parameters on the host: policy, value, and those beside the policy.
#[derive(Debug)]
pub(super) struct OnHost<'a, H> {
    pub(super) head: &'a H,
    pub(super) mlps: [&'a Mlp; 2],
    pub(super) theta: [&'a [f32]; 2],
    pub(super) free: &'a [f32],
}

/// One number of a minibatch's sum for each of the [`STATISTICS`].
type Sums = [f64; STATISTICS.len()];

impl<A: Copy> Desk<A> {
    /// The gradient by the parameters of the policy, of the value and beside them, and the [`STATISTICS`] of some rows.
    /// `normalize` gives their advantages mean 0 and deviation 1.
    pub(super) fn gradient<H: Head<A = A>>(
        &mut self,
        networks: &OnHost<'_, H>,
        samples: &Samples<'_, A>,
        rows: &[usize],
        normalize: bool,
        objective: &Objective,
    ) -> ([Vec<f32>; 3], Vec<f32>) {
        self.gather(networks, samples, rows);
        if normalize {
            standardize(&mut self.columns[1]);
        }
        for (k, mlp) in networks.mlps.into_iter().enumerate() {
            self.hidden[k].resize(rows.len() * mlp.hidden_width(), 0.0);
            self.outputs[k].resize(rows.len() * mlp.outputs(), 0.0);
            let (hidden, y) = (&mut self.hidden[k], &mut self.outputs[k]);
            kernel::forward(mlp, networks.theta[k], &self.obs, hidden, y, &mut self.room);
        }
        let mut free = vec![0.0; networks.free.len()];
        let sums = self.slopes(networks, rows.len(), objective, &mut free);

        let mut gradients = networks.mlps.map(|mlp| vec![0.0; mlp.parameters()]);
        for (k, (mlp, gradient)) in networks.mlps.into_iter().zip(&mut gradients).enumerate() {
            let (theta, hidden, slopes) = (networks.theta[k], &self.hidden[k], &self.slopes[k]);
            kernel::backward(mlp, theta, &self.obs, hidden, slopes, Some(gradient), None, &mut self.room);
        }
        let measured = if matches!(objective.surrogate, Surrogate::Clipped(_)) { 5 } else { 3 };
        let statistics = sums[..measured].iter().map(|sum| (sum / rows.len() as f64) as f32).collect();
        let [policy, value] = gradients;
        ([policy, value, free], statistics)
    }

    /// ln π(a | s) of some rows, by the same arithmetic: a ratio of what has not changed is 1.
    pub(super) fn log_probs<H: Head<A = A>>(
        &mut self,
        networks: &OnHost<'_, H>,
        samples: &Samples<'_, A>,
        rows: &[usize],
        log_probs: &mut Vec<f32>,
    ) {
        self.gather(networks, samples, rows);
        let policy = networks.mlps[0];
        self.hidden[0].resize(rows.len() * policy.hidden_width(), 0.0);
        self.outputs[0].resize(rows.len() * policy.outputs(), 0.0);
        let (hidden, y) = (&mut self.hidden[0], &mut self.outputs[0]);
        kernel::forward(policy, networks.theta[0], &self.obs, hidden, y, &mut self.room);
        log_probs.extend((0..rows.len()).map(|i| self.likelihood(networks, i).0));
    }

    fn gather<H: Head<A = A>>(&mut self, networks: &OnHost<'_, H>, samples: &Samples<'_, A>, rows: &[usize]) {
        let Samples { obs, actions, legal, log_prob, advantage, target, value } = *samples;
        gather_into(&mut self.obs, obs, networks.mlps[0].inputs(), rows);
        gather_into(&mut self.actions, actions, networks.head.width(), rows);
        self.legal.clear();
        if let Some(legal) = legal {
            gather_into(&mut self.legal, legal, networks.head.outputs(), rows);
        }
        for (to, from) in self.columns.iter_mut().zip([log_prob, advantage, target, value]) {
            gather_into(to, from, 1, rows);
        }
    }

    /// ln π(a | s) and H[π(· | s)] of a row.
    fn likelihood<H: Head<A = A>>(&self, networks: &OnHost<'_, H>, i: usize) -> (f32, f32) {
        let (outputs, legal, action) = self.row(networks, i);
        networks.head.likelihood_of(outputs, networks.free, legal, action)
    }

    fn row<H: Head<A = A>>(&self, networks: &OnHost<'_, H>, i: usize) -> (&[f32], Option<&[bool]>, &[A]) {
        let (n, width) = (networks.head.outputs(), networks.head.width());
        let legal = (!self.legal.is_empty()).then(|| &self.legal[i * n..][..n]);
        (&self.outputs[0][i * n..][..n], legal, &self.actions[i * width..][..width])
    }

    /// Fills the slopes of the loss by what the networks said, adds those by the parameters beside them to `free`, and gives
    /// the sums of what is measured.
    fn slopes<H: Head<A = A>>(
        &mut self,
        networks: &OnHost<'_, H>,
        n: usize,
        objective: &Objective,
        free: &mut [f32],
    ) -> Sums {
        let (head, share) = (networks.head, 1.0 / n as f32);
        let Objective { surrogate, vf_coef, ent_coef, clip_range_vf } = *objective;
        let [mut policy_slopes, mut value_slopes] = std::mem::take(&mut self.slopes);
        policy_slopes.clear();
        policy_slopes.resize(n * head.outputs(), 0.0);
        value_slopes.clear();
        let mut sums = Sums::default();
        for i in 0..n {
            let (log_prob, entropy) = self.likelihood(networks, i);
            let [old, advantage, target, old_value] = [0, 1, 2, 3].map(|k| self.columns[k][i]);
            let slope = match surrogate {
                Surrogate::PolicyGradient => {
                    sums[0] -= f64::from(log_prob * advantage);
                    -advantage
                }
                Surrogate::Clipped(epsilon) => {
                    let (log_ratio, epsilon) = (log_prob - old, epsilon as f32);
                    let ratio = log_ratio.exp();
                    let (gain, clipped) = (ratio * advantage, ratio.clamp(1.0 - epsilon, 1.0 + epsilon) * advantage);
                    sums[0] -= f64::from(gain.min(clipped));
                    sums[3] += f64::from(ratio - 1.0 - log_ratio);
                    sums[4] += f64::from(u8::from((ratio - 1.0).abs() > epsilon));
                    if clipped < gain { 0.0 } else { -gain }
                }
            };
            sums[2] += f64::from(entropy);
            let (outputs, legal, action) = self.row(networks, i);
            let to = &mut policy_slopes[i * head.outputs()..][..head.outputs()];
            let by = Slopes { log_prob: slope * share, entropy: -(ent_coef as f32) * share };
            head.slopes(outputs, networks.free, legal, action, by, to, free);

            let value = self.outputs[1][i];
            let (error, slope) = value_error(target, value, old_value, clip_range_vf.map(|epsilon| epsilon as f32));
            sums[1] += f64::from(error);
            value_slopes.push(vf_coef as f32 * share * slope);
        }
        self.slopes = [policy_slopes, value_slopes];
        sums
    }
}

/// The squared error of a value, or of the value clipped to within `clip` of what it was where that is worse, and its slope.
fn value_error(target: f32, value: f32, old: f32, clip: Option<f32>) -> (f32, f32) {
    let off = target - value;
    let plain = (off * off, -2.0 * off);
    let Some(epsilon) = clip else { return plain };
    let moved = value - old;
    let off = target - (old + moved.clamp(-epsilon, epsilon));
    let inside = f32::from(u8::from(moved.abs() <= epsilon));
    if off * off > plain.0 { (off * off, -2.0 * off * inside) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_values_and_their_slopes() {
        assert_eq!(value_error(3.0, 1.0, 5.0, None), (4.0, -4.0));
        // Clipped to 4.5 the error is 2¼: the plain one is worse.
        assert_eq!(value_error(3.0, 1.0, 5.0, Some(0.5)), (4.0, -4.0));
        // Clipped to ½ it is worse, and does not change with the value.
        assert_eq!(value_error(2.0, 1.0, 0.0, Some(0.5)), (2.25, 0.0));
        assert_eq!(value_error(2.0, 0.25, 0.0, Some(0.5)), (3.0625, -3.5));
    }
}
