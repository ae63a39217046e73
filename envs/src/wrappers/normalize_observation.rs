//! Features with mean 0 and variance 1, as Gymnasium's `NormalizeObservation`.
//!
//! ```text
//! x ← (x − m) / √(v + ε)
//! ```
//!
//! with the running mean m and variance v of each feature over all lanes, this observation included. The observation that
//! ends an episode is taken in too, then the first one of the next episode. With one lane the numbers are Gymnasium's.
//!
//! Deviations
//! 1. With several lanes the observations that were reached are taken in together, then together the first ones of new
//!    episodes: Gymnasium's vector environments show these one step later.
//! 2. A reset begins the statistics anew, or from those that were given; in Gymnasium they go on.

use super::{Moments, WrapperEntry, moments::Running, round::features};
use crate::{
    batch::{Batch, Layer, Transitions, View},
    buffers::Observations,
    entry::{AnyBatch, Settings, typed},
    error::Error,
    lanes::limit,
    params,
    params::{Params, above},
    rng::Seeds,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// How features are normalised.
    pub struct NormalizeObservationParams for "normalize-observation" {
        /// what is added to the variance, ε
        epsilon: f64 = 1e-8, in above(0.0);
        /// normalised features are clipped to ± this
        clip: Option<f64> = None, in above(0.0);
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: NormalizeObservationParams::OWNER,
    about: "features with mean 0 and variance 1, by running statistics",
    usage: "normalize-observation:epsilon=1e-8,clip=10",
    params: NormalizeObservationParams::list,
    make: wrap,
};

/// A batch whose features are normalised by statistics of all lanes.
#[derive(Debug)]
pub struct NormalizeObservation<B> {
    inner: B,
    spec: Spec,
    observations: Observations<f32>,
    running: Running,
    clip: f64,
    ended: Vec<usize>,
}

impl<B: Batch<O = f32>> NormalizeObservation<B> {
    /// Puts it round `inner`, whose present observations are the first to be taken in.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(inner: B, params: &NormalizeObservationParams) -> Result<Self, Error> {
        params.validate()?;
        let width = inner.spec().observations.width();
        let bound = params.clip.map_or(f32::INFINITY, |clip| clip as f32);
        let spec = Spec { observations: Space::cube(width, -bound, bound), ..inner.spec().clone() };
        let choices = inner.now().legal.map_or(0, |legal| legal.width);
        let mut normalised = Self {
            observations: Observations::new(inner.lanes(), width, choices),
            running: Running::new(NormalizeObservationParams::OWNER, width, params.epsilon),
            clip: params.clip.unwrap_or(f64::MAX).min(f32::MAX.into()),
            ended: Vec::with_capacity(inner.lanes()),
            inner,
            spec,
        };
        normalised.begin();
        Ok(normalised)
    }

    /// The statistics of the features so far.
    pub fn moments(&self) -> &Moments {
        self.running.moments()
    }

    /// Takes in the first observations.
    fn begin(&mut self) {
        let now = self.inner.now();
        self.running.update(now.lanes(), |i, k| now.obs.row(i)[k].into());
        self.refresh();
    }

    /// Normalises what the inner batch shows now.
    fn refresh(&mut self) {
        let now = self.inner.now();
        for i in 0..now.lanes() {
            normalise(&self.running, self.clip, now.obs.row(i), self.observations.row_mut(i));
            self.observations.copy_marks(i, &now);
        }
    }
}

#[inline]
fn normalise(running: &Running, clip: f64, from: &[f32], to: &mut [f32]) {
    let statistics = running.moments().mean().iter().zip(running.deviation());
    for ((to, from), (mean, deviation)) in to.iter_mut().zip(from).zip(statistics) {
        *to = ((f64::from(*from) - mean) / deviation).clamp(-clip, clip) as f32;
    }
}

impl<B: Batch<O = f32>> Layer for NormalizeObservation<B> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
        limit(&mut self.spec, steps);
    }

    fn freeze(&mut self) {
        self.running.freeze();
        self.inner.freeze();
    }

    fn statistics(&self) -> Vec<State> {
        self.running.before(self.inner.statistics())
    }

    fn set_statistics(&mut self, statistics: &[State]) -> Result<(), Error> {
        let (moments, below) = self.running.read(statistics)?;
        self.inner.set_statistics(below)?;
        self.running.give(moments);
        self.refresh();
        Ok(())
    }
}

impl<B: Batch<O = f32>> Batch for NormalizeObservation<B> {
    type O = f32;
    type A = B::A;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.running.restart();
        self.begin();
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        self.observations.advance();
        let Self { inner, observations, running, clip, ended, .. } = self;
        let seen = inner.seen(act);
        running.update(seen.lanes(), |i, k| seen.next(i)[k].into());
        ended.clear();
        ended.extend((0..seen.lanes()).filter(|&i| seen.ended(i)));
        if !ended.is_empty() {
            for &i in &*ended {
                normalise(running, *clip, seen.next(i), observations.row_mut(i));
                observations.copy_legal(i, seen.next_legal(i));
                observations.finish(i);
            }
            running.update(ended.len(), |j, k| seen.now.obs.row(ended[j])[k].into());
        }
        // By the newest statistics in all lanes, so that what is seen now follows from these and the inner batch.
        self.refresh();
        Ok(())
    }

    fn now(&self) -> View<'_, f32> {
        self.observations.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, f32, Self::A> {
        self.observations.seen(&self.inner.seen(act))
    }

    fn state(&self) -> State {
        State::of(&(self.inner.state(), self.running.moments()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (inner, moments): (State, Moments) = state.get()?;
        self.inner.set_state(&inner)?;
        self.running.put(moments)?;
        self.refresh();
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(features!(NormalizeObservationParams::OWNER, batch, inner => NormalizeObservation::new(inner, &params)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lanes, classic::CartPole};

    #[test]
    fn two_lanes_share_their_statistics() {
        let lanes = Lanes::new(CartPole::default(), 2, &Seeds::Consecutive(0)).unwrap();
        let (a, b) = (f64::from(lanes.now().obs.row(0)[0]), f64::from(lanes.now().obs.row(1)[0]));
        let batch = NormalizeObservation::new(lanes, &NormalizeObservationParams::default()).unwrap();
        // 0.0137 and 0.0012: their mean, and their variance with a grain of the 1 at the beginning
        let (mean, variance) = (f64::midpoint(a, b), (a - b).powi(2) / 4.0);
        assert!((batch.moments().mean()[0] - mean).abs() < 1e-6, "{:?}", batch.moments());
        assert!((batch.moments().variance()[0] - (variance + 5e-5)).abs() < 1e-7, "{:?}", batch.moments());
        let deviation = batch.moments().variance()[0].sqrt();
        let now = batch.now();
        assert!((f64::from(now.obs.row(0)[0]) - (a - mean) / deviation).abs() < 1e-3);
        assert!((f64::from(now.obs.row(1)[0]) - (b - mean) / deviation).abs() < 1e-3);
    }

    #[test]
    fn clipped_features_are_within_their_space() {
        let lanes = Lanes::new(CartPole::default(), 3, &Seeds::from(1)).unwrap();
        let params = NormalizeObservationParams { clip: Some(0.5), ..NormalizeObservationParams::default() };
        let mut batch = NormalizeObservation::new(lanes, &params).unwrap();
        assert_eq!(batch.spec().observations, Space::cube(4, -0.5, 0.5));
        batch.step(&[0, 1, 0]).unwrap();
        assert!(batch.now().obs.iter().all(|row| batch.spec().observations.contains_features(row)));
        assert!(batch.now().obs.flat.contains(&0.5));
    }
}
