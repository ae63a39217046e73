//! 5.1.5 On-policy and off-policy: the same cliff, and two policies learned from the same exploration.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    planning::{PolicyTable, SoftPolicyIteration, Solve, evaluate},
    tabular::{ExpectedSarsaConfig, QLearningConfig, QTable, SarsaConfig},
};
use gymkhana_envs::{
    grid::{CliffWalkingParams, cliff_walking},
    tabular::Finite,
};

use super::{
    Check, Findings, Section, Source, Study, Table, Target, Trial,
    check::number,
    sums::{Sums, blocks},
};
use crate::{
    plot::{Figure, HeatMap, LineStyle, Panel, Reference, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.5",
    titles: ["On-policy and off-policy", "同策略与异策略", "同策略與異策略", "方策オン型と方策オフ型"],
    names: &[
        "on-policy",
        "off-policy",
        "同策略",
        "异策略",
        "異策略",
        "在策略",
        "离策略",
        "離策略",
        "方策オン",
        "方策オフ",
        "方策オフ型",
        "方策オン型",
        "オンポリシー",
        "オフポリシー",
        "cliff walking",
        "悬崖行走",
        "sarsa",
        "expected sarsa",
    ],
    about: "\
Three agents walk along a cliff, all of them ε-greedily with ε = .1. Q-learning is off-policy: it learns the values of the
greedy policy, takes the shortest path along the edge, and falls when it explores. Sarsa is on-policy: it learns the values
of the policy that explores, and keeps away from the edge. Expected Sarsa does the same without the noise of the sample.",
    equations: "\
Sarsa            δₜ = rₜ₊₁ + γ Q(sₜ₊₁, aₜ₊₁) − Q(sₜ, aₜ)
Expected Sarsa   δₜ = rₜ₊₁ + γ Σₐ π(a|sₜ₊₁) Q(sₜ₊₁, a) − Q(sₜ, aₜ)
Q-learning       δₜ = rₜ₊₁ + γ maxₐ Q(sₜ₊₁, a) − Q(sₜ, aₜ)
Q(sₜ, aₜ) ← Q(sₜ, aₜ) + α δₜ",
    look_at: "\
Left: while they explore, Q-learning earns least, near what its edge path is worth under ε = .1; Expected Sarsa earns what
the best policy that explores can. Middle and right: the arrows of Q-learning go along the edge, those of Sarsa round it.",
    note: "\
What the edge path is worth under ε = .1 depends on what is done off it: −51.81 where one goes straight down to the edge again,
−45.80 where one goes on to the right and down in the last column. Both are greedy for the values without exploration. Who goes
right off the path always, also against the edge of the last column, has −69.34.",
    trains: &[],
    further: &[
        "gymkhana train sarsa CliffWalking-v1 --set epsilon=0.01",
        "gymkhana train expected-sarsa CliffWalking-v1 --set target_epsilon=0",
        "gymkhana train sarsa CliffWalking-v1 --set 'epsilon=0.1 -> 0'",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 500;
const EPSILON: f64 = 0.1;
const START: usize = 36;
const GOAL: usize = 47;
const COLUMNS: usize = 12;

/// What one agent did, over all seeds.
struct Walked {
    /// mean return of ten episodes at a time
    returns: Sums,
    /// per seed, the mean return of episodes 401 to 500
    late: Vec<f64>,
    /// action values, their mean over the seeds
    q: Vec<f64>,
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(1_000, 100);
    let cliff = cliff_walking(&CliffWalkingParams::default())?;
    let sarsa = walk(study, &cliff, &SarsaConfig::default(), seeds, |agent| agent.q())?;
    let expected = walk(study, &cliff, &ExpectedSarsaConfig::default(), seeds, |agent| agent.q())?;
    let q_learning = walk(study, &cliff, &QLearningConfig::default(), seeds, |agent| agent.q())?;
    let (edge, soft) = (edge_path(&cliff)?, best_soft(&cliff)?);

    let simulated = |agent: &str, walked: &Walked, target: f64, deviation: f64| Check {
        name: format!("{agent}: mean return of episodes 401 to 500, {seeds} seeds"),
        measured: stats::mean(&walked.late),
        // Three standard errors of this many seeds, by the deviation of one over 400 seeds, and half of the last digit.
        target: Target::Near { target, tolerance: 3.0 * deviation / (seeds as f64).sqrt() + 0.05 },
        source: Source::Simulated,
        from: "ε = .1, α = .5".into(),
    };
    let exact = |name: &str, measured: f64, target: f64, from: &str| Check {
        name: name.into(),
        measured,
        target: Target::printed(target, 2),
        source: Source::Exact,
        from: from.into(),
    };
    let row = |agent: &str, walked: &Walked| {
        vec![agent.into(), number(stats::mean(&walked.late)), number(stats::deviation(&walked.late))]
    };
    Ok(Findings {
        checks: vec![
            simulated("Sarsa", &sarsa, -26.7, 7.6),
            simulated("Q-learning", &q_learning, -50.1, 7.2),
            simulated("Expected Sarsa", &expected, -20.8, 1.9),
            exact("the edge path under ε = .1", edge, -51.81, "linear equations; down to the edge off the path"),
            exact("the best ε-soft policy, ε = .1", soft, -20.71, "policy iteration over ε-soft policies"),
        ],
        tables: vec![Table {
            title: "Return while exploring, episodes 401 to 500".into(),
            header: ["agent", "mean", "deviation of a seed"].map(String::from).into(),
            rows: vec![row("Sarsa", &sarsa), row("Expected Sarsa", &expected), row("Q-learning", &q_learning)],
        }],
        conclusions: vec![format!(
            "Exploring with ε = .1, the edge path is worth {edge:.2} and the best policy {soft:.2}. Q-learning earns {:.1}, for it \
             learns the edge path, which is best without exploration; Sarsa earns {:.1} and Expected Sarsa {:.1}.",
            stats::mean(&q_learning.late),
            stats::mean(&sarsa.late),
            stats::mean(&expected.late),
        )],
        figure: Figure {
            title: "5.1.5 On-policy and off-policy".into(),
            panels: vec![
                Panel {
                    title: "Return while exploring".into(),
                    x_label: "episode".into(),
                    y_label: "return".into(),
                    series: vec![
                        series("Expected Sarsa", &expected),
                        series("Sarsa", &sarsa),
                        series("Q-learning", &q_learning),
                    ],
                    references: vec![
                        Reference { label: "best ε-soft policy".into(), y: soft },
                        Reference { label: "edge path, ε = .1".into(), y: edge },
                    ],
                    y_range: Some((-100.0, 0.0)),
                    ..Panel::default()
                }
                .into(),
                map("Q-learning: max Q and the greedy policy", &q_learning.q).into(),
                map("Sarsa: max Q and the greedy policy", &sarsa.q).into(),
            ],
            ..Figure::default()
        },
    })
}

/// Lets an agent walk; `q` gives its action values.
fn walk<C>(study: &Study<'_>, cliff: &Finite, config: &C, seeds: u64, q: fn(&C::Agent) -> &QTable) -> Result<Walked>
where
    C: Recipe<usize, usize> + Sync,
{
    let walked = study.repeat(C::OWNER, seeds, |seed| {
        let mut trial = Trial::new(cliff.clone(), config, seed, 0)?;
        let returns = (0..EPISODES).map(|_| Ok(trial.episode()?.total)).collect::<Result<Vec<_>>>()?;
        Ok((returns, q(&trial.agent).flat().to_vec()))
    })?;
    let late = walked.iter().map(|(returns, _)| stats::mean(&returns[400..])).collect();
    let returns = Sums::of(walked.iter().map(|(returns, _)| blocks(returns, 10)));
    Ok(Walked { returns, late, q: Sums::of(walked.iter().map(|(_, q)| q)).mean() })
}

/// What an episode is worth that goes up, right along the edge and down, straight down to the edge wherever else it comes to,
/// and does something at random with probability ε.
fn edge_path(cliff: &Finite) -> Result<f64> {
    off_path(cliff, 2)
}

/// The same with another action off the path: `action` above the edge, and down in the last column.
fn off_path(cliff: &Finite, action: usize) -> Result<f64> {
    let action = |state: usize| match state {
        START => 0,
        _ if state % COLUMNS == COLUMNS - 1 => 2,
        _ if state / COLUMNS == 2 => 1,
        _ => action,
    };
    let policy: Vec<usize> = (0..=GOAL).map(action).collect();
    Ok(evaluate(&**cliff.model(), &PolicyTable::soft(&policy, 4, EPSILON), 1.0)?[START])
}

/// What the best policy is worth that does something at random with probability ε.
fn best_soft(cliff: &Finite) -> Result<f64> {
    let soft = SoftPolicyIteration { gamma: 1.0, epsilon: EPSILON, ..SoftPolicyIteration::default() };
    Ok(soft.solve(&**cliff.model(), &mut || true)?.values[START])
}

/// Returns by episode, the mean of ten episodes at a time.
fn series(label: &str, walked: &Walked) -> Series {
    walked.returns.curve(label, (0_u32..).map(|i| 10.0 * f64::from(i) + 5.5), 1.0, LineStyle::Solid)
}

/// The cliff with values and arrows.
fn map(title: &str, q: &[f64]) -> HeatMap {
    let cells: Vec<&[f64]> = q.chunks(4).collect();
    let falls = |cell: usize| cell > START && cell < GOAL;
    let best = |q: &[f64]| q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let directions = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)];
    let arrow = |(cell, q): (usize, &&[f64])| {
        let to = (0..4).filter(|a| q[*a] == best(q) && cell < START + 1).map(|a: usize| directions[a]);
        to.collect::<Vec<_>>()
    };
    HeatMap {
        title: title.into(),
        columns: COLUMNS,
        values: cells.iter().enumerate().map(|(cell, q)| if falls(cell) { f64::NAN } else { best(q) }).collect(),
        labels: vec![String::new(); cells.len()],
        arrows: cells.iter().enumerate().map(arrow).collect(),
        range: Some((-25.0, 0.0)),
        marks: vec![(START, "S".into()), (GOAL, "G".into())],
        ..HeatMap::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_two_paths_are_worth_is_exact() {
        let cliff = cliff_walking(&CliffWalkingParams::default()).unwrap();
        assert_eq!(format!("{:.2}", edge_path(&cliff).unwrap()), "-51.81");
        assert_eq!(format!("{:.2}", off_path(&cliff, 1).unwrap()), "-45.80", "to the right off the path");
        assert_eq!(format!("{:.2}", best_soft(&cliff).unwrap()), "-20.71");
    }
}
