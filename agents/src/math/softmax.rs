//! The soft-max policy.

/// π(a) = exp h(a) / Σ exp h(b) over the legal actions; 0 for the others. The greatest preference is subtracted from all
/// first, so that nothing overflows.
#[inline]
pub fn softmax(h: &[f64], legal: Option<&[bool]>, pi: &mut [f64]) {
    let most = super::choice::max(h, legal);
    let mut sum = 0.0;
    for (a, (pi, h)) in pi.iter_mut().zip(h).enumerate() {
        *pi = if legal.is_none_or(|legal| legal[a]) { (h - most).exp() } else { 0.0 };
        sum += *pi;
    }
    let scale = 1.0 / sum;
    pi.iter_mut().for_each(|pi| *pi *= scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_the_legal_actions() {
        let (ln2, mut pi) = (2.0_f64.ln(), [0.0; 3]);
        softmax(&[1000.0, 1000.0 + ln2, 1000.0], None, &mut pi);
        assert!(pi.iter().zip([0.25, 0.5, 0.25]).all(|(pi, right)| (pi - right).abs() < 1e-12), "{pi:?}");
        softmax(&[0.0, 5.0, -f64::ln(3.0)], Some(&[true, false, true]), &mut pi);
        assert!(pi.iter().zip([0.75, 0.0, 0.25]).all(|(pi, right)| (pi - right).abs() < 1e-12), "{pi:?}");
    }
}
