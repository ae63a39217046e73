//! Acrobot: two links that hang from a fixed joint, to be swung up by a torque at the joint between them.
//!
//! Sutton 1996, "Generalization in Reinforcement Learning: Successful Examples Using Sparse Coarse Coding", with the
//! equations of Sutton & Barto's book, in the form and with the constants of Gymnasium's `Acrobot-v1`; θ₁ = 0 hangs down,
//! θ₂ is relative to the first link:
//!
//! ```text
//! θ̈₂ = (τ + d₂/d₁ φ₁ − m₂ l₁ lc₂ θ̇₁² sin θ₂ − φ₂) / (m₂ lc₂² + I − d₂²/d₁)
//! θ̈₁ = −(d₂ θ̈₂ + φ₁) / d₁
//! d₁ = m₁ lc₁² + m₂ (l₁² + lc₂² + 2 l₁ lc₂ cos θ₂) + 2I        d₂ = m₂ (lc₂² + l₁ lc₂ cos θ₂) + I
//! φ₂ = m₂ lc₂ g cos(θ₁ + θ₂ − π/2)
//! φ₁ = −m₂ l₁ lc₂ θ̇₂² sin θ₂ − 2 m₂ l₁ lc₂ θ̇₂ θ̇₁ sin θ₂ + (m₁ lc₁ + m₂ l₁) g cos(θ₁ − π/2) + φ₂
//! ```
//!
//! integrated by one Runge–Kutta step of fourth order. The episode terminates when −cos θ₁ − cos(θ₂ + θ₁) > 1.
//!
//! Deviations
//! 1. Whole turns are taken off to the nearest and at once, where Gymnasium takes them off one by one: the same but for
//!    rounding.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use std::f64::consts::{FRAC_PI_2, PI};

use super::{
    Dynamics, Moved, Physical,
    physical::{bounds_in_order, choice, clip, point, symmetric},
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
    /// What the links are made of.
    pub struct AcrobotParams for "Acrobot-v1" {
        /// gravity g, m/s²
        gravity: f64 = 9.8, in 0.0..=100.0;
        /// length of the first link l₁, m; the second is as long
        link_length: f64 = 1.0, in above_to(0.0, 100.0);
        /// mass of the first link m₁, kg
        link_mass_1: f64 = 1.0, in above_to(0.0, 100.0);
        /// mass of the second link m₂, kg
        link_mass_2: f64 = 1.0, in above_to(0.0, 100.0);
        /// from the joint to the centre of mass of the first link lc₁, m
        link_com_pos_1: f64 = 0.5, in above_to(0.0, 100.0);
        /// from the joint to the centre of mass of the second link lc₂, m
        link_com_pos_2: f64 = 0.5, in above_to(0.0, 100.0);
        /// moment of inertia of each link I, kg m²
        link_moi: f64 = 1.0, in 0.01..=100.0;
        /// size of the torque, N m
        torque: f64 = 1.0, in 0.0..=100.0;
        /// the torque is changed at each step by a number uniform within ± this, N m
        torque_noise_max: f64 = 0.0, in 0.0..=100.0;
        /// |θ̇₁| at most, rad/s
        max_vel_1: f64 = 4.0 * PI, in above_to(0.0, 1000.0);
        /// |θ̇₂| at most, rad/s
        max_vel_2: f64 = 9.0 * PI, in above_to(0.0, 1000.0);
        /// the equations of Sutton & Barto's book, or those of the paper, which lack a term: `book` or `nips`
        book_or_nips: String = "book".into(), in ..;
        /// seconds per step
        dt: f64 = 0.2, in above_to(0.0, 1.0);
        /// the four numbers of the initial state are uniform from here …
        low: f64 = -0.1, in -10.0..=10.0;
        /// … to here
        high: f64 = 0.1, in -10.0..=10.0;
        /// steps after which an episode is truncated
        time_limit: u32 = 500, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Acrobot-v1",
    family: "classic control",
    about: "swing two links up by the joint between them",
    details: "\
Observation: cos θ₁, sin θ₁, cos θ₂, sin θ₂, angular velocities θ̇₁ and θ̇₂ (rad/s). Actions: torque of −1, 0 or 1 N m on
the joint between the links. Reward: −1 per step, 0 for the last. Terminates when the free end is a link's length above the
fixed joint, −cos θ₁ − cos(θ₂ + θ₁) > 1; truncated after 500 steps.
One Runge–Kutta step of 0.2 s of the equations in Sutton & Barto's book. The same seed gives Gymnasium's first observation.",
    source: "Sutton 1996; Gymnasium's Acrobot-v1",
    params: AcrobotParams::list,
    check: values::<AcrobotParams>,
    make: |settings| Ok(Acrobot::new(typed(settings)?)?.made().with_actions(&["left", "none", "right"])),
};

/// The environment. Its state: angles θ₁ and θ₂ (rad, in [−π, π]), angular velocities θ̇₁ and θ̇₂ (rad/s).
pub type Acrobot = Physical<AcrobotDynamics, 4, 6>;

/// How the links move.
#[derive(Clone, Copy, Debug)]
pub struct AcrobotDynamics {
    gravity: f64,
    length: f64,
    mass: [f64; 2],
    centre: [f64; 2],
    inertia: f64,
    torque: f64,
    noise: f64,
    max_speed: [f64; 2],
    /// whether the equations are the paper's
    paper: bool,
    dt: f64,
    start: [f64; 2],
    time_limit: u32,
}

impl Dynamics<4, 6> for AcrobotDynamics {
    type Params = AcrobotParams;
    type Act = usize;

    fn new(p: AcrobotParams) -> Result<Self, Error> {
        p.validate()?;
        bounds_in_order(AcrobotParams::OWNER, p.low, p.high)?;
        let paper = match p.book_or_nips.as_str() {
            "book" => false,
            "nips" => true,
            other => {
                let (owner, name) = (AcrobotParams::OWNER.into(), "book_or_nips".into());
                return Err(Error::Parameter { owner, name, value: other.into(), why: "must be book or nips".into() });
            }
        };
        Ok(Self {
            gravity: p.gravity,
            length: p.link_length,
            mass: [p.link_mass_1, p.link_mass_2],
            centre: [p.link_com_pos_1, p.link_com_pos_2],
            inertia: p.link_moi,
            torque: p.torque,
            noise: p.torque_noise_max,
            max_speed: [p.max_vel_1, p.max_vel_2],
            paper,
            dt: p.dt,
            start: [p.low, p.high],
            time_limit: p.time_limit,
        })
    }

    fn spec(&self) -> Spec {
        let [first, second] = self.max_speed;
        let observations = symmetric(&[1.0, 1.0, 1.0, 1.0, first, second]);
        Spec::new(AcrobotParams::OWNER, observations, Space::Discrete(3))
            .time_limit(self.time_limit)
            .reward_threshold(-100.0)
    }

    /// Rounded to f32, as Gymnasium's first states are.
    fn begin(&self, rng: &mut Rng) -> [f64; 4] {
        std::array::from_fn(|_| f64::from(rng.uniform(self.start[0], self.start[1]) as f32))
    }

    #[inline(always)]
    fn drive(&self, action: usize) -> f64 {
        (choice(action) - 1.0) * self.torque
    }

    fn noise(&self) -> f64 {
        self.noise
    }

    #[inline(always)]
    fn advance<T: Trig>(&self, state: [f64; 4], torque: f64) -> Moved<4> {
        let go = |by: f64, slope: [f64; 4]| std::array::from_fn(|i| state[i] + by * slope[i]);
        let k1 = self.slope::<T>(state, torque);
        let k2 = self.slope::<T>(go(self.dt / 2.0, k1), torque);
        let k3 = self.slope::<T>(go(self.dt / 2.0, k2), torque);
        let k4 = self.slope::<T>(go(self.dt, k3), torque);
        let slope = std::array::from_fn(|i| k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        let [theta1, theta2, speed1, speed2] = go(self.dt / 6.0, slope);
        let (theta1, theta2) = (T::within_turn(theta1), T::within_turn(theta2));
        let [max1, max2] = self.max_speed;
        let height = -T::sin_cos(theta1).1 - T::sin_cos(theta2 + theta1).1;
        let up = height > 1.0;
        Moved {
            state: [theta1, theta2, clip(speed1, -max1, max1), clip(speed2, -max2, max2)],
            reward: if up { 0.0 } else { -1.0 },
            terminated: up,
        }
    }

    #[inline(always)]
    fn observe<T: Trig>(&self, [theta1, theta2, speed1, speed2]: [f64; 4]) -> [f32; 6] {
        let ((sin1, cos1), (sin2, cos2)) = (T::sin_cos(theta1), T::sin_cos(theta2));
        [cos1, sin1, cos2, sin2, speed1, speed2].map(|x| x as f32)
    }

    fn frame(&self, [theta1, theta2, speed1, speed2]: [f64; 4], _: Option<f64>) -> Frame {
        let (degrees1, degrees2) = (theta1.to_degrees(), theta2.to_degrees());
        let text = format!("θ₁ {degrees1:+.1}°   θ₂ {degrees2:+.1}°   θ̇₁ {speed1:+.3} rad/s   θ̇₂ {speed2:+.3} rad/s");
        Frame { text: Some(Text::line(text)), picture: Some(picture(theta1, theta2)) }
    }
}

impl AcrobotDynamics {
    /// θ̇₁, θ̇₂, θ̈₁, θ̈₂, in Gymnasium's order of operations.
    #[inline(always)]
    fn slope<T: Trig>(&self, [theta1, theta2, speed1, speed2]: [f64; 4], torque: f64) -> [f64; 4] {
        let Self { gravity: g, length: l1, inertia, mass: [m1, m2], centre: [lc1, lc2], .. } = *self;
        let (sin2, cos2) = T::sin_cos(theta2);
        let d1 = m1 * (lc1 * lc1) + m2 * (l1 * l1 + lc2 * lc2 + 2.0 * l1 * lc2 * cos2) + inertia + inertia;
        let d2 = m2 * (lc2 * lc2 + l1 * lc2 * cos2) + inertia;
        let phi2 = m2 * lc2 * g * T::sin_cos(theta1 + theta2 - FRAC_PI_2).1;
        let phi1 = -m2 * l1 * lc2 * (speed2 * speed2) * sin2 - 2.0 * m2 * l1 * lc2 * speed2 * speed1 * sin2
            + (m1 * lc1 + m2 * l1) * g * T::sin_cos(theta1 - FRAC_PI_2).1
            + phi2;
        let term = if self.paper { 0.0 } else { m2 * l1 * lc2 * (speed1 * speed1) * sin2 };
        let acc2 = (torque + d2 / d1 * phi1 - term - phi2) / (m2 * (lc2 * lc2) + inertia - d2 * d2 / d1);
        let acc1 = -(d2 * acc2 + phi1) / d1;
        [speed1, speed2, acc1, acc2]
    }
}

/// The links with their joints, and the line that the free end has to pass.
fn picture(theta1: f64, theta2: f64) -> Picture {
    const LINK: f64 = 90.0;
    const JOINT: [f64; 2] = [300.0, 200.0];
    let (sin1, cos1) = sin_cos(theta1);
    let (sin2, cos2) = sin_cos(theta1 + theta2);
    let middle = [JOINT[0] + LINK * sin1, JOINT[1] + LINK * cos1];
    let end = [middle[0] + LINK * sin2, middle[1] + LINK * cos2];
    let line = |a: [f64; 2], b: [f64; 2], width, colour| {
        let points = vec![point(a[0], a[1]), point(b[0], b[1])];
        Shape::Line { points, width, colour }
    };
    let joint = |[x, y]: [f64; 2]| Shape::Circle { centre: point(x, y), radius: 8.0, fill: palette::YELLOW };
    let height = JOINT[1] - LINK;
    Picture::new(600, 400)
        .with(line([0.0, height], [600.0, height], 2.0, palette::GREEN))
        .with(line(JOINT, middle, 16.0, palette::BLUE))
        .with(line(middle, end, 16.0, palette::BLUE))
        .with(joint(JOINT))
        .with(joint(middle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env::Env, render::Render, state::State};

    fn acrobot(params: AcrobotParams) -> Acrobot {
        Acrobot::new(params).unwrap()
    }

    #[test]
    fn seed_0_begins_and_moves_as_gymnasiums_does() {
        let mut env = Acrobot::default();
        env.reset(&mut Rng::new(0));
        let start = env.physical_state();
        assert_eq!(start[..2], [0.027_392_337_098_717_69, -0.046_042_658_388_614_655]);
        let step = env.step(2, &mut Rng::new(0));
        let expected = [
            -0.007_764_280_106_326_814,
            -0.023_741_061_975_474_823,
            -0.251_696_765_110_917_65,
            0.310_007_186_936_876_2,
        ];
        assert!(env.physical_state().iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-14));
        assert_eq!((step.reward, step.terminated), (-1.0, false));
    }

    #[test]
    fn the_free_end_above_the_line_ends_with_reward_0() {
        let mut env = Acrobot::default();
        env.set_state(&State::of(&[3.0_f64, 0.0, 0.0, 0.0])).unwrap();
        let step = env.step(1, &mut Rng::new(0));
        assert_eq!((step.reward, step.terminated), (0.0, true));
    }

    #[test]
    fn angles_are_wrapped_and_speeds_bounded() {
        let mut env = Acrobot::default();
        env.set_state(&State::of(&[3.0_f64, -3.0, 12.0, -28.0])).unwrap();
        env.step(0, &mut Rng::new(0));
        let [theta1, theta2, speed1, speed2] = env.physical_state();
        assert!(theta1.abs() <= PI && theta2.abs() <= PI && speed1.abs() <= 4.0 * PI && speed2.abs() <= 9.0 * PI);
    }

    #[test]
    fn noise_draws_and_the_papers_equations_differ() {
        let after = |params: AcrobotParams| {
            let mut env = acrobot(params);
            env.set_state(&State::of(&[0.5_f64, 0.5, 1.0, 0.0])).unwrap();
            env.step(1, &mut Rng::new(0));
            env.physical_state()
        };
        let plain = after(AcrobotParams::default());
        assert_ne!(after(AcrobotParams { torque_noise_max: 1.0, ..AcrobotParams::default() }), plain);
        assert_ne!(after(AcrobotParams { book_or_nips: "nips".into(), ..AcrobotParams::default() }), plain);
        let error =
            Acrobot::new(AcrobotParams { book_or_nips: "blog".into(), ..AcrobotParams::default() }).unwrap_err();
        assert_eq!(error.to_string(), "Acrobot-v1: `book_or_nips=blog`: must be book or nips");
    }

    #[test]
    fn hanging_links_point_down() {
        let env = Acrobot::default();
        let Frame { text: Some(text), picture: Some(picture) } = env.frame() else { panic!("both") };
        assert_eq!(text.plain(), "θ₁ +0.0°   θ₂ +0.0°   θ̇₁ +0.000 rad/s   θ̇₂ +0.000 rad/s");
        let Shape::Line { points, .. } = &picture.shapes[2] else { panic!("the second link") };
        assert_eq!(points[1], [300.0, 380.0]);
    }
}
