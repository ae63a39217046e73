//! Maximization bias: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, example 6.7.
//!
//! From A, right ends with 0, and left leads to B with 0; each of many actions in B ends with a reward drawn from
//! N(−0.1, 1). Left is a mistake, but the greatest of several noisy estimates is above 0 for long.

use std::sync::Arc;

use super::table::{Outcome, Table};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Masked, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render, Text, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What B is made of.
    pub struct MaximizationBiasParams for "MaximizationBias" {
        /// number of actions in B
        arms: usize = 10, in 1..=10;
        /// mean of the rewards in B
        mean: f64 = -0.1, in ..;
        /// standard deviation of the rewards in B
        noise: f64 = 1.0, in 0.0..;
        /// steps after which an episode is truncated; it ends by itself after two
        time_limit: u32 = 100, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "MaximizationBias",
    family: "finite",
    about: "a wrong turn that looks good to whoever takes the maximum of noisy estimates",
    details: "\
Observation: 0 is A, where one begins, 1 is B, 2 the end. Actions in A: 0 left, to B, 1 right, to the end, both for 0.
Actions in B: 0 to 9, all to the end, for a reward from N(−0.1, 1). The others are illegal, and observations say so; one
that is taken all the same is as the last legal one. Terminates at the end. The table has the mean reward, −0.1. Left is
worth −0.1, right 0; ε-greedy with ε = 0.1 goes left in 5 of 100 episodes at best.",
    source: "Sutton & Barto 2018, example 6.7",
    params: MaximizationBiasParams::list,
    check: values::<MaximizationBiasParams>,
    make: |settings| {
        let env = MaximizationBias::new(typed(settings)?)?;
        let model = Arc::new(env.table());
        Ok(Made::shown(env).with_model(model))
    },
};

/// Actions, legal or not.
const ACTIONS: usize = 10;
const A: usize = 0;
const B: usize = 1;
const END: usize = 2;

/// The environment.
#[derive(Clone, Debug)]
pub struct MaximizationBias {
    at: usize,
    params: MaximizationBiasParams,
}

impl MaximizationBias {
    /// In A.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: MaximizationBiasParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { at: A, params })
    }

    /// The table, with the mean of the rewards that are drawn.
    pub fn table(&self) -> Table {
        Table::new(vec![1.0, 0.0, 0.0], ACTIONS, |at, action| {
            let next = follow(at, action);
            let reward = if at == B { self.params.mean } else { 0.0 };
            [Outcome { probability: 1.0, next, reward, terminated: next == END }]
        })
    }

    fn look(&self) -> Masked<usize, ACTIONS> {
        let legal = [2, self.params.arms, ACTIONS][self.at];
        Masked { obs: self.at, legal: std::array::from_fn(|action| action < legal) }
    }
}

fn follow(at: usize, action: usize) -> usize {
    if at == A && action == 0 { B } else { END }
}

impl Env for MaximizationBias {
    type Obs = Masked<usize, ACTIONS>;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("MaximizationBias", Space::Discrete(3), Space::Discrete(ACTIONS)).time_limit(self.params.time_limit)
    }

    fn reset(&mut self, _: &mut Rng) -> Self::Obs {
        self.at = A;
        self.look()
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<Self::Obs> {
        let reward = if self.at == B { self.params.mean + self.params.noise * rng.normal() } else { 0.0 };
        self.at = follow(self.at, action);
        if self.at == END { Step::terminated(self.look(), reward) } else { Step::on(self.look(), reward) }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.at))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let at: usize = state.get()?;
        if at > END {
            return Err(Error::State(format!("state {at} of 3")));
        }
        self.at = at;
        Ok(())
    }
}

impl Render for MaximizationBias {
    fn frame(&self) -> Frame {
        let node = |state: usize, name: &str| {
            let tone = if state == self.at { Tone::Agent } else { Tone::Faint };
            (if state == self.at { format!("[{name}]") } else { format!(" {name} ") }, tone)
        };
        let arrow = |sign: &str| (String::from(sign), Tone::Plain);
        Text::default().then([node(B, "B"), arrow("←"), node(A, "A"), arrow("→"), node(END, "end")]).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{
        TabularModel,
        testing::{assert_is_a_model, solve},
    };

    fn env() -> MaximizationBias {
        MaximizationBias::new(MaximizationBiasParams::default()).unwrap()
    }

    #[test]
    fn left_is_a_mistake() {
        let table = env().table();
        assert_is_a_model(&table);
        assert_eq!(solve(&table, 1.0), (vec![0.0, -0.1, 0.0], vec![1, 0, 0]));
        assert_eq!(table.outcomes(A, 0)[0].next, B);
    }

    #[test]
    fn what_is_legal_where() {
        let mut env = MaximizationBias::new(MaximizationBiasParams { arms: 3, ..Default::default() }).unwrap();
        let mut rng = Rng::new(0);
        let legal = |obs: Masked<usize, ACTIONS>| obs.legal.iter().filter(|&&legal| legal).count();
        assert_eq!(legal(env.reset(&mut rng)), 2);
        let step = env.step(0, &mut rng);
        assert_eq!((step.obs.obs, legal(step.obs), step.reward, step.terminated), (B, 3, 0.0, false));
        assert!(env.step(2, &mut rng).terminated);
        env.reset(&mut rng);
        assert_eq!(env.step(1, &mut rng).reward, 0.0);
        assert_eq!(env.frame().text.unwrap().plain(), " B ← A →[end]");
    }

    #[test]
    fn rewards_in_b_are_normal_round_minus_a_tenth() {
        let (mut env, mut rng) = (env(), Rng::new(1));
        let rewards: Vec<f64> = (0..40_000)
            .map(|i| {
                env.reset(&mut rng);
                env.step(0, &mut rng);
                env.step(i % 10, &mut rng).reward
            })
            .collect();
        let mean = rewards.iter().sum::<f64>() / 40_000.0;
        let variance = rewards.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
        // Deviations of 0.005 and 0.007.
        assert!((mean + 0.1).abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean}, {variance}");
    }
}
