//! Replay memory: the last transitions, sampled uniformly.
//!
//! Lin 1992, "Self-Improving Reactive Agents Based on Reinforcement Learning, Planning and Teaching".

use gymkhana_envs::{Elem, Rng, Space, Transitions};
use serde::{Deserialize, Serialize};

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
    terminated: Vec<bool>,
}

/// Transitions that were sampled, column by column; allocated once and filled again.
#[derive(Clone, Debug, Default)]
pub struct Minibatch<A> {
    /// batch × width: sₜ
    pub obs: Vec<f32>,
    /// batch × numbers per action: aₜ
    pub action: Vec<A>,
    /// batch: rₜ₊₁
    pub reward: Vec<f32>,
    /// batch × width: sₜ₊₁, the true successor also where the episode ended
    pub next: Vec<f32>,
    /// batch: whether the process terminated at sₜ₊₁; truncation is not recorded, since it changes no target
    pub terminated: Vec<bool>,
}

impl<A: Elem> Replay<A> {
    /// Room for `capacity` transitions, at least one, with observations of `width` numbers and actions of `action_width`.
    pub fn new(capacity: usize, width: usize, action_width: usize) -> Self {
        let (obs, next, action, reward, terminated) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { capacity, width, action_width, at: 0, obs, next, action, reward, terminated }
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
        let columns = [self.obs.len(), self.next.len(), self.action.len(), self.terminated.len()];
        shape(self) == shape(like)
            && columns == [n * self.width, n * self.width, n * self.action_width, n]
            && (if n < self.capacity { self.at == n } else { n == self.capacity && self.at < n })
            && self.action.chunks_exact(self.action_width).all(|action| A::is_action(actions, action))
    }

    /// Stores every lane's step.
    pub fn push(&mut self, seen: &Transitions<'_, f32, A>) {
        for i in 0..seen.lanes() {
            let at = self.at;
            put(&mut self.obs, at * self.width, seen.was.obs.row(i));
            put(&mut self.next, at * self.width, seen.next(i));
            put(&mut self.action, at * self.action_width, seen.act.row(i));
            put(&mut self.reward, at, &[seen.reward[i] as f32]);
            put(&mut self.terminated, at, &[seen.terminated[i]]);
            self.at = (at + 1) % self.capacity;
        }
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
            to.terminated.push(self.terminated[i]);
        }
    }
}

impl<A> Minibatch<A> {
    fn clear(&mut self) {
        self.obs.clear();
        self.next.clear();
        self.action.clear();
        self.reward.clear();
        self.terminated.clear();
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

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Batch, Env, Lanes, Seeds, Spec, Step};

    /// Counts to 3 and ends there: odd episodes terminate, even ones are truncated. Rewards are the count.
    #[derive(Clone)]
    struct Counter {
        at: f32,
        episode: u32,
    }

    impl Env for Counter {
        type Obs = [f32; 1];
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Counter", Space::unbounded(1), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> [f32; 1] {
            (self.at, self.episode) = (0.0, self.episode + 1);
            [0.0]
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<[f32; 1]> {
            self.at += 1.0;
            let (end, odd) = (self.at == 3.0, self.episode % 2 == 1);
            Step { obs: [self.at], reward: self.at.into(), terminated: end && odd, truncated: end && !odd }
        }
    }

    fn filled(capacity: usize, steps: usize) -> Replay<usize> {
        let mut lanes = Lanes::new(Counter { at: 0.0, episode: 0 }, 1, &Seeds::from(0)).unwrap();
        let mut replay = Replay::new(capacity, 1, 1);
        for _ in 0..steps {
            lanes.step(&[1]).unwrap();
            replay.push(&lanes.seen(&[1]));
        }
        replay
    }

    #[test]
    fn successors_are_true_and_only_termination_is_kept() {
        let replay = filled(100, 7);
        assert_eq!(replay.obs, [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]);
        assert_eq!(replay.next, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(replay.terminated, [false, false, true, false, false, false, false]);
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
}
