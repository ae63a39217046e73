//! What a run has left stays as it is, whatever else is asked for, and whatever cannot be written.

use std::fs;

use crate::support::{DQN, Place, Q_LEARNING, assert_same_numbers, assert_untouched, contents};

#[test]
fn a_directory_of_another_run_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    place.ok(&format!("{Q_LEARNING} --out a"));
    let before = contents(place.path());
    for (other, difference) in [
        (format!("{Q_LEARNING} --seed 1"), "seed: 1 instead of 0"),
        (format!("{Q_LEARNING} --set epsilon=0.2"), "epsilon: \"0.2\" instead of \"0.1\""),
        (format!("{Q_LEARNING} --set env.time_limit=100"), "time_limit"),
        (format!("{Q_LEARNING} --lanes 2"), "lanes: 2 instead of 1"),
        (format!("{Q_LEARNING} --until -13"), "until: -13.0 instead of null"),
        (Q_LEARNING.replace("6000", "6001"), "steps: 6001 instead of 6000"),
        (DQN.into(), "agent: \"dqn\" instead of \"q-learning\""),
    ] {
        for resume in ["", "--resume"] {
            place.run(&format!("{other} --out a {resume}")).failed(2, &["a holds another run", difference, "--out"]);
        }
    }
    place.run(&format!("{Q_LEARNING} --seeds 2 --out a")).failed(2, &["a holds one run", "--out"]);
    assert_untouched(&before, place.path());
}

#[test]
fn several_seeds_are_refused_before_the_first_begins_if_one_cannot_go_there() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 200 --seeds 2 --out a");
    let before = contents(place.path());
    place.run("train q-learning CliffWalking-v1 --steps 300 --seeds 3 --out a").failed(2, &["holds another run"]);
    place.run("train q-learning CliffWalking-v1 --steps 200 --out a").failed(2, &["holds no run"]);
    assert_untouched(&before, place.path());
}

#[test]
fn the_same_command_again_takes_the_finished_run() {
    let place = Place::new();
    for resume in ["", "--resume"] {
        let line = format!("{Q_LEARNING} --seeds 2 --jobs 1");
        place.ok(&format!("{line} --out a{resume}"));
        let before = contents(place.path());
        // Its times are those of the first run: nothing ran.
        let said = place.ok(&format!("{line} --out a{resume} {resume}"));
        assert_eq!(said.matches("was finished before").count(), 2, "{said}");
        assert_untouched(&before, place.path());
    }
}

#[test]
fn settings_that_are_written_differently_are_the_same_run() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 2e2 --set epsilon=1e-1 --out a");
    let said = place.ok("train q-learning CliffWalking-v1 --steps 200 --set epsilon=0.10 --out a");
    assert!(said.contains("was finished before"), "{said}");
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let place = Place::new();
    fs::create_dir(place.at("a")).unwrap();
    fs::write(place.at("a/notes.txt"), "mine").unwrap();
    fs::write(place.at("file"), "mine too").unwrap();
    let before = contents(place.path());
    place.run(&format!("{Q_LEARNING} --out a")).failed(2, &["a is not empty and holds no run"]);
    place.run(&format!("{Q_LEARNING} --out file")).failed(1, &["file"]);
    place.run(&format!("{Q_LEARNING} --out file/below")).failed(1, &["cannot make the directory", "file/below"]);
    place.run("eval file").failed(2, &["file is no directory"]);
    assert_untouched(&before, place.path());
}

#[test]
fn without_out_every_configuration_has_its_own_directory() {
    let place = Place::new();
    let train = "train q-learning CliffWalking-v1";
    for line in ["--steps 200", "--steps 300", "--steps 200 --seed 1", "--steps 200 --set epsilon=0.2"] {
        let before = contents(place.path());
        place.ok(&format!("{train} {line}"));
        let after = contents(place.path());
        let kept = before.iter().filter(|(name, _)| !name.to_string_lossy().contains("curve"));
        assert!(kept.clone().all(|(name, bytes)| after.get(name) == Some(bytes)), "{line}");
        assert!(after.len() > before.len(), "{line}");
        assert!(after.keys().all(|name| name.starts_with("results/runs")), "{line}");
    }
}

#[cfg(unix)]
mod writing {
    use std::{
        os::unix::{fs::PermissionsExt, process::CommandExt},
        process::Command,
    };

    use super::*;
    use crate::support::Done;

    /// The program on a disk where no file can grow beyond that many blocks of 512 bytes.
    fn run_on_full_disk(place: &Place, line: &str, blocks: u32) -> Done {
        let program = place.command(line);
        let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, "sh"]).arg(program.get_program()).args(program.get_args());
        Done::of(&shell.current_dir(place.path()).output().unwrap(), line)
    }

    fn assert_no_leftovers(place: &Place) {
        let left: Vec<_> =
            contents(place.path()).into_keys().filter(|name| name.to_string_lossy().contains(".writing")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_run_that_meets_a_full_disk_goes_on_when_there_is_room_again() {
        for line in [Q_LEARNING, DQN] {
            let place = Place::new();
            place.ok(&format!("{line} --out whole"));
            // Not even a manifest; the metrics or a checkpoint fail on the way; only the curve does.
            for blocks in [0, 1, 8, 24, 60] {
                let out = format!("run-{blocks}");
                let train = format!("{line} --checkpoint-every 0 --out {out}");
                let done = run_on_full_disk(&place, &train, blocks);
                done.failed(1, &["cannot write", &out]);
                assert_no_leftovers(&place);
                place.ok(&format!("{train} --resume"));
                assert_same_numbers(&place.at("whole"), &place.at(&out));
            }
        }
    }

    #[test]
    fn a_full_disk_costs_no_earlier_result() {
        let place = Place::new();
        place.ok(&format!("{Q_LEARNING} --out a"));
        place.ok("plot a --out a.svg");
        let before = contents(place.path());
        run_on_full_disk(&place, "plot a --metric rollout/return_mean --out a.svg", 2)
            .failed(1, &["cannot write a.svg"]);
        run_on_full_disk(&place, &format!("{Q_LEARNING} --out a"), 2).failed(1, &["cannot write a"]);
        assert_untouched(&before, place.path());
    }

    #[test]
    fn a_seed_that_fails_does_not_stop_the_others() {
        let place = Place::new();
        let line = "train q-learning CliffWalking-v1 --steps 200 --seeds 3 --jobs 1 --out a --resume";
        // Somebody else has begun one of them.
        fs::create_dir_all(place.at("a/seed-1")).unwrap();
        let metrics = fs::File::create(place.at("a/seed-1/metrics.jsonl")).unwrap();
        metrics.lock().unwrap();
        let done = place.run(line);
        done.failed(1, &["seed 1: another process is at work in a/seed-1"]);
        assert!(done.stdout.contains("mean of 2 seeds"), "{done:?}");
        drop(metrics);
        assert!(place.ok(line).contains("mean of 3 seeds"));
    }

    #[test]
    fn a_directory_that_may_not_be_written_is_named() {
        let place = Place::new();
        place.ok(&format!("{Q_LEARNING} --out a"));
        let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(place.path(), 0o555);
        mode(&place.at("a"), 0o555);
        // The superuser may write anywhere: for it, the program runs as nobody.
        let superuser = fs::write(place.at("probe"), "").is_ok();
        let command = |line: &str| {
            let mut command = place.command(line);
            if superuser {
                command.uid(65_534).gid(65_534);
            }
            command
        };
        if superuser {
            fs::remove_file(place.at("probe")).unwrap();
        }
        if command("--version").output().is_ok_and(|output| output.status.success()) {
            let before = contents(place.path());
            for (line, words) in [
                (format!("{Q_LEARNING} --out b"), ["cannot make the directory b", "denied"]),
                (format!("{Q_LEARNING} --out a"), ["cannot write a", "denied"]),
                ("plot a --out a.svg".into(), ["cannot write a.svg", "denied"]),
            ] {
                Done::of(&command(&line).output().unwrap(), &line).failed(1, &words);
            }
            assert_untouched(&before, place.path());
        }
        mode(place.path(), 0o755);
        mode(&place.at("a"), 0o755);
    }
}
