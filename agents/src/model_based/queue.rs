//! A priority queue in which everything is at most once.

use std::{cmp::Ordering, collections::BinaryHeap};

use serde::{Deserialize, Serialize};

use crate::restore::Shaped;

/// Numbers below a bound, each with the greatest priority that it was put in with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Queue {
    heap: BinaryHeap<Item>,
    /// by number, its priority; 0 where it is not in the queue. The heap may hold it with lower ones too.
    priorities: Vec<f64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Item {
    priority: f64,
    number: usize,
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.total_cmp(&other.priority).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

impl Queue {
    /// For numbers below `n`.
    pub(super) fn new(n: usize) -> Self {
        Self { heap: BinaryHeap::new(), priorities: vec![0.0; n] }
    }

    /// Puts a number in, unless it is in with a priority as great.
    #[inline]
    pub(super) fn push(&mut self, number: usize, priority: f64) {
        if priority > self.priorities[number] {
            self.priorities[number] = priority;
            self.heap.push(Item { priority, number });
        }
    }

    /// Takes out the number of the greatest priority; of several the least.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<usize> {
        while let Some(Item { priority, number }) = self.heap.pop() {
            // Another priority is one that a greater has replaced.
            if self.priorities[number] == priority {
                self.priorities[number] = 0.0;
                return Some(number);
            }
        }
        None
    }

    /// What its numbers are below.
    pub(super) fn bound(&self) -> usize {
        self.priorities.len()
    }
}

/// Of as many numbers.
impl Shaped for Queue {
    fn same_shape(&self, other: &Self) -> bool {
        self.bound() == other.bound() && other.heap.iter().all(|item| item.number < self.bound())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_priority_comes_first_and_each_number_once() {
        let mut queue = Queue::new(5);
        for (number, priority) in [(3, 1.0), (1, 2.0), (3, 4.0), (1, 0.5), (4, 2.0), (0, 0.0)] {
            queue.push(number, priority);
        }
        assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), [3, 1, 4]);
        queue.push(3, 0.1);
        assert_eq!((queue.pop(), queue.pop()), (Some(3), None));
    }
}
