//! Learning itself: agents reach what is known to be reachable, by greedy evaluation of the final policy.

use gymkhana::{
    Training,
    agents::tabular::QLearningConfig,
    config::EvaluationPlan,
    configure::tuned,
    launch::{Cell, Making, run_cells},
    observe::Observer,
};
use gymkhana_envs::{
    Registry,
    grid::{Gridworld, Rules},
    tabular::Finite,
};

struct Nobody;
impl Observer for Nobody {}

#[test]
fn q_learning_walks_the_cliffs_edge_on_ten_of_ten_seeds() {
    let rules = Rules { step_reward: -1.0, goal_reward: -1.0, ..Rules::default() };
    let map = "............/............/............/SCCCCCCCCCCG";
    let cliff = Finite::new("Cliff", Gridworld::new(map, rules).unwrap().table(), None, None);
    for seed in 0..10 {
        let training = Training::new(cliff.clone(), QLearningConfig::default()).steps(50_000).seed(seed);
        assert_eq!(training.run().unwrap().evaluation.mean(), -13.0, "seed {seed}");
    }
}

/// The greedy returns of some seeds with an agent's tuned settings.
fn greedy_returns(agent: &str, env: &str, seeds: u64) -> Vec<f64> {
    let envs = Registry::standard();
    let config = tuned(&envs, agent, env).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let cells: Vec<_> = (0..seeds).map(|seed| Cell { seed, dir: dir.path().join(format!("seed-{seed}")) }).collect();
    let made = run_cells(&envs, &config, &cells, &Making::default(), |_| Nobody);
    made.into_iter().map(|made| made.unwrap().result.evaluation.mean()).collect()
}

#[test]
fn temporal_difference_control_finds_the_shortest_way_across_the_wind() {
    for agent in [
        "sarsa",
        "expected-sarsa",
        "q-learning",
        "n-step-sarsa",
        "tree-backup",
        "q-sigma",
        "sarsa-lambda",
        "watkins-q-lambda",
    ] {
        let found = greedy_returns(agent, "WindyGridworld", 5);
        // Fifteen steps at best, and one or two more where exploration never found the last short cut.
        assert!(found.contains(&-15.0) && found.iter().all(|steps| *steps >= -17.0), "{agent}: {found:?}");
    }
}

#[test]
fn semi_gradient_sarsa_drives_up_the_mountain() {
    // −110 is what counts as solved; the deviation of one seed's mean is about 5.
    let found = greedy_returns("semi-gradient-sarsa", "MountainCar-v0", 3);
    assert!(found.iter().all(|steps| *steps > -130.0), "{found:?}");
}

#[test]
fn double_q_learning_drives_a_taxi() {
    // The best is 7.93 in the mean of all starts; a hundred of them are drawn.
    let found = greedy_returns("double-q-learning", "Taxi-v4", 2);
    assert!(found.iter().all(|mean| *mean > 7.0), "{found:?}");
}

/// The reference result over ten seeds stands under `results/5.4.2`: one of them may end below 475.
#[test]
fn dqn_balances_the_pole_with_its_tuned_settings() {
    let config = tuned(&Registry::standard(), "dqn", "CartPole-v1").unwrap();
    assert_eq!(config.steps, 50_000, "the budget of the published result");
    let found = greedy_returns("dqn", "CartPole-v1", 2);
    assert!(found.iter().any(|mean| *mean >= 475.0), "{found:?}");
}

/// The reference results over ten seeds stand under `results/6.3.9`, `results/6.2.2` and `results/5.5.3`.
#[test]
fn policy_gradients_balance_the_pole_with_their_tuned_settings() {
    for (agent, steps, bar) in [("ppo", 100_000, 500.0), ("a2c", 500_000, 490.0), ("reinforce", 500_000, 450.0)] {
        let config = tuned(&Registry::standard(), agent, "CartPole-v1").unwrap();
        assert_eq!(config.steps, steps, "{agent}: the budget of the published result");
        let found = greedy_returns(agent, "CartPole-v1", 1);
        assert!(found[0] >= bar, "{agent}: {found:?}");
    }
}

#[test]
fn ppo_swings_the_pendulum_up() {
    // Ten seeds have −157 in the interquartile mean, the worst of thirty −187; 100 episodes deviate by about 8 in the mean.
    let found = greedy_returns("ppo", "Pendulum-v1", 1);
    assert!(found[0] >= -200.0, "{found:?}");
}

#[test]
fn a_run_ends_early_at_its_goal() {
    let rules = Rules { step_reward: -1.0, goal_reward: -1.0, ..Rules::default() };
    let env = Finite::new("Hall", Gridworld::new("S...G", rules).unwrap().table(), Some(50), None);
    let plan = EvaluationPlan { every: 100, episodes: 5, final_episodes: 5, cap: 50 };
    let training = Training::new(env, QLearningConfig::default()).steps(100_000).evaluate(plan).until(-4.0);
    let trained = training.run().unwrap();
    assert!(trained.result.reached && trained.result.steps < 100_000, "{:?}", trained.result);
    assert_eq!(trained.evaluation.mean(), -4.0);
}
