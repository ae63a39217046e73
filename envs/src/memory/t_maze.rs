//! The T-maze: Bakker 2001, "Reinforcement Learning with Long Short-Term Memory", section 4.
//!
//! A sign at the start of a corridor says which way to turn at its end. It is not seen from anywhere else.
//!
//! ```text
//!           N
//! S · · · · T
//!           N
//! ```

use std::sync::Arc;

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
    tabular::{Outcome, Table},
};

params! {
    /// The maze and its rewards.
    pub struct TMazeParams for "TMaze" {
        /// steps from the sign to the junction
        length: usize = 10, in 1..=10_000;
        /// reward of the right turn
        goal_reward: f64 = 4.0, in ..;
        /// reward of the wrong turn
        wrong_reward: f64 = -0.1, in ..;
        /// reward of a step against a wall
        wall_reward: f64 = -0.1, in ..;
        /// steps after which an episode is truncated
        time_limit: u32 = 1000, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "TMaze",
    family: "memory",
    about: "remember the sign at the start of a corridor until its end",
    details: "\
Observation: 0 the sign says up, 1 it says down (both at the start only), 2 corridor, 3 junction, also after the turn.
Actions: 0 up, 1 right, 2 down, 3 left. The sign is drawn per episode, each way equally likely; the junction is ten
steps to the right of it. Reward: 4 for the turn that the sign said, −0.1 for the other, both of which terminate; −0.1
for a step against a wall, else 0. The best return is 4; without memory no policy is worth more than 1.95.",
    source: "Bakker 2001, Reinforcement Learning with Long Short-Term Memory, section 4",
    params: TMazeParams::list,
    check: values::<TMazeParams>,
    make: |settings| {
        let env = TMaze::new(typed(settings)?)?;
        let table = Arc::new(env.table());
        Ok(Made::shown(env).with_model(table).with_actions(&["up", "right", "down", "left"]))
    },
};

const UP: usize = 0;
const RIGHT: usize = 1;
const DOWN: usize = 2;
const CORRIDOR: usize = 2;
const JUNCTION: usize = 3;

/// The environment.
#[derive(Clone, Debug)]
pub struct TMaze {
    /// steps from the sign
    at: usize,
    /// what the sign says
    down: bool,
    /// the turn that was taken
    turn: Option<usize>,
    params: TMazeParams,
}

impl TMaze {
    /// At the start, before a sign that says up.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(params: TMazeParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { at: 0, down: false, turn: None, params })
    }

    /// The turn that the sign says: action 0, up, or 2, down.
    pub fn signal(&self) -> usize {
        if self.down { DOWN } else { UP }
    }

    fn look(&self) -> usize {
        match self.at {
            0 => usize::from(self.down),
            at if at == self.params.length => JUNCTION,
            _ => CORRIDOR,
        }
    }

    /// The true state's number: the steps from the sign, with a sign that says down after those with one that says up.
    fn number(&self) -> usize {
        self.at + if self.down { self.params.length + 1 } else { 0 }
    }

    /// What is seen in a state of the table.
    ///
    /// # Panics
    /// If there is no such state.
    pub fn observation(&self, state: usize) -> usize {
        assert!(state < 2 * (self.params.length + 1), "state {state}");
        self.in_state(state).look()
    }

    fn in_state(&self, state: usize) -> Self {
        let side = self.params.length + 1;
        Self { at: state % side, down: state >= side, turn: None, ..self.clone() }
    }

    /// The table over the true states, with what the sign says, for exact values. No agent sees these states.
    pub fn table(&self) -> Table {
        let side = self.params.length + 1;
        let mut start = vec![0.0; 2 * side];
        (start[0], start[side]) = (0.5, 0.5);
        Table::new(start, 4, |state, action| {
            let mut copy = self.in_state(state);
            let step = copy.moved(action);
            [Outcome { probability: 1.0, next: copy.number(), reward: step.reward, terminated: step.terminated }]
        })
    }

    fn moved(&mut self, action: usize) -> Step<usize> {
        let (junction, before) = (self.at == self.params.length, self.at);
        match action {
            UP | DOWN if junction => {
                self.turn = Some(action);
                let right = action == self.signal();
                let reward = if right { self.params.goal_reward } else { self.params.wrong_reward };
                return Step::terminated(self.look(), reward);
            }
            UP | DOWN => {}
            RIGHT => self.at = (self.at + 1).min(self.params.length),
            _ => self.at = self.at.saturating_sub(1),
        }
        Step::on(self.look(), if self.at == before { self.params.wall_reward } else { 0.0 })
    }
}

impl Env for TMaze {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("TMaze", Space::Discrete(4), Space::Discrete(4)).time_limit(self.params.time_limit)
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        (self.at, self.down, self.turn) = (0, rng.below(2) == 1, None);
        self.look()
    }

    #[inline]
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<usize> {
        self.moved(action)
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.at, self.down)))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (at, down) = state.get()?;
        if at > self.params.length {
            return Err(Error::State(format!("step {at} of a corridor of {}", self.params.length)));
        }
        (self.at, self.down, self.turn) = (at, down, None);
        Ok(())
    }
}

impl Render for TMaze {
    fn frame(&self) -> Frame {
        let length = self.params.length;
        let arm = |turn: usize| {
            let (sign, tone) = match self.turn {
                Some(taken) if taken == turn => ("●", Tone::Agent),
                _ if turn == self.signal() => ("G", Tone::Goal),
                _ => ("x", Tone::Hazard),
            };
            [(" ".repeat(length), Tone::Plain), (sign.into(), tone)]
        };
        let cell = |at: usize| match at {
            at if at == self.at && self.turn.is_none() => ("●".into(), Tone::Agent),
            0 => (if self.down { "↓".into() } else { "↑".into() }, Tone::Start),
            _ => ("·".into(), Tone::Faint),
        };
        Text::default().then(arm(UP)).then((0..=length).map(cell)).then(arm(DOWN)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::{
        TabularModel,
        testing::{assert_is_a_model, from_start, solve},
    };

    fn maze(down: bool) -> TMaze {
        let mut env = TMaze::new(TMazeParams { length: 3, ..TMazeParams::default() }).unwrap();
        env.set_state(&State::of(&(0_usize, down))).unwrap();
        env
    }

    #[test]
    fn the_sign_is_seen_at_the_start_only_and_is_right() {
        for (down, turn) in [(false, UP), (true, DOWN)] {
            let (mut env, mut rng) = (maze(down), Rng::new(0));
            assert_eq!((env.look(), env.signal()), (usize::from(down), turn));
            let mut walk = |action| env.step(action, &mut rng);
            assert_eq!(walk(RIGHT), Step::on(CORRIDOR, 0.0));
            assert_eq!(walk(RIGHT), Step::on(CORRIDOR, 0.0));
            assert_eq!(walk(RIGHT), Step::on(JUNCTION, 0.0));
            assert_eq!(walk(turn), Step::terminated(JUNCTION, 4.0));
        }
    }

    #[test]
    fn walls_cost_a_tenth_and_so_does_the_wrong_turn() {
        let (mut env, mut rng) = (maze(true), Rng::new(0));
        let mut walk = |action| env.step(action, &mut rng);
        assert_eq!(walk(3), Step::on(1, -0.1));
        assert_eq!(walk(UP), Step::on(1, -0.1));
        assert_eq!(walk(RIGHT), Step::on(CORRIDOR, 0.0));
        assert_eq!(walk(DOWN), Step::on(CORRIDOR, -0.1));
        assert_eq!(walk(3), Step::on(1, 0.0), "the sign is seen again");
        let there: Vec<usize> = (0..3).map(|_| walk(RIGHT).obs).collect();
        assert_eq!(there, [CORRIDOR, CORRIDOR, JUNCTION]);
        assert_eq!(walk(RIGHT), Step::on(JUNCTION, -0.1));
        assert_eq!(walk(UP), Step::terminated(JUNCTION, -0.1));
        assert_eq!(env.frame().text.unwrap().plain(), "   ●\n↓···\n   G");
    }

    #[test]
    fn the_table_is_the_maze() {
        let maze = maze(false);
        let table = maze.table();
        assert_is_a_model(&table);
        assert_eq!((0..8).map(|state| maze.observation(state)).collect::<Vec<_>>(), [0, 2, 2, 3, 1, 2, 2, 3]);
        let only = |state, action| {
            let [outcome] = table.outcomes(state, action) else { panic!("one outcome") };
            (outcome.next, outcome.reward, outcome.terminated)
        };
        assert_eq!([only(0, 1), only(4, 3), only(3, UP), only(7, UP)].map(|(next, ..)| next), [1, 4, 3, 7]);
        assert_eq!([only(3, UP), only(7, UP)].map(|(_, reward, end)| (reward, end)), [(4.0, true), (-0.1, true)]);
        let (values, best) = solve(&table, 1.0);
        assert_eq!((from_start(&table, &values), best[0], best[3], best[7]), (4.0, RIGHT, UP, DOWN));
    }

    #[test]
    fn signs_are_drawn_evenly() {
        let (mut env, mut rng) = (maze(false), Rng::new(1));
        let down = (0..10_000).filter(|_| env.reset(&mut rng) == 1).count();
        assert!((4_800..5_200).contains(&down), "{down}");
    }
}
