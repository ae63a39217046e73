//! Planning with a model that is given, by the updates of [`trajectory_sampling`](super::trajectory_sampling).
//!
//! Sutton & Barto 2018, section 8.6:
//!
//! ```text
//! Q(s, a) ← Σ p(s′, r | s, a) [r + γ maxₐ′ Q(s′, a′)]
//! ```

use gymkhana_envs::{Rng, tabular::TabularModel};

use super::trajectory_sampling::{Distribution, expected_update, follow};
use crate::tabular::QTable;

/// It plans update by update: at pairs of imagined episodes of the ε-greedy policy, or at all alike.
#[derive(Clone, Debug)]
pub struct Planner {
    /// The action values.
    pub q: QTable,
    gamma: f64,
    epsilon: f64,
    distribution: Distribution,
    /// where the imagined episode is; none where the next begins
    at: Option<usize>,
}

impl Planner {
    /// From these action values on.
    pub fn new(q: QTable, gamma: f64, epsilon: f64, distribution: Distribution) -> Self {
        Self { q, gamma, epsilon, distribution, at: None }
    }

    /// One expected update.
    ///
    /// # Panics
    /// If the model is of other states or actions than the table of values.
    pub fn update(&mut self, model: &impl TabularModel, rng: &mut Rng) {
        let (state, action) = match self.distribution {
            Distribution::Uniform => (rng.below(model.states()), rng.below(model.actions())),
            Distribution::OnPolicy => {
                let state = self.at.unwrap_or_else(|| rng.categorical(model.start().iter().copied()));
                (state, self.q.epsilon_greedy(state, None, self.epsilon, rng))
            }
        };
        let outcomes = model.outcomes(state, action);
        *self.q.value_mut(state, action) = expected_update(outcomes, &self.q, self.gamma, |_| None);
        if self.distribution == Distribution::OnPolicy {
            self.at = follow(outcomes, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        Space, Spec,
        grid::{Gridworld, Rules},
        tabular::Table,
    };

    #[test]
    fn a_given_model_is_planned_with_where_the_policy_goes() {
        let table: &Table = &Gridworld::new("S..G", Rules::default()).unwrap().table();
        let spec = Spec::new("Hall", Space::Discrete(4), Space::Discrete(4));
        let blank = || QTable::new("trajectory-sampling", &spec, 0.0).unwrap();
        for distribution in [Distribution::OnPolicy, Distribution::Uniform] {
            let (mut planner, mut rng) = (Planner::new(blank(), 0.5, 0.1, distribution), Rng::new(0));
            (0..3_000).for_each(|_| planner.update(table, &mut rng));
            let values = [0, 1, 2].map(|state| planner.q.row(state)[1]);
            assert_eq!(values, [0.25, 0.5, 1.0], "{distribution:?}");
        }
    }
}
