//! Exact policy evaluation: Bellman's equation of a policy is linear, and is solved as such.
//!
//! Sutton & Barto 2018, section 4.1; Puterman 1994, "Markov Decision Processes", theorem 6.1.1:
//!
//! ```text
//! v_π = r_π + γ P_π v_π        so that        (I − γ P_π) v_π = r_π
//! r_π(s) = Σₐ π(a|s) Σ p(s′, r | s, a) r,    P_π(s, s′) = Σₐ π(a|s) p(s′ | s, a) where s′ does not end the episode
//! ```
//!
//! by LU decomposition with partial pivoting: n³ operations and n² numbers.
//!
//! Deviations
//! 1. With γ = 1 the equations are singular where an episode may never end. States from which no end can be reached are
//!    found first and left out. Where all that can follow are rewards of 0 they are worth 0. Where costs go on they are
//!    worth −∞, and so is every state that may lead to them (Bertsekas & Tsitsiklis 1991, "An Analysis of Stochastic
//!    Shortest Path Problems"); it is an error if the start is among them. Where there are gains too it is an error: the
//!    sum grows without bound, or has no limit.
//! 2. By name it evaluates the equiprobable policy. [`evaluate`] takes any.

use gymkhana_envs::{
    Params, params,
    tabular::{Outcome, TabularModel},
};
use nalgebra::{DMatrix, DVector};

use super::{
    GoOn, PolicyTable, Solution, Solve, Solver,
    backup::{from_start, policy_value},
    convergence::{Moved, Watch},
};
use crate::error::Error;

params! {
    /// What exact policy evaluation can be told.
    pub struct ExactEvaluation for "exact-evaluation" {
        /// discount γ
        gamma: f64 = 0.999, in 0.0..=1.0;
    }
}

/// The registry's line.
pub const SOLVER: Solver = Solver::of::<ExactEvaluation>(
    "values of the random policy, from the linear equations",
    "(I − γ P_π) v_π = r_π,  π(a|s) = 1/n        (P_π without steps that end the episode)",
    "Sutton & Barto 2018, section 4.1; Puterman 1994, Markov Decision Processes, theorem 6.1.1",
);

/// States at most: 200 MB of coefficients, and some minutes.
pub const MOST: usize = 5_000;

const OWNER: &str = ExactEvaluation::OWNER;

impl Solve for ExactEvaluation {
    fn solve(&self, model: &dyn TabularModel, _: GoOn<'_>) -> Result<Solution, Error> {
        self.validate()?;
        let policy = PolicyTable::uniform(model.states(), model.actions());
        let values = evaluate(model, &policy, self.gamma)?;
        let (mut watch, mut missed) = (Watch::new(self.gamma, 0.0), Moved::default());
        for (state, value) in values.iter().enumerate() {
            missed.take(*value, policy_value(model, state, policy.row(state), &values, self.gamma));
        }
        watch.sweep(missed);
        watch.settled = true;
        Ok(Solution::greedy(model, self.gamma, values, watch, policy.choices() as u64))
    }
}

/// `v_π`: what every state is worth under a stationary policy. With γ = 1 states from which the episode may go on for
/// ever are worth −∞ where that costs, and 0 where all rewards are 0.
///
/// # Errors
/// If the model has more than [`MOST`] states, the policy is not on its states and actions, γ is not from 0 to 1, or with
/// γ = 1 an episode from the start may never end and cost for ever, or one from any state never end and gain.
pub fn evaluate(model: &dyn TabularModel, policy: &PolicyTable, gamma: f64) -> Result<Vec<f64>, Error> {
    ExactEvaluation { gamma }.validate()?;
    let values = solve(OWNER, model, policy, gamma, |outcome| outcome.reward)?;
    ends(OWNER, model, &values)?;
    Ok(values)
}

/// How many steps an episode takes under a stationary policy, from the start, in the mean.
///
/// # Errors
/// As [`evaluate`] with γ = 1.
pub fn expected_steps(model: &dyn TabularModel, policy: &PolicyTable) -> Result<f64, Error> {
    let minus = solve(OWNER, model, policy, 1.0, |_| -1.0)?;
    ends(OWNER, model, &minus)?;
    Ok(-from_start(model, &minus))
}

/// Refuses values of −∞ from the start.
pub(super) fn ends(solver: &'static str, model: &dyn TabularModel, values: &[f64]) -> Result<(), Error> {
    if from_start(model, values) == f64::NEG_INFINITY {
        let why =
            "with γ = 1 the equations are singular, for an episode from the start may never end: give a γ below 1";
        return Err(Error::Unsolvable { solver, why: why.into() });
    }
    Ok(())
}

/// The linear equations, with a reward for each outcome.
pub(super) fn solve(
    solver: &'static str,
    model: &dyn TabularModel,
    policy: &PolicyTable,
    gamma: f64,
    reward: impl Fn(&Outcome) -> f64,
) -> Result<Vec<f64>, Error> {
    policy.check(solver, model)?;
    let n = model.states();
    if n > MOST {
        let gigabytes = (n as f64).powi(2) * 8.0 / 1e9;
        let why = format!(
            "{n} linear equations take {gigabytes:.1} GB of coefficients, and at most {MOST} are solved: evaluate by \
             sweeps (policy-evaluation; policy-iteration with exact=false)"
        );
        return Err(Error::Unsolvable { solver, why });
    }
    // Of states that have no equation, what they are worth.
    let known = if gamma < 1.0 { vec![None; n] } else { endless(solver, model, policy, &reward)? };
    let (mut left, mut right) = (DMatrix::<f64>::identity(n, n), DVector::<f64>::zeros(n));
    for state in (0..n).filter(|state| known[*state].is_none()) {
        for (outcome, p) in outcomes(model, policy, state) {
            right[state] += p * reward(outcome);
            if !outcome.terminated {
                left[(state, outcome.next)] -= gamma * p;
            }
        }
    }
    let singular = || Error::Unsolvable { solver, why: "the linear equations are singular".into() };
    let mut values: Vec<f64> = left.lu().solve(&right).ok_or_else(singular)?.iter().copied().collect();
    for (value, known) in values.iter_mut().zip(known) {
        *value = known.unwrap_or(*value);
    }
    Ok(values)
}

/// What can happen in a state under a policy, with its probability.
fn outcomes<'a>(
    model: &'a dyn TabularModel,
    policy: &'a PolicyTable,
    state: usize,
) -> impl Iterator<Item = (&'a Outcome, f64)> {
    let taken = policy.row(state).iter().enumerate().filter(|(_, share)| **share > 0.0);
    let all = taken.flat_map(move |(action, share)| {
        model.outcomes(state, action).iter().map(move |outcome| (outcome, share * outcome.probability))
    });
    all.filter(|(_, p)| *p > 0.0)
}

/// What the states are worth, undiscounted, from which an episode may never end: 0 where nothing is gained or lost for
/// ever, −∞ where costs go on. None of the other states.
fn endless(
    solver: &'static str,
    model: &dyn TabularModel,
    policy: &PolicyTable,
    reward: &impl Fn(&Outcome) -> f64,
) -> Result<Vec<Option<f64>>, Error> {
    let n = model.states();
    // Marks states until no more are to be marked, there and back in turn.
    let spread = |marked: &mut Vec<bool>, marks: &dyn Fn(usize, &[bool]) -> bool| {
        let mut more = true;
        while more {
            more = false;
            for state in (0..n).chain((0..n).rev()) {
                if !marked[state] && marks(state, marked) {
                    (marked[state], more) = (true, true);
                }
            }
        }
    };
    let leads = |state, to: &[bool]| outcomes(model, policy, state).any(|(o, _)| !o.terminated && to[o.next]);
    let mut ending = vec![false; n];
    spread(&mut ending, &|state, ending| outcomes(model, policy, state).any(|(o, _)| o.terminated || ending[o.next]));
    if ending.iter().all(|ending| *ending) {
        return Ok(vec![None; n]);
    }
    // Of those that never end, the ones after which all rewards are 0: they are as good as an end.
    let mut pays = vec![false; n];
    spread(&mut pays, &|state, pays| {
        ending[state] || outcomes(model, policy, state).any(|(o, _)| reward(o) != 0.0) || leads(state, pays)
    });
    spread(&mut ending, &|state, ending| !pays[state] || leads(state, ending));
    let mut forever: Vec<bool> = ending.iter().map(|ending| !ending).collect();
    let gains = |state: usize| outcomes(model, policy, state).any(|(o, _)| reward(o) > 0.0);
    if (0..n).any(|state| forever[state] && gains(state)) {
        let why = "with γ = 1 the equations are singular, for an episode may never end and gain for ever: give a γ \
                   below 1";
        return Err(Error::Unsolvable { solver, why: why.into() });
    }
    spread(&mut forever, &|state, forever| leads(state, forever));
    let worth = |state| match (pays[state], forever[state]) {
        (false, _) => Some(0.0),
        (true, true) => Some(f64::NEG_INFINITY),
        (true, false) => None,
    };
    Ok((0..n).map(worth).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{
        grid::{Gridworld, Rules},
        tabular::Table,
    };

    /// A walk of three states between two ends, of which the right one pays 1.
    fn walk() -> Table {
        Table::new(vec![0.0, 1.0, 0.0], 2, |state, action| {
            let terminated = (state, action) == (0, 0) || (state, action) == (2, 1);
            let next = if terminated { state } else { state + 2 * action - 1 };
            [Outcome { probability: 1.0, next, reward: if terminated { action as f64 } else { 0.0 }, terminated }]
        })
    }

    #[test]
    fn the_chance_to_reach_the_right_end_and_the_steps_to_either() {
        let (walk, random) = (walk(), PolicyTable::uniform(3, 2));
        let values = evaluate(&walk, &random, 1.0).unwrap();
        assert!(values.iter().zip([0.25, 0.5, 0.75]).all(|(a, b)| (a - b).abs() < 1e-15), "{values:?}");
        assert!((expected_steps(&walk, &random).unwrap() - 4.0).abs() < 1e-14);
        // v₁ = γ/2 (v₀ + v₂), v₂ = ½ + γ/2 v₁, v₀ = γ/2 v₁: with γ = ½ v₁ = 1/8 + v₁/8, so that v₁ = 1/7.
        let values = evaluate(&walk, &random, 0.5).unwrap();
        assert!(values.iter().zip([1.0 / 28.0, 1.0 / 7.0, 15.0 / 28.0]).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn without_an_end_and_a_discount_it_is_the_rewards_that_count() {
        // The walk with a reward for each step that does not end, there and back between its first two states.
        let paying = |start: [f64; 3], reward| {
            Table::new(start.to_vec(), 2, move |state, action| {
                let outcomes = walk().outcomes(state, action).to_vec();
                outcomes.into_iter().map(move |o| Outcome { reward: if o.terminated { o.reward } else { reward }, ..o })
            })
        };
        let (left, right) = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
        let there_and_back = PolicyTable::deterministic(&[1, 0, 1], 2);
        let value = |start, reward| evaluate(&paying(start, reward), &there_and_back, 1.0);
        assert_eq!(value(left, 0.0).unwrap(), [0.0, 0.0, 1.0]);
        let error = value(left, -1.0).unwrap_err().to_string();
        assert!(error.contains("with γ = 1 the equations are singular") && error.contains("γ below 1"), "{error}");
        assert!(value(right, 1.0).unwrap_err().to_string().contains("gain for ever"));
        // From the right it ends; where it begins it does not matter what an endless state is worth.
        assert_eq!(value(right, -1.0).unwrap(), [f64::NEG_INFINITY, f64::NEG_INFINITY, 1.0]);
        assert_eq!(expected_steps(&paying(right, 0.0), &there_and_back).unwrap(), 1.0);
        assert!(expected_steps(&paying(left, 0.0), &there_and_back).is_err());
        assert_eq!(evaluate(&paying(left, 0.0), &there_and_back, 0.5).unwrap(), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn what_comes_before_an_endless_loop_counts() {
        // 0 pays −2 and leads to 1, or ends for 4, both half of the time; 1 pays 3 and leads to 2, which stays for nothing.
        let table = Table::new(vec![1.0, 0.0, 0.0], 1, |state, _| {
            let on = |probability, next, reward| Outcome { probability, next, reward, terminated: false };
            match state {
                0 => vec![on(0.5, 1, -2.0), Outcome { terminated: true, ..on(0.5, 0, 4.0) }],
                1 => vec![on(1.0, 2, 3.0)],
                _ => vec![on(1.0, 2, 0.0)],
            }
        });
        // ½ (−2 + 3) + ½ 4 = 2.5
        assert_eq!(evaluate(&table, &PolicyTable::uniform(3, 1), 1.0).unwrap(), [2.5, 3.0, 0.0]);
    }

    #[test]
    fn equations_that_do_not_fit_memory_are_refused() {
        let map = format!("S{}G/{}", ".".repeat(98), "/".to_owned() + &vec![".".repeat(100); 99].join("/"));
        let table = Gridworld::new(&map, Rules::default()).unwrap().table();
        let error = evaluate(&*table, &PolicyTable::uniform(10_000, 4), 0.9).unwrap_err().to_string();
        assert!(error.starts_with("exact-evaluation: 10000 linear equations take 0.8 GB"), "{error}");
    }
}
