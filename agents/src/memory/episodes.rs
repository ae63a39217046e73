//! Whole episodes, for methods that learn from returns.

use gymkhana_envs::{Elem, Space, Transitions};
use serde::{Deserialize, Serialize};

use crate::math::returns;

/// The episodes of every lane that are not over, and the steps of those that are, with features as observations. Room that
/// was once needed is kept, so that before long nothing is allocated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Episodes<A: Elem> {
    width: usize,
    action_width: usize,
    /// per lane, the episode that is not over
    running: Vec<Steps<A>>,
    /// of all that are
    done: Steps<A>,
    /// how many those are
    ended: usize,
}

/// Steps, column by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Steps<A: Elem> {
    obs: Vec<f32>,
    actions: Vec<A>,
    /// steps × choices, or nothing where all actions are legal
    legal: Vec<bool>,
    /// rewards, and once the episode is over, returns
    returns: Vec<f64>,
}

impl<A: Elem> Episodes<A> {
    /// For so many lanes, with observations of `width` numbers and actions of `action_width`.
    pub fn new(lanes: usize, width: usize, action_width: usize) -> Self {
        Self { width, action_width, running: vec![Steps::empty(); lanes], done: Steps::empty(), ended: 0 }
    }

    /// Keeps every lane's step. `actions` are those that were chosen, where the environment was given others. What a return
    /// goes on with where an episode was cut off is the value of the state that was reached.
    pub fn push(
        &mut self,
        seen: &Transitions<'_, f32, A>,
        actions: &[A],
        gamma: f64,
        mut value: impl FnMut(&[f32]) -> f64,
    ) {
        for (lane, episode) in self.running.iter_mut().enumerate() {
            if seen.was.first[lane] {
                episode.clear();
            }
            episode.obs.extend_from_slice(seen.was.obs.row(lane));
            episode.actions.extend_from_slice(&actions[lane * self.action_width..][..self.action_width]);
            episode.legal.extend_from_slice(seen.was.legal_in(lane).unwrap_or(&[]));
            episode.returns.push(seen.reward[lane]);
            if seen.ended(lane) {
                let after = if seen.terminated[lane] { 0.0 } else { value(seen.next(lane)) };
                returns::backwards(&mut episode.returns, gamma, after);
                self.done.append(episode);
                self.ended += 1;
            }
        }
    }

    /// How many episodes are over.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// Their steps.
    pub fn done(&self) -> &Steps<A> {
        &self.done
    }

    /// Lets them go.
    pub fn forget(&mut self) {
        self.done.clear();
        self.ended = 0;
    }

    /// Whether it is whole, was made as `like` was, and holds actions of the space `actions`: asked of a memory that was
    /// read from somewhere.
    pub fn fits(&self, like: &Self, actions: &Space) -> bool {
        let shape = |memory: &Self| [memory.width, memory.action_width, memory.running.len()];
        let whole = |steps: &Steps<A>| {
            let n = steps.len();
            let masks = [0, n * actions.choices().unwrap_or(0)].contains(&steps.legal.len());
            [steps.obs.len(), steps.actions.len()] == [n * self.width, n * self.action_width]
                && masks
                && A::are_actions(actions, &steps.actions)
        };
        shape(self) == shape(like) && self.running.iter().chain([&self.done]).all(whole)
    }
}

impl<A: Elem> Steps<A> {
    fn empty() -> Self {
        Self { obs: Vec::new(), actions: Vec::new(), legal: Vec::new(), returns: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.returns.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.returns.is_empty()
    }

    /// Observations, steps × width.
    pub fn obs(&self) -> &[f32] {
        &self.obs
    }

    /// What was chosen, steps × numbers per action.
    pub fn actions(&self) -> &[A] {
        &self.actions
    }

    /// Which actions were legal, steps × choices, where the environment said so.
    pub fn legal(&self) -> Option<&[bool]> {
        (!self.legal.is_empty()).then_some(&self.legal)
    }

    /// What each step returned.
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    fn clear(&mut self) {
        self.obs.clear();
        self.actions.clear();
        self.legal.clear();
        self.returns.clear();
    }

    /// Takes another's steps.
    fn append(&mut self, other: &mut Self) {
        self.obs.extend_from_slice(&other.obs);
        self.actions.extend_from_slice(&other.actions);
        self.legal.extend_from_slice(&other.legal);
        self.returns.extend_from_slice(&other.returns);
        other.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::One;
    use gymkhana_envs::Batch;

    #[test]
    fn steps_are_kept_until_their_episode_is_over() {
        let mut memory = Episodes::new(2, 1, 1);
        let step = |memory: &mut Episodes<usize>, terminated, truncated| {
            let mut lanes = One { obs: [0.5], terminated, truncated }.lanes(2);
            lanes.step(&[0, 0]).unwrap();
            memory.push(&lanes.seen(&[0, 0]), &[0, 0], 0.5, |next| f64::from(next[0]) * 8.0);
        };
        step(&mut memory, false, false);
        assert!(memory.done().is_empty() && memory.running[0].len() == 1);
        // An episode begins, so what came before is no part of it. 1 + ½·(8·½), and 1 where it terminates.
        step(&mut memory, false, true);
        step(&mut memory, true, true);
        assert_eq!((memory.ended(), memory.done().returns()), (4, &[3.0, 3.0, 1.0, 1.0][..]));
        assert_eq!(memory.done().obs(), [0.5; 4]);
        let (empty, one) = (Episodes::new(2, 1, 1), Space::Discrete(1));
        assert!(memory.fits(&empty, &one));
        memory.done.obs.pop();
        assert!(!memory.fits(&empty, &one));
        memory.forget();
        assert!(memory.fits(&empty, &one) && memory == empty && !memory.fits(&Episodes::new(1, 1, 1), &one));
    }
}
