//! Damaged files are noticed, named and left as they are, with what to do about them.

use std::fs;

use crate::support::{DQN, Place, Q_LEARNING, assert_same_numbers, assert_untouched, contents};

/// Ways to damage a file: one bit, its end, all of it, other contents.
fn damaged(whole: &[u8]) -> Vec<Vec<u8>> {
    let flipped = |i: usize| {
        let mut bytes = whole.to_vec();
        bytes[i] ^= 1;
        bytes
    };
    let end = whole.len();
    vec![
        flipped(0),
        flipped(14),
        flipped(end / 2),
        flipped(end - 1),
        whole[..end - 1].into(),
        whole[..end / 2].into(),
        whole[..10].into(),
        vec![],
        b"something else".into(),
    ]
}

#[test]
fn a_damaged_checkpoint_is_not_gone_on_with() {
    for line in [Q_LEARNING, DQN] {
        let place = Place::new();
        place.ok(&format!("{line} --out whole"));
        let train = format!("{line} --checkpoint-every 0 --out a --resume");
        assert!(place.kill_at(&train, "a", 30), "it had ended");
        let checkpoint = place.at("a/checkpoint.bin");
        let whole = fs::read(&checkpoint).unwrap();
        for bytes in damaged(&whole) {
            fs::write(&checkpoint, bytes).unwrap();
            let before = contents(place.path());
            let advice = "to start it again, delete that directory";
            place.run(&train).failed(1, &["seed 0", "the run in a cannot go on", advice, "checkpoint.bin"]);
            assert_untouched(&before, place.path());
        }
        fs::write(&checkpoint, whole).unwrap();
        place.ok(&train);
        assert_same_numbers(&place.at("whole"), &place.at("a"));
    }
}

#[test]
fn metrics_that_are_shorter_than_the_checkpoint_says_are_noticed() {
    let place = Place::new();
    let train = format!("{Q_LEARNING} --checkpoint-every 0 --out a --resume");
    assert!(place.kill_at(&train, "a", 30), "it had ended");
    fs::write(place.at("a/metrics.jsonl"), "").unwrap();
    let before = contents(place.path());
    place.run(&train).failed(1, &["metrics.jsonl is shorter", "to start again, delete a"]);
    assert_untouched(&before, place.path());
}

#[test]
fn a_damaged_policy_is_not_evaluated() {
    for line in [Q_LEARNING, DQN] {
        let place = Place::new();
        place.ok(&format!("{line} --out a"));
        let policy = place.at("a/final.policy");
        let whole = fs::read(&policy).unwrap();
        for bytes in damaged(&whole) {
            fs::write(&policy, bytes).unwrap();
            place.run("eval a").failed(1, &["final.policy"]);
            place.ok("eval a --best");
        }
    }
}

#[test]
fn a_policy_of_another_run_is_not_evaluated() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 200 --out cliff");
    place.ok("train q-learning FrozenLake-v1 --steps 200 --out lake");
    place.ok("train dqn CartPole-v1 --steps 200 --set hidden=8 --out small");
    place.ok("train dqn CartPole-v1 --steps 200 --set hidden=8,8 --out large");
    for (from, to) in [("cliff", "lake"), ("lake", "cliff"), ("small", "large"), ("large", "small"), ("cliff", "small")]
    {
        let kept = fs::read(place.at(to).join("final.policy")).unwrap();
        fs::copy(place.at(from).join("final.policy"), place.at(to).join("final.policy")).unwrap();
        place.run(&format!("eval {to}")).failed(1, &["final.policy does not fit"]);
        fs::write(place.at(to).join("final.policy"), kept).unwrap();
    }
}

#[test]
fn damaged_text_is_named() {
    let place = Place::new();
    let train = "train q-learning CliffWalking-v1 --steps 200 --out a";
    place.ok(train);
    for (name, refused) in [
        ("manifest.json", vec!["eval a", "plot a --out a.svg", train]),
        ("result.json", vec![train]),
        ("metrics.jsonl", vec!["plot a --out a.svg", train]),
    ] {
        let file = place.at("a").join(name);
        let whole = fs::read(&file).unwrap();
        for bytes in [
            &whole[1..],
            &whole[..whole.len() / 2].trim_ascii_end()[..whole.len() / 3],
            b"nonsense\n",
            b"{}\n",
            b"\xff\xfe\n",
        ] {
            if name == "metrics.jsonl" && bytes.len() == whole.len() / 3 {
                continue; // a last line without its end is what a kill leaves
            }
            fs::write(&file, bytes).unwrap();
            let before = contents(place.path());
            for line in &refused {
                place.run(line).failed(1, &[name]);
            }
            assert_untouched(&before, place.path());
        }
        fs::write(&file, whole).unwrap();
    }
    place.ok(train);
}

#[test]
fn a_run_of_another_format_is_refused() {
    let place = Place::new();
    let train = "train q-learning CliffWalking-v1 --steps 200 --out a";
    place.ok(train);
    let manifest = fs::read_to_string(place.at("a/manifest.json")).unwrap();
    fs::write(place.at("a/manifest.json"), manifest.replace("\"format\": 2", "\"format\": 999")).unwrap();
    for line in ["eval a", "plot a --out a.svg", train] {
        place.run(line).failed(1, &["of format 999, this program reads 2"]);
    }
}
