//! A run's directory.
//!
//! | file | what | when |
//! |---|---|---|
//! | `manifest.json` | configuration, seed, program | at the start, then never changed |
//! | `metrics.jsonl` | a line of metrics each | appended |
//! | `monitor.csv` | every training episode, where that was asked for | appended |
//! | `checkpoint.bin` | all that the run goes on from, and how long the metrics were then | now and then; gone when finished |
//! | `best.policy` | the policy of the best evaluation | when there is a better one |
//! | `final.policy` | the policy of the end | at the end |
//! | `result.json` | the final evaluation | last of all: where it is, the run is finished |

use std::{
    fs::{self, DirEntry, File, OpenOptions, TryLockError},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use gymkhana_envs::State;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Manifest, RunResult, atomic, framed};
use crate::{
    observe::{History, Record, record::lines},
    usage::Usage,
};

/// An open run directory.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    manifest: Manifest,
    metrics: File,
    written: u64,
}

/// What stands at a path where a run would go.
#[derive(Debug)]
pub enum Found {
    /// Nothing, or an empty directory.
    Nothing,
    /// A run that was interrupted.
    Interrupted(Box<Manifest>),
    /// A run that is finished.
    Finished(Box<Manifest>, RunResult),
}

/// Another process has the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Busy(String);

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Busy {}

const MANIFEST: &str = "manifest.json";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINT: &str = "checkpoint.bin";
const RESULT: &str = "result.json";

/// The policy of the end of a run.
pub const FINAL_POLICY: &str = "final.policy";
/// The policy of the best evaluation during a run.
pub const BEST_POLICY: &str = "best.policy";

/// What is kept of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The agent's [`policy_state`](gymkhana_agents::Agent::policy_state).
    pub policy: State,
    /// The statistics of the wrappers it acted through.
    pub statistics: Vec<State>,
}

impl RunDir {
    /// Begins a run in an empty or new directory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path, manifest: Manifest) -> Result<Self> {
        atomic::create_dir(path)?;
        let file = open_metrics(path)?;
        if is_run(path) {
            bail!(Busy(format!("another process has begun a run in {}", path.display())));
        }
        atomic::remove_leftovers(path)?;
        file.set_len(0).with_context(|| format!("cannot write {}", path.join(METRICS).display()))?;
        atomic::write_json(&path.join(MANIFEST), &manifest)?;
        Ok(Self { path: path.into(), manifest, metrics: file, written: 0 })
    }

    /// Goes on with an interrupted run: gives its last checkpoint, if it got that far, and the metrics up to it.
    ///
    /// # Errors
    /// If something cannot be read or is damaged.
    pub fn resume(path: &Path) -> Result<(Self, Option<State>, History)> {
        let manifest = read_manifest(path)?;
        let mut file = open_metrics(path)?;
        if is_finished(path) {
            bail!(Busy(format!("another process has finished the run in {}", path.display())));
        }
        let checkpoint = path.join(CHECKPOINT);
        let saved = if checkpoint.exists() {
            let advice = || {
                let path = path.display();
                format!("the run in {path} cannot go on; to start it again, delete that directory")
            };
            let state = framed::read(&checkpoint).with_context(advice)?;
            Some(state.get::<(u64, State)>().context("its checkpoint is of another version").with_context(advice)?)
        } else {
            None
        };
        let (written, state) = saved.map_or((0, None), |(written, state)| (written, Some(state)));

        // What was measured after the checkpoint will be measured again.
        let metrics = path.join(METRICS);
        let cannot = || format!("cannot write {}", metrics.display());
        if file.metadata().with_context(cannot)?.len() < written {
            bail!(
                "{} is shorter than its run's checkpoint says; to start again, delete {}",
                metrics.display(),
                path.display()
            );
        }
        file.set_len(written).with_context(cannot)?;
        file.seek(SeekFrom::End(0)).with_context(cannot)?;
        atomic::remove_leftovers(path)?;
        let history = read_history(path)?;
        Ok((Self { path: path.into(), manifest, metrics: file, written }, state, history))
    }

    /// Looks at what stands at a path.
    ///
    /// # Errors
    /// If something is there that is not a run, or cannot be read.
    pub fn find(path: &Path) -> Result<Found> {
        if !path.exists() {
            return Ok(Found::Nothing);
        }
        if !is_run(path) {
            let mut entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
            // A kill between the first two files of a run leaves empty metrics, one during the second a part of it.
            let empty = |entry: &DirEntry| entry.metadata().is_ok_and(|metadata| metadata.len() == 0);
            let ours = |entry: &DirEntry| {
                let name = entry.file_name();
                (name == METRICS && empty(entry)) || atomic::is_leftover(&name)
            };
            let strange = entries.any(|entry| entry.is_ok_and(|entry| !ours(&entry)));
            if strange {
                let path = path.display();
                bail!(Usage(format!("{path} is not empty and holds no run: choose another directory for this one")));
            }
            return Ok(Found::Nothing);
        }
        let manifest = Box::new(read_manifest(path)?);
        if path.join(RESULT).exists() {
            return Ok(Found::Finished(manifest, read_result(path)?));
        }
        Ok(Found::Interrupted(manifest))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Appends a line of metrics.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let line = record.to_line();
        let cannot = || format!("cannot write {}", self.path.join(METRICS).display());
        self.metrics.write_all(line.as_bytes()).with_context(cannot)?;
        self.written += line.len() as u64;
        Ok(())
    }

    /// Writes a checkpoint: what the run goes on from, together with how long the metrics are now.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn checkpoint(&self, state: &State) -> Result<()> {
        // After a power cut the metrics must not be shorter than the checkpoint says.
        self.metrics.sync_data().with_context(|| format!("cannot write {}", self.path.join(METRICS).display()))?;
        framed::write(&self.path.join(CHECKPOINT), &State::of(&(self.written, state)))
    }

    /// Writes a policy beside the metrics, by one of the names above.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_policy(&self, name: &str, policy: &SavedState) -> Result<()> {
        framed::write(&self.path.join(name), &State::of(policy))
    }

    /// Ends the run: writes its result, after which it counts as finished, and drops the checkpoint.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(&self, result: &RunResult) -> Result<()> {
        // After a power cut a run that counts as finished must have all of its metrics.
        self.metrics.sync_data().with_context(|| format!("cannot write {}", self.path.join(METRICS).display()))?;
        atomic::write_json(&self.path.join(RESULT), result)?;
        match fs::remove_file(self.path.join(CHECKPOINT)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).context("cannot remove the checkpoint"),
            _ => Ok(()),
        }
    }
}

/// Opens a run's metrics as they are. While they are open no other process gets them.
fn open_metrics(path: &Path) -> Result<File> {
    let metrics = path.join(METRICS);
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&metrics);
    let file = open.with_context(|| format!("cannot write {}", metrics.display()))?;
    for _ in 0..LOOKS {
        // Any error but this is a file system without locks.
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(file);
        }
        // Somebody who only looks whether the run is busy has it for a moment.
        thread::sleep(Duration::from_millis(10));
    }
    bail!(Busy(format!("another process is at work in {}", path.display())))
}

/// How often it is tried before a run counts as busy.
const LOOKS: usize = 5;

/// Whether another process is at work on the run at `path`.
pub fn is_busy(path: &Path) -> bool {
    let metrics = OpenOptions::new().write(true).open(path.join(METRICS));
    metrics.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Whether the run at `path` is finished.
pub fn is_finished(path: &Path) -> bool {
    path.join(RESULT).exists()
}

/// Whether a run, finished or not, is kept at `path` itself.
pub fn is_run(path: &Path) -> bool {
    path.join(MANIFEST).exists()
}

/// The manifest of the run at `path`.
///
/// # Errors
/// If it cannot be read or is of another version.
pub fn read_manifest(path: &Path) -> Result<Manifest> {
    let manifest: Manifest = read_json(&path.join(MANIFEST))?;
    if manifest.format != Manifest::FORMAT {
        bail!("{} is of format {}, this program reads {}", path.display(), manifest.format, Manifest::FORMAT);
    }
    Ok(manifest)
}

/// The result of the finished run at `path`.
///
/// # Errors
/// If it cannot be read.
pub fn read_result(path: &Path) -> Result<RunResult> {
    read_json(&path.join(RESULT))
}

/// The metrics of the run at `path`.
///
/// # Errors
/// If they cannot be read, or a line is damaged.
pub fn read_history(path: &Path) -> Result<History> {
    read_lines(path).map(History)
}

/// The lines of metrics of the run at `path`, or of each what a type takes of it.
///
/// # Errors
/// If they cannot be read, or a line is damaged.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let path = path.join(METRICS);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    lines(&text).map_err(|(line, error)| anyhow::anyhow!("{}, line {line}: {error}", path.display()))
}

/// A policy of the run at `path`, by one of the names above.
///
/// # Errors
/// If it is not there or damaged.
pub fn read_policy(path: &Path, name: &str) -> Result<SavedState> {
    let path = path.join(name);
    framed::read(&path)?.get().with_context(|| format!("{} is of another version", path.display()))
}

/// The run directories at a path: itself if it is one, else those directly in it, by name.
///
/// # Errors
/// If there is none.
pub fn runs_at(path: &Path) -> Result<Vec<PathBuf>> {
    if is_run(path) {
        return Ok(vec![path.into()]);
    }
    if !path.is_dir() {
        bail!(Usage(format!("{} is no directory", path.display())));
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let inside = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut runs: Vec<PathBuf> = inside.filter(|path| is_run(path)).collect();
    // seed-10 after seed-9
    runs.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    if runs.is_empty() {
        let deeper = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let deeper: Vec<_> = deeper.filter(|path| path.is_dir()).map(|path| path.display().to_string()).collect();
        let advice = if deeper.is_empty() { String::new() } else { format!("; below it are {}", deeper.join(", ")) };
        bail!(Usage(format!("{} is no run directory and holds none{advice}", path.display())));
    }
    Ok(runs)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}

/// When the run at `path` began, in seconds since 1970: when its manifest was written.
///
/// # Errors
/// If it is not there.
pub fn began(path: &Path) -> Result<f64> {
    let path = path.join(MANIFEST);
    let written = path.metadata().and_then(|metadata| metadata.modified());
    let written = written.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(written.duration_since(std::time::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()))
}
