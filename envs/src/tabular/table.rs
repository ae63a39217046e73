//! The transition table, and the environment that samples it.

use std::{fmt, sync::Arc};

use crate::{
    entry::Made,
    env::{Env, Step},
    error::Error,
    render::{Frame, Render, Text},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

/// One thing that can happen when action a is taken in state s.
#[derive(Clone, Copy, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    actions: usize,
    start: Vec<f64>,
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
        let mut table = Self { actions, start, outcomes: Vec::new(), begins: vec![0] };
        for state in 0..table.start.len() {
            for action in 0..actions {
                table.outcomes.extend(outcomes(state, action));
                table.begins.push(table.outcomes.len());
            }
        }
        table
    }
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
}

impl Finite {
    /// An environment of that name over the table.
    pub fn new(id: &str, table: Arc<Table>, time_limit: Option<u32>, reward_threshold: Option<f64>) -> Self {
        let spec = Spec::new(id, Space::Discrete(table.states()), Space::Discrete(table.actions()));
        Self { spec: Spec { time_limit, reward_threshold, ..spec }, table, at: 0, look: None }
    }

    /// With a look of its own: a state's frame. Without one, frames say the number of the state.
    pub fn looking(self, look: impl Fn(usize) -> Frame + Send + Sync + 'static) -> Self {
        Self { look: Some(Arc::new(look)), ..self }
    }

    /// The registry's form: with its table, and to be looked at.
    pub fn made(self) -> Made {
        let model: Arc<dyn TabularModel> = self.table.clone();
        Made::shown(self).with_model(model)
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
        self.at = rng.categorical(self.table.start().iter().copied());
        self.at
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<usize> {
        let outcomes = self.table.outcomes(self.at, action);
        // One draw also where there is one outcome, as Gymnasium does: recorded runs replay.
        let outcome = outcomes[rng.categorical(outcomes.iter().map(|outcome| outcome.probability))];
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
