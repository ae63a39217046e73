//! A run whose numbers are no longer finite stops, says so, and leaves what was good.

use crate::support::{PPO, Place};

/// Ten layers and steps of 1 without a bound: the tenth update is one too many.
const DIVERGES: &str = "train dqn CartPole-v1 --set learning_rate=1 --set max_grad_norm=1e30 --set loss=squared \
     --set hidden=64,64,64,64,64,64,64,64,64,64 --set target_interval=1 --set train_frequency=1 \
     --set learning_starts=100 --steps 3000 --eval-every 50 --eval-episodes 5 --out a";

#[test]
fn a_diverged_run_says_where_and_keeps_its_last_good_checkpoint() {
    let place = Place::new();
    let told = [
        "a keeps the checkpoint of step ",
        "and the policy of the best evaluation (mean return ",
        "dqn diverged: the loss is ",
        ", with learning_rate = 1.0 and max_grad_norm = 1e30: smaller ones may help",
        "`--init FILE`",
    ];
    let first = place.run(&format!("{DIVERGES} --checkpoint-every 0"));
    first.failed(1, &told);
    assert!(place.at("a/checkpoint.bin").exists() && place.at("a/best.policy").exists());
    assert!(!place.at("a/final.policy").exists() && !place.at("a/result.json").exists());

    // Neither begun again nor taken for finished; gone on with, it comes to the same end.
    place.run(DIVERGES).failed(2, &["holds an interrupted run"]);
    let again = place.run(&format!("{DIVERGES} --resume"));
    again.failed(1, &told);
    let reason = |stderr: &str| stderr.split_once("dqn diverged").unwrap().1.to_owned();
    assert_eq!(reason(&again.stderr), reason(&first.stderr));

    // What was good can be looked at, and begun with.
    place.run("eval a").failed(2, &["a has no final.policy: the run is not finished"]);
    place.ok("eval a --best");
    place.ok("play CartPole-v1 --policy a --best");
    place.ok("export a --best --out a.safetensors");
    let smaller = DIVERGES.replace("learning_rate=1", "learning_rate=1e-5").replace("--out a", "--out b");
    place.ok(&format!("{smaller} --init a.safetensors"));
}

#[test]
fn so_does_one_of_controls() {
    let place = Place::new();
    let line =
        format!("{PPO} --set learning_rate=1 --set max_grad_norm=1e30 --set activation=relu --set clip_range=1000");
    let line = line.replace("hidden=16", "hidden=64,64,64,64,64,64,64,64,64,64");
    place
        .run(&format!("{line} --out a"))
        .failed(1, &["a keeps ", "ppo diverged: ", " updates, with learning_rate = 1.0 and max"]);
    place.ok("eval a --best");
}

#[test]
fn without_a_checkpoint_it_says_that_too() {
    let place = Place::new();
    let line = format!("{DIVERGES} --eval-every 0 --checkpoint-every 60").replace("--eval-every 50", "");
    place.run(&line).failed(1, &["a keeps no checkpoint: dqn diverged: the loss is "]);
}
