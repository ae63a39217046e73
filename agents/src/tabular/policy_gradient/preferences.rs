//! Preferences of a finite environment, and the policy that is their softmax.

use gymkhana_envs::{Rng, Spec, View, params::Value};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Mode, Policy},
    error::Error,
    math::softmax,
    restore::Shaped,
    tabular::{Given, QTable},
};

/// θ(s, a) for every state and action, and `π(a | s) = e^θ(s, a) / Σ_b e^θ(s, b)`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Preferences {
    theta: QTable,
    /// π(· | s) of the state that was last asked for
    #[serde(skip)]
    pi: Vec<f64>,
}

impl Preferences {
    /// Preferences whose policy is the given one: θ(s, a) = ln π(a), or 0 where every action is as likely.
    ///
    /// # Errors
    /// If the spaces are not finite or too large, or an action is impossible, which no preference can say.
    pub fn new(agent: &'static str, spec: &Spec, initial_policy: &Given) -> Result<Self, Error> {
        initial_policy.policy(agent, "initial_policy", spec)?;
        let mut theta = QTable::new(agent, spec, 0.0)?;
        match initial_policy {
            Given::Random => {}
            Given::Shares(shares) if shares.iter().all(|share| *share > 0.0) => {
                for state in 0..theta.states() {
                    theta.row_mut(state).iter_mut().zip(shares).for_each(|(theta, share)| *theta = share.ln());
                }
            }
            _ => {
                let (owner, name) = (agent.into(), "initial_policy".into());
                let why = "every action must be possible: random, or shares above 0 such as 0.95:0.05".into();
                let wrong = gymkhana_envs::Error::Parameter { owner, name, value: initial_policy.show(), why };
                return Err(wrong.into());
            }
        }
        Ok(Self { theta, pi: Vec::new() })
    }

    /// The table θ(s, a).
    pub fn theta(&self) -> &QTable {
        &self.theta
    }

    /// The number of the state that is observed as `row`.
    #[inline]
    pub fn state(&self, row: &[usize]) -> usize {
        self.theta.state(row)
    }

    /// π(· | s).
    #[inline]
    pub fn probabilities(&mut self, state: usize, legal: Option<&[bool]>) -> &[f64] {
        self.pi.resize(self.theta.actions(), 0.0);
        softmax::softmax(self.theta.row(state), legal, &mut self.pi);
        &self.pi
    }

    /// Draws an action in a state.
    #[inline]
    pub fn draw(&mut self, state: usize, legal: Option<&[bool]>, rng: &mut Rng) -> usize {
        softmax::draw(self.probabilities(state, legal), rng)
    }

    /// ∂ ln π(a | s) / ∂θ(s, b) for every action b; it is 0 in other states.
    #[inline]
    pub fn log_gradient(&mut self, state: usize, action: usize, legal: Option<&[bool]>) -> &[f64] {
        self.probabilities(state, legal);
        softmax::log_gradient(&mut self.pi, action);
        &self.pi
    }

    /// θ(s, b) ← θ(s, b) + step · z(b) for every action b.
    #[inline]
    pub fn add(&mut self, state: usize, step: f64, z: &[f64]) {
        self.theta.row_mut(state).iter_mut().zip(z).for_each(|(theta, z)| *theta += step * z);
    }

    /// θ(s, b) ← θ(s, b) + step · weight · ∂ ln π(a | s) / ∂θ(s, b) for every action b.
    #[inline]
    pub fn ascend(&mut self, state: usize, action: usize, legal: Option<&[bool]>, step: f64, weight: f64) {
        self.log_gradient(state, action, legal);
        let Self { theta, pi } = self;
        theta.row_mut(state).iter_mut().zip(&*pi).for_each(|(theta, gradient)| *theta += step * (weight * gradient));
    }

    /// A snapshot: in every state the action that is most likely, or the policy itself.
    pub fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        match mode {
            Mode::Greedy => Box::new(self.theta.clone()),
            Mode::Sample => Box::new(self.clone()),
        }
    }
}

/// For the same states and as many actions.
impl Shaped for Preferences {
    fn same_shape(&self, other: &Self) -> bool {
        self.theta.same_shape(&other.theta)
    }
}

/// The policy itself.
impl Policy<usize, usize> for Preferences {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = self.draw(self.state(now.obs.row(lane)), now.legal_in(lane), rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::Space;

    fn preferences(policy: &str) -> Result<Preferences, String> {
        let spec = Spec::new("Hall", Space::Discrete(3), Space::Discrete(2));
        Preferences::new("tabular-reinforce", &spec, &Given::parse(policy)?).map_err(|error| error.to_string())
    }

    #[test]
    fn they_begin_with_a_policy_that_is_given() {
        let mut corridor = preferences("0.75:0.25").unwrap();
        assert!((corridor.probabilities(2, None)[1] - 0.25).abs() < 1e-15);
        assert_eq!(preferences("random").unwrap().probabilities(1, None), [0.5, 0.5]);
        assert_eq!(corridor.probabilities(0, Some(&[false, true])), [0.0, 1.0]);
        for policy in ["1", "0,1,1", "1:0"] {
            assert!(preferences(policy).unwrap_err().contains("every action must be possible"), "{policy}");
        }
        assert!(preferences("0.2:0.2:0.6").unwrap_err().contains("Hall has 2 actions"));
    }

    #[test]
    fn a_step_up_the_gradient() {
        let mut preferences = preferences("random").unwrap();
        // ∇ ln π(1) = (−½, ½): with step 4 and weight ½ the preferences become −1 and 1.
        preferences.ascend(1, 1, None, 4.0, 0.5);
        assert_eq!(preferences.theta().flat(), [0.0, 0.0, -1.0, 1.0, 0.0, 0.0]);
        preferences.add(1, 0.5, &[2.0, -2.0]);
        assert_eq!(preferences.theta().row(1), [0.0, 0.0]);
    }
}
