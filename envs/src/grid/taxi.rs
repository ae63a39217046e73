//! Gymnasium's Taxi, in rain and with a passenger who changes their mind.
//!
//! With `fickle_passenger` it is decided at the start of an episode, and seen by nobody, whether the passenger will
//! choose another destination with the first move in the taxi. The observation is Gymnasium's all the same, so that runs
//! replay. The model then has 1,000 states and is exact: state s is that of observation s with a destination that stays,
//! state 500 + s the same with a change to come. A policy for the first 500 is one that can be followed.

use std::sync::Arc;

use super::taxi_look;
use crate::tabular::{Outcome, Table, TabularModel};
use crate::{
    entry::{Entry, Made, typed, values},
    env::{Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What the taxi can be told.
    pub struct TaxiParams for "Taxi-v4" {
        /// whether the taxi slips to a side now and then
        is_rainy: bool = false, in ..;
        /// in rain, the probability of going where one wants; else to a side, each equally likely
        rainy_probability: f64 = 0.8, in 0.0..=1.0;
        /// whether the passenger may change their mind with the first move after getting in
        fickle_passenger: bool = false, in ..;
        /// the probability with which a fickle passenger does so
        fickle_probability: f64 = 0.3, in 0.0..=1.0;
        /// steps after which an episode is truncated
        time_limit: u32 = 200, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Taxi-v4",
    family: "finite",
    about: "fetch a passenger and bring them where they want to go",
    details: "\
5 × 5 cells with walls. Observation: ((row · 5 + column) · 5 + passenger) · 4 + destination; R, G, Y, B are 0 to 3, 4 is
in the taxi. Actions: 0 down, 1 up, 2 right, 3 left, 4 pick up, 5 drop off. Reward −1 per step, 20 for the right
destination, −10 for picking up or dropping off where that cannot be. Begins in one of 300 states. Terminates at the
destination; the best expected return is 7.93. With a fickle passenger the model has 1,000 states: those of the
observations, and 500 more in which the destination will change.",
    source: "Dietterich 2000, Hierarchical reinforcement learning with the MAXQ value function decomposition; \
             Gymnasium's Taxi-v4",
    params: TaxiParams::list,
    check: values::<TaxiParams>,
    make: |settings| {
        let taxi = Taxi::new(typed(settings)?)?;
        let model: Arc<dyn TabularModel> = taxi.model();
        Ok(Made::shown(taxi).with_model(model).with_actions(&["down", "up", "right", "left", "pick up", "drop off"]))
    },
};

/// The map, as Gymnasium draws it: `|` is a wall, `:` none.
pub(super) const MAP: [&[u8; 11]; 7] =
    [b"+---------+", b"|R: | : :G|", b"| : | : : |", b"| : : : : |", b"| | : | : |", b"|Y| : |B: |", b"+---------+"];
/// Where R, G, Y and B are: (row, column).
pub(super) const PLACES: [(usize, usize); 4] = [(0, 0), (0, 4), (4, 0), (4, 3)];
/// The passenger's place when in the taxi.
pub(super) const INSIDE: usize = 4;

const STATES: usize = 500;
const ACTIONS: usize = 6;

/// What an observation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Situation {
    /// the taxi's row and column
    pub(super) taxi: (usize, usize),
    /// where the passenger is: a place's number, or [`INSIDE`]
    pub(super) passenger: usize,
    /// where to: a place's number
    pub(super) destination: usize,
}

impl Situation {
    pub(super) fn of(state: usize) -> Self {
        let taxi = (state / 100, state / 20 % 5);
        Self { taxi, passenger: state / 4 % 5, destination: state % 4 }
    }

    fn state(self) -> usize {
        ((self.taxi.0 * 5 + self.taxi.1) * 5 + self.passenger) * 4 + self.destination
    }

    /// Where a move leads: 0 down, 1 up, 2 right, 3 left.
    fn moved(self, direction: usize) -> Self {
        let (row, column) = self.taxi;
        let taxi = match direction {
            0 => ((row + 1).min(4), column),
            1 => (row.saturating_sub(1), column),
            2 if MAP[row + 1][2 * column + 2] == b':' => (row, column + 1),
            3 if MAP[row + 1][2 * column] == b':' => (row, column - 1),
            _ => (row, column),
        };
        Self { taxi, ..self }
    }

    /// What picking up (4) or dropping off (5) leads to, its reward, and whether the episode ends.
    fn served(self, action: usize) -> (Self, f64, bool) {
        let here = PLACES.iter().position(|&place| place == self.taxi);
        match (action, here) {
            (4, Some(place)) if self.passenger == place => (Self { passenger: INSIDE, ..self }, -1.0, false),
            (5, Some(place)) if self.passenger == INSIDE => {
                let arrived = place == self.destination;
                (Self { passenger: place, ..self }, if arrived { 20.0 } else { -1.0 }, arrived)
            }
            _ => (self, -10.0, false),
        }
    }
}

/// The sides of the four moves: left and right of down, up, right, left.
const SIDES: [[usize; 2]; 4] = [[2, 3], [3, 2], [1, 0], [0, 1]];

/// Gymnasium's table.
fn table(p: &TaxiParams) -> Table {
    let begins = |state: usize| {
        let Situation { passenger, destination, .. } = Situation::of(state);
        passenger != INSIDE && passenger != destination
    };
    let start = (0..STATES).map(|state| if begins(state) { 1.0 / 300.0 } else { 0.0 }).collect();
    Table::filled(start, ACTIONS, STATES * ACTIONS, |state, action, all| {
        let now = Situation::of(state);
        if action > 3 {
            let (then, reward, terminated) = now.served(action);
            all.push(Outcome { probability: 1.0, next: then.state(), reward, terminated });
            return;
        }
        let mut go = |then: Situation, probability| {
            all.push(Outcome { probability, next: then.state(), reward: -1.0, terminated: false });
        };
        let ahead = now.moved(action);
        if !p.is_rainy {
            go(ahead, 1.0);
            return;
        }
        // A taxi that cannot go ahead does not slip either.
        let sides = SIDES[action].map(|side| if ahead == now { now } else { now.moved(side) });
        let side = (1.0 - p.rainy_probability) / 2.0;
        go(ahead, p.rainy_probability);
        for then in sides {
            go(then, side);
        }
    })
}

/// The exact table of a fickle passenger: see the top of this file.
fn fickle_table(table: &Table, probability: f64) -> Table {
    let stays = table.start().iter().map(|share| share * (1.0 - probability));
    let start = stays.chain(table.start().iter().map(|share| share * probability)).collect();
    Table::filled(start, ACTIONS, 2 * STATES * ACTIONS, |state, action, all| {
        let (state, to_come) = (state % STATES, state >= STATES);
        for outcome in table.outcomes(state, action) {
            if !to_come {
                all.push(*outcome);
            } else if changes(state, outcome.next) {
                let probability = outcome.probability / 3.0;
                all.extend((0..3).map(|k| Outcome { probability, next: changed(state, outcome.next, k), ..*outcome }));
            } else {
                all.push(Outcome { next: STATES + outcome.next, ..*outcome });
            }
        }
    })
}

/// Whether a step moves a taxi with its passenger in it.
fn changes(state: usize, next: usize) -> bool {
    let (now, then) = (Situation::of(state), Situation::of(next));
    now.passenger == INSIDE && now.taxi != then.taxi
}

/// The state reached, with the k-th of the three other destinations.
fn changed(state: usize, next: usize, k: usize) -> usize {
    let old = state % 4;
    let destination = if k < old { k } else { k + 1 };
    Situation { destination, ..Situation::of(next) }.state()
}

/// The taxi.
#[derive(Clone, Debug)]
pub struct Taxi {
    table: Arc<Table>,
    params: TaxiParams,
    at: usize,
    /// whether the passenger will change their mind
    to_come: bool,
}

impl Taxi {
    /// A taxi that has not been reset yet.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: TaxiParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { table: Arc::new(table(&params)), params, at: 0, to_come: false })
    }

    /// Its dynamics: 500 states, or 1,000 with a fickle passenger, as the top of this file says.
    pub fn model(&self) -> Arc<Table> {
        let TaxiParams { fickle_passenger, fickle_probability, .. } = self.params;
        if fickle_passenger { Arc::new(fickle_table(&self.table, fickle_probability)) } else { self.table.clone() }
    }
}

impl Env for Taxi {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        let spec = Spec::new("Taxi-v4", Space::Discrete(STATES), Space::Discrete(ACTIONS));
        spec.time_limit(self.params.time_limit).reward_threshold(8.0)
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        self.at = self.table.draw_start(rng);
        self.to_come = self.params.fickle_passenger && rng.unit() < self.params.fickle_probability;
        self.at
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let &Outcome { mut next, reward, terminated, .. } = self.table.draw(self.at, action, rng);
        if self.to_come && changes(self.at, next) {
            self.to_come = false;
            next = changed(self.at, next, rng.below(3));
        }
        self.at = next;
        Step { obs: next, reward, terminated, truncated: false }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.at, self.to_come)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (at, to_come): (usize, bool) = state.get()?;
        if at >= STATES {
            return Err(Error::State(format!("state {at} of {STATES}")));
        }
        if to_come && !self.params.fickle_passenger {
            return Err(Error::State("the state of a fickle passenger".into()));
        }
        (self.at, self.to_come) = (at, to_come);
        Ok(())
    }
}

impl Render for Taxi {
    fn frame(&self) -> Frame {
        taxi_look::frame(Situation::of(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::testing::{from_start, optimum};

    fn made(settings: &[(&str, &str)]) -> Taxi {
        Taxi::new(typed(settings).unwrap()).unwrap()
    }

    fn best(settings: &[(&str, &str)]) -> f64 {
        let model = made(settings).model();
        from_start(&*model, &optimum(&*model, 1.0))
    }

    #[test]
    fn the_best_returns_are_exact() {
        // Value iteration over Gymnasium's own table, with a change of mind added, gives these too.
        let near = |settings: &[_], expected: f64| assert!((best(settings) - expected).abs() < 1e-6, "{settings:?}");
        let (rain, fickle) = (("is_rainy", "true"), ("fickle_passenger", "true"));
        near(&[], 7.93);
        near(&[fickle], 8.38);
        near(&[rain], 3.954_574_516_537);
        near(&[rain, fickle], 4.581_049_662_868);
        near(&[rain, ("rainy_probability", "1")], 7.93);
        near(&[fickle, ("fickle_probability", "0")], 7.93);
    }

    #[test]
    fn rain_blows_to_the_sides_unless_the_way_is_blocked() {
        let table = made(&[("is_rainy", "true"), ("rainy_probability", "0.5")]).model();
        let next = |taxi, action| {
            let state = Situation { taxi, passenger: INSIDE, destination: 0 }.state();
            let outcomes = table.outcomes(state, action).iter();
            outcomes.map(|o| (Situation::of(o.next).taxi, o.probability)).collect::<Vec<_>>()
        };
        assert_eq!(next((1, 1), 0), [((2, 1), 0.5), ((1, 1), 0.25), ((1, 0), 0.25)]); // a wall to the right
        assert_eq!(next((2, 2), 2), [((2, 3), 0.5), ((1, 2), 0.25), ((3, 2), 0.25)]);
        assert_eq!(next((1, 1), 2), [((1, 1), 0.5), ((1, 1), 0.25), ((1, 1), 0.25)]); // into the wall
    }

    #[test]
    fn a_fickle_passenger_changes_their_mind_once() {
        let (mut taxi, mut rng) = (made(&[("fickle_passenger", "true")]), Rng::new(1));
        let inside = Situation { taxi: (0, 0), passenger: INSIDE, destination: 1 };
        taxi.set_state(&State::of(&(inside.state(), true))).unwrap();
        assert_eq!(taxi.step(3, &mut rng).obs, inside.state()); // into the wall: not yet
        let then = Situation::of(taxi.step(0, &mut rng).obs);
        assert!(then.taxi == (1, 0) && then.destination != 1);
        assert!(!taxi.to_come && Situation::of(taxi.step(0, &mut rng).obs).destination == then.destination);
        let next: Vec<_> = taxi.model().outcomes(STATES + inside.state(), 0).iter().map(|o| o.next).collect();
        assert_eq!(next, [0, 2, 3].map(|destination| Situation { taxi: (1, 0), destination, ..inside }.state()));
        assert!(made(&[]).set_state(&State::of(&(0_usize, true))).is_err());
    }

    #[test]
    fn what_a_fickle_passenger_does_is_what_the_model_says() {
        let (mut taxi, mut rng) = (made(&[("fickle_passenger", "true"), ("is_rainy", "true")]), Rng::new(2));
        let model = taxi.model();
        for _ in 0..200 {
            taxi.reset(&mut rng);
            let mut was = (taxi.at, taxi.to_come);
            assert!(model.start()[was.0 + STATES * usize::from(was.1)] > 0.0);
            for _ in 0..100 {
                let action = rng.below(ACTIONS);
                let step = taxi.step(action, &mut rng);
                let next = taxi.at + STATES * usize::from(taxi.to_come);
                let mut outcomes = model.outcomes(was.0 + STATES * usize::from(was.1), action).iter();
                assert!(outcomes.any(|o| (o.next, o.reward, o.terminated) == (next, step.reward, step.terminated)));
                if step.terminated {
                    break;
                }
                was = (taxi.at, taxi.to_come);
            }
        }
    }
}
