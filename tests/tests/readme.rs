//! The README's program is the one in `experiments/examples/custom_env.rs`, and it does what the README says.

use std::{fs, path::Path};

use gymkhana::config::RunConfig;

#[path = "../../experiments/examples/custom_env.rs"]
#[allow(dead_code, reason = "an example has a `main`, which no test calls")]
mod custom_env;

/// A file of the repository.
fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The first block of code in that language.
fn block<'a>(markdown: &'a str, language: &str) -> &'a str {
    let (_, rest) = markdown.split_once(&format!("```{language}\n")).expect("a block of code");
    rest.split_once("```").expect("an end of it").0
}

#[test]
fn the_program_in_the_readme_is_the_example() {
    let (readme, example) = (text("README.md"), text("experiments/examples/custom_env.rs"));
    assert_eq!(block(&readme, "rust"), example, "copy experiments/examples/custom_env.rs into README.md");
    assert!(example.lines().count() < 40, "an environment of one's own takes fewer than 40 lines");
}

#[test]
fn the_program_trains_keeps_loads_and_acts() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("machine");
    let policy = custom_env::train(dir.to_str().unwrap()).unwrap();
    let RunConfig { agent, env, steps, .. } = policy.config();
    assert_eq!((agent.as_str(), env.as_str(), *steps), ("q-learning", "Machine", 100_000));
    // A new machine is run, a worn one repaired, and there is one point from which on it is.
    let actions: Vec<usize> = (0..9).map(|wear| policy.choose_in(wear).unwrap()).collect();
    assert!(actions[0] == 0 && actions[8] == 1 && actions.is_sorted(), "{actions:?}");
    let again = custom_env::train(dir.to_str().unwrap()).unwrap_err().to_string();
    assert!(again.contains("holds a finished run"), "{again}");
}
