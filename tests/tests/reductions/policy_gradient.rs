//! Actor-critics with networks: PPO that goes through a rollout once, all at once, is A2C.

use gymkhana_agents::{
    Agent, DeviceName, Metrics, Recipe, Setup,
    policy_gradient::{A2cConfig, PpoConfig},
    round,
};
use gymkhana_envs::{
    Batch, Elem, Env, Lanes, Params, Rng, Seeds, State,
    classic::{CartPole, CartPoleParams, Pendulum, PendulumParams},
};

/// What an agent is after so many steps of three lanes, and the random stream.
fn run<A: Elem, E, C>(env: &E, config: &C) -> (State, Rng)
where
    E: Env + Clone + Send,
    Lanes<E>: Batch<O = f32, A = A>,
    C: Recipe<f32, A>,
{
    let (mut lanes, mut rng) = (Lanes::new(env.clone(), 3, &Seeds::from(7)).unwrap(), Rng::new(11));
    let setup = Setup { spec: lanes.spec(), lanes: 3, steps: 6_000, device: DeviceName::Flex };
    let mut agent = config.build(&setup, &mut rng).unwrap();
    let (fresh, mut act) = (agent.state(), vec![A::default(); 3 * lanes.spec().actions.width()]);
    for _ in 0..1_003 {
        round(&mut agent, &mut lanes, &mut act, &mut rng, &mut Metrics::default()).unwrap();
    }
    assert!(agent.state() != fresh);
    (agent.state(), rng)
}

fn same<A: Elem, E>(env: &E)
where
    E: Env + Clone + Send,
    Lanes<E>: Batch<O = f32, A = A>,
    PpoConfig: Recipe<f32, A>,
    A2cConfig: Recipe<f32, A>,
{
    for optimizer in ["adam", "rmsprop", "sgd"] {
        let common = [
            ("learning_rate", "0.003 -> 0"),
            ("optimizer", optimizer),
            ("n_steps", "20"),
            ("gae_lambda", "0.9"),
            ("normalize_advantage", "true"),
            ("ent_coef", "0.01"),
        ];
        let once = [("n_epochs", "1"), ("batch_size", "1000")];
        let ppo = PpoConfig::from_settings(common.into_iter().chain(once)).unwrap();
        let a2c = A2cConfig::from_settings(common).unwrap();
        assert!(run::<A, E, _>(env, &ppo) == run::<A, E, _>(env, &a2c), "{optimizer}");
    }
}

#[test]
fn ppo_that_goes_through_a_rollout_once_and_all_at_once_is_a2c() {
    same::<usize, _>(&CartPole::new(CartPoleParams::default()).unwrap());
    same::<f32, _>(&Pendulum::new(PendulumParams::default()).unwrap());
}
