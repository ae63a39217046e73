//! The flat side of a batch, allocated once.

use crate::{
    batch::{Rows, Transitions, View},
    env::{Elem, Encode},
    error::Error,
    spread::Task,
};

/// Observation rows of one moment, with what belongs to them.
#[derive(Clone, Debug)]
struct Moment<O> {
    obs: Vec<O>,
    legal: Vec<bool>,
    first: Vec<bool>,
}

/// Observations: `now` is written by a step, `was` is the one before, and `last` is copied for lanes whose episode ended.
#[derive(Clone, Debug)]
pub struct Observations<O> {
    width: usize,
    choices: usize,
    /// in boxes, because they change places at every step
    was: Box<Moment<O>>,
    now: Box<Moment<O>>,
    last: Moment<O>,
}

/// Observations, and what a step gave beside them.
#[derive(Clone, Debug)]
pub struct Buffers<O> {
    /// Three moments of observations.
    pub observations: Observations<O>,
    /// A reward per lane.
    pub reward: Vec<f64>,
    /// Per lane, whether its episode terminated.
    pub terminated: Vec<bool>,
    /// Per lane, whether its episode was truncated.
    pub truncated: Vec<bool>,
}

impl<O: Elem> Observations<O> {
    /// Room for `lanes` observations of `width` numbers, with masks of `choices` actions (0: no masks).
    pub fn new(lanes: usize, width: usize, choices: usize) -> Self {
        let moment = Moment {
            obs: vec![O::default(); lanes * width],
            legal: vec![true; lanes * choices],
            first: vec![true; lanes],
        };
        Self { width, choices, was: Box::new(moment.clone()), now: Box::new(moment.clone()), last: moment }
    }

    /// Makes `now` to `was`, before a step writes all of the new `now`.
    #[inline]
    pub fn advance(&mut self) {
        std::mem::swap(&mut self.was, &mut self.now);
        // One lane without a call.
        match &mut self.now.first[..] {
            [first] => *first = false,
            first => first.fill(false),
        }
    }

    /// Lane i's present row, to be written.
    #[inline]
    pub fn row_mut(&mut self, i: usize) -> &mut [O] {
        &mut self.now.obs[i * self.width..][..self.width]
    }

    /// Lane i's present row, and the one before the last step.
    #[inline]
    pub fn rows(&mut self, i: usize) -> (&mut [O], &[O]) {
        let row = i * self.width..(i + 1) * self.width;
        (&mut self.now.obs[row.clone()], &self.was.obs[row])
    }

    /// Keeps lane i's present observation as the last one of its episode, before the first of the next is put.
    #[inline]
    pub fn finish(&mut self, i: usize) {
        let (row, mask) = (i * self.width..(i + 1) * self.width, i * self.choices..(i + 1) * self.choices);
        self.last.obs[row.clone()].copy_from_slice(&self.now.obs[row]);
        self.last.legal[mask.clone()].copy_from_slice(&self.now.legal[mask]);
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

    /// As [`Batch::now`](crate::Batch::now).
    #[inline]
    pub fn now(&self) -> View<'_, O> {
        self.view(&self.now)
    }

    /// These observations with what else an inner batch saw: what a wrapper that changes observations has seen.
    #[inline]
    pub fn seen<'a, I, A: Elem>(&'a self, inner: &Transitions<'a, I, A>) -> Transitions<'a, O, A> {
        Transitions {
            was: self.view(&self.was),
            act: inner.act,
            reward: inner.reward,
            earned: inner.earned,
            terminated: inner.terminated,
            truncated: inner.truncated,
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
        *self.now = Moment { obs, legal, first };
        Ok(())
    }
}

impl<O: Elem> Buffers<O> {
    /// Room for `lanes` observations of `width` numbers, with masks of `choices` actions (0: no masks).
    pub fn new(lanes: usize, width: usize, choices: usize) -> Self {
        Self {
            observations: Observations::new(lanes, width, choices),
            reward: vec![0.0; lanes],
            terminated: vec![false; lanes],
            truncated: vec![false; lanes],
        }
    }

    /// As [`Batch::seen`](crate::Batch::seen).
    #[inline]
    pub fn seen<'a, A>(&'a self, act: &'a [A]) -> Transitions<'a, O, A> {
        let Observations { was, now, last, .. } = &self.observations;
        Transitions {
            was: self.observations.view(was),
            act: Rows { flat: act, width: act.len() / self.reward.len() },
            reward: &self.reward,
            earned: &self.reward,
            terminated: &self.terminated,
            truncated: &self.truncated,
            now: self.observations.view(now),
            last: self.observations.view(last),
        }
    }

    /// All lanes, to be written.
    #[inline]
    pub(crate) fn all(&mut self) -> Slots<'_, O> {
        let Observations { width, choices, now, last, .. } = &mut self.observations;
        Slots {
            lane: 0,
            width: *width,
            choices: *choices,
            obs: &mut now.obs,
            legal: &mut now.legal,
            first: &mut now.first,
            last_obs: &mut last.obs,
            last_legal: &mut last.legal,
            reward: &mut self.reward,
            terminated: &mut self.terminated,
            truncated: &mut self.truncated,
        }
    }
}

/// Where one lane writes what a step gives.
pub(crate) trait Place<O> {
    /// The number of the lane in the whole batch.
    fn lane(&self) -> usize;
    /// Writes the present observation, which may be the first of an episode, and gives its row.
    fn put(&mut self, obs: &impl Encode<Elem = O>, first: bool) -> &[O];
    /// Writes what else a step gives.
    fn give(&mut self, reward: f64, terminated: bool, truncated: bool);
    /// Keeps the present observation as the last one of its episode, before the first of the next is put.
    fn finish(&mut self);
}

/// The only lane of a batch: without the cutting of rows, which for one lane takes longer than a step.
impl<O: Elem> Place<O> for Buffers<O> {
    #[inline]
    fn lane(&self) -> usize {
        0
    }

    #[inline]
    fn put(&mut self, obs: &impl Encode<Elem = O>, first: bool) -> &[O] {
        let Observations { choices, now, .. } = &mut self.observations;
        obs.encode(&mut now.obs);
        if *choices > 0 {
            obs.legal(&mut now.legal);
        }
        now.first[0] = first;
        &now.obs
    }

    #[inline]
    fn give(&mut self, reward: f64, terminated: bool, truncated: bool) {
        (self.reward[0], self.terminated[0], self.truncated[0]) = (reward, terminated, truncated);
    }

    #[inline]
    fn finish(&mut self) {
        let Observations { now, last, .. } = &mut self.observations;
        last.obs.copy_from_slice(&now.obs);
        last.legal.copy_from_slice(&now.legal);
    }
}

/// One of several lanes.
#[derive(Debug)]
pub(crate) struct Slot<'s, 'a, O>(pub(crate) &'s mut Slots<'a, O>, pub(crate) usize);

impl<O: Elem> Place<O> for Slot<'_, '_, O> {
    #[inline]
    fn lane(&self) -> usize {
        self.0.lane + self.1
    }

    #[inline]
    fn put(&mut self, obs: &impl Encode<Elem = O>, first: bool) -> &[O] {
        self.0.first[self.1] = first;
        self.0.put(self.1, obs)
    }

    #[inline]
    fn give(&mut self, reward: f64, terminated: bool, truncated: bool) {
        let Self(slots, i) = self;
        (slots.reward[*i], slots.terminated[*i], slots.truncated[*i]) = (reward, terminated, truncated);
    }

    #[inline]
    fn finish(&mut self) {
        self.0.finish(self.1);
    }
}

/// Where some lanes, one after the other, write what a step gives. Lanes are counted from the first of them.
#[derive(Debug)]
pub(crate) struct Slots<'a, O> {
    /// the number of the first of these lanes in the whole batch
    pub(crate) lane: usize,
    width: usize,
    choices: usize,
    pub(crate) obs: &'a mut [O],
    legal: &'a mut [bool],
    pub(crate) first: &'a mut [bool],
    pub(crate) last_obs: &'a mut [O],
    last_legal: &'a mut [bool],
    pub(crate) reward: &'a mut [f64],
    pub(crate) terminated: &'a mut [bool],
    pub(crate) truncated: &'a mut [bool],
}

impl<O: Elem> Slots<'_, O> {
    /// Writes lane i's present observation and gives its row.
    #[inline]
    pub(crate) fn put(&mut self, i: usize, obs: &impl Encode<Elem = O>) -> &[O] {
        let row = &mut self.obs[i * self.width..][..self.width];
        obs.encode(row);
        if self.choices > 0 {
            obs.legal(&mut self.legal[i * self.choices..][..self.choices]);
        }
        row
    }

    /// Lane i's present row.
    #[inline]
    pub(crate) fn row(&self, i: usize) -> &[O] {
        &self.obs[i * self.width..][..self.width]
    }

    /// Keeps lane i's present observation as the last one of its episode, before the first of the next is put.
    #[inline]
    pub(crate) fn finish(&mut self, i: usize) {
        let (row, mask) = (i * self.width..(i + 1) * self.width, i * self.choices..(i + 1) * self.choices);
        self.last_obs[row.clone()].copy_from_slice(&self.obs[row]);
        self.last_legal[mask.clone()].copy_from_slice(&self.legal[mask]);
    }
}

impl<O: Elem> Task for Slots<'_, O> {
    fn lanes(&self) -> usize {
        self.reward.len()
    }

    fn split(self, lane: usize) -> (Self, Self) {
        let (row, mask) = (lane * self.width, lane * self.choices);
        let (obs, legal) = (self.obs.split_at_mut(row), self.legal.split_at_mut(mask));
        let (last_obs, last_legal) = (self.last_obs.split_at_mut(row), self.last_legal.split_at_mut(mask));
        let (first, reward) = (self.first.split_at_mut(lane), self.reward.split_at_mut(lane));
        let (terminated, truncated) = (self.terminated.split_at_mut(lane), self.truncated.split_at_mut(lane));
        let (width, choices) = (self.width, self.choices);
        (
            Self {
                lane: self.lane,
                width,
                choices,
                obs: obs.0,
                legal: legal.0,
                first: first.0,
                last_obs: last_obs.0,
                last_legal: last_legal.0,
                reward: reward.0,
                terminated: terminated.0,
                truncated: truncated.0,
            },
            Self {
                lane: self.lane + lane,
                width,
                choices,
                obs: obs.1,
                legal: legal.1,
                first: first.1,
                last_obs: last_obs.1,
                last_legal: last_legal.1,
                reward: reward.1,
                terminated: terminated.1,
                truncated: truncated.1,
            },
        )
    }
}
