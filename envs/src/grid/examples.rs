//! The two gridworlds with which Sutton & Barto explain values: examples 3.5 and 4.1.

use super::{gridworld::Gridworld, rules::Rules};
use crate::tabular::Finite;
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
};

params! {
    /// Example 3.5.
    pub struct Example35Params for "Gridworld-3.5" {
        /// steps after which an episode is truncated; the process itself never ends
        time_limit: u32 = 100, in 1..;
    }
}

params! {
    /// Example 4.1.
    pub struct Example41Params for "Gridworld-4.1" {
        /// steps after which an episode is truncated; 0: never, as in the book
        time_limit: u32 = 100, in ..;
    }
}

/// Example 3.5.
pub const EXAMPLE_3_5: Entry = Entry {
    id: "Gridworld-3.5",
    family: "finite",
    about: "a small world without end, where two cells pay and lead elsewhere",
    details: "\
5 × 5 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left. Any action in A
pays 10 and leads to a, any in B pays 5 and leads to b; off the grid −1, and one stays; else 0. Begins in any cell.
Never terminates; the book's γ is 0.9.",
    source: "Sutton & Barto 2018, examples 3.5 and 3.8",
    params: Example35Params::list,
    check: values::<Example35Params>,
    make: |settings| {
        let p: Example35Params = typed(settings)?;
        Ok(example_3_5(p.time_limit)?.made())
    },
};

/// Example 4.1.
pub const EXAMPLE_4_1: Entry = Entry {
    id: "Gridworld-4.1",
    family: "finite",
    about: "the small world of policy evaluation, with an end in two corners",
    details: "\
4 × 4 cells. Observation: the index of the cell, row by row. Actions: 0 up, 1 right, 2 down, 3 left. Reward −1 per step;
off the grid one stays. Begins in any other cell. Terminates in the upper left and lower right corners.",
    source: "Sutton & Barto 2018, example 4.1",
    params: Example41Params::list,
    check: values::<Example41Params>,
    make: |settings| {
        let p: Example41Params = typed(settings)?;
        Ok(example_4_1(p.time_limit)?.made())
    },
};

fn example_3_5(time_limit: u32) -> Result<Finite, Error> {
    let rules = Rules {
        teleport_rewards: [10.0, 5.0, 0.0, 0.0],
        bump_reward: -1.0,
        start_anywhere: true,
        continuing: true,
        ..Rules::default()
    };
    Ok(Gridworld::new(".A.B./...../...b./...../.a...", rules)?.finite("Gridworld-3.5", Some(time_limit), None))
}

fn example_4_1(time_limit: u32) -> Result<Finite, Error> {
    let rules = Rules { step_reward: -1.0, goal_reward: -1.0, start_anywhere: true, ..Rules::default() };
    let limit = (time_limit > 0).then_some(time_limit);
    Ok(Gridworld::new("G.../..../..../...G", rules)?.finite("Gridworld-4.1", limit, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::{
            TabularModel,
            testing::{optimum, random},
        },
    };

    fn tenths(values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| (value * 10.0).round() / 10.0).collect()
    }

    #[test]
    fn the_values_of_example_3_5_are_those_of_the_book() {
        let example = example_3_5(100).unwrap();
        let (any, best) = (random(&**example.model(), 0.9), optimum(&**example.model(), 0.9));
        assert_eq!(tenths(&any[..5]), [3.3, 8.8, 4.4, 5.3, 1.5]);
        assert_eq!(tenths(&any[20..]), [-1.9, -1.3, -1.2, -1.4, -2.0]);
        assert_eq!(tenths(&best[..5]), [22.0, 24.4, 22.0, 19.4, 17.5]);
        assert_eq!(example.model().start(), [1.0 / 25.0; 25]);
    }

    #[test]
    fn the_values_of_example_4_1_are_those_of_the_book() {
        let values = random(&**example_4_1(0).unwrap().model(), 1.0);
        assert_eq!(tenths(&values[..8]), [0.0, -14.0, -20.0, -22.0, -14.0, -18.0, -20.0, -20.0]);
    }

    #[test]
    fn they_look_like_the_books_figures() {
        let text = example_3_5(100).unwrap().frame().text.unwrap().plain();
        assert_eq!(text, "@A.B.\n.....\n...b.\n.....\n.a...\nrow 1 of 5, column 1 of 5");
        let text = example_4_1(0).unwrap().frame().text.unwrap().plain();
        assert_eq!(text, "@...\n....\n....\n...G\nrow 1 of 4, column 1 of 4: goal");
    }
}
