//! The agent's side: many environments as flat rows. [`Batch`] is the seam between the two; it is object-safe.

use std::sync::Arc;

use crate::{
    env::Elem,
    error::Error,
    render::Frame,
    rng::{Rng, Seeds},
    space::Space,
    spec::Spec,
    spread::Executor,
    state::State,
};

/// `n` rows of `width` numbers in one slice.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    /// All rows, one after the other: n × width numbers.
    pub flat: &'a [T],
    /// Numbers per row.
    pub width: usize,
}

impl<'a, T> Rows<'a, T> {
    /// The i-th row.
    #[inline]
    pub fn row(self, i: usize) -> &'a [T] {
        &self.flat[i * self.width..][..self.width]
    }

    /// All rows in order.
    pub fn iter(self) -> std::slice::ChunksExact<'a, T> {
        self.flat.chunks_exact(self.width)
    }
}

/// What an agent may know of the present state of each lane. Grows without breaking agents.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct View<'a, O> {
    /// An observation per lane.
    pub obs: Rows<'a, O>,
    /// Whether an episode begins here.
    pub first: &'a [bool],
    /// Which actions are legal, where the environment says so.
    pub legal: Option<Rows<'a, bool>>,
}

impl<'a, O> View<'a, O> {
    /// A view of observations from elsewhere, such as a robot's, for a policy to act on: `first` has an entry per row.
    pub fn new(obs: Rows<'a, O>, first: &'a [bool]) -> Self {
        Self { obs, first, legal: None }
    }

    /// The number of lanes.
    pub fn lanes(&self) -> usize {
        self.first.len()
    }

    /// The legal actions of one lane, where the environment says which they are.
    #[inline]
    pub fn legal_in(&self, lane: usize) -> Option<&'a [bool]> {
        self.legal.map(|legal| legal.row(lane))
    }

    /// Fills `act` with a random action for every lane, a legal one where the environment says which are: the policy
    /// that everything is compared with.
    pub fn act_at_random<A: Elem>(&self, actions: &Space, rng: &mut Rng, act: &mut [A]) {
        for (i, row) in act.chunks_exact_mut(actions.width()).enumerate() {
            loop {
                A::random_action(actions, rng, row);
                if self.legal_in(i).is_none_or(|legal| A::is_legal(legal, row)) {
                    break;
                }
            }
        }
    }
}

/// One step of every lane. Grows without breaking agents.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Transitions<'a, O, A> {
    /// Where the step was taken from.
    pub was: View<'a, O>,
    /// What was done: an action per lane.
    pub act: Rows<'a, A>,
    /// The reward of the step, per lane: what is learned from.
    pub reward: &'a [f64],
    /// The environment's own reward, per lane, before any wrapper changed it: what returns are counted in.
    pub earned: &'a [f64],
    /// Per lane: the state that was reached has no future.
    pub terminated: &'a [bool],
    /// Per lane: the episode was cut off; it may have terminated at the same step.
    pub truncated: &'a [bool],
    /// What to act on next: where an episode ended, the first observation of the next one.
    pub now: View<'a, O>,
    pub(crate) last: View<'a, O>,
}

impl<'a, O: Elem, A: Elem> Transitions<'a, O, A> {
    /// The number of lanes.
    pub fn lanes(&self) -> usize {
        self.reward.len()
    }

    /// Whether lane i's episode ended with this step.
    #[inline]
    pub fn ended(&self, i: usize) -> bool {
        self.terminated[i] | self.truncated[i]
    }

    /// The true successor of lane i: never the first observation of the next episode.
    #[inline]
    pub fn next(&self, i: usize) -> &'a [O] {
        if self.ended(i) { self.last.obs.row(i) } else { self.now.obs.row(i) }
    }

    /// The legal actions of the true successor of lane i.
    #[inline]
    pub fn next_legal(&self, i: usize) -> Option<&'a [bool]> {
        let view = if self.ended(i) { &self.last } else { &self.now };
        view.legal_in(i)
    }
}

/// What does not depend on the kinds of number in a batch, so that it reaches through all wrappers to the environments.
///
/// A batch of environments has nothing below it; a wrapper gives the batch it is round and leaves the rest as it is,
/// but for what concerns itself.
pub trait Layer: Send {
    /// The batch that this one is round.
    fn below(&self) -> Option<&dyn Layer>;

    /// The batch that this one is round, to be changed.
    fn below_mut(&mut self) -> Option<&mut dyn Layer>;

    /// Truncates episodes after `steps` at the latest, from the next step on. A batch that keeps a [`Spec`] says so in
    /// it.
    fn limit_to(&mut self, steps: u32);

    /// From now on statistics stay as they are: for evaluation.
    fn freeze(&mut self) {
        if let Some(below) = self.below_mut() {
            below.freeze();
        }
    }

    /// The statistics that this batch and those below it keep of what they saw, outermost first. They are part of
    /// [`Batch::state`] too.
    fn statistics(&self) -> Vec<State> {
        self.below().map_or_else(Vec::new, Layer::statistics)
    }

    /// Takes over the statistics of a batch like this one.
    ///
    /// # Errors
    /// If they do not fit.
    fn set_statistics(&mut self, statistics: &[State]) -> Result<(), Error> {
        match self.below_mut() {
            Some(below) => below.set_statistics(statistics),
            None if statistics.is_empty() => Ok(()),
            None => Err(Error::State("statistics of other wrappers".into())),
        }
    }

    /// Tells what wrappers measured since the last call, for a line of metrics.
    fn measure(&mut self, tell: &mut dyn FnMut(&'static str, f64)) {
        if let Some(below) = self.below_mut() {
            below.measure(tell);
        }
    }

    /// What lane `lane` looks like, where the environment can be looked at and was made to be watched.
    fn frames(&self, lane: usize) -> Option<Frames> {
        self.below().and_then(|below| below.frames(lane))
    }

    /// Spreads the work of a step over threads, where that is worth while. It changes no number.
    fn spread(&mut self, executor: &Arc<dyn Executor>) {
        if let Some(below) = self.below_mut() {
            below.spread(executor);
        }
    }
}

/// What a lane looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// Where the episode ended, if it did with the last step.
    pub last: Option<Frame>,
    /// Now.
    pub now: Frame,
}

/// Many environments as an agent meets them.
pub trait Batch: Layer {
    /// The kind of number in observations.
    type O: Elem;
    /// The kind of number in actions.
    type A: Elem;

    /// The specification all lanes share.
    fn spec(&self) -> &Spec;

    /// The number of lanes.
    fn lanes(&self) -> usize;

    /// Begins an episode in every lane, each with its own random stream.
    ///
    /// # Errors
    /// If an environment breaks its contract.
    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error>;

    /// Takes one step in every lane. `act` is lanes × width of an action. A lane whose episode ends is reset in the
    /// same step; its true last observation stays in [`seen`](Self::seen).
    ///
    /// # Errors
    /// If an action is outside its space, in which case no lane has moved, or an environment breaks its contract, after
    /// which the batch must be reset before it is used.
    fn step(&mut self, act: &[Self::A]) -> Result<(), Error>;

    /// What to act on.
    fn now(&self) -> View<'_, Self::O>;

    /// The last step; `act` is what was given to it. Right after a reset or [`set_state`](Self::set_state) there is none,
    /// and this says nothing.
    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A>;

    /// Everything that the next step depends on: environments (as far as they offer a state), random streams, time-limit
    /// counters.
    fn state(&self) -> State;

    /// Puts a state back that [`state`](Self::state) took from a batch like this one.
    ///
    /// # Errors
    /// If it does not fit; the batch must then be reset before it is used.
    fn set_state(&mut self, state: &State) -> Result<(), Error>;

    /// Whether a restored batch gives the same numbers as the one it was taken from. If not, its environments offer
    /// no state, and every lane goes on at the start of an episode.
    fn resumes_exactly(&self) -> bool;
}

impl<B: Batch + ?Sized> Layer for Box<B> {
    fn below(&self) -> Option<&dyn Layer> {
        (**self).below()
    }
    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        (**self).below_mut()
    }
    fn limit_to(&mut self, steps: u32) {
        (**self).limit_to(steps);
    }
    fn freeze(&mut self) {
        (**self).freeze();
    }
    fn statistics(&self) -> Vec<State> {
        (**self).statistics()
    }
    fn set_statistics(&mut self, statistics: &[State]) -> Result<(), Error> {
        (**self).set_statistics(statistics)
    }
    fn measure(&mut self, tell: &mut dyn FnMut(&'static str, f64)) {
        (**self).measure(tell);
    }
    fn frames(&self, lane: usize) -> Option<Frames> {
        (**self).frames(lane)
    }
    fn spread(&mut self, executor: &Arc<dyn Executor>) {
        (**self).spread(executor);
    }
}

impl<B: Batch + ?Sized> Batch for Box<B> {
    type O = B::O;
    type A = B::A;
    fn spec(&self) -> &Spec {
        (**self).spec()
    }
    fn lanes(&self) -> usize {
        (**self).lanes()
    }
    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        (**self).reset(seeds)
    }
    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        (**self).step(act)
    }
    fn now(&self) -> View<'_, Self::O> {
        (**self).now()
    }
    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        (**self).seen(act)
    }
    fn state(&self) -> State {
        (**self).state()
    }
    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        (**self).set_state(state)
    }
    fn resumes_exactly(&self) -> bool {
        (**self).resumes_exactly()
    }
}
