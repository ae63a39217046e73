//! Ranges of features, also of those without bounds.

/// Bounds beyond this are bounds in name only: `CartPole`'s velocities are within ±`f32::MAX`.
const ABSURD: f32 = 1e6;

/// Per feature where its range begins and how wide it is. A feature without bounds is cut at ±`bound`; one with a bound
/// on one side, 2·`bound` from there.
pub(super) fn ranges(low: &[f32], high: &[f32], bound: f32) -> (Vec<f32>, Vec<f32>) {
    let is_bound = |x: f32| x.abs() < ABSURD;
    let range = |(&low, &high): (&f32, &f32)| match (is_bound(low), is_bound(high)) {
        (true, true) => (low, high - low),
        (true, false) => (low, 2.0 * bound),
        (false, true) => (high - 2.0 * bound, 2.0 * bound),
        (false, false) => (-bound, 2.0 * bound),
    };
    low.iter().zip(high).map(range).unzip()
}
