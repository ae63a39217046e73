//! A comparison's own directory, and whether it is the one that was asked for.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::{
    config::differences,
    store::{atomic, manifest::Program},
    usage::Usage,
};

/// What a comparison's directory says of itself. Written when it begins and never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The version of this format.
    pub format: u32,
    /// The command that makes it.
    pub command: String,
    /// The program that began it.
    pub program: Program,
    /// The machine that it was begun on.
    pub machine: String,
    /// What is compared.
    pub plan: Plan,
}

const FORMAT: u32 = 1;
/// More differences than these are counted, not shown.
const SHOWN: usize = 4;
const FILE: &str = "comparison.json";

/// Begins a comparison in a directory that is empty or new, or finds the same one there; or, where it is to be extended, one
/// that is a part of it.
///
/// # Errors
/// If another one, or something else, is there, or it cannot be written.
pub fn open(dir: &Path, command: &str, plan: &Plan, extend: bool) -> Result<Kept> {
    let alone = lock(dir);
    if let Some(kept) = find(dir)? {
        let told = told(plan, &kept.plan);
        if told.is_empty() {
            return Ok(kept);
        }
        let grown = plan.contains(&kept.plan);
        if grown && extend {
            let kept = Kept {
                command: command.into(),
                program: Program::this(),
                machine: machine(),
                plan: plan.clone(),
                ..kept
            };
            atomic::write_json(&dir.join(FILE), &kept)?;
            return Ok(kept);
        }
        let way = if grown { "`--extend` adds to it, or choose another `--out`" } else { "choose another `--out`" };
        bail!(Usage(format!("{} holds another comparison: {way} ({})", dir.display(), told.join("; "))));
    }
    let leftover = |entry: fs::DirEntry| atomic::is_leftover(&entry.file_name());
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| !leftover(entry)))) {
        bail!(Usage(format!("{} is not empty and holds no comparison: choose another `--out`", dir.display())));
    }
    let (program, machine) = (Program::this(), machine());
    let kept = Kept { format: FORMAT, command: command.into(), program, machine, plan: plan.clone() };
    atomic::create_dir(dir)?;
    if atomic::create_json(&dir.join(FILE), &kept)? {
        return Ok(kept);
    }
    // Another process was first.
    drop(alone);
    open(dir, command, plan, extend)
}

/// Keeps other processes from changing a comparison at the same time, where the system can.
fn lock(dir: &Path) -> Option<fs::File> {
    let handle = fs::File::open(dir).ok()?;
    handle.lock().ok()?;
    Some(handle)
}

/// What differs between two plans, in a few words each.
fn told(plan: &Plan, there: &Plan) -> Vec<String> {
    let names = |plan: &Plan| -> [Vec<String>; 3] {
        let labels = plan.agents.iter().map(|agent| agent.label.clone()).collect();
        [labels, plan.envs.iter().map(|env| env.id.clone()).collect(), plan.swept.clone()]
    };
    let (mine, theirs) = (names(plan), names(there));
    let mut told: Vec<String> = ["agents", "environments", "swept settings"]
        .into_iter()
        .zip(mine.iter().zip(&theirs))
        .filter(|(_, (mine, theirs))| mine != theirs)
        .map(|(what, (mine, theirs))| format!("{what}: {} instead of {}", mine.join(", "), theirs.join(", ")))
        .collect();
    if told.is_empty() {
        told = differences(plan, there);
    } else if plan.seeds != there.seeds {
        told.push(format!("seeds: {} instead of {}", plan.seeds, there.seeds));
    }
    if told.len() > SHOWN {
        let more = told.len() - SHOWN;
        told.truncate(SHOWN);
        told.push(format!("and {more} more"));
    }
    told
}

/// The comparison that a directory holds.
///
/// # Errors
/// If it holds none, or it cannot be read.
pub fn read(dir: &Path) -> Result<Kept> {
    find(dir)?.with_context(|| Usage(format!("{} holds no comparison", dir.display())))
}

/// The comparison that a directory holds, if it holds one.
///
/// # Errors
/// If it cannot be read.
pub fn find(dir: &Path) -> Result<Option<Kept>> {
    let path = dir.join(FILE);
    let text = match fs::read(&path) {
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let kept: Kept = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    if kept.format != FORMAT {
        bail!("{} is of format {}, this program reads {FORMAT}", path.display(), kept.format);
    }
    Ok(Some(kept))
}

/// What the machine is: its processor as the system names it, and how many cores there are for this program.
fn machine() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find_map(|line| Some(line.strip_prefix("model name")?.split_once(':')?.1.trim()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let many = if cores == 1 { "1 core".into() } else { format!("{cores} cores") };
    format!("{}, {many}, {}", name.unwrap_or(std::env::consts::ARCH), std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::{
        super::plan::tests::{plan, wanted, wanted_env},
        *,
    };

    #[test]
    fn another_comparison_is_refused_with_the_differences() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("c");
        let plan = |seeds| plan(&[wanted("sarsa")], &[wanted_env("CliffWalking-v1")], seeds).unwrap();
        let kept = open(&dir, "a command", &plan(2), false).unwrap();
        assert_eq!(open(&dir, "the same in other words", &plan(2), false).unwrap(), kept);
        assert_eq!(read(&dir).unwrap(), kept);
        let error = |n, extend| open(&dir, "", &plan(n), extend).unwrap_err().to_string();
        let (grown, shrunk) = (error(3, false), error(1, true));
        assert!(
            grown.ends_with(": `--extend` adds to it, or choose another `--out` (seeds: 3 instead of 2)"),
            "{grown}"
        );
        assert!(
            shrunk.ends_with("holds another comparison: choose another `--out` (seeds: 1 instead of 2)"),
            "{shrunk}"
        );
        assert_eq!(open(&dir, "more", &plan(3), true).unwrap().plan.seeds, 3);
        assert_eq!(read(&dir).unwrap().command, "more");
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let plan = plan(&[wanted("sarsa")], &[wanted_env("CliffWalking-v1")], 1).unwrap();
        let error = open(dir.path(), "", &plan, false).unwrap_err().to_string();
        assert!(error.contains("is not empty and holds no comparison"), "{error}");
        assert!(read(dir.path()).unwrap_err().to_string().contains("holds no comparison"));
        fs::write(dir.path().join(FILE), "{").unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("comparison.json is damaged"));
    }
}
