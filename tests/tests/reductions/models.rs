//! Models and policy gradients: without planning, and without traces.

use gymkhana_agents::{
    Agent, DeviceName, Metrics, Recipe, Setup,
    model_based::{DynaQ, DynaQConfig},
    round,
    tabular::{ActorCritic, ActorCriticConfig, ActorCriticLambda, ActorCriticLambdaConfig, QLearning, QLearningConfig},
};
use gymkhana_envs::{
    Batch, Env, Lanes, Params, Rng, Seeds,
    grid::{FrozenLakeParams, Taxi, TaxiParams, frozen_lake},
    tabular::{MaximizationBias, MaximizationBiasParams},
};

/// What is compared: all that was learned, as numbers.
trait Numbers {
    fn numbers(&self) -> Vec<f64>;
}

macro_rules! action_values {
    ($($agent:ty)*) => { $(
        impl Numbers for $agent {
            fn numbers(&self) -> Vec<f64> {
                self.q().flat().to_vec()
            }
        }
    )* };
}
action_values! { DynaQ QLearning }

macro_rules! actors_and_critics {
    ($($agent:ty)*) => { $(
        impl Numbers for $agent {
            fn numbers(&self) -> Vec<f64> {
                [self.preferences().theta().flat(), self.v().flat()].concat()
            }
        }
    )* };
}
actors_and_critics! { ActorCritic ActorCriticLambda }

/// What an agent knows after every hundred steps, and what its random stream gives next.
fn learnt<E, C>(env: &E, lanes: usize, config: &C) -> (Vec<u64>, Rng)
where
    E: Env<Act = usize> + Clone + Send,
    Lanes<E>: Batch<O = usize, A = usize>,
    C: Recipe<usize, usize, Agent: Numbers>,
{
    let (mut lanes, mut rng) = (Lanes::new(env.clone(), lanes, &Seeds::from(7)).unwrap(), Rng::new(11));
    let setup = Setup { spec: lanes.spec(), lanes: lanes.lanes(), steps: 6_000, device: DeviceName::Flex };
    let mut agent = config.build(&setup, &mut rng).unwrap();
    let (mut act, mut log, mut bits) = (vec![0; lanes.lanes()], Metrics::default(), Vec::new());
    for step in 0..2_000 {
        round(&mut agent, &mut lanes, &mut act, &mut rng, &mut log).unwrap();
        if step % 100 == 99 {
            bits.extend(agent.numbers().into_iter().map(f64::to_bits));
        }
    }
    assert!(agent.numbers().iter().any(|value| *value != 0.0), "{} learnt nothing", C::OWNER);
    (bits, rng)
}

/// The same in a lake whose ice is slippery and whose episodes are cut off, in a taxi's world, and where few actions are
/// legal; in one lane and in three.
fn same<C, D>(one: &C, other: &D)
where
    C: Recipe<usize, usize, Agent: Agent<usize, usize> + Numbers>,
    D: Recipe<usize, usize, Agent: Agent<usize, usize> + Numbers>,
{
    let lake = frozen_lake(&FrozenLakeParams { time_limit: 12, ..FrozenLakeParams::default() }).unwrap();
    let taxi = Taxi::new(TaxiParams::default()).unwrap();
    let bias = MaximizationBias::new(MaximizationBiasParams::default()).unwrap();
    for lanes in [1, 3] {
        assert!(learnt(&lake, lanes, one) == learnt(&lake, lanes, other), "{} and {}", C::OWNER, D::OWNER);
        assert!(learnt(&taxi, lanes, one) == learnt(&taxi, lanes, other), "{} and {}", C::OWNER, D::OWNER);
        assert!(learnt(&bias, lanes, one) == learnt(&bias, lanes, other), "{} and {}", C::OWNER, D::OWNER);
    }
}

/// A configuration with settings that two agents share.
fn with<C: Params>(common: &[(&str, &str)], more: &[(&str, &str)]) -> C {
    C::from_settings(common.iter().chain(more).copied()).unwrap()
}

#[test]
fn dyna_q_without_planning_is_q_learning() {
    let common =
        [("learning_rate", "0.4 -> 0.1"), ("gamma", "0.9"), ("epsilon", "0.3 -> 0.1"), ("initial_value", "0.5")];
    same::<DynaQConfig, QLearningConfig>(&with(&common, &[("n", "0")]), &with(&common, &[]));
}

#[test]
fn actor_critic_without_traces_is_one_step_actor_critic() {
    let common =
        [("learning_rate", "0.2 -> 0.1"), ("value_learning_rate", "0.3"), ("gamma", "0.9"), ("initial_value", "0.5")];
    let none = [("lambda", "0"), ("value_lambda", "0")];
    same::<ActorCriticLambdaConfig, ActorCriticConfig>(&with(&common, &none), &with(&common, &[]));
}
