//! What environments are made from: parameters, maps, the bandit's arms. Whatever is written, it is either right or
//! an error.

mod drift;

use drift::Drift;
use gymkhana_envs::{
    Batch, Elem, Env, Error, Lanes, Param, Rng, Seeds, State,
    bandit::{Testbed, TestbedParams},
    check::check,
    grid::{Gridworld, Moves, Rules, Slip},
    registry::{AnyBatch, Made, REGISTRY, find},
    tabular::{Finite, TabularModel},
    wrappers::{WRAPPERS, wrap},
};
use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::RngSeed};

/// The same cases in every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

// Parameters.

/// Values that a numeric parameter must refuse: what is no number, and what its range, read from its words, excludes.
fn wrong_values(param: &Param) -> Vec<String> {
    let mut wrong: Vec<String> = ["", " ", "fast", "1,5", "0x10", "1e", "--1", "_"].map(String::from).into();
    if param.kind == "whole number" {
        wrong.extend(["-1", "1.5", "1e99", "NaN", "inf"].map(String::from));
    } else if !param.range.is_empty() {
        wrong.push("NaN".into());
    }
    let words: Vec<&str> = param.range.split(' ').collect();
    for pair in words.windows(2) {
        let Ok(bound) = pair[1].parse::<f64>() else { continue };
        wrong.push(match pair[0] {
            "least" | "from" => (bound - 1.0).to_string(),
            "above" | "below" => bound.to_string(),
            "most" | "to" => (bound + 1.0).to_string(),
            other => panic!("`{other}` in the range `{}`", param.range),
        });
    }
    wrong
}

#[test]
fn every_numeric_parameter_refuses_what_is_malformed_or_out_of_range() {
    for entry in REGISTRY {
        for param in (entry.params)().iter().filter(|param| param.kind.ends_with("number")) {
            for value in wrong_values(param) {
                match (entry.make)(&[(param.name, &value)]) {
                    Err(Error::Parameter { owner, name, .. }) => {
                        // Several entries can share their parameters: all probes do.
                        assert!(entry.id.starts_with(&owner) && name == param.name, "{}: {owner}, {name}", entry.id);
                    }
                    other => panic!("{}: `{}={value}` gave {other:?}", entry.id, param.name),
                }
            }
        }
    }
}

#[test]
fn every_entry_names_what_it_has_when_asked_for_what_it_has_not() {
    for entry in REGISTRY {
        let error = (entry.make)(&[("no_such_parameter", "1")]).unwrap_err();
        let known: Vec<_> = (entry.params)().iter().map(|param| param.name).collect();
        assert!(error.to_string().ends_with(&format!("it has: {}", known.join(", "))), "{error}");
    }
}

/// Anything at all, and things that are nearly right.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[-+0-9._eE]{0,12}", "[SG.FHC#/\n ]{0,20}", "(bins|bound)=[-0-9.e]{0,6},?"]
}

/// Anything at all, and settings of that wrapper with values that are nearly right.
fn wrapper_text() -> impl Strategy<Value = String> {
    let value = prop_oneof!["[0-9]{1,3}", "[-0-9.e,]{0,6}", "none|true|false"];
    select(WRAPPERS).prop_flat_map(move |wrapper| {
        let names: Vec<_> = (wrapper.params)().iter().map(|param| param.name).chain(["no_such"]).collect();
        let setting = (select(names), value.clone()).prop_map(|(name, value)| format!("{name}={value}"));
        vec(setting, 0..4).prop_map(move |settings| format!("{}:{}", wrapper.name, settings.join(",")))
    })
}

/// Takes a few steps.
fn step(batch: AnyBatch) {
    fn random<B: Batch>(mut batch: B) {
        let (space, mut rng) = (batch.spec().actions.clone(), Rng::new(0));
        let mut act = vec![B::A::default(); batch.lanes() * space.width()];
        for _ in 0..3 {
            act.chunks_exact_mut(space.width()).for_each(|row| B::A::random_action(&space, &mut rng, row));
            batch.step(&act).unwrap();
        }
    }
    match batch {
        AnyBatch::IndexChoice(batch) => random(batch),
        AnyBatch::IndexControl(batch) => random(batch),
        AnyBatch::FeatureChoice(batch) => random(batch),
        AnyBatch::FeatureControl(batch) => random(batch),
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn no_setting_panics(value in text()) {
        for entry in REGISTRY {
            for param in (entry.params)() {
                let Ok(made) = (entry.make)(&[(param.name, &value)]) else { continue };
                prop_assert!(made.batch(2, &Seeds::from(0)).is_ok(), "{}: {}={value:?}", entry.id, param.name);
            }
        }
    }

    #[test]
    fn no_wrapper_text_panics(value in text(), nearly in wrapper_text()) {
        let made = |id| (find(id).unwrap().make)(&[]).unwrap();
        for made in [made("CartPole-v1"), made("Gridworld"), Made::of(Drift::new(2))] {
            let batch = || made.batch(1, &Seeds::from(0)).unwrap();
            let _ = wrap(batch(), &value);
            for wrapper in WRAPPERS {
                let _ = wrap(batch(), &format!("{}:{value}", wrapper.name));
            }
            if let Ok(batch) = wrap(batch(), &nearly) {
                step(batch);
            }
        }
    }
}

// Maps.

/// A map that can be read: at least one start and one end, in rows of one length.
fn map() -> impl Strategy<Value = String> {
    (1_usize..6, 2_usize..7)
        .prop_flat_map(|(rows, columns)| {
            (vec(select(&b".F#GHCS"[..]), rows * columns), 0..rows * columns, 1..rows * columns, Just(columns))
        })
        .prop_map(|(mut cells, start, offset, columns)| {
            let end = (start + offset) % cells.len();
            (cells[start], cells[end]) = (b'S', b'G');
            let rows: Vec<_> = cells.chunks(columns).map(|row| String::from_utf8(row.to_vec()).unwrap()).collect();
            rows.join("/")
        })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_map_panics(map in prop_oneof![any::<String>(), "[ -~\n]{0,40}", "[SG.FHC#/\r\n ]{0,40}", "[SGABab./]{0,12}"]) {
        match Gridworld::new(&map, Rules::default()) {
            Ok(grid) => prop_assert!(grid.table().states() > 1),
            Err(error) => prop_assert!(matches!(error, Error::Map { line: 1.., column: 1.., .. }), "{}", error),
        }
    }

    #[test]
    fn every_map_gives_a_table_of_distributions(map in map(), success_rate in 0.0_f64..=1.0) {
        let grid = Gridworld::new(&map, Rules { success_rate, ..Rules::default() }).unwrap();
        let (table, cells) = (grid.table(), map.replace('/', "").into_bytes());
        prop_assert_eq!((table.states(), table.actions()), (cells.len(), 4));
        prop_assert!((table.start().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for (state, &cell) in cells.iter().enumerate() {
            prop_assert_eq!(table.start()[state] > 0.0, cell == b'S');
            for action in 0..4 {
                let outcomes = table.outcomes(state, action);
                let sum: f64 = outcomes.iter().map(|outcome| outcome.probability).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12, "state {}, action {}: {}", state, action, sum);
                for outcome in outcomes {
                    prop_assert!(outcome.probability >= 0.0 && outcome.next < cells.len());
                    let there = cells[outcome.next];
                    prop_assert!(there != b'C', "a cliff puts one back at the start");
                    prop_assert!(there != b'#' || outcome.next == state, "a wall is not entered");
                    prop_assert_eq!(outcome.terminated, matches!(there, b'G' | b'H'));
                    if matches!(cell, b'G' | b'H') {
                        prop_assert_eq!((outcome.next, outcome.reward), (state, 0.0));
                    }
                }
            }
        }
    }

    #[test]
    fn rows_may_be_lines(map in map()) {
        let table = |map: &str| Gridworld::new(map, Rules::default()).unwrap().table();
        prop_assert_eq!(table(&map), table(&format!("  {}\r\n", map.replace('/', "\r\n  "))));
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn every_set_of_rules_gives_distributions(
        map in map(), which in 0_usize..4, slips in 0_usize..3, success_rate in 0.0_f64..=1.0,
        wind in option::of(0_usize..4), stochastic_wind: bool, start_anywhere: bool, absorbing: bool,
    ) {
        let columns = map.find('/').unwrap_or(map.len());
        let moves = [Moves::Four, Moves::Lake, Moves::King, Moves::KingStay][which];
        let slip = [Slip::Sides, Slip::Thirds, Slip::Others][slips];
        let wind = wind.map_or_else(Vec::new, |wind| (0..columns).map(|column| (column + wind) % 4).collect());
        let rules = Rules {
            moves, success_rate, slip, wind, stochastic_wind, start_anywhere, absorbing, ..Rules::default()
        };
        // Two cells of it become a teleport.
        let map = format!("A{}/{map}/{}a", ".".repeat(columns - 1), ".".repeat(columns - 1));
        let table = Gridworld::new(&map, rules).unwrap().table();
        let cells = map.replace('/', "").into_bytes();
        prop_assert_eq!((table.states(), table.actions()), (cells.len(), moves.actions()));
        for (state, action) in (0..cells.len()).flat_map(|state| (0..moves.actions()).map(move |action| (state, action))) {
            let outcomes = table.outcomes(state, action);
            let sum: f64 = outcomes.iter().map(|outcome| outcome.probability).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12, "state {}, action {}: {}", state, action, sum);
            for outcome in outcomes {
                let there = cells[outcome.next];
                prop_assert!(there != b'C' && (there != b'#' || outcome.next == state), "{}", outcome.next);
                prop_assert_eq!(outcome.terminated, matches!(there, b'G' | b'H'));
            }
        }
        prop_assert!(table.outcomes(0, 0).iter().all(|outcome| outcome.next == cells.len() - 1));
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn every_map_conforms(map in map(), slip in 0.0_f64..=1.0) {
        let settings = [("map", map.as_str()), ("slip", &slip.to_string()), ("time_limit", "40")];
        let made = (find("Gridworld").unwrap().make)(&settings).unwrap();
        let checked = check(|seeds| match made.batch(2, seeds)? {
            AnyBatch::IndexChoice(batch) => Ok(batch),
            other => panic!("{other:?}"),
        });
        prop_assert_eq!(checked, Ok(()));
    }
}

#[test]
fn a_state_beyond_the_map_is_refused() {
    let grid = |map| Finite::new("grid", Gridworld::new(map, Rules::default()).unwrap().table(), None, None);
    assert!(grid("S.G").set_state(&State::of(&2_usize)).is_ok());
    assert!(grid("S.G").set_state(&State::of(&3_usize)).is_err());
}

#[test]
fn copies_of_a_finite_environment_share_its_table() {
    let table = Gridworld::new("S.G", Rules::default()).unwrap().table();
    let lanes = Lanes::new(Finite::new("line", table.clone(), None, None), 8, &Seeds::from(0)).unwrap();
    assert!((0..8).all(|i| std::sync::Arc::ptr_eq(lanes.env(i).model(), &table)));
}

// The bandit.

fn bandits(params: TestbedParams, lanes: usize) -> Lanes<Testbed> {
    Lanes::new(Testbed::new(params).unwrap(), lanes, &Seeds::from(1)).unwrap()
}

#[test]
fn without_noise_an_arm_pays_its_true_value_until_the_run_is_truncated() {
    let mut lanes = bandits(TestbedParams { noise: 0.0, time_limit: 20, ..TestbedParams::default() }, 1);
    for _ in 0..5 {
        let values = lanes.env(0).true_values().to_vec();
        for pull in 0..20 {
            let act = [pull % 10];
            lanes.step(&act).unwrap();
            let seen = lanes.seen(&act);
            assert_eq!((seen.reward[0], seen.terminated[0], seen.truncated[0]), (values[act[0]], false, pull == 19));
        }
        assert_ne!(lanes.env(0).true_values(), values, "a new run has values of its own");
    }
}

/// Mean and standard deviation.
fn moments(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    (mean, (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn true_values_are_normal_round_the_mean_and_rewards_round_them() {
    let lanes = bandits(TestbedParams { mean: 4.0, ..TestbedParams::default() }, 2_000);
    let values: Vec<f64> = (0..2_000).flat_map(|i| lanes.env(i).true_values().to_vec()).collect();
    let (mean, deviation) = moments(&values);
    // 20,000 draws: deviations of the mean and of the deviation of 0.007 and 0.005.
    assert!((mean - 4.0).abs() < 0.03 && (deviation - 1.0).abs() < 0.02, "{mean} ± {deviation}");

    let mut lanes = bandits(TestbedParams { noise: 0.5, time_limit: u32::MAX, ..TestbedParams::default() }, 1);
    let (value, mut rng) = (lanes.env(0).true_values().to_vec(), Rng::new(0));
    let off: Vec<f64> = (0..20_000)
        .map(|_| {
            let act = [rng.below(10)];
            lanes.step(&act).unwrap();
            lanes.seen(&act).reward[0] - value[act[0]]
        })
        .collect();
    let (mean, deviation) = moments(&off);
    assert!(mean.abs() < 0.015 && (deviation - 0.5).abs() < 0.01, "{mean} ± {deviation}");
}
