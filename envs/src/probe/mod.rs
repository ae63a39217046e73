//! Probes: environments so small that what should be learned is known, each of which needs one more thing to work than
//! the one before. An agent that fails one has its fault in what that one added.
//!
//! After Jones 2021, "Debugging Reinforcement Learning Systems"; the probe of truncation is added. States are indices;
//! through the wrapper `one-hot` agents that learn from features meet them too.

use crate::{
    entry::{Entry, Made, Settings, typed, values},
    env::{Decode, Env, Step},
    error::Error,
    params,
    params::{Params, above},
    render::{Frame, Render, Text},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// What a probe can be told.
    pub struct ProbeParams for "Probe" {
        /// what is paid at best
        reward: f64 = 1.0, in above(0.0);
    }
}

/// What a probe is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One state, one step, reward 1: is a value learned at all?
    Value,
    /// Two states, one step, reward −1 or 1 by the state: does the value depend on the observation?
    Observation,
    /// Two steps, the second pays 1: is it discounted?
    Discount,
    /// Each step pays 1 and is truncated: does the value go on beyond a truncation?
    Truncation,
    /// One state, one step, the reward depends on the action: is the better one found?
    Action,
    /// The better action depends on the state.
    Both,
}

impl Kind {
    /// All of them, in the order in which to look for a fault.
    pub const ALL: [Self; 6] =
        [Self::Value, Self::Observation, Self::Discount, Self::Truncation, Self::Action, Self::Both];

    /// How many states can be seen.
    pub const fn states(self) -> usize {
        match self {
            Self::Value | Self::Truncation | Self::Action => 1,
            Self::Observation | Self::Discount | Self::Both => 2,
        }
    }

    /// Whether it matters what is done.
    pub const fn is_about_actions(self) -> bool {
        matches!(self, Self::Action | Self::Both)
    }

    /// Whether the better action in a state is the second choice, or the control +½, rather than the first, or −½.
    pub const fn better(self, state: usize) -> bool {
        matches!(self, Self::Action) || state == 1
    }

    /// What a state is worth to the best policy.
    pub fn value(self, state: usize, gamma: f64, reward: f64) -> f64 {
        reward
            * match self {
                Self::Value | Self::Action | Self::Both => 1.0,
                Self::Observation => [-1.0, 1.0][state],
                Self::Discount => [gamma, 1.0][state],
                Self::Truncation => 1.0 / (1.0 - gamma),
            }
    }

    const fn ids(self) -> [&'static str; 2] {
        match self {
            Self::Value => ["Probe-Value", "Probe-Value-Control"],
            Self::Observation => ["Probe-Observation", "Probe-Observation-Control"],
            Self::Discount => ["Probe-Discount", "Probe-Discount-Control"],
            Self::Truncation => ["Probe-Truncation", "Probe-Truncation-Control"],
            Self::Action => ["Probe-Action", "Probe-Action-Control"],
            Self::Both => ["Probe-Both", "Probe-Both-Control"],
        }
    }

    const fn about(self) -> &'static str {
        match self {
            Self::Value => "is a value learned at all?",
            Self::Observation => "does the value depend on the observation?",
            Self::Discount => "is the second step's reward discounted?",
            Self::Truncation => "does the value go on beyond a truncation?",
            Self::Action => "is the better action found?",
            Self::Both => "is the better action found in each of two states?",
        }
    }

    const fn details(self) -> &'static str {
        match self {
            Self::Value => "One state, one step, reward 1 whatever is done. V = 1.",
            Self::Observation => "State 0 or 1 at random; one step, reward −1 in state 0 and 1 in state 1. V = −1, 1.",
            Self::Discount => "State 0, then 1, then the end; the second step pays 1. V = γ, 1.",
            Self::Truncation => "One state; each step pays 1 and is truncated, never terminated. V = 1/(1 − γ).",
            Self::Action => {
                "One state, one step. Choices: 0 pays −1, 1 pays 1. A control a in [−1, 1] pays 1 − (a − ½)²."
            }
            Self::Both => {
                "State s = 0 or 1 at random; one step. Choices: the one with the state's number pays 1, the other −1.\n\
                 A control a in [−1, 1] pays 1 − (a + ½)² in state 0 and 1 − (a − ½)² in state 1."
            }
        }
    }
}

/// What a probe's actions are: choices or a control.
pub trait Means: Decode + Clone + Send + Sync + 'static {
    /// Whether they are controls.
    const CONTROLS: bool;
    /// The action space.
    fn space(kind: Kind) -> Space;
    /// How far an action's reward is below the best.
    fn loss(&self, better: bool) -> f64;
}

impl Means for usize {
    const CONTROLS: bool = false;
    fn space(kind: Kind) -> Space {
        Space::Discrete(if kind.is_about_actions() { 2 } else { 1 })
    }
    fn loss(&self, better: bool) -> f64 {
        if (*self == 1) == better { 0.0 } else { 2.0 }
    }
}

impl Means for [f32; 1] {
    const CONTROLS: bool = true;
    fn space(_: Kind) -> Space {
        Space::cube(1, -1.0, 1.0)
    }
    fn loss(&self, better: bool) -> f64 {
        let best = if better { 0.5 } else { -0.5 };
        (f64::from(self[0].clamp(-1.0, 1.0)) - best).powi(2)
    }
}

/// The registry's line of a probe: `entry::<usize>(…)` with choices, `entry::<[f32; 1]>(…)` with a control.
pub const fn entry<A: Means>(kind: Kind) -> Entry {
    let make: fn(Settings<'_>) -> Result<Made, Error> = match kind {
        Kind::Value => |settings| made::<A>(Kind::Value, settings),
        Kind::Observation => |settings| made::<A>(Kind::Observation, settings),
        Kind::Discount => |settings| made::<A>(Kind::Discount, settings),
        Kind::Truncation => |settings| made::<A>(Kind::Truncation, settings),
        Kind::Action => |settings| made::<A>(Kind::Action, settings),
        Kind::Both => |settings| made::<A>(Kind::Both, settings),
    };
    Entry {
        id: kind.ids()[A::CONTROLS as usize],
        family: "probe",
        about: kind.about(),
        details: kind.details(),
        source: "after Jones 2021, Debugging Reinforcement Learning Systems",
        params: ProbeParams::list,
        check: values::<ProbeParams>,
        make,
    }
}

fn made<A: Means>(kind: Kind, settings: Settings<'_>) -> Result<Made, Error> {
    Ok(Made::shown(Probe::<A>::new(kind, typed(settings)?)?))
}

/// The environment.
#[derive(Clone, Debug)]
pub struct Probe<A> {
    kind: Kind,
    params: ProbeParams,
    at: usize,
    actions: std::marker::PhantomData<fn(A)>,
}

impl<A: Means> Probe<A> {
    /// A probe of that kind.
    ///
    /// # Errors
    /// If a parameter is out of range.
    pub fn new(kind: Kind, params: ProbeParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { kind, params, at: 0, actions: std::marker::PhantomData })
    }
}

impl<A: Means> Env for Probe<A> {
    type Obs = usize;
    type Act = A;

    fn spec(&self) -> Spec {
        let id = self.kind.ids()[usize::from(A::CONTROLS)];
        let spec = Spec::new(id, Space::Discrete(self.kind.states()), A::space(self.kind));
        if self.kind == Kind::Truncation { spec.time_limit(1) } else { spec }
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        self.at = match self.kind {
            Kind::Observation | Kind::Both => rng.below(2),
            _ => 0,
        };
        self.at
    }

    fn step(&mut self, action: A, _: &mut Rng) -> Step<usize> {
        let (at, best) = (self.at, self.params.reward);
        match self.kind {
            Kind::Value => Step::terminated(at, best),
            Kind::Observation => Step::terminated(at, [-best, best][at]),
            Kind::Truncation => Step::on(at, best),
            Kind::Action | Kind::Both => Step::terminated(at, best * (1.0 - action.loss(self.kind.better(at)))),
            Kind::Discount if at == 0 => {
                self.at = 1;
                Step::on(1, 0.0)
            }
            Kind::Discount => Step::terminated(1, best),
        }
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&self.at))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let at: usize = state.get()?;
        if at >= self.kind.states() {
            return Err(Error::State(format!("state {at} of {}", self.kind.states())));
        }
        self.at = at;
        Ok(())
    }
}

impl<A: Means> Render for Probe<A> {
    fn frame(&self) -> Frame {
        Text::line(format!("state {} of {}", self.at, self.kind.states())).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Checked;

    /// Reward and end of one step from a state.
    fn step<A: Means + crate::Encode<Elem = <A as Decode>::Elem>>(
        kind: Kind,
        from: usize,
        action: A,
    ) -> (f64, bool, bool) {
        let mut rng = Rng::new(0);
        let mut env = Checked::new(Probe::<A>::new(kind, ProbeParams { reward: 1.0 }).unwrap()).unwrap();
        while env.reset(&mut rng).unwrap() != from {
            if kind == Kind::Discount {
                env.step(action.clone(), &mut rng).unwrap();
                break;
            }
        }
        let step = env.step(action, &mut rng).unwrap();
        (step.reward, step.terminated, step.truncated)
    }

    #[test]
    fn what_each_pays_and_how_it_ends() {
        assert_eq!(step(Kind::Value, 0, 0_usize), (1.0, true, false));
        assert_eq!(step(Kind::Observation, 0, 0_usize), (-1.0, true, false));
        assert_eq!(step(Kind::Discount, 0, 0_usize), (0.0, false, false));
        assert_eq!(step(Kind::Discount, 1, [0.3_f32]), (1.0, true, false));
        assert_eq!(step(Kind::Truncation, 0, 0_usize), (1.0, false, true));
        assert_eq!((step(Kind::Action, 0, 0_usize).0, step(Kind::Action, 0, 1_usize).0), (-1.0, 1.0));
        assert_eq!((step(Kind::Both, 0, 0_usize).0, step(Kind::Both, 1, 0_usize).0), (1.0, -1.0));
        assert_eq!((step(Kind::Action, 0, [0.5_f32]).0, step(Kind::Both, 0, [0.5_f32]).0), (1.0, 0.0));
        assert_eq!(step(Kind::Both, 1, [9.0_f32]).0, 0.75, "a control is clipped");
    }

    #[test]
    fn known_values() {
        assert_eq!(Kind::Discount.value(0, 0.9, 2.0), 1.8);
        assert!((Kind::Truncation.value(0, 0.9, 1.0) - 10.0).abs() < 1e-12);
    }
}
