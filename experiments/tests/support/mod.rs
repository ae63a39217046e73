//! Running the program, and looking at what it leaves.

#![allow(dead_code, reason = "each test program uses a part")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// A short run of each agent, each in less than a second: one that learns from indices, one from features. Their
/// evaluations take most of the time, so that a kill meets them under way on any disk.
pub(crate) const Q_LEARNING: &str =
    "train q-learning CliffWalking-v1 --steps 6000 --eval-every 60 --set learning_rate=0.1";
pub(crate) const DQN: &str = "train dqn CartPole-v1 --steps 3000 --eval-every 150 --set hidden=16 --set batch_size=32 \
     --set train_frequency=1 --set gradient_steps=1 --set learning_starts=100";

/// The same for controls, through wrappers that gather statistics.
pub(crate) const PPO: &str = "train ppo Pendulum-v1 --wrap normalize-observation --wrap normalize-reward --steps 2000 \
     --eval-every 100 --eval-episodes 5 --lanes 2 --set hidden=16 --set n_steps=64 --set batch_size=32 --set n_epochs=2";

/// A directory to work in, the program's current one.
pub(crate) struct Place(TempDir);

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program with arguments that are separated by spaces.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gymkhana"));
        command.args(line.split_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        for name in ["CLICOLOR_FORCE", "COLUMNS", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, line: &str) -> Done {
        Done::of(&self.command(line).output().unwrap(), line)
    }

    /// Runs it to its end, which has to be a good one; gives what it said.
    pub(crate) fn ok(&self, line: &str) -> String {
        let done = self.run(line);
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
        done.stdout
    }

    /// Starts it and leaves it to itself until `metrics` has that many lines; gives it as it is then, running or ended.
    pub(crate) fn start(&self, line: &str, metrics: &str, lines: usize) -> Child {
        let mut child = self.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        while count_lines(&self.at(metrics)) < lines && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    /// Starts it and kills it as soon as `run` has that many lines of metrics; whether that was before its end.
    pub(crate) fn kill_at(&self, line: &str, run: &str, lines: usize) -> bool {
        let mut child = self.start(line, &format!("{run}/metrics.jsonl"), lines);
        child.kill().unwrap();
        child.wait().unwrap();
        !self.at(run).join("result.json").exists()
    }
}

impl Done {
    pub(crate) fn of(output: &Output, line: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace("gymkhana.exe", "gymkhana");
        let done = Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
        for said in [&done.stdout, &done.stderr] {
            assert!(!said.contains("panicked"), "{line}: {said}");
            assert!(!said.contains(['\x1b', '\r', '█', '░']), "{line}: made for a terminal: {said:?}");
        }
        done
    }

    /// It ended as it should when something went wrong, and said so in these words, in the right place.
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        assert!(!self.stdout.contains("error"), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in {self:?}");
        }
    }
}

/// Whole lines of a file so far.
pub(crate) fn count_lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |bytes| bytes.split(|&byte| byte == b'\n').count() - 1)
}

/// All files below a directory, by their path in it.
pub(crate) fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(dir: &Path, root: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, files);
            } else if let Ok(bytes) = fs::read(&path) {
                // A file that was there a moment ago may be a temporary one of a program under way.
                files.insert(path.strip_prefix(root).unwrap().into(), bytes);
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(dir, dir, &mut files);
    files
}

/// The two directories hold the same, byte for byte; says only which files differ.
pub(crate) fn assert_untouched(before: &BTreeMap<PathBuf, Vec<u8>>, dir: &Path) {
    let after = contents(dir);
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed: Vec<_> = names.into_iter().filter(|&name| before.get(name) != after.get(name)).collect();
    assert!(changed.is_empty(), "{} was changed: {changed:?}", dir.display());
}

/// What a finished run ends in, without what depends on the clock.
#[derive(PartialEq)]
pub(crate) struct Outcome {
    pub(crate) metrics: Vec<String>,
    result: serde_json::Value,
    policies: [Option<Vec<u8>>; 2],
}

impl Outcome {
    pub(crate) fn of(dir: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut result: serde_json::Value = serde_json::from_str(&read("result.json")).unwrap();
        result.as_object_mut().unwrap().retain(|key, _| !key.starts_with("time/"));
        Self {
            metrics: read("metrics.jsonl").lines().map(without_time).collect(),
            result,
            policies: ["final.policy", "best.policy"].map(|name| fs::read(dir.join(name)).ok()),
        }
    }
}

/// A line of metrics without its times, otherwise byte for byte: it is flat, and no key has a comma.
fn without_time(line: &str) -> String {
    let inside = line.strip_prefix('{').and_then(|line| line.strip_suffix('}')).expect("an object in a line");
    inside.split(',').filter(|member| !member.starts_with("\"time/")).collect::<Vec<_>>().join(",")
}

/// The two runs ended in the same numbers and left nothing else; names the first line that differs.
#[track_caller]
pub(crate) fn assert_same_numbers(a: &Path, b: &Path) {
    let (x, y) = (Outcome::of(a), Outcome::of(b));
    let names = format!("{} and {}", a.display(), b.display());
    for (i, (x, y)) in x.metrics.iter().zip(&y.metrics).enumerate() {
        assert_eq!(x, y, "{names}, line {} of the metrics", i + 1);
    }
    assert_eq!(x.metrics.len(), y.metrics.len(), "{names}: lines of metrics");
    assert!(x.metrics.len() >= 100, "{names}: only {} lines of metrics", x.metrics.len());
    assert!(x.result == y.result, "{names}: results differ");
    assert!(x.policies == y.policies, "{names}: policies differ");
    assert!(x.policies.iter().all(Option::is_some), "{names}: a policy is missing");
    let files = |dir| {
        contents(dir)
            .into_keys()
            .filter(|name| name.extension() != Some("svg".as_ref()) && name.extension() != Some("png".as_ref()))
            .collect::<Vec<_>>()
    };
    assert_eq!(files(a), files(b), "{names}: files");
}
