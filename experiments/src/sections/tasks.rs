//! What the sections on deep agents share: tasks of classic control, the bars that their agents are held to, and what came of
//! training them.

use anyhow::Result;

use super::{Check, Scale, Source, Study, Table, Target, check::number, study::curve};
use crate::{
    launch::Completed,
    plot::{Panel, Reference},
    stats,
};

/// An agent on a task, and the bar that its final policies are held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) agent: &'static str,
    /// What the agent is called in figures.
    pub(super) name: &'static str,
    pub(super) env: &'static str,
    /// What the interquartile mean over ten seeds must reach.
    pub(super) bar: f64,
    /// How many of ten seeds must be at least what.
    pub(super) above: Option<(u64, f64)>,
    /// What others have reached.
    pub(super) peer: &'static str,
    /// How many seeds are trained with `--quick`.
    pub(super) quick: u64,
    /// Lowest and highest return that is drawn.
    pub(super) range: (f64, f64),
    /// Settings that differ from the tuned ones.
    pub(super) settings: &'static [(&'static str, &'static str)],
}

/// A task and the runs that were made of it.
pub(super) struct Trained {
    pub(super) task: &'static Task,
    pub(super) made: Vec<Completed>,
    steps: u64,
}

/// Trains on those of the tasks that have seeds at this scale.
pub(super) fn train(study: &Study<'_>, tasks: &'static [Task]) -> Result<Vec<Trained>> {
    let mut all = Vec::new();
    for task in tasks {
        let seeds = study.seeds(10, task.quick);
        if seeds > 0 {
            let mut steps = 0;
            let made = study.train(task.agent, task.env, seeds, |config| {
                steps = config.steps;
                let changed = task.settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
                config.agent_settings.extend(changed);
            })?;
            all.push(Trained { task, made, steps });
        }
    }
    Ok(all)
}

impl Trained {
    pub(super) fn returns(&self) -> Vec<f64> {
        self.made.iter().map(|made| made.result.evaluation.mean()).collect()
    }

    pub(super) fn checks(&self, study: &Study<'_>) -> Vec<Check> {
        let Task { name, env, bar, above, peer, .. } = *self.task;
        let (returns, seeds) = (self.returns(), self.made.len() as u64);
        let at = format!("{seeds} seeds, greedy after {} steps", self.steps);
        let check = |what: &str, measured, target| Check {
            name: format!("{name} on {env}: {what} of {at}"),
            measured,
            target: Target::AtLeast(target),
            source: Source::Peer,
            from: peer.into(),
        };
        let mut checks = Vec::new();
        if let Some((of_ten, least)) = above {
            let reached = returns.iter().filter(|&&mean| mean >= least).count();
            // Of two seeds one may be the one in ten that is worse.
            let wanted = study.pick((of_ten * seeds).div_ceil(10), seeds.div_ceil(2));
            checks.push(check(&format!("seeds of at least {}", number(least)), reached as f64, wanted as f64));
        }
        if study.scale == Scale::Full {
            checks.push(check("interquartile mean", stats::interquartile_mean(&returns), bar));
        }
        checks
    }

    pub(super) fn table(&self) -> Table {
        let row = |made: &Completed| {
            let evaluation = &made.result.evaluation;
            let best = made.result.best.map_or_else(String::new, |best| format!("{best:.1}"));
            let deviation = number(evaluation.deviation().round());
            vec![made.seed.to_string(), format!("{:.1}", evaluation.mean()), deviation, best]
        };
        let Task { name, env, .. } = self.task;
        Table {
            title: format!("{name} on {env} after {} steps, greedy, 100 episodes each", self.steps),
            header: ["seed", "final return", "deviation", "best on the way"].map(String::from).into(),
            rows: self.made.iter().map(row).collect(),
        }
    }

    /// Its learning curve.
    pub(super) fn panel(&self) -> Panel {
        Panel {
            title: self.task.env.into(),
            x_label: "environment steps".into(),
            y_label: "greedy return".into(),
            series: vec![curve(self.task.name, &self.made, "eval/return_mean")],
            references: vec![Reference { label: "bar of the interquartile mean".into(), y: self.task.bar }],
            y_range: Some(self.task.range),
            ..Panel::default()
        }
    }

    pub(super) fn conclusion(&self) -> String {
        let returns = self.returns();
        let worst = returns.iter().copied().fold(f64::INFINITY, f64::min);
        format!(
            "{} on {}: the interquartile mean of {} seeds is {:.1}, their mean {:.1}, the worst {worst:.1}.",
            self.task.name,
            self.task.env,
            returns.len(),
            stats::interquartile_mean(&returns),
            stats::mean(&returns),
        )
    }
}
