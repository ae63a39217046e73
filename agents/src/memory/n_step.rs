//! From single steps to transitions of n steps, for replay memories.
//!
//! Sutton & Barto 2018, section 7.1, for what is learned off-policy without correction, as in Hessel et al. 2018, "Rainbow:
//! Combining Improvements in Deep Reinforcement Learning":
//!
//! ```text
//! (sₜ, aₜ, rₜ₊₁ + γ rₜ₊₂ + … + γᵏ⁻¹ rₜ₊ₖ, sₜ₊ₖ, γᵏ)      k = n, or as many steps as the episode still had
//! ```

use std::collections::VecDeque;

use gymkhana_envs::{Elem, Space, Transitions};
use serde::{Deserialize, Serialize};

/// What is learned from: k steps in one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition<'a, A> {
    /// sₜ
    pub obs: &'a [f32],
    /// aₜ
    pub action: &'a [A],
    /// The discounted sum of k rewards.
    pub reward: f64,
    /// sₜ₊ₖ, the true successor also where the episode ended
    pub next: &'a [f32],
    /// Which actions are legal in sₜ₊ₖ, where the environment says so.
    pub next_legal: Option<&'a [bool]>,
    /// γᵏ, what the value of sₜ₊ₖ counts: 0 where the process terminated there, and not where it was truncated.
    pub discount: f64,
}

/// The last steps of every lane that have not yet become transitions, n − 1 at most between two calls. Nothing is
/// allocated when they come and go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct NStep<A: Elem> {
    n: usize,
    gamma: f64,
    width: usize,
    action_width: usize,
    /// per lane, the oldest step first
    rewards: Vec<VecDeque<f64>>,
    /// per lane: the place of its oldest step in the columns
    oldest: Vec<usize>,
    /// lanes × n × width
    obs: Vec<f32>,
    /// lanes × n × numbers per action
    actions: Vec<A>,
}

impl<A: Elem> NStep<A> {
    /// For observations of `width` numbers and actions of `action_width`.
    pub fn new(n: usize, gamma: f64, lanes: usize, width: usize, action_width: usize) -> Self {
        Self {
            n,
            gamma,
            width,
            action_width,
            rewards: (0..lanes).map(|_| VecDeque::with_capacity(n)).collect(),
            oldest: vec![0; lanes],
            obs: vec![0.0; lanes * n * width],
            actions: vec![A::default(); lanes * n * action_width],
        }
    }

    /// Takes in every lane's step, and gives out the transitions that are complete with it: of an episode that ended, all
    /// that are left.
    pub fn see(&mut self, seen: &Transitions<'_, f32, A>, mut give: impl FnMut(&Transition<'_, A>)) {
        for lane in 0..seen.lanes() {
            let rewards = &mut self.rewards[lane];
            if seen.was.first[lane] {
                rewards.clear(); // of an episode that was cut short with its environment
            }
            let at = lane * self.n + (self.oldest[lane] + rewards.len()) % self.n;
            rewards.push_back(seen.reward[lane]);
            self.obs[at * self.width..][..self.width].copy_from_slice(seen.was.obs.row(lane));
            self.actions[at * self.action_width..][..self.action_width].copy_from_slice(seen.act.row(lane));
            let ended = seen.ended(lane);
            while rewards.len() == self.n || ended && !rewards.is_empty() {
                let at = lane * self.n + self.oldest[lane];
                let further = |(sum, discount), reward: &f64| (reward + self.gamma * sum, self.gamma * discount);
                let (reward, discount) = rewards.iter().rev().fold((0.0, 1.0), further);
                give(&Transition {
                    obs: &self.obs[at * self.width..][..self.width],
                    action: &self.actions[at * self.action_width..][..self.action_width],
                    reward,
                    next: seen.next(lane),
                    next_legal: seen.next_legal(lane),
                    discount: if seen.terminated[lane] { 0.0 } else { discount },
                });
                rewards.pop_front();
                self.oldest[lane] = (self.oldest[lane] + 1) % self.n;
            }
        }
    }

    /// Whether it is whole, was made as `like` was, and holds actions of the space `actions`: asked of what was read from
    /// somewhere.
    pub fn fits(&self, like: &Self, actions: &Space) -> bool {
        let shape = |steps: &Self| {
            let counts = [steps.n, steps.width, steps.action_width, steps.rewards.len(), steps.oldest.len()];
            (counts, steps.gamma, steps.obs.len(), steps.actions.len())
        };
        shape(self) == shape(like)
            && self.rewards.iter().all(|rewards| rewards.len() < self.n)
            && self.oldest.iter().all(|&oldest| oldest < self.n)
            && self.actions.chunks_exact(self.action_width).all(|action| A::is_action(actions, action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::counter::Counter;
    use gymkhana_envs::{Batch, Lanes, Seeds};

    /// Transitions as (s, R, s′, discount).
    fn seen(n: usize, steps: usize, lanes: usize) -> Vec<(f32, f64, f32, f64)> {
        let mut batch = Lanes::new(Counter::default(), lanes, &Seeds::from(0)).unwrap();
        let (mut n_step, mut all, act) = (NStep::new(n, 0.5, lanes, 1, 1), Vec::new(), vec![1; lanes]);
        for _ in 0..steps {
            batch.step(&act).unwrap();
            n_step.see(&batch.seen(&act), |t| all.push((t.obs[0], t.reward, t.next[0], t.discount)));
        }
        all
    }

    // Rewards are 1, 2, 3 in every episode; the first terminates, the second is truncated. γ = ½.

    #[test]
    fn one_step_is_what_was_seen() {
        let first = [(0.0, 1.0, 1.0, 0.5), (1.0, 2.0, 2.0, 0.5), (2.0, 3.0, 3.0, 0.0)];
        let second = [(0.0, 1.0, 1.0, 0.5), (1.0, 2.0, 2.0, 0.5), (2.0, 3.0, 3.0, 0.5)];
        assert_eq!(seen(1, 6, 1), [first, second].concat());
    }

    #[test]
    fn two_steps_go_to_the_true_end_and_no_further() {
        // 1 + ½·2 = 2; 2 + ½·3 = 3.5; and the last step alone.
        let first = [(0.0, 2.0, 2.0, 0.25), (1.0, 3.5, 3.0, 0.0), (2.0, 3.0, 3.0, 0.0)];
        // What is truncated goes on with the value of where it was cut off, discounted by the steps to there.
        let second = [(0.0, 2.0, 2.0, 0.25), (1.0, 3.5, 3.0, 0.25), (2.0, 3.0, 3.0, 0.5)];
        assert_eq!(seen(2, 6, 1), [first, second].concat());
        // A lane knows nothing of another.
        let sorted = |mut all: Vec<(f32, f64, f32, f64)>| {
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            all
        };
        assert_eq!(sorted(seen(2, 6, 2)), sorted([first, second, first, second].concat()));
    }

    #[test]
    fn an_episode_shorter_than_n_gives_one_transition_a_step() {
        // 1 + ½·2 + ¼·3 = 2.75
        let ends = [(0.0, 2.75, 3.0, 0.125), (1.0, 3.5, 3.0, 0.25), (2.0, 3.0, 3.0, 0.5)];
        assert_eq!(seen(5, 6, 1)[3..], ends);
        assert_eq!(seen(5, 2, 1), []);
    }

    #[test]
    fn what_is_not_whole_does_not_fit() {
        let like = NStep::<usize>::new(2, 0.5, 1, 1, 1);
        let fits = |change: fn(&mut NStep<usize>)| {
            let mut other = like.clone();
            change(&mut other);
            other.fits(&like, &Space::Discrete(2))
        };
        assert!(fits(|_| {}) && fits(|steps| steps.oldest[0] = 1) && fits(|steps| steps.rewards[0].push_back(1.0)));
        assert!(!fits(|steps| steps.oldest[0] = 2) && !fits(|steps| steps.actions[1] = 2));
        assert!(!fits(|steps| steps.rewards[0].extend([1.0, 1.0])) && !fits(|steps| steps.gamma = 0.6));
    }
}
