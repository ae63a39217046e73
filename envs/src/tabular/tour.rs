//! A tour of cities, from west to east in three steps: which way collects the most stars?
//!
//! ```text
//!                 Albuquerque 3       Phoenix 4
//! Los Angeles  →  Salt Lake City 5 →  Kansas City 3  →  Denver 4
//!                 Philadelphia 4      New York 4        Chicago 5
//! ```
//!
//! Every city of a layer leads to every city of the next; the reward is the stars of the city entered.

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
    /// There is only the time limit.
    pub struct TourParams for "Tour" {
        /// steps after which an episode is truncated; a tour has three
        time_limit: u32 = 100, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Tour",
    family: "finite",
    about: "travel from Los Angeles through three cities and collect their stars",
    details: "\
Observation: the city, 0 Los Angeles, 1 Albuquerque, 2 Salt Lake City, 3 Philadelphia, 4 Phoenix, 5 Kansas City, 6 New
York, 7 Denver, 8 Chicago. Actions: the first, second or third city of the next column; before the last column, which
has two, the third action leaves the choice to a coin. Reward: the stars of the city entered: 3, 5, 4, then 4, 3, 4,
then 4, 5. Terminates in Denver and Chicago. The best return is 14; choosing at random gives 12 1/6.",
    source: "the stagecoach problem of dynamic programming, Hillier & Lieberman 2015, Introduction to Operations \
             Research, 10th ed., section 11.1, with cities and stars of its own",
    params: TourParams::list,
    check: values::<TourParams>,
    make: |settings| Ok(tour(&typed(settings)?)?.made()),
};

/// The cities and their stars, in the order of their numbers.
pub const CITIES: [(&str, u8); 9] = [
    ("Los Angeles", 0),
    ("Albuquerque", 3),
    ("Salt Lake City", 5),
    ("Philadelphia", 4),
    ("Phoenix", 4),
    ("Kansas City", 3),
    ("New York", 4),
    ("Denver", 4),
    ("Chicago", 5),
];

/// The numbers of the cities that a city leads to.
fn next(city: usize) -> std::ops::Range<usize> {
    match city {
        0 => 1..4,
        1..=3 => 4..7,
        4..=6 => 7..9,
        _ => city..city + 1,
    }
}

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn tour(params: &TourParams) -> Result<Finite, Error> {
    params.validate()?;
    let mut start = vec![0.0; CITIES.len()];
    start[0] = 1.0;
    let table = Table::new(start, 3, |city, action| -> Vec<Outcome> {
        if city >= 7 {
            return vec![Outcome { probability: 1.0, next: city, reward: 0.0, terminated: true }];
        }
        let to = |probability| {
            move |next: usize| {
                let reward = f64::from(CITIES[next].1);
                Outcome { probability, next, reward, terminated: next >= 7 }
            }
        };
        match next(city).nth(action) {
            Some(city) => vec![to(1.0)(city)],
            None => next(city).map(to(0.5)).collect(),
        }
    });
    Ok(Finite::new("Tour", Arc::new(table), Some(params.time_limit), None).looking(|at| look(at).into()))
}

/// The graph by columns; the city one is in is marked.
fn look(at: usize) -> Text {
    let cell = |city: Option<usize>, width: usize| {
        let Some(city) = city else { return (" ".repeat(width), Tone::Faint) };
        let (name, stars) = CITIES[city];
        let name = if stars == 0 { name.to_owned() } else { format!("{name} {stars}") };
        let tone = match city {
            _ if city == at => Tone::Agent,
            0 => Tone::Start,
            _ if next(at).contains(&city) => Tone::Goal,
            _ => Tone::Faint,
        };
        let mark = if city == at { '●' } else { ' ' };
        (format!("{mark} {name:<width$}", width = width - 2), tone)
    };
    let row = |cities: [Option<usize>; 4]| -> Vec<_> {
        cities.into_iter().zip([16, 20, 17, 11]).map(|(city, width)| cell(city, width)).collect()
    };
    Text::default()
        .then(row([None, Some(1), Some(4), None]))
        .then(row([Some(0), Some(2), Some(5), Some(7)]))
        .then(row([None, Some(3), Some(6), Some(8)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{
        TabularModel,
        testing::{assert_is_a_model, evaluate, solve},
    };

    #[test]
    fn the_best_tour_and_a_random_one() {
        let env = tour(&TourParams::default()).unwrap();
        assert_is_a_model(&**env.model());
        let (values, best) = solve(&**env.model(), 1.0);
        assert_eq!((values[0], &best[..7]), (14.0, &[1, 0, 0, 0, 1, 1, 1][..]));
        let random = evaluate(&**env.model(), 1.0, |_, _| 1.0 / 3.0);
        assert!((random[0] - (12.0 + 1.0 / 6.0)).abs() < 1e-12, "{random:?}");
    }

    #[test]
    fn where_there_are_two_cities_the_third_action_throws_a_coin() {
        let env = tour(&TourParams::default()).unwrap();
        let outcomes = |city, action| -> Vec<_> {
            env.model().outcomes(city, action).iter().map(|o| (o.probability, o.next, o.reward, o.terminated)).collect()
        };
        assert_eq!(outcomes(0, 2), [(1.0, 3, 4.0, false)]);
        assert_eq!(outcomes(5, 1), [(1.0, 8, 5.0, true)]);
        assert_eq!(outcomes(5, 2), [(0.5, 7, 4.0, true), (0.5, 8, 5.0, true)]);
    }

    #[test]
    fn the_graph_by_columns() {
        let lines: Vec<_> = look(2).plain().lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(lines[0], "                  Albuquerque 3       Phoenix 4");
        assert_eq!(lines[1], "  Los Angeles   ● Salt Lake City 5    Kansas City 3    Denver 4");
        assert_eq!(lines[2], "                  Philadelphia 4      New York 4       Chicago 5");
    }
}
