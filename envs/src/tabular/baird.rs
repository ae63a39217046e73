//! Baird's counterexample: Baird 1995, "Residual Algorithms: Reinforcement Learning with Function Approximation", in
//! the form of Sutton & Barto 2018, figure 11.1.
//!
//! Seven states and two actions: `solid` leads to the seventh state, `dashed` to one of the other six, each equally
//! likely. All rewards are 0, so that all values are 0; off-policy semi-gradient methods diverge on it all the same.
//! The figure's behaviour takes `dashed` with probability 6/7, its target policy always `solid`, and γ = 0.99.

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
    pub struct BairdParams for "Baird" {
        /// steps after which an episode is truncated; the task itself never ends
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Baird",
    family: "finite",
    about: "Baird's counterexample, on which off-policy semi-gradient methods diverge",
    details: "\
Observation: one of seven states, the lower one last. Actions: 0 dashed, to one of the upper six, each equally likely;
1 solid, to the lower one. Reward: always 0. Never terminates; begins in any state, each equally likely. The figure's
behaviour is dashed with probability 6/7, its target policy solid, γ = 0.99; its eight features are `baird::features`.",
    source: "Baird 1995, Residual Algorithms; Sutton & Barto 2018, figure 11.1",
    params: BairdParams::list,
    check: values::<BairdParams>,
    make: |settings| Ok(baird(&typed(settings)?)?.made()),
};

/// The number of states.
pub const STATES: usize = 7;

/// The figure's features x(s) of a state: v̂(s) = wᵀx(s) is 2wᵢ + w₈ above and w₇ + 2w₈ below.
///
/// # Panics
/// If `state` is not below [`STATES`].
pub fn features(state: usize) -> [f64; 8] {
    assert!(state < STATES, "seven states, from 0 to 6");
    let mut x = [0.0; 8];
    (x[state], x[7]) = if state == 6 { (1.0, 2.0) } else { (2.0, 1.0) };
    x
}

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn baird(params: &BairdParams) -> Result<Finite, Error> {
    params.validate()?;
    let to = |probability| move |next| Outcome { probability, next, reward: 0.0, terminated: false };
    let table = Table::new(vec![1.0 / 7.0; STATES], 2, |_, action| -> Vec<Outcome> {
        if action == 0 { (0..6).map(to(1.0 / 6.0)).collect() } else { vec![to(1.0)(6)] }
    });
    let look = |at| {
        let mark = |state| if state == at { ("● ".into(), Tone::Agent) } else { ("○ ".into(), Tone::Faint) };
        Text::default().then((0..6).map(mark)).then([(" ".repeat(5), Tone::Plain), mark(6)]).into()
    };
    Ok(Finite::new("Baird", Arc::new(table), Some(params.time_limit), None).looking(look).naming(&["dashed", "solid"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::testing::{assert_is_a_model, evaluate},
    };

    #[test]
    fn the_figures_behaviour_leaves_every_state_equally_likely_and_worth_nothing() {
        let env = baird(&BairdParams::default()).unwrap();
        assert_is_a_model(&**env.model());
        let behaviour = |_, action| [6.0 / 7.0, 1.0 / 7.0][action];
        let mut share = [0.0; STATES];
        for action in 0..2 {
            for outcome in crate::tabular::TabularModel::outcomes(&**env.model(), 3, action) {
                share[outcome.next] += behaviour(3, action) * outcome.probability;
            }
        }
        assert!(share.iter().all(|p| (p - 1.0 / 7.0).abs() < 1e-15), "{share:?}");
        assert_eq!(evaluate(&**env.model(), 0.99, behaviour), [0.0; STATES]);
        assert_eq!(env.frame().text.unwrap().plain(), "● ○ ○ ○ ○ ○ \n     ○ ");
    }

    #[test]
    fn the_figures_features() {
        assert_eq!(features(0), [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(features(5), [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 1.0]);
        assert_eq!(features(6), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]);
    }
}
