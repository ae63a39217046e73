//! A heap of states by priority, in which each stands once and can be moved.

/// The greatest priority is on top.
#[derive(Debug)]
pub(super) struct Heap {
    priorities: Vec<f64>,
    /// The states, as a binary heap.
    order: Vec<u32>,
    /// Where each state is in it.
    places: Vec<u32>,
}

impl Heap {
    /// Of one state at least, and no more than 2³².
    pub(super) fn new(priorities: Vec<f64>) -> Self {
        let all: Vec<u32> = (0..priorities.len() as u32).collect();
        let mut heap = Self { places: all.clone(), order: all, priorities };
        (0..heap.order.len() / 2).rev().for_each(|place| heap.sink(place));
        heap
    }

    /// The state of the greatest priority, and that.
    pub(super) fn top(&self) -> (usize, f64) {
        let state = self.order[0] as usize;
        (state, self.priorities[state])
    }

    pub(super) fn set(&mut self, state: usize, priority: f64) {
        self.priorities[state] = priority;
        let place = self.places[state] as usize;
        self.rise(place);
        self.sink(self.places[state] as usize);
    }

    pub(super) fn add(&mut self, state: usize, more: f64) {
        self.priorities[state] += more;
        self.rise(self.places[state] as usize);
    }

    fn at(&self, place: usize) -> f64 {
        self.priorities[self.order[place] as usize]
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.order.swap(a, b);
        for place in [a, b] {
            self.places[self.order[place] as usize] = place as u32;
        }
    }

    fn rise(&mut self, mut place: usize) {
        while place > 0 && self.at(place) > self.at((place - 1) / 2) {
            self.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let below = (2 * place + 1..2 * place + 3).filter(|below| *below < self.order.len());
            let Some(greater) = below.max_by(|a, b| self.at(*a).total_cmp(&self.at(*b))) else { return };
            if self.at(greater) <= self.at(place) {
                return;
            }
            self.swap(place, greater);
            place = greater;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::Rng;

    #[test]
    fn the_greatest_is_on_top_whatever_moves() {
        let mut rng = Rng::new(0);
        let mut heap = Heap::new((0..100).map(|_| rng.unit()).collect());
        for _ in 0..10_000 {
            let (state, change) = (rng.below(100), rng.unit());
            if rng.below(2) == 0 {
                heap.set(state, change);
            } else {
                heap.add(state, change);
            }
            let most = heap.priorities.iter().copied().fold(0.0, f64::max);
            assert_eq!(heap.top().1, most);
        }
    }
}
