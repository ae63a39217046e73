//! Writing a file whole or not at all.

use std::{ffi::OsStr, fs, io::Write, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;
use tempfile::NamedTempFile;

/// How the names of temporary files begin.
const PREFIX: &str = ".writing-";

/// Whether a file of that name is what a kill in the middle of [`write()`] leaves.
pub fn is_leftover(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Removes what kills in the middle of [`write()`] left in a directory.
///
/// # Errors
/// If it cannot be read or something cannot be removed.
pub fn remove_leftovers(dir: &Path) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if is_leftover(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    attempt().with_context(|| format!("cannot tidy up {}", dir.display()))
}

/// Writes a file by way of a temporary one beside it, so that a full disk or a kill leaves what was there before.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        beside(path, bytes)?.persist(path)?;
        Ok(())
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file as JSON, unless there is one: then nothing is changed. Whether it was written.
///
/// # Errors
/// If it cannot be written.
pub fn create_json<T: Serialize>(path: &Path, value: &T) -> Result<bool> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    let attempt = || match beside(path, text.as_bytes())?.persist_noclobber(path) {
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        other => other.map(|_| true).map_err(std::io::Error::from),
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

/// A temporary file beside a path, whole and on the disk.
fn beside(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    share(file.path())?;
    Ok(file)
}

/// Temporary files are their owner's alone; results are for whoever may read the directory.
#[cfg(unix)]
fn share(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Writes a value as indented JSON with a line break at the end.
///
/// # Errors
/// If it cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("a value that JSON can hold")?;
    text.push('\n');
    write(path, text.as_bytes())
}

/// Makes a directory and those above it.
///
/// # Errors
/// If it cannot be made.
pub fn create_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot make the directory {}", path.display()))
}
