//! Rollout memory: the last steps of every lane, whole and in order, for methods that learn from what they just did.

use gymkhana_envs::{Elem, Space, Transitions};
use serde::{Deserialize, Serialize};

/// Room for n steps of every lane, with features as observations. Rows lie lane after lane: step t of lane i is row
/// i · n + t. Everything is allocated when it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Rollout<A: Elem> {
    n_steps: usize,
    lanes: usize,
    width: usize,
    action_width: usize,
    /// steps of each lane so far
    len: usize,
    obs: Vec<f32>,
    /// rows × choices, or nothing where all actions are legal
    legal: Vec<bool>,
    actions: Vec<A>,
    reward: Vec<f64>,
    terminated: Vec<bool>,
    ended: Vec<bool>,
    /// rows whose episode was cut off there and did not terminate
    cut: Vec<usize>,
    /// their true successors
    cut_obs: Vec<f32>,
}

impl<A: Elem> Rollout<A> {
    /// Room for `n_steps` steps in each lane, with observations of `width` numbers and actions of `action_width`.
    pub fn new(n_steps: usize, lanes: usize, width: usize, action_width: usize) -> Self {
        let rows = n_steps * lanes;
        Self {
            n_steps,
            lanes,
            width,
            action_width,
            len: 0,
            obs: vec![0.0; rows * width],
            legal: Vec::new(),
            actions: vec![A::default(); rows * action_width],
            reward: vec![0.0; rows],
            terminated: vec![false; rows],
            ended: vec![false; rows],
            cut: Vec::with_capacity(rows),
            cut_obs: Vec::with_capacity(rows * width),
        }
    }

    /// How many rows there are when it is full.
    pub fn rows(&self) -> usize {
        self.reward.len()
    }

    /// Whether there is room for no more steps.
    pub fn is_full(&self) -> bool {
        self.len == self.n_steps
    }

    /// Lets all steps go.
    pub fn clear(&mut self) {
        self.len = 0;
        self.cut.clear();
        self.cut_obs.clear();
    }

    /// Keeps every lane's step. `actions` are those that were chosen, where the environment was given others.
    ///
    /// # Panics
    /// If it is full.
    pub fn push(&mut self, seen: &Transitions<'_, f32, A>, actions: &[A]) {
        assert!(!self.is_full(), "room for {} steps", self.n_steps);
        for lane in 0..self.lanes {
            let at = lane * self.n_steps + self.len;
            if seen.was.first[lane] && self.len > 0 && !self.ended[at - 1] {
                // An environment that cannot be saved began anew: what followed is not known, and the state stands in.
                self.ended[at - 1] = true;
                self.cut.push(at - 1);
                self.cut_obs.extend_from_slice(&self.obs[(at - 1) * self.width..][..self.width]);
            }
            put(&mut self.obs, at, seen.was.obs.row(lane));
            put(&mut self.actions, at, &actions[lane * self.action_width..][..self.action_width]);
            self.reward[at] = seen.reward[lane];
            self.terminated[at] = seen.terminated[lane];
            self.ended[at] = seen.ended(lane);
            if seen.truncated[lane] && !seen.terminated[lane] {
                self.cut.push(at);
                self.cut_obs.extend_from_slice(seen.next(lane));
            }
            if let Some(legal) = seen.was.legal_in(lane) {
                // The first mask says how many choices there are.
                self.legal.resize(self.reward.len() * legal.len(), true);
                put(&mut self.legal, at, legal);
            }
        }
        self.len += 1;
    }

    /// Observations, rows × width.
    pub fn obs(&self) -> &[f32] {
        &self.obs
    }

    /// What was chosen, rows × numbers per action.
    pub fn actions(&self) -> &[A] {
        &self.actions
    }

    /// Which actions were legal, rows × choices, where the environment said so.
    pub fn legal(&self) -> Option<&[bool]> {
        (!self.legal.is_empty()).then_some(&self.legal)
    }

    /// The true successors of steps that were cut off, in the order of [`cut`](Self::cut).
    pub fn cut_obs(&self) -> &[f32] {
        &self.cut_obs
    }

    /// The rows of steps that were cut off and did not terminate.
    pub fn cut(&self) -> &[usize] {
        &self.cut
    }

    /// Rewards, per row.
    pub fn reward(&self) -> &[f64] {
        &self.reward
    }

    /// Whether an episode ended, either way, per row.
    pub fn ended(&self) -> &[bool] {
        &self.ended
    }

    /// The discount of what follows a step, per row: γ, or 0 where the process terminated.
    pub fn discounts(&self, gamma: f64) -> impl Iterator<Item = f64> {
        self.terminated.iter().map(move |terminated| if *terminated { 0.0 } else { gamma })
    }

    /// What each row's true successor is worth, from the values of the rows, of the present observations of all lanes, and
    /// of the successors where episodes were cut off.
    pub fn next_values(&self, values: &[f64], now: &[f64], cut: &[f64], next: &mut Vec<f64>) {
        next.clear();
        for (values, now) in values.chunks_exact(self.n_steps).zip(now) {
            next.extend_from_slice(&values[1..]);
            next.push(*now);
        }
        self.cut.iter().zip(cut).for_each(|(row, value)| next[*row] = *value);
    }

    /// The rows of each lane.
    pub fn lanes(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let n = self.n_steps;
        (0..self.lanes).map(move |lane| lane * n..(lane + 1) * n)
    }

    /// Whether it is whole and not full, was made as `like` was, and holds actions of the space `actions`: asked of a
    /// memory that was read from somewhere.
    pub fn fits(&self, like: &Self, actions: &Space) -> bool {
        let shape = |memory: &Self| {
            let Self { n_steps, lanes, width, action_width, obs, actions, reward, terminated, ended, .. } = memory;
            let columns = [obs.len(), actions.len(), reward.len(), terminated.len(), ended.len()];
            ([*n_steps, *lanes, *width, *action_width], columns)
        };
        let masks = self.legal.is_empty() || Some(self.legal.len()) == actions.choices().map(|n| n * self.rows());
        shape(self) == shape(like)
            && !self.is_full()
            && self.len < self.n_steps
            && masks
            && self.cut.iter().all(|row| *row < self.rows())
            && self.cut_obs.len() == self.cut.len() * self.width
            && A::are_actions(actions, &self.actions)
    }
}

#[inline]
fn put<T: Copy>(column: &mut [T], at: usize, row: &[T]) {
    column[at * row.len()..][..row.len()].copy_from_slice(row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Batch, Env, Lanes, Masked, Rng, Seeds, Spec, Step};

    /// Counts to 2 and ends there: odd episodes terminate, even ones are truncated. Rewards are the count.
    #[derive(Clone)]
    struct Counter {
        at: f32,
        episode: u32,
    }

    impl Env for Counter {
        type Obs = Masked<[f32; 1], 2>;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Counter", Space::unbounded(1), Space::Discrete(2))
        }
        fn reset(&mut self, _: &mut Rng) -> Self::Obs {
            (self.at, self.episode) = (0.0, self.episode + 1);
            Masked { obs: [0.0], legal: [false, true] }
        }
        fn step(&mut self, _: usize, _: &mut Rng) -> Step<Self::Obs> {
            self.at += 1.0;
            let (end, odd) = (self.at == 2.0, self.episode % 2 == 1);
            let obs = Masked { obs: [self.at], legal: [true, true] };
            Step { obs, reward: self.at.into(), terminated: end && odd, truncated: end && !odd }
        }
    }

    fn filled(n_steps: usize, steps: usize) -> Rollout<usize> {
        let mut lanes = Lanes::new(Counter { at: 0.0, episode: 0 }, 2, &Seeds::from(0)).unwrap();
        let mut rollout = Rollout::new(n_steps, 2, 1, 1);
        for _ in 0..steps {
            lanes.step(&[1, 1]).unwrap();
            rollout.push(&lanes.seen(&[1, 1]), &[1, 0]);
        }
        rollout
    }

    #[test]
    fn rows_are_of_one_lane_after_the_other() {
        let rollout = filled(5, 5);
        assert!(rollout.is_full());
        assert_eq!(rollout.obs(), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(rollout.reward(), [1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 2.0, 1.0, 2.0, 1.0]);
        assert_eq!(rollout.actions(), [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(rollout.legal().unwrap()[..4], [false, true, true, true]);
        assert_eq!(rollout.lanes().collect::<Vec<_>>(), [0..5, 5..10]);
    }

    #[test]
    fn what_follows_is_the_true_successor() {
        let rollout = filled(5, 5);
        assert_eq!(rollout.discounts(0.9).collect::<Vec<_>>()[..5], [0.9, 0.0, 0.9, 0.9, 0.9]);
        assert_eq!(rollout.ended()[..5], [false, true, false, true, false]);
        assert_eq!((rollout.cut(), rollout.cut_obs()), (&[3, 8][..], &[2.0, 2.0][..]));
        let values: Vec<f64> = (0..10).map(f64::from).collect();
        let mut next = Vec::new();
        rollout.next_values(&values, &[50.0, 60.0], &[70.0, 80.0], &mut next);
        // After termination the first of the next episode stands there, by a discount of 0.
        assert_eq!(next, [1.0, 2.0, 3.0, 70.0, 50.0, 6.0, 7.0, 8.0, 80.0, 60.0]);
    }

    #[test]
    fn an_episode_that_was_broken_off_is_no_part_of_the_next() {
        let mut lanes = Lanes::new(Counter { at: 0.0, episode: 0 }, 1, &Seeds::from(0)).unwrap();
        let mut rollout = Rollout::new(3, 1, 1, 1);
        for _ in 0..2 {
            lanes.step(&[1]).unwrap();
            rollout.push(&lanes.seen(&[1]), &[1]);
            lanes.reset(&Seeds::from(0)).unwrap();
        }
        assert_eq!(
            (rollout.cut(), rollout.cut_obs(), &rollout.ended()[..2]),
            (&[0][..], &[0.0][..], &[true, false][..])
        );
    }

    #[test]
    fn what_is_not_whole_does_not_fit() {
        let (empty, two) = (Rollout::new(5, 2, 1, 1), Space::Discrete(2));
        let broken = |change: fn(&mut Rollout<usize>)| {
            let mut rollout = filled(5, 4);
            change(&mut rollout);
            !rollout.fits(&empty, &two)
        };
        assert!(filled(5, 4).fits(&empty, &two) && empty.fits(&empty, &two) && !filled(5, 5).fits(&empty, &two));
        assert!(broken(|rollout| rollout.len = 6) && broken(|rollout| rollout.actions[1] = 2));
        assert!(broken(|rollout| rollout.cut[0] = 10) && broken(|rollout| rollout.cut_obs.truncate(1)));
        assert!(broken(|rollout| rollout.legal.truncate(4)) && broken(|rollout| rollout.ended.truncate(4)));
        assert!(broken(|rollout| rollout.obs.truncate(4)) && broken(|rollout| rollout.n_steps = 4));
    }
}
