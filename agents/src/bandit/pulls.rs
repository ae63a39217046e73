//! What the arms have paid so far.

use gymkhana_envs::Spec;
use serde::{Deserialize, Serialize};

use crate::{agent::Setup, error::Error, restore::Shaped, tabular::QTable};

/// Per context and arm, what is thought of it and how often it was pulled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pulls {
    /// The estimate Q(c, a).
    pub q: QTable,
    /// The number of pulls N(c, a), contexts × arms; with a prior, what it counts for is added.
    pub n: Vec<f64>,
    /// Environment steps so far, in this episode where agents forget.
    pub step: u64,
}

impl Pulls {
    /// Before the first pull: estimates are `value`, and counted as `weight` pulls.
    ///
    /// # Errors
    /// As [`QTable::new`].
    pub fn new(agent: &str, spec: &Spec, value: f64, weight: f64) -> Result<Self, Error> {
        let q = QTable::new(agent, spec, value)?;
        Ok(Self { n: vec![weight; q.flat().len()], q, step: 0 })
    }

    /// As before the first pull.
    pub fn begin(&mut self, value: f64, weight: f64) {
        self.q.fill(value);
        self.n.fill(weight);
        self.step = 0;
    }

    /// N(c, ·).
    #[inline]
    pub fn n(&self, context: usize) -> &[f64] {
        &self.n[context * self.q.actions()..][..self.q.actions()]
    }

    /// Counts a pull of an arm that paid `reward`, and moves its estimate towards that by the step size of its count;
    /// gives how far the estimate was off.
    ///
    /// # Errors
    /// If the estimate is no longer finite.
    #[inline]
    pub fn learn(
        &mut self,
        agent: &'static str,
        [context, arm]: [usize; 2],
        reward: f64,
        step_size: impl FnOnce(f64) -> f64,
    ) -> Result<f64, Error> {
        let n = &mut self.n[context * self.q.actions() + arm];
        *n += 1.0;
        let q = self.q.value_mut(context, arm);
        let error = reward - *q;
        *q = Error::finite(agent, "an arm's value", *q + step_size(*n) * error, self.step)?;
        Ok(error)
    }
}

impl Shaped for Pulls {
    fn same_shape(&self, other: &Self) -> bool {
        self.q.same_shape(&other.q) && self.n.len() == other.n.len()
    }
}

/// The steps that an agent learns for in one go: an episode where it forgets, else the run.
///
/// # Errors
/// If it is to forget with episodes, and would learn from several at once.
pub(super) fn horizon(agent: &str, forget: bool, setup: &Setup<'_>) -> Result<u64, Error> {
    if forget && setup.lanes > 1 {
        let why =
            format!("{} lanes share what is learnt, and their episodes are of several bandits: one lane", setup.lanes);
        let (owner, name, value) = (agent.into(), "forget".into(), "true".into());
        return Err(gymkhana_envs::Error::Parameter { owner, name, value, why }.into());
    }
    Ok(setup.spec.time_limit.filter(|_| forget).map_or(setup.steps, u64::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DeviceName;
    use gymkhana_envs::Space;

    fn spec() -> Spec {
        Spec::new("Arms", Space::Discrete(2), Space::Discrete(3)).time_limit(50)
    }

    #[test]
    fn sample_averages_of_each_context_and_arm() {
        let mut pulls = Pulls::new("ucb", &spec(), 9.0, 0.0).unwrap();
        for reward in [1.0, 2.0, 6.0] {
            pulls.learn("ucb", [1, 2], reward, f64::recip).unwrap();
        }
        assert_eq!((pulls.q.row(1), pulls.n(1)), (&[9.0, 9.0, 3.0][..], &[0.0, 0.0, 3.0][..]));
        assert_eq!((pulls.q.row(0), pulls.n(0)), (&[9.0; 3][..], &[0.0; 3][..]));
        pulls.begin(0.0, 1.0);
        assert_eq!((pulls.q.row(1), pulls.n(1)), (&[0.0; 3][..], &[1.0; 3][..]));
    }

    #[test]
    fn an_episode_is_the_horizon_where_agents_forget_and_lanes_share_none() {
        let spec = spec();
        let setup = |lanes| Setup { spec: &spec, lanes, steps: 900, device: DeviceName::default() };
        assert_eq!((horizon("ucb", true, &setup(1)), horizon("ucb", false, &setup(2))), (Ok(50), Ok(900)));
        let refused = horizon("ucb", true, &setup(2)).unwrap_err().to_string();
        assert!(refused.starts_with("ucb: `forget=true`: 2 lanes share"), "{refused}");
    }
}
