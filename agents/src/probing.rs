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
    Batch, Elem, Rng, Rows, SeedSequence, Seeds, View,
    probe::{Means, Probe, ProbeParams},
    registry::{AnyBatch, Settings},
    wrappers,
};

pub use gymkhana_envs::probe::Kind;

use crate::{
    agent::{Agent, Metrics, Mode, Recipe, Setup, round},
    device::DeviceName,
    entry::{AnyAgent, Entry},
    error::Error,
};

/// A probe that an agent failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which.
    pub probe: Kind,
    /// What it learned, and what it should have.
    pub found: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.probe, self.found)
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
    faults_of(&Kind::ALL, steps, |setup, rng| Ok(Box::new(config.build(setup, rng)?)))
}

/// The same for a line of the registry, with some settings, on the probes that are within its scope.
///
/// # Errors
/// As [`faults`].
pub fn faults_of_entry(entry: &Entry, settings: Settings<'_>, steps: u64) -> Result<Vec<Fault>, Error> {
    let gamma = GAMMA.to_string();
    let discount = (entry.params)().iter().any(|param| param.name == "gamma").then_some(("gamma", gamma.as_str()));
    let settings: Vec<_> = settings.iter().copied().chain(discount).collect();
    let probes: Vec<Kind> = Kind::ALL.into_iter().filter(|probe| entry.scope.includes(*probe)).collect();
    macro_rules! probe_as {
        ($($kind:ident $o:ty, $a:ty;)*) => {
            match entry.kinds {
                $(crate::entry::Kinds::$kind => faults_of::<$o, $a>(&probes, steps, |setup, rng| {
                    match (entry.build)(&settings, setup, rng)? {
                        AnyAgent::$kind(agent) => Ok(agent),
                        other => unreachable!("{other:?} is not of its entry's kind"),
                    }
                }),)*
            }
        };
    }
    probe_as!(IndexChoice usize, usize; FeatureChoice f32, usize;)
}

/// The same for whatever `build` builds, on some of the probes.
///
/// # Errors
/// As [`faults`].
pub fn faults_of<O: Elem, A: Elem>(
    probes: &[Kind],
    steps: u64,
    mut build: impl FnMut(&Setup<'_>, &mut Rng) -> Result<Box<dyn Agent<O, A>>, Error>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for &probe in probes {
        let root = SeedSequence::new(1);
        let mut world = world::<O, A>(probe, &Seeds::Spawned(root.child(0)))?;
        let setup = Setup { spec: world.spec(), lanes: LANES, steps, device: DeviceName::default() };
        let mut agent = build(&setup, &mut root.child(1).rng())?;
        let mut rng = root.child(2).rng();
        let mut act = vec![A::default(); LANES * world.spec().actions.width()];
        let mut log = Metrics::default();
        for _ in 0..steps / LANES as u64 {
            round(&mut *agent, &mut *world, &mut act, &mut rng, &mut log)?;
        }
        let found = if probe.is_about_actions() { wrong_action(probe, &*agent) } else { wrong_value(probe, &*agent) };
        faults.extend(found.map(|found| Fault { probe, found }));
    }
    Ok(faults)
}

/// A probe in the kinds of number that an agent takes.
fn world<O: Elem, A: Elem>(probe: Kind, seeds: &Seeds) -> Result<Box<dyn Batch<O = O, A = A>>, Error> {
    let batch = if A::KIND == f32::KIND { lanes::<[f32; 1]>(probe, seeds)? } else { lanes::<usize>(probe, seeds)? };
    let batch = if O::KIND == f32::KIND { wrappers::wrap(batch, "one-hot")? } else { batch };
    Ok(batch.typed().expect("a batch of the kinds that were asked for"))
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

fn wrong_value<O: Elem, A: Elem>(probe: Kind, agent: &dyn Agent<O, A>) -> Option<String> {
    let (flat, n) = (states::<O>(probe), probe.states());
    let values = agent.values(&View::new(Rows { flat: &flat, width: flat.len() / n }, &vec![true; n]))?;
    let right: Vec<f64> = (0..n).map(|state| probe.value(state, GAMMA, 1.0)).collect();
    let scale = right.iter().fold(1.0, |most, value| f64::max(most, value.abs()));
    let close = values.iter().zip(&right).all(|(value, right)| (value - right).abs() <= VALUE_TOLERANCE * scale);
    (!close).then(|| format!("values {values:.3?}, which should be {right:.3?}"))
}

fn wrong_action<O: Elem, A: Elem>(probe: Kind, agent: &dyn Agent<O, A>) -> Option<String> {
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
