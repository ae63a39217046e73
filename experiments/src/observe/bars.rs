//! Progress bars, on standard error; silent where that is no terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Observer, Record};

/// The bars of runs that go on at the same time.
#[derive(Debug, Default)]
pub struct Bars(MultiProgress);

/// The bar of one run: steps, speed, the last return, time left.
#[derive(Debug)]
pub struct RunBar {
    bar: ProgressBar,
    begun: bool,
}

impl Bars {
    /// No bars yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A bar for a run of that many steps.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn add(&self, label: &str, steps: u64) -> RunBar {
        let bar = self.0.add(ProgressBar::new(steps));
        let style = "{prefix} {bar:24.cyan/blue} {human_pos}/{human_len} steps · {per_sec} · {msg}{eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("a template"));
        bar.set_prefix(label.to_owned());
        bar.set_message("");
        RunBar { bar, begun: false }
    }
}

impl Observer for RunBar {
    fn progress(&mut self, step: u64) {
        if !self.begun {
            // A resumed run begins in the middle: its speed is not counted from step 0.
            self.bar.set_position(step);
            self.bar.reset_eta();
            self.begun = true;
        }
        self.bar.set_position(step);
    }

    fn record(&mut self, record: &Record) {
        let mean = |key: &str| record.get(key).map(|mean| format!("{mean:.1}"));
        let message = match (mean("eval/return_mean"), mean("rollout/return_mean")) {
            (Some(greedy), _) => format!("greedy return {greedy} · "),
            (None, Some(exploring)) => format!("return {exploring} · "),
            (None, None) => return,
        };
        self.bar.set_message(message);
    }
}

impl Drop for RunBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
