//! A learned model that takes the world to be deterministic: what was seen last will happen again.

use gymkhana_envs::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    math::{choice, td::one_step_target},
    restore::Shaped,
    tabular::{QTable, controller::Step},
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

impl From<&Step<'_>> for Experience {
    fn from(step: &Step<'_>) -> Self {
        Self { reward: step.reward, next: step.next, terminated: step.terminated }
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

    /// Takes down what is said of both ends of a step, of so many states.
    #[inline]
    pub(super) fn see_step(&mut self, states: usize, step: &Step<'_>) {
        self.see(states, step.state, step.legal);
        self.see(states, step.next, step.next_legal);
    }

    /// Whether they could be said of so many states and actions.
    pub(super) fn fit(&self, states: usize, actions: usize) -> bool {
        self.legal.is_empty() || self.actions == actions && self.legal.len() == states * actions
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

    fn states(&self) -> usize {
        self.last.len() / self.actions
    }

    /// Takes down a step; gives what came of it.
    #[inline]
    pub fn learn(&mut self, step: &Step<'_>) -> Experience {
        self.masks.see_step(self.states(), step);
        let tried = &mut self.last[step.state * self.actions..][..self.actions];
        if tried.iter().all(Option::is_none) {
            self.observed.push(step.state);
        }
        let experience = Experience::from(step);
        tried[step.action] = Some(experience);
        experience
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
}

/// Of as many states and actions.
impl Shaped for Model {
    fn same_shape(&self, other: &Self) -> bool {
        let is_state = |state: usize| state < self.states();
        let known = other.last.iter().flatten().all(|last| is_state(last.next));
        self.actions == other.actions
            && self.last.len() == other.last.len()
            && known
            && other.observed.iter().all(|state| is_state(*state))
            && other.masks.fit(self.states(), self.actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Space, Spec};

    #[test]
    fn it_remembers_what_was_seen_last() {
        let q = QTable::new("dyna-q", &Spec::new("Hall", Space::Discrete(3), Space::Discrete(4)), 0.0).unwrap();
        let (mut model, mut rng) = (Model::new(&q), Rng::new(0));
        assert_eq!(model.draw(&mut rng), None);
        // In a hall of three cells: against the wall, and two steps to the right.
        for (state, action, next) in [(0, 3, 0), (0, 1, 1), (1, 1, 2)] {
            let ended = next == 2;
            model.learn(&Step {
                lane: 0,
                state,
                legal: None,
                first: false,
                action,
                reward: f64::from(u8::from(ended)),
                next,
                next_legal: None,
                terminated: ended,
                ended,
                epsilon: 0.0,
                taken: 0,
                steps: 3,
            });
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
