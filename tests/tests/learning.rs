//! Learning itself: agents reach what is known to be reachable, by greedy evaluation of the final policy.

use gymkhana::{
    Training,
    agents::tabular::QLearningConfig,
    config::EvaluationPlan,
    launch::{Cell, Making, run_cells},
    observe::Observer,
    sections::study::tuned,
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

/// The reference result over ten seeds stands under `results/5.4.2`.
#[test]
fn dqn_balances_the_pole_with_its_tuned_settings() {
    let envs = Registry::standard();
    let config = tuned(&envs, "dqn", "CartPole-v1").unwrap();
    assert_eq!(config.steps, 50_000, "the budget of the published result");
    let dir = tempfile::tempdir().unwrap();
    let cells = [0, 1].map(|seed| Cell { seed, dir: dir.path().join(format!("seed-{seed}")) });
    let made = run_cells(&envs, &config, &cells, &Making::default(), |_| Nobody);
    let means: Vec<f64> = made.into_iter().map(|made| made.unwrap().result.evaluation.mean()).collect();
    assert!(means.iter().any(|mean| *mean >= 475.0), "{means:?}");
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
