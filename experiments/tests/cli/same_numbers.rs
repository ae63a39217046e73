//! Same seed, same numbers: metrics without their times, policies and results are equal byte for byte.

use crate::support::{DQN, Outcome, Place, Q_LEARNING, assert_same_numbers};

const DISCRETIZED: &str = "train q-learning CartPole-v1 --wrap discretize:bins=6 --steps 3000";
const ONE_HOT: &str = "train dqn FrozenLake-v1 --wrap one-hot --steps 2000 --set hidden=16";

#[test]
fn two_runs_give_the_same_numbers_and_another_seed_gives_others() {
    for line in [Q_LEARNING, DQN, DISCRETIZED, ONE_HOT] {
        for lanes in ["", "--lanes 5"] {
            let place = Place::new();
            for (out, seed) in [("a", 7), ("b", 7), ("c", 8)] {
                // Checkpoints change no number.
                let often = if out == "b" { "--checkpoint-every 0" } else { "" };
                place.ok(&format!("{line} {lanes} {often} --seed {seed} --out {out}"));
            }
            assert_same_numbers(&place.at("a"), &place.at("b"));
            assert!(Outcome::of(&place.at("a")) != Outcome::of(&place.at("c")), "{line}");
        }
    }
}

#[test]
fn several_seeds_give_the_same_numbers_on_one_thread_and_on_two() {
    for line in [Q_LEARNING, DQN] {
        let place = Place::new();
        place.ok(&format!("{line} --seeds 4 --jobs 1 --out one"));
        place.ok(&format!("{line} --seeds 4 --jobs 2 --out two"));
        for seed in 0..4 {
            let seed = format!("seed-{seed}");
            assert_same_numbers(&place.at("one").join(&seed), &place.at("two").join(&seed));
        }
        place.ok(&format!("{line} --seed 3 --out alone"));
        assert_same_numbers(&place.at("one/seed-3"), &place.at("alone"));
    }
}

#[test]
fn eval_repeats_the_final_evaluation_of_the_run() {
    for line in [Q_LEARNING, DQN, DISCRETIZED] {
        let place = Place::new();
        let row = |said: &str, table: &str, columns: [usize; 4]| -> Vec<f64> {
            let table = said.split_once(table).unwrap_or_else(|| panic!("no `{table}` in {said}")).1;
            let cells: Vec<&str> = table.lines().nth(2).unwrap().split_whitespace().collect();
            columns.iter().map(|&i| cells[i].parse().unwrap()).collect()
        };
        // return, deviation, length, capped
        let trained = row(&place.ok(&format!("{line} --out a")), "Final policies, greedy", [1, 2, 3, 4]);
        let columns = [2, 3, 6, 7];
        assert_eq!(row(&place.ok("eval a"), "Final policies, greedy", columns), trained, "{line}");
        let seeded = ["eval a --seed 5 --episodes 30"; 2].map(|line| place.ok(line));
        assert_eq!(seeded[0], seeded[1]);
    }
}

#[test]
fn a_run_that_reaches_its_goal_ends_there_with_the_same_numbers() {
    let place = Place::new();
    let line = "train q-learning CliffWalking-v1 --until return>=-13";
    let said = place.ok(&format!("{line} --out a"));
    assert!(said.contains("goal reached"), "{said}");
    place.ok(&format!("{line} --out b"));
    let [a, b] = ["a", "b"].map(|out| Outcome::of(&place.at(out)));
    assert!(a == b && a.metrics.len() < 100, "{} lines", a.metrics.len());
}
