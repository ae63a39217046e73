//! Steps of an episode that is not over, for methods that look back.

use serde::{Deserialize, Serialize};

use crate::restore::Shaped;

/// The steps of one lane's episode so far: an entry per step in each list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Where each step was taken: the number of the state, or of the state and action.
    pub cells: Vec<usize>,
    /// What was paid for it.
    pub rewards: Vec<f64>,
    /// How much likelier the action is under the policy that is learned of than under the one that chose it.
    pub ratios: Vec<f64>,
}

impl Path {
    /// One step more.
    #[inline]
    pub fn push(&mut self, cell: usize, reward: f64, ratio: f64) {
        self.cells.push(cell);
        self.rewards.push(reward);
        self.ratios.push(ratio);
    }

    /// Forgets the first `n` steps.
    #[inline]
    pub fn forget(&mut self, n: usize) {
        self.cells.drain(..n);
        self.rewards.drain(..n);
        self.ratios.drain(..n);
    }

    /// Forgets all steps.
    #[inline]
    pub fn clear(&mut self) {
        self.forget(self.len());
    }

    /// How many steps.
    #[inline]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

/// A [`Path`] for every lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    cells: usize,
    lanes: Vec<Path>,
}

impl Paths {
    /// No steps yet, in so many lanes; cells are below `cells`.
    pub fn new(cells: usize, lanes: usize) -> Self {
        Self { cells, lanes: vec![Path::default(); lanes] }
    }

    /// The path of a lane, which begins anew where an episode begins.
    #[inline]
    pub fn lane(&mut self, lane: usize, first: bool) -> &mut Path {
        let path = &mut self.lanes[lane];
        if first {
            path.clear();
        }
        path
    }
}

/// For as many lanes, with cells that there are.
impl Shaped for Paths {
    fn same_shape(&self, other: &Self) -> bool {
        let whole = |path: &Path| {
            let lens = [path.rewards.len(), path.ratios.len()];
            lens == [path.len(); 2] && path.cells.iter().all(|cell| *cell < self.cells)
        };
        self.cells == other.cells && self.lanes.len() == other.lanes.len() && other.lanes.iter().all(whole)
    }
}

/// Tells first visits of an episode from later ones, without clearing a table for each episode.
#[derive(Clone, Debug, Default)]
pub struct FirstVisits {
    episode: u64,
    seen: Vec<u64>,
}

impl FirstVisits {
    /// An episode begins; cells are below `cells`.
    pub fn begin(&mut self, cells: usize) {
        self.episode += 1;
        self.seen.resize(cells, 0);
    }

    /// Whether a cell is visited for the first time in this episode.
    #[inline]
    pub fn is_first(&mut self, cell: usize) -> bool {
        std::mem::replace(&mut self.seen[cell], self.episode) != self.episode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_kept_until_they_are_forgotten() {
        let mut paths = Paths::new(4, 2);
        let path = paths.lane(1, false);
        for (cell, reward) in [(0, 1.0), (3, 2.0), (2, 4.0)] {
            path.push(cell, reward, 1.0);
        }
        path.forget(1);
        assert_eq!((&path.cells[..], &path.rewards[..], path.len()), (&[3, 2][..], &[2.0, 4.0][..], 2));
        assert!(paths.lane(1, true).is_empty());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        let (here, mut other) = (Paths::new(4, 1), Paths::new(4, 1));
        other.lane(0, false).push(3, 1.0, 1.0);
        assert!(here.same_shape(&other));
        other.lane(0, false).push(4, 1.0, 1.0);
        assert!(!here.same_shape(&other) && !here.same_shape(&Paths::new(4, 2)) && !here.same_shape(&Paths::new(5, 1)));
        other.lane(0, true).rewards.push(1.0);
        assert!(!here.same_shape(&other));
    }

    #[test]
    fn first_visits() {
        let mut visits = FirstVisits::default();
        for _ in 0..2 {
            visits.begin(3);
            assert_eq!([2, 0, 2, 2, 1].map(|cell| visits.is_first(cell)), [true, true, false, false, true]);
        }
    }
}
