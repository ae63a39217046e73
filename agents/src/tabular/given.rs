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
    /// The policy in an environment, given as parameter `name` of an agent. Where observations are features, it is the same
    /// in all states.
    ///
    /// # Errors
    /// If there are more or fewer states or actions than it has been given for.
    pub fn policy(&self, agent: &'static str, name: &'static str, spec: &Spec) -> Result<GivenPolicy, Error> {
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
            _ => {
                let (given, space) = (self.clone(), spec.observations.clone());
                return Ok(GivenPolicy { owner: [agent, name], given, actions, space });
            }
        };
        Err(self.wrong([agent, name], why))
    }

    fn wrong(&self, [owner, name]: [&str; 2], why: String) -> Error {
        gymkhana_envs::Error::Parameter { owner: owner.into(), name: name.into(), value: self.show(), why }.into()
    }
}

/// A given policy in an environment. Where only some actions are legal, it does those alone: each is as much likelier than
/// another as it is elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenPolicy {
    /// the agent, and its parameter
    owner: [&'static str; 2],
    given: Given,
    actions: usize,
    space: Space,
}

impl GivenPolicy {
    /// Among how many actions it chooses.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// π(a | s) where all actions are legal.
    #[inline]
    fn share(&self, state: usize, action: usize) -> f64 {
        match &self.given {
            Given::Random => 1.0 / self.actions as f64,
            Given::Actions(actions) => f64::from(u8::from(actions[state.min(actions.len() - 1)] == action)),
            Given::Shares(shares) => shares[action],
        }
    }

    /// The part of the policy that is legal.
    #[inline]
    fn legal_part(&self, state: usize, legal: &[bool]) -> f64 {
        legal.iter().enumerate().filter(|(_, legal)| **legal).map(|(action, _)| self.share(state, action)).sum()
    }

    /// π(a | s); 0 for an action that is not legal.
    #[inline]
    pub fn probability(&self, state: usize, action: usize, legal: Option<&[bool]>) -> f64 {
        match (&self.given, legal) {
            (_, None) => self.share(state, action),
            (_, Some(legal)) if !legal[action] => 0.0,
            (Given::Random, Some(legal)) => 1.0 / legal.iter().filter(|legal| **legal).count() as f64,
            (_, Some(legal)) => match self.share(state, action) {
                0.0 => 0.0,
                share => share / self.legal_part(state, legal),
            },
        }
    }

    /// Draws an action in a state; draws nothing where there is no choice. Where none of the policy's actions is legal it is
    /// any of the legal ones, and [`check`](Self::check) says so.
    #[inline]
    pub fn draw(&self, state: usize, legal: Option<&[bool]>, rng: &mut Rng) -> usize {
        match (&self.given, legal) {
            (Given::Actions(actions), None) => actions[state.min(actions.len() - 1)],
            (Given::Shares(shares), None) => rng.categorical(shares.iter().copied()),
            (Given::Actions(actions), Some(legal)) if legal[actions[state.min(actions.len() - 1)]] => {
                actions[state.min(actions.len() - 1)]
            }
            (Given::Shares(shares), Some(legal)) if self.legal_part(state, legal) > 0.0 => {
                let part = self.legal_part(state, legal);
                let share = |action: usize| if legal[action] { shares[action] / part } else { 0.0 };
                let action = rng.categorical((0..self.actions).map(share));
                // A draw above the sum of rounded shares gives the first action, which may be illegal.
                if share(action) > 0.0 { action } else { choice::argmax(shares, Some(legal)) }
            }
            _ => choice::uniform(self.actions, legal, rng),
        }
    }

    /// Whether one of the legal actions is one of the policy's.
    ///
    /// # Errors
    /// If none is.
    #[inline]
    pub fn check(&self, state: usize, legal: Option<&[bool]>) -> Result<(), Error> {
        match legal {
            Some(legal) if self.given != Given::Random && self.legal_part(state, legal) <= 0.0 => {
                let legal: Vec<_> = (0..self.actions).filter(|action| legal[*action]).collect();
                Err(self.given.wrong(self.owner, format!("it does none of {legal:?} where only those are legal")))
            }
            _ => Ok(()),
        }
    }

    /// Whether this policy does, now and then, whatever a target policy does: only then can one be learned of from the other.
    ///
    /// # Errors
    /// If it never does something that the target does.
    pub fn covers(&self, target: &Self) -> Result<(), Error> {
        let states = |policy: &Self| if let Given::Actions(actions) = &policy.given { actions.len() } else { 1 };
        for state in 0..states(self).max(states(target)) {
            let missed = |action: &usize| target.share(state, *action) > 0.0 && self.share(state, *action) <= 0.0;
            if let Some(action) = (0..self.actions).find(missed) {
                let why = format!("it never does {action} in state {state}, which the policy that is learned of does");
                return Err(self.given.wrong(self.owner, why));
            }
        }
        Ok(())
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
        Given::parse(text)?.policy("td-0", "policy", &spec).map_err(|error| error.to_string())
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
    fn of_three_actions_only_the_legal_ones_are_done() {
        let spec = Spec::new("Hall", Space::Discrete(1), Space::Discrete(3));
        let policy = |text: &str| Given::parse(text).unwrap().policy("td-0", "behaviour", &spec).unwrap();
        let (shares, legal) = (policy("0.2:0.5:0.3"), Some(&[true, false, true][..]));
        // .2 and .3 of the .5 that are legal
        assert_eq!([0, 1, 2].map(|action| shares.probability(0, action, legal)), [0.4, 0.0, 0.6]);
        let mut rng = Rng::new(0);
        let drawn: Vec<_> = (0..10_000).map(|_| shares.draw(0, legal, &mut rng)).collect();
        let count = |action| drawn.iter().filter(|drawn| **drawn == action).count();
        assert!((3_850..4_150).contains(&count(0)) && count(1) == 0, "{} {}", count(0), count(1));
        // Nothing of it is legal: that is said, and what is done instead is legal.
        let none = policy("1");
        assert!(
            shares.check(0, legal).is_ok() && none.check(0, None).is_ok() && policy("random").check(0, legal).is_ok()
        );
        let error = none.check(0, legal).unwrap_err().to_string();
        assert!(error.contains("`behaviour=1`: it does none of [0, 2]"), "{error}");
        assert!((0..100).all(|_| none.draw(0, legal, &mut rng) != 1));
        assert_eq!([0, 1, 2].map(|action| none.probability(0, action, legal)), [0.0; 3]);
    }

    #[test]
    fn a_policy_covers_what_it_does_now_and_then() {
        let covers = |b: &str, target: &str| policy(b).unwrap().covers(&policy(target).unwrap()).is_ok();
        assert!(covers("random", "0,1,1") && covers("0.1:0.9", "random") && covers("0,1,1", "0,1,1"));
        assert!(covers("1", "0:1") && covers("1", "1,1,1"));
        assert!(
            !covers("1", "random") && !covers("0,1,1", "0,1,0") && !covers("0:1", "0.5:0.5") && !covers("1", "0,1,1")
        );
    }

    #[test]
    fn what_does_not_fit_the_environment_is_refused() {
        assert!(policy("0,1").unwrap_err().contains("one for each of the 3 states of Hall"));
        assert!(policy("2").unwrap_err().contains("not below the 2 of Hall"));
        assert!(policy("0.2:0.2:0.6").unwrap_err().contains("Hall has 2 actions"));
    }
}
