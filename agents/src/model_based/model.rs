//! A learned model that takes the world to be deterministic: what was seen last will happen again.

use gymkhana_envs::{Rng, Transitions};
use serde::{Deserialize, Serialize};

use crate::{
    math::{choice, td::one_step_target},
    restore::Shaped,
    tabular::QTable,
};

/// What an action in a state led to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// The reward of the step.
    pub reward: f64,
    /// The state that was reached.
    pub next: usize,
    /// Whether it has no future.
    pub terminated: bool,
}

impl Experience {
    /// Of lane `i`, with the state and the action.
    #[inline]
    pub fn seen(q: &QTable, seen: &Transitions<'_, usize, usize>, i: usize) -> (usize, usize, Self) {
        let (state, action) = (q.state(seen.was.obs.row(i)), seen.act.row(i)[0]);
        let (next, terminated) = (q.state(seen.next(i)), seen.terminated[i]);
        (state, action, Self { reward: seen.reward[i], next, terminated })
    }
}

/// Which actions are legal in the states seen so far, where an environment says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Masks {
    actions: usize,
    /// by state and action; empty where nothing was said yet
    legal: Vec<bool>,
}

impl Masks {
    /// Takes down what is said of one of so many states.
    #[inline]
    pub fn see(&mut self, states: usize, state: usize, legal: Option<&[bool]>) {
        let Some(legal) = legal else { return };
        if self.legal.is_empty() {
            *self = Self { actions: legal.len(), legal: vec![true; states * legal.len()] };
        }
        self.legal[state * self.actions..][..self.actions].copy_from_slice(legal);
    }

    /// The legal actions of a state; all of them where nothing was said.
    #[inline]
    pub fn of(&self, state: usize) -> Option<&[bool]> {
        (!self.legal.is_empty()).then(|| &self.legal[state * self.actions..][..self.actions])
    }

    /// Whether they could be said of that table's states and actions.
    pub(crate) fn fit(&self, q: &QTable) -> bool {
        self.legal.is_empty() || self.actions == q.actions() && self.legal.len() == q.flat().len()
    }
}

/// What every action led to when it was last taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    actions: usize,
    /// by state and action
    last: Vec<Option<Experience>>,
    /// the states in which an action was taken, in the order of their first
    observed: Vec<usize>,
    masks: Masks,
}

impl Model {
    /// A model of what a table has values of, in which nothing was seen.
    pub fn new(q: &QTable) -> Self {
        let last = vec![None; q.flat().len()];
        Self { actions: q.actions(), last, observed: Vec::new(), masks: Masks::default() }
    }

    /// Takes down the step of lane `i`; gives the state, the action and what came of it.
    #[inline]
    pub fn learn(&mut self, q: &QTable, seen: &Transitions<'_, usize, usize>, i: usize) -> (usize, usize, Experience) {
        let (state, action, experience) = Experience::seen(q, seen, i);
        self.masks.see(q.states(), state, seen.was.legal_in(i));
        self.masks.see(q.states(), experience.next, seen.next_legal(i));
        let tried = &mut self.last[state * self.actions..][..self.actions];
        if tried.iter().all(Option::is_none) {
            self.observed.push(state);
        }
        tried[action] = Some(experience);
        (state, action, experience)
    }

    /// What an action led to, if it was taken.
    #[inline]
    pub fn predict(&self, state: usize, action: usize) -> Option<Experience> {
        self.last[state * self.actions + action]
    }

    /// The legal actions of a state.
    #[inline]
    pub fn legal(&self, state: usize) -> Option<&[bool]> {
        self.masks.of(state)
    }

    /// A state that was observed, each as likely as any other; none where nothing was seen.
    #[inline]
    pub fn draw_state(&self, rng: &mut Rng) -> Option<usize> {
        if self.observed.is_empty() { None } else { Some(self.observed[rng.below(self.observed.len())]) }
    }

    /// A state that was observed, an action that was taken in it, each as likely as any other, and what it led to.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> Option<(usize, usize, Experience)> {
        let state = self.draw_state(rng)?;
        let tried = &self.last[state * self.actions..][..self.actions];
        let nth = rng.below(tried.iter().flatten().count().max(1));
        let known = tried.iter().enumerate().filter_map(|(action, last)| last.map(|last| (state, action, last)));
        { known }.nth(nth)
    }

    /// r + γ maxₐ Q(s′, a), without the second term where s′ is terminal.
    #[inline]
    pub fn target(&self, q: &QTable, experience: &Experience, gamma: f64) -> f64 {
        let &Experience { reward, next, terminated } = experience;
        one_step_target(reward, gamma, terminated, choice::max(q.row(next), self.legal(next)))
    }

    /// Whether it could be of that table's states and actions.
    pub(crate) fn fits(&self, q: &QTable) -> bool {
        let known = self.last.iter().flatten().all(|last| last.next < q.states());
        let sizes = self.actions == q.actions() && self.last.len() == q.flat().len();
        sizes && known && self.observed.iter().all(|state| *state < q.states()) && self.masks.fit(q)
    }
}

impl Shaped for Model {
    fn same_shape(&self, other: &Self) -> bool {
        self.actions == other.actions && self.last.len() == other.last.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Lanes, Seeds, Space, Spec,
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    #[test]
    fn it_remembers_what_was_seen_last() {
        let q = QTable::new("dyna-q", &Spec::new("Hall", Space::Discrete(3), Space::Discrete(4)), 0.0).unwrap();
        let table = Gridworld::new("S.G", Rules::default()).unwrap().table();
        let mut lanes = Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap();
        let (mut model, mut rng) = (Model::new(&q), Rng::new(0));
        assert_eq!(model.draw(&mut rng), None);
        for action in [3, 1, 1] {
            lanes.step(&[action]).unwrap();
            model.learn(&q, &lanes.seen(&[action]), 0);
        }
        let end = Experience { reward: 1.0, next: 2, terminated: true };
        assert_eq!(
            (model.observed.as_slice(), model.predict(1, 1), model.predict(1, 0)),
            (&[0, 1][..], Some(end), None)
        );
        assert_eq!(model.target(&q, &end, 0.5), 1.0);
        let mut drawn = [0; 3];
        for _ in 0..10_000 {
            match model.draw(&mut rng).unwrap() {
                (0, 1, _) => drawn[0] += 1,
                (0, 3, _) => drawn[1] += 1,
                (1, 1, _) => drawn[2] += 1,
                other => panic!("{other:?}"),
            }
        }
        // The state is drawn first: half of the draws are of the one action in state 1.
        assert!((4_800..5_200).contains(&drawn[2]) && (2_350..2_650).contains(&drawn[0]), "{drawn:?}");
    }

    #[test]
    fn masks_are_those_of_the_states_seen() {
        let mut masks = Masks::default();
        assert_eq!(masks.of(1), None);
        masks.see(3, 1, None);
        masks.see(3, 1, Some(&[true, false]));
        assert_eq!((masks.of(1), masks.of(2)), (Some(&[true, false][..]), Some(&[true, true][..])));
    }
}
