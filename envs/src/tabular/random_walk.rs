//! The random walk: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, example 6.2 (5 states) and
//! section 7.1 (19 states).
//!
//! A task of prediction: there is one action, so that every policy walks at random. The true value of the i-th of n
//! states is, without discount,
//!
//! ```text
//! v(i) = r_left + (r_right − r_left) · i / (n + 1)
//! ```

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
    /// How long the walk is and what its ends pay.
    pub struct RandomWalkParams for "RandomWalk" {
        /// number of states between the ends, n
        states: usize = 19, in 1..=1000;
        /// reward of the step into the left end; 0 in example 6.2
        left_reward: f64 = -1.0, in ..;
        /// reward of the step into the right end
        right_reward: f64 = 1.0, in ..;
        /// steps after which an episode is truncated; 0: never
        time_limit: u32 = 0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "RandomWalk",
    family: "finite",
    about: "a walk left and right at random: what is each state worth?",
    details: "\
Observation: 1 to n from left to right; 0 and n + 1 are the ends. One action: the walk goes to either side with
probability 1/2 whatever one does. Begins in the middle. Reward: −1 at the left end, 1 at the right one, else 0; both
terminate. True values without discount: v(i) = −1 + 2i/(n + 1). `states=5` with `left_reward=0` is example 6.2.",
    source: "Sutton & Barto 2018, example 6.2 and section 7.1",
    params: RandomWalkParams::list,
    check: values::<RandomWalkParams>,
    make: |settings| Ok(random_walk(&typed(settings)?)?.made()),
};

impl RandomWalkParams {
    /// The true value of every state without discount, the ends included, which are worth 0.
    pub fn true_values(&self) -> Vec<f64> {
        let (n, span) = (self.states, self.right_reward - self.left_reward);
        let value = |i: usize| self.left_reward + span * i as f64 / (n + 1) as f64;
        (0..n + 2).map(|i| if i == 0 || i == n + 1 { 0.0 } else { value(i) }).collect()
    }
}

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn random_walk(params: &RandomWalkParams) -> Result<Finite, Error> {
    params.validate()?;
    let (n, left, right) = (params.states, params.left_reward, params.right_reward);
    let end = n + 1;
    let mut start = vec![0.0; n + 2];
    start[n.div_ceil(2)] = 1.0;
    let table = Table::new(start, 1, |state, _| {
        if state == 0 || state == end {
            return vec![Outcome { probability: 1.0, next: state, reward: 0.0, terminated: true }];
        }
        let step = |next, reward| {
            let terminated = next == 0 || next == end;
            Outcome { probability: 0.5, next, reward: if terminated { reward } else { 0.0 }, terminated }
        };
        vec![step(state - 1, left), step(state + 1, right)]
    });
    let limit = (params.time_limit > 0).then_some(params.time_limit);
    let look = move |at: usize| {
        let tone = |reward: f64| if reward < right.max(left) { Tone::Hazard } else { Tone::Goal };
        let cell = |i| match i {
            0 => ('◁', tone(left)),
            i if i == end => ('▷', tone(right)),
            _ => ('·', Tone::Faint),
        };
        strip((0..=end).map(cell), at).into()
    };
    Ok(Finite::new("RandomWalk", Arc::new(table), limit, None).looking(look))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::testing::{assert_is_a_model, evaluate},
    };

    #[test]
    fn the_five_states_of_example_6_2_are_worth_sixths() {
        let params = RandomWalkParams { states: 5, left_reward: 0.0, ..RandomWalkParams::default() };
        let walk = random_walk(&params).unwrap();
        let exact = evaluate(&**walk.model(), 1.0, |_, _| 1.0);
        let sixths = [0.0, 1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0, 4.0 / 6.0, 5.0 / 6.0, 0.0];
        for (found, expected) in exact.iter().zip(sixths) {
            assert!((found - expected).abs() < 1e-9, "{exact:?}");
        }
        assert_eq!(params.true_values(), sixths);
        assert_eq!(walk.frame().text.unwrap().plain(), "●·····▷");
    }

    #[test]
    fn nineteen_states_rise_in_tenths_from_minus_to_plus_nine() {
        let params = RandomWalkParams::default();
        let walk = random_walk(&params).unwrap();
        assert_is_a_model(&**walk.model());
        let exact = evaluate(&**walk.model(), 1.0, |_, _| 1.0);
        for i in 1..20 {
            assert!((exact[i] - (i as f64 - 10.0) / 10.0).abs() < 1e-9, "{exact:?}");
            assert!((params.true_values()[i] - (i as f64 - 10.0) / 10.0).abs() < 1e-15);
        }
        let starts: &[f64] = crate::tabular::TabularModel::start(&**walk.model());
        assert_eq!(starts.iter().position(|p| *p > 0.0), Some(10));
    }
}
