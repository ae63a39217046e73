//! What policy and value networks minimise together, on a minibatch.
//!
//! ```text
//! L = L_policy + c_v L_value − c_e mean H[π(· | s)]
//!
//! L_policy = −mean Â ln π(a | s)                                        policy gradient
//! L_policy = −mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â)                    clipped surrogate
//!            ρ = π(a | s) / π_old(a | s)
//! L_value  = mean (G − v(s))²
//! L_value  = mean max((G − v(s))², (G − v_old(s) − clip(v(s) − v_old(s), −ε_v, ε_v))²)
//! ```

use burn::tensor::{Bool, Tensor};

use super::head::{Head, Likelihood};

/// What the policy's part of the loss is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surrogate {
    /// The policy gradient: what was better than expected becomes likelier.
    PolicyGradient,
    /// PPO's: the same where the policy is still the one that acted, and nothing to be gained from leaving it by more than
    /// this part.
    Clipped(f64),
}

/// What the parts of the loss are, and how much each counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// the policy's part
    pub surrogate: Surrogate,
    /// weight of the value's part, `c_v`
    pub vf_coef: f64,
    /// weight of the entropy, `c_e`
    pub ent_coef: f64,
    /// how far a value may move from what it was, `ε_v`
    pub clip_range_vf: Option<f64>,
}

/// A minibatch on a device; each column is batch × 1.
#[derive(Clone, Debug)]
pub struct Columns<T> {
    /// s, batch × width
    pub obs: Tensor<2>,
    /// a
    pub actions: T,
    /// batch × choices, where some are
    pub illegal: Option<Tensor<2, Bool>>,
    /// ln π(a | s) of the policy that acted
    pub log_prob: Tensor<2>,
    /// Â
    pub advantage: Tensor<2>,
    /// G
    pub target: Tensor<2>,
    /// v(s) before the update
    pub value: Tensor<2>,
}

/// What is measured besides the loss, in the order in which [`loss`] gives it; the last two by the clipped surrogate only.
pub const STATISTICS: [&str; 5] =
    ["train/policy_loss", "train/value_loss", "train/entropy", "train/approx_kl", "train/clip_fraction"];

/// L, and the [`STATISTICS`] off the tape, from what the networks say: the policy's outputs, batch × outputs, its free
/// parameters, and values, batch × 1.
pub fn loss<H: Head>(
    head: &H,
    outputs: Tensor<2>,
    free: Option<&Tensor<1>>,
    values: Tensor<2>,
    batch: &Columns<H::Actions>,
    objective: &Objective,
) -> (Tensor<1>, Tensor<1>) {
    let Columns { actions, illegal, log_prob: old, advantage, target, value: old_value, .. } = batch.clone();
    let Likelihood { log_prob, entropy } = head.likelihood(outputs, free, actions, illegal);
    let (policy_loss, ratio) = match objective.surrogate {
        Surrogate::PolicyGradient => (-(log_prob * advantage).mean(), None),
        Surrogate::Clipped(epsilon) => {
            let log_ratio = log_prob - old;
            let ratio = log_ratio.clone().exp();
            let clipped = ratio.clone().clamp(1.0 - epsilon, 1.0 + epsilon);
            let gain = (ratio.clone() * advantage.clone()).min_pair(clipped * advantage);
            (-gain.mean(), Some((ratio.inner(), log_ratio.inner(), epsilon)))
        }
    };
    let error = (target.clone() - values.clone()).square();
    let error = match objective.clip_range_vf {
        None => error,
        Some(epsilon) => {
            let clipped = old_value.clone() + (values - old_value).clamp(-epsilon, epsilon);
            error.max_pair((target - clipped).square())
        }
    };
    let (value_loss, entropy) = (error.mean(), entropy.mean());

    let mut statistics = vec![policy_loss.clone().inner(), value_loss.clone().inner(), entropy.clone().inner()];
    if let Some((ratio, log_ratio, epsilon)) = ratio {
        let off = ratio - 1.0;
        statistics.push((off.clone() - log_ratio).mean());
        statistics.push(off.abs().greater_elem(epsilon).float().mean());
    }
    let loss = policy_loss + value_loss * objective.vf_coef - entropy * objective.ent_coef;
    (loss, Tensor::cat(statistics, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::tensors::{column, matrix, to_vec},
        policy_gradient::head::Choices,
    };
    use burn::tensor::Device;

    /// Three rows whose policy is (½, ½): ρ is ½ over what it was.
    fn batch(old: [f32; 3], advantage: [f32; 3]) -> Columns<<Choices as Head>::Actions> {
        let device = Device::flex();
        Columns {
            obs: matrix(&[0.0; 3], 1, &device),
            actions: Choices(2).actions(&[0, 1, 1], &device),
            illegal: None,
            log_prob: column(&old.map(f32::ln), &device),
            advantage: column(&advantage, &device),
            target: column(&[1.0, 2.0, 3.0], &device),
            value: column(&[0.0, 0.0, 5.0], &device),
        }
    }

    fn found(objective: Objective) -> (f32, Vec<f32>, Vec<f32>) {
        let device = Device::flex();
        let outputs = matrix(&[0.0; 6], 2, &device).autodiff().require_grad();
        let values = column(&[1.0, 1.0, 1.0], &device);
        let batch = batch([0.5, 0.25, 1.0], [1.0, 3.0, -2.0]);
        let (loss, statistics) = loss(&Choices(2), outputs.clone(), None, values, &batch, &objective);
        let gradients = loss.backward();
        (loss.into_scalar::<f32>(), to_vec(statistics), to_vec(outputs.grad(&gradients).unwrap()))
    }

    fn close(found: &[f32], right: &[f32]) {
        let same = found.len() == right.len() && found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(same, "{found:?}, not {right:?}");
    }

    const PLAIN: Objective =
        Objective { surrogate: Surrogate::PolicyGradient, vf_coef: 0.5, ent_coef: 0.0, clip_range_vf: None };

    #[test]
    fn the_policy_gradient_by_hand() {
        let (loss, statistics, gradient) = found(PLAIN);
        // −(1 + 3 − 2)/3 · ln ½; (0 + 1 + 4)/3
        let (policy, ln2) = (2.0 / 3.0 * 2.0_f32.ln(), 2.0_f32.ln());
        close(&statistics, &[policy, 5.0 / 3.0, ln2]);
        close(&[loss], &[policy + 5.0 / 6.0]);
        // −Â/3 · (1{a} − ½)
        close(&gradient, &[-1.0 / 6.0, 1.0 / 6.0, 0.5, -0.5, -1.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn the_clipped_surrogate_by_hand() {
        let objective = Objective { surrogate: Surrogate::Clipped(0.2), ent_coef: 0.1, ..PLAIN };
        let (loss, statistics, gradient) = found(objective);
        // ρ = 1, 2, ½: 1·1; min(2·3, 1.2·3) = 3.6; min(½·−2, 0.8·−2) = −1.6. KL: 0, 1 − ln 2, −½ + ln 2, together ½.
        let ln2 = 2.0_f32.ln();
        close(&statistics, &[-1.0, 5.0 / 3.0, ln2, 0.5 / 3.0, 2.0 / 3.0]);
        close(&[loss], &[-1.0 + 5.0 / 6.0 - 0.1 * ln2]);
        // What is clipped has no gradient, and the entropy is at its greatest.
        close(&gradient, &[-1.0 / 6.0, 1.0 / 6.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn values_that_are_clipped_count_the_worse_error() {
        let (_, statistics, _) = found(Objective { clip_range_vf: Some(0.5), ..PLAIN });
        // v = 1, old 0, 0, 5: clipped 0.5, 0.5, 4.5. Errors max(0, ¼), max(1, 2¼), max(4, 2¼).
        close(&statistics[1..2], &[6.5 / 3.0]);
    }
}
