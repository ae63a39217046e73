//! The linear contextual bandit: Li, Chu, Langford & Schapire 2010, "A Contextual-Bandit Approach to Personalized News
//! Article Recommendation", section 3.1, disjoint linear models.
//!
//! ```text
//! r = θₐᵀx + σε,   ε ~ N(0, 1)
//! ```
//!
//! The context x is drawn for each pull, uniformly among vectors of length 1; θₐ ~ N(0, I) once per run, so that an arm
//! is worth N(0, 1) in any one context, as in the testbed.

use super::bars::{bars, best};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What the arms are made of.
    pub struct LinearBanditParams for "LinearBandit" {
        /// the number of arms k
        arms: usize = 10, in 1..=10_000;
        /// standard deviation of a reward round its true value, σ
        noise: f64 = 0.5, in 0.0..=1e6;
        /// pulls per run: a run is an episode, with θ of its own
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "LinearBandit",
    family: "bandit",
    about: "arms that pay by what they make of five features of each context",
    details: "\
Observation: the context x, five features of length 1 together, drawn anew for each pull. Actions: an arm each.
Reward: θₐᵀx + σε with ε ~ N(0, 1) and σ = 0.5; θₐ ~ N(0, I), drawn anew for each run (an episode). What one pulls has
no influence on the next context. Never terminates; a run is truncated after 1,000 pulls. Look at the return while
learning (rollout/return_mean), not at evaluations: see KArmedBandit.",
    source: "Li, Chu, Langford & Schapire 2010, A Contextual-Bandit Approach to Personalized News Article \
             Recommendation, section 3.1",
    params: LinearBanditParams::list,
    check: values::<LinearBanditParams>,
    make: |settings| Ok(Made::shown(LinearBandit::new(typed(settings)?)?)),
};

/// Features of a context.
pub const FEATURES: usize = 5;

/// The environment.
#[derive(Clone, Debug)]
pub struct LinearBandit {
    /// θₐ of each arm
    theta: Vec<[f64; FEATURES]>,
    context: [f32; FEATURES],
    /// the last pull in this run, to be looked at only: its context, the arm, the reward
    pulled: Option<([f32; FEATURES], usize, f64)>,
    params: LinearBanditParams,
}

impl LinearBandit {
    /// Arms whose θ are drawn by the first reset.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: LinearBanditParams) -> Result<Self, Error> {
        params.validate()?;
        let theta = vec![[0.0; FEATURES]; params.arms];
        Ok(Self { theta, context: [0.0; FEATURES], pulled: None, params })
    }

    /// θₐ of each arm in this run.
    pub fn theta(&self) -> &[[f64; FEATURES]] {
        &self.theta
    }

    /// What an arm is worth in a context, θₐᵀx.
    ///
    /// # Panics
    /// If there is no such arm.
    pub fn value(&self, arm: usize, context: &[f32; FEATURES]) -> f64 {
        self.theta[arm].iter().zip(context).map(|(theta, x)| theta * f64::from(*x)).sum()
    }

    /// The true values of all arms in the present context.
    pub fn true_values(&self) -> Vec<f64> {
        self.values_in(&self.context)
    }

    /// The best arm in the present context.
    pub fn best(&self) -> usize {
        best(&self.true_values())
    }

    fn values_in(&self, context: &[f32; FEATURES]) -> Vec<f64> {
        (0..self.theta.len()).map(|arm| self.value(arm, context)).collect()
    }

    fn draw_context(&mut self, rng: &mut Rng) -> [f32; FEATURES] {
        // A normal draw in each dimension has no preferred direction.
        let x: [f64; FEATURES] = std::array::from_fn(|_| rng.normal());
        let length = x.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        self.context = x.map(|x| (x / length) as f32);
        self.context
    }
}

impl Env for LinearBandit {
    type Obs = [f32; FEATURES];
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("LinearBandit", Space::cube(FEATURES, -1.0, 1.0), Space::Discrete(self.params.arms))
            .time_limit(self.params.time_limit)
    }

    fn reset(&mut self, rng: &mut Rng) -> Self::Obs {
        for theta in &mut self.theta {
            *theta = std::array::from_fn(|_| rng.normal());
        }
        self.pulled = None;
        self.draw_context(rng)
    }

    #[inline]
    fn step(&mut self, arm: usize, rng: &mut Rng) -> Step<Self::Obs> {
        let reward = self.value(arm, &self.context) + self.params.noise * rng.normal();
        self.pulled = Some((self.context, arm, reward));
        Step::on(self.draw_context(rng), reward)
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(&self.theta, self.context)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (theta, context): (Vec<[f64; FEATURES]>, [f32; FEATURES]) = state.get()?;
        if theta.len() != self.params.arms {
            return Err(Error::State(format!("{} arms, not {}", theta.len(), self.params.arms)));
        }
        (self.theta, self.context, self.pulled) = (theta, context, None);
        Ok(())
    }
}

impl Render for LinearBandit {
    /// The context of the last pull, since its arm is marked; before the first pull, the present one.
    fn frame(&self) -> Frame {
        let context = self.pulled.map_or(self.context, |pull| pull.0);
        let mut text = bars(&self.values_in(&context), self.pulled.map(|(_, arm, reward)| (arm, reward)));
        let numbers: Vec<String> = context.iter().map(|x| format!("{x:.2}")).collect();
        text.lines.insert(0, vec![(format!("x = ({})", numbers.join(", ")), Tone::Special)]);
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noise_an_arm_pays_its_product_with_the_context() {
        let params = LinearBanditParams { noise: 0.0, arms: 2, ..LinearBanditParams::default() };
        let (mut env, mut rng) = (LinearBandit::new(params).unwrap(), Rng::new(1));
        let theta = vec![[1.0, 2.0, 0.0, 0.0, -1.0], [0.0, 0.0, 4.0, 0.0, 0.0]];
        env.set_state(&State::of(&(theta, [0.5_f32, 0.5, 0.5, 0.0, 0.5]))).unwrap();
        assert_eq!((env.true_values(), env.best()), (vec![1.0, 2.0], 1));
        assert_eq!(env.step(0, &mut rng).reward, 1.0);
        let text = env.frame().text.unwrap().plain();
        assert!(text.starts_with("x = (0.50, 0.50, 0.50, 0.00, 0.50)\n  0   1.00 █"), "{text}");
        assert!(text.lines().nth(1).unwrap().ends_with("● paid 1.00"), "{text}");
    }

    #[test]
    fn contexts_have_length_1_and_no_preferred_direction() {
        let (mut env, mut rng) = (LinearBandit::new(LinearBanditParams::default()).unwrap(), Rng::new(2));
        env.reset(&mut rng);
        let mut mean = [0.0; FEATURES];
        for _ in 0..20_000 {
            let x = env.step(0, &mut rng).obs;
            let length: f32 = x.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-5);
            mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += f64::from(x) / 20_000.0);
        }
        // Each feature has variance 1/5, its mean a deviation of 0.0032.
        assert!(mean.iter().all(|mean| mean.abs() < 0.015), "{mean:?}");
    }

    #[test]
    fn the_best_of_ten_arms_is_worth_as_much_as_in_the_testbed() {
        let (mut env, mut rng) = (LinearBandit::new(LinearBanditParams::default()).unwrap(), Rng::new(6));
        let mut sum = 0.0;
        for _ in 0..4_000 {
            env.reset(&mut rng);
            sum += env.true_values()[env.best()];
        }
        // The expected maximum of ten standard normal draws is 1.5388; the mean of 4,000 has a deviation of 0.009.
        assert!((sum / 4_000.0 - 1.5388).abs() < 0.04, "{}", sum / 4_000.0);
    }
}
