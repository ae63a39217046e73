//! Control: n-step methods, traces and targets that come down to Sarsa and Q-learning.

use gymkhana_agents::{
    Agent, DeviceName, Metrics, Recipe, Schedule, Setup,
    linear::{SemiGradientSarsa, SemiGradientSarsaConfig},
    round,
    tabular::{
        ExpectedSarsa, ExpectedSarsaConfig, NStepSarsa, NStepSarsaConfig, QLearning, QLearningConfig, QSigma,
        QSigmaConfig, Sarsa, SarsaConfig, SarsaLambda, SarsaLambdaConfig, TraceKind, TreeBackup, TreeBackupConfig,
        WatkinsQLambda, WatkinsQLambdaConfig,
    },
};
use gymkhana_envs::{
    Batch, Env, Lanes, Rng, Seeds,
    grid::{FrozenLakeParams, Taxi, TaxiParams, frozen_lake},
    tabular::{MaximizationBias, MaximizationBiasParams},
};

/// What is compared: all action values.
trait Values {
    fn flat(&self) -> &[f64];
}

macro_rules! values {
    ($($agent:ty)*) => { $(
        impl Values for $agent {
            fn flat(&self) -> &[f64] {
                self.q().flat()
            }
        }
    )* };
}
values! { ExpectedSarsa NStepSarsa QLearning QSigma Sarsa SarsaLambda SemiGradientSarsa TreeBackup WatkinsQLambda }

/// An agent in some lanes, with its random stream.
struct Run<E: Env, A> {
    agent: A,
    lanes: Lanes<E>,
    rng: Rng,
}

impl<E, A> Run<E, A>
where
    E: Env<Act = usize> + Clone + Send,
    Lanes<E>: Batch<O = usize, A = usize>,
    A: Agent<usize, usize> + Values,
{
    fn new<C: Recipe<usize, usize, Agent = A>>(env: E, lanes: usize, config: &C) -> Self {
        let (lanes, mut rng) = (Lanes::new(env, lanes, &Seeds::from(7)).unwrap(), Rng::new(11));
        let setup = Setup { spec: lanes.spec(), lanes: lanes.lanes(), steps: 6_000, device: DeviceName::Flex };
        let agent = config.build(&setup, &mut rng).unwrap();
        Self { agent, lanes, rng }
    }

    fn go(&mut self) {
        let mut act = vec![0; self.lanes.lanes()];
        round(&mut self.agent, &mut self.lanes, &mut act, &mut self.rng, &mut Metrics::default()).unwrap();
    }
}

/// Two agents that do and learn the same, in one lane and in three.
fn same_in<E, C, D>(env: &E, one: &C, other: &D)
where
    E: Env<Act = usize> + Clone + Send,
    Lanes<E>: Batch<O = usize, A = usize>,
    C: Recipe<usize, usize, Agent: Values>,
    D: Recipe<usize, usize, Agent: Values>,
{
    for lanes in [1, 3] {
        let (mut one, mut other) = (Run::new(env.clone(), lanes, one), Run::new(env.clone(), lanes, other));
        for step in 0..2_000 {
            one.go();
            other.go();
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            if step % 100 == 99 {
                assert!(
                    bits(one.agent.flat()) == bits(other.agent.flat()),
                    "{} and {}, step {step}",
                    C::OWNER,
                    D::OWNER
                );
            }
        }
        assert!(one.rng == other.rng && one.lanes.state() == other.lanes.state(), "{} and {}", C::OWNER, D::OWNER);
        assert!(one.agent.flat().iter().any(|value| *value != 0.0), "nothing was learnt");
    }
}

/// The same in a lake whose ice is slippery and whose episodes are cut off, in a taxi's world, and where few actions are legal.
fn same<C, D>(one: &C, other: &D)
where
    C: Recipe<usize, usize, Agent: Values>,
    D: Recipe<usize, usize, Agent: Values>,
{
    same_in(&frozen_lake(&FrozenLakeParams { time_limit: 12, ..FrozenLakeParams::default() }).unwrap(), one, other);
    same_in(&Taxi::new(TaxiParams::default()).unwrap(), one, other);
    same_in(&MaximizationBias::new(MaximizationBiasParams::default()).unwrap(), one, other);
}

/// A configuration with the settings that all of these agents share.
fn with<C: gymkhana_envs::Params>(more: &[(&str, &str)]) -> C {
    let common =
        [("learning_rate", "0.4 -> 0.1"), ("gamma", "0.9"), ("epsilon", "0.3 -> 0.1"), ("initial_value", "0.5")];
    C::from_settings(common.into_iter().chain(more.iter().copied())).unwrap()
}

#[test]
fn one_step_sarsa_is_sarsa() {
    same::<_, SarsaConfig>(&with::<NStepSarsaConfig>(&[("n", "1")]), &with(&[]));
}

#[test]
fn q_sigma_of_one_is_n_step_sarsa() {
    for n in ["1", "3"] {
        for target in ["none", "0.05"] {
            let settings = [("n", n), ("target_epsilon", target)];
            let q_sigma = QSigmaConfig { sigma: Schedule::Constant(1.0), ..with(&settings) };
            same(&q_sigma, &with::<NStepSarsaConfig>(&settings));
        }
    }
}

#[test]
fn q_sigma_of_zero_is_tree_backup() {
    for n in ["1", "3"] {
        for target in ["none", "0"] {
            let settings = [("n", n), ("target_epsilon", target)];
            let q_sigma = QSigmaConfig { sigma: Schedule::Constant(0.0), ..with(&settings) };
            same(&q_sigma, &with::<TreeBackupConfig>(&settings));
        }
    }
}

#[test]
fn without_traces_q_lambda_is_q_learning_and_sarsa_lambda_is_sarsa() {
    for traces in [TraceKind::Accumulating, TraceKind::Replacing, TraceKind::Dutch] {
        let lambda = [("lambda", "0")];
        same(&WatkinsQLambdaConfig { traces, ..with(&lambda) }, &with::<QLearningConfig>(&[]));
        same(&SarsaLambdaConfig { traces, ..with(&lambda) }, &with::<SarsaConfig>(&[]));
    }
}

#[test]
fn expected_sarsa_with_a_greedy_target_is_q_learning() {
    same(&with::<ExpectedSarsaConfig>(&[("target_epsilon", "0")]), &with::<QLearningConfig>(&[]));
}

#[test]
fn semi_gradient_sarsa_on_states_is_sarsa() {
    same(&with::<SemiGradientSarsaConfig>(&[]), &with::<SarsaConfig>(&[]));
    for n in ["2", "5"] {
        same(&with::<SemiGradientSarsaConfig>(&[("n", n)]), &with::<NStepSarsaConfig>(&[("n", n)]));
    }
}
