//! What the last episodes came to, as Gymnasium's `RecordEpisodeStatistics`, without its times.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{WrapperEntry, round::any};
use crate::{
    batch::{Batch, Layer, Transitions, View},
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
    rng::Seeds,
    spec::Spec,
    state::State,
};

params! {
    /// How many episodes are remembered.
    pub struct RecordEpisodeStatisticsParams for "record-episode-statistics" {
        /// episodes, the last in all lanes together
        window: usize = 100, in 1..=1_000_000;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: RecordEpisodeStatisticsParams::OWNER,
    about: "returns and lengths of the last episodes, of rewards as they are at this place",
    usage: "record-episode-statistics:window=100",
    params: RecordEpisodeStatisticsParams::list,
    make: wrap,
};

/// What an episode came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The sum of its rewards, not discounted.
    pub ret: f64,
    /// Its steps.
    pub length: u64,
}

/// A batch that remembers the last episodes that ended. It changes nothing.
#[derive(Debug)]
pub struct RecordEpisodeStatistics<B> {
    inner: B,
    /// per lane, so far
    present: Vec<Episode>,
    /// oldest first
    ended: VecDeque<Episode>,
    window: usize,
}

impl<B: Batch> RecordEpisodeStatistics<B> {
    /// Puts it round `inner`, whose rewards are summed as they are there.
    ///
    /// # Errors
    /// If the window is out of range.
    pub fn new(inner: B, params: &RecordEpisodeStatisticsParams) -> Result<Self, Error> {
        params.validate()?;
        let window = params.window;
        Ok(Self {
            present: vec![Episode::default(); inner.lanes()],
            inner,
            ended: VecDeque::with_capacity(window),
            window,
        })
    }

    /// The last episodes that ended since the last reset, at most a window of them, oldest first. Of several that ended
    /// with one step, the first lane's comes first.
    pub fn episodes(&self) -> impl ExactSizeIterator<Item = Episode> + '_ {
        self.ended.iter().copied()
    }
}

impl<B: Batch> Layer for RecordEpisodeStatistics<B> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
    }

    fn measure(&mut self, tell: &mut dyn FnMut(&'static str, f64)) {
        self.inner.measure(tell);
        if !self.ended.is_empty() {
            let mean = |of: fn(&Episode) -> f64| self.ended.iter().map(of).sum::<f64>() / self.ended.len() as f64;
            tell("episode/return_mean", mean(|episode| episode.ret));
            tell("episode/length_mean", mean(|episode| episode.length as f64));
        }
    }
}

impl<B: Batch> Batch for RecordEpisodeStatistics<B> {
    type O = B::O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        self.inner.spec()
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.present.fill(Episode::default());
        self.ended.clear();
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        self.inner.step(act)?;
        let seen = self.inner.seen(act);
        for (i, present) in self.present.iter_mut().enumerate() {
            present.ret += seen.reward[i];
            present.length += 1;
            if seen.ended(i) {
                if self.ended.len() == self.window {
                    self.ended.pop_front();
                }
                self.ended.push_back(std::mem::take(present));
            }
        }
        Ok(())
    }

    fn now(&self) -> View<'_, Self::O> {
        self.inner.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        self.inner.seen(act)
    }

    fn state(&self) -> State {
        State::of(&(self.inner.state(), &self.present, &self.ended))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (inner, present, ended): (State, Vec<Episode>, Vec<Episode>) = state.get()?;
        if (present.len(), ended.len()) != (self.lanes(), ended.len().min(self.window)) {
            let saved = format!("{} lanes and {} episodes saved", present.len(), ended.len());
            return Err(Error::State(format!("{saved}, {} lanes and at most {} here", self.lanes(), self.window)));
        }
        self.inner.set_state(&inner)?;
        self.ended.clear();
        self.ended.extend(ended);
        self.present = present;
        if !self.resumes_exactly() {
            self.present.fill(Episode::default()); // every lane is at the start of an episode
        }
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    Ok(any!(batch, inner => RecordEpisodeStatistics::new(inner, &params)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Lanes,
        classic::{CartPole, CartPoleParams},
    };

    fn told(batch: &mut impl Layer) -> Vec<(&'static str, f64)> {
        let mut told = Vec::new();
        batch.measure(&mut |key, value| told.push((key, value)));
        told
    }

    #[test]
    fn the_last_episodes_are_told() {
        let env = CartPole::new(CartPoleParams { time_limit: 3, ..CartPoleParams::default() }).unwrap();
        let lanes = Lanes::new(env, 2, &Seeds::from(0)).unwrap();
        let mut batch = RecordEpisodeStatistics::new(lanes, &RecordEpisodeStatisticsParams { window: 3 }).unwrap();
        for _ in 0..2 {
            batch.step(&[0, 1]).unwrap();
        }
        assert_eq!(batch.episodes().len(), 0);
        assert_eq!(told(&mut batch), []);
        for _ in 2..6 {
            batch.step(&[0, 1]).unwrap();
        }
        let three = Episode { ret: 3.0, length: 3 };
        assert_eq!(batch.episodes().collect::<Vec<_>>(), [three; 3], "of four");
        assert_eq!(told(&mut batch), [("episode/return_mean", 3.0), ("episode/length_mean", 3.0)]);
    }
}
