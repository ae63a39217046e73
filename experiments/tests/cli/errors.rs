//! Wrong use: what is wrong and what would be right, on standard error, with exit status 2.

use std::fmt::Write;

use crate::support::Place;

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("`{before}` is not in {text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("`{after}` is not in {rest}")).0
}

/// Command lines, each refused before anything is written.
const WRONG: &[&str] = &[
    // names
    "train q-learnin CliffWalking-v1",
    "train q-learning CliffWalkin",
    "train q-learning zzz",
    "show cartpol",
    "solve value-iteratoin FrozenLake-v1",
    "solve value-iteration FrozenLak",
    "solve value-iteration CartPole-v1",
    "solve value-iteration FrozenLake-v1 --set gama=0.9",
    "solve value-iteration FrozenLake-v1 --set gamma=2",
    "solve value-iteration FrozenLake-v1 --set order=random",
    "solve exact-evaluation RiverSwim --set gamma=1",
    "solve backward-induction FrozenLake-v1 --set horizon=0",
    "run 5.4.9",
    "run q-lerning",
    "list agent",
    "trian q-learning CliffWalking-v1",
    "train dqn CartPole-v1 --device gpu",
    "train dqn CliffWalking-v1 --wrap one-ht",
    "train q-learning CartPole-v1 --wrap discretize:bin=3",
    "train dqn CartPole-v1 --set epsilonn=0.1",
    "train dqn CartPole-v1 --set env.lenght=0.1",
    "train dqn CartPole-v1 --stepz 3",
    // values
    "train dqn CartPole-v1 --set epsilon=2",
    "train dqn CartPole-v1 --set epsilon=x",
    "train dqn CartPole-v1 --set epsilon=",
    "train dqn CartPole-v1 --set epsilon",
    "train dqn CartPole-v1 --set hidden=0",
    "train dqn CartPole-v1 --set env.length=0",
    "train dqn CartPole-v1 --set env.time_limit=-1",
    "train q-learning Gridworld --set env.map=S../.X./..G",
    "train q-learning CartPole-v1 --wrap discretize:bins=0",
    "train q-learning CliffWalking-v1 --steps 0",
    "train q-learning CliffWalking-v1 --steps -5",
    "train q-learning CliffWalking-v1 --steps many",
    "train q-learning CliffWalking-v1 --lanes 0",
    "train q-learning CliffWalking-v1 --lanes 9 --steps 8",
    "train q-learning CliffWalking-v1 --until x",
    "train q-learning CliffWalking-v1 --until reward>=3",
    "train q-learning CliffWalking-v1 --until -13 --eval-every 0",
    "train q-learning CliffWalking-v1 --eval-episodes 0",
    "train q-learning CliffWalking-v1 --seed 1 --seeds 2",
    "train q-learning CliffWalking-v1 --seed -1",
    "train q-learning CliffWalking-v1 --seeds 0",
    "train q-learning CliffWalking-v1 --jobs 0",
    "train q-learning CliffWalking-v1 --checkpoint-every -1",
    "train q-learning CliffWalking-v1 --checkpoint-every nan",
    // what is missing
    "train q-learning",
    "show",
    "run",
    "eval",
    "plot",
    "eval no-such-directory",
    "plot no-such-directory",
    "plot no-such-directory --out curve.gif",
    "plot no-such-directory --out curve",
    "eval . --episodes 0",
    // what does not fit
    "train q-learning CartPole-v1",
    "train dqn CliffWalking-v1",
    "train dqn CartPole-v1 --wrap one-hot",
    "train q-learning CliffWalking-v1 --wrap discretize:bins=4",
    // directories that hold no run
    "eval .",
    "plot .",
];

#[test]
fn wrong_use_is_explained_with_status_2_and_writes_nothing() {
    let place = Place::new();
    let mut said = String::new();
    for line in WRONG {
        let done = place.run(line);
        done.failed(2, &[]);
        assert_eq!(done.stdout, "", "{line}");
        writeln!(said, "$ gymkhana {line}\n{}", done.stderr).unwrap();
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "something was written");
    insta::assert_snapshot!(said);
}

#[test]
fn the_nearest_names_are_named() {
    let place = Place::new();
    for (line, near) in [
        ("train q-learnin CliffWalking-v1", "did you mean q-learning"),
        ("train q-learning clifwalking", "did you mean CliffWalking-v1"),
        ("train q-learning FrozenLak", "did you mean FrozenLake-v1, FrozenLake8x8-v1"),
        ("solve value-iter Taxi", "did you mean value-iteration"),
        ("show prioritised-sweeps", "prioritized-sweeps"),
        ("show 5.4.9", "5.4.2"),
        ("run Q-lerning", "Q-learning"),
        ("train dqn CartPole-v1 --device wgp", "did you mean wgpu"),
        ("train dqn CartPole-v1 --device tpu9", "flex, ndarray, wgpu"),
        ("train dqn CliffWalking-v1 --wrap onehot", "did you mean one-hot"),
        ("train dqn CartPole-v1 --set learning-rate=1", "did you mean learning_rate"),
        ("train dqn CartPole-v1 --set env.gravty=1", "did you mean gravity"),
    ] {
        place.run(line).failed(2, &[near]);
    }
}

#[test]
fn the_wrapper_that_an_error_names_bridges_agent_and_environment() {
    let place = Place::new();
    for line in [
        "train q-learning CartPole-v1 --steps 200",
        "train dqn CliffWalking-v1 --steps 200 --set hidden=8 --set env.time_limit=20",
        "train dqn KArmedBandit --steps 200 --set hidden=8",
    ] {
        let done = place.run(line);
        done.failed(2, &["does not fit", "--wrap "]);
        let wrapper = between(&done.stderr, "`--wrap ", "`");
        let said = place.ok(&format!("{line} --wrap {wrapper} --out {}", line.replace(' ', "-")));
        assert!(said.contains(wrapper), "the wrapper is among what the run says of itself: {said}");
    }
}

#[test]
fn a_device_that_was_not_compiled_in_names_the_feature_that_brings_it() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let place = Place::new();
    for (device, built) in [("ndarray", cfg!(feature = "ndarray")), ("wgpu", cfg!(feature = "wgpu"))] {
        if built {
            continue;
        }
        for agent in ["dqn CartPole-v1", "q-learning CliffWalking-v1"] {
            let done = place.run(&format!("train {agent} --device {device}"));
            done.failed(2, &[device, "is not in this build"]);
            let feature = between(&done.stderr, "`cargo run --release --features ", " -- …`");
            assert!(manifest["features"].get(feature).is_some(), "there is no feature {feature}");
        }
    }
}

#[test]
fn an_unknown_metric_names_those_there_are() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 200 --out a");
    let plot = place.run("plot a --metric eval/retrun --out curve.svg");
    plot.failed(2, &["eval/retrun", "eval/return_mean", "rollout/episodes", "train/td_error"]);
    assert!(!place.at("curve.svg").exists());
}

#[test]
fn an_unfinished_run_is_not_evaluated() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 200 --out a");
    std::fs::remove_file(place.at("a/result.json")).unwrap();
    std::fs::remove_file(place.at("a/final.policy")).unwrap();
    place.run("eval a").failed(2, &["not finished", "--resume"]);
    place.ok("eval a --best");
}
