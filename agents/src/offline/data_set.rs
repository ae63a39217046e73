//! A fixed set of steps, and what can be read off it without learning values: a model, and who behaved how.

use gymkhana_envs::{Rng, Spec, Transitions, View};
use serde::{Deserialize, Serialize};

use crate::{
    agent::Policy,
    error::Error,
    math::choice,
    model_based::{Estimated, Experience},
    tabular::{QTable, controller::Step},
};

/// A step: what was done in a state, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The state.
    pub state: usize,
    /// The action.
    pub action: usize,
    /// What came of it.
    pub experience: Experience,
}

/// Steps in a finite environment, in the order in which they were taken. It is plain data: who has it reads and writes it
/// as they like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSet {
    /// How values of its states and actions would lie in a table; all 0.
    table: QTable,
    steps: Vec<Recorded>,
}

impl DataSet {
    /// Of an environment; without a step yet.
    ///
    /// # Errors
    /// If its states and actions are not finite, or too many.
    pub fn new(spec: &Spec) -> Result<Self, Error> {
        Ok(Self { table: QTable::new("a data set", spec, 0.0)?, steps: Vec::new() })
    }

    /// Takes down a step of every lane.
    pub fn record(&mut self, seen: &Transitions<'_, usize, usize>) {
        for i in 0..seen.lanes() {
            let step = Step::seen(&self.table, seen, i);
            self.steps.push(Recorded { state: step.state, action: step.action, experience: (&step).into() });
        }
    }

    /// The steps.
    pub fn steps(&self) -> &[Recorded] {
        &self.steps
    }

    /// The maximum-likelihood model of the first `n` steps.
    pub fn model(&self, n: usize) -> Estimated {
        let mut model = Estimated::new(self.table.states(), self.table.actions());
        self.steps.iter().take(n).for_each(|step| model.add(step.state, step.action, &step.experience));
        model
    }

    /// The policy that acts as the first `n` steps did.
    pub fn clone_behaviour(&self, n: usize) -> BehaviourClone {
        let mut counts = self.table.clone();
        self.steps.iter().take(n).for_each(|step| *counts.value_mut(step.state, step.action) += 1.0);
        BehaviourClone { counts }
    }
}

/// Behavioural cloning with a table: π(a | s) = how often a was taken in s / how often s was seen, and any action alike
/// where it never was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BehaviourClone {
    /// by state and action
    counts: QTable,
}

impl BehaviourClone {
    /// π(a | s).
    pub fn probability(&self, state: usize, action: usize) -> f64 {
        let counts = self.counts.row(state);
        let all: f64 = counts.iter().sum();
        if all > 0.0 { counts[action] / all } else { 1.0 / counts.len() as f64 }
    }
}

/// An action that was taken in the state, as often as it was; any legal one where none was.
impl Policy<usize, usize> for BehaviourClone {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            let (counts, legal) = (self.counts.row(self.counts.state(now.obs.row(lane))), now.legal_in(lane));
            let all: f64 = counts.iter().sum();
            *action = if all > 0.0 {
                rng.categorical(counts.iter().map(|count| count / all))
            } else {
                choice::uniform(counts.len(), legal, rng)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Batch, Lanes, Rows, Seeds,
        grid::{Gridworld, Rules},
        tabular::{Finite, TabularModel},
    };

    #[test]
    fn a_clone_acts_as_often_as_the_data_did() {
        let table = Gridworld::new("S..G", Rules::default()).unwrap().table();
        let mut lanes = Lanes::new(Finite::new("Hall", table, None, None), 1, &Seeds::from(0)).unwrap();
        let mut data = DataSet::new(lanes.spec()).unwrap();
        for action in [3, 3, 3, 1, 3, 1, 1, 1] {
            lanes.step(&[action]).unwrap();
            data.record(&lanes.seen(&[action]));
        }
        let last = Recorded { state: 2, action: 1, experience: Experience { reward: 1.0, next: 3, terminated: true } };
        assert_eq!((data.steps().len(), data.steps()[7]), (8, last));
        assert_eq!(
            (data.model(8).count(0, 3), data.model(4).count(0, 1), data.model(8).outcomes(2, 1).len()),
            (3, 1, 1)
        );
        let mut clone = data.clone_behaviour(8);
        assert_eq!([0, 1, 2, 3].map(|state| clone.probability(state, 1)), [0.4, 0.5, 1.0, 0.25]);
        let (view, mut act, mut rng) = (View::new(Rows { flat: &[0], width: 1 }, &[true]), [0], Rng::new(0));
        let mut right = 0;
        for _ in 0..9_000 {
            clone.act(&view, &mut rng, &mut act);
            right += usize::from(act[0] == 1);
        }
        assert!((3_460..3_740).contains(&right), "{right}");
    }
}
