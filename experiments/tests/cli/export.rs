//! Networks that leave the program and come back.

use std::fs;

use gymkhana_agents::nn::from_safetensors;

use crate::support::{DQN, PPO, Place, Q_LEARNING};

#[test]
fn a_runs_networks_are_written_and_begun_with() {
    let place = Place::new();
    place.ok(&format!("{DQN} --out a"));
    let said = place.ok("export a");
    for words in ["a/final.safetensors", "q.0.weight", "16 × 4", "q.2.bias"] {
        assert!(said.contains(words), "{said}");
    }
    let bytes = fs::read(place.at("a/final.safetensors")).unwrap();
    let networks = from_safetensors(&bytes).unwrap();
    assert_eq!(networks.get("q.2.weight", &[2, 16]).unwrap().len(), 32);
    let text = String::from_utf8_lossy(&bytes);
    for words in ["environment", "CartPole-v1", "q.activation", "relu", "4 16 2"] {
        assert!(text.contains(words), "{words} is not in the metadata");
    }
    place.ok("export a --out again.safetensors");
    assert_eq!(fs::read(place.at("again.safetensors")).unwrap(), bytes, "the same bytes each time");

    // A run that begins with them and learns nothing ends with them.
    let idle = DQN.replace("learning_starts=100", "learning_starts=1000000");
    place.ok(&format!("{idle} --init again.safetensors --out b"));
    place.ok("export b --out back.safetensors");
    let back = from_safetensors(&fs::read(place.at("back.safetensors")).unwrap()).unwrap();
    assert_eq!(back.arrays, networks.arrays);
    place.ok("eval b");
    // The file is part of what the run is.
    place.run(&format!("{idle} --out b")).failed(2, &["b holds another run", "init"]);
}

#[test]
fn controls_and_what_wrappers_gathered_are_in_the_file_too() {
    let place = Place::new();
    place.ok(&format!("{PPO} --out a"));
    place.ok("export a --best");
    let networks = from_safetensors(&fs::read(place.at("a/best.safetensors")).unwrap()).unwrap();
    for (name, shape) in [
        ("policy.0.weight", &[16, 3][..]),
        ("value.2.bias", &[1]),
        ("log_std", &[1]),
        ("normalize-observation.mean", &[3]),
        ("normalize-reward.variance", &[1]),
    ] {
        networks.get(name, shape).unwrap();
    }
    place.ok(&format!("{PPO} --set learning_rate=1e-4 --init a/best.safetensors --out b"));
}

#[test]
fn what_cannot_be_exported_or_begun_with_is_told() {
    let place = Place::new();
    place.ok(&format!("{Q_LEARNING} --out table"));
    place.run("export table").failed(2, &["q-learning: what it learns is no network"]);
    place.ok(&format!("{} --seeds 2 --out two", DQN.replace("--steps 3000", "--steps 300")));
    place.run("export two --out one.safetensors").failed(2, &["two holds several runs"]);
    place.ok("export two");
    place.run("export nowhere").failed(2, &["nowhere is no directory"]);
    let begin = |file: &str, more: &str| place.run(&format!("{DQN} {more} --init {file} --out x"));
    begin("two/seed-0/final.safetensors", "--set hidden=8")
        .failed(2, &["dqn cannot begin with", "`q.0.weight` is [16, 4], where the agent has [8, 4]"]);
    begin("two/seed-0/manifest.json", "").failed(2, &["cannot begin with two/seed-0/manifest.json"]);
    begin("nowhere", "").failed(2, &["cannot read nowhere"]);
    place
        .run(&format!("{Q_LEARNING} --init two/seed-0/final.safetensors --out x"))
        .failed(2, &["q-learning cannot begin with", "the agent has none"]);
    assert!(!place.at("x").exists() && !place.at("one.safetensors").exists());
}
