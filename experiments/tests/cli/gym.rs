//! Environments on the command line: played, checked, compared with recorded runs, measured.

use std::fs;

use serde_json::Value;

use crate::support::Place;

fn golden(name: &str) -> String {
    format!("{}/../tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_finite_environment_is_solved_and_shown() {
    let place = Place::new();
    let said = place.ok("play CliffWalking-v1 --policy optimal");
    let last = said.lines().last().unwrap();
    assert_eq!(last.split_whitespace().collect::<Vec<_>>(), ["1", "-13.00", "13", "terminated"], "{said}");
    assert!(said.contains("solved: 48 states"), "{said}");
    place.run("play CartPole-v1 --policy optimal").failed(2, &["CartPole-v1 has no transition table"]);
    place.run("play CliffWalking-v1 --policy optimal --gamma 2").failed(2, &["gamma=2", "from 0 to 1"]);
}

#[test]
fn plays_are_filmed() {
    let place = Place::new();
    for (env, frames) in [("CartPole-v1", 10), ("FrozenLake-v1", 3), ("KArmedBandit", 21)] {
        let said = place.ok(&format!("play {env} --gif films/{env}.gif --steps 20 --seed 3"));
        let bytes = fs::read(place.at(&format!("films/{env}.gif"))).unwrap();
        assert!(bytes.starts_with(b"GIF89a") && bytes.ends_with(b";"), "{env}");
        let told: usize = said.lines().last().unwrap().split_whitespace().nth(2).unwrap().parse().unwrap();
        assert!(told >= frames, "{said}");
    }
    place.run("play CartPole-v1 --gif film.mp4").failed(2, &["film.mp4 does not end in .gif"]);
    place.run("play CartPole-v1 --fps 0").failed(2, &["not from 0.01 to 1000"]);
    assert!(!place.at("film.mp4").exists());
}

#[test]
fn the_same_seed_plays_the_same() {
    let place = Place::new();
    for env in ["CartPole-v1", "Pendulum-v1", "Blackjack-v1"] {
        let play = |seed: u32| place.ok(&format!("play {env} --episodes 2 --steps 30 --seed {seed}"));
        assert_eq!(play(1), play(1));
        assert_ne!(play(1), play(2));
    }
}

#[test]
fn a_run_is_played_through_its_wrappers() {
    let place = Place::new();
    let train = "train dqn CliffWalking-v1 --wrap one-hot --set hidden=8 --set env.time_limit=20 --steps 200 --out run";
    place.ok(train);
    assert!(place.ok("play CliffWalking-v1 --policy run").contains("step 20"));
    place.run("play CartPole-v1 --policy run").failed(2, &["is on CliffWalking-v1, not on CartPole-v1"]);
    place.run("play CartPole-v1 --policy nowhere").failed(2, &["none of random, optimal and human"]);
    place.run("play CartPole-v1 --policy human").failed(2, &["needs a terminal"]);
}

#[test]
fn a_map_can_be_a_file() {
    let place = Place::new();
    fs::write(place.at("map.txt"), "S..\n.#.\n..G\n").unwrap();
    let said = place.ok("play Gridworld --set env.map=@map.txt --set slip=0 --policy optimal");
    assert!(said.contains("9 states") && said.trim_end().ends_with("terminated"), "{said}");
    place.run("play Gridworld --set env.map=@nowhere.txt").failed(2, &["cannot read the file nowhere.txt"]);
    fs::write(place.at("bad.txt"), "S..\n.#\n..G\n").unwrap();
    place.run("play Gridworld --set env.map=@bad.txt").failed(2, &["map, line 2, column 3"]);
}

#[test]
fn environments_are_checked_and_each_rule_is_told() {
    let place = Place::new();
    for env in ["CartPole-v1", "Blackjack-v1", "Pendulum-v1"] {
        let said = place.ok(&format!("check-env {env}"));
        assert_eq!(said.matches("PASS").count() + said.matches("NOTE").count(), 10, "{said}");
        assert!(said.contains("steps per second with 1,024 lanes") || said.contains("with 1024 lanes"), "{said}");
    }
    let value = json(&place.ok("check-env Gridworld --wrap one-hot --json"));
    assert_eq!((value["passes"].as_bool(), value["findings"].as_array().unwrap().len()), (Some(true), 10));
    place.run("check-env CartPol").failed(2, &["did you mean CartPole-v0, CartPole-v1?"]);
    place.run("check-env CartPole-v1 --set env.lenght=1").failed(2, &["did you mean length"]);
    place.run("check-env CartPole-v1 --wrap one-hot").failed(2, &["features already"]);
}

#[test]
fn recorded_runs_agree() {
    let place = Place::new();
    let names = [
        "CartPole-v1",
        "Acrobot-v1",
        "Pendulum-v1",
        "Taxi-v4",
        "Blackjack-v1",
        "FrozenLake-v1-deterministic",
        "time_limit_both",
    ];
    let files = names.map(golden).join(" ");
    let said = place.ok(&format!("parity {files}"));
    assert_eq!(said.matches("agrees").count(), names.len(), "{said}");
    let value = json(&place.ok(&format!("parity {} --json", golden("CartPole-v1"))));
    assert_eq!((value[0]["agrees"].as_bool(), value[0]["trajectories"].as_u64()), (Some(true), Some(8)));
    assert!(value[0]["step_by_step"]["size"].as_f64().unwrap() < 1e-9);
}

#[test]
fn a_recording_that_is_off_is_found_and_said_where() {
    let place = Place::new();
    let original = fs::read_to_string(golden("CartPole-v1")).unwrap();
    let spoilt = |name: &str, spoil: &dyn Fn(&mut Value)| {
        let mut value = json(&original);
        spoil(&mut value["trajectories"][2]);
        fs::write(place.at(name), value.to_string()).unwrap();
    };
    let nudge = |number: &mut Value, by: f64| *number = (number.as_f64().unwrap() + by).into();
    spoilt("first.json", &|run| nudge(&mut run["initial_observation"][1], 1e-9));
    spoilt("observation.json", &|run| nudge(&mut run["observations"][4][0], 1e-6));
    spoilt("state.json", &|run| nudge(&mut run["states"][3][2], 1e-10));
    spoilt("reward.json", &|run| nudge(&mut run["rewards"][1], 0.5));
    spoilt("end.json", &|run| run["terminated"][0] = true.into());
    for (name, words) in [
        ("first", ["trajectory 2 (seed 1)", "first observation"]),
        ("observation", ["trajectory 2 (seed 1), step 5", "observation"]),
        ("state", ["trajectory 2 (seed 1), step", "state"]),
        ("reward", ["trajectory 2 (seed 1), step 2", "reward 1.0, recorded 1.5"]),
        ("end", ["trajectory 2 (seed 1), step 1", "terminated false, recorded true"]),
    ] {
        let done = place.run(&format!("parity {} {name}.json", golden("CartPole-v1")));
        done.failed(1, &["a check failed"]);
        assert!(words.iter().all(|word| done.stdout.contains(word)), "{name}: {}", done.stdout);
        assert_eq!((done.stdout.matches("agrees").count(), done.stdout.matches("OUT OF TOLERANCE").count()), (1, 1));
    }
}

#[test]
fn files_that_are_no_recordings_are_refused() {
    let place = Place::new();
    let run = r#""trajectories": [{"seed": 0, "actions": [0, 1], "rewards": [1]}]"#;
    for (text, words) in [
        ("", "no JSON"),
        ("[1, 2]", "no list `trajectories`"),
        (r#"{"id": "CartPole-v1"}"#, "no list `trajectories`"),
        (r#"{"id": "CartPol-v1", "trajectories": [{"seed": 0, "actions": []}]}"#, "did you mean CartPole-v1"),
        (r#"{"trajectories": [{"seed": 0, "actions": []}]}"#, "no environment"),
        (r#"{"id": "CartPole-v1", "trajectories": [{"actions": []}]}"#, "missing field `seed`"),
        (
            r#"{"id": "CartPole-v1", "kwargs": {"gravitation": 1}, "trajectories": [{"seed": 0, "actions": []}]}"#,
            "gravitation",
        ),
        (&format!(r#"{{"id": "CartPole-v1", {run}}}"#), "1 rewards for 2 actions"),
        (r#"{"id": "CartPole-v1", "trajectories": [{"seed": 0, "actions": [7]}]}"#, "is not in Discrete(2)"),
        (r#"{"id": "CartPole-v1", "trajectories": [{"seed": 0, "actions": [0.5]}]}"#, "0.5 is no choice"),
    ] {
        fs::write(place.at("file.json"), text).unwrap();
        place.run("parity file.json").failed(2, &["file.json", words]);
    }
    place.run("parity nowhere.json").failed(2, &["cannot read nowhere.json"]);
}

#[test]
fn a_mix_of_environments_and_arguments_in_one_file() {
    let place = Place::new();
    let text = r#"{"kwargs": {"is_slippery": false}, "trajectories": [
        {"id": "FrozenLake-v1", "seed": 3, "initial_observation": 0, "actions": [2, 1], "observations": [1, 5],
         "rewards": [0, 0], "terminated": [false, true], "truncated": [false, false]},
        {"id": "FrozenLake-v1", "kwargs": {"desc": ["SF", "HG"], "is_slippery": false}, "seed": 0, "actions": [2, 1],
         "rewards": [0, 1], "terminated": [false, true]},
        {"id": "CartPole-v1", "kwargs": {}, "max_episode_steps": 2, "seed": 0, "actions": [0, 1],
         "truncated": [false, true]},
        {"id": "Blackjack-v1", "kwargs": {"render_mode": "ansi"}, "max_episode_steps": 1, "seed": 0, "actions": [1],
         "terminated": [false], "truncated": [true]},
        {"id": "MountainCar-v0", "kwargs": {}, "max_episode_steps": -1, "seed": 0, "actions": ACTIONS,
         "truncated": ENDS}]}"#;
    let text = text.replace("ACTIONS", &format!("{:?}", [1; 300])).replace("ENDS", &format!("{:?}", [false; 300]));
    fs::write(place.at("mix.json"), text).unwrap();
    let value = json(&place.ok("parity mix.json --json"));
    assert_eq!(value[0]["ids"], serde_json::json!(["FrozenLake-v1", "CartPole-v1", "Blackjack-v1", "MountainCar-v0"]));
}

#[test]
fn speed_is_measured() {
    let place = Place::new();
    let value = json(&place.ok("bench envs cartpole frozenlake --seconds 0.01 --json"));
    let names: Vec<_> = value.as_array().unwrap().iter().map(|one| one["workload"].as_str().unwrap()).collect();
    assert_eq!(names, ["cartpole", "frozenlake"]);
    assert!(value[0]["per_second"].as_f64().unwrap() > 1e5);
    place.run("bench envs cartpol").failed(2, &["did you mean cartpole"]);
    place.run("bench envs --seconds 0").failed(2, &["not from 0.001 to 600"]);
    let value = json(&place.ok("bench train dqn-cartpole --json"));
    assert_eq!((value[0]["workload"].as_str(), value[0]["steps"].as_u64()), (Some("dqn-cartpole"), Some(4_096)));
    assert!(value[0]["runs"].as_array().unwrap().len() == 5 && value[0]["median_seconds"].as_f64().unwrap() > 0.0);
    place.run("bench train dqn-cartpol").failed(2, &["did you mean dqn-cartpole"]);
    place.run("bench train --seconds 1").failed(2, &["it takes no --seconds"]);
}
