//! What a section works with: how large it runs, and the runs it has made.

use std::{cell::RefCell, path::PathBuf};

use anyhow::{Context, Result};
use gymkhana_envs::Registry;
use serde::Serialize;

use crate::{
    config::RunConfig,
    configure::tuned,
    interrupt::{self, Interrupted},
    launch::{self, Cell, Completed, Making},
    observe::Bars,
    plot::Series,
    threads,
};

/// How large a section runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the book's number is meant.
    Full,
    /// A quick look: fewer seeds and wider bands.
    Quick,
}

/// A section being run.
#[derive(Debug)]
pub struct Study<'a> {
    /// How large.
    pub scale: Scale,
    /// How many seeds, if it was said.
    pub seeds: Option<u64>,
    /// Where its runs are kept while it is not complete.
    pub runs: PathBuf,
    /// How runs are made.
    pub making: Making,
    /// Where progress is shown.
    pub bars: &'a Bars,
    trainings: RefCell<Vec<Training>>,
}

/// What was trained for a section: for the record.
#[derive(Clone, Debug, Serialize)]
pub struct Training {
    /// With which settings.
    pub config: RunConfig,
    /// And what came of it.
    pub seeds: Vec<Ended>,
}

/// How one seed ended.
#[derive(Clone, Debug, Serialize)]
pub struct Ended {
    /// The seed.
    pub seed: u64,
    /// Mean return of the final policy.
    pub return_mean: f64,
    /// Sample deviation of its episodes' returns.
    pub return_deviation: f64,
    /// Episodes that did not end by themselves.
    pub capped: usize,
    /// The greatest mean return of an evaluation on the way.
    pub best: Option<f64>,
}

impl Ended {
    fn of(made: &Completed) -> Self {
        let evaluation = &made.result.evaluation;
        Self {
            seed: made.seed,
            return_mean: evaluation.mean(),
            return_deviation: evaluation.deviation(),
            capped: evaluation.capped,
            best: made.result.best,
        }
    }
}

impl<'a> Study<'a> {
    /// Nothing trained yet; `seeds` instead of the section's own number, `runs` where its runs are kept.
    pub fn new(scale: Scale, seeds: Option<u64>, runs: PathBuf, making: Making, bars: &'a Bars) -> Self {
        Self { scale, seeds, runs, making, bars, trainings: RefCell::default() }
    }

    /// What was trained so far.
    pub fn trainings(&self) -> Vec<Training> {
        self.trainings.borrow().clone()
    }

    /// One of two values, by scale.
    pub fn pick<T>(&self, full: T, quick: T) -> T {
        match self.scale {
            Scale::Full => full,
            Scale::Quick => quick,
        }
    }

    /// How many seeds, unless it was said otherwise.
    pub fn seeds(&self, full: u64, quick: u64) -> u64 {
        self.seeds.unwrap_or_else(|| self.pick(full, quick))
    }

    /// Does the same for seeds 0, 1, …, as many at a time as there are jobs; gives what came of them, in order.
    ///
    /// # Errors
    /// The first that fails, or if the program is interrupted.
    pub fn repeat<T: Send>(&self, label: &str, seeds: u64, one: impl Fn(u64) -> Result<T> + Sync) -> Result<Vec<T>> {
        let bar = self.bars.count(label, seeds);
        let made = threads::each(seeds as usize, self.making.jobs, |seed| {
            if interrupt::wanted() {
                return Err(Interrupted { step: 0 }.into());
            }
            let made = one(seed as u64).with_context(|| format!("seed {seed}"));
            bar.tick();
            made
        });
        made.into_iter().collect::<Result<_>>().with_context(|| label.to_owned())
    }

    /// Trains an agent with its tuned settings on an environment with seeds 0, 1, …; `change` may change them.
    ///
    /// # Errors
    /// If one of the runs fails.
    pub fn train(
        &self,
        agent: &str,
        env: &str,
        seeds: u64,
        change: impl FnOnce(&mut RunConfig),
    ) -> Result<Vec<Completed>> {
        let envs = Registry::standard();
        let mut config = tuned(&envs, agent, env)?;
        change(&mut config);
        launch::check(&envs, &config)?;
        let dir = self.runs.join(format!("{agent}-{env}-{}", config.fingerprint()));
        let cells: Vec<Cell> = (0..seeds).map(|seed| Cell { seed, dir: dir.join(format!("seed-{seed}")) }).collect();
        let label = |cell: &Cell| format!("{agent} · {env} · seed {}", cell.seed);
        let made =
            launch::run_cells(&envs, &config, &cells, &self.making, |cell| self.bars.add(&label(cell), config.steps));
        let made: Vec<Completed> =
            made.into_iter().collect::<Result<_>>().with_context(|| format!("{agent} on {env}"))?;
        self.trainings.borrow_mut().push(Training { config, seeds: made.iter().map(Ended::of).collect() });
        Ok(made)
    }
}

/// The curve of a key over the seeds of a training: mean and 95 % band.
pub fn curve(label: &str, made: &[Completed], key: &str) -> Series {
    let runs: Vec<_> = made.iter().map(|made| made.history.curve(key)).collect();
    let label =
        if runs.len() > 1 { format!("{label} (mean of {} seeds, 95 % band)", runs.len()) } else { label.into() };
    Series::of_runs(label, &runs)
}
