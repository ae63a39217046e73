//! The training loop: act, step, learn, tell. One for all agents, tabular and deep, by name and by type.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use gymkhana_agents::{Agent, Metrics, Mode, round, schedule::times};
use gymkhana_envs::{Batch, Elem, Rng, State, Transitions};
use serde::{Deserialize, Serialize};

use crate::{
    config::RunConfig,
    evaluate::evaluate,
    interrupt::{self, Interrupted},
    observe::{History, Observer, Pace, Record},
    store::{
        Found, Manifest, Monitor, RunDir, RunResult,
        monitor::MONITOR,
        run_dir::{BEST_POLICY, FINAL_POLICY, SavedState},
    },
    streams::Streams,
    usage::Usage,
};

/// Where a run happens.
pub struct Worlds<'a, O, A> {
    /// The lanes that are learned in.
    pub training: &'a mut dyn Batch<O = O, A = A>,
    /// Others, for evaluation during the run.
    pub evaluation: &'a mut dyn Batch<O = O, A = A>,
    /// Others, for the evaluation after it.
    pub final_evaluation: &'a mut dyn Batch<O = O, A = A>,
}

impl<O: Elem, A: Elem> std::fmt::Debug for Worlds<'_, O, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worlds").field("spec", self.training.spec()).finish_non_exhaustive()
    }
}

/// Where a run is kept, and what it goes on from.
#[derive(Debug, Default)]
pub struct Keeping {
    /// Its directory; none: nothing is written.
    pub dir: Option<RunDir>,
    /// The checkpoint that it goes on from.
    pub state: Option<State>,
    /// The metrics up to there.
    pub history: History,
    /// From one checkpoint to the next.
    pub checkpoint_every: Duration,
    /// Whether every training episode is kept too.
    pub monitor: bool,
}

impl Keeping {
    /// In a directory: goes on with what was found there if that was interrupted, else begins.
    ///
    /// # Errors
    /// If it cannot be written, or what is there is damaged.
    pub fn open(path: &Path, found: &Found, manifest: Manifest, checkpoint_every: Duration) -> Result<Self> {
        if let Found::Interrupted(_) = found {
            let (dir, state, history) = RunDir::resume(path)?;
            return Ok(Self { dir: Some(dir), state, history, checkpoint_every, monitor: false });
        }
        Ok(Self { dir: Some(RunDir::create(path, manifest)?), checkpoint_every, ..Self::default() })
    }

    /// Where every training episode is kept, if that is wanted or was begun; `episodes` of them are there.
    fn open_monitor(&self, env: &str, episodes: u64) -> Result<Option<Monitor>> {
        let Some(dir) = &self.dir else { return Ok(None) };
        let path = dir.path().join(MONITOR);
        Ok(match (path.exists(), self.monitor) {
            (false, false) => None,
            (_, _) if episodes == 0 => Some(Monitor::create(&path, env, now())?),
            (false, true) => {
                let dir = dir.path().display();
                bail!(Usage(format!("the run in {dir} was begun without `--monitor`: it can go on only without")))
            }
            (true, _) => Some(Monitor::resume(&path, episodes).with_context(|| {
                format!("the run in {} cannot go on; to start it again, delete that directory", dir.path().display())
            })?),
        })
    }
}

/// Seconds since 1970, for those who read a run beside others.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// All of a run that changes, beside agent and lanes.
#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    step: u64,
    rng: Rng,
    rollout: Rollout,
    log: Metrics,
    evaluations: usize,
    best: Option<f64>,
    reached: bool,
    /// the next line of metrics as far as it is known, and whether an evaluation belongs to it
    line: Option<(u64, BTreeMap<String, f64>, bool)>,
    elapsed: Duration,
}

/// Training episodes since the last line of metrics.
#[derive(Debug, Serialize, Deserialize)]
struct Rollout {
    /// per lane, of the running episode
    sum: Vec<f64>,
    length: Vec<u32>,
    /// returns and lengths of those that ended since the last line
    ended: VecDeque<(f64, u32)>,
    episodes: u64,
}

impl Rollout {
    fn new(lanes: usize) -> Self {
        Self { sum: vec![0.0; lanes], length: vec![0; lanes], ended: VecDeque::new(), episodes: 0 }
    }

    fn begin_anew(&mut self) {
        self.sum.fill(0.0);
        self.length.fill(0);
    }

    fn see<O: Elem, A: Elem>(&mut self, seen: &Transitions<'_, O, A>) {
        for i in 0..seen.lanes() {
            self.sum[i] += seen.earned[i];
            self.length[i] += 1;
            if seen.ended(i) {
                self.ended.push_back((self.sum[i], self.length[i]));
                (self.sum[i], self.length[i]) = (0.0, 0);
                self.episodes += 1;
            }
        }
    }

    fn take(&mut self, record: &mut Record) {
        record.put("rollout/episodes", self.episodes as f64);
        if !self.ended.is_empty() {
            let n = self.ended.len() as f64;
            record.put("rollout/return_mean", self.ended.iter().map(|(sum, _)| sum).sum::<f64>() / n);
            record.put("rollout/length_mean", self.ended.iter().map(|(_, length)| f64::from(*length)).sum::<f64>() / n);
            self.ended.clear();
        }
    }
}

/// Trains `agent`, evaluates it, and keeps what is to be kept.
///
/// # Errors
/// If learning diverges, an environment breaks its contract, something cannot be written, or the run is interrupted
/// ([`Interrupted`]), after which it resumes.
pub fn run<'a, O: Elem, A: Elem>(
    config: &'a RunConfig,
    seed: u64,
    worlds: Worlds<'a, O, A>,
    agent: &'a mut dyn Agent<O, A>,
    keeping: Keeping,
    observer: &mut dyn Observer,
) -> Result<(RunResult, History)> {
    let mut run = Run::begin(config, Streams::new(seed), worlds, agent, keeping)?;
    let (mut last_checkpoint, mut pause) = (Instant::now(), run.keeping.checkpoint_every);
    let mut act = vec![A::default(); run.worlds.training.lanes() * run.worlds.training.spec().actions.width()];
    let mut pace = Pace::new();

    let ended = loop {
        // A line of metrics that waits for its evaluation comes first, also in a run that was interrupted there.
        match run.complete_line() {
            Ok(Some(record)) => observer.record(&record),
            Ok(None) => {}
            Err(error) => break Err(error),
        }
        if run.progress.step >= config.steps || run.progress.reached {
            break run.finish();
        }
        if interrupt::wanted() {
            break Err(Interrupted { step: run.progress.step }.into());
        }
        if let Err(error) = run.iterate(&mut act) {
            break Err(error);
        }
        if pace.due() {
            observer.progress(run.progress.step);
            if last_checkpoint.elapsed() >= pause {
                let begun = Instant::now();
                if let Err(error) = run.checkpoint() {
                    break Err(error);
                }
                last_checkpoint = Instant::now();
                // A large memory takes its time: no more than a twentieth of the run's.
                if !pause.is_zero() {
                    pause = pause.max(20 * begun.elapsed());
                }
            }
        }
    };
    observer.progress(run.progress.step);
    let ended = ended.or_else(|error| {
        if error.is::<Interrupted>() {
            run.checkpoint()?;
            return Err(Interrupted { step: run.progress.step }.into());
        }
        Err(error)
    });
    match ended {
        Err(error) if error.is::<gymkhana_agents::Error>() => Err(run.told(error)),
        Err(error) => Err(error),
        Ok(result) => Ok((result, run.keeping.history)),
    }
}

/// A run under way.
struct Run<'a, O, A> {
    config: &'a RunConfig,
    streams: Streams,
    worlds: Worlds<'a, O, A>,
    agent: &'a mut dyn Agent<O, A>,
    keeping: Keeping,
    progress: Progress,
    /// when this sitting began, and how long the ones before it were
    sitting: (Instant, Duration),
    /// steps and time of the last line of metrics, for the speed since
    last_line: (u64, Duration),
    /// the step of the checkpoint that is kept, if there is one
    kept: Option<u64>,
    monitor: Option<Monitor>,
    /// training episodes that are yet to be kept: returns, lengths, and seconds since the run began
    episodes: Vec<(f64, u32, f64)>,
}

impl<'a, O: Elem, A: Elem> Run<'a, O, A> {
    fn begin(
        config: &'a RunConfig,
        streams: Streams,
        worlds: Worlds<'a, O, A>,
        agent: &'a mut dyn Agent<O, A>,
        mut keeping: Keeping,
    ) -> Result<Self> {
        let resumed = keeping.state.is_some();
        let progress = if let Some(state) = keeping.state.take() {
            let (mut progress, agent_state, lanes): (Progress, State, State) =
                state.get().context("the checkpoint is of another version of gymkhana")?;
            agent.set_state(&agent_state).context("the checkpoint is of another agent")?;
            worlds.training.set_state(&lanes).context("the checkpoint is of another environment")?;
            if !worlds.training.resumes_exactly() {
                progress.rollout.begin_anew(); // its lanes are at the start of an episode
            }
            progress
        } else {
            worlds.training.reset(&streams.lanes())?;
            Progress {
                step: 0,
                rng: streams.agent(),
                rollout: Rollout::new(worlds.training.lanes()),
                log: Metrics::default(),
                evaluations: 0,
                best: None,
                reached: false,
                // A learning curve begins with the untrained policy.
                line: (config.evaluation.every > 0).then(|| (0, BTreeMap::new(), true)),
                elapsed: Duration::ZERO,
            }
        };
        let last_line = (progress.step, progress.elapsed);
        let sitting = (Instant::now(), progress.elapsed);
        let kept = resumed.then_some(progress.step);
        let monitor = keeping.open_monitor(&config.env, progress.rollout.episodes)?;
        let episodes = Vec::new();
        Ok(Self { config, streams, worlds, agent, keeping, progress, sitting, last_line, kept, monitor, episodes })
    }

    /// One step of every lane; begins a line of metrics where one is due.
    fn iterate(&mut self, act: &mut [A]) -> Result<()> {
        let Self { worlds: Worlds { training, .. }, agent, progress, config, .. } = self;
        round(*agent, *training, act, &mut progress.rng, &mut progress.log)?;
        let seen = training.seen(act);
        let known = progress.rollout.ended.len();
        progress.rollout.see(&seen);

        let before = progress.step;
        progress.step += seen.lanes() as u64;
        let last = progress.step >= config.steps;
        if self.monitor.is_some() && progress.rollout.ended.len() > known {
            let seconds = (self.sitting.1 + self.sitting.0.elapsed()).as_secs_f64();
            let ended = progress.rollout.ended.range(known..);
            self.episodes.extend(ended.map(|(earned, length)| (*earned, *length, seconds)));
        }
        let passes = |interval: u64| interval > 0 && (last || times(before, progress.step, interval) > 0);
        let (line, evaluation) = (passes(config.log_every), passes(config.evaluation.every));
        if line || evaluation {
            let mut record = Record::default();
            progress.rollout.take(&mut record);
            for (key, value) in progress.log.take() {
                record.put(key, value);
            }
            training.measure(&mut |key, value| record.put(key, value));
            progress.line = Some((progress.step, record.values, evaluation));
        }
        Ok(())
    }

    /// Completes and keeps the line of metrics that was begun, if one was. Interrupted in its evaluation, it stays.
    fn complete_line(&mut self) -> Result<Option<Record>> {
        let Some((step, values, evaluation)) = self.progress.line.clone() else { return Ok(None) };
        let mut record = Record { step, values };
        if evaluation {
            self.evaluate(&mut record)?;
        }
        self.progress.line = None;
        self.keep_episodes()?;
        self.add_time(&mut record);
        if let Some(dir) = &mut self.keeping.dir {
            dir.append(&record)?;
        }
        self.keeping.history.0.push(record.clone());
        Ok(Some(record))
    }

    fn keep_episodes(&mut self) -> Result<()> {
        let Some(monitor) = &mut self.monitor else { return Ok(()) };
        monitor.append(&self.episodes)?;
        self.episodes.clear();
        Ok(())
    }

    fn evaluate(&mut self, record: &mut Record) -> Result<()> {
        self.agent.check()?;
        let (seeds, mut rng) = self.streams.evaluation(self.progress.evaluations);
        let mut policy = self.agent.policy(Mode::Greedy);
        self.worlds.evaluation.set_statistics(&self.worlds.training.statistics())?;
        let own_limit = self.worlds.training.spec().time_limit;
        let episodes = self.config.evaluation.episodes;
        let evaluation = evaluate(self.worlds.evaluation, &mut *policy, episodes, own_limit, &seeds, &mut rng)?;
        self.progress.evaluations += 1;
        let mean = evaluation.mean();
        record.put("eval/return_mean", mean);
        record.put("eval/return_deviation", evaluation.deviation());
        record.put("eval/length_mean", evaluation.mean_length());
        record.put("eval/capped", evaluation.capped as f64);
        if self.progress.best.is_none_or(|best| mean > best) {
            self.progress.best = Some(mean);
            if let Some(dir) = &self.keeping.dir {
                dir.write_policy(BEST_POLICY, &self.policy())?;
            }
        }
        self.progress.reached = self.config.until.is_some_and(|until| mean >= until);
        Ok(())
    }

    /// The policy, with the statistics that its wrappers have gathered: without them it would see other observations.
    fn policy(&self) -> SavedState {
        SavedState { policy: self.agent.policy_state(), statistics: self.worlds.training.statistics() }
    }

    /// Seconds so far, all sittings together.
    fn elapsed(&self) -> Duration {
        self.sitting.1 + self.sitting.0.elapsed()
    }

    fn add_time(&mut self, record: &mut Record) {
        let (step, elapsed) = (self.progress.step, self.elapsed());
        let seconds = elapsed.saturating_sub(self.last_line.1).as_secs_f64();
        record.put("time/elapsed", elapsed.as_secs_f64());
        record.put("time/steps_per_second", (step - self.last_line.0) as f64 / seconds);
        self.last_line = (step, elapsed);
    }

    /// Writes a checkpoint over the one before, unless the agent's parameters are no longer finite.
    fn checkpoint(&mut self) -> Result<()> {
        self.keep_episodes()?;
        self.progress.elapsed = self.elapsed();
        let Some(dir) = &self.keeping.dir else { return Ok(()) };
        self.agent.check()?;
        if let Some(monitor) = &self.monitor {
            monitor.sync()?; // it must not be shorter than the checkpoint says
        }
        dir.checkpoint(&State::of(&(&self.progress, self.agent.state(), self.worlds.training.state())))?;
        self.kept = Some(self.progress.step);
        Ok(())
    }

    /// An error of the agent, with what is kept of its run.
    fn told(&self, error: anyhow::Error) -> anyhow::Error {
        let Some(dir) = &self.keeping.dir else { return error };
        let checkpoint = self.kept.map(|step| format!("the checkpoint of step {step}"));
        let best = self.progress.best.map(|mean| format!("the policy of the best evaluation (mean return {mean:.2})"));
        let kept: Vec<_> = checkpoint.into_iter().chain(best).collect();
        let kept = if kept.is_empty() { "no checkpoint".into() } else { kept.join(" and ") };
        error.context(format!("{} keeps {kept}", dir.path().display()))
    }

    fn finish(&mut self) -> Result<RunResult> {
        self.agent.check()?;
        let (seeds, mut rng) = self.streams.final_evaluation();
        let mut policy = self.agent.policy(Mode::Greedy);
        self.worlds.final_evaluation.set_statistics(&self.worlds.training.statistics())?;
        let own_limit = self.worlds.training.spec().time_limit;
        let episodes = self.config.evaluation.final_episodes;
        let evaluation = evaluate(self.worlds.final_evaluation, &mut *policy, episodes, own_limit, &seeds, &mut rng)?;
        let result = RunResult {
            steps: self.progress.step,
            episodes: self.progress.rollout.episodes,
            reached: self.progress.reached,
            best: self.progress.best,
            evaluation,
            elapsed: self.elapsed().as_secs_f64(),
        };
        if let Some(dir) = &self.keeping.dir {
            dir.write_policy(FINAL_POLICY, &self.policy())?;
            self.monitor.as_ref().map_or(Ok(()), Monitor::sync)?;
            dir.finish(&result)?;
        }
        Ok(result)
    }
}
