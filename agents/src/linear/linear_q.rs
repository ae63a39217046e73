//! Action values that are sums of weights, one for each active feature.

use gymkhana_envs::{Rng, Space, Spec, View};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Mode, Policy},
    error::Error,
    math::choice,
    restore::Shaped,
};

/// Weights at most: 0.8 GB.
const MOST: usize = 100_000_000;

/// q̂(s, a, w) = Σᵢ w(i, xᵢ, a) over the numbers xᵢ of an observation. Each value of each number is a feature that is 1 or 0,
/// and has a weight for every action: what the wrapper `tile-coding` gives are as many active features as there are
/// tilings, and a state that is one number is one feature, as in a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearQ {
    /// by feature and action
    weights: Vec<f64>,
    /// how many values each number of an observation has
    sizes: Vec<usize>,
    /// the first feature of each number of an observation
    begins: Vec<usize>,
    actions: usize,
}

impl LinearQ {
    /// Weights for the spaces of an environment, so that all values are `initial`.
    ///
    /// # Errors
    /// If observations are not indices, or actions not one choice, or there are more than 10⁸ weights.
    pub fn new(agent: &str, spec: &Spec, initial: f64) -> Result<Self, Error> {
        let misfit = |needs: &str, has: String, bridge| Error::Misfit {
            agent: agent.into(),
            env: spec.id.clone(),
            needs: needs.into(),
            has,
            bridge,
        };
        let space = &spec.observations;
        let sizes = match space {
            Space::Discrete(n) => vec![*n],
            Space::MultiDiscrete(n) => n.clone(),
            Space::MultiBinary(n) => vec![2; *n],
            _ => {
                let has = format!("observations in {space}");
                return Err(misfit("observations that are indices", has, Some("tile-coding")));
            }
        };
        let actions = spec.actions.choices().ok_or_else(|| Error::needs_choices(agent, &spec.id, &spec.actions))?;
        let begins =
            sizes.iter().scan(0_usize, |sum, n| Some(std::mem::replace(sum, sum.saturating_add(*n)))).collect();
        let features = sizes.iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
        let weights = features.saturating_mul(actions);
        if weights > MOST {
            let has = format!("{features} features in {space} by {actions} actions");
            return Err(misfit("at most 100,000,000 weights", has, None));
        }
        Ok(Self { weights: vec![initial / sizes.len() as f64; weights], sizes, begins, actions })
    }

    /// The number of actions.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// The number of features that are active at once.
    pub fn active(&self) -> usize {
        self.sizes.len()
    }

    /// How many values the i-th number of an observation has.
    pub fn size(&self, i: usize) -> usize {
        self.sizes[i]
    }

    /// All weights, by feature and action.
    pub fn flat(&self) -> &[f64] {
        &self.weights
    }

    /// Where the weights of the active features begin.
    #[inline]
    fn places<'a>(&'a self, row: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        self.begins.iter().zip(row).map(|(begin, x)| (begin + x) * self.actions)
    }

    /// q̂(s, a).
    #[inline]
    pub fn value(&self, row: &[usize], action: usize) -> f64 {
        self.places(row).map(|at| self.weights[at + action]).reduce(|sum, weight| sum + weight).unwrap_or(0.0)
    }

    /// q̂(s, ·), written to `values`.
    #[inline]
    pub fn values_into(&self, row: &[usize], values: &mut [f64]) {
        let mut places = self.places(row);
        match places.next() {
            Some(at) => values.copy_from_slice(&self.weights[at..][..self.actions]),
            None => values.fill(0.0),
        }
        for at in places {
            values.iter_mut().zip(&self.weights[at..][..self.actions]).for_each(|(value, weight)| *value += weight);
        }
    }

    /// Adds to the weight of an action at every active feature.
    #[inline]
    pub fn add(&mut self, row: &[usize], action: usize, x: f64) {
        for (begin, feature) in self.begins.iter().zip(row) {
            self.weights[(begin + feature) * self.actions + action] += x;
        }
    }

    /// maxₐ q̂(s, a) over the legal actions, for every lane.
    pub fn values(&self, now: &View<'_, usize>) -> Vec<f64> {
        let mut values = vec![0.0; self.actions];
        let mut best = |lane| {
            self.values_into(now.obs.row(lane), &mut values);
            choice::max(&values, now.legal_in(lane))
        };
        (0..now.lanes()).map(&mut best).collect()
    }

    /// An ε-greedy action; ties are broken at random. `values` has room for a number per action.
    #[inline]
    pub fn epsilon_greedy(
        &self,
        row: &[usize],
        legal: Option<&[bool]>,
        epsilon: f64,
        rng: &mut Rng,
        values: &mut [f64],
    ) -> usize {
        if choice::explores(epsilon, rng) {
            return choice::uniform(self.actions, legal, rng);
        }
        self.values_into(row, values);
        choice::argmax_random(values, legal, rng)
    }

    /// A snapshot: the greedy policy, or the ε-greedy one.
    pub fn policy(&self, mode: Mode, epsilon: f64) -> LinearQPolicy {
        let epsilon = (mode == Mode::Sample).then_some(epsilon);
        LinearQPolicy { q: self.clone(), epsilon, values: vec![0.0; self.actions] }
    }
}

/// For as many features and actions.
impl Shaped for LinearQ {
    fn same_shape(&self, other: &Self) -> bool {
        let shape = |q: &Self| (q.weights.len(), q.actions);
        shape(self) == shape(other) && self.sizes == other.sizes && self.begins == other.begins
    }
}

/// A policy on linear action values.
#[derive(Clone, Debug)]
pub struct LinearQPolicy {
    q: LinearQ,
    /// of the ε-greedy policy; the greedy one takes the first of equal values
    epsilon: Option<f64>,
    values: Vec<f64>,
}

impl Policy<usize, usize> for LinearQPolicy {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Self { q, epsilon, values } = self;
        for (lane, action) in act.iter_mut().enumerate() {
            let (row, legal) = (now.obs.row(lane), now.legal_in(lane));
            *action = if let Some(epsilon) = *epsilon {
                q.epsilon_greedy(row, legal, epsilon, rng, values)
            } else {
                q.values_into(row, values);
                choice::argmax(values, legal)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(observations: Space) -> Result<LinearQ, Error> {
        LinearQ::new("semi-gradient-sarsa", &Spec::new("Tiles", observations, Space::Discrete(2)), 3.0)
    }

    #[test]
    fn a_value_is_the_sum_of_the_weights_of_the_active_features() {
        let mut q = linear(Space::MultiDiscrete(vec![2, 4])).unwrap();
        assert_eq!((q.active(), q.flat().len(), q.value(&[1, 3], 0)), (2, 12, 3.0));
        q.add(&[1, 3], 1, 0.25);
        let mut values = [0.0; 2];
        q.values_into(&[1, 3], &mut values);
        assert_eq!(values, [3.0, 3.5]);
        assert_eq!((q.value(&[0, 3], 1), q.value(&[1, 0], 1), q.value(&[0, 0], 1)), (3.25, 3.25, 3.0));
        assert_eq!(linear(Space::MultiBinary(3)).unwrap().flat().len(), 12);
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let message = |space| linear(space).unwrap_err().to_string();
        assert!(message(Space::unbounded(2)).ends_with("bridge them with `--wrap tile-coding`"));
        assert!(message(Space::MultiDiscrete(vec![usize::MAX; 3])).contains("at most 100,000,000 weights"));
    }
}
