//! Pendulum: swing it up and hold it there, with a torque that is too weak to lift it at once.
//!
//! A rod of mass m and length l, in the form and with the constants of Gymnasium's `Pendulum-v1`; θ = 0 is upright:
//!
//! ```text
//! θ̇ ← clip(θ̇ + (3g / 2l · sin θ + 3 / ml² · u) Δt, ±8)
//! θ ← θ + θ̇ Δt
//! reward: −(θ² + 0.1 θ̇² + 0.001 u²), of the state before, θ less whole turns
//! ```
//!
//! No episode terminates.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use std::f64::consts::{PI, TAU};

use super::{
    Dynamics, Moved, Physical,
    physical::{clip, point, symmetric},
};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::{Params, above_to},
    render::{Frame, Picture, Shape, Text, palette},
    rng::Rng,
    space::Space,
    spec::Spec,
    trig::{Trig, sin_cos},
};

params! {
    /// What the pendulum is made of.
    pub struct PendulumParams for "Pendulum-v1" {
        /// gravity, m/s²
        g: f64 = 10.0, in 0.0..=1000.0;
        /// mass of the rod m, kg
        m: f64 = 1.0, in above_to(0.0, 1e6);
        /// length of the rod l, m
        l: f64 = 1.0, in 1e-3..=1e6;
        /// seconds per step Δt
        dt: f64 = 0.05, in above_to(0.0, 1.0);
        /// the initial angle is uniform within ± this, rad
        x_init: f64 = PI, in 0.0..=1e6;
        /// the initial angular velocity is uniform within ± this, rad/s
        y_init: f64 = 1.0, in 0.0..=1e6;
        /// steps after which an episode is truncated
        time_limit: u32 = 200, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Pendulum-v1",
    family: "classic control",
    about: "swing a pendulum up and hold it there",
    details: "\
Observation: cos θ, sin θ, angular velocity θ̇ (rad/s). Action: the torque u (N m), clipped to ±2.
Reward: −(θ² + 0.1 θ̇² + 0.001 u²), θ within ±π, 0 upright. Never terminates; truncated after 200 steps.
  θ̇ ← clip(θ̇ + (3g / 2l · sin θ + 3 / ml² · u) Δt, ±8)
  θ ← θ + θ̇ Δt
Steps of 0.05 s. The same seed gives Gymnasium's first observation.",
    source: "Gymnasium's Pendulum-v1",
    params: PendulumParams::list,
    check: values::<PendulumParams>,
    make: |settings| Ok(Pendulum::new(typed(settings)?)?.made()),
};

/// rad/s
const MAX_SPEED: f64 = 8.0;
/// N m
const MAX_TORQUE: f32 = 2.0;

/// The environment. Its state: angle θ (rad, not less whole turns) and angular velocity θ̇ (rad/s).
pub type Pendulum = Physical<PendulumDynamics, 2, 3>;

/// How the pendulum moves.
#[derive(Clone, Copy, Debug)]
pub struct PendulumDynamics {
    /// 3g / 2l
    fall: f64,
    /// 3 / ml²
    lift: f32,
    dt: f64,
    start: [f64; 2],
    time_limit: u32,
}

impl Dynamics<2, 3> for PendulumDynamics {
    type Params = PendulumParams;
    type Act = [f32; 1];

    fn new(p: PendulumParams) -> Result<Self, Error> {
        p.validate()?;
        let PendulumParams { g, m, l, dt, x_init, y_init, time_limit } = p;
        let lift = 3.0 / (m * (l * l));
        if lift > 1e12 {
            let why = "so light a rod would be thrown about: m l² must be at least 3e-12";
            let value = m.to_string();
            return Err(Error::Parameter {
                owner: PendulumParams::OWNER.into(),
                name: "m".into(),
                value,
                why: why.into(),
            });
        }
        Ok(Self { fall: 3.0 * g / (2.0 * l), lift: lift as f32, dt, start: [x_init, y_init], time_limit })
    }

    fn spec(&self) -> Spec {
        let torque = Space::cube(1, -MAX_TORQUE, MAX_TORQUE);
        Spec::new(PendulumParams::OWNER, symmetric(&[1.0, 1.0, MAX_SPEED]), torque).time_limit(self.time_limit)
    }

    fn begin(&self, rng: &mut Rng) -> [f64; 2] {
        self.start.map(|bound| rng.uniform(-bound, bound))
    }

    #[inline(always)]
    fn drive(&self, [torque]: [f32; 1]) -> f64 {
        f64::from(torque.clamp(-MAX_TORQUE, MAX_TORQUE))
    }

    /// NumPy's rules: a torque is an `f32`, and so is what is made of it and of plain numbers.
    #[inline(always)]
    fn advance<T: Trig>(&self, [theta, theta_dot]: [f64; 2], torque: f64) -> Moved<2> {
        let (angle, torque) = (normalized::<T>(theta), torque as f32);
        let cost = angle * angle + 0.1 * (theta_dot * theta_dot) + f64::from(0.001 * (torque * torque));
        let (sin, _) = T::sin_cos(theta);
        let speed = theta_dot + (self.fall * sin + f64::from(self.lift * torque)) * self.dt;
        let speed = clip(speed, -MAX_SPEED, MAX_SPEED);
        Moved { state: [theta + speed * self.dt, speed], reward: -cost, terminated: false }
    }

    #[inline(always)]
    fn observe<T: Trig>(&self, [theta, theta_dot]: [f64; 2]) -> [f32; 3] {
        let (sin, cos) = T::sin_cos(theta);
        [cos as f32, sin as f32, theta_dot as f32]
    }

    fn frame(&self, [theta, theta_dot]: [f64; 2], torque: Option<f64>) -> Frame {
        let torque_text = torque.map_or_else(String::new, |torque| format!("   u {torque:+.2} N m"));
        let text = format!("θ {:+.1}°   θ̇ {theta_dot:+.3} rad/s{torque_text}", theta.to_degrees());
        Frame { text: Some(Text::line(text)), picture: Some(picture(theta, torque)) }
    }
}

/// ((θ + π) mod 2π) − π, rounded where Gymnasium rounds: a reward near 0 shows it.
#[inline(always)]
fn normalized<T: Trig>(theta: f64) -> f64 {
    let turned = T::within_turn(theta + PI);
    (if turned < 0.0 { turned + TAU } else { turned }) - PI
}

/// The rod, and the torque as an arrow round the axle; positive is anticlockwise.
fn picture(theta: f64, torque: Option<f64>) -> Picture {
    const AXLE: [f64; 2] = [300.0, 200.0];
    const ROD: f64 = 150.0;
    let on_circle = |radius: f64, angle: f64| {
        let (sin, cos) = sin_cos(angle);
        point(AXLE[0] - radius * sin, AXLE[1] - radius * cos)
    };
    let line = |points, width, colour| Shape::Line { points, width, colour };
    let rod = vec![on_circle(0.0, 0.0), on_circle(ROD, theta)];
    let mut picture = Picture::new(600, 400).with(line(rod, 30.0, palette::BLUE));
    if let Some(torque) = torque.filter(|&torque| torque != 0.0) {
        // An arc from the top on, longer for more, and its head.
        let end = torque / f64::from(MAX_TORQUE) * 0.75 * PI;
        let arc = (0..=24).map(|i| on_circle(45.0, end * f64::from(i) / 24.0)).collect();
        let ahead = end + 0.3 * torque.signum();
        let head = vec![on_circle(37.0, end), on_circle(53.0, end), on_circle(45.0, ahead)];
        picture =
            picture.with(line(arc, 4.0, palette::YELLOW)).with(Shape::Polygon { points: head, fill: palette::YELLOW });
    }
    picture.with(Shape::Circle { centre: on_circle(0.0, 0.0), radius: 4.0, fill: palette::BLACK })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env::Env, render::Render, state::State};

    #[test]
    fn seed_0_begins_and_moves_as_gymnasiums_does() {
        let mut env = Pendulum::default();
        let seen = env.reset(&mut Rng::new(0));
        assert_eq!(env.physical_state(), [0.860_555_661_424_686_3, -0.460_426_572_472_259_4]);
        assert_eq!(seen, [0.652_016_3, 0.758_205, -0.460_426_57]);
        let step = env.step([0.547_846_73], &mut Rng::new(0));
        let expected = [0.870_075_869_919_019_2, 0.190_404_169_886_658_65];
        assert!(env.physical_state().iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-15));
        assert!((step.reward + 0.762_055_445_319_487_4).abs() < 1e-15 && !step.terminated);
    }

    #[test]
    fn torque_and_speed_are_clipped() {
        let mut env = Pendulum::default();
        let mut after = |torque| {
            env.set_state(&State::of(&[0.0_f64, 7.9])).unwrap();
            (env.step([torque], &mut Rng::new(0)).reward, env.physical_state()[1])
        };
        assert_eq!(after(2.0), after(50.0));
        assert_eq!(after(2.0).1, 8.0);
        assert!((after(2.0).0 + (0.1 * 7.9 * 7.9 + 0.004)).abs() < 1e-9);
    }

    #[test]
    fn a_turn_costs_nothing() {
        let mut env = Pendulum::default();
        env.set_state(&State::of(&[4.0 * PI, 0.0])).unwrap();
        assert!(env.step([0.0], &mut Rng::new(0)).reward > -1e-20);
    }

    #[test]
    fn the_arrow_is_there_when_the_torque_is_known() {
        let mut env = Pendulum::default();
        env.set_state(&State::of(&[0.0_f64, 0.0])).unwrap();
        assert_eq!(env.frame().picture.unwrap().shapes.len(), 2);
        env.step([1.0], &mut Rng::new(0));
        let Frame { text: Some(text), picture: Some(picture) } = env.frame() else { panic!("both") };
        assert_eq!((text.plain().as_str(), picture.shapes.len()), ("θ +0.4°   θ̇ +0.150 rad/s   u +1.00 N m", 4));
    }
}
