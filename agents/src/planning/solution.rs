//! What solving a table gives.

use gymkhana_envs::{Rng, View, tabular::TabularModel};

use super::{
    backup::{first_greedy, from_start},
    backward_induction::StagedPolicy,
    convergence::{History, Watch, ties},
};
use crate::agent::Policy;

/// Values, the policy that is greedy with respect to them, and how they were found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// v(s) for every state. −∞ says that the episode might never end and cost for ever, where the discount is 1.
    pub values: Vec<f64>,
    /// The best action in every state given these values; of several that are equally best the first.
    pub policy: Vec<usize>,
    /// What to do at each stage, where that depends on the steps that are left.
    pub stages: Option<StagedPolicy>,
    /// Sweeps over all states, each of which has a residual; of methods without sweeps, as many backups of a state as
    /// there are states.
    pub sweeps: usize,
    /// Backups of a state and action: sums over p(s′, r | s, a).
    pub backups: u64,
    /// The greatest change ‖Tv − v‖∞ of each sweep.
    pub residuals: History,
    /// How far any value can be from the true one, by what is proved; none where nothing is.
    pub error: Option<f64>,
    /// Whether the values have settled.
    pub settled: bool,
}

impl Solution {
    /// The greedy policy on values, with what was watched on the way to them.
    pub(super) fn greedy(model: &dyn TabularModel, gamma: f64, values: Vec<f64>, watch: Watch, backups: u64) -> Self {
        let last = watch.residuals.iter().last().map_or(0.0, |(_, residual)| residual);
        let ties = ties(if watch.settled { last } else { 0.0 }, &values);
        let policy = (0..values.len()).map(|state| first_greedy(model, state, &values, gamma, ties)).collect();
        Self {
            values,
            policy,
            stages: None,
            sweeps: watch.residuals.sweeps(),
            backups,
            residuals: watch.residuals,
            error: watch.error.filter(|_| watch.settled),
            settled: watch.settled,
        }
    }

    /// What the values are worth from the start.
    pub fn from_start(&self, model: &dyn TabularModel) -> f64 {
        from_start(model, &self.values)
    }
}

/// The solution as a policy on state indices.
impl Policy<usize, usize> for Solution {
    fn act(&mut self, now: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
        for (action, row) in act.iter_mut().zip(now.obs.iter()) {
            *action = self.policy[row[0]];
        }
    }
}
