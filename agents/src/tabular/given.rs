//! A policy that is given: what prediction follows, and what off-policy learning behaves by.

use std::ops::RangeBounds;

use gymkhana_envs::{Rng, Space, Spec, View, params::Value};

use super::room;
use crate::{agent::Policy, error::Error, math::choice};

/// A stationary policy, as it is written.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Given {
    /// Every legal action is as likely as any other: `random`.
    #[default]
    Random,
    /// An action in every state, or the same in all: `1`, or `0,1,1,0`.
    Actions(Vec<usize>),
    /// How likely each action is, in all states alike: `0.857:0.143`.
    Shares(Vec<f64>),
}

impl Value for Given {
    type Bound = usize;

    fn kind() -> String {
        "random, actions with commas, or shares with colons".into()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "random" {
            return Ok(Self::Random);
        }
        if !text.contains(':') {
            let actions = Vec::<usize>::parse(text)?;
            return if actions.is_empty() { Err("no action".into()) } else { Ok(Self::Actions(actions)) };
        }
        let shares = text.split(':').map(|share| f64::parse(share.trim())).collect::<Result<Vec<_>, _>>()?;
        let sum: f64 = shares.iter().sum();
        if shares.iter().any(|share| *share < 0.0) || (sum - 1.0).abs() > 1e-9 {
            return Err(format!("shares from 0 that sum to 1, not to {sum}"));
        }
        Ok(Self::Shares(shares))
    }

    fn show(&self) -> String {
        match self {
            Self::Random => "random".into(),
            Self::Actions(actions) => actions.show(),
            Self::Shares(shares) => shares.iter().map(Value::show).collect::<Vec<_>>().join(":"),
        }
    }

    fn within(&self, _: &impl RangeBounds<usize>) -> bool {
        true
    }
}

impl Given {
    /// The policy in an environment. Where observations are features, it is the same in all states.
    ///
    /// # Errors
    /// If there are more or fewer states or actions than it has been given for.
    pub fn policy(&self, agent: &str, spec: &Spec) -> Result<GivenPolicy, Error> {
        let states = if spec.observations.is_index() { room::states(agent, spec, 1)? } else { 1 };
        let actions = room::actions(agent, spec)?;
        let why = match self {
            Self::Actions(given) if given.len() != 1 && given.len() != states => {
                format!("{} actions: one, or one for each of the {states} states of {}", given.len(), spec.id)
            }
            Self::Actions(given) if given.iter().any(|action| *action >= actions) => {
                format!("an action that is not below the {actions} of {}", spec.id)
            }
            Self::Shares(shares) if shares.len() != actions => {
                format!("{} shares: {} has {actions} actions", shares.len(), spec.id)
            }
            _ => return Ok(GivenPolicy { given: self.clone(), actions, space: spec.observations.clone() }),
        };
        let (owner, name, value) = (agent.into(), "policy".into(), self.show());
        Err(gymkhana_envs::Error::Parameter { owner, name, value, why }.into())
    }
}

/// A given policy in an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenPolicy {
    given: Given,
    actions: usize,
    space: Space,
}

impl GivenPolicy {
    /// Among how many actions it chooses.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// π(a | s).
    #[inline]
    pub fn probability(&self, state: usize, action: usize, legal: Option<&[bool]>) -> f64 {
        match &self.given {
            Given::Random => match legal {
                None => 1.0 / self.actions as f64,
                Some(legal) if legal[action] => 1.0 / legal.iter().filter(|legal| **legal).count() as f64,
                Some(_) => 0.0,
            },
            Given::Actions(actions) => f64::from(u8::from(actions[state.min(actions.len() - 1)] == action)),
            Given::Shares(shares) => shares[action],
        }
    }

    /// Draws an action in a state; draws nothing where there is no choice.
    #[inline]
    pub fn draw(&self, state: usize, legal: Option<&[bool]>, rng: &mut Rng) -> usize {
        match &self.given {
            Given::Random => choice::uniform(self.actions, legal, rng),
            Given::Actions(actions) => actions[state.min(actions.len() - 1)],
            Given::Shares(shares) => rng.categorical(shares.iter().copied()),
        }
    }
}

impl Policy<usize, usize> for GivenPolicy {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = self.draw(room::state(&self.space, now.obs.row(lane)), now.legal_in(lane), rng);
        }
    }
}

impl Policy<f32, usize> for GivenPolicy {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
        for (lane, action) in act.iter_mut().enumerate() {
            *action = self.draw(0, now.legal_in(lane), rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<GivenPolicy, String> {
        let spec = Spec::new("Hall", Space::Discrete(3), Space::Discrete(2));
        Given::parse(text)?.policy("td-0", &spec).map_err(|error| error.to_string())
    }

    #[test]
    fn policies_are_written_and_read_again() {
        for text in ["random", "1", "0,1,1", "0.25:0.75"] {
            assert_eq!(Given::parse(text).unwrap().show(), text);
        }
        assert!(Given::parse("0.5:0.6").is_err() && Given::parse("").is_err() && Given::parse("left").is_err());
    }

    #[test]
    fn probabilities_and_draws() {
        let table = |text: &str| {
            let policy = policy(text).unwrap();
            [0, 1, 2].map(|state| policy.probability(state, 1, None))
        };
        assert_eq!(table("random"), [0.5; 3]);
        assert_eq!(table("0,1,1"), [0.0, 1.0, 1.0]);
        assert_eq!(table("0.25:0.75"), [0.75; 3]);
        let mut rng = Rng::new(0);
        assert!((0..100).all(|_| policy("0,1,1").unwrap().draw(2, None, &mut rng) == 1));
        let ones: usize = (0..10_000).map(|_| policy("0.25:0.75").unwrap().draw(0, None, &mut rng)).sum();
        assert!((7_350..7_650).contains(&ones), "{ones}");
    }

    #[test]
    fn what_does_not_fit_the_environment_is_refused() {
        assert!(policy("0,1").unwrap_err().contains("one for each of the 3 states of Hall"));
        assert!(policy("2").unwrap_err().contains("not below the 2 of Hall"));
        assert!(policy("0.2:0.2:0.6").unwrap_err().contains("Hall has 2 actions"));
    }
}
