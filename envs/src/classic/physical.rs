//! Physical systems: one formula for their motion, for one copy and for many columns.
//!
//! An author writes [`Dynamics`]: how a state of S numbers moves. [`Physical`] makes an environment of it, and
//! [`Columns`] a batch, which run the same code and give the same bits.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use std::{fmt::Debug, hint::black_box, sync::Arc};

use super::Columns;
use crate::{
    entry::{After, Made, Physics},
    env::{Decode, Elem, Env, Step},
    error::Error,
    params::Params,
    render::{Frame, Render},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
    trig::{Everywhere, Trig},
};

/// A physical system: its next state is a function of its state, S numbers, and of what drives it. O numbers of it are
/// seen.
///
/// `drive`, `advance` and `observe` are compiled into loops over columns: `#[inline(always)]`, no branches, and numbers
/// that are not finite must not be swallowed (`clamp` keeps NaN, `max` does not).
pub trait Dynamics<const S: usize, const O: usize>: Copy + Debug + Send + Sync + 'static {
    /// What it is made of.
    type Params: Params;
    /// What an agent does.
    type Act: Decode + Copy;

    /// From its parameters.
    ///
    /// # Errors
    /// If one is out of range, or two do not fit together.
    fn new(params: Self::Params) -> Result<Self, Error>;

    /// The name, the spaces and the limits.
    fn spec(&self) -> Spec;

    /// The first state of an episode.
    fn begin(&self, rng: &mut Rng) -> [f64; S];

    /// What an action drives the system with: a force, a torque.
    fn drive(&self, act: Self::Act) -> f64;

    /// At each step the drive is changed by a random number, uniform within ± this; at 0 nothing is drawn.
    fn noise(&self) -> f64 {
        0.0
    }

    /// One step.
    fn advance<T: Trig>(&self, state: [f64; S], drive: f64) -> Moved<S>;

    /// What is seen of a state.
    fn observe<T: Trig>(&self, state: [f64; S]) -> [f32; O];

    /// What a state looks like, and what drove the system there, where that is known.
    fn frame(&self, state: [f64; S], drive: Option<f64>) -> Frame;
}

/// What one step of a physical system gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved<const S: usize> {
    /// The state that is reached.
    pub state: [f64; S],
    /// The reward of the step.
    pub reward: f64,
    /// Whether the episode ends there.
    pub terminated: bool,
}

/// A physical system as an environment. Its state is kept in f64; observations are f32.
#[derive(Clone, Debug)]
pub struct Physical<D, const S: usize, const O: usize> {
    state: [Apart; S],
    /// what drove it there; NaN at the beginning
    drive: f64,
    dynamics: D,
}

/// A number with no neighbour. Side by side, LLVM's SLP vectoriser moves numbers in pairs, and then an angle waits for its
/// velocity, which takes the whole formula: a third of the time of a step.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
struct Apart(f64);

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Physical<D, S, O> {
    /// At rest: all numbers of its state are 0.
    ///
    /// # Errors
    /// If a parameter is out of range, or two do not fit together.
    pub fn new(params: D::Params) -> Result<Self, Error> {
        D::new(params).map(Self::of)
    }

    /// From its law, at rest.
    pub fn of(dynamics: D) -> Self {
        Self { state: [Apart(0.0); S], drive: f64::NAN, dynamics }
    }

    /// The numbers of its state.
    #[inline(always)]
    pub fn physical_state(&self) -> [f64; S] {
        self.state.map(|Apart(x)| x)
    }

    /// Its law.
    pub fn dynamics(&self) -> &D {
        &self.dynamics
    }

    /// The registry's form: to be looked at, in columns where there are many, and with its law.
    pub fn made(self) -> Made {
        let (columns, law) = (self.dynamics, Arc::new(self.clone()));
        let native = move |lanes, seeds: &_| Columns::new(columns, lanes, seeds);
        Made::shown(self).with_native(native).with_physics(law)
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Default for Physical<D, S, O> {
    fn default() -> Self {
        Self::new(D::Params::default()).expect("defaults are in range")
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Env for Physical<D, S, O> {
    type Obs = [f32; O];
    type Act = D::Act;

    fn spec(&self) -> Spec {
        self.dynamics.spec()
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; O] {
        let state = self.dynamics.begin(rng);
        (self.state, self.drive) = (state.map(Apart), f64::NAN);
        self.dynamics.observe::<Everywhere>(state)
    }

    #[inline(always)]
    fn step(&mut self, action: D::Act, rng: &mut Rng) -> Step<[f32; O]> {
        self.drive = driven(&self.dynamics, action, rng);
        let Moved { state, reward, terminated } =
            self.dynamics.advance::<Everywhere>(self.physical_state(), self.drive);
        self.state = state.map(Apart);
        // Read again where they lie apart, for the reason given there.
        let obs = self.dynamics.observe::<Everywhere>(black_box(&*self).physical_state());
        Step { obs, reward, terminated, truncated: false }
    }

    fn state(&self) -> Option<State> {
        Some(to_state(&self.physical_state()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        (self.state, self.drive) = (from_state(state)?.map(Apart), f64::NAN);
        Ok(())
    }
}

/// What drives a system, its noise included.
#[inline(always)]
pub(super) fn driven<D: Dynamics<S, O>, const S: usize, const O: usize>(law: &D, act: D::Act, rng: &mut Rng) -> f64 {
    let (drive, noise) = (law.drive(act), law.noise());
    if noise > 0.0 { drive + rng.uniform(-noise, noise) } else { drive }
}

/// As `State::of` writes an array of that many numbers.
pub(super) fn to_state<const S: usize>(numbers: &[f64; S]) -> State {
    State::from_bytes(numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
}

/// Reads what [`to_state`] wrote.
pub(super) fn from_state<const S: usize>(state: &State) -> Result<[f64; S], Error> {
    let wrong = |why| Err(Error::State(why));
    let (numbers, rest) = state.bytes().as_chunks();
    if numbers.len() != S || !rest.is_empty() {
        return wrong(format!("{} bytes, {S} numbers wanted", state.bytes().len()));
    }
    let numbers: [f64; S] = std::array::from_fn(|i| f64::from_le_bytes(numbers[i]));
    if numbers.iter().all(|x| x.is_finite()) { Ok(numbers) } else { wrong(format!("{numbers:?} is not finite")) }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Render for Physical<D, S, O> {
    fn frame(&self) -> Frame {
        self.dynamics.frame(self.physical_state(), (!self.drive.is_nan()).then_some(self.drive))
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Physics for Physical<D, S, O> {
    fn width(&self) -> usize {
        S
    }

    /// Without noise.
    fn after(&self, state: &[f64], action: &[f64]) -> Result<After, Error> {
        type ActElem<A> = <A as Decode>::Elem;
        let spec = self.spec();
        let Ok(before) = <[f64; S]>::try_from(state) else {
            return Err(Error::State(format!("{} numbers, {S} wanted", state.len())));
        };
        let row: Option<Vec<ActElem<D::Act>>> = action.iter().map(|&x| Elem::from_number(x)).collect();
        let fits = |row: &Vec<_>| row.len() == D::Act::WIDTH && ActElem::<D::Act>::is_action(&spec.actions, row);
        let Some(row) = row.filter(fits) else {
            return Err(Error::Action { env: spec.id, lane: None, action: format!("{action:?}"), space: spec.actions });
        };
        let drive = self.dynamics.drive(D::Act::decode(&row));
        let Moved { state, reward, terminated } = self.dynamics.advance::<Everywhere>(before, drive);
        let observation = self.dynamics.observe::<Everywhere>(state).to_vec();
        Ok(After { state: state.to_vec(), observation, reward, terminated })
    }
}

/// A choice as a number, by way of `i32`: AVX2 has no instruction for whole numbers of 64 bits.
#[expect(clippy::cast_possible_wrap, reason = "an action space has no 2³¹ choices")]
#[inline(always)]
pub(super) fn choice(action: usize) -> f64 {
    f64::from(action as i32)
}

/// Refuses bounds of initial states that are the wrong way round.
pub(super) fn bounds_in_order(owner: &str, low: f64, high: f64) -> Result<(), Error> {
    if low <= high {
        return Ok(());
    }
    let why = format!("must be at most `high`, which is {high}");
    Err(Error::Parameter { owner: owner.into(), name: "low".into(), value: low.to_string(), why })
}

/// A box from minus these bounds to these.
pub(super) fn symmetric(bounds: &[f64]) -> Space {
    let high: Vec<f32> = bounds.iter().map(|&x| x as f32).collect();
    Space::Box { low: high.iter().map(|x| -x).collect(), high }
}

/// A corner of a picture.
pub(super) fn point(x: f64, y: f64) -> [f32; 2] {
    [x as f32, y as f32]
}

/// The nearest number from `low` to `high`; NaN stays.
#[inline(always)]
pub(super) fn clip(x: f64, low: f64, high: f64) -> f64 {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}
