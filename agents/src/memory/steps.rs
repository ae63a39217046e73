//! The last few steps of every lane, for methods that look n steps ahead.

use serde::{Deserialize, Serialize};

use crate::restore::Shaped;

/// One step that was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a> {
    /// Where it was taken: the number of the state, or the active features.
    pub row: &'a [usize],
    /// The actions that were legal there.
    pub legal: Option<&'a [bool]>,
    /// What was done.
    pub action: usize,
    /// What was paid for it.
    pub reward: f64,
    /// How much likelier the action is under the policy that is learned of than under the one that chose it.
    pub ratio: f64,
}

/// A queue per lane with room for n steps; nothing is allocated when steps come and go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    room: usize,
    width: usize,
    choices: usize,
    /// per lane: where its oldest step is, and how many there are
    queues: Vec<(usize, usize)>,
    rows: Vec<usize>,
    legal: Vec<bool>,
    done: Vec<Done>,
}

#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
struct Done {
    action: usize,
    reward: f64,
    ratio: f64,
}

impl Steps {
    /// Room for `room` steps in each lane, from rows of `width` numbers, where there are `choices` actions.
    pub fn new(lanes: usize, room: usize, width: usize, choices: usize) -> Self {
        let steps = lanes * room;
        Self {
            room,
            width,
            choices,
            queues: vec![(0, 0); lanes],
            rows: vec![0; steps * width],
            legal: vec![true; steps * choices],
            done: vec![Done::default(); steps],
        }
    }

    /// How many steps of a lane are kept.
    #[inline]
    pub fn len(&self, lane: usize) -> usize {
        self.queues[lane].1
    }

    /// Whether none is.
    pub fn is_empty(&self, lane: usize) -> bool {
        self.len(lane) == 0
    }

    /// Whether there is room for no more.
    #[inline]
    pub fn is_full(&self, lane: usize) -> bool {
        self.len(lane) == self.room
    }

    /// The place of a lane's k-th step, the oldest first.
    #[inline]
    fn place(&self, lane: usize, k: usize) -> usize {
        let at = self.queues[lane].0 + k;
        lane * self.room + if at < self.room { at } else { at - self.room }
    }

    /// A lane's k-th step, the oldest first.
    #[inline]
    pub fn get(&self, lane: usize, k: usize) -> Step<'_> {
        let at = self.place(lane, k);
        let Done { action, reward, ratio } = self.done[at];
        let legal = Some(&self.legal[at * self.choices..][..self.choices]);
        Step { row: &self.rows[at * self.width..][..self.width], legal, action, reward, ratio }
    }

    /// Keeps a step; of a queue that is full the oldest goes.
    #[inline]
    pub fn push(&mut self, lane: usize, step: &Step<'_>) {
        if self.is_full(lane) {
            self.pop(lane);
        }
        let at = self.place(lane, self.len(lane));
        self.rows[at * self.width..][..self.width].copy_from_slice(step.row);
        let mask = &mut self.legal[at * self.choices..][..self.choices];
        match step.legal {
            Some(legal) => mask.copy_from_slice(legal),
            None => mask.fill(true),
        }
        self.done[at] = Done { action: step.action, reward: step.reward, ratio: step.ratio };
        self.queues[lane].1 += 1;
    }

    /// Lets the oldest step of a lane go.
    #[inline]
    pub fn pop(&mut self, lane: usize) {
        let (begin, len) = &mut self.queues[lane];
        *begin = if *begin + 1 < self.room { *begin + 1 } else { 0 };
        *len -= 1;
    }

    /// Lets all steps of a lane go.
    #[inline]
    pub fn clear(&mut self, lane: usize) {
        self.queues[lane].1 = 0;
    }

    /// Whether every row and action is within bounds: `bounds` gives, for each number of a row, what it must be below.
    pub fn within(&self, bounds: impl Fn(usize) -> usize) -> bool {
        let rows = self.rows.chunks_exact(self.width);
        rows.into_iter().all(|row| row.iter().enumerate().all(|(i, x)| *x < bounds(i)))
            && self.done.iter().all(|done| done.action < self.choices)
    }
}

/// For as many lanes, steps and actions, and with queues that are ones.
impl Shaped for Steps {
    fn same_shape(&self, other: &Self) -> bool {
        let shape = |steps: &Self| {
            let (rows, legal, done) = (steps.rows.len(), steps.legal.len(), steps.done.len());
            [steps.room, steps.width, steps.choices, steps.queues.len(), rows, legal, done]
        };
        let are_queues = other.queues.iter().all(|&(begin, len)| begin < self.room && len <= self.room);
        shape(self) == shape(other) && are_queues
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(row: &[usize], reward: f64) -> Step<'_> {
        Step { row, legal: None, action: 1, reward, ratio: 1.0 }
    }

    #[test]
    fn the_oldest_step_is_the_first_and_goes_first() {
        let mut steps = Steps::new(2, 3, 1, 2);
        for (i, row) in [[5], [6], [7], [8]].iter().enumerate() {
            steps.push(1, &step(row, i as f64));
        }
        assert!(steps.is_full(1) && steps.is_empty(0));
        assert_eq!([0, 1, 2].map(|k| steps.get(1, k).row[0]), [6, 7, 8]);
        steps.pop(1);
        steps.push(1, &step(&[9], 4.0));
        assert_eq!([0, 1, 2].map(|k| steps.get(1, k).reward), [2.0, 3.0, 4.0]);
        steps.clear(1);
        steps.push(1, &step(&[4], 5.0));
        assert_eq!((steps.len(1), steps.get(1, 0).row[0]), (1, 4));
    }

    #[test]
    fn queues_that_are_none_are_not_of_the_shape() {
        let steps = Steps::new(1, 3, 1, 2);
        let bad = |begin, len| Steps { queues: vec![(begin, len)], ..steps.clone() };
        assert!(steps.same_shape(&bad(2, 3)) && !steps.same_shape(&bad(3, 0)) && !steps.same_shape(&bad(0, 4)));
        let far = Steps { rows: vec![0, 7, 0], ..steps.clone() };
        assert!(far.within(|_| 8) && !far.within(|_| 7));
    }
}
