//! 5.3.4 Monte Carlo, TD, dynamic programming and exhaustive search: how deep and how wide a backup looks.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    planning::backup::action_value,
    tabular::{
        VTable,
        monte_carlo::McPredictionConfig,
        prediction::{BatchMcConfig, BatchTdConfig, Predictor, Rule, Td0Config},
    },
};

use super::{
    Check, Findings, Section, Source, Study, Table, Target,
    check::number,
    sums::Sums,
    walks::{Walk, exact, line, simulated},
};
use crate::{
    plot::{Diagram, Edge, Figure, LineStyle, Node, Panel, Reference, Scale, Series, Shape},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.3.4",
    titles: [
        "Monte Carlo, TD, dynamic programming, exhaustive search",
        "MC、TD、DP、穷举",
        "MC、TD、DP 與窮舉",
        "MC、TD、DP、全探索",
    ],
    names: &[
        "MC TD DP", "batch TD", "batch MC", "batch updating", "批量更新", "exhaustive search", "穷举搜索", "窮舉搜尋",
        "certainty equivalence", "unified view",
    ],
    about: "\
Four ways to learn a value differ in how deep they look and how wide. TD looks at one step that was taken, Monte Carlo at a
whole episode; dynamic programming at all that one step can lead to, exhaustive search at all that can ever follow. Deep
backups do not need estimates, wide ones do not need luck. Given the same episodes over and over, TD and Monte Carlo still
differ: TD finds the values of the likeliest model, Monte Carlo those that fit the returns seen so far.",
    equations: "\
TD    V(s) ← V(s) + α [r + γ V(s′) − V(s)]            one step, sampled
MC    V(s) ← V(s) + α [G − V(s)]                      to the end, sampled
DP    V(s) ← Σ p(s′, r | s, a) [r + γ V(s′)]          one step, all outcomes
search    the same again for every V(s′), to a depth  all steps, all outcomes",
    look_at: "\
Left: the four backups, open circles states and filled ones actions; sampled ones on the left, deep ones below. Middle: batch TD stays below batch Monte Carlo, as in
Sutton & Barto's figure 6.2. Right: the backups that each needs to come to an error of 0.05.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train batch-td RandomWalk --set env.states=5 --set env.left_reward=0",
        "gymkhana train batch-mc RandomWalk --set env.states=5 --set env.left_reward=0",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 100;
/// The error to come to.
const GOAL: f64 = 0.05;
/// Episodes within which the sampled methods come to it.
const LONG: usize = 300;

/// The error after so many backups.
struct Progress {
    name: &'static str,
    points: Vec<(f64, f64)>,
    /// The same with its band.
    curve: Series,
}

impl Progress {
    /// Without a band: nothing is random.
    fn exact(name: &'static str, points: Vec<(f64, f64)>) -> Self {
        Self { name, curve: line(name, points.iter().copied(), LineStyle::Solid), points }
    }

    /// The mean over runs, by episode; a run is its updates and errors so far.
    fn mean(name: &'static str, runs: &[&Vec<[f64; 2]>]) -> Self {
        let of = |k: usize| Sums::of(runs.iter().map(|run| run.iter().map(|x| x[k]).collect::<Vec<_>>()));
        let curve = of(1).curve(name, of(0).mean(), 1.0, LineStyle::Solid);
        Self { name, points: curve.x.iter().copied().zip(curve.mean.iter().copied()).collect(), curve }
    }

    /// The backups with which the goal is first reached.
    fn needs(&self) -> f64 {
        self.points.iter().find(|(_, error)| *error <= GOAL).map_or(f64::NAN, |(backups, _)| *backups)
    }
}

/// Dynamic programming in two arrays, and exhaustive search to the same depth, which gives the same values.
fn planned(walk: &Walk) -> [Progress; 2] {
    let (mut v, mut dp, mut search) = (vec![0.5; walk.truth.len()], Vec::new(), Vec::new());
    let model = &**walk.env.model();
    let states = walk.inner().len() as f64;
    // Inner nodes of the trees of that depth below each state; the ends have none.
    let mut nodes = vec![0.0; v.len()];
    for depth in 1..=12 {
        let next: Vec<f64> = (0..v.len()).map(|state| action_value(model, state, 0, &v, 1.0)).collect();
        walk.inner().for_each(|state| v[state] = next[state]);
        let below = nodes.clone();
        walk.inner().for_each(|state| nodes[state] = 1.0 + below[state - 1] + below[state + 1]);
        let error = walk.rms(&v);
        dp.push((f64::from(depth) * states, error));
        search.push((nodes.iter().sum(), error));
    }
    [Progress::exact("dynamic programming", dp), Progress::exact("exhaustive search", search)]
}

/// The error after each episode, and the updates so far.
fn sampled<R>(walk: &Walk, rule: &R, seed: u64, episodes: usize) -> Result<Vec<[f64; 2]>>
where
    R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
{
    let (mut trial, mut steps) = (walk.trial(rule, seed)?, 0.0);
    let mut after = || {
        steps += f64::from(trial.episode()?.length);
        Ok([steps, walk.rms(VTable::flat(trial.agent.v()))])
    };
    (0..episodes).map(|_| after()).collect()
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let walk = Walk::five()?;
    let td = BatchTdConfig { initial_value: 0.5, ..BatchTdConfig::default() };
    let mc = BatchMcConfig(td.clone());
    let batches = study.repeat("batches", study.seeds(4_000, 100), |seed| {
        Ok([walk.errors(&td, seed, EPISODES)?, walk.errors(&mc, seed, EPISODES)?])
    })?;
    let of = |method: usize| batches.iter().map(move |run| run[method].as_slice());
    let last = |method| of(method).map(|errors| errors[EPISODES - 1]).collect::<Vec<_>>();

    let online = Td0Config { learning_rate: 0.05.into(), initial_value: 0.5, ..Td0Config::default() };
    let means = McPredictionConfig { first_visit: false, initial_value: 0.5, ..McPredictionConfig::default() };
    let runs = study.repeat("backups", study.seeds(1_000, 100), |seed| {
        Ok([sampled(&walk, &online, seed, LONG)?, sampled(&walk, &means, seed, LONG)?])
    })?;
    let [dp, search] = planned(&walk);
    let all = [
        dp,
        Progress::mean("TD, α = 0.05", &runs.iter().map(|run| &run[0]).collect::<Vec<_>>()),
        Progress::mean("Monte Carlo, mean of returns", &runs.iter().map(|run| &run[1]).collect::<Vec<_>>()),
        search,
    ];
    let needs = [0, 1, 2, 3].map(|method| all[method].needs());

    // Deviations of one seed over 20,000 seeds.
    let from = "Sutton & Barto's figure 6.2, RMS over the five states per run";
    let (mut td_errors, mc_errors) = (last(0), last(1));
    let mut checks = vec![
        simulated("batch TD, RMS error after 100 episodes", &td_errors, (0.0373, 4), 0.0225, from),
        simulated("batch every-visit MC, RMS error after 100 episodes", &mc_errors, (0.0564, 4), 0.0293, from),
    ];
    td_errors.iter_mut().zip(&mc_errors).for_each(|(td, mc)| *td = mc - *td);
    let difference = |name: &str, measured| Check {
        name: name.into(),
        measured,
        target: Target::AtLeast(0.0),
        source: Source::Simulated,
        from: "TD is below Monte Carlo".into(),
    };
    checks.push(difference("batch MC less batch TD, mean of the same seeds", stats::mean(&td_errors)));
    checks.push(exact(
        "backups of dynamic programming to an error of 0.05",
        needs[0],
        (15.0, 0),
        "each of three sweeps halves the error",
    ));
    checks.push(exact(
        "backups of exhaustive search to the same",
        needs[3],
        (27.0, 0),
        "trees of depth three, that end where the walk does",
    ));
    checks.push(difference("backups of Monte Carlo less those of TD to an error of 0.05", needs[2] - needs[1]));

    let rows = all.iter().zip(needs).map(|(progress, needs)| vec![progress.name.into(), number(needs.round())]);
    let batch = |(method, name): (usize, &str)| {
        Sums::of(of(method)).curve(name, (1_u32..).map(f64::from), 1.0, LineStyle::Solid)
    };
    Ok(Findings {
        conclusions: vec![format!(
            "To an error of {GOAL} dynamic programming needs {} backups, TD {:.0}, Monte Carlo {:.0}, exhaustive search {}.",
            needs[0], needs[1], needs[2], needs[3]
        )],
        tables: vec![Table {
            title: format!("Backups to an RMS error of {GOAL}"),
            header: ["method", "backups"].map(String::from).into(),
            rows: rows.collect(),
        }],
        checks,
        figure: Figure {
            title: "5.3.4 Monte Carlo, TD, dynamic programming, exhaustive search".into(),
            panels: vec![
                diagram().into(),
                Panel {
                    title: "Batch training".into(),
                    x_label: "episodes".into(),
                    y_label: "RMS error over states".into(),
                    series: [(0, "batch TD"), (1, "batch MC")].map(batch).into(),
                    y_range: Some((0.0, 0.25)),
                    ..Panel::default()
                }
                .into(),
                Panel {
                    title: "Error against backups".into(),
                    x_label: "backups".into(),
                    y_label: "RMS error over states".into(),
                    series: all.iter().map(|progress| progress.curve.clone()).collect(),
                    references: vec![Reference { label: "goal".into(), y: GOAL }],
                    y_range: Some((0.0, 0.25)),
                    x_scale: Scale::Log10,
                    ..Panel::default()
                }
                .into(),
            ],
            ..Figure::default()
        },
    })
}

/// The four backups: width to the right, depth downwards.
fn diagram() -> Diagram {
    let mut d = Diagram { title: "Width →, depth ↓".into(), ..Diagram::default() };
    tree(&mut d, (0.15, 0.1), 0.0, 1, 1, "TD");
    tree(&mut d, (0.15, 0.47), 0.0, 3, 1, "Monte Carlo");
    tree(&mut d, (0.64, 0.1), 0.3, 1, 2, "dynamic programming");
    tree(&mut d, (0.64, 0.47), 0.36, 2, 2, "exhaustive search");
    d
}

/// A tree below a state, so many steps deep: `width` actions in each state, and as many states after each action.
fn tree(d: &mut Diagram, at: (f64, f64), spread: f64, depth: u32, width: u32, label: &str) {
    d.nodes.push(Node { at: (at.0, at.1 - 0.075), shape: Shape::Label, label: label.into(), ..Node::default() });
    d.nodes.push(Node { at, ..Node::default() });
    let mut row = vec![(d.nodes.len() - 1, at)];
    let drop = if depth == 1 { 0.11 } else { 0.5 / f64::from(2 * depth) };
    // A step is two levels: from states to actions, and from actions to states. The last actions of a deep tree end the
    // episode, and there is one end.
    for level in 0..2 * depth {
        let (shape, width) = match level {
            _ if level.is_multiple_of(2) => (Shape::Filled, width),
            _ if level + 1 == 2 * depth && depth > 1 => (Shape::Square, 1),
            _ => (Shape::Open, width),
        };
        let mut next = Vec::new();
        for &(from, at) in &row {
            for branch in 0..width {
                let side = if width == 1 { 0.0 } else { f64::from(branch) - 0.5 };
                let to = (at.0 + side * spread / f64::from(1_u32 << level), at.1 + drop);
                d.nodes.push(Node { at: to, shape, ..Node::default() });
                d.edges.push(Edge { from, to: d.nodes.len() - 1, ..Edge::default() });
                next.push((d.nodes.len() - 1, to));
            }
        }
        row = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planning_needs_so_many_backups() {
        let [dp, search] = planned(&Walk::five().unwrap());
        assert_eq!((dp.points[0].0, search.points[0].0, search.points[1].0), (5.0, 5.0, 13.0));
        // √(5/90), halved three times: 0.2357, 0.1179, 0.0589, 0.0295.
        assert!((dp.points[2].1 - (5.0_f64 / 90.0).sqrt() / 8.0).abs() < 1e-15);
        assert_eq!((dp.needs(), search.needs()), (15.0, 27.0));
        // What is twice as deep is not twice as wide: of 31 below each state, the ends cut some off.
        assert_eq!((dp.points[9].0, search.points[9].0), (50.0, 1_533.0));
    }
}
