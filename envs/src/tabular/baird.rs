//! Baird's counterexample: Baird 1995, "Residual Algorithms: Reinforcement Learning with Function Approximation", in
//! the form of Sutton & Barto 2018, figure 11.1.
//!
//! Seven states and two actions: `solid` leads to the seventh state, `dashed` to one of the other six, each equally
//! likely. All rewards are 0, so that all values are 0; off-policy semi-gradient methods diverge on it all the same.
//! The figure's behaviour takes `dashed` with probability 6/7, its target policy always `solid`, and γ = 0.99.

use std::sync::Arc;

use super::table::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render, Text, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What is seen, and for how long.
    pub struct BairdParams for "Baird" {
        /// whether a state is seen as the figure's eight features, and not as its number
        features: bool = false, in ..;
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
behaviour is dashed with probability 6/7, its target policy solid, γ = 0.99. With `features` a state is seen as the
figure's eight features: 2 in its own place and 1 in the eighth above, 1 and 2 below.",
    source: "Baird 1995, Residual Algorithms; Sutton & Barto 2018, figure 11.1",
    params: BairdParams::list,
    check: values::<BairdParams>,
    make: |settings| {
        let params = typed(settings)?;
        let env = baird(&params)?;
        // A table is for those who see states.
        Ok(if params.features { Made::shown(Featured(env)).with_actions(ACTIONS) } else { env.made() })
    },
};

/// What the actions are called.
const ACTIONS: &[&str] = &["dashed", "solid"];

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
    Ok(Finite::new("Baird", Arc::new(table), Some(params.time_limit), None).looking(look).naming(ACTIONS))
}

/// The environment, seen as features.
#[derive(Clone, Debug)]
pub struct Featured(pub Finite);

impl Render for Featured {
    fn frame(&self) -> Frame {
        self.0.frame()
    }
}

impl Env for Featured {
    type Obs = [f32; 8];
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec { observations: Space::cube(8, 0.0, 2.0), ..self.0.spec() }
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; 8] {
        seen(self.0.reset(rng))
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<[f32; 8]> {
        let Step { obs, reward, terminated, truncated } = self.0.step(action, rng);
        Step { obs: seen(obs), reward, terminated, truncated }
    }

    fn state(&self) -> Option<State> {
        self.0.state()
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.0.set_state(state)
    }
}

fn seen(state: usize) -> [f32; 8] {
    features(state).map(|x| x as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        registry::AnyBatch,
        rng::Seeds,
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

    #[test]
    fn states_can_be_seen_as_features() {
        let mut env = Featured(baird(&BairdParams::default()).unwrap());
        let mut rng = Rng::new(0);
        env.reset(&mut rng);
        assert_eq!(env.step(1, &mut rng).obs, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]);
        let made = (ENTRY.make)(&[("features", "true")]).unwrap();
        crate::check::check(|seeds: &Seeds| crate::Lanes::new(env.clone(), 2, seeds)).unwrap();
        assert!(matches!(made.batch(1, &Seeds::from(0)).unwrap(), AnyBatch::FeatureChoice(_)));
    }
}
