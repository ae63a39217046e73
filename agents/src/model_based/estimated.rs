//! A learned model that counts: the maximum-likelihood model of what was seen.
//!
//! ```text
//! p̂(s′, r | s, a) = how often a in s led to s′ and r / how often a was taken in s
//! ```
//!
//! Planning reads it like any table. A pair that was never seen has no outcomes.

use gymkhana_envs::{
    Rng,
    tabular::{Outcome, TabularModel},
};
use serde::{Deserialize, Serialize};

use super::{Experience, Masks};
use crate::{restore::Shaped, tabular::controller::Step};

/// The model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    actions: usize,
    /// by state and action
    pairs: Vec<Pair>,
    /// how often each state was the first of an episode
    starts: Vec<u64>,
    /// as shares; all 0 where no episode was seen
    start: Vec<f64>,
    masks: Masks,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Pair {
    counts: Vec<u64>,
    /// as many; probabilities are shares of the counts
    outcomes: Vec<Outcome>,
}

impl Estimated {
    /// A model of so many states and actions, in which nothing was seen.
    pub fn new(states: usize, actions: usize) -> Self {
        let pairs = vec![Pair::default(); states * actions];
        Self { actions, pairs, starts: vec![0; states], start: vec![0.0; states], masks: Masks::default() }
    }

    /// Takes down a step.
    #[inline]
    pub fn add(&mut self, state: usize, action: usize, experience: &Experience) {
        let &Experience { reward, next, terminated } = experience;
        let Pair { counts, outcomes } = &mut self.pairs[state * self.actions + action];
        let same = |o: &Outcome| o.next == next && o.reward == reward && o.terminated == terminated;
        if let Some(at) = outcomes.iter().position(same) {
            counts[at] += 1;
        } else {
            counts.push(1);
            outcomes.push(Outcome { probability: 0.0, next, reward, terminated });
        }
        let all: u64 = counts.iter().sum();
        outcomes.iter_mut().zip(counts).for_each(|(outcome, count)| outcome.probability = *count as f64 / all as f64);
    }

    /// Takes down a step that was taken.
    #[inline]
    pub fn learn(&mut self, step: &Step<'_>) {
        self.masks.see_step(self.starts.len(), step);
        if step.first {
            self.starts[step.state] = self.starts[step.state].saturating_add(1);
            let all = self.starts.iter().map(|count| *count as f64).sum::<f64>();
            self.start.iter_mut().zip(&self.starts).for_each(|(share, count)| *share = *count as f64 / all);
        }
        self.add(step.state, step.action, &step.into());
    }

    /// How often an action was taken in a state.
    pub fn count(&self, state: usize, action: usize) -> u64 {
        self.pairs[state * self.actions + action].counts.iter().sum()
    }

    /// The legal actions of a state.
    #[inline]
    pub fn legal(&self, state: usize) -> Option<&[bool]> {
        self.masks.of(state)
    }

    /// A state with which episodes began, as often as they did; none where nothing was seen.
    #[inline]
    pub fn draw_start(&self, rng: &mut Rng) -> Option<usize> {
        self.starts.iter().any(|count| *count > 0).then(|| rng.categorical(self.start.iter().copied()))
    }
}

/// Of as many states and actions.
impl Shaped for Estimated {
    fn same_shape(&self, other: &Self) -> bool {
        let states = self.starts.len();
        let fits = |pair: &Pair| {
            pair.counts.len() == pair.outcomes.len() && pair.outcomes.iter().all(|outcome| outcome.next < states)
        };
        let mut counts = other.pairs.iter().flat_map(|pair| &pair.counts);
        let countable = counts.try_fold(0_u64, |sum, count| sum.checked_add(*count)).is_some();
        let sizes = |model: &Self| [model.actions, model.pairs.len(), model.starts.len(), model.start.len()];
        sizes(self) == sizes(other)
            && countable
            && other.pairs.iter().all(fits)
            && other.masks.fit(states, self.actions)
    }
}

impl TabularModel for Estimated {
    fn states(&self) -> usize {
        self.starts.len()
    }
    fn actions(&self) -> usize {
        self.actions
    }
    #[inline]
    fn outcomes(&self, state: usize, action: usize) -> &[Outcome] {
        &self.pairs[state * self.actions + action].outcomes
    }
    /// All 0 where no episode was seen.
    fn start(&self) -> &[f64] {
        &self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_shares_of_counts() {
        let mut model = Estimated::new(3, 2);
        let to = |next: usize, terminated| Experience { reward: next as f64, next, terminated };
        for experience in [to(2, true), to(0, false), to(2, true), to(2, true)] {
            model.add(1, 0, &experience);
        }
        let outcome =
            |probability, next: usize, terminated| Outcome { probability, next, reward: next as f64, terminated };
        assert_eq!(model.outcomes(1, 0), [outcome(0.75, 2, true), outcome(0.25, 0, false)]);
        assert_eq!((model.outcomes(1, 1), model.count(1, 0), model.count(1, 1)), (&[][..], 4, 0));
        assert_eq!(model.draw_start(&mut Rng::new(0)), None);
    }

    #[test]
    fn first_states_are_as_likely_as_they_were_often() {
        let mut model = Estimated::new(3, 1);
        for (state, first) in [(0, true), (1, false), (2, true), (1, false), (2, true), (2, true)] {
            let (legal, next_legal) = (None, None);
            let (action, reward, next, epsilon) = (0, 0.0, 1, 0.0);
            let (terminated, ended, taken, steps, lane) = (false, false, 0, 0, 0);
            model.learn(&Step {
                lane,
                state,
                legal,
                first,
                action,
                reward,
                next,
                next_legal,
                terminated,
                ended,
                epsilon,
                taken,
                steps,
            });
        }
        assert_eq!(model.start(), [0.25, 0.0, 0.75]);
        let mut rng = Rng::new(0);
        assert!((0..100).all(|_| model.draw_start(&mut rng) != Some(1)));
    }
}
