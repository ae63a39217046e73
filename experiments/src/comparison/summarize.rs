//! From the outcomes of all cells to the summary.

use std::collections::BTreeMap;

use gymkhana_envs::{Registry, Rng};

use super::{
    Kept, Outcome, Plan, Summary,
    cells::{Made, Missing, Point},
    summary::{Aggregate, Arena, CellScore, Contender, Curve, Improvement, Paired, Sensitivity, Spread},
};
use crate::{
    config::{RunConfig, Values},
    launch,
    plot::Series,
    stats::{self, Interval, bootstrap, improvement, paired, profile},
    store::manifest::Program,
    threads,
};

/// How many resamples the intervals of the aggregates are made of.
const RESAMPLES: usize = 10_000;
/// Bands are made of as many resamples as draw so many scores each, but of 200 to 2,000.
const DRAWS: usize = 4_000_000;
/// Between more agents than these, or between the settings of a sweep, nobody reads what is said of every pair.
const MOST_IN_PAIRS: usize = 12;
/// Into how many parts the budget is cut for sample efficiency, and the range of scores for profiles.
const PARTS: usize = 25;
const THRESHOLDS: usize = 100;
/// A curve on a page has no use for more points.
const MOST_POINTS: usize = 200;

/// The runs of each agent on each environment, by seed.
struct Runs<'a> {
    plan: &'a Plan,
    made: Vec<Vec<Vec<(u64, &'a Made)>>>,
}

/// Counts.
pub fn summarize(registry: &Registry, kept: &Kept, outcomes: &[Outcome], jobs: usize) -> Summary {
    let plan = &kept.plan;
    let mut made = vec![vec![Vec::new(); plan.envs.len()]; plan.agents.len()];
    for Outcome { place, made: result } in outcomes {
        if let Ok(result) = result {
            made[place.agent][place.env].push((place.seed, result));
        }
    }
    let runs = Runs { plan, made };
    let envs: Vec<Arena> = (0..plan.envs.len()).map(|env| runs.arena(env)).collect();
    let agents: Vec<usize> = (0..plan.agents.len()).collect();
    let normalized: Vec<_> = agents.iter().map(|&agent| runs.normalized(agent, &envs)).collect();
    let pairs: Vec<(usize, usize)> = if agents.len() > MOST_IN_PAIRS || !plan.swept.is_empty() {
        Vec::new()
    } else {
        agents.iter().flat_map(|&a| (a + 1..agents.len()).map(move |b| (a, b))).collect()
    };
    let of_each = |f: &(dyn Fn(usize) -> Vec<Interval> + Sync)| threads::each(agents.len(), jobs, f);

    // Who has failed an environment altogether is not compared over the others.
    let whole: Vec<bool> = normalized.iter().map(|envs| envs.iter().all(|runs| !runs.is_empty())).collect();
    let none = || vec![Vec::new(); plan.envs.len()];
    let normalized: Vec<_> =
        normalized.into_iter().zip(&whole).map(|(scores, whole)| if *whole { scores } else { none() }).collect();
    let intervals = of_each(&|agent| bootstrap::intervals(&normalized[agent], RESAMPLES, &mut Rng::new(0)).to_vec());
    let thresholds = thresholds(&normalized);
    let profiles = of_each(&|agent| {
        profile::profile(&normalized[agent], &thresholds, resamples(&normalized[agent]), &mut Rng::new(0))
    });
    let parts: Vec<f64> = (0..=PARTS).map(|part| part as f64 / PARTS as f64).collect();
    let efficiency = of_each(&|agent| {
        parts.iter().filter(|_| whole[agent]).map(|&part| runs.efficiency(agent, &envs, part)).collect()
    });
    let improvements = threads::each(pairs.len(), jobs, |at| {
        let (a, b) = pairs[at];
        let (x, y) = (&normalized[a], &normalized[b]);
        let probability = improvement::probability(x, y, resamples(x).min(resamples(y)), &mut Rng::new(0));
        Improvement { a, b, probability }
    });
    let label = |agent: usize| plan.agents[agent].label.clone();
    let bands = |x: &[f64], all: Vec<Vec<Interval>>| -> Vec<Series> {
        let one = |(agent, band): (usize, Vec<Interval>)| Series {
            label: label(agent),
            x: x[..band.len()].to_vec(),
            mean: band.iter().map(|interval| interval.point).collect(),
            low: band.iter().map(|interval| interval.low).collect(),
            high: band.iter().map(|interval| interval.high).collect(),
            ..Series::default()
        };
        let bands = all.into_iter().enumerate().map(one);
        bands.filter(|series| series.mean.iter().any(|mean| mean.is_finite())).collect()
    };
    Summary {
        title: plan.title.clone(),
        command: kept.command.clone(),
        program: kept.program.clone(),
        machine: kept.machine.clone(),
        seeds: plan.seeds,
        agents: plan.agents.iter().map(|agent| contender(registry, agent)).collect(),
        cells: outcomes.iter().map(cell_score).collect(),
        scores: agents.iter().map(|&agent| runs.spreads(agent, &envs)).collect(),
        curves: runs.curves(jobs),
        aggregates: aggregates(&intervals),
        profiles: bands(&thresholds, profiles),
        efficiency: bands(&parts, efficiency),
        others: others(kept, outcomes),
        improvements: improvements.into_iter().filter(|it| it.probability.point.is_finite()).collect(),
        paired: runs.paired(&pairs),
        sensitivity: runs.sensitivity(),
        envs,
    }
}

/// How many resamples a band is made of.
fn resamples(scores: &[Vec<f64>]) -> usize {
    (DRAWS / scores.iter().map(Vec::len).sum::<usize>().max(1)).clamp(200, profile::RESAMPLES)
}

/// Scores at which profiles are taken: all that were reached, and 0 to 1.
fn thresholds(normalized: &[Vec<Vec<f64>>]) -> Vec<f64> {
    let all = || normalized.iter().flatten().flatten().copied();
    let (low, high) = (all().fold(0.0, f64::min), all().fold(1.0, f64::max));
    (0..=THRESHOLDS).map(|at| low + (high - low) * at as f64 / THRESHOLDS as f64).collect()
}

fn aggregates(intervals: &[Vec<Interval>]) -> Vec<Aggregate> {
    let one = |(kind, aggregate): (usize, stats::Aggregate)| Aggregate {
        name: aggregate.name().into(),
        more_is_better: aggregate.more_is_better(),
        intervals: intervals.iter().map(|four| Some(four[kind]).filter(|it| it.point.is_finite())).collect(),
    };
    stats::Aggregate::ALL.into_iter().enumerate().map(one).collect()
}

/// Programs other than the one that began the comparison that have made runs of it.
fn others(kept: &Kept, outcomes: &[Outcome]) -> Vec<Program> {
    let mut others: Vec<Program> = Vec::new();
    for made in outcomes.iter().filter_map(|outcome| outcome.made.as_ref().ok()) {
        if made.program != kept.program && !others.contains(&made.program) {
            others.push(made.program.clone());
        }
    }
    others
}

fn contender(registry: &Registry, planned: &super::plan::PlannedAgent) -> Contender {
    let agent = planned.configs.first().map_or_else(String::new, |config| config.agent.clone());
    let settings = planned.configs.iter().map(|config| (config.env.clone(), settings(registry, config))).collect();
    Contender { label: planned.label.clone(), agent, settings }
}

/// A line for each setting that is not the agent's or the environment's default, and for what else a run is made of.
fn settings(registry: &Registry, config: &RunConfig) -> Vec<String> {
    let usual = launch::env_values(registry, &config.env, &Values::new()).unwrap_or_default();
    let params = gymkhana_agents::registry::find(&config.agent).map(|entry| (entry.params)()).unwrap_or_default();
    let own = params.into_iter().filter_map(|param| {
        let value = config.agent_settings.get(param.name)?;
        (*value != param.default).then(|| format!("{} = {value}", param.name))
    });
    let mut lines = vec![format!("steps = {}", config.steps)];
    lines.extend((config.lanes != 1).then(|| format!("lanes = {}", config.lanes)));
    lines.extend(config.wrappers.iter().map(|wrapper| format!("wrapper {wrapper}")));
    lines.extend(own);
    let env = config.env_settings.iter().filter(|(key, value)| usual.get(*key) != Some(*value));
    lines.extend(env.map(|(key, value)| format!("env.{key} = {value}")));
    lines
}

fn cell_score(Outcome { place, made }: &Outcome) -> CellScore {
    let error = match made {
        Err(Missing::Failed(error)) => Some(error.clone()),
        Err(Missing::Elsewhere) => Some("another process is at work on it".into()),
        Err(Missing::NotDone) | Ok(_) => None,
    };
    let score = made.as_ref().ok().map(|made| made.score);
    CellScore { cell: place.cell, agent: place.agent, env: place.env, seed: place.seed, score, error }
}

impl Runs<'_> {
    fn scores(&self, agent: usize, env: usize) -> Vec<f64> {
        self.made[agent][env].iter().map(|(_, made)| made.score).collect()
    }

    /// What counts as 0 and 1: where nothing else is known of 1, the mean of the agent that is best.
    fn arena(&self, env: usize) -> Arena {
        let planned = &self.plan.envs[env];
        let (low, from) = planned.low.clone();
        let (high, to) = planned.high.clone().unwrap_or_else(|| {
            let means = (0..self.made.len()).map(|agent| stats::mean(&self.scores(agent, env)));
            let best = means.filter(|mean| mean.is_finite()).fold(f64::NEG_INFINITY, f64::max);
            if best > low {
                (best, "mean of the best agent here".into())
            } else {
                (low + 1.0, "one more than that, since no agent was better".into())
            }
        });
        let swept = self.plan.swept.iter().any(|setting| setting.starts_with("env."));
        let whose = if swept { "; both of the first combination" } else { "" };
        Arena { id: planned.id.clone(), low, high, source: format!("0: {from}; 1: {to}{whose}") }
    }

    /// The normalised scores of an agent, environment by environment.
    fn normalized(&self, agent: usize, envs: &[Arena]) -> Vec<Vec<f64>> {
        let one = |(env, arena): (usize, &Arena)| {
            self.scores(agent, env).into_iter().map(|score| normalized(arena, score)).collect()
        };
        envs.iter().enumerate().map(one).collect()
    }

    fn spreads(&self, agent: usize, envs: &[Arena]) -> Vec<Option<Spread>> {
        let one = |(env, arena): (usize, &Arena)| {
            let scores = self.scores(agent, env);
            (!scores.is_empty()).then(|| Spread {
                seeds: scores.len(),
                mean: stats::mean(&scores),
                half: stats::half_interval(&scores),
                interquartile_mean: stats::interquartile_mean(&scores),
                worst: scores.iter().copied().fold(f64::INFINITY, f64::min),
                best: scores.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                normalized: normalized(arena, stats::mean(&scores)),
            })
        };
        envs.iter().enumerate().map(one).collect()
    }

    fn curves(&self, jobs: usize) -> Vec<Curve> {
        let envs = self.plan.envs.len();
        let all = threads::each(self.made.len() * envs, jobs, |at| {
            let (agent, env) = (at / envs, at % envs);
            let runs = &self.made[agent][env];
            if runs.iter().all(|(_, made)| made.points.is_empty()) {
                return None;
            }
            let by = |x: fn(&Point) -> f64| {
                let ends = runs.iter().filter_map(|(_, made)| made.points.last()).map(x);
                let end = ends.fold(f64::NEG_INFINITY, f64::max);
                // A run that has ended has its last policy from then on.
                let held = |made: &Made| made.points.last().map(|last| (end, last.earned));
                let curve = |(_, made): &(u64, &Made)| {
                    made.points.iter().map(|point| (x(point), point.earned)).chain(held(made)).unzip()
                };
                let runs: Vec<_> = runs.iter().map(curve).collect();
                Series::of_runs(self.plan.agents[agent].label.clone(), &runs).thinned(MOST_POINTS)
            };
            let (by_steps, by_episodes) = (by(|point| point.step), by(|point| point.episodes));
            Some(Curve { agent, env, by_steps, by_episodes, by_seconds: by(|point| point.seconds) })
        });
        all.into_iter().flatten().collect()
    }

    /// The interquartile mean of normalised returns after a part of the steps that every agent has.
    fn efficiency(&self, agent: usize, envs: &[Arena], part: f64) -> Interval {
        let one = |(env, arena): (usize, &Arena)| {
            let budgets = self.plan.agents.iter().map(|agent| agent.configs[env].steps);
            let step = part * budgets.min().unwrap_or(0) as f64;
            let runs = self.made[agent][env].iter().filter_map(|(_, made)| earned_at(&made.points, step));
            runs.map(|earned| normalized(arena, earned)).collect()
        };
        let scores: Vec<Vec<f64>> = envs.iter().enumerate().map(one).collect();
        let middle = |scores: &[Vec<f64>]| stats::Aggregate::InterquartileMean.of(scores);
        bootstrap::interval(&scores, resamples(&scores), &mut Rng::new(0), middle)
    }

    /// Seed by seed, every pair on every environment.
    fn paired(&self, pairs: &[(usize, usize)]) -> Vec<Paired> {
        let mut all = Vec::new();
        for (env, &(a, b)) in (0..self.plan.envs.len()).flat_map(|env| pairs.iter().map(move |pair| (env, pair))) {
            let others: BTreeMap<u64, f64> = self.made[b][env].iter().map(|(seed, made)| (*seed, made.score)).collect();
            let shared = self.made[a][env].iter().filter_map(|(seed, made)| Some((made.score, *others.get(seed)?)));
            let (of_a, of_b): (Vec<f64>, Vec<f64>) = shared.unzip();
            if of_a.len() > 1 {
                let (difference, p) = (paired::difference(&of_a, &of_b), paired::wilcoxon(&of_a, &of_b));
                all.push(Paired { env, a, b, seeds: of_a.len(), difference, p, p_holm: p });
            }
        }
        let corrected = paired::holm(&all.iter().map(|pair| pair.p).collect::<Vec<_>>());
        all.iter_mut().zip(corrected).for_each(|(pair, p)| pair.p_holm = p);
        all
    }

    /// The scores of all combinations, by each setting that was swept. A sweep has one environment.
    fn sensitivity(&self) -> Vec<Sensitivity> {
        let one = |setting: &String| {
            let mut values: Vec<(String, Vec<f64>)> = Vec::new();
            for (agent, planned) in self.plan.agents.iter().enumerate() {
                let (Some(value), score) = (planned.point.get(setting), stats::mean(&self.scores(agent, 0))) else {
                    continue;
                };
                if score.is_finite() {
                    match values.iter_mut().find(|(known, _)| known == value) {
                        Some((_, scores)) => scores.push(score),
                        None => values.push((value.clone(), vec![score])),
                    }
                }
            }
            let number = |value: &str| value.parse::<f64>().unwrap_or(f64::NAN);
            if values.iter().all(|(value, _)| number(value).is_finite()) {
                values.sort_by(|(a, _), (b, _)| number(a).total_cmp(&number(b)));
            }
            Sensitivity { setting: setting.clone(), values }
        };
        self.plan.swept.iter().map(one).filter(|setting| !setting.values.is_empty()).collect()
    }
}

fn normalized(arena: &Arena, score: f64) -> f64 {
    (score - arena.low) / (arena.high - arena.low)
}

/// What a run earned at a step: between the two points next to it linearly, before the first and after the last what they
/// have.
fn earned_at(points: &[Point], step: f64) -> Option<f64> {
    let after = points.partition_point(|point| point.step < step);
    let (before, next) = (after.checked_sub(1).map(|at| points[at]), points.get(after));
    match (before, next) {
        (Some(before), Some(next)) => {
            let along = (step - before.step) / (next.step - before.step);
            Some(before.earned + along * (next.earned - before.earned))
        }
        (Some(only), None) => Some(only.earned),
        (None, only) => only.map(|only| only.earned),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::plan::tests::{plan, wanted, wanted_env},
        *,
    };

    fn kept(plan: Plan) -> Kept {
        Kept { format: 1, command: "c".into(), program: Program::this(), machine: "m".into(), plan }
    }

    fn made(score: f64) -> Made {
        let point = |step: f64, earned| Point { step, episodes: step / 10.0, seconds: step / 100.0, earned };
        Made { program: Program::this(), score, points: vec![point(0.0, score - 100.0), point(50_000.0, score)] }
    }

    /// Two agents on a cliff with three seeds: the first with −13, −17 and −13, the second with −13, failed and not done.
    fn example() -> Summary {
        let plan = plan(&[wanted("sarsa"), wanted("q-learning")], &[wanted_env("CliffWalking-v1")], 3).unwrap();
        let results = [
            Ok(made(-13.0)),
            Ok(made(-17.0)),
            Ok(made(-13.0)),
            Ok(made(-13.0)),
            Err(Missing::Failed("broken".into())),
            Err(Missing::NotDone),
        ];
        let outcomes: Vec<_> =
            results.into_iter().enumerate().map(|(cell, made)| Outcome { place: plan.place(cell), made }).collect();
        summarize(&Registry::standard(), &kept(plan), &outcomes, 2)
    }

    #[test]
    fn scores_are_counted_and_what_failed_is_not() {
        let summary = example();
        // −100 counts as 0, the best mean, −13, as 1: −17 is 83/87.
        assert_eq!((summary.envs[0].low, summary.envs[0].high), (-100.0, -13.0));
        let spread = summary.scores[0][0].unwrap();
        assert_eq!((spread.seeds, spread.worst, spread.best), (3, -17.0, -13.0));
        assert!((spread.mean + 43.0 / 3.0).abs() < 1e-12);
        assert!((spread.normalized - (1.0 - 4.0 / 3.0 / 87.0)).abs() < 1e-12);
        assert_eq!(summary.scores[1][0].unwrap().seeds, 1);
        let errors: Vec<_> = summary.cells.iter().map(|cell| cell.error.as_deref()).collect();
        assert_eq!(errors, [None, None, None, None, Some("broken"), None]);
        let gap = &summary.aggregates[3];
        assert_eq!(
            (gap.name.as_str(), gap.more_is_better, gap.intervals[1].unwrap().point),
            ("optimality gap", false, 0.0)
        );
        // Of three runs against one that has 1: two are equal to it, one is worse.
        assert!((summary.improvements[0].probability.point - 1.0 / 3.0).abs() < 1e-12);
        assert!(summary.paired.is_empty(), "one seed is shared");
    }

    #[test]
    fn curves_are_the_means_and_efficiency_is_along_the_budget() {
        let summary = example();
        assert_eq!(summary.curves.len(), 2);
        assert_eq!(summary.curves[0].by_episodes.x, [0.0, 5_000.0]);
        assert!((summary.curves[0].by_steps.mean[1] + 43.0 / 3.0).abs() < 1e-12);
        let efficiency = &summary.efficiency[1];
        assert_eq!((efficiency.label.as_str(), efficiency.x.len()), ("q-learning", 26));
        // From −113 to −13: after half of the steps −63.
        let half = efficiency.mean[0] + 0.5 * (efficiency.mean[25] - efficiency.mean[0]);
        assert!((half - 37.0 / 87.0).abs() < 1e-9 && (efficiency.mean[25] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn who_failed_an_environment_altogether_is_not_compared_over_the_others() {
        let envs = [wanted_env("CliffWalking-v1"), wanted_env("FrozenLake-v1")];
        let plan = plan(&[wanted("sarsa"), wanted("q-learning")], &envs, 1).unwrap();
        let results = [Ok(made(-13.0)), Err(Missing::NotDone), Ok(made(-13.0)), Ok(made(0.5))];
        let outcomes: Vec<_> =
            results.into_iter().enumerate().map(|(cell, made)| Outcome { place: plan.place(cell), made }).collect();
        let summary = summarize(&Registry::standard(), &kept(plan), &outcomes, 1);
        for aggregate in &summary.aggregates {
            assert!(aggregate.intervals[0].is_none() && aggregate.intervals[1].is_some(), "{}", aggregate.name);
        }
        let labels = |bands: &[Series]| bands.iter().map(|band| band.label.clone()).collect::<Vec<_>>();
        assert_eq!(
            (labels(&summary.profiles), labels(&summary.efficiency)),
            (vec!["q-learning".into()], vec!["q-learning".into()])
        );
        assert!(summary.scores[0][0].is_some() && summary.scores[0][1].is_none());
        let best = summary.of_the_best(1).unwrap();
        assert_eq!((best.agents[0].label.as_str(), best.cells.len()), ("q-learning", 2));
        assert!(best.title.ends_with("(the best 1, and 1 more in scores.csv)") && summary.of_the_best(2).is_none());
        assert!(best.curves.iter().all(|curve| curve.agent == 0) && best.curves.len() == 2);
        assert_eq!(summary.remarks().len(), 2);
    }

    #[test]
    fn nothing_done_is_a_summary_too() {
        let plan = plan(&[wanted("sarsa")], &[wanted_env("CliffWalking-v1")], 2).unwrap();
        let outcomes = [0, 1].map(|cell| Outcome { place: plan.place(cell), made: Err(Missing::NotDone) });
        let summary = summarize(&Registry::standard(), &kept(plan), &outcomes, 1);
        assert!(summary.scores[0][0].is_none() && summary.curves.is_empty() && summary.profiles.is_empty());
        assert!(summary.aggregates.iter().all(|aggregate| aggregate.intervals == [None]));
        assert!(serde_json::to_string(&summary).is_ok());
    }
}
