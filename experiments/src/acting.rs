//! A saved policy at work on observations from elsewhere, through the wrappers that it was trained in.

use anyhow::{Result, bail, ensure};
use gymkhana_agents::{Mode, Policy, any_agent};
use gymkhana_envs::{
    Batch, Elem, Rng, Seeds, Space, Spec,
    fed::{Fed, Feed},
    registry::AnyBatch,
};

use crate::{launch, saved::SavedPolicy};

/// An observation as the environment gives it, before any wrapper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen<'a> {
    /// A state's index, or several indices.
    Indices(&'a [usize]),
    /// Features.
    Features(&'a [f32]),
}

/// An action as the environment takes it, behind all wrappers.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A choice, or several.
    Choices(Vec<usize>),
    /// Controls.
    Controls(Vec<f32>),
}

impl Action {
    /// The choice, if it is one.
    pub fn choice(&self) -> Option<usize> {
        match self {
            Self::Choices(choices) => choices.first().copied().filter(|_| choices.len() == 1),
            Self::Controls(_) => None,
        }
    }
}

/// A policy that acts, one observation after the other: [`begin`](Self::begin) an episode, then [`go_on`](Self::go_on).
///
/// Where the environment says which actions are legal, so has whoever acts in it: [`legal`](Self::legal).
pub struct Actor {
    space: Space,
    /// whether it is known which actions are legal, where that has to be known
    told: Option<bool>,
    eyes: Eyes,
    hand: Box<dyn Act>,
}

impl std::fmt::Debug for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actor").finish_non_exhaustive()
    }
}

/// Where observations go in and actions come out.
enum Eyes {
    IndexChoice(Feed<usize, usize>),
    IndexControl(Feed<usize, f32>),
    FeatureChoice(Feed<f32, usize>),
    FeatureControl(Feed<f32, f32>),
}

/// What acts on what is fed, whatever kinds of number the policy sees.
trait Act: Send {
    fn begin(&mut self) -> Result<()>;
    fn go_on(&mut self) -> Result<()>;
    fn act(&mut self) -> Result<()>;
}

/// A policy behind wrappers round what is fed.
struct Hand<O, A> {
    batch: Box<dyn Batch<O = O, A = A>>,
    policy: Box<dyn Policy<O, A>>,
    act: Vec<A>,
    rng: Rng,
}

impl<O: Elem, A: Elem> Hand<O, A> {
    fn boxed(batch: Box<dyn Batch<O = O, A = A>>, policy: Box<dyn Policy<O, A>>) -> Box<dyn Act> {
        let act = vec![A::default(); batch.spec().actions.width()];
        Box::new(Self { batch, policy, act, rng: Rng::new(0) })
    }
}

impl<O: Elem, A: Elem> Act for Hand<O, A> {
    fn begin(&mut self) -> Result<()> {
        Ok(self.batch.reset(&Seeds::from(0))?)
    }

    fn go_on(&mut self) -> Result<()> {
        Ok(self.batch.step(&self.act)?)
    }

    /// The action goes through the wrappers to the feed; what that moves is put back until the next observation.
    fn act(&mut self) -> Result<()> {
        self.policy.act(&self.batch.now(), &mut self.rng, &mut self.act);
        let before = self.batch.state();
        self.batch.step(&self.act)?;
        Ok(self.batch.set_state(&before)?)
    }
}

fn fed<O: Elem, A: Elem>(spec: &Spec, masked: bool, eyes: fn(Feed<O, A>) -> Eyes) -> (AnyBatch, Eyes) {
    let (batch, feed) = Fed::new(spec.clone(), masked);
    (AnyBatch::new(batch), eyes(feed))
}

fn digits(row: &[usize]) -> String {
    row.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

impl Actor {
    /// A saved policy at work, round a feed for its environment's own specification.
    pub(crate) fn new(saved: &SavedPolicy, mode: Mode) -> Result<Self> {
        let (spec, masked) = (saved.env_spec(), saved.masks());
        let (batch, eyes) = match (spec.observations.is_index(), spec.actions.is_index()) {
            (true, true) => fed(spec, masked, Eyes::IndexChoice),
            (true, false) => fed(spec, masked, Eyes::IndexControl),
            (false, true) => fed(spec, masked, Eyes::FeatureChoice),
            (false, false) => fed(spec, masked, Eyes::FeatureControl),
        };
        let mut batch = launch::wrapped(batch, saved.config())?;
        batch.layer().freeze();
        batch.layer().set_statistics(saved.statistics())?;
        let hand = any_agent!(saved.agent(), agent => {
            Hand::boxed(saved.entry()?.batch_for(&**agent, batch)?, agent.policy(mode))
        });
        Ok(Self { space: spec.observations.clone(), told: masked.then_some(false), eyes, hand })
    }

    /// Says which actions are legal in the next observation, and in those after it until it is said again.
    ///
    /// # Errors
    /// If the environment does not say that any action is illegal.
    pub fn legal(&mut self, legal: &[bool]) -> Result<()> {
        ensure!(self.told.is_some(), "in this policy's environment every action is legal");
        self.told = Some(true);
        match &self.eyes {
            Eyes::IndexChoice(feed) => feed.put_legal(legal),
            Eyes::IndexControl(feed) => feed.put_legal(legal),
            Eyes::FeatureChoice(feed) => feed.put_legal(legal),
            Eyes::FeatureControl(feed) => feed.put_legal(legal),
        }
        Ok(())
    }

    /// Acts on the first observation of an episode.
    ///
    /// # Errors
    /// If it is no observation of the environment.
    pub fn begin(&mut self, seen: Seen<'_>) -> Result<Action> {
        self.look(seen)?;
        self.hand.begin()?;
        self.act()
    }

    /// Acts on what followed the last action.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub fn go_on(&mut self, seen: Seen<'_>) -> Result<Action> {
        self.look(seen)?;
        self.hand.go_on()?;
        self.act()
    }

    fn look(&self, seen: Seen<'_>) -> Result<()> {
        ensure!(
            self.told != Some(false),
            "this policy's environment says which actions are legal: say so with `Actor::legal`"
        );
        match seen {
            Seen::Features(obs) if !self.space.is_index() => {
                let (given, width) = (obs.len(), self.space.width());
                ensure!(given == width, "{given} features, where the policy was trained on {width}");
            }
            Seen::Indices(obs) if self.space.is_index() => {
                ensure!(self.space.contains_indices(obs), "state {} is not in {}", digits(obs), self.space);
            }
            _ => {}
        }
        match (&self.eyes, seen) {
            (Eyes::IndexChoice(feed), Seen::Indices(obs)) => feed.put(obs),
            (Eyes::IndexControl(feed), Seen::Indices(obs)) => feed.put(obs),
            (Eyes::FeatureChoice(feed), Seen::Features(obs)) => feed.put(obs),
            (Eyes::FeatureControl(feed), Seen::Features(obs)) => feed.put(obs),
            (Eyes::IndexChoice(_) | Eyes::IndexControl(_), Seen::Features(_)) => {
                bail!("this policy's environment gives state indices, not features")
            }
            (Eyes::FeatureChoice(_) | Eyes::FeatureControl(_), Seen::Indices(_)) => {
                bail!("this policy's environment gives features, not state indices")
            }
        }
        Ok(())
    }

    fn act(&mut self) -> Result<Action> {
        self.hand.act()?;
        Ok(match &self.eyes {
            Eyes::IndexChoice(feed) => Action::Choices(feed.action()),
            Eyes::FeatureChoice(feed) => Action::Choices(feed.action()),
            Eyes::IndexControl(feed) => Action::Controls(feed.action()),
            Eyes::FeatureControl(feed) => Action::Controls(feed.action()),
        })
    }
}
