//! Settings as they are typed: `key=value`, `env.key=value`, and `key=@file` for what a file says.

use std::{fs, io::Read};

use anyhow::{Context, Result, bail, ensure};

use crate::{config::Values, usage::Usage};

/// Settings of the agent, and of the environment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) agent: Values,
    pub(super) env: Values,
}

/// Reads settings; of several for one name the last counts.
pub(super) fn read(texts: &[String]) -> Result<Settings> {
    let mut settings = Settings::default();
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            bail!(Usage(format!("`--set {text}` is not of the form key=value")));
        };
        let (key, value) = (key.trim(), value.trim());
        let value = match value.strip_prefix('@') {
            Some(path) => {
                let cannot = || Usage(format!("`--set {key}={value}`: cannot read the file {path}"));
                read_file(path).with_context(cannot)?
            }
            None => value.to_owned(),
        };
        match key.strip_prefix("env.") {
            Some(key) => settings.env.insert(key.into(), value),
            None => settings.agent.insert(key.into(), value),
        };
    }
    Ok(settings)
}

/// More than any map needs.
const LARGEST: u64 = 64 << 20;

/// What a file says, without a byte order mark and the end of its last line.
fn read_file(path: &str) -> Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= LARGEST, "it is larger than {} MiB", LARGEST >> 20);
    Ok(text.trim_start_matches('\u{feff}').trim_end().to_owned())
}

/// Reads settings where only an environment has any: `env.` may be left out.
pub(super) fn read_env(texts: &[String]) -> Result<Values> {
    let Settings { agent, env } = read(texts)?;
    Ok(agent.into_iter().chain(env).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(String::from).into()
    }

    #[test]
    fn agents_environments_and_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("map.txt");
        fs::write(&path, "\u{feff}S.\n.G\n").unwrap();
        let map = format!("env.map=@{}", path.display());
        let settings = read(&texts(["gamma = 0.5", "gamma=0.9", &map])).unwrap();
        assert_eq!(settings.agent, Values::from([("gamma".into(), "0.9".into())]));
        assert_eq!(settings.env, Values::from([("map".into(), "S.\n.G".into())]));
        assert_eq!(read_env(&texts(["slip=0", "env.slip=1"])).unwrap()["slip"], "1");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(read(&texts(["gamma"])).unwrap_err().to_string().contains("not of the form key=value"));
        let error = format!("{:#}", read(&texts(["env.map=@nowhere.txt"])).unwrap_err());
        assert!(error.contains("cannot read the file nowhere.txt"), "{error}");
    }
}
