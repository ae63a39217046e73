//! The command line of a crate with environments of its own, started as a program.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use custom_envs::ENTRIES;
use gymkhana::envs::Registry;
use tempfile::TempDir;

/// The example `workshop`, which `cargo test` builds beside this test.
fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let name = format!("workshop{}", std::env::consts::EXE_SUFFIX);
    let program = deps.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.exists(), "{}: `cargo test -p custom-envs` builds it", program.display());
    program
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Exit status, standard output, standard error.
    fn run(&self, line: &str) -> (i32, String, String) {
        let mut command = Command::new(program());
        command.args(line.split_whitespace()).current_dir(self.0.path()).stdin(Stdio::null());
        let done = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
    }

    fn ok(&self, line: &str) -> String {
        let (status, out, err) = self.run(line);
        assert_eq!(status, 0, "{line}\n{out}\n{err}");
        out
    }
}

#[test]
fn they_are_listed_and_shown_beside_the_others() {
    let place = Place::new();
    let list = place.ok("list envs");
    assert!(list.contains("Lift") && list.contains("Heater") && list.contains("CartPole-v1"), "{list}");
    let show = place.ok("show lift");
    assert!(show.contains("env.calls") && show.contains("Discrete(30)") && show.contains("down, stay, up"), "{show}");
    let (status, _, err) = place.run("show Heatr");
    assert_eq!(status, 2);
    assert!(err.contains("did you mean Heater"), "{err}");
}

#[test]
fn they_are_checked() {
    let place = Place::new();
    assert!(!place.ok("check-env Lift").contains("FAIL"));
    assert!(place.ok("check-env Heater").contains("it offers none"), "the heater has no state");
    assert_eq!(place.run("check-env Lift --set env.calls=2").0, 2);
}

#[test]
fn an_agent_learns_the_lift_and_its_policy_is_evaluated_and_played() {
    let place = Place::new();
    place.ok("train q-learning Lift --steps 60000 --set gamma=0.9 --set learning_rate=0.1 --out run");
    let evaluated = place.ok("eval run");
    let mean: f64 = evaluated.lines().last().unwrap().split_whitespace().nth(2).unwrap().parse().unwrap();
    // Random actions reach somebody now and then, which is worth less than 0 on the whole.
    assert!(mean > 80.0, "{evaluated}");
    let played = place.ok("play Lift --policy run --steps 20");
    assert!(played.contains("4  |") && played.contains("given up"), "{played}");
    place.ok("plot run --out curve.svg");
}

#[test]
fn a_control_is_bridged_to_agents_that_choose() {
    let place = Place::new();
    let (status, _, err) = place.run("train q-learning Heater");
    assert_eq!(status, 2, "{err}");
    let wrapped = "--wrap discretize-action:bins=3 --wrap discretize:bins=60";
    place.ok(&format!(
        "train q-learning Heater {wrapped} --steps 40000 --set gamma=0.9 --set learning_rate=0.1 --out run"
    ));
    let played = place.ok("play Heater --policy run --episodes 2");
    assert!(played.contains("observation [") && played.contains("mean return"), "{played}");
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let error = Registry::standard().with(ENTRIES).unwrap().with(ENTRIES).unwrap_err();
    assert_eq!(error.to_string(), "there is an environment `Lift` already: give yours another name");
}
