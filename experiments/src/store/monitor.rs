//! Every training episode of a run, as Stable-Baselines3's `Monitor` writes them, for programs that read its files.
//!
//! The first line is `#` and a JSON object of when the run began (`t_start`, in seconds since 1970) and its environment.
//! The second names the columns `r,l,t`, and each row is an episode that ended: its return, its length, and the seconds
//! since the run began, rounded to six digits.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// What the file is called beside a run's other files.
pub const MONITOR: &str = "monitor.csv";

/// The lines before the first row.
const HEADER_LINES: usize = 2;

/// An open file of episodes.
#[derive(Debug)]
pub struct Monitor {
    path: PathBuf,
    file: File,
}

impl Monitor {
    /// Begins a file, in the place of one that is there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path, env_id: &str, t_start: f64) -> Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        let (t_start, env_id) = (serde_json::to_string(&t_start)?, serde_json::to_string(env_id)?);
        // Python's csv module ends its lines so, and its json module does not.
        let header = format!("#{{\"t_start\": {t_start}, \"env_id\": {env_id}}}\nr,l,t\r\n");
        let mut file = File::create(path).with_context(cannot)?;
        file.write_all(header.as_bytes()).with_context(cannot)?;
        Ok(Self { path: path.into(), file })
    }

    /// Goes on with a file after its first `rows` episodes. What is below them is dropped: it will be written again.
    ///
    /// # Errors
    /// If it cannot be read or written, or has fewer rows.
    pub fn resume(path: &Path, rows: u64) -> Result<Self> {
        let open = OpenOptions::new().read(true).write(true).open(path);
        let mut file = open.with_context(|| format!("cannot open {}", path.display()))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
        if !text.starts_with(b"#") {
            bail!("{} does not begin as such a file does", path.display());
        }
        let ends = (1_u64..).zip(&text).filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end);
        let Some(kept) = ends.clone().nth(HEADER_LINES - 1 + rows as usize) else {
            let found = ends.count().saturating_sub(HEADER_LINES);
            bail!("{} has {found} episodes, and its run had {rows}", path.display());
        };
        let cannot = || format!("cannot write {}", path.display());
        file.set_len(kept).with_context(cannot)?;
        file.seek(SeekFrom::End(0)).with_context(cannot)?;
        Ok(Self { path: path.into(), file })
    }

    /// Appends episodes: return, length, seconds since the run began.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append(&mut self, episodes: &[(f64, u32, f64)]) -> Result<()> {
        let mut rows = String::new();
        for (earned, length, seconds) in episodes {
            let _ = write!(rows, "{:?},{length},{:?}\r\n", rounded(*earned), rounded(*seconds));
        }
        self.file.write_all(rows.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Waits until what was appended would outlive a power cut. A checkpoint that counts episodes is written after this.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// To six digits after the point, by way of decimals as Python's `round` does it.
fn rounded(x: f64) -> f64 {
    format!("{x:.6}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HEADER: &str = "#{\"t_start\": 1700000000.25, \"env_id\": \"CartPole-v1\"}\nr,l,t\r\n";

    fn begin(path: &Path) -> Monitor {
        Monitor::create(path, "CartPole-v1", 1_700_000_000.25).unwrap()
    }

    #[test]
    fn rows_follow_the_header() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MONITOR);
        let mut monitor = begin(&path);
        monitor.append(&[(22.0, 22, 0.001_234_567), (-0.1 - 0.2, 9, 12.5)]).unwrap();
        monitor.append(&[]).unwrap();
        monitor.append(&[(2.675_000_6, 100, 1e6 / 3.0)]).unwrap();
        monitor.sync().unwrap();
        let rows = "22.0,22,0.001235\r\n-0.3,9,12.5\r\n2.675001,100,333333.333333\r\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}{rows}"));
    }

    #[test]
    fn resuming_drops_what_came_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MONITOR);
        begin(&path).append(&[(1.0, 1, 0.5), (2.0, 2, 1.0), (3.0, 3, 1.5)]).unwrap();
        let mut monitor = Monitor::resume(&path, 2).unwrap();
        monitor.append(&[(4.0, 4, 2.0)]).unwrap();
        let kept = format!("{HEADER}1.0,1,0.5\r\n2.0,2,1.0\r\n4.0,4,2.0\r\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), kept);
        // Half a row, as a kill leaves it, is none.
        fs::write(&path, format!("{kept}5.0,5")).unwrap();
        let error = Monitor::resume(&path, 4).unwrap_err().to_string();
        assert!(error.ends_with("monitor.csv has 3 episodes, and its run had 4"), "{error}");
        drop(Monitor::resume(&path, 3).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), kept);
        drop(Monitor::resume(&path, 0).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), HEADER);
    }

    #[test]
    fn what_is_no_such_file_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MONITOR);
        assert!(Monitor::resume(&path, 0).unwrap_err().to_string().starts_with("cannot open "));
        for text in ["", "r,l,t\n1,1,1\n", "#{}\n"] {
            fs::write(&path, text).unwrap();
            Monitor::resume(&path, 0).unwrap_err();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn beginning_again_leaves_nothing_of_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(MONITOR);
        begin(&path).append(&[(1.0, 1, 0.5)]).unwrap();
        drop(begin(&path));
        assert_eq!(fs::read_to_string(&path).unwrap(), HEADER);
    }
}
