//! The contextual bandit: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, section 2.9,
//! associative search.
//!
//! Several testbeds, of which one is at hand at each pull, and it says which.

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
    /// What the testbeds are made of.
    pub struct ContextualBanditParams for "ContextualBandit" {
        /// the number of contexts
        contexts: usize = 4, in 1..=1000;
        /// the number of arms k
        arms: usize = 10, in 1..=1000;
        /// mean of the true values μ
        mean: f64 = 0.0, in ..;
        /// standard deviation of a reward round its true value
        noise: f64 = 1.0, in 0.0..=1e6;
        /// pulls per run: a run is an episode, with true values of its own
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "ContextualBandit",
    family: "bandit",
    about: "several bandits, one at each pull: which arm pays best, and when?",
    details: "\
Observation: the context, 0 to 3, drawn anew for each pull, each equally likely. Actions: an arm each. True values
q*(c, a) ~ N(μ, 1), drawn anew for each run (an episode); reward ~ N(q*(c, a), 1). What one pulls has no influence on
the next context. Never terminates; a run is truncated after 1,000 pulls. Look at the return while learning
(rollout/return_mean), not at evaluations: see KArmedBandit.",
    source: "Sutton & Barto 2018, section 2.9",
    params: ContextualBanditParams::list,
    check: values::<ContextualBanditParams>,
    make: |settings| Ok(Made::shown(ContextualBandit::new(typed(settings)?)?)),
};

/// The environment.
#[derive(Clone, Debug)]
pub struct ContextualBandit {
    /// contexts × arms
    values: Vec<f64>,
    context: usize,
    /// the last pull in this run, to be looked at only: context, arm, reward
    pulled: Option<(usize, usize, f64)>,
    params: ContextualBanditParams,
}

impl ContextualBandit {
    /// Arms whose values are drawn by the first reset.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: ContextualBanditParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { values: vec![0.0; params.contexts * params.arms], context: 0, pulled: None, params })
    }

    /// The true values q*(c, a) of all arms in a context.
    ///
    /// # Panics
    /// If there is no such context.
    pub fn values_in(&self, context: usize) -> &[f64] {
        &self.values[context * self.params.arms..][..self.params.arms]
    }

    /// The true values of all arms in the present context.
    pub fn true_values(&self) -> &[f64] {
        self.values_in(self.context)
    }

    /// The best arm in the present context.
    pub fn best(&self) -> usize {
        best(self.true_values())
    }
}

impl Env for ContextualBandit {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        let (contexts, arms) = (Space::Discrete(self.params.contexts), Space::Discrete(self.params.arms));
        Spec::new("ContextualBandit", contexts, arms).time_limit(self.params.time_limit)
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        for value in &mut self.values {
            *value = self.params.mean + rng.normal();
        }
        (self.context, self.pulled) = (rng.below(self.params.contexts), None);
        self.context
    }

    #[inline]
    fn step(&mut self, arm: usize, rng: &mut Rng) -> Step<usize> {
        let reward = self.true_values()[arm] + self.params.noise * rng.normal();
        self.pulled = Some((self.context, arm, reward));
        self.context = rng.below(self.params.contexts);
        Step::on(self.context, reward)
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(&self.values, self.context)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (values, context): (Vec<f64>, usize) = state.get()?;
        if values.len() != self.values.len() || context >= self.params.contexts {
            let (found, wanted) = (values.len(), self.values.len());
            return Err(Error::State(format!("{found} values and context {context}, not {wanted} values")));
        }
        (self.values, self.context, self.pulled) = (values, context, None);
        Ok(())
    }
}

impl Render for ContextualBandit {
    /// The context of the last pull, since its arm is marked; before the first pull, the present one.
    fn frame(&self) -> Frame {
        let context = self.pulled.map_or(self.context, |pull| pull.0);
        let mut text = bars(self.values_in(context), self.pulled.map(|(_, arm, reward)| (arm, reward)));
        text.lines.insert(0, vec![(format!("context {context} of {}", self.params.contexts), Tone::Special)]);
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noise_an_arm_pays_its_value_in_the_context_that_was_shown() {
        let params = ContextualBanditParams { noise: 0.0, contexts: 3, arms: 5, ..ContextualBanditParams::default() };
        let (mut env, mut rng) = (ContextualBandit::new(params).unwrap(), Rng::new(1));
        let mut context = env.reset(&mut rng);
        let mut seen = [0; 3];
        for pull in 0..3_000 {
            seen[context] += 1;
            let expected = env.values_in(context)[pull % 5];
            assert_eq!((env.true_values(), env.context), (env.values_in(context), context));
            assert!(env.true_values().iter().all(|value| *value <= env.true_values()[env.best()]));
            let step = env.step(pull % 5, &mut rng);
            assert_eq!(step.reward, expected);
            context = step.obs;
        }
        assert!(seen.iter().all(|count| (900..1_100).contains(count)), "{seen:?}");
    }

    #[test]
    fn the_best_arm_differs_from_context_to_context() {
        let (mut env, mut rng) = (ContextualBandit::new(ContextualBanditParams::default()).unwrap(), Rng::new(3));
        env.reset(&mut rng);
        let best: Vec<usize> = (0..4).map(|context| best(env.values_in(context))).collect();
        assert!(best.iter().any(|arm| *arm != best[0]), "{best:?}");
        let text = env.frame().text.unwrap().plain();
        assert!(text.starts_with(&format!("context {} of 4\n  0 ", env.context)), "{text}");
    }
}
