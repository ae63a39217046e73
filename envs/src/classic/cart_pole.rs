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

use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::above,
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
    trig::sin_cos_small,
};

params! {
    /// What the cart and the pole are made of.
    pub struct CartPoleParams for "CartPole-v1" {
        /// gravity g, m/s²
        gravity: f64 = 9.8, in 0.0..=100.0;
        /// mass of the cart `m_c`, kg
        cart_mass: f64 = 1.0, in above(0.0);
        /// mass of the pole `m_p`, kg
        pole_mass: f64 = 0.1, in above(0.0);
        /// half the length of the pole l, m
        length: f64 = 0.5, in above(0.0);
        /// size of the push, N
        force: f64 = 10.0, in above(0.0);
        /// the initial state is uniform within ± this
        spread: f64 = 0.05, in 0.0..=0.2;
        /// steps after which an episode is truncated
        time_limit: u32 = 500, in 1..;
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
    params: <CartPoleParams as params::Params>::list,
    check: values::<CartPoleParams>,
    make: |settings| Ok(Made::of(CartPole::new(typed(settings)?)?)),
};

/// Seconds per step, τ.
const STEP: f64 = 0.02;
/// m
const MAX_POSITION: f64 = 2.4;
/// rad, written as Gymnasium computes it
const MAX_ANGLE: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;

/// The environment. Its state is kept in f64, as Gymnasium's is; observations are its f32.
#[derive(Clone, Debug)]
pub struct CartPole {
    /// x, ẋ, θ, θ̇
    state: [f64; 4],
    params: CartPoleParams,
}

impl CartPole {
    /// A cart at rest in the middle.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: CartPoleParams) -> Result<Self, Error> {
        params::Params::validate(&params)?;
        Ok(Self { state: [0.0; 4], params })
    }

    /// Position (m), velocity (m/s), angle (rad), angular velocity (rad/s).
    pub fn physical_state(&self) -> [f64; 4] {
        self.state
    }
}

impl Default for CartPole {
    fn default() -> Self {
        Self { state: [0.0; 4], params: CartPoleParams::default() }
    }
}

impl Env for CartPole {
    type Obs = [f32; 4];
    type Act = usize;

    fn spec(&self) -> Spec {
        let bounds = vec![2.0 * MAX_POSITION as f32, f32::INFINITY, 2.0 * MAX_ANGLE as f32, f32::INFINITY];
        let observations = Space::Box { low: bounds.iter().map(|x| -x).collect(), high: bounds };
        Spec::new("CartPole-v1", observations, Space::Discrete(2))
            .time_limit(self.params.time_limit)
            .reward_threshold(475.0)
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; 4] {
        let spread = self.params.spread;
        self.state = std::array::from_fn(|_| rng.uniform(-spread, spread));
        self.state.map(|x| x as f32)
    }

    #[inline]
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<[f32; 4]> {
        self.state = euler(self.state, action, &self.params);
        let [x, _, theta, _] = self.state;
        let fallen = (x.abs() > MAX_POSITION) | (theta.abs() > MAX_ANGLE);
        Step { obs: self.state.map(|x| x as f32), reward: 1.0, terminated: fallen, truncated: false }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.state))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.state = state.get()?;
        Ok(())
    }
}

#[inline]
fn euler([x, x_dot, theta, theta_dot]: [f64; 4], action: usize, p: &CartPoleParams) -> [f64; 4] {
    let total_mass = p.cart_mass + p.pole_mass;
    let pole_mass_length = p.pole_mass * p.length;
    // Arithmetic, where an `if` would become a branch that exploring agents mispredict half of the time.
    let force = p.force * (2.0 * action as f64 - 1.0);
    let (sin, cos) = sin_cos_small(theta);
    let temp = (force + pole_mass_length * (theta_dot * theta_dot) * sin) / total_mass;
    let theta_acc = (p.gravity * sin - cos * temp) / (p.length * (4.0 / 3.0 - p.pole_mass * (cos * cos) / total_mass));
    let x_acc = temp - pole_mass_length * theta_acc * cos / total_mass;
    [x + STEP * x_dot, x_dot + STEP * x_acc, theta + STEP * theta_dot, theta_dot + STEP * theta_acc]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_0_begins_as_gymnasiums_does() {
        let mut env = CartPole::new(CartPoleParams::default()).unwrap();
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
        let mut env = CartPole::new(CartPoleParams::default()).unwrap();
        env.set_state(&State::of(&[0.0_f64, 0.0, MAX_ANGLE - 1e-3, 1.0])).unwrap();
        assert!(env.step(0, &mut Rng::new(0)).terminated);
        env.set_state(&State::of(&[0.0_f64; 4])).unwrap();
        assert!(!env.step(0, &mut Rng::new(0)).terminated);
    }

    #[test]
    fn impossible_poles_are_refused() {
        assert!(CartPole::new(CartPoleParams { length: 0.0, ..CartPoleParams::default() }).is_err());
    }
}
