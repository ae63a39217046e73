//! The short corridor with switched actions: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018,
//! example 13.1.
//!
//! Three states that look alike; in the second, left and right are switched. A deterministic policy never arrives.
//! Going right with probability p is worth, from the first state,
//!
//! ```text
//! J(p) = (2p − 4) / (p (1 − p)),        best at p = 2 − √2 ≈ 0.586, where J ≈ −11.66
//! ```

use std::sync::Arc;

use super::{
    strip,
    table::{Outcome, Table, TabularModel},
};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// There is only the time limit.
    pub struct ShortCorridorParams for "ShortCorridor" {
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "ShortCorridor",
    family: "finite",
    about: "a corridor whose states look alike and want different actions: only chance arrives",
    details: "\
Three states and the end, in a row; begins at the first. Observation: always 0. Actions: 0 left, 1 right; in the second
state they are switched, and left of the first there is a wall. Reward: −1 per step. Terminates at the end. Right with
probability 0.586 is worth −11.66; 0.05 and 0.95, ε-greedy for ε = 0.1, are worth −82.1 and −44.2.",
    source: "Sutton & Barto 2018, example 13.1",
    params: ShortCorridorParams::list,
    check: values::<ShortCorridorParams>,
    make: |settings| {
        let (env, table) = (ShortCorridor::new(typed(settings)?)?, Arc::new(ShortCorridor::table()));
        Ok(Made::shown(env).with_model(table).with_actions(&["left", "right"]))
    },
};

/// The state behind the right end.
const END: usize = 3;

/// The environment.
#[derive(Clone, Debug)]
pub struct ShortCorridor {
    /// 0, 1 or 2; 3 is the end
    at: usize,
    params: ShortCorridorParams,
}

impl ShortCorridor {
    /// In the first state.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: ShortCorridorParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { at: 0, params })
    }

    /// The true state, which is not seen: 0 to 2, and 3 at the end.
    pub fn hidden(&self) -> usize {
        self.at
    }

    /// The table over the true states, for exact values. No agent sees these states.
    pub fn table() -> Table {
        Table::new(vec![1.0, 0.0, 0.0, 0.0], 2, |at, action| {
            let reward = if at == END { 0.0 } else { -1.0 };
            let next = follow(at, action);
            [Outcome { probability: 1.0, next, reward, terminated: next == END }]
        })
    }

    /// J(p): what going right with probability `p` is worth from the first state, exactly.
    pub fn value(p: f64) -> f64 {
        (2.0 * p - 4.0) / (p * (1.0 - p))
    }
}

fn follow(at: usize, action: usize) -> usize {
    match (at, action) {
        (END, _) | (2, 1) => END,
        (0, 0) | (1, 1) => 0,
        (0 | 2, _) => 1,
        _ => 2,
    }
}

impl Env for ShortCorridor {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("ShortCorridor", Space::Discrete(1), Space::Discrete(2)).time_limit(self.params.time_limit)
    }

    fn reset(&mut self, _: &mut Rng) -> usize {
        self.at = 0;
        0
    }

    #[inline]
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<usize> {
        self.at = follow(self.at, action);
        if self.at == END { Step::terminated(0, -1.0) } else { Step::on(0, -1.0) }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.at))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let at: usize = state.get()?;
        if at >= Self::table().states() {
            return Err(Error::State(format!("state {at} of 4")));
        }
        self.at = at;
        Ok(())
    }
}

impl Render for ShortCorridor {
    fn frame(&self) -> Frame {
        let cells = [('S', Tone::Start), ('↔', Tone::Special), ('·', Tone::Faint), ('G', Tone::Goal)];
        strip(cells.into_iter(), self.at).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::testing::{assert_is_a_model, evaluate};

    #[test]
    fn the_values_of_the_example() {
        let table = ShortCorridor::table();
        assert_is_a_model(&table);
        let best = 2.0 - 2.0_f64.sqrt();
        for (p, expected, digits) in [(best, -11.657, 5e-4), (0.95, -44.2, 0.05), (0.05, -82.1, 0.05)] {
            let exact = evaluate(&table, 1.0, |_, action| [1.0 - p, p][action])[0];
            assert!((exact - expected).abs() < digits, "J({p}) = {exact}");
            assert!((exact - ShortCorridor::value(p)).abs() < 1e-7, "J({p}) = {exact}");
        }
        assert!(ShortCorridor::value(best) > ShortCorridor::value(best + 0.01));
        assert!(ShortCorridor::value(best) > ShortCorridor::value(best - 0.01));
    }

    #[test]
    fn the_second_state_is_switched() {
        let mut env = ShortCorridor::new(ShortCorridorParams::default()).unwrap();
        let mut rng = Rng::new(0);
        env.reset(&mut rng);
        let mut walk = |action| (env.step(action, &mut rng), env.hidden());
        assert_eq!(walk(0), (Step::on(0, -1.0), 0));
        assert_eq!(walk(1), (Step::on(0, -1.0), 1));
        assert_eq!(walk(1), (Step::on(0, -1.0), 0));
        assert_eq!(walk(1), (Step::on(0, -1.0), 1));
        assert_eq!(walk(0), (Step::on(0, -1.0), 2));
        assert_eq!(walk(1), (Step::terminated(0, -1.0), 3));
        assert_eq!(env.frame().text.unwrap().plain(), "S↔·●");
    }
}
