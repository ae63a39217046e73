//! Prediction: traces, n-step returns and λ-returns that come down to TD(0) and Monte Carlo.

use gymkhana_agents::{
    DeviceName, Metrics, Recipe, Setup, round,
    tabular::{
        Given, TraceKind,
        monte_carlo::McPredictionConfig,
        prediction::{
            NStepTdConfig, OfflineLambdaReturnConfig, Predictor, Rule, Td0Config, TdLambdaConfig,
            TrueOnlineTdLambdaConfig,
        },
    },
};
use gymkhana_envs::{
    Batch, Lanes, Rng, Seeds,
    tabular::{Finite, RandomWalkParams, Table, TabularModel, random_walk},
};

/// A walk of nine states that is truncated after 12 steps, so that episodes end in both ways.
fn nine() -> Finite {
    random_walk(&RandomWalkParams { states: 9, time_limit: 12, ..RandomWalkParams::default() }).unwrap()
}

/// What prediction agents think after every one of 3,000 steps in as many lanes as asked for.
fn values<R: Rule + Recipe<usize, usize, Agent = Predictor<R>>>(rule: &R, env: &Finite, lanes: usize) -> Vec<Vec<f64>> {
    let mut batch = Lanes::new(env.clone(), lanes, &Seeds::from(7)).unwrap();
    let setup = Setup { spec: batch.spec(), lanes, steps: 3_000, device: DeviceName::Flex };
    let (mut rng, mut log) = (Rng::new(3), Metrics::default());
    let mut agent = rule.build(&setup, &mut rng).unwrap();
    let mut act = vec![0; lanes];
    let mut after = |_| {
        round(&mut agent, &mut batch, &mut act, &mut rng, &mut log).unwrap();
        agent.v().flat().to_vec()
    };
    (0..3_000 / lanes).map(&mut after).collect()
}

#[test]
fn td_lambda_0_is_td_0() {
    let td_0 = Td0Config { gamma: 0.95, initial_value: 0.3, ..Td0Config::default() };
    for lanes in [1, 3] {
        for traces in [TraceKind::Accumulating, TraceKind::Replacing, TraceKind::Dutch] {
            let config =
                TdLambdaConfig { lambda: 0.0, gamma: 0.95, initial_value: 0.3, traces, ..TdLambdaConfig::default() };
            assert!(values(&config, &nine(), lanes) == values(&td_0, &nine(), lanes), "{traces:?}, {lanes} lanes");
        }
    }
}

#[test]
fn n_step_td_1_is_td_0() {
    let td_0 = Td0Config { gamma: 0.95, initial_value: 0.3, ..Td0Config::default() };
    let config = NStepTdConfig { n: 1, gamma: 0.95, initial_value: 0.3, ..NStepTdConfig::default() };
    for lanes in [1, 3] {
        assert!(values(&config, &nine(), lanes) == values(&td_0, &nine(), lanes), "{lanes} lanes");
    }
}

#[test]
fn the_offline_lambda_return_1_is_every_visit_monte_carlo_with_a_constant_step() {
    let mc = McPredictionConfig {
        learning_rate: Some(0.1),
        gamma: 0.95,
        first_visit: false,
        initial_value: 0.3,
        policy: Given::Random,
    };
    let config = OfflineLambdaReturnConfig {
        lambda: 1.0,
        gamma: 0.95,
        initial_value: 0.3,
        ..OfflineLambdaReturnConfig::default()
    };
    for lanes in [1, 3] {
        assert!(values(&config, &nine(), lanes) == values(&mc, &nine(), lanes), "{lanes} lanes");
    }
}

/// The online λ-return algorithm, Sutton & Barto 2018, section 12.4, as it is defined: at every step all of the episode is
/// gone through again, with λ-returns that end at the horizon h = t + 1, from the values that the episode began with.
struct OnlineLambdaReturn {
    alpha: f64,
    gamma: f64,
    lambda: f64,
    /// values at the start of the episode
    w0: Vec<f64>,
    /// wₜ, the values after each horizon; the first are those at the start
    w: Vec<Vec<f64>>,
    states: Vec<usize>,
    rewards: Vec<f64>,
}

impl OnlineLambdaReturn {
    /// Takes in a step; `next` is none where it terminated.
    fn step(&mut self, state: usize, reward: f64, next: Option<usize>) {
        if self.states.is_empty() {
            self.w = vec![self.w0.clone()];
        }
        self.states.push(state);
        self.rewards.push(reward);
        let h = self.states.len();
        // v̂(s_{t+n}, w_{t+n−1}) of the state that step k led to.
        let led_to = |k: usize| if k + 1 < h { Some(self.states[k + 1]) } else { next };
        let v = |k: usize| led_to(k).map_or(0.0, |state| self.w[k][state]);
        let mut w = self.w0.clone();
        for t in 0..h {
            // (1 − λ) Σₙ λⁿ⁻¹ G_{t:t+n} for n < h − t, and λ^{h−t−1} G_{t:h}.
            let (mut sum, mut paid, mut discount, mut weight) = (0.0, 0.0, 1.0, 1.0);
            for k in t..h {
                paid += discount * self.rewards[k];
                discount *= self.gamma;
                let g = paid + discount * v(k);
                sum += if k + 1 < h { (1.0 - self.lambda) * weight * g } else { weight * g };
                weight *= self.lambda;
            }
            w[self.states[t]] += self.alpha * (sum - w[self.states[t]]);
        }
        self.w.push(w);
    }

    fn end(&mut self) {
        self.w0 = self.w.pop().unwrap();
        self.states.clear();
        self.rewards.clear();
    }
}

#[test]
fn true_online_td_lambda_is_the_online_lambda_return() {
    let (env, lambda, gamma) = (nine(), 0.7, 0.95);
    let table: &Table = env.model();
    let config = TrueOnlineTdLambdaConfig {
        learning_rate: 0.3.into(),
        gamma,
        lambda,
        initial_value: 0.3,
        ..TrueOnlineTdLambdaConfig::default()
    };
    let w0 = vec![0.3; table.states()];
    let mut defined =
        OnlineLambdaReturn { alpha: 0.3, gamma, lambda, w0, w: Vec::new(), states: Vec::new(), rewards: Vec::new() };
    let mut batch = Lanes::new(env.clone(), 1, &Seeds::from(7)).unwrap();
    let (mut ends, mut cuts) = (0, 0);
    for (step, found) in values(&config, &env, 1).iter().enumerate() {
        batch.step(&[0]).unwrap();
        let seen = batch.seen(&[0]);
        let next = (!seen.terminated[0]).then_some(seen.next(0)[0]);
        defined.step(seen.was.obs.row(0)[0], seen.reward[0], next);
        let expected = defined.w.last().unwrap();
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-12, "step {step}: {found:?}, not {expected:?}");
        }
        if seen.ended(0) {
            (ends, cuts) = (ends + usize::from(seen.terminated[0]), cuts + usize::from(!seen.terminated[0]));
            defined.end();
        }
    }
    assert!(ends > 50 && cuts > 50, "{ends} ends, {cuts} cut off");
}
