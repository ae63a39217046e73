//! The agent's side: many environments as flat rows. [`Batch`] is the seam between the two; it is object-safe.

use crate::{
    env::{Elem, Encode},
    error::Error,
    rng::Seeds,
    spec::Spec,
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
}

/// One step of every lane. Grows without breaking agents.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Transitions<'a, O, A> {
    /// Where the step was taken from.
    pub was: View<'a, O>,
    /// What was done: an action per lane.
    pub act: Rows<'a, A>,
    /// The reward of the step, per lane.
    pub reward: &'a [f64],
    /// Per lane: the state that was reached has no future.
    pub terminated: &'a [bool],
    /// Per lane: the episode was cut off; it may have terminated at the same step.
    pub truncated: &'a [bool],
    /// What to act on next: where an episode ended, the first observation of the next one.
    pub now: View<'a, O>,
    last: View<'a, O>,
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
        view.legal.map(|legal| legal.row(i))
    }
}

/// Many environments as an agent meets them.
pub trait Batch: Send {
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

/// Observation rows of one moment, with what belongs to them.
#[derive(Clone, Debug)]
struct Moment<O> {
    obs: Vec<O>,
    legal: Vec<bool>,
    first: Vec<bool>,
}

/// The flat side of any batch, allocated once: `now` is written by a step, `was` is the one before, and `last` is
/// copied for lanes whose episode ended.
#[derive(Clone, Debug)]
pub struct Buffers<O> {
    width: usize,
    choices: usize,
    was: Moment<O>,
    now: Moment<O>,
    last: Moment<O>,
    /// A reward per lane.
    pub reward: Vec<f64>,
    /// Per lane, whether its episode terminated.
    pub terminated: Vec<bool>,
    /// Per lane, whether its episode was truncated.
    pub truncated: Vec<bool>,
}

impl<O: Elem> Buffers<O> {
    /// Room for `lanes` observations of `width` numbers, with masks of `choices` actions (0: no masks).
    pub fn new(lanes: usize, width: usize, choices: usize) -> Self {
        let moment = Moment {
            obs: vec![O::default(); lanes * width],
            legal: vec![true; lanes * choices],
            first: vec![true; lanes],
        };
        Self {
            width,
            choices,
            was: moment.clone(),
            now: moment.clone(),
            last: moment,
            reward: vec![0.0; lanes],
            terminated: vec![false; lanes],
            truncated: vec![false; lanes],
        }
    }

    /// Makes `now` to `was`, before a step writes all of the new `now`.
    #[inline]
    pub fn advance(&mut self) {
        std::mem::swap(&mut self.was, &mut self.now);
        for i in 0..self.now.first.len() {
            self.now.first[i] = false;
        }
    }

    /// Lane i's present row, to be written.
    #[inline]
    pub fn row_mut(&mut self, i: usize) -> &mut [O] {
        &mut self.now.obs[i * self.width..][..self.width]
    }

    /// Writes lane i's present observation.
    #[inline]
    pub fn put(&mut self, i: usize, obs: &impl Encode<Elem = O>) {
        obs.encode(self.row_mut(i));
        if self.choices > 0 {
            obs.legal(&mut self.now.legal[i * self.choices..][..self.choices]);
        }
    }

    /// Keeps lane i's present observation as the last one of its episode, before the first of the next is put.
    #[inline]
    pub fn finish(&mut self, i: usize) {
        let (row, mask) = (i * self.width..(i + 1) * self.width, i * self.choices..(i + 1) * self.choices);
        self.last.obs[row.clone()].copy_from_slice(&self.now.obs[row]);
        self.last.legal[mask.clone()].copy_from_slice(&self.now.legal[mask]);
        self.begin(i);
    }

    /// Marks lane i's present observation as the first of an episode.
    #[inline]
    pub fn begin(&mut self, i: usize) {
        self.now.first[i] = true;
    }

    /// Takes over which actions are legal in lane i's present observation.
    #[inline]
    pub fn copy_legal(&mut self, i: usize, legal: Option<&[bool]>) {
        if let Some(legal) = legal {
            self.now.legal[i * self.choices..][..self.choices].copy_from_slice(legal);
        }
    }

    /// Takes over what `view` says of lane i beside its observation: legal actions, and whether an episode begins.
    #[inline]
    pub fn copy_marks(&mut self, i: usize, view: &View<'_, impl Copy>) {
        self.copy_legal(i, view.legal.map(|legal| legal.row(i)));
        self.now.first[i] = view.first[i];
    }

    fn view<'a>(&'a self, moment: &'a Moment<O>) -> View<'a, O> {
        View {
            obs: Rows { flat: &moment.obs, width: self.width },
            first: &moment.first,
            legal: (self.choices > 0).then_some(Rows { flat: &moment.legal, width: self.choices }),
        }
    }

    /// As [`Batch::now`].
    #[inline]
    pub fn now(&self) -> View<'_, O> {
        self.view(&self.now)
    }

    /// As [`Batch::seen`].
    #[inline]
    pub fn seen<'a, A>(&'a self, act: &'a [A]) -> Transitions<'a, O, A> {
        Transitions {
            was: self.view(&self.was),
            act: Rows { flat: act, width: act.len() / self.reward.len() },
            reward: &self.reward,
            terminated: &self.terminated,
            truncated: &self.truncated,
            now: self.view(&self.now),
            last: self.view(&self.last),
        }
    }

    /// What is present, to be put back by [`set_present`](Self::set_present).
    pub fn present(&self) -> (Vec<O>, Vec<bool>, Vec<bool>) {
        (self.now.obs.clone(), self.now.legal.clone(), self.now.first.clone())
    }

    /// Puts back what [`present`](Self::present) took.
    ///
    /// # Errors
    /// If it came from buffers of another shape.
    pub fn set_present(&mut self, (obs, legal, first): (Vec<O>, Vec<bool>, Vec<bool>)) -> Result<(), Error> {
        if (obs.len(), legal.len(), first.len()) != (self.now.obs.len(), self.now.legal.len(), self.now.first.len()) {
            return Err(Error::State("another number of lanes, or observations of another width".into()));
        }
        self.now = Moment { obs, legal, first };
        Ok(())
    }
}
