//! Jack's car rental: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, example 4.2.
//!
//! In the evening Jack moves up to five cars between his two locations, $2 each. The next day customers come and cars
//! are returned, both Poisson; each car rented brings $10, and what a location cannot hold is lost. Cars that are
//! returned can be rented from the next day on.
//!
//! Deviations
//! 1. The sums over customers and returned cars are not cut: all that is beyond what a location has or holds is in the
//!    last term.
//! 2. A reward is the expected one of a night that goes from s to s′, not a draw: returns vary less, values are the
//!    same.
//! 3. Moves of more cars than there are, are moves of all that are there.

use std::sync::{Arc, OnceLock};

use super::table::{Outcome, Table, TabularModel};
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
    /// How the business goes.
    pub struct JacksCarRentalParams for "JacksCarRental" {
        /// cars that a location holds
        cars: usize = 20, in 1..=20;
        /// mean number of customers per day at the first location
        rentals_1: f64 = 3.0, in 0.0..=100.0;
        /// mean number of customers per day at the second location
        rentals_2: f64 = 4.0, in 0.0..=100.0;
        /// mean number of cars returned per day at the first location
        returns_1: f64 = 3.0, in 0.0..=100.0;
        /// mean number of cars returned per day at the second location
        returns_2: f64 = 2.0, in 0.0..=100.0;
        /// what a rented car brings, $
        rental_reward: f64 = 10.0, in ..;
        /// what moving a car costs, $
        move_cost: f64 = 2.0, in ..;
        /// days after which an episode is truncated; the task itself never ends
        time_limit: u32 = 100, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "JacksCarRental",
    family: "finite",
    about: "move cars overnight between two rental locations",
    details: "\
Observation: n₁ · 21 + n₂, the cars at both locations in the evening, up to 20 each. Actions: 0 to 10 move −5 to 5 cars
from the first location to the second overnight, $2 each; of cars that are not there none are moved. Next day's
customers are Poisson with means 3 and 4, returned cars with means 3 and 2. Reward: $10 per car rented, as expected for
the evening reached, less the cost of moving. Begins with ten cars each, never terminates. With γ = 0.9 no car at all is
worth $421.41, and the best policy moves from −4 to 5 cars.",
    source: "Sutton & Barto 2018, example 4.2",
    params: JacksCarRentalParams::list,
    check: values::<JacksCarRentalParams>,
    make: |settings| {
        let env = JacksCarRental::new(&typed(settings)?)?;
        let model = Arc::new(Nights { business: env.business.clone(), table: OnceLock::new() });
        Ok(Made::shown(env).with_model(model).with_actions(&[
            "−5 cars",
            "−4 cars",
            "−3 cars",
            "−2 cars",
            "−1 car",
            "no car",
            "1 car",
            "2 cars",
            "3 cars",
            "4 cars",
            "5 cars",
        ]))
    },
};

/// Cars that are moved at most.
const MOST_MOVED: usize = 5;
const ACTIONS: usize = 2 * MOST_MOVED + 1;

/// The environment. It draws the day at each location by itself; the table of all pairs of evenings, which is large, is
/// only made for those who ask for it.
#[derive(Clone, Debug)]
pub struct JacksCarRental {
    business: Arc<Business>,
    /// cars in the evening
    at: [usize; 2],
}

/// What does not change.
#[derive(Debug)]
struct Business {
    spec: Spec,
    cars: usize,
    move_cost: f64,
    locations: [Location; 2],
}

/// A day at one location, from the cars in the morning (row) to those in the evening (column).
#[derive(Debug)]
struct Location {
    cars: usize,
    probability: Vec<f64>,
    /// expected, given both
    reward: Vec<f64>,
}

impl Location {
    fn new(cars: usize, rentals: f64, returns: f64, rental_reward: f64) -> Self {
        let (rented, returned) = (poisson(rentals, cars), poisson(returns, cars));
        let side = cars + 1;
        let (mut probability, mut reward) = (vec![0.0; side * side], vec![0.0; side * side]);
        for morning in 0..=cars {
            for out in 0..=morning {
                // All customers beyond the last car go away, all cars beyond the last place are lost.
                let go = at_least(&rented, out, morning);
                for back in 0..=cars + out - morning {
                    let p = go * at_least(&returned, back, cars + out - morning);
                    let pair = morning * side + morning - out + back;
                    probability[pair] += p;
                    reward[pair] += p * out as f64 * rental_reward;
                }
            }
        }
        for (reward, p) in reward.iter_mut().zip(&probability) {
            *reward = if *p > 0.0 { *reward / p } else { 0.0 };
        }
        Self { cars, probability, reward }
    }

    fn row(&self, morning: usize) -> (&[f64], &[f64]) {
        let row = morning * (self.cars + 1)..(morning + 1) * (self.cars + 1);
        (&self.probability[row.clone()], &self.reward[row])
    }
}

/// The probabilities of 0 to `last` events of a Poisson distribution.
fn poisson(mean: f64, last: usize) -> Vec<f64> {
    let next = |p: &f64, k: usize| p * mean / k as f64;
    let mut p = vec![(-mean).exp()];
    for k in 1..=last {
        p.push(next(&p[k - 1], k));
    }
    p
}

/// The probability of `k` events, or, if that is the `most` that count, of as many or more.
fn at_least(p: &[f64], k: usize, most: usize) -> f64 {
    if k < most { p[k] } else { (1.0 - p[..k].iter().sum::<f64>()).max(0.0) }
}

impl Business {
    /// Both locations in the morning, and the cars that were moved.
    fn overnight(&self, [first, second]: [usize; 2], action: usize) -> ([usize; 2], usize) {
        if action >= MOST_MOVED {
            let moved = (action - MOST_MOVED).min(first);
            ([first - moved, (second + moved).min(self.cars)], moved)
        } else {
            let moved = (MOST_MOVED - action).min(second);
            ([(first + moved).min(self.cars), second - moved], moved)
        }
    }

    fn index(&self, [first, second]: [usize; 2]) -> usize {
        first * (self.cars + 1) + second
    }

    fn evening(&self, index: usize) -> [usize; 2] {
        [index / (self.cars + 1), index % (self.cars + 1)]
    }

    fn reward(&self, rented: [f64; 2], moved: usize) -> f64 {
        rented[0] + rented[1] - self.move_cost * moved as f64
    }

    fn outcomes(&self, state: usize, action: usize) -> Vec<Outcome> {
        let (morning, moved) = self.overnight(self.evening(state), action);
        let ((p, r), (q, s)) = (self.locations[0].row(morning[0]), self.locations[1].row(morning[1]));
        let mut outcomes = Vec::with_capacity(p.len() * q.len());
        for (first, second) in (0..p.len()).flat_map(|first| (0..q.len()).map(move |second| (first, second))) {
            let (probability, next) = (p[first] * q[second], self.index([first, second]));
            if probability > 0.0 {
                let reward = self.reward([r[first], s[second]], moved);
                outcomes.push(Outcome { probability, next, reward, terminated: false });
            }
        }
        outcomes
    }

    fn start(&self) -> [usize; 2] {
        [self.cars / 2; 2]
    }

    fn states(&self) -> usize {
        (self.cars + 1).pow(2)
    }

    fn table(&self) -> Table {
        let begins = self.index(self.start());
        let start = (0..self.states()).map(|state| if state == begins { 1.0 } else { 0.0 }).collect();
        Table::new(start, ACTIONS, |state, action| self.outcomes(state, action))
    }
}

/// The table, made when it is first read.
struct Nights {
    business: Arc<Business>,
    table: OnceLock<Table>,
}

impl Nights {
    fn table(&self) -> &Table {
        self.table.get_or_init(|| self.business.table())
    }
}

impl TabularModel for Nights {
    fn states(&self) -> usize {
        self.business.states()
    }
    fn actions(&self) -> usize {
        ACTIONS
    }
    fn outcomes(&self, state: usize, action: usize) -> &[Outcome] {
        self.table().outcomes(state, action)
    }
    fn start(&self) -> &[f64] {
        self.table().start()
    }
}

impl JacksCarRental {
    /// With half the cars that each location holds.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: &JacksCarRentalParams) -> Result<Self, Error> {
        params.validate()?;
        let &JacksCarRentalParams { cars, rentals_1, rentals_2, returns_1, returns_2, rental_reward, .. } = params;
        let states = Space::Discrete((cars + 1).pow(2));
        let spec = Spec::new("JacksCarRental", states, Space::Discrete(ACTIONS));
        let location = |rentals, returns| Location::new(cars, rentals, returns, rental_reward);
        let business = Business {
            spec: spec.time_limit(params.time_limit),
            cars,
            move_cost: params.move_cost,
            locations: [location(rentals_1, returns_1), location(rentals_2, returns_2)],
        };
        Ok(Self { at: business.start(), business: Arc::new(business) })
    }

    /// The table that dynamic programming reads: 11 actions in 441 states, with up to 441 outcomes each.
    pub fn table(&self) -> Table {
        self.business.table()
    }

    /// The cars at both locations.
    pub fn cars(&self) -> [usize; 2] {
        self.at
    }
}

impl Env for JacksCarRental {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        self.business.spec.clone()
    }

    fn reset(&mut self, _: &mut Rng) -> usize {
        self.at = self.business.start();
        self.business.index(self.at)
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let (morning, moved) = self.business.overnight(self.at, action);
        let mut rented = [0.0; 2];
        for (i, location) in self.business.locations.iter().enumerate() {
            let (probability, reward) = location.row(morning[i]);
            self.at[i] = rng.categorical(probability.iter().copied());
            rented[i] = reward[self.at[i]];
        }
        Step::on(self.business.index(self.at), self.business.reward(rented, moved))
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.at))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let at: [usize; 2] = state.get()?;
        if at.iter().any(|cars| *cars > self.business.cars) {
            return Err(Error::State(format!("{at:?} cars, where a location holds {}", self.business.cars)));
        }
        self.at = at;
        Ok(())
    }
}

impl Render for JacksCarRental {
    fn frame(&self) -> Frame {
        let lot = |i: usize| {
            let (full, free) = (self.at[i], self.business.cars - self.at[i]);
            let count = (format!("{}: {full:>2} ", i + 1), Tone::Plain);
            [count, ("■".repeat(full), Tone::Agent), ("·".repeat(free), Tone::Faint)]
        };
        Text::default().then(lot(0)).then(lot(1)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::testing::{assert_is_a_model, solve};

    fn rental() -> JacksCarRental {
        JacksCarRental::new(&JacksCarRentalParams::default()).unwrap()
    }

    #[test]
    fn the_optimal_value_without_cars_and_the_range_of_the_best_moves() {
        let table = rental().table();
        assert_is_a_model(&table);
        let (values, best) = solve(&table, 0.9);
        assert!((values[0] - 421.41).abs() < 0.005, "{}", values[0]);
        let business = rental().business;
        let moves = |state: usize| {
            let moved = business.overnight(business.evening(state), best[state]).1.cast_signed();
            if best[state] < MOST_MOVED { -moved } else { moved }
        };
        assert_eq!(((0..441).map(moves).min(), (0..441).map(moves).max()), (Some(-4), Some(5)));
        // Computed independently with NumPy.
        assert_eq!([[20, 0], [20, 10], [10, 10], [0, 20]].map(|cars| moves(business.index(cars))), [5, 2, 0, -4]);
        assert!((values[business.index([20, 20])] - 636.989_606_804).abs() < 1e-6);
    }

    #[test]
    fn sums_are_not_cut() {
        // Whatever is rented and returned, 20 cars in the morning earn Σₖ k p(k) + 20 P(20 or more) rentals.
        let day = Location::new(20, 3.0, 3.0, 10.0);
        let (p, r) = day.row(20);
        let earned: f64 = p.iter().zip(r).map(|(p, r)| p * r).sum();
        assert!((earned - 30.0).abs() < 1e-9, "{earned}");
        // One car earns 10 (1 − e⁻³) = 9.502…
        let (p, r) = day.row(1);
        let earned: f64 = p.iter().zip(r).map(|(p, r)| p * r).sum();
        assert!((earned - 9.502_129_316_321_36).abs() < 1e-12, "{earned}");
    }

    #[test]
    fn cars_that_are_not_there_are_not_moved_and_those_without_a_place_are_lost() {
        let business = rental().business;
        assert_eq!(business.overnight([3, 10], 10), ([0, 13], 3));
        assert_eq!(business.overnight([19, 4], 1), ([20, 0], 4));
        assert_eq!(business.overnight([7, 7], 5), ([7, 7], 0));
        assert_eq!(business.reward([30.0, 10.0], 3), 34.0);
    }
}
