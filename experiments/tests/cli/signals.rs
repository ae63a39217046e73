//! Ctrl-C and being told to terminate: a checkpoint, how to go on, and status 130.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::support::{DQN, Done, Place, Q_LEARNING, assert_same_numbers, contents};

/// Runs that are still under way when the signal comes, with no checkpoint but that of the interrupt.
fn longer() -> [String; 2] {
    [Q_LEARNING.replace("6000", "16000").replace("0.1", "0.02"), DQN.replace("3000", "8000")]
}

/// Sends the signal to a process, which has not been waited for.
fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success(), "kill -{signal}");
}

/// Starts it, sends the signal when `run` has that many lines of metrics, and waits for its end.
fn interrupted(place: &Place, line: &str, run: &str, lines: usize, signal: &str) -> Done {
    let child = place.start(line, &format!("{run}/metrics.jsonl"), lines);
    send(signal, &child);
    let done = Done::of(&child.wait_with_output().unwrap(), line);
    done.failed(130, &["interrupted at step ", "the same command with `--resume` goes on"]);
    done
}

#[test]
fn a_run_that_was_interrupted_resumes_to_the_same_numbers() {
    for line in longer() {
        let place = Place::new();
        place.ok(&format!("{line} --out whole"));
        for (signal, out) in [("INT", "a"), ("TERM", "b")] {
            let train = format!("{line} --out {out}");
            interrupted(&place, &train, out, 20, signal);
            assert!(place.at(out).join("checkpoint.bin").exists());
            interrupted(&place, &format!("{train} --resume"), out, 50, signal);
            place.ok(&format!("{train} --resume"));
            assert_same_numbers(&place.at("whole"), &place.at(out));
        }
    }
}

#[test]
fn an_interrupt_ends_all_seeds() {
    let place = Place::new();
    let train = format!("{} --seeds 4 --jobs 2 --out a", longer()[0]);
    let done = interrupted(&place, &train, "a/seed-0", 10, "INT");
    for seed in 0..4 {
        assert!(done.stderr.contains(&format!("seed {seed}: interrupted at step ")), "{done:?}");
    }
    place.ok(&format!("{train} --resume"));
    place.ok(&train.replace("--out a", "--out whole"));
    for seed in ["seed-0", "seed-1", "seed-2", "seed-3"] {
        assert_same_numbers(&place.at("whole").join(seed), &place.at("a").join(seed));
    }
}

/// Lines of metrics of all runs below a directory.
fn all_lines(dir: &Path) -> usize {
    let files = if dir.exists() { contents(dir) } else { return 0 };
    let metrics = files.iter().filter(|(name, _)| name.ends_with("metrics.jsonl"));
    metrics.map(|(_, bytes)| bytes.split(|&byte| byte == b'\n').count() - 1).sum()
}

#[test]
fn a_section_that_was_interrupted_goes_on_by_the_same_command() {
    let place = Place::new();
    let run = "run 5.4.1 --quick --jobs 2 --out";
    place.ok(&format!("{run} whole"));
    for lines in [50, 450] {
        let mut child =
            place.command(&format!("{run} a")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while all_lines(&place.at("a")) < lines && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        send("INT", &child);
        let done = Done::of(&child.wait_with_output().unwrap(), run);
        done.failed(130, &["interrupted at step ", "the same command goes on"]);
    }
    place.ok(&format!("{run} a"));
    let runs: Vec<_> = contents(&place.at("whole")).into_keys().filter(|name| name.ends_with("result.json")).collect();
    assert_eq!(runs.len(), 6, "{runs:?}");
    for run in runs.iter().map(|name| name.parent().unwrap()) {
        assert_same_numbers(&place.at("whole").join(run), &place.at("a").join(run));
    }
}
