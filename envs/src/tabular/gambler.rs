//! The gambler's problem: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, example 4.3.
//!
//! A gambler stakes whole dollars on a coin that shows heads with probability p: the stake is won or lost, until the
//! capital is 0 or the goal.

use std::sync::Arc;

use super::table::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::{Text, Tone},
};

params! {
    /// The coin and the goal.
    pub struct GamblersProblemParams for "GamblersProblem" {
        /// probability that a stake is won
        p_heads: f64 = 0.4, in 0.0..=1.0;
        /// the capital to be reached, dollars
        goal: usize = 100, in 2..=500;
        /// the capital to begin with; 0: any from 1 to goal − 1, each equally likely
        start: usize = 0, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "GamblersProblem",
    family: "finite",
    about: "bet on an unfair coin until everything is won or lost",
    details: "\
Observation: the capital, 0 to 100 dollars. Actions: action a stakes a + 1 dollars, up to half the goal; a stake above
the capital, or above what is missing, is the highest that makes sense. (The book has a stake of 0 too, which changes
nothing.) Heads, with probability 0.4, win the stake, tails lose it. Reward: 1 on reaching the goal, else 0, so that a
state is worth the probability of winning; both ends terminate. Begins with any capital between them.",
    source: "Sutton & Barto 2018, example 4.3",
    params: GamblersProblemParams::list,
    check: values::<GamblersProblemParams>,
    make: |settings| Ok(gamblers_problem(&typed(settings)?)?.made()),
};

/// The environment.
///
/// # Errors
/// If a parameter is out of range, or the gambler would begin with the goal or more.
pub fn gamblers_problem(params: &GamblersProblemParams) -> Result<Finite, Error> {
    params.validate()?;
    let &GamblersProblemParams { p_heads, goal, start, time_limit } = params;
    if start >= goal {
        return Err(Error::Parameter {
            owner: GamblersProblemParams::OWNER.into(),
            name: "start".into(),
            value: start.to_string(),
            why: format!("must be below the goal of {goal}"),
        });
    }
    let share = 1.0 / (goal - 1) as f64;
    let begins = |capital: usize| match start {
        0 if (1..goal).contains(&capital) => share,
        start if start > 0 && capital == start => 1.0,
        _ => 0.0,
    };
    let table = Table::new((0..=goal).map(begins).collect(), goal / 2, |capital, action| {
        if capital == 0 || capital == goal {
            return vec![Outcome { probability: 1.0, next: capital, reward: 0.0, terminated: true }];
        }
        let stake = (action + 1).min(capital).min(goal - capital);
        let outcome = |probability, next| {
            let reward = if next == goal { 1.0 } else { 0.0 };
            Outcome { probability, next, reward, terminated: next == 0 || next == goal }
        };
        vec![outcome(p_heads, capital + stake), outcome(1.0 - p_heads, capital - stake)]
    });
    let look = move |capital: usize| {
        let filled = capital * 50 / goal;
        let bar = [("█".repeat(filled), Tone::Agent), ("·".repeat(50 - filled), Tone::Faint)];
        Text::line(format!("${capital} of ${goal}")).then(bar).into()
    };
    Ok(Finite::new("GamblersProblem", Arc::new(table), Some(time_limit), None).looking(look))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{
        TabularModel,
        testing::{assert_is_a_model, solve},
    };

    #[test]
    fn the_optimal_values_at_the_quarters() {
        let env = gamblers_problem(&GamblersProblemParams::default()).unwrap();
        assert_is_a_model(&**env.model());
        let (values, best) = solve(&**env.model(), 1.0);
        for (capital, expected) in [(25, 0.16), (50, 0.4), (75, 0.64)] {
            assert!((values[capital] - expected).abs() < 1e-9, "v({capital}) = {}", values[capital]);
        }
        assert_eq!(best[50] + 1, 50, "all on one throw");
    }

    #[test]
    fn stakes_that_are_too_high_are_the_highest_sensible_ones() {
        let env =
            gamblers_problem(&GamblersProblemParams { p_heads: 0.25, ..GamblersProblemParams::default() }).unwrap();
        let outcomes = |capital, stake: usize| -> Vec<_> {
            env.model()
                .outcomes(capital, stake - 1)
                .iter()
                .map(|o| (o.probability, o.next, o.reward, o.terminated))
                .collect()
        };
        assert_eq!(outcomes(3, 2), [(0.25, 5, 0.0, false), (0.75, 1, 0.0, false)]);
        assert_eq!(outcomes(3, 50), [(0.25, 6, 0.0, false), (0.75, 0, 0.0, true)]);
        assert_eq!(outcomes(98, 50), [(0.25, 100, 1.0, true), (0.75, 96, 0.0, false)]);
        assert_eq!(outcomes(100, 1), [(1.0, 100, 0.0, true)]);
    }

    #[test]
    fn a_start_at_the_goal_is_refused() {
        let params = GamblersProblemParams { start: 100, ..GamblersProblemParams::default() };
        let error = gamblers_problem(&params).unwrap_err();
        assert_eq!(error.to_string(), "GamblersProblem: `start=100`: must be below the goal of 100");
    }
}
