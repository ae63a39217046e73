//! A categorical distribution over choices, from logits l, one per choice. Illegal choices have probability 0.
//!
//! ```text
//! ln π(a) = l(a) − ln Σ exp l(b)        H = −Σ π(b) ln π(b)
//! ```

use burn::tensor::{Bool, Int, Tensor, activation::log_softmax};
use gymkhana_envs::Rng;

use crate::math::choice;

/// The logit of an illegal choice: its probability is 0 in 32 bits, and no gradient is 0 · ∞.
const NEVER: f32 = -1e8;

/// A choice drawn by its probability; always a legal one, also where logits are not finite.
#[inline]
pub fn sample(logits: &[f32], legal: Option<&[bool]>, rng: &mut Rng) -> usize {
    let is_legal = |a: usize| legal.is_none_or(|legal| legal[a]);
    let all = || logits.iter().enumerate().filter(|(a, _)| is_legal(*a));
    let most = all().fold(f32::NEG_INFINITY, |most, (_, l)| most.max(*l));
    let weight = |l: f32| f64::from((l - most).exp());
    let mut left = rng.unit() * all().map(|(_, l)| weight(*l)).sum::<f64>();
    let drawn = all().find(|(_, l)| {
        left -= weight(**l);
        left < 0.0
    });
    drawn.map_or_else(|| mode(logits, legal), |(a, _)| a)
}

/// The likeliest choice.
#[inline]
pub fn mode(logits: &[f32], legal: Option<&[bool]>) -> usize {
    choice::argmax(logits, legal)
}

/// The greatest logit of a legal choice, and ln Σ exp of all of them above it.
#[inline]
fn log_sum(logits: &[f32], legal: Option<&[bool]>) -> (f32, f32) {
    let all = || logits.iter().enumerate().filter(|(a, _)| legal.is_none_or(|legal| legal[*a]));
    let most = all().fold(f32::NEG_INFINITY, |most, (_, l)| most.max(*l));
    (most, all().map(|(_, l)| (l - most).exp()).sum::<f32>().ln())
}

/// ln π(a) of a legal choice, and H.
#[inline]
pub fn likelihood(logits: &[f32], legal: Option<&[bool]>, action: usize) -> (f32, f32) {
    let (most, log_sum) = log_sum(logits, legal);
    let all = logits.iter().enumerate().filter(|(a, _)| legal.is_none_or(|legal| legal[*a]));
    let entropy = all.map(|(_, l)| l - most - log_sum).map(|log_p| -log_p.exp() * log_p).sum();
    (logits[action] - most - log_sum, entropy)
}

/// What a loss changes by with each logit, from what it changes by with ln π(a) and H:
/// ∂ ln π(a)/∂l(b) = 1{a = b} − π(b), and ∂H/∂l(b) = −π(b) (ln π(b) + H).
#[inline]
pub fn slopes(
    logits: &[f32],
    legal: Option<&[bool]>,
    action: usize,
    by_log_prob: f32,
    by_entropy: f32,
    to: &mut [f32],
) {
    let (most, log_sum) = log_sum(logits, legal);
    let (_, entropy) = likelihood(logits, legal, action);
    for (b, (to, l)) in to.iter_mut().zip(logits).enumerate() {
        let log_p = l - most - log_sum;
        let p = log_p.exp();
        *to = if legal.is_none_or(|legal| legal[b]) {
            by_log_prob * (f32::from(u8::from(b == action)) - p) - by_entropy * p * (log_p + entropy)
        } else {
            0.0
        };
    }
}

/// ln π of every choice, batch × choices, from logits of that shape.
pub fn log_probs(logits: Tensor<2>, illegal: Option<Tensor<2, Bool>>) -> Tensor<2> {
    let logits = match illegal {
        Some(illegal) => logits.mask_fill(illegal, NEVER),
        None => logits,
    };
    log_softmax(logits, 1)
}

/// ln π(a), batch × 1, of the actions that were chosen, batch × 1.
pub fn log_prob_of(log_probs: Tensor<2>, actions: Tensor<2, Int>) -> Tensor<2> {
    log_probs.gather(1, actions)
}

/// H, batch × 1.
pub fn entropy(log_probs: Tensor<2>) -> Tensor<2> {
    -(log_probs.clone().exp() * log_probs).sum_dim(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tensors::{index_column, matrix, to_vec};
    use burn::tensor::{Device, TensorData};

    #[test]
    fn draws_are_as_likely_as_they_should_be_and_legal() {
        let (mut rng, mut counts) = (Rng::new(0), [0; 3]);
        let ln3 = 3.0_f32.ln();
        for _ in 0..10_000 {
            counts[sample(&[500.0, 500.0 + ln3, 500.0 + ln3], Some(&[true, false, true]), &mut rng)] += 1;
        }
        assert!(counts[1] == 0 && (7_350..7_650).contains(&counts[2]), "{counts:?}");
        for wrong in [[f32::NAN; 3], [f32::NEG_INFINITY; 3], [f32::INFINITY; 3]] {
            assert!((0..10).all(|_| sample(&wrong, Some(&[false, true, true]), &mut rng) > 0));
        }
        assert_eq!(mode(&[1.0, 3.0, 2.0], Some(&[true, false, true])), 2);
    }

    #[test]
    fn literal_numbers_on_the_host_and_on_a_device() {
        // π = (¼, ¾); with the last two alone (½, ½)
        let (logits, ln3) = ([0.0, 3.0_f32.ln()], 3.0_f32.ln());
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a}, not {b}");
        close(likelihood(&logits, None, 0).0, 0.25_f32.ln());
        close(likelihood(&logits, None, 0).1, 0.562_335_1);
        close(likelihood(&[7.0, ln3, ln3], Some(&[false, true, true]), 2).0, 0.5_f32.ln());
        let device = Device::flex();
        let (flat, illegal) = ([9.0, 0.0, ln3, 7.0, ln3, ln3], vec![true, false, false, true, false, false]);
        let illegal = Tensor::from_data(TensorData::new(illegal, [2, 3]), &device);
        let log_probs = log_probs(matrix(&flat, 3, &device), Some(illegal));
        let found = to_vec(log_prob_of(log_probs.clone(), index_column(&[2, 1], &device)));
        close(found[0], 0.75_f32.ln());
        close(found[1], 0.5_f32.ln());
        // H = −¼ ln ¼ − ¾ ln ¾, and ln 2
        let found = to_vec(entropy(log_probs));
        close(found[0], 0.562_335_1);
        close(found[1], std::f32::consts::LN_2);
    }

    #[test]
    fn a_masked_choice_has_no_gradient() {
        let device = Device::flex();
        let logits = matrix(&[0.0, 0.0, 5.0], 3, &device).autodiff().require_grad();
        let illegal = Tensor::from_data(TensorData::new(vec![false, false, true], [1, 3]), &device);
        let log_probs = log_probs(logits.clone(), Some(illegal));
        let loss = log_prob_of(log_probs.clone(), index_column(&[0], &device)).sum() + entropy(log_probs).sum();
        // ∂ ln π(0) = (1 − ½, −½, 0); the entropy is at its greatest.
        assert_eq!(to_vec(logits.grad(&loss.backward()).unwrap()), [0.5, -0.5, 0.0]);
    }
}
