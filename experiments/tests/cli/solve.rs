//! `gymkhana solve`: what it prints and what it writes.

use crate::support::Place;

#[test]
fn a_gridworld_is_shown_as_one() {
    let place = Place::new();
    let said = place.ok("solve value-iteration Gridworld --set env.map=S.#/..G --set env.slip=0 --set gamma=0.5 --set env.step_reward=0");
    let grid = said.split_once("Values\n").unwrap().1;
    assert_eq!(
        grid.trim_end(),
        "0.2500  0.5000       #\n0.5000  1.0000       G\n\nBest actions\n→↓   ↓   #\n →   →   G",
        "{said}"
    );
    assert!(
        said.contains("value from the start: 0.25") && said.contains("6 states, 4 actions · settled after 3 sweeps")
    );
}

#[test]
fn other_environments_are_tables_of_sensible_length() {
    let place = Place::new();
    let said = place.ok("solve policy-iteration JacksCarRental --set gamma=0.9");
    assert!(said.contains("421.4") && said.contains("… and 417 more: `--out DIR` writes all"), "{said}");
    let said = place.ok("solve exact-evaluation Tour --set gamma=1");
    assert!(said.contains("value from the start: 12.1667"), "{said}");
}

#[test]
fn all_values_and_the_policy_are_written() {
    let place = Place::new();
    let json = place.ok("solve backward-induction FrozenLake-v1 --set env.is_slippery=false --json --out there");
    let said: serde_json::Value = serde_json::from_str(&json).unwrap();
    let written: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(place.at("there/solution.json")).unwrap()).unwrap();
    assert_eq!(said, written);
    assert_eq!((said["value_from_start"].as_f64(), said["settled"].as_bool()), (Some(1.0), Some(true)));
    assert_eq!(said["values"].as_array().unwrap().len(), 16);
    assert_eq!(said["policy_by_steps_left"].as_array().unwrap().len(), 100);
    assert_eq!((&said["solver"], &said["settings"]["horizon"]), (&"backward-induction".into(), &"100".into()));
}

#[test]
fn what_does_not_settle_fails() {
    let place = Place::new();
    place.run("solve value-iteration Gridworld-3.5 --set sweeps=3").failed(1, &["have not settled after 3 sweeps"]);
}
