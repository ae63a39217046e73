//! Parity: recorded runs of another implementation, replayed here number for number.
//!
//! A file is JSON: `{"id": …, "kwargs": {…}, "max_episode_steps": …, "trajectories": [{"seed": …, "initial_observation": …,
//! "actions": […], "observations": […], "rewards": […], "terminated": […], "truncated": […], "states": […]}, …]}`. What
//! stands beside `trajectories` holds for all of them; a trajectory may say otherwise, `id` included.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use gymkhana_envs::{
    Batch, Elem, Registry, Seeds,
    registry::{AnyBatch, Made},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{config::Values, launch::pairs, usage::Usage};

/// How far numbers may be off: relative to what was recorded, with a thousandth added to that.
pub const FROM_SEED: f64 = 1e-6;
/// The same, from a recorded state to the next.
pub const STEP_BY_STEP: f64 = 1e-9;
/// Environments whose runs are chaotic: the last bit of a sine grows until it shows, so that a whole run agrees only for
/// so many steps.
const CHAOTIC: &[(&str, usize)] = &[("Acrobot-v1", 50)];

/// A deviation, and where it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deviation {
    /// Relative to what was recorded; infinite where something differs that is no number.
    pub size: f64,
    /// Trajectory, step and quantity.
    pub place: String,
}

impl Deviation {
    /// Keeps the larger one.
    fn note(&mut self, size: f64, place: impl FnOnce() -> String) {
        if size > self.size || (size.is_nan() && !self.size.is_infinite()) {
            *self = Self { size: if size.is_nan() { f64::INFINITY } else { size }, place: place() };
        }
    }
}

/// What replaying a file showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// The environments in it.
    pub ids: Vec<String>,
    /// Trajectories replayed.
    pub trajectories: usize,
    /// Their steps.
    pub steps: usize,
    /// First observations: these agree exactly.
    pub first: Deviation,
    /// Whole runs from their seeds.
    pub from_seed: Deviation,
    /// States, from each recorded one to the next; nothing where none are recorded.
    pub step_by_step: Option<Deviation>,
    /// Observations and rewards there, which are coarser than states: as from the seed.
    pub seen_there: Deviation,
    /// Entries of recorded transition tables that differ here; nothing where none is recorded.
    pub table: Option<Deviation>,
}

impl Replay {
    /// Whether everything is within its tolerance.
    pub fn agrees(&self) -> bool {
        let exact = |deviation: &Deviation| deviation.size == 0.0;
        exact(&self.first)
            && self.from_seed.size <= FROM_SEED
            && self.step_by_step.as_ref().is_none_or(|deviation| deviation.size <= STEP_BY_STEP)
            && self.seen_there.size <= FROM_SEED
            && self.table.as_ref().is_none_or(exact)
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(flatten)]
    common: Common,
    #[serde(alias = "runs")]
    trajectories: Vec<Trajectory>,
    transitions: Option<Vec<Vec<Vec<Outcome>>>>,
    initial_state_distribution: Option<Vec<f64>>,
}

/// (probability, next, reward, terminated)
type Outcome = (f64, usize, f64, bool);

#[derive(Clone, Default, Deserialize)]
struct Common {
    id: Option<String>,
    kwargs: Option<serde_json::Map<String, Value>>,
    max_episode_steps: Option<i64>,
}

#[derive(Deserialize)]
struct Trajectory {
    seed: u64,
    #[serde(flatten)]
    own: Common,
    policy: Option<String>,
    initial_state: Option<Vec<f64>>,
    initial_observation: Option<Numbers>,
    actions: Vec<Numbers>,
    states: Option<Vec<Vec<f64>>>,
    observations: Option<Vec<Numbers>>,
    rewards: Option<Vec<f64>>,
    terminated: Option<Vec<bool>>,
    truncated: Option<Vec<bool>>,
    terminated_truncated: Option<Vec<(bool, bool)>>,
}

/// One number, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "neither a number nor a list of numbers")]
enum Numbers {
    One(f64),
    Flag(bool),
    Several(Vec<Numbers>),
}

impl Numbers {
    fn flat(&self) -> Vec<f64> {
        match self {
            Self::One(x) => vec![*x],
            Self::Flag(x) => vec![f64::from(u8::from(*x))],
            Self::Several(several) => several.iter().flat_map(Self::flat).collect(),
        }
    }
}

/// Replays a file.
///
/// # Errors
/// If it cannot be read, is no file of trajectories, or names an environment or a parameter that is not there.
pub fn replay(envs: &Registry, path: &Path) -> Result<Replay> {
    let text = std::fs::read_to_string(path).with_context(|| Usage(format!("cannot read {}", path.display())))?;
    replay_text(envs, &text).with_context(|| path.display().to_string())
}

/// Replays the text of a file.
///
/// # Errors
/// As [`replay`].
pub fn replay_text(envs: &Registry, text: &str) -> Result<Replay> {
    let value: Value = serde_json::from_str(text).map_err(|e| Usage(format!("no JSON: {e}")))?;
    if value.get("trajectories").or_else(|| value.get("runs")).is_none_or(|list| !list.is_array()) {
        bail!(Usage("no file of recorded runs: it has no list `trajectories`".into()));
    }
    // Read again from the text, so that an error says the line.
    let file: File = serde_json::from_str(text).map_err(|e| Usage(format!("no file of recorded runs: {e}")))?;
    let mut replay = Replay::default();
    for (i, trajectory) in file.trajectories.iter().enumerate() {
        let made = made(envs, &file.common, &trajectory.own);
        let (made, limit) = made.with_context(|| format!("trajectory {i}"))?;
        let id = &made.spec().id;
        if !replay.ids.contains(id) {
            replay.ids.push(id.clone());
        }
        let run = Run { made: &made, limit, trajectory, number: i };
        run.check_lengths()?;
        run.replay_from_seed(&mut replay)?;
        run.step_by_step(&mut replay)?;
        replay.trajectories += 1;
        replay.steps += trajectory.actions.len();
    }
    let has_table = file.transitions.is_some() || file.initial_state_distribution.is_some();
    if replay.trajectories == 0 && !has_table {
        bail!(Usage("nothing is recorded in it: the list `trajectories` is empty".into()));
    }
    if has_table {
        replay.table = Some(table(&made(envs, &file.common, &Common::default())?.0, &file)?);
    }
    Ok(replay)
}

/// Arguments that change how an environment is shown, and no number.
const LOOKS: [&str; 1] = ["render_mode"];

/// The environment of a trajectory: its own words before those of the file. A time limit that is no parameter of the
/// environment is laid on the batch.
fn made(envs: &Registry, common: &Common, own: &Common) -> Result<(Made, Option<u32>)> {
    let id = own.id.as_ref().or(common.id.as_ref());
    let id = id.with_context(|| Usage("no environment: neither the file nor the trajectory has an `id`".into()))?;
    let entry = envs.find(id)?;
    let mut settings = Values::new();
    for (key, value) in own.kwargs.as_ref().or(common.kwargs.as_ref()).into_iter().flatten() {
        if !value.is_null() && !LOOKS.contains(&key.as_str()) {
            settings.insert(key.clone(), setting(value));
        }
    }
    let steps = own.max_episode_steps.or(common.max_episode_steps);
    // Gymnasium's −1 is no limit: one that nobody reaches, whatever the environment's own is.
    let steps = steps.map(|steps| u32::try_from(steps).unwrap_or(u32::MAX));
    let is_parameter = (entry.params)().iter().any(|param| param.name == "time_limit");
    if let Some(steps) = steps.filter(|_| is_parameter) {
        settings.insert("time_limit".into(), steps.to_string());
    }
    let limit = steps.filter(|steps| !is_parameter && *steps > 0);
    Ok(((entry.make)(&pairs(&settings))?, limit))
}

/// A keyword argument as a setting is written: rows of a map with `/` between them.
fn setting(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(rows) if rows.iter().all(Value::is_string) => {
            rows.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("/")
        }
        Value::Array(numbers) => numbers.iter().map(Value::to_string).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Relative to what was recorded.
fn off(found: f64, recorded: f64) -> f64 {
    if found == recorded { 0.0 } else { (found - recorded).abs() / (recorded.abs() + 1e-3) }
}

/// The largest of several; rows of different lengths have nothing in common.
fn most(found: &[f64], recorded: &[f64]) -> f64 {
    if found.len() != recorded.len() {
        return f64::INFINITY;
    }
    let off = found.iter().zip(recorded).map(|(found, recorded)| off(*found, *recorded));
    off.fold(0.0, |most, off| if off > most || off.is_nan() { off } else { most })
}

/// One trajectory on its environment.
struct Run<'a> {
    made: &'a Made,
    limit: Option<u32>,
    trajectory: &'a Trajectory,
    number: usize,
}

impl Run<'_> {
    fn place(&self, step: usize, what: &str, found: &dyn std::fmt::Debug, recorded: &dyn std::fmt::Debug) -> String {
        let seed = self.trajectory.seed;
        format!("trajectory {} (seed {seed}), step {step}: {what} {found:?}, recorded {recorded:?}", self.number)
    }

    /// Every list has an entry per action.
    fn check_lengths(&self) -> Result<()> {
        let t = self.trajectory;
        let lists = [
            ("states", t.states.as_ref().map(Vec::len)),
            ("observations", t.observations.as_ref().map(Vec::len)),
            ("rewards", t.rewards.as_ref().map(Vec::len)),
            ("terminated", t.terminated.as_ref().map(Vec::len)),
            ("truncated", t.truncated.as_ref().map(Vec::len)),
            ("terminated_truncated", t.terminated_truncated.as_ref().map(Vec::len)),
        ];
        for (name, length) in lists {
            let (length, actions) = (length.unwrap_or(t.actions.len()), t.actions.len());
            let why = || Usage(format!("trajectory {}: {length} {name} for {actions} actions", self.number));
            ensure!(length == actions, why());
        }
        Ok(())
    }

    fn replay_from_seed(&self, replay: &mut Replay) -> Result<()> {
        let mut batch = self.made.batch(1, &Seeds::Consecutive(self.trajectory.seed))?;
        if let Some(limit) = self.limit {
            batch.layer().limit_to(limit);
        }
        match batch {
            AnyBatch::IndexChoice(env) => self.whole(env, replay),
            AnyBatch::IndexControl(env) => self.whole(env, replay),
            AnyBatch::FeatureChoice(env) => self.whole(env, replay),
            AnyBatch::FeatureControl(env) => self.whole(env, replay),
        }
    }

    fn whole<O: Elem, A: Elem>(&self, mut env: Box<dyn Batch<O = O, A = A>>, replay: &mut Replay) -> Result<()> {
        let t = self.trajectory;
        let row = |row: &[O]| row.iter().map(|x| x.number()).collect::<Vec<f64>>();
        if let Some(recorded) = &t.initial_observation {
            let (found, recorded) = (row(env.now().obs.row(0)), recorded.flat());
            replay.first.note(most(&found, &recorded), || self.place(0, "first observation", &found, &recorded));
        }
        let chaotic = CHAOTIC.iter().find(|(id, _)| *id == env.spec().id).map(|(_, steps)| *steps);
        let horizon = chaotic.unwrap_or(usize::MAX);
        let scripted = t.policy.as_deref().is_some_and(|policy| policy != "random");
        for (i, recorded) in t.actions.iter().enumerate() {
            let action = |x: f64| A::from_number(x).ok_or_else(|| Usage(format!("{x} is no choice")));
            let act = recorded.flat().into_iter().map(action).collect::<Result<Vec<A>, _>>();
            let act = act.with_context(|| format!("trajectory {}, action {i}", self.number))?;
            let stepped = env.step(&act).map_err(|e| Usage(e.to_string()));
            stepped.with_context(|| format!("trajectory {}, step {}", self.number, i + 1))?;
            let seen = env.seen(&act);
            let mut note = |size, what: &str, found: &dyn std::fmt::Debug, recorded: &dyn std::fmt::Debug| {
                replay.from_seed.note(size, || self.place(i + 1, what, found, recorded));
            };
            if i < horizon {
                if let Some(recorded) = &t.observations {
                    let (found, recorded) = (row(seen.next(0)), recorded[i].flat());
                    note(most(&found, &recorded), "observation", &found, &recorded);
                }
                if let Some(recorded) = &t.rewards {
                    note(off(seen.reward[0], recorded[i]), "reward", &seen.reward[0], &recorded[i]);
                }
            }
            let ends = [
                ("terminated", seen.terminated[0], t.terminated.as_ref().map(|list| list[i])),
                ("truncated", seen.truncated[0], t.truncated.as_ref().map(|list| list[i])),
                ("terminated", seen.terminated[0], t.terminated_truncated.as_ref().map(|list| list[i].0)),
                ("truncated", seen.truncated[0], t.terminated_truncated.as_ref().map(|list| list[i].1)),
            ];
            for (what, found, recorded) in ends {
                let counts = i < horizon || scripted;
                if let Some(recorded) = recorded.filter(|recorded| *recorded != found && counts) {
                    note(f64::INFINITY, what, &found, &recorded);
                }
            }
            if seen.ended(0) && i + 1 < t.actions.len() {
                if i < horizon || scripted {
                    note(f64::INFINITY, "an end where", &"the episode", &"more actions");
                }
                break;
            }
        }
        Ok(())
    }

    fn step_by_step(&self, replay: &mut Replay) -> Result<()> {
        let (Some(first), Some(states)) = (&self.trajectory.initial_state, &self.trajectory.states) else {
            return Ok(());
        };
        let t = self.trajectory;
        let Some(physics) = self.made.physics() else {
            bail!(Usage(format!(
                "trajectory {}: {} cannot be put in a recorded state",
                self.number,
                self.made.spec().id
            )));
        };
        let deviation = replay.step_by_step.get_or_insert_default();
        for (i, (before, after)) in std::iter::once(first).chain(states).zip(states).enumerate() {
            let found = physics.after(before, &t.actions[i].flat());
            let found = found.map_err(|e| Usage(e.to_string()));
            let found = found.with_context(|| format!("trajectory {}, step {}", self.number, i + 1))?;
            deviation.note(most(&found.state, after), || self.place(i + 1, "state", &found.state, after));
            if let Some(recorded) = &t.observations {
                let seen: Vec<f64> = found.observation.iter().map(|x| f64::from(*x)).collect();
                let recorded = recorded[i].flat();
                let place = || self.place(i + 1, "observation", &seen, &recorded);
                replay.seen_there.note(most(&seen, &recorded), place);
            }
            if let Some(recorded) = t.rewards.as_ref().map(|list| list[i]) {
                let place = || self.place(i + 1, "reward", &found.reward, &recorded);
                replay.seen_there.note(off(found.reward, recorded), place);
            }
            if let Some(recorded) = t.terminated.as_ref().map(|list| list[i]).filter(|end| *end != found.terminated) {
                deviation.note(f64::INFINITY, || self.place(i + 1, "terminated", &found.terminated, &recorded));
            }
        }
        Ok(())
    }
}

/// Compares a recorded transition table with the model.
fn table(made: &Made, file: &File) -> Result<Deviation> {
    let id = &made.spec().id;
    let model = made.model().with_context(|| Usage(format!("a table is recorded, and {id} has none")))?;
    let mut deviation = Deviation::default();
    if let Some(recorded) = &file.initial_state_distribution {
        let size = most(model.start(), recorded);
        deviation.note(size, || format!("the start distribution, {} states", recorded.len()));
    }
    let Some(recorded) = &file.transitions else { return Ok(deviation) };
    if recorded.len() != model.states() || recorded.iter().any(|actions| actions.len() != model.actions()) {
        let place = || format!("{} states recorded, {} here", recorded.len(), model.states());
        deviation.note(f64::INFINITY, place);
        return Ok(deviation);
    }
    for (state, actions) in recorded.iter().enumerate() {
        for (action, recorded) in actions.iter().enumerate() {
            let outcomes = model.outcomes(state, action).iter();
            let found: Vec<Outcome> = outcomes.map(|o| (o.probability, o.next, o.reward, o.terminated)).collect();
            if found != *recorded {
                let place = || format!("state {state}, action {action}: {found:?}, recorded {recorded:?}");
                deviation.note(f64::INFINITY, place);
            }
        }
    }
    Ok(deviation)
}
