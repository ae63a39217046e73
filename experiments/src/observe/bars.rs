//! Progress bars, on standard error; silent where that is no terminal.

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::{Observer, Record};

/// The bars of runs that go on at the same time; or one bar for all that is done, which says what is done now.
#[derive(Debug, Default)]
pub struct Bars {
    all: MultiProgress,
    overall: Option<ProgressBar>,
}

/// A bar that counts parts of some work.
#[derive(Debug)]
pub struct CountBar {
    bar: ProgressBar,
    /// what it is told where there is one bar for everything
    overall: Option<(ProgressBar, String)>,
}

/// A bar that counts the steps of many runs together.
#[derive(Debug)]
pub struct StepBar(ProgressBar);

/// The bar of one run: steps, speed, the last return, time left.
#[derive(Debug)]
pub struct RunBar {
    bar: ProgressBar,
    begun: bool,
    greedy: bool,
}

/// A label beside a bar is cut to this width.
const LONGEST: usize = 40;

/// Whether a terminal has no room for a bar beside what is said of a run.
fn narrow() -> bool {
    console::Term::stderr().size().1 < 90
}

impl Bars {
    /// No bars yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what is left of the bars from the screen, before something else is written there.
    pub fn clear(&self) {
        let _ = self.all.clear(); // a terminal that cannot be written to shows no bars either
    }

    /// One bar for `parts` parts of a whole; the bars of what is done for it are not shown.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn overall(parts: usize) -> Self {
        let bar = ProgressBar::new(parts as u64);
        let style = "{wide_bar:.cyan/blue} {pos} of {len} · {msg} · {elapsed}";
        bar.set_style(ProgressStyle::with_template(style).expect("a template"));
        bar.enable_steady_tick(std::time::Duration::from_millis(500));
        Self { all: MultiProgress::new(), overall: Some(bar) }
    }

    /// Says what part of the whole is done now.
    pub fn part(&self, name: &str) {
        if let Some(overall) = &self.overall {
            overall.set_message(name.to_owned());
        }
    }

    /// A part of the whole is done.
    pub fn part_done(&self) {
        if let Some(overall) = &self.overall {
            overall.inc(1);
        }
    }

    /// Writes something above the bars, by `write`.
    pub fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.overall {
            Some(overall) => overall.suspend(write),
            None => self.all.suspend(write),
        }
    }

    fn new_bar(&self, length: u64) -> ProgressBar {
        if self.overall.is_some() { ProgressBar::hidden() } else { self.all.add(ProgressBar::new(length)) }
    }

    /// A bar for some work in `parts` parts.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn count(&self, label: &str, parts: u64) -> CountBar {
        let bar = self.new_bar(parts);
        let style = "{prefix} {wide_bar:.cyan/blue} {pos} of {len} · {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("a template"));
        bar.set_prefix(label.to_owned());
        bar.set_length(parts);
        let overall = self.overall.as_ref().map(|overall| (overall.clone(), overall.message()));
        CountBar { bar, overall }
    }

    /// A bar for the steps of many runs.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn steps(&self, label: &str, steps: u64) -> StepBar {
        let bar = self.new_bar(steps);
        let style = "{prefix} {wide_bar:.green/blue} {percent:>3} % · {elapsed}, about {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("a template"));
        bar.set_prefix(label.to_owned());
        StepBar(bar)
    }

    /// A bar for a run of that many steps.
    #[expect(clippy::missing_panics_doc, reason = "the template is a constant")]
    pub fn add(&self, label: &str, steps: u64) -> RunBar {
        let bar = self.new_bar(steps);
        // The bar takes what width is left, so that the line does not break on a narrow terminal.
        let style = if narrow() {
            "{prefix} {percent:>3} % · {msg}{eta} left"
        } else {
            "{prefix} {wide_bar:.cyan/blue} {percent:>3} % · {speed} steps/s · {msg}{eta} left"
        };
        let speed = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
            let _ = write!(to, "{}", HumanCount(state.per_sec() as u64));
        };
        bar.set_style(ProgressStyle::with_template(style).expect("a template").with_key("speed", speed));
        bar.set_prefix(console::truncate_str(label, LONGEST, "…").into_owned());
        bar.set_message("");
        RunBar { bar, begun: false, greedy: false }
    }
}

impl StepBar {
    /// So many steps have been taken.
    pub fn set(&self, steps: u64) {
        self.0.set_position(steps);
    }

    /// What is counted.
    pub fn label(&self, label: &str) {
        self.0.set_prefix(label.to_owned());
    }
}

impl Drop for StepBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl CountBar {
    /// One part is done.
    pub fn tick(&self) {
        self.bar.inc(1);
        if let Some((overall, name)) = &self.overall {
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            overall.set_message(format!("{name} · {done}/{all}"));
        }
    }
}

impl Drop for CountBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some((overall, name)) = &self.overall {
            overall.set_message(name.clone());
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Some(overall) = &self.overall {
            overall.finish_and_clear();
        }
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
