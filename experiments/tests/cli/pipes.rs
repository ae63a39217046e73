//! Standard output that is a pipe nobody reads any more, or a full disk.

use std::process::Stdio;

use crate::support::{Done, Place};

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let place = Place::new();
    place.ok("train q-learning CliffWalking-v1 --steps 200 --out a");
    for line in ["list", "list --json", "show dqn", "--help", "help train", "eval a", "plot a --out a.svg"] {
        // Closed before the program writes its first byte, so that every write meets it.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = place.command(line).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let done = Done::of(&child.wait_with_output().unwrap(), line);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{line}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure() {
    let place = Place::new();
    for line in ["list", "show dqn", "train q-learning CliffWalking-v1 --steps 200 --out a"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(line).stdout(full).stderr(Stdio::piped()).output().unwrap();
        Done::of(&output, line).failed(1, &["cannot write to standard output"]);
    }
}
