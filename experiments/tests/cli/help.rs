//! What the program says of itself, to the letter. After a change that is meant: `INSTA_UPDATE=always cargo test`.

use crate::support::Place;

const COMMANDS: [&str; 11] =
    ["list", "show", "run", "train", "eval", "plot", "play", "solve", "parity", "check-env", "bench"];

/// The same text on a narrow terminal and a wide one.
fn said(line: &str) -> String {
    let place = Place::new();
    let text = place.ok(line);
    for columns in ["20", "400"] {
        let output = place.command(line).env("COLUMNS", columns).output().unwrap();
        let there = String::from_utf8(output.stdout).unwrap().replace("gymkhana.exe", "gymkhana");
        assert_eq!(there, text, "{line} with {columns} columns");
    }
    assert!(text.lines().all(|line| line.trim_end() == line), "{line}: blanks at the ends of lines");
    text
}

#[test]
fn the_help_of_the_program() {
    let help = said("--help");
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in {help}");
    }
    insta::assert_snapshot!("help", help);
}

#[test]
fn the_help_of_every_command_has_an_example() {
    for command in COMMANDS {
        let help = said(&format!("{command} --help"));
        assert!(help.contains("\nExamples:\n  gymkhana "), "{help}");
        assert_eq!(said(&format!("help {command}")), help);
        insta::assert_snapshot!(format!("help-{command}"), help);
    }
}

#[test]
fn every_example_of_the_help_is_a_command_line_that_is_understood() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.ok(&format!("{command} --help"));
        let examples = help.lines().filter_map(|line| line.strip_prefix("  gymkhana "));
        for example in examples {
            let example = example.replace('\'', "").replace("results/runs/", "no-such-directory/");
            // `--help` at the end: clap reads all of the line before it, and nothing is trained.
            let done = place.run(&format!("{example} --help"));
            assert_eq!(done.code, Some(0), "{example}: {done:?}");
        }
    }
}

#[test]
fn no_arguments_at_all_is_wrong_use_and_shows_the_help() {
    let place = Place::new();
    let done = place.run("");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert_eq!(done.stderr, place.ok("--help"));
}

#[test]
fn the_list() {
    insta::assert_snapshot!("list", said("list"));
}

#[test]
fn the_list_as_json_says_what_the_list_says() {
    let (text, json) = (said("list"), said("list --json"));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (kind, entries) in value.as_object().unwrap() {
        assert!(text.to_lowercase().contains(kind));
        for entry in entries.as_array().unwrap() {
            let (id, about) = (entry["id"].as_str().unwrap(), entry["about"].as_str().unwrap());
            assert!(text.lines().any(|line| line.trim().starts_with(id) && line.ends_with(about)), "{id}: {about}");
        }
    }
    for (argument, kind) in [
        ("envs", "environments"),
        ("agents", "agents"),
        ("solvers", "solvers"),
        ("sections", "sections"),
        ("wrappers", "wrappers"),
    ] {
        let alone: serde_json::Value = serde_json::from_str(&said(&format!("list {argument} --json"))).unwrap();
        assert_eq!(alone, value[kind]);
    }
    insta::assert_snapshot!("list-json", json);
}

#[test]
fn everything_in_the_list_can_be_shown() {
    let place = Place::new();
    let value: serde_json::Value = serde_json::from_str(&place.ok("list --json")).unwrap();
    for entry in value.as_object().unwrap().values().flat_map(|entries| entries.as_array().unwrap()) {
        let id = entry["id"].as_str().unwrap();
        assert!(place.ok(&format!("show {id}")).starts_with(id));
    }
}

#[test]
fn an_agent_an_environment_a_wrapper_and_a_section() {
    for name in ["q-learning", "dqn", "value-iteration", "CartPole-v1", "Gridworld", "discretize", "5.4.2"] {
        insta::assert_snapshot!(format!("show-{name}"), said(&format!("show {name}")));
    }
}

#[test]
fn the_tree_has_every_agent_and_solver() {
    let place = Place::new();
    let said = place.ok("list agents --tree");
    let agents = gymkhana_agents::registry::REGISTRY.iter().map(|entry| entry.id);
    let solvers = gymkhana_agents::planning::solver::SOLVERS.iter().map(|solver| solver.id);
    for id in agents.chain(solvers) {
        let lines = said.lines().filter(|line| line.split_whitespace().any(|word| word == id)).count();
        assert!(lines >= 1, "{id} is not in\n{said}");
    }
    place.run("list envs --tree").failed(2, &["only agents have a tree"]);
}
