//! A lift fetches people: choices, a state index, legal actions, a look.

use gymkhana::envs::{
    Env, Error, Masked, Params, Rng, Space, Spec, State, Step, params,
    registry::{Entry, Made, typed, values},
    render::{Frame, Render, Text, Tone},
};

params! {
    /// What the lift is made of.
    pub struct LiftParams for "Lift" {
        /// probability that somebody calls in a step
        calls: f64 = 0.3, in 0.0..=1.0;
        /// steps after which an episode is truncated
        time_limit: u32 = 100, in 1..;
    }
}

/// The registry's line.
pub(crate) const ENTRY: Entry = Entry {
    id: "Lift",
    family: "workshop",
    about: "a lift that should be where people call",
    details: "\
Observation: floor·6 + caller, where caller is 0 for nobody or the floor + 1. Actions: 0 down, 1 stay, 2 up.
Reward −1 for each step in which somebody waits, 10 for reaching them. Never terminates.",
    source: "this crate",
    params: LiftParams::list,
    check: values::<LiftParams>,
    make: |settings| {
        Ok(Made::shown(Lift { params: typed(settings)?, ..Lift::default() }).with_actions(&["down", "stay", "up"]))
    },
};

const FLOORS: usize = 5;

/// The environment.
#[derive(Clone, Debug, Default)]
pub struct Lift {
    floor: usize,
    caller: Option<usize>,
    params: LiftParams,
}

impl Lift {
    fn look(&self) -> Masked<usize, 3> {
        let obs = self.floor * (FLOORS + 1) + self.caller.map_or(0, |floor| floor + 1);
        Masked { obs, legal: [self.floor > 0, true, self.floor + 1 < FLOORS] }
    }
}

impl Env for Lift {
    type Obs = Masked<usize, 3>;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Lift", Space::Discrete(FLOORS * (FLOORS + 1)), Space::Discrete(3)).time_limit(self.params.time_limit)
    }

    fn reset(&mut self, _: &mut Rng) -> Self::Obs {
        (self.floor, self.caller) = (0, None);
        self.look()
    }

    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<Self::Obs> {
        self.floor = (self.floor + action).saturating_sub(1).min(FLOORS - 1);
        let reward = match self.caller {
            Some(floor) if floor == self.floor => 10.0,
            Some(_) => -1.0,
            None => 0.0,
        };
        if reward > 0.0 {
            self.caller = None;
        }
        if self.caller.is_none() && rng.unit() < self.params.calls {
            self.caller = Some(rng.below(FLOORS));
        }
        Step::on(self.look(), reward)
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.floor, self.caller)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (floor, caller): (usize, Option<usize>) = state.get()?;
        if floor >= FLOORS || caller.is_some_and(|caller| caller >= FLOORS) {
            return Err(Error::State(format!("floor {floor} of {FLOORS}")));
        }
        (self.floor, self.caller) = (floor, caller);
        Ok(())
    }
}

impl Render for Lift {
    fn frame(&self) -> Frame {
        let floor = |floor: usize| {
            let lift = if floor == self.floor { ("[]".into(), Tone::Agent) } else { (" |".into(), Tone::Faint) };
            let caller = if self.caller == Some(floor) { " o" } else { "" };
            [(format!("{floor} "), Tone::Faint), lift, (caller.into(), Tone::Goal)]
        };
        (0..FLOORS).rev().fold(Text::default(), |text, i| text.then(floor(i))).into()
    }
}
