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
const FILE: &str = "comparison.json";

/// Begins a comparison in a directory that is empty or new, or finds the same one there.
///
/// # Errors
/// If another one, or something else, is there, or it cannot be written.
pub fn open(dir: &Path, command: &str, plan: &Plan) -> Result<Kept> {
    if let Some(kept) = find(dir)? {
        let differences = differences(plan, &kept.plan);
        if differences.is_empty() {
            return Ok(kept);
        }
        let (shown, more) = differences.split_at(differences.len().min(5));
        let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
        let (dir, shown) = (dir.display(), shown.join("; "));
        bail!(Usage(format!("{dir} holds another comparison ({shown}{more}): choose another `--out`")));
    }
    let leftover = |entry: fs::DirEntry| atomic::is_leftover(&entry.file_name());
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| !leftover(entry)))) {
        bail!(Usage(format!("{} is not empty and holds no comparison: choose another `--out`", dir.display())));
    }
    let (program, machine) = (Program::this(), machine());
    let kept = Kept { format: FORMAT, command: command.into(), program, machine, plan: plan.clone() };
    atomic::create_dir(dir)?;
    atomic::write_json(&dir.join(FILE), &kept)?;
    Ok(kept)
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
        let kept = open(&dir, "a command", &plan(2)).unwrap();
        assert_eq!(open(&dir, "the same in other words", &plan(2)).unwrap(), kept);
        assert_eq!(read(&dir).unwrap(), kept);
        let error = open(&dir, "", &plan(3)).unwrap_err().to_string();
        assert!(error.ends_with("holds another comparison (seeds: 3 instead of 2): choose another `--out`"), "{error}");
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let plan = plan(&[wanted("sarsa")], &[wanted_env("CliffWalking-v1")], 1).unwrap();
        let error = open(dir.path(), "", &plan).unwrap_err().to_string();
        assert!(error.contains("is not empty and holds no comparison"), "{error}");
        assert!(read(dir.path()).unwrap_err().to_string().contains("holds no comparison"));
        fs::write(dir.path().join(FILE), "{").unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().contains("comparison.json is damaged"));
    }
}
