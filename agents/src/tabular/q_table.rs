//! Action values of a finite environment, and the greedy policy on them.

use gymkhana_envs::{Rng, Spec, View};
use serde::{Deserialize, Serialize};

use crate::{agent::Policy, error::Error, math::choice};

/// Q(s, a) for every state and action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QTable {
    values: Vec<f64>,
    actions: usize,
}

impl QTable {
    /// A table filled with `initial` for the spaces of an environment.
    ///
    /// # Errors
    /// If observations are not one state index, or actions not one choice.
    pub fn new(agent: &str, spec: &Spec, initial: f64) -> Result<Self, Error> {
        let states = spec.observations.choices().ok_or_else(|| Error::Misfit {
            agent: agent.into(),
            env: spec.id.clone(),
            needs: "observations that are one state index".into(),
            has: format!("observations in {}", spec.observations),
            bridge: (!spec.observations.is_index()).then_some("discretize:bins=8"),
        })?;
        let actions = spec.actions.choices().ok_or_else(|| Error::needs_choices(agent, &spec.id, &spec.actions))?;
        Ok(Self { values: vec![initial; states * actions], actions })
    }

    /// Q(s, ·).
    #[inline]
    pub fn row(&self, state: usize) -> &[f64] {
        &self.values[state * self.actions..][..self.actions]
    }

    /// Q(s, a), to be changed.
    #[inline]
    pub fn value_mut(&mut self, state: usize, action: usize) -> &mut f64 {
        &mut self.row_mut(state)[action]
    }

    fn row_mut(&mut self, state: usize) -> &mut [f64] {
        &mut self.values[state * self.actions..][..self.actions]
    }

    /// Whether another table is for as many states and actions.
    pub fn same_shape(&self, other: &Self) -> bool {
        (self.values.len(), self.actions) == (other.values.len(), other.actions)
    }

    /// maxₐ Q(s, a) over the legal actions of one lane.
    pub fn value(&self, now: &View<'_, usize>, lane: usize) -> f64 {
        choice::max(self.row(now.obs.row(lane)[0]), now.legal.map(|legal| legal.row(lane)))
    }

    /// Acts ε-greedily on one lane; ties are broken at random.
    #[inline]
    pub fn epsilon_greedy(&self, now: &View<'_, usize>, lane: usize, epsilon: f64, rng: &mut Rng) -> usize {
        let legal = now.legal.map(|legal| legal.row(lane));
        if choice::explores(epsilon, rng) {
            choice::uniform(self.actions, legal, rng)
        } else {
            choice::argmax_random(self.row(now.obs.row(lane)[0]), legal, rng)
        }
    }
}

/// The greedy policy: of equal values the first, so that it is one policy and not a draw among several.
impl Policy<usize, usize> for QTable {
    fn act(&mut self, now: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = choice::argmax(self.row(now.obs.row(lane)[0]), now.legal.map(|legal| legal.row(lane)));
        }
    }
}
