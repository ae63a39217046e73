//! What an agent is: it acts, it learns, it gives out snapshots of its policy.

use gymkhana_envs::{Batch, Elem, Params, Rng, Spec, State, Transitions, View};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

use crate::{device::DeviceName, error::Error, networks::Networks};

/// Something that acts. `O` and `A` are the kinds of number in observations and actions: `usize` or `f32`.
pub trait Policy<O: Elem, A: Elem>: Send {
    /// Chooses an action for every lane: `act` is lanes × numbers per action.
    ///
    /// Controls are finite and within the bounds of the action space ([`Space::clip`](gymkhana_envs::Space::clip)): what is
    /// written here is what the environment gets, and some pay for what is beyond their bounds.
    fn act(&mut self, now: &View<'_, O>, rng: &mut Rng, act: &mut [A]);
}

/// A policy that learns from what it sees.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not learn from `{O}` observations and `{A}` actions",
    note = "`usize` rows are state indices or choices, `f32` rows are features or controls",
    note = "bridge them with the wrapper `OneHot` or `Discretize`"
)]
pub trait Agent<O: Elem, A: Elem>: Policy<O, A> {
    /// Takes in one step of every lane, and updates when an update is due.
    ///
    /// In training it follows every [`act`](Policy::act), before the next one and before any [`state`](Self::state) is
    /// taken. `seen.act` is what the environment got. What an update needs beside that (the control before it was clipped,
    /// its log-probability, a value) an agent remembers from `act` until `learn`, and no longer: it is no part of a state.
    ///
    /// # Errors
    /// If learning diverged.
    fn learn(&mut self, seen: &Transitions<'_, O, A>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error>;

    /// A snapshot of the policy, which later learning does not change.
    fn policy(&self, mode: Mode) -> Box<dyn Policy<O, A>>;

    /// Whether all its parameters are finite. Asked before they are kept or evaluated, since a loss can be finite where they
    /// are not.
    ///
    /// # Errors
    /// [`Error::Diverged`] if one is not.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// What the agent thinks the present state of each lane is worth, if it thinks of values.
    fn values(&self, _now: &View<'_, O>) -> Option<Vec<f64>> {
        None
    }

    /// Everything that acting and learning go on from: parameters, optimiser, memory, counters.
    fn state(&self) -> State;

    /// Puts back what [`state`](Self::state) took.
    ///
    /// # Errors
    /// If it does not fit this agent.
    fn set_state(&mut self, state: &State) -> Result<(), Error>;

    /// Its networks as named arrays, if it has networks.
    fn networks(&self) -> Option<Networks> {
        None
    }

    /// Takes the networks of an agent like this one; what they were learned from, and how, stays as it is.
    ///
    /// # Errors
    /// If they do not fit, in which case nothing has changed.
    fn set_networks(&mut self, _networks: &Networks) -> Result<(), Error> {
        Err(Error::Networks("the agent has none".into()))
    }

    /// What [`policy`](Self::policy), [`values`](Self::values) and [`networks`](Self::networks) depend on, and no more: small, to be kept with results, and for any number of lanes.
    /// An agent that keeps nothing else has only one state.
    fn policy_state(&self) -> State {
        self.state()
    }

    /// Puts back what [`policy_state`](Self::policy_state) took.
    ///
    /// # Errors
    /// If it does not fit this agent.
    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        self.set_state(state)
    }
}

/// How a snapshot acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// The best action it knows, without exploration.
    #[default]
    Greedy,
    /// As the agent acts when it learns.
    Sample,
}

/// What an agent is built for.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The environment's specification.
    pub spec: &'a Spec,
    /// How many lanes it will act in.
    pub lanes: usize,
    /// Environment steps that the run will take, all lanes together: what schedules are fractions of.
    pub steps: u64,
    /// Where tensors live.
    pub device: DeviceName,
}

/// A configuration that becomes an agent once the spaces are known. Every agent's config is one.
pub trait Recipe<O: Elem, A: Elem>: Params {
    /// What it becomes.
    type Agent: Agent<O, A>;

    /// Builds the agent; `rng` draws its first parameters.
    ///
    /// # Errors
    /// If a parameter is out of range, or the agent does not fit the spaces.
    fn build(&self, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self::Agent, Error>;
}

/// One round of learning: act, step, learn. `act` has room for an action of every lane; what was seen can then be had by
/// `batch.seen(act)`.
///
/// # Errors
/// If an action is outside its space, an environment breaks its contract, or learning diverged.
#[inline]
pub fn round<B: Batch + ?Sized, G: Agent<B::O, B::A> + ?Sized>(
    agent: &mut G,
    batch: &mut B,
    act: &mut [B::A],
    rng: &mut Rng,
    log: &mut Metrics,
) -> Result<(), Error> {
    agent.act(&batch.now(), rng, act);
    // An action that is no number is what parameters that are none lead to.
    batch.step(act).map_err(|error| agent.check().err().unwrap_or(error.into()))?;
    agent.learn(&batch.seen(act), rng, log)
}

/// What an agent tells while it learns, averaged until it is taken: losses, errors, exploration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Metrics(Vec<(Cow<'static, str>, f64, u64)>);

impl Metrics {
    /// Adds a value to the mean of `name`, such as "train/loss".
    #[inline]
    pub fn record(&mut self, name: &'static str, value: f64) {
        // The same constant is at the same place: a look at its letters is seldom needed.
        let same = |known: &str| std::ptr::eq(known, name) || known == name;
        match self.0.iter_mut().find(|entry| same(&entry.0)) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + value, *count + 1),
            None => self.0.push((Cow::Borrowed(name), value, 1)),
        }
    }

    /// The means since the last call, in the order in which their names first came.
    pub fn take(&mut self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter_mut().filter(|entry| entry.2 > 0).map(|(name, sum, count)| {
            let mean = *sum / *count as f64;
            (*sum, *count) = (0.0, 0);
            (&**name, mean)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_means_since_they_were_last_taken() {
        let mut log = Metrics::default();
        for value in [1.0, 2.0, 6.0] {
            log.record("train/loss", value);
        }
        log.record("train/epsilon", 0.5);
        assert_eq!(log.take().collect::<Vec<_>>(), [("train/loss", 3.0), ("train/epsilon", 0.5)]);
        log.record("train/epsilon", 0.25);
        assert_eq!(log.take().collect::<Vec<_>>(), [("train/epsilon", 0.25)]);
    }
}
