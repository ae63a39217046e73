//! The exact numbers of the book's sections, to the digits in which they are stated: dynamic programming on the
//! registered environments.

use gymkhana_agents::planning::{
    BackwardInduction, ExactEvaluation, ModifiedPolicyIteration, PolicyEvaluation, PolicyIteration, PolicyTable,
    PrioritizedSweeps, SoftPolicyIteration, Solution, Solve, ValueIteration,
    backup::{action_values, from_start, greatest_values, greedy, state_values},
    evaluate, expected_steps, value_within,
};
use gymkhana_envs::{
    registry::{Made, find},
    tabular::{Blackjack, BlackjackParams, TabularModel, blackjack::Seen},
};

fn made(env: &str, settings: &[(&str, &str)]) -> Made {
    (find(env).unwrap().make)(settings).unwrap()
}

/// A solution of a registered environment.
fn solved(made: &Made, solver: &impl Solve) -> Solution {
    let found = solver.solve(made.model().unwrap(), &mut || true).unwrap();
    assert!(found.settled, "{}", made.spec().id);
    found
}

/// To so many digits after the point.
#[track_caller]
fn same(found: f64, expected: f64, digits: i32) {
    assert!((found - expected).abs() <= 0.5 * 10_f64.powi(-digits) + 1e-12, "{found}, not {expected}");
}

fn optimum(made: &Made, gamma: f64) -> Solution {
    solved(made, &PolicyIteration { gamma, ..Default::default() })
}

/// The value from the start of a solution.
fn start(made: &Made, found: &Solution) -> f64 {
    found.from_start(made.model().unwrap())
}

/// The value from the start of the equiprobable policy.
fn random(made: &Made, gamma: f64) -> f64 {
    let model = made.model().unwrap();
    let policy = PolicyTable::uniform(model.states(), model.actions());
    from_start(model, &evaluate(model, &policy, gamma).unwrap())
}

/// The value from the start, within the environment's time limit, of the policy that is best at a discount.
fn stationary(made: &Made, gamma: f64) -> f64 {
    let (model, limit) = (made.model().unwrap(), made.spec().time_limit.unwrap() as usize);
    let policy = PolicyTable::deterministic(&optimum(made, gamma).policy, model.actions());
    from_start(model, &value_within(model, &policy, limit, 1.0).unwrap())
}

/// The best value from the start within the environment's time limit.
fn timed(made: &Made) -> f64 {
    let horizon = made.spec().time_limit.unwrap() as usize;
    start(made, &solved(made, &BackwardInduction { gamma: 1.0, horizon }))
}

#[test]
fn section_5_1_2_the_tour() {
    let tour = made("Tour", &[]);
    let best = solved(&tour, &BackwardInduction { gamma: 1.0, horizon: 3 });
    assert_eq!(start(&tour, &best), 14.0);
    assert_eq!(optimum(&tour, 1.0).values[0], 14.0);
    same(random(&tour, 1.0), 12.0 + 1.0 / 6.0, 12);
    // Salt Lake City, Phoenix or New York, Chicago.
    let q = action_values(tour.model().unwrap(), &best.values, 1.0);
    let all = |city: usize| greedy(&q[3 * city..][..3], 1e-9).collect::<Vec<_>>();
    assert_eq!((all(0), all(2), all(4)), (vec![1], vec![0, 2], vec![1]));
}

#[test]
fn section_5_1_3_example_3_5_and_3_8() {
    let world = made("Gridworld-3.5", &[]);
    let any = solved(&world, &ExactEvaluation { gamma: 0.9 });
    for (value, expected) in any.values.iter().zip([3.3, 8.8, 4.4, 5.3, 1.5]) {
        same(*value, expected, 1);
    }
    let swept = solved(&world, &PolicyEvaluation { gamma: 0.9, ..Default::default() });
    assert!(any.values.iter().zip(&swept.values).all(|(a, b)| (a - b).abs() < 1e-8));
    for (value, expected) in optimum(&world, 0.9).values.iter().zip([22.0, 24.4, 22.0, 19.4, 17.5]) {
        same(*value, expected, 1);
    }
    // With memory 4; without, the turn is a guess: (4 − 0.1)/2.
    let maze = made("TMaze", &[]);
    assert_eq!(start(&maze, &optimum(&maze, 1.0)), 4.0);
}

#[test]
fn section_5_1_5_the_cliff_with_exploration() {
    let cliff = made("CliffWalking-v1", &[]);
    let model = cliff.model().unwrap();
    let best = solved(&cliff, &SoftPolicyIteration { gamma: 1.0, epsilon: 0.1, policies: 100 });
    same(start(&cliff, &best), -20.71, 2);
    // Up from the start, along the edge, down into the goal; what the policy does off that path decides its value under
    // exploration. Going back down to the path is worth −51.81; going right there, and down in the last column, −45.80;
    // going right there always, also against the edge of the last column, −69.34.
    let edge = |off: fn(usize) -> usize| {
        let path = |cell: usize| match cell {
            36 => 0,
            35 => 2,
            24..35 => 1,
            cell => off(cell),
        };
        let policy: Vec<_> = (0..48).map(path).collect();
        from_start(model, &evaluate(model, &PolicyTable::soft(&policy, 4, 0.1), 1.0).unwrap())
    };
    same(edge(|_| 2), -51.81, 2);
    same(edge(|cell| if cell % 12 == 11 { 2 } else { 1 }), -45.80, 2);
    same(edge(|_| 1), -69.34, 2);
    assert_eq!(start(&cliff, &optimum(&cliff, 1.0)), -13.0);
}

#[test]
fn section_5_1_6_the_lake_with_and_without_its_time_limit() {
    let lake = made("FrozenLake-v1", &[]);
    same(start(&lake, &optimum(&lake, 1.0)), 0.8235, 4);
    same(stationary(&lake, 0.999), 0.7402, 4);
    same(timed(&lake), 0.7442, 4);
    let model = lake.model().unwrap();
    let clone = PolicyTable::uniform(model.states(), model.actions());
    same(from_start(model, &value_within(model, &clone, 100, 1.0).unwrap()), 0.0139, 4);
}

#[test]
fn section_5_2_3_example_4_1_and_the_gambler() {
    let world = made("Gridworld-4.1", &[]);
    let any = solved(&world, &ExactEvaluation { gamma: 1.0 });
    for (value, expected) in any.values.iter().zip([0.0, -14.0, -20.0, -22.0, -14.0, -18.0, -20.0, -20.0]) {
        same(*value, expected, 10);
    }
    let gambler = made("GamblersProblem", &[]);
    let best = solved(&gambler, &ValueIteration { gamma: 1.0, tolerance: 1e-13, ..Default::default() });
    for (capital, expected) in [(25, 0.16), (50, 0.4), (75, 0.64)] {
        same(best.values[capital], expected, 10);
    }
}

#[test]
fn section_5_2_5_jacks_car_rental() {
    let rental = made("JacksCarRental", &[]);
    let best = optimum(&rental, 0.9);
    same(best.values[0], 421.41, 2);
    // Actions 0 to 10 move −5 to 5 cars; more than there are are not moved.
    let moved = |state: usize| {
        let action = best.policy[state].cast_signed() - 5;
        action.clamp(-(state % 21).cast_signed(), (state / 21).cast_signed())
    };
    assert_eq!(((0..441).map(moved).min(), (0..441).map(moved).max()), (Some(-4), Some(5)));
    let others = [
        solved(&rental, &ValueIteration { gamma: 0.9, ..Default::default() }),
        solved(&rental, &ModifiedPolicyIteration { gamma: 0.9, ..Default::default() }),
        solved(&rental, &PrioritizedSweeps { gamma: 0.9, ..Default::default() }),
        solved(&rental, &PolicyIteration { gamma: 0.9, exact: false, ..Default::default() }),
    ];
    for other in others {
        assert!(other.values.iter().zip(&best.values).all(|(a, b)| (a - b).abs() < 2e-8));
        assert_eq!(other.policy, best.policy);
    }
}

#[test]
fn section_5_2_6_from_v_to_q_and_back() {
    for (env, gamma) in [("Taxi-v4", 0.99), ("FrozenLake8x8-v1", 0.99), ("Gridworld", 0.999), ("JacksCarRental", 0.9)] {
        let made = made(env, &[]);
        let (model, best) = (made.model().unwrap(), optimum(&made, gamma));
        let q = action_values(model, &best.values, gamma);
        let back = greatest_values(&q, model.actions());
        let policy = PolicyTable::deterministic(&best.policy, model.actions());
        let along = state_values(&q, &policy);
        let near = |other: &[f64]| {
            let scale = best.values.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
            other.iter().zip(&best.values).all(|(a, b)| (a - b).abs() < 1e-12 * scale)
        };
        assert!(near(&back), "{env}");
        assert!(best.values.iter().zip(&along).all(|(a, b)| (a - b).abs() < 1e-7), "{env}");
    }
    assert_eq!(greedy(&[2.6, 1.7, 4.3], 0.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn section_5_2_7_blackjack() {
    for (sab, natural, expected) in
        [("true", "false", -0.0431), ("false", "false", -0.0466), ("false", "true", -0.0257)]
    {
        let game = made("Blackjack-v1", &[("sab", sab), ("natural", natural)]);
        same(start(&game, &optimum(&game, 1.0)), expected, 4);
    }
    let game = made("Blackjack-v1", &[]);
    let policy = optimum(&game, 1.0).policy;
    let state = |sum, dealer, usable_ace| Blackjack::state_of(Seen { sum, dealer, usable_ace });
    for dealer in 1..=10 {
        // The sum from which one sticks: hard, then soft.
        let hard = match dealer {
            4..=6 => 12,
            2 | 3 => 13,
            _ => 17,
        };
        let soft = if (2..=8).contains(&dealer) { 18 } else { 19 };
        for (usable, least, from) in [(false, 11, hard), (true, 12, soft)] {
            for sum in least..=21 {
                assert_eq!(policy[state(sum, dealer, usable)] == 0, sum >= from, "{sum} {usable} against {dealer}");
            }
        }
    }
    // Stick on 20 and 21 only.
    let model = Blackjack::new(BlackjackParams::default()).unwrap().table();
    let mut sticks = vec![1; model.states()];
    for (dealer, usable) in (1..=10).flat_map(|dealer| [(dealer, false), (dealer, true)]) {
        for sum in [20, 21] {
            sticks[state(sum, dealer, usable)] = 0;
        }
        // A natural is the state after soft 21.
        sticks[state(21, dealer, true) + 1] = 0;
    }
    let values = evaluate(&model, &PolicyTable::deterministic(&sticks, 2), 1.0).unwrap();
    same(values[state(13, 2, true)], -0.2772, 4);
}

#[test]
fn section_5_4_1_the_optima_of_q_learnings_worlds() {
    for (moves, steps) in [("four", 15.0), ("king", 7.0)] {
        let windy = made("WindyGridworld", &[("moves", moves)]);
        same(start(&windy, &optimum(&windy, 1.0)), -steps, 10);
    }
    let windy = made("WindyGridworld", &[]);
    let soft = solved(&windy, &SoftPolicyIteration { gamma: 1.0, epsilon: 0.1, policies: 100 });
    same(start(&windy, &soft), -17.05, 2);
    let model = windy.model().unwrap();
    same(expected_steps(model, &PolicyTable::soft(&soft.policy, 4, 0.1)).unwrap(), 17.05, 2);
    let taxi = made("Taxi-v4", &[]);
    same(start(&taxi, &optimum(&taxi, 1.0)), 7.93, 2);
    let lake = made("FrozenLake8x8-v1", &[]);
    same(stationary(&lake, 0.999), 0.8857, 4);
    same(stationary(&lake, 0.99), 0.8630, 4);
    same(timed(&lake), 0.9132, 4);
    let slippery = made("CliffWalkingSlippery-v1", &[]);
    same(start(&slippery, &optimum(&slippery, 1.0)), -64.709, 3);
}

#[test]
fn section_5_5_1_the_short_corridor() {
    let corridor = made("ShortCorridor", &[]);
    let model = corridor.model().unwrap();
    let worth = |p: f64| {
        let policy = PolicyTable::new(4, 2, |_, action| [1.0 - p, p][action]);
        from_start(model, &evaluate(model, &policy, 1.0).unwrap())
    };
    let best = 2.0 - 2.0_f64.sqrt();
    same(best, 0.586, 3);
    same(worth(best), -11.657, 3);
    same(worth(0.95), -44.2, 1);
    same(worth(0.05), -82.1, 1);
    assert!(worth(best) > worth(best - 1e-4) && worth(best) > worth(best + 1e-4));
}
