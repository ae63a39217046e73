//! MountainCar: a car in a valley, too weak to drive up: it has to swing.
//!
//! Moore 1990, "Efficient Memory-Based Learning for Robot Control", in the form of Sutton & Barto 2018, example 10.1,
//! and Gymnasium's `MountainCar-v0`:
//!
//! ```text
//! ẋ ← clip(ẋ + f (a − 1) − g cos 3x, ±0.07)
//! x ← clip(x + ẋ, −1.2, 0.6); at the left end the car stops
//! ```
//!
//! The episode terminates when x ≥ 0.5 and ẋ is at least the goal's.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use super::{
    Dynamics, Moved, Physical,
    physical::{bounds_in_order, choice, clip, point},
};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::{Frame, Picture, Shape, Text, palette},
    rng::Rng,
    space::Space,
    spec::Spec,
    trig::{Trig, sin_cos},
};

params! {
    /// What the valley and the car are made of.
    pub struct MountainCarParams for "MountainCar-v0" {
        /// how much the engine changes the velocity in a step f
        force: f64 = 0.001, in 0.0..=1.0;
        /// how much the slope changes it g
        gravity: f64 = 0.0025, in 0.0..=1.0;
        /// velocity with which the flag has to be passed
        goal_velocity: f64 = 0.0, in -0.07..=0.07;
        /// the initial position is uniform from here …
        low: f64 = -0.6, in -1.2..=0.6;
        /// … to here
        high: f64 = -0.4, in -1.2..=0.6;
        /// steps after which an episode is truncated
        time_limit: u32 = 200, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "MountainCar-v0",
    family: "classic control",
    about: "swing a weak car out of a valley",
    details: "\
Observation: position x and velocity ẋ. Actions: 0 drives left, 1 rolls, 2 drives right. Reward: −1 per step.
Terminates when x ≥ 0.5; truncated after 200 steps.
  ẋ ← clip(ẋ + f (a − 1) − g cos 3x, ±0.07)
  x ← clip(x + ẋ, −1.2, 0.6); at the left end the car stops
The same seed gives Gymnasium's first observation.",
    source: "Moore 1990; Sutton & Barto 2018, example 10.1; Gymnasium's MountainCar-v0",
    params: MountainCarParams::list,
    check: values::<MountainCarParams>,
    make: |settings| Ok(MountainCar::new(typed(settings)?)?.made().with_actions(&["left", "roll", "right"])),
};

pub(super) const MIN_POSITION: f64 = -1.2;
pub(super) const MAX_POSITION: f64 = 0.6;
pub(super) const MAX_SPEED: f64 = 0.07;
const GOAL: f64 = 0.5;

/// The environment. Its state: position x and velocity ẋ.
pub type MountainCar = Physical<MountainCarDynamics, 2, 2>;

/// How the car moves.
#[derive(Clone, Copy, Debug)]
pub struct MountainCarDynamics {
    force: f64,
    gravity: f64,
    goal_velocity: f64,
    start: [f64; 2],
    /// −1; as a constant in the formula it keeps LLVM from vectorising the loop over columns
    reward: f64,
    time_limit: u32,
}

impl Dynamics<2, 2> for MountainCarDynamics {
    type Params = MountainCarParams;
    type Act = usize;

    fn new(p: MountainCarParams) -> Result<Self, Error> {
        p.validate()?;
        bounds_in_order(MountainCarParams::OWNER, p.low, p.high)?;
        let MountainCarParams { force, gravity, goal_velocity, low, high, time_limit } = p;
        Ok(Self { force, gravity, goal_velocity, start: [low, high], reward: -1.0, time_limit })
    }

    fn spec(&self) -> Spec {
        Spec::new(MountainCarParams::OWNER, observations(), Space::Discrete(3))
            .time_limit(self.time_limit)
            .reward_threshold(-110.0)
    }

    fn begin(&self, rng: &mut Rng) -> [f64; 2] {
        [rng.uniform(self.start[0], self.start[1]), 0.0]
    }

    #[inline(always)]
    fn drive(&self, action: usize) -> f64 {
        (choice(action) - 1.0) * self.force
    }

    #[inline(always)]
    fn advance<T: Trig>(&self, [x, x_dot]: [f64; 2], push: f64) -> Moved<2> {
        let (_, cos) = T::sin_cos(3.0 * x);
        let x_dot = clip(x_dot + (push + cos * -self.gravity), -MAX_SPEED, MAX_SPEED);
        let x = clip(x + x_dot, MIN_POSITION, MAX_POSITION);
        let x_dot = if x == MIN_POSITION && x_dot < 0.0 { 0.0 } else { x_dot };
        Moved { state: [x, x_dot], reward: self.reward, terminated: x >= GOAL && x_dot >= self.goal_velocity }
    }

    #[inline(always)]
    fn observe<T: Trig>(&self, state: [f64; 2]) -> [f32; 2] {
        state.map(|x| x as f32)
    }

    fn frame(&self, state: [f64; 2], _: Option<f64>) -> Frame {
        look(state, GOAL)
    }
}

/// Where both cars are seen.
pub(super) fn observations() -> Space {
    let (low, high) = ([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]);
    Space::Box { low: low.map(|x| x as f32).into(), high: high.map(|x| x as f32).into() }
}

/// The car on its hill and the flag.
pub(super) fn look([x, x_dot]: [f64; 2], goal: f64) -> Frame {
    const SCALE: f64 = 600.0 / (MAX_POSITION - MIN_POSITION);
    let across = |x: f64| (x - MIN_POSITION) * SCALE;
    let down = |x: f64| 400.0 - SCALE * (0.45 * sin_cos(3.0 * x).0 + 0.55);
    let hill: Vec<_> =
        (0..=90).map(|i| MIN_POSITION + f64::from(i) * 0.02).map(|x| point(across(x), down(x))).collect();
    // A car stands across the slope, whose angle is that of the tangent.
    let (sin, cos) = {
        let slope = 1.35 * sin_cos(3.0 * x).1;
        let length = (1.0 + slope * slope).sqrt();
        (slope / length, 1.0 / length)
    };
    let car = |along: f64, up: f64| point(across(x) + along * cos - up * sin, down(x) - along * sin - up * cos);
    let wheel = |along: f64| Shape::Circle { centre: car(along, 8.0), radius: 8.0, fill: palette::GREY };
    let (pole, top) = (across(goal), down(goal) - 50.0);
    let flag = vec![point(pole, top), point(pole, top + 10.0), point(pole + 25.0, top + 5.0)];
    let line = |points, width| Shape::Line { points, width, colour: palette::BLACK };
    let picture = Picture::new(600, 400)
        .with(line(hill, 2.0))
        .with(line(vec![point(pole, down(goal)), point(pole, top)], 2.0))
        .with(Shape::Polygon { points: flag, fill: palette::GREEN })
        .with(Shape::Polygon {
            points: vec![car(-20.0, 10.0), car(20.0, 10.0), car(20.0, 30.0), car(-20.0, 30.0)],
            fill: palette::BLUE,
        })
        .with(wheel(-10.0))
        .with(wheel(10.0));
    Frame { text: Some(Text::line(format!("x {x:+.4}   ẋ {x_dot:+.5} per step"))), picture: Some(picture) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        env::{Env, Step},
        render::Render,
        state::State,
    };

    fn step(state: [f64; 2], action: usize) -> (Step<[f32; 2]>, [f64; 2]) {
        let mut env = MountainCar::default();
        env.set_state(&State::of(&state)).unwrap();
        (env.step(action, &mut Rng::new(0)), env.physical_state())
    }

    #[test]
    fn seed_0_begins_as_gymnasiums_does_and_drives_right() {
        let mut env = MountainCar::default();
        env.reset(&mut Rng::new(0));
        assert_eq!(env.physical_state(), [-0.472_607_662_535_709_2, 0.0]);
        let step = env.step(2, &mut Rng::new(0));
        assert_eq!(env.physical_state(), [-0.471_988_606_084_118_36, 0.000_619_056_451_590_817_9]);
        assert_eq!((step.reward, step.terminated), (-1.0, false));
    }

    #[test]
    fn the_wall_stops_and_the_flag_ends() {
        assert_eq!(step([-1.19, -0.07], 0).1, [-1.2, 0.0]);
        assert_eq!(step([0.58, 0.069], 2).1, [0.6, 0.07]);
        assert!(step([0.45, 0.07], 2).0.terminated && !step([0.4, 0.05], 2).0.terminated);
        let params = MountainCarParams { goal_velocity: 0.07, ..MountainCarParams::default() };
        let mut slow = MountainCar::new(params).unwrap();
        slow.set_state(&State::of(&[0.49_f64, 0.03])).unwrap();
        assert!(!slow.step(2, &mut Rng::new(0)).terminated, "past the flag, but too slow");
    }

    #[test]
    fn the_bottom_of_the_valley_is_level() {
        let mut env = MountainCar::default();
        env.set_state(&State::of(&[-std::f64::consts::FRAC_PI_6, 0.01])).unwrap();
        let Frame { text: Some(text), picture: Some(picture) } = env.frame() else { panic!("both") };
        assert_eq!(text.plain(), "x -0.5236   ẋ +0.01000 per step");
        let Shape::Polygon { points, .. } = &picture.shapes[3] else { panic!("the car") };
        assert!((points[0][1] - points[1][1]).abs() < 1e-3 && points[3][1] < points[0][1]);
    }
}
