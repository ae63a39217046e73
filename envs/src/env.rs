//! The author's side: one environment with rich types.
//!
//! An author writes a struct and `impl Env`; [`Lanes`](crate::Lanes) lifts it into the flat rows that agents meet.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::{error::Error, rng::Rng, space::Space, spec::Spec, state::State};

/// A Markov decision process, as its author writes it.
///
/// ```
/// use gymkhana_envs::{Env, Rng, Space, Spec, Step};
///
/// /// Two doors; behind the second is a prize.
/// #[derive(Clone, Debug)]
/// struct Doors;
///
/// impl Env for Doors {
///     type Obs = usize;
///     type Act = usize;
///     fn spec(&self) -> Spec {
///         Spec::new("Doors", Space::Discrete(1), Space::Discrete(2))
///     }
///     fn reset(&mut self, _rng: &mut Rng) -> usize {
///         0
///     }
///     fn step(&mut self, action: usize, _rng: &mut Rng) -> Step<usize> {
///         Step::terminated(0, action as f64)
///     }
/// }
/// ```
pub trait Env {
    /// What an agent sees: `usize` (a state's index), `[f32; N]` (features), [`Masked`], or your own [`Encode`].
    type Obs: Encode;
    /// What an agent does: `usize` (a choice), `[f32; M]` (a control), or your own [`Decode`].
    type Act: Decode;

    /// The name, the spaces and the limits. Constant during a run.
    fn spec(&self) -> Spec;

    /// Begins an episode.
    fn reset(&mut self, rng: &mut Rng) -> Self::Obs;

    /// Takes one step. The episode has not ended. A choice is in the action space; a control is finite, but may be beyond
    /// its bounds: the environment clips it.
    fn step(&mut self, action: Self::Act, rng: &mut Rng) -> Step<Self::Obs>;

    /// Everything that the next `step` depends on, for runs that stop and go on: `Some(State::of(&self.fields))`.
    /// Without it an interrupted run goes on at the start of an episode.
    fn state(&self) -> Option<State> {
        None
    }

    /// Puts a state back that [`state`](Self::state) took: `self.fields = state.get()?`.
    ///
    /// # Errors
    /// If it is not a state of this environment.
    fn set_state(&mut self, _state: &State) -> Result<(), Error> {
        Err(Error::State(format!("{} offers none", self.spec().id)))
    }
}

/// What one step gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<O> {
    /// The observation of the state that was reached, also when the episode ends there.
    pub obs: O,
    /// The reward of the step.
    pub reward: f64,
    /// The state that was reached has no future: its value is 0 by definition.
    pub terminated: bool,
    /// The episode was cut off for a reason outside the process: the value of the state reached is *not* 0.
    /// Both may be true, as in Gymnasium; termination then decides the value.
    pub truncated: bool,
}

impl<O> Step<O> {
    /// A step after which the episode goes on.
    #[inline]
    pub fn on(obs: O, reward: f64) -> Self {
        Self { obs, reward, terminated: false, truncated: false }
    }

    /// A step that ends the process.
    #[inline]
    pub fn terminated(obs: O, reward: f64) -> Self {
        Self { obs, reward, terminated: true, truncated: false }
    }
}

/// The two kinds of number that cross between environments and agents: `usize` (indices) and `f32` (features).
pub trait Elem:
    sealed::Sealed + Copy + Default + PartialEq + Send + Sync + Debug + Serialize + DeserializeOwned + 'static
{
    /// "index" or "features".
    const KIND: &'static str;
    /// Whether rows of this kind are how members of `space` lie.
    fn fits(space: &Space) -> bool;
    /// Whether an action may be given to an environment: in its space, or, for controls, finite (environments clip).
    fn is_action(space: &Space, row: &[Self]) -> bool;
    /// Whether an observation may be given to an agent: in its space, or, for features, finite.
    fn is_observation(space: &Space, row: &[Self]) -> bool;
    /// As a real number.
    fn number(self) -> f64;
    /// Whether an observation is in its space, bounds of features included.
    fn is_member(space: &Space, row: &[Self]) -> bool;
    /// A number that is in no action of the space.
    fn outside(space: &Space) -> Option<Self>;
    /// A control beyond all bounds, another one for each `i`; choices have none.
    fn wild(i: usize) -> Option<Self>;
    /// Fills a row with a random action: uniform over choices, uniform within the bounds of a control (±1 where it
    /// has none).
    fn random_action(space: &Space, rng: &mut Rng, row: &mut [Self]);
    /// Whether a mask of legal choices allows an action; controls are not masked.
    fn is_legal(legal: &[bool], row: &[Self]) -> bool;
    /// Whether [`is_action`](Self::is_action) holds of all of several rows, one after the other.
    fn are_actions(space: &Space, rows: &[Self]) -> bool {
        rows.chunks_exact(space.width()).all(|row| Self::is_action(space, row))
    }
    /// From a number as it is recorded; an index is a whole number.
    fn from_number(x: f64) -> Option<Self>;
    /// Fills many rows with random actions. Where there are 2ᵏ choices, a random word is cut into choices of k bits each,
    /// the lowest first: other numbers than [`random_action`](Self::random_action)'s for row after row, and sooner.
    fn random_actions(space: &Space, rng: &mut Rng, rows: &mut [Self]) {
        rows.chunks_exact_mut(space.width()).for_each(|row| Self::random_action(space, rng, row));
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for usize {}
    impl Sealed for f32 {}
}

impl Elem for usize {
    const KIND: &'static str = "index";
    fn fits(space: &Space) -> bool {
        space.is_index()
    }
    #[inline]
    fn is_action(space: &Space, row: &[Self]) -> bool {
        space.contains_indices(row)
    }
    #[inline]
    fn is_observation(space: &Space, row: &[Self]) -> bool {
        space.contains_indices(row)
    }
    fn number(self) -> f64 {
        self as f64
    }
    fn is_member(space: &Space, row: &[Self]) -> bool {
        space.contains_indices(row)
    }
    fn outside(_: &Space) -> Option<Self> {
        Some(Self::MAX)
    }
    fn wild(_: usize) -> Option<Self> {
        None
    }
    #[inline]
    fn are_actions(space: &Space, rows: &[Self]) -> bool {
        match space {
            // All are counted, where stopping at the first that is wrong would be slower.
            Space::Discrete(n) => rows.iter().filter(|x| *x >= n).count() == 0,
            _ => rows.chunks_exact(space.width()).all(|row| space.contains_indices(row)),
        }
    }
    fn from_number(x: f64) -> Option<Self> {
        (x >= 0.0 && x.fract() == 0.0 && x < 9e15).then_some(x as Self)
    }
    #[inline]
    fn random_action(space: &Space, rng: &mut Rng, row: &mut [Self]) {
        match space {
            Space::Discrete(n) => row[0] = rng.below(*n),
            Space::MultiDiscrete(n) => row.iter_mut().zip(n).for_each(|(x, n)| *x = rng.below(*n)),
            Space::MultiBinary(_) => row.iter_mut().for_each(|x| *x = rng.below(2)),
            Space::Box { .. } => unreachable!("controls are features"),
        }
    }
    #[inline]
    fn is_legal(legal: &[bool], row: &[Self]) -> bool {
        legal[row[0]]
    }
    fn random_actions(space: &Space, rng: &mut Rng, rows: &mut [Self]) {
        match space {
            Space::Discrete(n) if n.is_power_of_two() && *n > 1 => {
                let bits = n.trailing_zeros();
                for rows in rows.chunks_mut((u64::BITS / bits) as usize) {
                    let mut word = rng.bits();
                    for x in rows {
                        *x = (word & (*n as u64 - 1)) as Self;
                        word >>= bits;
                    }
                }
            }
            _ => rows.chunks_exact_mut(space.width()).for_each(|row| Self::random_action(space, rng, row)),
        }
    }
}

impl Elem for f32 {
    const KIND: &'static str = "features";
    fn fits(space: &Space) -> bool {
        !space.is_index()
    }
    #[inline]
    fn is_action(_: &Space, row: &[Self]) -> bool {
        row.iter().all(|x| x.is_finite())
    }
    #[inline]
    fn is_observation(_: &Space, row: &[Self]) -> bool {
        row.iter().all(|x| x.is_finite())
    }
    fn number(self) -> f64 {
        self.into()
    }
    fn is_member(space: &Space, row: &[Self]) -> bool {
        space.contains_features(row)
    }
    fn outside(_: &Space) -> Option<Self> {
        Some(Self::NAN)
    }
    fn wild(i: usize) -> Option<Self> {
        Some(if i.is_multiple_of(2) { 1e6 } else { -1e6 })
    }
    #[inline]
    fn are_actions(_: &Space, rows: &[Self]) -> bool {
        rows.iter().filter(|x| !x.is_finite()).count() == 0
    }
    fn from_number(x: f64) -> Option<Self> {
        Some(x as Self)
    }
    fn random_action(space: &Space, rng: &mut Rng, row: &mut [Self]) {
        let Space::Box { low, high } = space else { unreachable!("choices are indices") };
        for ((x, &low), &high) in row.iter_mut().zip(low).zip(high) {
            let (low, high) = (if low.is_finite() { low } else { -1.0 }, if high.is_finite() { high } else { 1.0 });
            *x = rng.uniform(low.into(), high.into()) as f32;
        }
    }
    #[inline]
    fn is_legal(_: &[bool], _: &[Self]) -> bool {
        true
    }
}

/// How an author's observation lies in a row, and, if it has one, its mask of legal actions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an observation",
    note = "use `usize`, `[f32; N]`, `Masked<…>`, or implement `Encode` (three lines)"
)]
pub trait Encode {
    /// The kind of number in the row.
    type Elem: Elem;
    /// Numbers per row, checked against the environment's `Spec` before the first step.
    const WIDTH: usize;
    /// Actions that the observation says are legal or not, as many as the action space has; 0: it says nothing.
    const MASKED: usize = 0;
    /// Writes the row.
    fn encode(&self, row: &mut [Self::Elem]);
    /// Writes which actions are legal; called only if it says.
    fn legal(&self, _mask: &mut [bool]) {}
}

/// How a row becomes an author's action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an action",
    note = "use `usize`, `[f32; N]`, or implement `Decode` (three lines)"
)]
pub trait Decode {
    /// The kind of number in the row.
    type Elem: Elem;
    /// Numbers per row, checked against the environment's `Spec` before the first step.
    const WIDTH: usize;
    /// Reads the row.
    fn decode(row: &[Self::Elem]) -> Self;
}

impl Encode for usize {
    type Elem = usize;
    const WIDTH: usize = 1;
    #[inline]
    fn encode(&self, row: &mut [usize]) {
        row[0] = *self;
    }
}

impl<const N: usize> Encode for [f32; N] {
    type Elem = f32;
    const WIDTH: usize = N;
    #[inline]
    fn encode(&self, row: &mut [f32]) {
        row.copy_from_slice(self);
    }
}

impl Decode for usize {
    type Elem = usize;
    const WIDTH: usize = 1;
    #[inline]
    fn decode(row: &[usize]) -> Self {
        row[0]
    }
}

impl<const N: usize> Decode for [f32; N] {
    type Elem = f32;
    const WIDTH: usize = N;
    #[inline]
    fn decode(row: &[f32]) -> Self {
        row.try_into().expect("a row of the width that was checked")
    }
}

/// An observation with its legal actions among `K`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masked<O, const K: usize> {
    /// The observation itself.
    pub obs: O,
    /// Which actions are legal; at least one is.
    pub legal: [bool; K],
}

impl<O: Encode, const K: usize> Encode for Masked<O, K> {
    type Elem = O::Elem;
    const WIDTH: usize = O::WIDTH;
    const MASKED: usize = K;
    #[inline]
    fn encode(&self, row: &mut [O::Elem]) {
        self.obs.encode(row);
    }
    #[inline]
    fn legal(&self, mask: &mut [bool]) {
        mask.copy_from_slice(&self.legal);
    }
}
