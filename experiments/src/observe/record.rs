//! Lines of metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// One line of metrics: what was measured since the line before. Keys are `rollout/…` (training episodes that ended),
/// `train/…` (the agent's own), `eval/…` (greedy evaluation) and `time/…` (all that depends on the clock, and nothing
/// else does). A key is left out where nothing was measured; `rollout/episodes` alone counts from the start.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    /// Environment steps so far.
    pub step: u64,
    /// The measured values.
    #[serde(flatten)]
    pub values: BTreeMap<String, f64>,
}

impl Record {
    /// Adds a value, unless it is not finite, which JSON cannot say.
    pub fn put(&mut self, key: &str, value: f64) {
        if value.is_finite() {
            self.values.insert(key.to_owned(), value);
        }
    }

    /// The value of a key, if this line has it.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.values.get(key).copied()
    }

    /// The line as JSON, with a line break.
    #[expect(clippy::missing_panics_doc, reason = "JSON can say names and finite numbers")]
    pub fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("numbers and names");
        line.push('\n');
        line
    }

    /// The line without what depends on the clock.
    pub fn without_time(mut self) -> Self {
        self.values.retain(|key, _| !key.starts_with("time/"));
        self
    }
}

/// All lines of a run.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct History(pub Vec<Record>);

impl History {
    /// The curve of a key: steps and values, where it was measured.
    pub fn curve(&self, key: &str) -> (Vec<f64>, Vec<f64>) {
        self.0.iter().filter_map(|record| Some((record.step as f64, record.get(key)?))).unzip()
    }
}

/// Reads lines of JSON, or of each what a type takes of it; an unfinished last one, as a kill leaves it, is left out.
///
/// # Errors
/// The first line that is none, counted from 1.
pub fn lines<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, (usize, serde_json::Error)> {
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    whole.lines().enumerate().map(|(i, line)| serde_json::from_str(line).map_err(|e| (i + 1, e))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_and_read_again_bit_for_bit() {
        let mut record = Record { step: 7, ..Record::default() };
        record.put("train/loss", 0.1 + 0.2);
        record.put("time/elapsed", 1.5);
        record.put("train/nothing", f64::NAN);
        let line = record.to_line();
        assert_eq!(line, "{\"step\":7,\"time/elapsed\":1.5,\"train/loss\":0.30000000000000004}\n");
        let history = History(lines(&format!("{line}{}", &line[..9])).unwrap());
        assert_eq!(history.0, [record.clone()]);
        assert_eq!(history.curve("train/loss"), (vec![7.0], vec![0.1 + 0.2]));
        assert_eq!(record.without_time().values.len(), 1);
        assert_eq!(lines::<Record>("{\"step\":1}\nnonsense\n").unwrap_err().0, 2);
    }
}
