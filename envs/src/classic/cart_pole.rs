//! CartPole: a pole on a cart, to be kept upright by pushing the cart left or right.
//!
//! Barto, Sutton & Anderson 1983, "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems",
//! equations (1) and (2) without friction, in the form and with the constants of Gymnasium's `CartPole-v1`:
//!
//! ```text
//! temp = (F + m_p l θ̇² sin θ) / (m_c + m_p)
//! θ̈ = (g sin θ − cos θ · temp) / (l (4/3 − m_p cos² θ / (m_c + m_p)))
//! ẍ = temp − m_p l θ̈ cos θ / (m_c + m_p)
//! ```
//!
//! integrated by explicit Euler steps of τ = 0.02 s. The episode terminates when |x| > 2.4 m or |θ| > 12°.

#![expect(clippy::inline_always, reason = "the same code is compiled into one copy and into the loop over columns")]

use super::{
    Dynamics, Moved, Physical,
    physical::{bounds_in_order, choice, point, symmetric},
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
    /// What the cart and the pole are made of.
    pub struct CartPoleParams for "CartPole-v1" {
        /// gravity g, m/s²
        gravity: f64 = 9.8, in 0.0..=100.0;
        /// mass of the cart `m_c`, kg
        cart_mass: f64 = 1.0, in above_to(0.0, 1e6);
        /// mass of the pole `m_p`, kg
        pole_mass: f64 = 0.1, in above_to(0.0, 1e6);
        /// half the length of the pole l, m
        length: f64 = 0.5, in above_to(0.0, 1e6);
        /// size of the push, N
        force: f64 = 10.0, in above_to(0.0, 1e6);
        /// seconds per step τ
        tau: f64 = 0.02, in above_to(0.0, 1.0);
        /// |x| beyond which the episode terminates, m
        max_position: f64 = 2.4, in above_to(0.0, 1e6);
        /// |θ| beyond which the episode terminates, degrees
        max_angle: f64 = 12.0, in above_to(0.0, 180.0);
        /// the four numbers of the initial state are uniform from here …
        low: f64 = -0.05, in -10.0..=10.0;
        /// … to here
        high: f64 = 0.05, in -10.0..=10.0;
        /// reward 0 per step and −1 at the end, as in Sutton & Barto, instead of 1 per step
        sutton_barto_reward: bool = false, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 500, in 1..;
    }
}

params! {
    /// The older version, whose episodes are shorter.
    pub struct CartPoleV0Params for "CartPole-v0" as CartPoleParams {
        time_limit = 200;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "CartPole-v1",
    family: "classic control",
    about: "keep a pole upright on a cart",
    details: "\
Observation: position x (m), velocity ẋ (m/s), angle θ (rad), angular velocity θ̇ (rad/s). Actions: 0 pushes left, 1 right.
Reward: 1 per step. Terminates when |x| > 2.4 or |θ| > 12°; truncated after 500 steps, so that 500 is the best return.
  temp = (F + m_p l θ̇² sin θ) / (m_c + m_p)
  θ̈ = (g sin θ − cos θ · temp) / (l (4/3 − m_p cos² θ / (m_c + m_p)))
  ẍ = temp − m_p l θ̈ cos θ / (m_c + m_p)
Euler steps of 0.02 s. The same seed gives Gymnasium's first observation.",
    source: "Barto, Sutton & Anderson 1983; Gymnasium's CartPole-v1",
    params: CartPoleParams::list,
    check: values::<CartPoleParams>,
    make: |settings| Ok(CartPole::new(typed(settings)?)?.made().with_actions(&["left", "right"])),
};

/// The older version.
pub const ENTRY_V0: Entry = Entry {
    id: "CartPole-v0",
    about: "keep a pole upright on a cart, for 200 steps",
    details: "As CartPole-v1; truncated after 200 steps, so that 200 is the best return.",
    source: "Barto, Sutton & Anderson 1983; Gymnasium's CartPole-v0",
    params: CartPoleV0Params::list,
    check: values::<CartPoleV0Params>,
    make: |settings| {
        let dynamics = CartPoleDynamics::new(typed::<CartPoleV0Params>(settings)?.0)?;
        Ok(Physical::of(CartPoleDynamics { id: "CartPole-v0", threshold: 195.0, ..dynamics })
            .made()
            .with_actions(&["left", "right"]))
    },
    ..ENTRY
};

/// The environment. Its state: position x (m), velocity ẋ (m/s), angle θ (rad), angular velocity θ̇ (rad/s).
pub type CartPole = Physical<CartPoleDynamics, 4, 4>;

/// How the cart and the pole move.
#[derive(Clone, Copy, Debug)]
pub struct CartPoleDynamics {
    id: &'static str,
    threshold: f64,
    time_limit: u32,
    start: [f64; 2],
    gravity: f64,
    pole_mass: f64,
    length: f64,
    force: f64,
    tau: f64,
    total_mass: f64,
    pole_mass_length: f64,
    max_position: f64,
    /// rad, written as Gymnasium computes it
    max_angle: f64,
    /// of a step after which the pole stands, and of one after which it has fallen
    rewards: [f64; 2],
}

impl Dynamics<4, 4> for CartPoleDynamics {
    type Params = CartPoleParams;
    type Act = usize;

    fn new(p: CartPoleParams) -> Result<Self, Error> {
        p.validate()?;
        bounds_in_order(CartPoleParams::OWNER, p.low, p.high)?;
        Ok(Self {
            id: CartPoleParams::OWNER,
            threshold: 475.0,
            time_limit: p.time_limit,
            start: [p.low, p.high],
            gravity: p.gravity,
            pole_mass: p.pole_mass,
            length: p.length,
            force: p.force,
            tau: p.tau,
            total_mass: p.cart_mass + p.pole_mass,
            pole_mass_length: p.pole_mass * p.length,
            max_position: p.max_position,
            max_angle: p.max_angle * 2.0 * std::f64::consts::PI / 360.0,
            rewards: if p.sutton_barto_reward { [0.0, -1.0] } else { [1.0, 1.0] },
        })
    }

    fn spec(&self) -> Spec {
        let (position, angle) = (2.0 * self.max_position, 2.0 * self.max_angle);
        let observations = symmetric(&[position, f64::INFINITY, angle, f64::INFINITY]);
        Spec::new(self.id, observations, Space::Discrete(2))
            .time_limit(self.time_limit)
            .reward_threshold(self.threshold)
    }

    fn begin(&self, rng: &mut Rng) -> [f64; 4] {
        std::array::from_fn(|_| rng.uniform(self.start[0], self.start[1]))
    }

    /// Arithmetic, where an `if` would become a branch that exploring agents mispredict half of the time.
    #[inline(always)]
    fn drive(&self, action: usize) -> f64 {
        self.force * (2.0 * choice(action) - 1.0)
    }

    #[inline(always)]
    fn advance<T: Trig>(&self, [x, x_dot, theta, theta_dot]: [f64; 4], force: f64) -> Moved<4> {
        let Self { gravity, pole_mass, length, tau, total_mass, pole_mass_length, .. } = self;
        let (sin, cos) = T::sin_cos_small(theta);
        let temp = (force + pole_mass_length * (theta_dot * theta_dot) * sin) / total_mass;
        let theta_acc = (gravity * sin - cos * temp) / (length * (4.0 / 3.0 - pole_mass * (cos * cos) / total_mass));
        let x_acc = temp - pole_mass_length * theta_acc * cos / total_mass;
        let (x, theta_next) = (x + tau * x_dot, theta + tau * theta_dot);
        let fallen = (x.abs() > self.max_position) | (theta_next.abs() > self.max_angle);
        Moved {
            state: [x, x_dot + tau * x_acc, theta_next, theta_dot + tau * theta_acc],
            reward: if fallen { self.rewards[1] } else { self.rewards[0] },
            terminated: fallen,
        }
    }

    #[inline(always)]
    fn observe<T: Trig>(&self, state: [f64; 4]) -> [f32; 4] {
        state.map(|x| x as f32)
    }

    fn frame(&self, [x, x_dot, theta, theta_dot]: [f64; 4], _: Option<f64>) -> Frame {
        let text = format!("x {x:+.3} m   ẋ {x_dot:+.3} m/s   θ {:+.2}°   θ̇ {theta_dot:+.3} rad/s", theta.to_degrees());
        Frame { text: Some(Text::line(text)), picture: Some(self.picture(x, theta)) }
    }
}

impl CartPoleDynamics {
    /// The cart on its track, the pole as long as it is, but for one that would not fit.
    fn picture(&self, x: f64, theta: f64) -> Picture {
        const TRACK: f64 = 300.0;
        let scale = 600.0 / (2.0 * self.max_position);
        let (cart, axle) = (300.0 + scale * x, TRACK - 7.5);
        let length = (scale * 2.0 * self.length).min(270.0);
        let (sin, cos) = sin_cos(theta);
        let pole = vec![point(cart, axle), point(cart + length * sin, axle - length * cos)];
        Picture::new(600, 400)
            .with(Shape::Line {
                points: vec![point(0.0, TRACK), point(600.0, TRACK)],
                width: 1.0,
                colour: palette::GREY,
            })
            .with(Shape::rectangle(point(cart - 25.0, TRACK - 15.0), [50.0, 30.0], palette::BLACK))
            .with(Shape::Line { points: pole, width: 10.0, colour: palette::BLUE })
            .with(Shape::Circle { centre: point(cart, axle), radius: 5.0, fill: palette::GREY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{env::Env, render::Render, state::State};

    fn cart_pole(params: CartPoleParams) -> CartPole {
        CartPole::new(params).unwrap()
    }

    #[test]
    fn seed_0_begins_as_gymnasiums_does() {
        let mut env = CartPole::default();
        env.reset(&mut Rng::new(0));
        let expected = [
            0.013_696_168_732_145_436,
            -0.023_021_328_623_612_97,
            -0.045_902_647_606_380_534,
            -0.048_347_236_447_147_09,
        ];
        assert_eq!(env.physical_state(), expected);
    }

    #[test]
    fn a_pole_beyond_twelve_degrees_has_fallen() {
        const MAX_ANGLE: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;
        let mut env = CartPole::default();
        env.set_state(&State::of(&[0.0_f64, 0.0, MAX_ANGLE - 1e-3, 1.0])).unwrap();
        assert!(env.step(0, &mut Rng::new(0)).terminated);
        env.set_state(&State::of(&[0.0_f64; 4])).unwrap();
        assert!(!env.step(0, &mut Rng::new(0)).terminated);
    }

    #[test]
    fn sutton_and_bartos_reward_is_for_falling_only() {
        let mut env = cart_pole(CartPoleParams { sutton_barto_reward: true, ..CartPoleParams::default() });
        assert_eq!(env.step(0, &mut Rng::new(0)).reward, 0.0);
        env.set_state(&State::of(&[2.39_f64, 1.0, 0.0, 0.0])).unwrap();
        let step = env.step(1, &mut Rng::new(0));
        assert_eq!((step.reward, step.terminated), (-1.0, true));
    }

    #[test]
    fn impossible_poles_are_refused() {
        assert!(CartPole::new(CartPoleParams { length: 0.0, ..CartPoleParams::default() }).is_err());
        let error = CartPole::new(CartPoleParams { low: 0.1, ..CartPoleParams::default() }).unwrap_err();
        assert_eq!(error.to_string(), "CartPole-v1: `low=0.1`: must be at most `high`, which is 0.05");
    }

    #[test]
    fn the_older_version_is_shorter() {
        let spec = (ENTRY_V0.make)(&[]).unwrap().spec().clone();
        assert_eq!((spec.id.as_str(), spec.time_limit, spec.reward_threshold), ("CartPole-v0", Some(200), Some(195.0)));
    }

    #[test]
    fn a_tilted_pole_leans_to_the_right() {
        let mut env = CartPole::default();
        env.set_state(&State::of(&[0.6_f64, 0.0, 0.1, -0.25])).unwrap();
        let Frame { text: Some(text), picture: Some(picture) } = env.frame() else { panic!("both") };
        assert_eq!(text.plain(), "x +0.600 m   ẋ +0.000 m/s   θ +5.73°   θ̇ -0.250 rad/s");
        let Shape::Line { points, .. } = &picture.shapes[2] else { panic!("the pole") };
        assert_eq!((points[0], points[1][0] > 375.0), ([375.0, 292.5], true));
    }
}
