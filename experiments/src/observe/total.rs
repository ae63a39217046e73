//! How far many runs are: a bar for each that is under way and one for all; where standard error is no terminal, a line now
//! and then.

use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{Bars, Observer, Record, RunBar, bars::StepBar};

/// From one line to the next, where lines are written.
const EVERY: Duration = Duration::from_secs(10);

/// How far many runs are.
#[derive(Debug)]
pub struct Total {
    bars: Bars,
    bar: StepBar,
    lines: bool,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    runs: (usize, usize),
    steps: (u64, u64),
    /// of them taken in sittings before
    there: u64,
    last_line: Instant,
}

/// One of the runs.
#[derive(Debug)]
pub struct Part<'a> {
    total: &'a Total,
    bar: RunBar,
    /// its steps so far, as far as they were counted in this sitting, and all of them
    steps: (u64, u64),
    begun: bool,
}

impl Total {
    /// So many runs, of so many steps in all.
    pub fn new(runs: usize, steps: u64) -> Self {
        let bars = Bars::new();
        let bar = bars.steps(&format!("0 of {runs} runs"), steps);
        let (begun, lines) = (Instant::now(), !std::io::stderr().is_terminal());
        let state = State { runs: (0, runs), steps: (0, steps), there: 0, last_line: begun };
        Self { bars, bar, lines, begun, state: Mutex::new(state) }
    }

    /// A run of so many steps begins. When what is returned is dropped, it has ended.
    pub fn run(&self, label: &str, steps: u64) -> Part<'_> {
        Part { total: self, bar: self.bars.add(label, steps), steps: (0, steps), begun: false }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, steps: u64, ended: bool) {
        let mut state = self.state();
        state.steps.0 += steps;
        state.runs.0 += usize::from(ended);
        if ended {
            self.bar.label(&format!("{} of {} runs", state.runs.0, state.runs.1));
        }
        self.bar.set(state.steps.0);
        if self.lines && state.last_line.elapsed() >= EVERY {
            state.last_line = Instant::now();
            let line = line(state.runs, state.steps, state.there, self.begun.elapsed());
            // If nobody can be told, the work goes on.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

/// `12 of 360 runs · 34 % of the steps · 1m 5s, about 2m left`
fn line((done, runs): (usize, usize), (steps, all): (u64, u64), there: u64, passed: Duration) -> String {
    let part = steps as f64 / all.max(1) as f64;
    let taken = steps.saturating_sub(there) as f64;
    let left = if taken > 0.0 {
        format!(", about {} left", told(passed.mul_f64(all.saturating_sub(steps) as f64 / taken)))
    } else {
        String::new()
    };
    format!("{done} of {runs} runs · {:.0} % of the steps · {}{left}", 100.0 * part, told(passed))
}

fn told(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

impl Observer for Part<'_> {
    fn progress(&mut self, step: u64) {
        self.bar.progress(step);
        if !std::mem::replace(&mut self.begun, true) {
            // A resumed run begins in the middle: what it had counts for no speed.
            self.total.state().there += step;
        }
        self.total.advance(step.saturating_sub(self.steps.0), false);
        self.steps.0 = self.steps.0.max(step);
    }

    fn record(&mut self, record: &Record) {
        self.bar.record(record);
    }
}

impl Drop for Part<'_> {
    /// What is left of its steps will not be taken.
    fn drop(&mut self) {
        self.total.advance(self.steps.1.saturating_sub(self.steps.0), true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_steps_are_counted() {
        let total = Total::new(2, 300);
        let mut part = total.run("a", 100);
        part.progress(40);
        part.progress(30);
        assert_eq!(total.state().steps, (40, 300));
        drop(part);
        let state = total.state();
        assert_eq!((state.steps, state.runs), ((100, 300), (1, 2)));
    }

    #[test]
    fn lines_say_how_far_it_is() {
        let minute = Duration::from_mins(1);
        assert_eq!(
            line((12, 360), (100, 400), 0, minute),
            "12 of 360 runs · 25 % of the steps · 1m 00s, about 3m 00s left"
        );
        assert_eq!(line((0, 3), (0, 400), 0, minute / 2), "0 of 3 runs · 0 % of the steps · 30s");
        assert_eq!(told(Duration::from_mins(182)), "3h 02m");
    }
}
