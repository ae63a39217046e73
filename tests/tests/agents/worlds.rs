//! Small worlds in which it shows whether an agent does what all agents must.

use gymkhana_envs::{Env, Masked, Rng, Space, Spec, Step};

/// A corridor, begun at its last state (one time in four) or its first. Action 0 goes on for nothing, and the step into
/// the last state ends as it is told; other actions leave for 1.3, and from the last state all do for 4, both times a
/// sign. `K` is the number of actions where observations say which are legal, or 0.
#[derive(Clone)]
pub(crate) struct Corridor<const K: usize> {
    pub(crate) states: usize,
    pub(crate) actions: usize,
    pub(crate) sign: f64,
    /// terminated, truncated
    pub(crate) end: (bool, bool),
    pub(crate) at: usize,
}

pub(crate) const PLAIN: Corridor<0> = Corridor { states: 4, actions: 2, sign: 1.0, end: (false, true), at: 0 };

impl<const K: usize> Corridor<K> {
    fn look(&self) -> Masked<usize, K> {
        let on = self.at + 1 < self.states;
        Masked { obs: self.at, legal: std::array::from_fn(|action| action == 1 || action == 0 && on) }
    }
}

impl<const K: usize> Env for Corridor<K> {
    type Obs = Masked<usize, K>;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Corridor", Space::Discrete(self.states), Space::Discrete(self.actions))
    }
    fn reset(&mut self, rng: &mut Rng) -> Self::Obs {
        self.at = if rng.below(4) == 0 { self.states - 1 } else { 0 };
        self.look()
    }
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<Self::Obs> {
        assert!(K == 0 || self.look().legal[action], "action {action} is illegal in state {}", self.at);
        let last = self.states - 1;
        if self.at == last || action != 0 {
            return Step::terminated(self.look(), self.sign * if self.at == last { 4.0 } else { 1.3 });
        }
        self.at += 1;
        let end = self.at == last;
        Step { obs: self.look(), reward: 0.0, terminated: end && self.end.0, truncated: end && self.end.1 }
    }
}

/// A corridor that is steered: a control below 0 is the choice 0, any other the choice 1.
#[derive(Clone)]
pub(crate) struct Steered<const K: usize>(pub(crate) Corridor<K>);

impl<const K: usize> Env for Steered<K> {
    type Obs = Masked<usize, K>;
    type Act = [f32; 1];

    fn spec(&self) -> Spec {
        Spec { actions: Space::cube(1, -1.0, 1.0), ..self.0.spec() }
    }
    fn reset(&mut self, rng: &mut Rng) -> Self::Obs {
        self.0.reset(rng)
    }
    fn step(&mut self, [act]: [f32; 1], rng: &mut Rng) -> Step<Self::Obs> {
        self.0.step(usize::from(act >= 0.0), rng)
    }
}

/// An environment that cannot be saved. Its first episode goes 0, 1, 2, 3 for nothing, by actions 0 and 1. The others begin
/// in state 4, where only action 2 is legal; it ends them for 1.
#[derive(Clone)]
pub(crate) struct Forgetful {
    pub(crate) begun: bool,
    pub(crate) at: usize,
}

impl Forgetful {
    fn look(&self) -> Masked<usize, 3> {
        Masked { obs: self.at, legal: std::array::from_fn(|action| (action == 2) == (self.at == 4)) }
    }
}

impl Env for Forgetful {
    type Obs = Masked<usize, 3>;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Forgetful", Space::Discrete(5), Space::Discrete(3))
    }
    fn reset(&mut self, _: &mut Rng) -> Self::Obs {
        self.at = if self.begun { 4 } else { 0 };
        self.begun = true;
        self.look()
    }
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<Self::Obs> {
        assert!(self.look().legal[action], "action {action} is illegal in state {}", self.at);
        if self.at == 4 {
            return Step::terminated(self.look(), 1.0);
        }
        self.at += 1;
        Step::on(self.look(), 0.0)
    }
}
