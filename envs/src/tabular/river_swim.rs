//! `RiverSwim`: Strehl & Littman 2008, "An Analysis of Model-Based Interval Estimation for Markov Decision Processes",
//! Journal of Computer and System Sciences 74, figure 1.
//!
//! Swimming left, with the current, always succeeds; swimming right often does not. A small reward waits at the left
//! end, a large one at the right end, and only who explores in earnest finds it.

use std::sync::Arc;

use super::{
    strip,
    table::{Finite, Outcome, Table},
};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::Tone,
};

params! {
    /// The river and its rewards.
    pub struct RiverSwimParams for "RiverSwim" {
        /// number of states from the left end to the right one
        states: usize = 6, in 3..=1000;
        /// reward of swimming left at the left end
        left_reward: f64 = 5.0, in ..;
        /// reward of swimming right at the right end and staying there
        right_reward: f64 = 10_000.0, in ..;
        /// steps after which an episode is truncated; the task itself never ends
        time_limit: u32 = 20, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "RiverSwim",
    family: "finite",
    about: "swim against the current to the large reward, or drift to the small one",
    details: "\
Observation: 0 to 5 from left to right. Actions: 0 left, which always succeeds, 1 right: from the left end it moves on
with probability 0.3, else stays; in between it moves on with 0.3, stays with 0.6 and drifts back with 0.1; at the right
end it stays with 0.3 and drifts back with 0.7. Reward: 5 for left at the left end, 10,000 for right at the right end
where one stays there, else 0. Begins in state 1 or 2, each equally likely. Never terminates; the paper lets agents run
for 5,000 steps without a break, episodes of 20 are usual.",
    source: "Strehl & Littman 2008, An Analysis of Model-Based Interval Estimation for Markov Decision \
             Processes, figure 1",
    params: RiverSwimParams::list,
    check: values::<RiverSwimParams>,
    make: |settings| Ok(river_swim(&typed(settings)?)?.made()),
};

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn river_swim(params: &RiverSwimParams) -> Result<Finite, Error> {
    params.validate()?;
    let &RiverSwimParams { states, left_reward, right_reward, time_limit } = params;
    let last = states - 1;
    let mut start = vec![0.0; states];
    (start[1], start[2]) = (0.5, 0.5);
    let to = |probability, next, reward| Outcome { probability, next, reward, terminated: false };
    let table = Table::new(start, 2, |at, action| match (action, at) {
        (0, 0) => vec![to(1.0, 0, left_reward)],
        (0, _) => vec![to(1.0, at - 1, 0.0)],
        (_, 0) => vec![to(0.7, 0, 0.0), to(0.3, 1, 0.0)],
        (_, at) if at == last => vec![to(0.7, at - 1, 0.0), to(0.3, at, right_reward)],
        (_, at) => vec![to(0.1, at - 1, 0.0), to(0.6, at, 0.0), to(0.3, at + 1, 0.0)],
    });
    let look = move |at: usize| {
        let cell = |i| match i {
            0 => ('$', Tone::Special),
            i if i == last => ('$', Tone::Goal),
            _ => ('~', Tone::Faint),
        };
        strip((0..states).map(cell), at).into()
    };
    Ok(Finite::new("RiverSwim", Arc::new(table), Some(time_limit), None).looking(look).naming(&["left", "right"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{
        TabularModel,
        testing::{assert_is_a_model, solve},
    };

    #[test]
    fn the_papers_numbers() {
        let env = river_swim(&RiverSwimParams::default()).unwrap();
        assert_is_a_model(&**env.model());
        let outcomes = |at, action| -> Vec<_> {
            env.model().outcomes(at, action).iter().map(|o| (o.probability, o.next, o.reward)).collect()
        };
        assert_eq!(outcomes(0, 0), [(1.0, 0, 5.0)]);
        assert_eq!(outcomes(0, 1), [(0.7, 0, 0.0), (0.3, 1, 0.0)]);
        assert_eq!(outcomes(3, 1), [(0.1, 2, 0.0), (0.6, 3, 0.0), (0.3, 4, 0.0)]);
        assert_eq!(outcomes(5, 1), [(0.7, 4, 0.0), (0.3, 5, 10_000.0)]);
        assert_eq!(outcomes(5, 0), [(1.0, 4, 0.0)]);
        assert_eq!(env.model().start(), [0.0, 0.5, 0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn swimming_right_is_best_everywhere_for_whoever_looks_ahead() {
        let env = river_swim(&RiverSwimParams::default()).unwrap();
        assert_eq!(solve(&**env.model(), 0.95).1, [1; 6]);
        assert_eq!(solve(&**env.model(), 0.1).1[0], 0, "the small reward at hand");
    }
}
