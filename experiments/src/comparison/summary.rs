//! What a comparison found, as plain data: all that its figures, its pages and its tables are drawn from.

use serde::{Deserialize, Serialize};

pub use crate::stats::Interval;
use crate::{plot::Series, stats, store::manifest::Program};

/// What a comparison found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// What was compared, in a few words.
    pub title: String,
    /// The command that makes it.
    pub command: String,
    /// The program that made it.
    pub program: Program,
    /// Other programs that have made runs of it.
    pub others: Vec<Program>,
    /// The machine it was made on.
    pub machine: String,
    /// How many seeds each agent has on each environment, unless some failed.
    pub seeds: u64,
    /// The agents, in the order of their colours.
    pub agents: Vec<Contender>,
    /// The environments.
    pub envs: Vec<Arena>,
    /// Every run: agent by agent, environment by environment, seed by seed.
    pub cells: Vec<CellScore>,
    /// The score of each agent (row) on each environment (column), where it has one.
    pub scores: Vec<Vec<Option<Spread>>>,
    /// Learning curves, agent by agent, environment by environment.
    pub curves: Vec<Curve>,
    /// Aggregates of normalised scores, one of each kind.
    pub aggregates: Vec<Aggregate>,
    /// The part of runs that reach a normalised score, over scores: a curve with a band per agent, labelled by it.
    pub profiles: Vec<Series>,
    /// The interquartile mean of normalised scores over the steps, as a part of those that every agent has: a curve with a
    /// band per agent.
    pub efficiency: Vec<Series>,
    /// How probable it is that a run of one agent is better than a run of another, for every pair.
    pub improvements: Vec<Improvement>,
    /// Differences seed by seed, for every pair on every environment where they share seeds.
    pub paired: Vec<Paired>,
    /// How the score depends on each setting that was swept; empty in a comparison.
    pub sensitivity: Vec<Sensitivity>,
}

impl Summary {
    /// What a reader has to know first: what is missing, mixed or not shown.
    pub fn remarks(&self) -> Vec<String> {
        let programs = self.others.iter().map(|it| format!("{} (commit {}, {})", it.version, it.commit, it.platform));
        let programs: Vec<String> = programs.collect();
        let mixed =
            (!programs.is_empty()).then(|| format!("Runs were also made by gymkhana {}", programs.join(" and ")));
        let alone =
            (self.seeds == 1).then(|| "One seed says nothing of how sure a number is: intervals have no width".into());
        self.unfinished().into_iter().chain(mixed).chain(alone).collect()
    }

    /// The interquartile mean of an agent's normalised scores, if it has runs on every environment.
    pub fn interquartile_mean(&self, agent: usize) -> Option<Interval> {
        let name = stats::Aggregate::InterquartileMean.name();
        self.aggregates.iter().find(|aggregate| aggregate.name == name)?.intervals[agent]
    }

    /// The same of so many agents, those of the greatest interquartile means, if there are more.
    pub fn of_the_best(&self, most: usize) -> Option<Self> {
        if self.agents.len() <= most {
            return None;
        }
        let worth = |agent: usize| self.interquartile_mean(agent).map_or(f64::NEG_INFINITY, |interval| interval.point);
        let mut order: Vec<usize> = (0..self.agents.len()).collect();
        order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)));
        order.truncate(most);
        order.sort_unstable();
        let place = |agent: usize| order.iter().position(|kept| *kept == agent);
        let labels: Vec<&str> = order.iter().map(|&agent| self.agents[agent].label.as_str()).collect();
        let bands = |all: &[Series]| all.iter().filter(|it| labels.contains(&it.label.as_str())).cloned().collect();
        let pick = |aggregate: &Aggregate| {
            let intervals = order.iter().map(|&agent| aggregate.intervals[agent]).collect();
            Aggregate { intervals, ..aggregate.clone() }
        };
        let left_out = self.agents.len() - order.len();
        Some(Self {
            title: format!("{} (the best {most}, and {left_out} more in scores.csv)", self.title),
            agents: order.iter().map(|&agent| self.agents[agent].clone()).collect(),
            cells: self
                .cells
                .iter()
                .filter_map(|it| Some(CellScore { agent: place(it.agent)?, ..it.clone() }))
                .collect(),
            scores: order.iter().map(|&agent| self.scores[agent].clone()).collect(),
            curves: self.curves.iter().filter_map(|it| Some(Curve { agent: place(it.agent)?, ..it.clone() })).collect(),
            aggregates: self.aggregates.iter().map(pick).collect(),
            profiles: bands(&self.profiles),
            efficiency: bands(&self.efficiency),
            improvements: Vec::new(),
            paired: Vec::new(),
            ..self.clone()
        })
    }

    /// How many runs are done, where that is not all of them.
    fn unfinished(&self) -> Option<String> {
        let (done, all) = (self.cells.iter().filter(|cell| cell.score.is_some()).count(), self.cells.len());
        (done < all).then(|| {
            format!(
                "{done} of {all} runs are done: the others count nowhere, and aggregates over unequal numbers of seeds are \
                 not balanced"
            )
        })
    }
}

/// An agent with its settings, under its label.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contender {
    /// What it is called here.
    pub label: String,
    /// The agent's name in the registry.
    pub agent: String,
    /// Its settings on each environment that it is run on: environment, and a line for each setting that is not the
    /// agent's default.
    pub settings: Vec<(String, Vec<String>)>,
}

/// An environment, and the scores that count as 0 and as 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arena {
    /// Its id.
    pub id: String,
    /// The return that counts as 0.
    pub low: f64,
    /// The return that counts as 1.
    pub high: f64,
    /// Where the two come from, in words.
    pub source: String,
}

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CellScore {
    /// Its number.
    pub cell: usize,
    /// Which of the agents.
    pub agent: usize,
    /// Which of the environments.
    pub env: usize,
    /// Its seed.
    pub seed: u64,
    /// The greedy mean return of its final policy; nothing where it failed or is not done.
    pub score: Option<f64>,
    /// What it failed of, if it failed.
    pub error: Option<String>,
}

/// Scores of several seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many.
    pub seeds: usize,
    /// Their mean.
    pub mean: f64,
    /// Half the width of the 95 % interval of the mean (Student's t).
    pub half: f64,
    /// The mean of the middle half.
    pub interquartile_mean: f64,
    /// The least.
    pub worst: f64,
    /// The greatest.
    pub best: f64,
    /// The mean of the normalised scores.
    pub normalized: f64,
}

/// How an agent learned on an environment: greedy returns where there are any, else returns while exploring.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Curve {
    /// Which of the agents.
    pub agent: usize,
    /// Which of the environments.
    pub env: usize,
    /// The mean over the seeds with its 95 % band, over environment steps; labelled by the agent.
    pub by_steps: Series,
    /// The same over training episodes.
    pub by_episodes: Series,
    /// The same over seconds.
    pub by_seconds: Series,
}

/// One kind of aggregate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Aggregate {
    /// Its name, such as "interquartile mean".
    pub name: String,
    /// Whether more is better.
    pub more_is_better: bool,
    /// Of each agent, in their order; nothing for one without any run.
    pub intervals: Vec<Option<Interval>>,
}

/// How probable it is that a run of one agent scores more than a run of another, in the mean over environments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Improvement {
    /// Which agent is better with that probability.
    pub a: usize,
    /// Than which.
    pub b: usize,
    /// The probability.
    pub probability: Interval,
}

/// The scores of two agents on one environment, seed by seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Paired {
    /// Which of the environments.
    pub env: usize,
    /// The agent.
    pub a: usize,
    /// The agent it is compared with.
    pub b: usize,
    /// Seeds that both have.
    pub seeds: usize,
    /// Mean of a − b, with the 95 % interval of Student's t.
    pub difference: Interval,
    /// The probability of ranks so far apart, or further, if there were no difference (Wilcoxon's signed-rank test).
    pub p: f64,
    /// The same, corrected for all the pairs and environments of this comparison (Holm).
    pub p_holm: f64,
}

/// How the score depends on one setting, over all other settings that were tried with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The setting.
    pub setting: String,
    /// For each of its values in order, the value and the scores (means over seeds) of the settings tried with it.
    pub values: Vec<(String, Vec<f64>)>,
}
