//! `MountainCarContinuous`: the car in its valley, with an engine that can be set to any force.
//!
//! Moore 1990, "Efficient Memory-Based Learning for Robot Control", in the form of Gymnasium's
//! `MountainCarContinuous-v0`:
//!
//! ```text
//! ẋ ← clip(ẋ + 0.0015 clip(a, ±1) − 0.0025 cos 3x, ±0.07)
//! x ← clip(x + ẋ, −1.2, 0.6); at the left end the car stops
//! reward: −0.1 a², and 100 at the flag
//! ```
//!
//! The episode terminates when x ≥ 0.45 and ẋ is at least the goal's.
//!
//! As in Gymnasium
//! 1. The state is kept in `f32`, but for the first of an episode, and so is the arithmetic, but for the cosine. A state
//!    that has a number which is no `f32` is a first one.
//! 2. What the reward charges for is the action before it is clipped.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use super::{
    Dynamics, Moved, Physical,
    mountain_car::{MAX_POSITION, MAX_SPEED, MIN_POSITION, look, observations},
    physical::{bounds_in_order, clip},
};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::Frame,
    rng::Rng,
    space::Space,
    spec::Spec,
    trig::Trig,
};

params! {
    /// What the valley and the car are made of.
    pub struct MountainCarContinuousParams for "MountainCarContinuous-v0" {
        /// how much the engine at its most changes the velocity in a step
        power: f64 = 0.0015, in 0.0..=1.0;
        /// velocity with which the flag has to be passed
        goal_velocity: f64 = 0.0, in -0.07..=0.07;
        /// the initial position is uniform from here …
        low: f64 = -0.6, in -1.2..=0.6;
        /// … to here
        high: f64 = -0.4, in -1.2..=0.6;
        /// steps after which an episode is truncated
        time_limit: u32 = 999, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "MountainCarContinuous-v0",
    family: "classic control",
    about: "swing a weak car out of a valley, with as little force as can be",
    details: "\
Observation: position x and velocity ẋ. Action: the force a, clipped to ±1. Reward: −0.1 a² per step, and 100 at the flag.
Terminates when x ≥ 0.45; truncated after 999 steps.
  ẋ ← clip(ẋ + 0.0015 a − 0.0025 cos 3x, ±0.07)
  x ← clip(x + ẋ, −1.2, 0.6); at the left end the car stops
The same seed gives Gymnasium's first observation.",
    source: "Moore 1990; Gymnasium's MountainCarContinuous-v0",
    params: MountainCarContinuousParams::list,
    check: values::<MountainCarContinuousParams>,
    make: |settings| Ok(MountainCarContinuous::new(typed(settings)?)?.made()),
};

const GRAVITY: f64 = 0.0025;
const GOAL: f64 = 0.45;

/// The environment. Its state: position x and velocity ẋ.
pub type MountainCarContinuous = Physical<MountainCarContinuousDynamics, 2, 2>;

/// How the car moves.
#[derive(Clone, Copy, Debug)]
pub struct MountainCarContinuousDynamics {
    power: f64,
    goal_velocity: f64,
    start: [f64; 2],
    time_limit: u32,
}

impl Dynamics<2, 2> for MountainCarContinuousDynamics {
    type Params = MountainCarContinuousParams;
    type Act = [f32; 1];

    fn new(p: MountainCarContinuousParams) -> Result<Self, Error> {
        p.validate()?;
        bounds_in_order(MountainCarContinuousParams::OWNER, p.low, p.high)?;
        let MountainCarContinuousParams { power, goal_velocity, low, high, time_limit } = p;
        Ok(Self { power, goal_velocity, start: [low, high], time_limit })
    }

    fn spec(&self) -> Spec {
        Spec::new(MountainCarContinuousParams::OWNER, observations(), Space::cube(1, -1.0, 1.0))
            .time_limit(self.time_limit)
            .reward_threshold(90.0)
    }

    fn begin(&self, rng: &mut Rng) -> [f64; 2] {
        [rng.uniform(self.start[0], self.start[1]), 0.0]
    }

    #[inline(always)]
    fn drive(&self, [action]: [f32; 1]) -> f64 {
        f64::from(action)
    }

    /// NumPy's rules: an `f32` and a plain number make an `f32`, a clipped action is a plain number.
    #[inline(always)]
    fn advance<T: Trig>(&self, [x, x_dot]: [f64; 2], action: f64) -> Moved<2> {
        let first = (narrow(x) != x) | (narrow(x_dot) != x_dot);
        let kept = |number: f64| if first { number } else { narrow(number) };
        let pull = GRAVITY * T::sin_cos(kept(3.0 * x)).1;
        let force = clip(action, -1.0, 1.0);
        let push = narrow(narrow(force * narrow(self.power)) - narrow(pull));
        let push = if force == action { push } else { force * self.power - pull };
        let x_dot = clip(kept(x_dot + kept(push)), kept(-MAX_SPEED), kept(MAX_SPEED));
        let left = kept(MIN_POSITION);
        let x = clip(kept(x + x_dot), left, kept(MAX_POSITION));
        let x_dot = if x == left && x_dot < 0.0 { 0.0 } else { x_dot };
        let terminated = x >= kept(GOAL) && x_dot >= kept(self.goal_velocity);
        let prize = if terminated { 100.0 } else { 0.0 };
        Moved { state: [narrow(x), narrow(x_dot)], reward: prize - action * action * 0.1, terminated }
    }

    #[inline(always)]
    fn observe<T: Trig>(&self, state: [f64; 2]) -> [f32; 2] {
        state.map(|x| x as f32)
    }

    fn frame(&self, state: [f64; 2], _: Option<f64>) -> Frame {
        look(state, GOAL)
    }
}

/// Rounded to an `f32`. One operation of `f64` on numbers of `f32` rounded so is that operation of `f32`.
#[inline(always)]
fn narrow(x: f64) -> f64 {
    f64::from(x as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env::Env, state::State};

    #[test]
    fn seed_0_begins_as_gymnasiums_does_and_goes_on_in_f32() {
        let mut env = MountainCarContinuous::default();
        env.reset(&mut Rng::new(0));
        assert_eq!(env.physical_state(), [-0.472_607_662_535_709_2, 0.0]);
        let step = env.step([1.3], &mut Rng::new(0));
        assert_eq!(env.physical_state(), [-0.471_488_595_008_850_1, 0.001_119_056_483_730_673_8]);
        assert_eq!(step.reward, -0.168_999_987_602_234_11);
        env.step([1.3], &mut Rng::new(0));
        assert_eq!(env.physical_state(), [-0.469_258_785_247_802_73, 0.002_229_820_005_595_684]);
    }

    #[test]
    fn the_flag_is_worth_100_less_the_force() {
        let mut env = MountainCarContinuous::default();
        env.set_state(&State::of(&[0.42_f64, 0.05])).unwrap();
        let step = env.step([0.5], &mut Rng::new(0));
        assert_eq!((step.reward, step.terminated), (99.975, true));
    }
}
