//! Comparisons and sweeps: the same numbers however they are made, and nothing that is broken is counted.

use std::fs;

use crate::support::{Place, contents, count_lines};

const TABLES: &str = "compare --agents q-learning,sarsa --envs CliffWalking-v1,FrozenLake-v1 --seeds 3 --steps 4000";

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.at(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a comparison counted, without what depends on the clock.
fn counted(place: &Place, dir: &str) -> (String, serde_json::Value) {
    let mut summary: serde_json::Value = serde_json::from_str(&read(place, &format!("{dir}/summary.json"))).unwrap();
    let object = summary.as_object_mut().unwrap();
    object.remove("command");
    for curve in object["curves"].as_array_mut().unwrap() {
        curve.as_object_mut().unwrap().remove("by_seconds");
    }
    (read(place, &format!("{dir}/scores.csv")), summary)
}

#[test]
fn the_numbers_are_the_same_on_one_thread_on_two_and_after_a_kill() {
    let place = Place::new();
    let said = place.ok(&format!("{TABLES} --jobs 1 --out one"));
    assert!(said.contains("2 agents × 2 environments × 3 seeds = 12 runs → one"), "{said}");
    assert!(said.contains("one/index.html") && said.contains("interquartile mean"), "{said}");
    place.ok(&format!("{TABLES} --jobs 2 --out two"));
    assert!(place.kill_at(
        &format!("{TABLES} --checkpoint-every 0 --jobs 1 --out killed"),
        "killed/runs/sarsa/CliffWalking-v1/seed-1",
        20
    ));
    let said = place.ok(&format!("{TABLES} --out killed"));
    assert!(said.contains("; 7 are done already"), "{said}");
    let right = counted(&place, "one");
    assert_eq!(right.0.lines().count(), 13);
    assert!(right == counted(&place, "two") && right == counted(&place, "killed"));

    // Nothing is left to do, and nothing is done.
    let runs = contents(&place.at("one/runs"));
    let said = place.ok(&format!("{TABLES} --out one"));
    assert!(said.contains("; 12 are done already"), "{said}");
    assert!(runs == contents(&place.at("one/runs")));
    for name in ["report.md", "curves.csv", "aggregates.svg", "curves-by-steps.png", "comparison.json"] {
        assert!(place.at("one").join(name).exists(), "{name}");
    }

    // Without the runs, pages and figures are drawn from the summary.
    let before = [read(&place, "one/index.html"), read(&place, "one/report.md"), read(&place, "one/aggregates.svg")];
    fs::remove_dir_all(place.at("one/runs")).unwrap();
    for name in ["index.html", "report.md", "aggregates.svg", "scores.csv"] {
        fs::remove_file(place.at("one").join(name)).unwrap();
    }
    place.ok("report one");
    assert!(
        before == [read(&place, "one/index.html"), read(&place, "one/report.md"), read(&place, "one/aggregates.svg")]
    );
    assert_eq!(right, counted(&place, "one"));
}

#[test]
fn cells_are_shared_among_processes() {
    let place = Place::new();
    place.ok(&format!("{TABLES} --out whole"));
    let list = place.ok(&format!("{TABLES} --list --cells 5-6"));
    assert_eq!(
        list,
        "    5  q-learning on FrozenLake-v1, seed 2\n    6  sarsa on CliffWalking-v1, seed 0\n2 of 12 cells\n"
    );

    let said = place.ok(&format!("{TABLES} --out parts --cells 0-3,11"));
    assert!(said.contains("of which 5 were picked") && said.contains("5 of 12 cells are done"), "{said}");
    let said = place.ok("report parts");
    assert!(said.contains("5 of 12 cells are done: the others count nowhere"), "{said}");
    place.ok(&format!("{TABLES} --out parts --cells 4-10"));
    assert_eq!(counted(&place, "parts"), counted(&place, "whole"));

    // Several at once that all want the same.
    let start = || place.command(&format!("{TABLES} --out shared --checkpoint-every 0")).output();
    let ended: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|one| one.join().unwrap().unwrap()).collect()
    });
    for output in ended {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    place.ok(&format!("{TABLES} --out shared"));
    assert_eq!(counted(&place, "shared"), counted(&place, "whole"));
}

const FILE: &str = r#"
seeds = 2
steps = 1_500
envs = ["CartPole-v1"]

[[agents]]
label = "small steps"
agent = "dqn"
tuned = false
settings = { hidden = [16], learning_starts = 100 }

[[agents]]
label = "no end of steps"
agent = "dqn"
tuned = false
settings = { hidden = [64, 64, 64, 64, 64, 64, 64, 64, 64, 64], learning_rate = 1, max_grad_norm = 1e30, loss = "squared", target_interval = 1, train_frequency = 1 }
"#;

#[test]
fn a_cell_that_fails_is_shown_and_counts_nowhere() {
    let place = Place::new();
    fs::write(place.at("c.toml"), FILE).unwrap();
    let done = place.run("compare --file c.toml --out a");
    done.failed(1, &["cell 2: ", "dqn diverged", "the same command tries it again"]);
    assert!(done.stdout.contains("small steps"), "{done:?}");
    let scores = read(&place, "a/scores.csv");
    let lines: Vec<&str> = scores.lines().collect();
    assert_eq!(lines[0], "agent,environment,seed,score");
    assert!(lines[1].starts_with("small steps,CartPole-v1,0,") && !lines[1].ends_with(','), "{scores}");
    assert_eq!(lines[3], "no end of steps,CartPole-v1,0,");
    assert!(
        read(&place, "a/report.md").contains("dqn diverged") && read(&place, "a/index.html").contains("dqn diverged")
    );
    place.run("report a").failed(1, &["cell 3: "]);
}

#[test]
fn what_is_damaged_is_named_and_never_averaged_in() {
    let place = Place::new();
    place.ok(&format!("{TABLES} --out a"));
    let right = counted(&place, "a");
    let run = "a/runs/sarsa/FrozenLake-v1";
    fs::write(place.at(&format!("{run}/seed-0/result.json")), "{\"steps\":").unwrap();
    let metrics = read(&place, &format!("{run}/seed-1/metrics.jsonl"));
    fs::write(place.at(&format!("{run}/seed-1/metrics.jsonl")), metrics.replacen("{\"step\"", "\"step\"", 1)).unwrap();
    fs::remove_dir_all(place.at(&format!("{run}/seed-2"))).unwrap();
    fs::rename(place.at("a/runs/q-learning/FrozenLake-v1/seed-2"), place.at(&format!("{run}/seed-2"))).unwrap();
    for line in ["report a", &format!("{TABLES} --out a")] {
        place
            .run(line)
            .failed(1, &["cell 9: ", "result.json is damaged", "cell 10: ", "line 1", "cell 11: ", "another run"]);
        let summary = counted(&place, "a").1;
        assert_eq!(summary["scores"][1][1], serde_json::Value::Null);
        assert_eq!(summary["scores"][0][0], right.1["scores"][0][0]);
    }
    for seed in 0..3 {
        fs::remove_dir_all(place.at(&format!("{run}/seed-{seed}"))).unwrap();
    }
    place.ok(&format!("{TABLES} --out a"));
    assert_eq!(counted(&place, "a"), right);
}

#[test]
fn results_and_metrics_that_are_not_whole_count_nowhere() {
    let place = Place::new();
    let line = "compare --agents sarsa --envs CliffWalking-v1 --steps 1000 --seeds 3 --out a";
    place.ok(line);
    let run = |seed: u64, name: &str| format!("a/runs/sarsa/CliffWalking-v1/seed-{seed}/{name}");
    let result = read(&place, &run(0, "result.json"));
    let from = result.find("\"returns\"").unwrap();
    let to = from + result[from..].find(']').unwrap();
    fs::write(place.at(&run(0, "result.json")), format!("{}\"returns\": [{}", &result[..from], &result[to..])).unwrap();
    let metrics = read(&place, &run(1, "metrics.jsonl"));
    fs::write(place.at(&run(1, "metrics.jsonl")), &metrics[..500]).unwrap();
    let done = place.run("report a");
    done.failed(1, &["cell 0: the result in ", " is not one of 100 episodes", "cell 1: the metrics in ", " of 1000"]);
    assert!(done.stdout.contains("1 of 3 cells are done"), "{done:?}");
    assert!(read(&place, "a/report.md").contains("**1 of 3 runs are done"));
    // Who picks others is not told of these.
    place.ok(&format!("{line} --cells 2"));
    place.run(&format!("{line} --cells 0")).failed(1, &["delete the directory of such a run"]);
}

#[test]
fn of_two_comparisons_that_begin_at_once_in_one_directory_one_is_refused() {
    for _ in 0..4 {
        let place = Place::new();
        let start = |agent: &'static str| {
            let line = format!("compare --agents {agent} --envs CliffWalking-v1 --steps 500 --seeds 2 --out a");
            place.command(&line).output().unwrap().status.code()
        };
        let codes = std::thread::scope(|scope| {
            let other = scope.spawn(|| start("sarsa"));
            [start("q-learning"), other.join().unwrap()]
        });
        assert!(codes == [Some(0), Some(2)] || codes == [Some(2), Some(0)], "{codes:?}");
        let kept = read(&place, "a/comparison.json").contains("\"label\": \"sarsa\"");
        assert_eq!(read(&place, "a/scores.csv").contains("sarsa,"), kept);
    }
}

#[test]
fn what_is_wrong_is_said_before_the_first_run() {
    let place = Place::new();
    let refused = |line: &str, words: &[&str]| {
        place.run(&format!("{line} --out a")).failed(2, words);
        assert!(!place.at("a").exists(), "{line}");
    };
    let names = "compare --agents sarsa --envs CliffWalking-v1";
    refused(
        "compare --agents sarsa,dqn --envs CliffWalking-v1 --seeds 2",
        &["dqn on CliffWalking-v1, seeds 0 to 1", "one-hot"],
    );
    refused("compare --agents sarsar --envs CliffWalking-v1", &["sarsa"]);
    refused("compare --agents sarsa --envs CliffWalkin-v1", &["CliffWalking-v1"]);
    refused(&format!("{names} --seeds 0"), &["--seeds"]);
    refused(&format!("{names} --cells 7-99"), &["there are the cells 0 to 9"]);
    refused("compare --agents sarsa", &["--envs"]);
    refused("compare", &["`--agents` and `--envs`, or by `--file`"]);
    refused("compare --file nowhere.toml", &["cannot read nowhere.toml"]);
    let file = |text: &str, words: &[&str]| {
        fs::write(place.at("c.toml"), text).unwrap();
        refused("compare --file c.toml", words);
    };
    file(&FILE.replace("label = \"small steps\"", "lable = \"x\""), &["c.toml", "line 7", "unknown field `lable`"]);
    file(&FILE.replace("seeds = 2", "seeds = 0"), &["c.toml, line 2", "at least one"]);
    file(&FILE.replace("\"CartPole-v1\"", "\"CliffWalking-v1\""), &["c.toml, line 6, small steps on CliffWalking-v1"]);
    file("envs = 1", &["line 1"]);

    place.ok(&format!("{names} --steps 500 --seeds 1 --out a"));
    let before = contents(&place.at("a"));
    place
        .run(&format!("{names} --steps 500 --seeds 2 --out a"))
        .failed(2, &["holds another comparison: `--extend` adds to it", "(seeds: 2 instead of 1)"]);
    place
        .run("compare --agents q-learning --envs CliffWalking-v1 --steps 500 --seeds 1 --out a")
        .failed(2, &["another comparison"]);
    assert!(before == contents(&place.at("a")));
    let said =
        place.ok("compare --agents sarsa,q-learning --envs CliffWalking-v1 --steps 500 --seeds 2 --out a --extend");
    assert!(said.contains("4 runs; 1 are done already"), "{said}");
    for dir in ["nowhere", "a/runs"] {
        place.run(&format!("report {dir}")).failed(2, &["holds neither a comparison nor results of sections"]);
        assert!(!place.at(dir).join("README.md").exists());
    }
    fs::create_dir(place.at("b")).unwrap();
    fs::write(place.at("b/thesis.tex"), "").unwrap();
    place.run(&format!("{names} --out b")).failed(2, &["is not empty and holds no comparison"]);
}

#[test]
fn a_sweep_tells_how_the_score_depends_on_each_setting() {
    let place = Place::new();
    let line = "sweep q-learning CliffWalking-v1 --grid learning_rate=0.1,0.5 --grid env.time_limit=100,200 --steps 3000 --seeds 2";
    let said = place.ok(&format!("{line} --out a"));
    assert!(said.contains("4 combinations × 1 environment × 2 seeds = 8 runs"), "{said}");
    assert!(said.contains("learning_rate=0.5 env.time_limit=200"), "{said}");
    let summary = counted(&place, "a").1;
    assert_eq!(summary["sensitivity"][1]["setting"], "env.time_limit");
    assert_eq!(summary["sensitivity"][0]["values"][0][1].as_array().unwrap().len(), 2);
    assert!(place.at("a/sensitivity.svg").exists());
    let random = "sweep q-learning CliffWalking-v1 --grid learning_rate=1e-3..1 --random 3 --steps 500 --seeds 1";
    let said = place.ok(&format!("{random} --out b"));
    assert!(said.contains("3 combinations"), "{said}");
    for (grid, word) in [
        ("gamma=0.9,0.90", "are the same settings"),
        ("learning_rat=1,2", "learning_rate"),
        ("gamma=1..0", "smaller"),
        ("gamma=0..1", "--random"),
    ] {
        place.run(&format!("sweep q-learning CliffWalking-v1 --grid {grid} --out c")).failed(2, &[word]);
    }
}

#[test]
fn every_episode_is_kept_once_also_where_a_run_was_killed() {
    let place = Place::new();
    let line = "compare --agents q-learning --envs CliffWalking-v1 --seeds 1 --steps 20000 --monitor";
    place.ok(&format!("{line} --out whole --tensorboard"));
    let run = "runs/q-learning/CliffWalking-v1/seed-0";
    let rows = |dir: &str| -> Vec<(String, String)> {
        let text = read(&place, &format!("{dir}/{run}/monitor.csv"));
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("#{"), "{text}");
        assert_eq!(lines.next(), Some("r,l,t"));
        lines
            .map(|line| line.split(',').map(String::from).collect::<Vec<_>>())
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect()
    };
    let right = rows("whole");
    let episodes: serde_json::Value = serde_json::from_str(&read(&place, &format!("whole/{run}/result.json"))).unwrap();
    assert_eq!(right.len() as u64, episodes["episodes"].as_u64().unwrap());
    assert!(place.at("whole/tensorboard/q-learning/CliffWalking-v1/seed-0/events.out.tfevents.0.gymkhana").exists());

    let killed = format!("{line} --out killed --checkpoint-every 0");
    for lines in [20, 60] {
        place.kill_at(&killed, &format!("killed/{run}"), lines);
    }
    place.ok(&killed);
    assert_eq!(rows("killed"), right);
    assert!(count_lines(&place.at(&format!("killed/{run}/metrics.jsonl"))) >= 100);
}
