//! Progress bars, on standard error; silent where that is no terminal.

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::{Observer, Record};

/// The bars of runs that go on at the same time.
#[derive(Debug, Default)]
pub struct Bars(MultiProgress);

/// The bar of one run: steps, speed, the last return, time left.
#[derive(Debug)]
pub struct RunBar {
    bar: ProgressBar,
    begun: bool,
    greedy: bool,
}

impl Bars {
    /// No bars yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what is left of the bars from the screen, before something else is written there.
    pub fn clear(&self) {
        let _ = self.0.clear(); // a terminal that cannot be written to shows no bars either
    }

    /// A bar for a run of that many steps.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn add(&self, label: &str, steps: u64) -> RunBar {
        let bar = self.0.add(ProgressBar::new(steps));
        // The bar takes what width is left, so that the line does not break on a narrow terminal.
        let style = "{prefix} {wide_bar:.cyan/blue} {percent:>3} % · {speed} steps/s · {msg}{eta} left";
        let speed = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
            let _ = write!(to, "{}", HumanCount(state.per_sec() as u64));
        };
        bar.set_style(ProgressStyle::with_template(style).expect("a template").with_key("speed", speed));
        bar.set_prefix(label.to_owned());
        bar.set_message("");
        RunBar { bar, begun: false, greedy: false }
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
        // Once there is a greedy return it alone is shown: two quantities in one place would seem to jump.
        let shown = mean("eval/return_mean");
        self.greedy |= shown.is_some();
        let shown = shown.or_else(|| mean("rollout/return_mean").filter(|_| !self.greedy));
        if let Some(shown) = shown {
            self.bar.set_message(format!("return {shown} · "));
        }
    }
}

impl Drop for RunBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
