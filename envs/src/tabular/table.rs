//! The transition table, and the environment that samples it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    entry::Made,
    env::{Env, Step},
    error::Error,
    grid::Map,
    render::{Frame, Render, Text},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

/// One thing that can happen when action a is taken in state s.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// p(this | s, a)
    pub probability: f64,
    /// the state reached, s′
    pub next: usize,
    /// the reward of the step
    pub reward: f64,
    /// whether the episode ends there
    pub terminated: bool,
}

/// A finite Markov decision process whose dynamics are known.
pub trait TabularModel: Send + Sync {
    /// The number of states.
    fn states(&self) -> usize;
    /// The number of actions, the same in each state.
    fn actions(&self) -> usize;
    /// All that can happen; the probabilities sum to 1.
    fn outcomes(&self, state: usize, action: usize) -> &[Outcome];
    /// The probability of each state to be the first of an episode.
    fn start(&self) -> &[f64];
}

/// A table of outcomes for every state and action.
///
/// It takes 32 bytes per outcome, 8 per state and action, 8 per state and 16 per state that can be first: a grid of
/// 1,000 × 1,000 cells with slip takes 424 MB.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    actions: usize,
    start: Vec<f64>,
    /// The states that can be first, each with the probability of it and those before it.
    first: Vec<(f64, usize)>,
    outcomes: Vec<Outcome>,
    /// Where the outcomes of state·actions + action begin; one more entry than there are pairs.
    begins: Vec<usize>,
}

impl Table {
    /// From a start distribution over the states, an entry each, and the outcomes of each state and action. That
    /// probabilities sum to 1 and successors are states is not checked.
    pub fn new<I>(start: Vec<f64>, actions: usize, mut outcomes: impl FnMut(usize, usize) -> I) -> Self
    where
        I: IntoIterator<Item = Outcome>,
    {
        Self::filled(start, actions, 0, |state, action, all| all.extend(outcomes(state, action)))
    }

    /// As [`new`](Self::new), but `push` appends the outcomes of a state and action to the list of all of them, so that
    /// none is copied. There is room for `expected` outcomes from the beginning.
    pub fn filled(
        start: Vec<f64>,
        actions: usize,
        expected: usize,
        mut push: impl FnMut(usize, usize, &mut Vec<Outcome>),
    ) -> Self {
        let (mut outcomes, mut begins) = (Vec::with_capacity(expected), Vec::with_capacity(start.len() * actions + 1));
        begins.push(0);
        for state in 0..start.len() {
            for action in 0..actions {
                push(state, action, &mut outcomes);
                begins.push(outcomes.len());
            }
        }
        outcomes.shrink_to_fit();
        // Summed as `Rng::categorical` does; a state that is never first adds 0 and can be left out.
        let mut sum = 0.0;
        let possible = start.iter().enumerate().filter(|(_, share)| **share > 0.0);
        let first = possible.map(|(state, share)| (add(&mut sum, *share), state)).collect();
        Self { actions, start, first, outcomes, begins }
    }

    /// Draws the first state of an episode: the number that `rng.categorical(start)` gives, by halving.
    #[inline]
    pub fn draw_start(&self, rng: &mut Rng) -> usize {
        let draw = rng.unit();
        let at = self.first.partition_point(|(sum, _)| *sum <= draw);
        self.first.get(at).map_or(0, |(_, state)| *state)
    }

    /// Draws what happens when an action is taken in a state: what `rng.categorical` gives of the probabilities. It
    /// draws also where there is one outcome, as Gymnasium does: recorded runs replay.
    ///
    /// # Panics
    /// If there is no such state or action, or nothing can happen.
    #[inline]
    pub fn draw(&self, state: usize, action: usize, rng: &mut Rng) -> &Outcome {
        let outcomes = self.outcomes(state, action);
        if outcomes.len() > FEW {
            return &outcomes[rng.categorical(outcomes.iter().map(|outcome| outcome.probability))];
        }
        // Without branches on the draw: a wrong guess of the processor's costs more than all these sums.
        let draw = rng.unit();
        let mut sum = 0.0;
        let at: usize = outcomes.iter().map(|outcome| usize::from(add(&mut sum, outcome.probability) <= draw)).sum();
        &outcomes[if at < outcomes.len() { at } else { 0 }]
    }
}

/// Up to so many outcomes it is faster to look at all of them than to stop at the right one.
const FEW: usize = 12;

/// Adds to a sum and gives the sum.
#[inline]
fn add(sum: &mut f64, x: f64) -> f64 {
    *sum += x;
    *sum
}

impl TabularModel for Table {
    fn states(&self) -> usize {
        self.start.len()
    }
    fn actions(&self) -> usize {
        self.actions
    }
    #[inline]
    fn outcomes(&self, state: usize, action: usize) -> &[Outcome] {
        let pair = state * self.actions + action;
        &self.outcomes[self.begins[pair]..self.begins[pair + 1]]
    }
    fn start(&self) -> &[f64] {
        &self.start
    }
}

/// What a state looks like.
pub type Look = dyn Fn(usize) -> Frame + Send + Sync;

/// An environment that samples a table; copies share it.
#[derive(Clone)]
pub struct Finite {
    table: Arc<Table>,
    spec: Spec,
    at: usize,
    look: Option<Arc<Look>>,
    actions: &'static [&'static str],
    map: Option<Arc<Map>>,
}

impl Finite {
    /// An environment of that name over the table.
    pub fn new(id: &str, table: Arc<Table>, time_limit: Option<u32>, reward_threshold: Option<f64>) -> Self {
        let spec = Spec::new(id, Space::Discrete(table.states()), Space::Discrete(table.actions()));
        Self { spec: Spec { time_limit, reward_threshold, ..spec }, table, at: 0, look: None, actions: &[], map: None }
    }

    /// With a look of its own: a state's frame. Without one, frames say the number of the state.
    pub fn looking(self, look: impl Fn(usize) -> Frame + Send + Sync + 'static) -> Self {
        Self { look: Some(Arc::new(look)), ..self }
    }

    /// With what its actions are called.
    pub fn naming(self, actions: &'static [&'static str]) -> Self {
        Self { actions, ..self }
    }

    /// On a map whose cells are the states.
    pub fn on(self, map: Map) -> Self {
        Self { map: Some(Arc::new(map)), ..self }
    }

    /// The registry's form: with its table, and to be looked at.
    pub fn made(self) -> Made {
        let (model, actions, map): (Arc<dyn TabularModel>, _, _) = (self.table.clone(), self.actions, self.map.clone());
        let made = Made::shown(self).with_model(model).with_actions(actions);
        if let Some(map) = map { made.with_map(map) } else { made }
    }

    /// The table.
    pub fn model(&self) -> &Arc<Table> {
        &self.table
    }
}

impl fmt::Debug for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finite").field("spec", &self.spec).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Render for Finite {
    fn frame(&self) -> Frame {
        match &self.look {
            Some(look) => look(self.at),
            None => Text::line(format!("state {} of {}", self.at, self.table.states())).into(),
        }
    }
}

impl Env for Finite {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        self.spec.clone()
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        self.at = self.table.draw_start(rng);
        self.at
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let outcome = self.table.draw(self.at, action, rng);
        self.at = outcome.next;
        Step { obs: self.at, reward: outcome.reward, terminated: outcome.terminated, truncated: false }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.at))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let at: usize = state.get()?;
        if at >= self.table.states() {
            return Err(Error::State(format!("state {at} of {}", self.table.states())));
        }
        self.at = at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(probability: f64, next: usize) -> Outcome {
        Outcome { probability, next, reward: next as f64, terminated: false }
    }

    /// Rows of 1 to 20 outcomes that sum to 1, in the last bit or nearly.
    fn table() -> Table {
        let start = vec![0.0, 0.1, 0.0, 0.2, 0.3, 0.0, 0.4];
        Table::new(start, 20, |_, action| {
            let n = action + 1;
            (0..n).map(move |k| outcome(2.0 * (k + 1) as f64 / (n * (n + 1)) as f64, k % 7))
        })
    }

    #[test]
    fn draws_are_those_of_categorical() {
        let (table, mut rng, mut other) = (table(), Rng::new(3), Rng::new(3));
        for i in 0..20_000 {
            let (state, action) = (i % 7, i % 20);
            let outcomes = table.outcomes(state, action);
            let expected = other.categorical(outcomes.iter().map(|outcome| outcome.probability));
            assert!(std::ptr::eq(table.draw(state, action, &mut rng), &raw const outcomes[expected]));
            assert_eq!(table.draw_start(&mut rng), other.categorical(table.start().iter().copied()));
        }
        assert_eq!(rng, other);
    }

    #[test]
    fn a_draw_above_the_sum_gives_the_first_outcome_and_state() {
        let table = Table::new(vec![0.0, 0.0], 1, |_, _| [outcome(0.0, 1), outcome(0.0, 0)]);
        let mut rng = Rng::new(0);
        assert_eq!((table.draw(0, 0, &mut rng).next, table.draw_start(&mut rng)), (1, 0));
    }

    #[test]
    fn there_is_one_row_per_state_and_action() {
        let table = Table::filled(vec![1.0, 0.0], 2, 4, |state, action, all| {
            all.extend((0..=action).map(|k| outcome(1.0 / (action + 1) as f64, (state + k) % 2)));
        });
        assert_eq!(table.outcomes(1, 0), [outcome(1.0, 1)]);
        assert_eq!(table.outcomes(1, 1), [outcome(0.5, 1), outcome(0.5, 0)]);
    }
}
