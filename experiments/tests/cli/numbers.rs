//! The numbers that can be known exactly: each is a check of its section, held to the digits that are printed.

use serde_json::Value;

use crate::support::Place;

/// Section, number, digits after the point. They come from dynamic programming, linear algebra, or the book's figures.
const EXACT: &[(&str, f64, i32)] = &[
    ("5.1.2", 14.0, 6),
    ("5.1.2", 12.166_667, 6),
    // Example 3.5: the top row under the random policy, and under the best one.
    ("5.1.3", 3.3, 1),
    ("5.1.3", 8.8, 1),
    ("5.1.3", 4.4, 1),
    ("5.1.3", 5.3, 1),
    ("5.1.3", 1.5, 1),
    ("5.1.3", 22.0, 1),
    ("5.1.3", 24.4, 1),
    ("5.1.3", 19.4, 1),
    ("5.1.3", 17.5, 1),
    ("5.1.5", -51.81, 2),
    ("5.1.5", -20.71, 2),
    ("5.1.6", 0.8235, 4),
    ("5.1.6", 0.7402, 4),
    ("5.1.6", 0.7442, 4),
    ("5.1.6", 0.0139, 4),
    ("5.2.1", 14.0, 6),
    ("5.2.1", 10.0, 6),
    ("5.2.1", 7.0, 6),
    ("5.2.1", 2.0, 6),
    ("5.2.2", 12.208, 3),
    ("5.2.2", 9.12, 2),
    ("5.2.2", 6.8, 1),
    ("5.2.2", 2.0, 6),
    ("5.2.3", -14.0, 6),
    ("5.2.3", -18.0, 6),
    ("5.2.3", -20.0, 6),
    ("5.2.3", -22.0, 6),
    ("5.2.3", 0.16, 6),
    ("5.2.3", 0.4, 6),
    ("5.2.3", 0.64, 6),
    ("5.2.4", 2.075, 3),
    ("5.2.5", -4.0, 6),
    ("5.2.5", 5.0, 6),
    ("5.2.5", 421.41, 2),
    // With the Poisson sums cut off at 10; recomputed with NumPy.
    ("5.2.5", 405.304, 3),
    ("5.2.6", 2.0, 6),
    ("5.2.6", 0.0, 12),
    ("5.2.7", -0.0431, 4),
    ("5.2.7", -0.0466, 4),
    ("5.2.7", -0.0257, 4),
    ("5.2.7", -0.2772, 4),
    ("5.4.1", 15.0, 6),
    ("5.4.1", 7.0, 6),
    ("5.4.1", 17.05, 2),
    ("5.4.1", 7.93, 2),
    ("5.4.1", 0.7402, 4),
    ("5.4.1", 0.8857, 4),
    ("5.4.1", 0.8630, 4),
    ("5.4.1", 0.7442, 4),
    ("5.4.1", 0.9132, 4),
    ("5.4.1", -64.709, 3),
    ("5.4.4", 9.0, 6),
    ("5.4.4", 7.0, 6),
    ("5.4.4", 6.0, 6),
    ("5.4.4", 5.0, 6),
    ("5.5.1", 0.586, 3),
    ("5.5.1", -11.657, 3),
    ("5.5.1", -44.2, 1),
    ("5.5.1", -82.1, 1),
    // Distances from what they must be: means from the gradient, directions from dJ/dθ and N (1 − p).
    ("6.1.1", 0.0, 8),
    ("6.1.2", 0.0, 5),
    ("6.2.1", 6800.9, 1),
    ("6.2.1", 0.222, 3),
    ("6.2.3", 12.208, 3),
    ("6.2.3", 9.12, 2),
    ("6.2.3", 6.8, 1),
    ("6.2.3", 2.0, 6),
    ("6.2.3", 0.0, 11),
    ("6.2.3", 3.7, 6),
    ("6.3.3", 1.7183, 4),
    ("6.3.3", 0.3679, 4),
    ("6.3.3", 0.6004, 4),
    ("6.3.3", 89.0, 1),
    ("6.3.3", 0.0, 12),
    ("6.3.5", 0.0, 12),
    ("6.3.5", 1.0, 12),
];

#[test]
fn every_exact_number_is_checked_to_its_digits_and_passes() {
    let place = Place::new();
    let mut sections: Vec<&str> = EXACT.iter().map(|(section, ..)| *section).collect();
    sections.dedup();
    let said = place.ok(&format!("run {} --quick --check", sections.join(" ")));
    let verdicts = said.lines().filter(|line| line.starts_with("PASS") || line.starts_with("FAIL"));
    let mut checks = 0;
    for section in sections {
        let data = std::fs::read(place.at(&format!("results/runs/{section}-quick/data.json"))).unwrap();
        let data: Value = serde_json::from_slice(&data).unwrap();
        let found = data["checks"].as_array().unwrap();
        checks += found.len();
        for (_, number, digits) in EXACT.iter().filter(|(of, ..)| *of == section) {
            let half = 0.5 * 10_f64.powi(-digits) * 1.000_001;
            let is_it = |check: &&Value| {
                let near = &check["target"]["near"];
                let (Some(target), Some(tolerance)) = (near["target"].as_f64(), near["tolerance"].as_f64()) else {
                    return false;
                };
                let known = matches!(check["source"].as_str(), Some("exact" | "figure"));
                let measured = check["measured"].as_f64().unwrap();
                known && (target - number).abs() <= half && tolerance <= half && (measured - target).abs() <= tolerance
            };
            assert!(found.iter().any(|check| is_it(&check)), "{section}: no check holds {number} to {digits} digits");
        }
    }
    assert_eq!(verdicts.count(), checks, "a line for every number");
}
