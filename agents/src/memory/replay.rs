//! Replay memory: the last transitions, sampled uniformly.
//!
//! Lin 1992, "Self-Improving Reactive Agents Based on Reinforcement Learning, Planning and Teaching".

use gymkhana_envs::{Elem, Rng, Space};
use serde::{Deserialize, Serialize};

use super::Transition;

/// A ring of transitions with features as observations; rows lie flat, one column after the other.
///
/// It grows as it fills, so that a large capacity costs nothing before it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Replay<A: Elem> {
    capacity: usize,
    width: usize,
    action_width: usize,
    /// Where the next transition goes once the ring is full.
    at: usize,
    obs: Vec<f32>,
    next: Vec<f32>,
    action: Vec<A>,
    reward: Vec<f32>,
    discount: Vec<f32>,
    /// The length of a mask; 0 where no transition had one.
    choices: usize,
    legal: Vec<bool>,
}

/// Transitions that were sampled, column by column; allocated once and filled again.
#[derive(Clone, Debug, Default)]
pub struct Minibatch<A> {
    /// batch × width: sₜ
    pub obs: Vec<f32>,
    /// batch × numbers per action: aₜ
    pub action: Vec<A>,
    /// batch: the discounted sum of rewards from t to t+k
    pub reward: Vec<f32>,
    /// batch × width: sₜ₊ₖ, the true successor also where the episode ended
    pub next: Vec<f32>,
    /// batch: γᵏ, or 0 where the process terminated at sₜ₊ₖ; truncation is not recorded, since it changes no target
    pub discount: Vec<f32>,
    /// batch × choices: the actions that are legal in sₜ₊ₖ; empty where the environment does not say which are
    pub legal: Vec<bool>,
}

impl<A: Elem> Replay<A> {
    /// Room for `capacity` transitions, at least one, with observations of `width` numbers and actions of `action_width`.
    pub fn new(capacity: usize, width: usize, action_width: usize) -> Self {
        Self {
            capacity,
            width,
            action_width,
            at: 0,
            obs: Vec::new(),
            next: Vec::new(),
            action: Vec::new(),
            reward: Vec::new(),
            discount: Vec::new(),
            choices: 0,
            legal: Vec::new(),
        }
    }

    /// How many transitions are in it.
    pub fn len(&self) -> usize {
        self.reward.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.reward.is_empty()
    }

    /// Whether it is whole, was made as `like` was, and holds actions of the space `actions`: asked of a memory that
    /// was read from somewhere.
    pub fn fits(&self, like: &Self, actions: &Space) -> bool {
        let shape = |replay: &Self| (replay.capacity, replay.width, replay.action_width);
        let n = self.len();
        let columns = [self.obs.len(), self.next.len(), self.action.len(), self.discount.len()];
        let masked = self.choices == 0 || actions.choices() == Some(self.choices);
        shape(self) == shape(like)
            && columns == [n * self.width, n * self.width, n * self.action_width, n]
            && masked
            && self.legal.len() == n * self.choices
            && (if n < self.capacity { self.at == n } else { n == self.capacity && self.at < n })
            && self.action.chunks_exact(self.action_width).all(|action| A::is_action(actions, action))
    }

    /// Stores a transition, in the place of the oldest where there is no more room. Masks cost nothing where none is given.
    pub fn push(&mut self, transition: &Transition<'_, A>) {
        let at = self.at;
        if let Some(legal) = transition.next_legal
            && self.choices == 0
        {
            self.choices = legal.len();
            self.legal = vec![true; self.len() * legal.len()];
        }
        put(&mut self.obs, at * self.width, transition.obs);
        put(&mut self.next, at * self.width, transition.next);
        put(&mut self.action, at * self.action_width, transition.action);
        put(&mut self.reward, at, &[transition.reward as f32]);
        put(&mut self.discount, at, &[transition.discount as f32]);
        match transition.next_legal {
            Some(legal) => put(&mut self.legal, at * self.choices, legal),
            None => fill(&mut self.legal, at * self.choices, self.choices),
        }
        self.at = (at + 1) % self.capacity;
    }

    /// Fills a minibatch with `size` transitions drawn with replacement.
    ///
    /// # Panics
    /// If the memory is empty.
    pub fn sample(&self, size: usize, rng: &mut Rng, to: &mut Minibatch<A>) {
        to.clear();
        for _ in 0..size {
            let i = rng.below(self.len());
            to.obs.extend_from_slice(&self.obs[i * self.width..][..self.width]);
            to.next.extend_from_slice(&self.next[i * self.width..][..self.width]);
            to.action.extend_from_slice(&self.action[i * self.action_width..][..self.action_width]);
            to.reward.push(self.reward[i]);
            to.discount.push(self.discount[i]);
            to.legal.extend_from_slice(&self.legal[i * self.choices..][..self.choices]);
        }
    }
}

impl<A> Minibatch<A> {
    fn clear(&mut self) {
        self.obs.clear();
        self.next.clear();
        self.action.clear();
        self.reward.clear();
        self.discount.clear();
        self.legal.clear();
    }
}

/// Writes a row over what is there, or appends it where the ring is not yet full.
fn put<T: Copy>(column: &mut Vec<T>, at: usize, row: &[T]) {
    if at == column.len() {
        column.extend_from_slice(row);
    } else {
        column[at..at + row.len()].copy_from_slice(row);
    }
}

/// As [`put`], for a mask that says nothing.
fn fill(column: &mut Vec<bool>, at: usize, choices: usize) {
    if at == column.len() {
        column.resize(at + choices, true);
    } else {
        column[at..at + choices].fill(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{NStep, counter::Counter};
    use gymkhana_envs::{Batch, Lanes, Seeds};

    fn filled(capacity: usize, steps: usize) -> Replay<usize> {
        let mut lanes = Lanes::new(Counter::default(), 1, &Seeds::from(0)).unwrap();
        let (mut replay, mut n_step) = (Replay::new(capacity, 1, 1), NStep::new(1, 0.5, 1, 1, 1));
        for _ in 0..steps {
            lanes.step(&[1]).unwrap();
            n_step.see(&lanes.seen(&[1]), |transition| replay.push(transition));
        }
        replay
    }

    #[test]
    fn successors_are_true_and_only_termination_is_kept() {
        let replay = filled(100, 7);
        assert_eq!(replay.obs, [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
        assert_eq!(replay.next, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(replay.discount, [0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn the_oldest_is_overwritten() {
        let replay = filled(3, 5);
        assert_eq!((replay.len(), replay.at), (3, 2));
        assert_eq!(replay.reward, [1.0, 2.0, 3.0]);
        assert_eq!(filled(3, 4).next, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn what_is_not_whole_does_not_fit() {
        let (empty, two) = (Replay::new(3, 1, 1), Space::Discrete(2));
        let broken = |change: fn(&mut Replay<usize>)| {
            let mut replay = filled(3, 5);
            change(&mut replay);
            !replay.fits(&empty, &two)
        };
        assert!(filled(3, 5).fits(&empty, &two) && filled(3, 2).fits(&empty, &two) && empty.fits(&empty, &two));
        assert!(broken(|replay| replay.at = 3) && broken(|replay| replay.action[1] = 2));
        assert!(broken(|replay| replay.next.truncate(2)) && broken(|replay| replay.capacity = 4));
    }

    #[test]
    fn samples_are_rows_of_the_memory() {
        let replay = filled(50, 50);
        let mut batch = Minibatch::default();
        replay.sample(32, &mut Rng::new(1), &mut batch);
        assert_eq!((batch.obs.len(), batch.action.len(), batch.reward.len()), (32, 32, 32));
        assert!(batch.next.iter().zip(&batch.reward).all(|(next, reward)| next == reward));
    }

    #[test]
    fn masks_are_kept_from_the_first_one_on() {
        let (mut replay, two) = (Replay::<usize>::new(2, 1, 1), Space::Discrete(2));
        let empty = replay.clone();
        let mut push = |next_legal| {
            replay.push(&Transition {
                obs: &[0.0],
                action: &[1],
                reward: 0.0,
                next: &[1.0],
                next_legal,
                discount: 1.0,
            });
            assert!(replay.fits(&empty, &two) && (replay.choices == 0 || !replay.fits(&empty, &Space::Discrete(3))));
            replay.legal.clone()
        };
        assert!(push(None).is_empty());
        assert_eq!(push(Some(&[false, true])), [true, true, false, true]);
        assert_eq!(push(Some(&[true, false])), [true, false, false, true]);
        assert_eq!(push(None), [true, false, true, true]);
    }
}
