//! Does an agent learn what it must? Any agent can be handed to [`faults`], which trains it on each of the gym's
//! [probes](gymkhana_envs::probe) that fits it and says in which it did not learn what is known to be right.
//!
//! ```
//! use gymkhana_agents::{probing, tabular::QLearningConfig};
//!
//! let config = QLearningConfig { learning_rate: 0.1.into(), ..QLearningConfig::default() };
//! assert_eq!(probing::faults(&config, 3_000)?, []);
//!
//! // A step size of 0 learns nothing: every probe says so.
//! let idle = QLearningConfig { learning_rate: 0.0.into(), ..config };
//! assert_eq!(probing::faults(&idle, 3_000)?.len(), probing::Kind::ALL.len());
//! # Ok::<(), gymkhana_agents::Error>(())
//! ```

use gymkhana_envs::{
    Batch, Elem, Rng, Rows, SeedSequence, Seeds, Spec, View,
    probe::{Means, Probe, ProbeParams},
    registry::{AnyBatch, Settings},
    wrappers,
};

pub use gymkhana_envs::probe::Kind;

use crate::{
    agent::{Agent, Metrics, Mode, Recipe, Setup, round},
    any_agent,
    device::DeviceName,
    entry::Entry,
    error::Error,
};

/// A probe that an agent failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which.
    pub probe: Kind,
    /// What its actions were: "choices" or "controls". An agent that takes either is probed with both.
    pub actions: &'static str,
    /// What it learned, and what it should have.
    pub found: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} with {}: {}", self.probe, self.actions, self.found)
    }
}

/// The discount that agents are probed with, whatever their own is.
const GAMMA: f64 = 0.9;
/// How far a value may be off, as a part of the probe's reward.
const VALUE_TOLERANCE: f64 = 0.1;
/// How far a control may be from the best.
const CONTROL_TOLERANCE: f32 = 0.2;
/// Copies of the probe that are stepped together.
const LANES: usize = 4;

/// Trains the agent of a configuration for `steps` steps on each probe that fits its kinds of number, and gives those
/// that it failed, in the order in which to look for the fault. Its discount, if it has one, is set to 0.9.
///
/// # Errors
/// If the agent cannot be built or learning diverges.
pub fn faults<O: Elem, A: Elem, C: Recipe<O, A, Agent: 'static>>(config: &C, steps: u64) -> Result<Vec<Fault>, Error> {
    let mut config = config.clone();
    if C::list().iter().any(|param| param.name == "gamma") {
        config.set("gamma", &GAMMA.to_string())?;
    }
    let mut faults = Vec::new();
    for probe in Kind::ALL {
        let (root, mut world) = (SeedSequence::new(1), world::<O, A>(probe)?);
        let mut agent = config.build(&setup(world.spec(), steps), &mut root.child(1).rng())?;
        faults.extend(fault(probe, &mut agent, &mut *world, steps)?);
    }
    Ok(faults)
}

/// The same for a line of the registry, with some settings, on the probes that are within its scope, in each of the kinds
/// of number that it takes.
///
/// # Errors
/// As [`faults`].
pub fn faults_of_entry(entry: &Entry, settings: Settings<'_>, steps: u64) -> Result<Vec<Fault>, Error> {
    let gamma = GAMMA.to_string();
    let discount = (entry.params)().iter().any(|param| param.name == "gamma").then_some(("gamma", gamma.as_str()));
    let settings: Vec<_> = settings.iter().copied().chain(discount).collect();
    let mut faults = Vec::new();
    for kinds in entry.kinds {
        for probe in Kind::ALL.into_iter().filter(|probe| entry.scope.includes(*probe)) {
            let (root, world) = (SeedSequence::new(1), any_world(probe, kinds.names())?);
            let mut agent = (entry.build)(&settings, &setup(world.spec(), steps), &mut root.child(1).rng())?;
            faults.extend(any_agent!(&mut agent, agent => {
                let mut world = entry.batch_for(&**agent, world)?;
                fault(probe, &mut **agent, &mut *world, steps)?
            }));
        }
    }
    Ok(faults)
}

fn setup(spec: &Spec, steps: u64) -> Setup<'_> {
    Setup { spec, lanes: LANES, steps, device: DeviceName::default() }
}

/// Trains an agent on a probe, and says what is wrong with what it learned.
fn fault<O: Elem, A: Elem, G: Agent<O, A> + ?Sized>(
    probe: Kind,
    agent: &mut G,
    world: &mut dyn Batch<O = O, A = A>,
    steps: u64,
) -> Result<Option<Fault>, Error> {
    let mut rng = SeedSequence::new(1).child(2).rng();
    let mut act = vec![A::default(); LANES * world.spec().actions.width()];
    let mut log = Metrics::default();
    for _ in 0..steps / LANES as u64 {
        round(agent, world, &mut act, &mut rng, &mut log)?;
    }
    let found = if probe.is_about_actions() { wrong_action(probe, agent) } else { wrong_value(probe, agent) };
    let actions = if A::KIND == f32::KIND { "controls" } else { "choices" };
    Ok(found.map(|found| Fault { probe, actions, found }))
}

/// A probe in the kinds of number that an agent takes.
fn world<O: Elem, A: Elem>(probe: Kind) -> Result<Box<dyn Batch<O = O, A = A>>, Error> {
    Ok(any_world(probe, (O::KIND, A::KIND))?.typed().expect("a batch of the kinds that were asked for"))
}

/// A probe in kinds of number as [`Elem::KIND`] says them.
fn any_world(probe: Kind, (obs, act): (&str, &str)) -> Result<AnyBatch, Error> {
    let seeds = Seeds::Spawned(SeedSequence::new(1).child(0));
    let batch = if act == f32::KIND { lanes::<[f32; 1]>(probe, &seeds)? } else { lanes::<usize>(probe, &seeds)? };
    Ok(if obs == f32::KIND { wrappers::wrap(batch, "one-hot")? } else { batch })
}

fn lanes<M: Means>(probe: Kind, seeds: &Seeds) -> Result<AnyBatch, Error> {
    let env = Probe::<M>::new(probe, ProbeParams::default())?;
    Ok(AnyBatch::new(gymkhana_envs::Lanes::new(env, LANES, seeds)?))
}

/// All states of a probe, as an agent sees them.
fn states<O: Elem>(probe: Kind) -> Vec<O> {
    let n = probe.states();
    let number = |x: usize| O::from_number(x as f64).expect("a small number");
    if O::KIND == f32::KIND {
        (0..n * n).map(|i| number(usize::from(i / n == i % n))).collect()
    } else {
        (0..n).map(number).collect()
    }
}

fn wrong_value<O: Elem, A: Elem, G: Agent<O, A> + ?Sized>(probe: Kind, agent: &G) -> Option<String> {
    let (flat, n) = (states::<O>(probe), probe.states());
    let values = agent.values(&View::new(Rows { flat: &flat, width: flat.len() / n }, &vec![true; n]))?;
    let right: Vec<f64> = (0..n).map(|state| probe.value(state, GAMMA, 1.0)).collect();
    let scale = right.iter().fold(1.0, |most, value| f64::max(most, value.abs()));
    let close = values.iter().zip(&right).all(|(value, right)| (value - right).abs() <= VALUE_TOLERANCE * scale);
    (!close).then(|| format!("values {values:.3?}, which should be {right:.3?}"))
}

fn wrong_action<O: Elem, A: Elem, G: Agent<O, A> + ?Sized>(probe: Kind, agent: &G) -> Option<String> {
    let (flat, n) = (states::<O>(probe), probe.states());
    let mut act = vec![A::default(); n];
    let first = vec![true; n];
    let view = View::new(Rows { flat: &flat, width: flat.len() / n }, &first);
    agent.policy(Mode::Greedy).act(&view, &mut Rng::new(0), &mut act);
    let right: Vec<f32> = (0..n)
        .map(|state| match (A::KIND == f32::KIND, probe.better(state)) {
            (true, better) => {
                if better {
                    0.5
                } else {
                    -0.5
                }
            }
            (false, better) => f32::from(u8::from(better)),
        })
        .collect();
    let close = act.iter().zip(&right).all(|(act, right)| (act.number() as f32 - right).abs() <= CONTROL_TOLERANCE);
    (!close).then(|| format!("actions {act:?}, which should be {right:?}"))
}
