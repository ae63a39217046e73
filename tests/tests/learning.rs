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
