//! A run that was killed and resumed ends in the numbers of the run that was not, whenever it was killed.

use std::{fs, thread, time::Duration};

use crate::support::{DQN, PPO, Place, Q_LEARNING, assert_same_numbers, contents, count_lines};

/// The agents, then two through a wrapper.
const RUNS: [&str; 5] = [
    Q_LEARNING,
    DQN,
    PPO,
    "train q-learning CartPole-v1 --wrap discretize:bins=6 --steps 6000 --eval-every 60 --eval-episodes 100",
    "train dqn FrozenLake-v1 --wrap one-hot --steps 3000 --set hidden=16 --set train_frequency=2 --lanes 2",
];

#[test]
fn a_run_that_was_killed_once_ends_in_the_same_numbers() {
    for line in RUNS {
        let place = Place::new();
        place.ok(&format!("{line} --out whole"));
        let mut killed = 0;
        // With a checkpoint as often as can be, and, by default, none in so short a run.
        for (lines, often) in [(1, true), (50, true), (85, true), (30, false)] {
            let out = format!("run-{lines}");
            let train = format!("{line} --out {out} {}", if often { "--checkpoint-every 0" } else { "" });
            killed += usize::from(place.kill_at(&train, &out, lines));
            place.ok(&format!("{train} --resume"));
            assert_same_numbers(&place.at("whole"), &place.at(&out));
        }
        assert!(killed >= 2, "{line}: {killed} of 4 were killed before their end");
    }
}

#[test]
fn a_run_that_was_killed_again_and_again_ends_in_the_same_numbers() {
    for line in RUNS {
        let place = Place::new();
        place.ok(&format!("{line} --out whole"));
        let train = format!("{line} --checkpoint-every 0 --out a --resume");
        let mut killed = 0;
        for lines in [10, 25, 40, 60, 80, 95] {
            killed += usize::from(place.kill_at(&train, "a", lines));
        }
        assert!(killed >= 3, "{line}: {killed} of 6 were killed before their end");
        place.ok(&train);
        assert_same_numbers(&place.at("whole"), &place.at("a"));
    }
}

#[test]
fn a_kill_at_the_very_start_leaves_something_that_starts() {
    let place = Place::new();
    place.ok(&format!("{Q_LEARNING} --out whole"));
    for milliseconds in 0..12 {
        let out = format!("run-{milliseconds}");
        let train = format!("{Q_LEARNING} --checkpoint-every 0 --out {out} --resume");
        let mut child = place.command(&train).stdout(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        place.ok(&train);
        assert_same_numbers(&place.at("whole"), &place.at(&out));
    }
}

#[test]
fn what_a_kill_in_the_middle_of_a_file_leaves_is_in_nobodys_way() {
    let place = Place::new();
    place.ok(&format!("{Q_LEARNING} --out whole"));
    // In the middle of the manifest of a new run.
    fs::create_dir(place.at("new")).unwrap();
    fs::write(place.at("new/metrics.jsonl"), "").unwrap();
    fs::write(place.at("new/.writing-Xy12Z"), "{\"form").unwrap();
    place.ok(&format!("{Q_LEARNING} --out new"));
    assert_same_numbers(&place.at("whole"), &place.at("new"));
    // In the middle of a checkpoint, and of a line of metrics.
    let train = format!("{Q_LEARNING} --checkpoint-every 0 --out a");
    assert!(place.kill_at(&train, "a", 30), "it had ended");
    fs::write(place.at("a/.writing-Xy12Z"), "gymkhana").unwrap();
    let mut metrics = fs::read(place.at("a/metrics.jsonl")).unwrap();
    metrics.extend(b"{\"step\":4");
    fs::write(place.at("a/metrics.jsonl"), metrics).unwrap();
    place.ok("plot a --out a.svg");
    place.ok(&format!("{train} --resume"));
    assert_same_numbers(&place.at("whole"), &place.at("a"));
}

#[test]
fn an_interrupted_run_is_not_started_again_unasked() {
    let place = Place::new();
    let train = format!("{Q_LEARNING} --checkpoint-every 0 --out a");
    assert!(place.kill_at(&train, "a", 30), "it had ended");
    let before = contents(place.path());
    place.run(&train).failed(2, &["a holds an interrupted run", "--resume", "--out"]);
    crate::support::assert_untouched(&before, place.path());
}

#[test]
fn several_seeds_that_were_killed_together_end_in_the_same_numbers() {
    for line in [Q_LEARNING, DQN] {
        let place = Place::new();
        let seeds = format!("{line} --seeds 3 --jobs 2");
        place.ok(&format!("{seeds} --out whole"));
        let train = format!("{seeds} --checkpoint-every 0 --out a");
        // While the first seeds run, and while the last one does, which begins when the first are finished.
        let killed =
            place.kill_at(&train, "a/seed-0", 50) | place.kill_at(&format!("{train} --resume"), "a/seed-2", 50);
        assert!(killed, "{line}: it had ended");
        place.ok(&format!("{train} --resume"));
        for seed in 0..3 {
            let seed = format!("seed-{seed}");
            assert_same_numbers(&place.at("whole").join(&seed), &place.at("a").join(&seed));
        }
    }
}

#[test]
fn resume_where_nothing_is_begins() {
    let place = Place::new();
    place.ok(&format!("{Q_LEARNING} --out a --resume"));
    assert_eq!(count_lines(&place.at("a/metrics.jsonl")), 101);
}

#[test]
fn a_run_that_reaches_its_goal_reaches_it_after_a_kill_too() {
    let place = Place::new();
    let line =
        "train q-learning CliffWalking-v1 --steps 40000 --set learning_rate=0.2 --eval-every 40 --until return>=-13";
    place.ok(&format!("{line} --out whole"));
    let lines = count_lines(&place.at("whole/metrics.jsonl"));
    let train = format!("{line} --checkpoint-every 0 --out a --resume");
    for part in [lines / 3, lines * 2 / 3] {
        place.kill_at(&train, "a", part);
    }
    place.ok(&train);
    assert!(std::fs::read_to_string(place.at("a/result.json")).unwrap().contains("\"reached\": true"));
    assert_same_numbers(&place.at("whole"), &place.at("a"));
}
