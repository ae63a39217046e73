//! 5.3.2 TD target and TD error: what a step says about a value, and by how much it disagrees.

use anyhow::Result;
use gymkhana_agents::{planning::backup::action_value, tabular::prediction::Td0Config};

use super::{Check, Findings, Section, Source, Study, Table, Target, check::number, sums::banded, walks::Walk};
use crate::{
    plot::{Figure, LineStyle, Panel, Reference, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.3.2",
    titles: ["TD target and TD error", "TD-Target、TD-Error", "TD 目標與 TD 誤差", "TD ターゲットと TD 誤差"],
    names: &["TD target", "TD error", "TD 目标", "TD 误差", "時序差分誤差", "时序差分误差", "TD誤差", "bootstrapping", "自举"],
    about: "\
The TD target is what one step says a state is worth: its reward, and the estimate of where it led. The TD error δ is by how
much that differs from the estimate so far. Each δ is noisy and stays so. What goes to 0 is its mean in each state: where
V = V^π no state is on average better or worse than it was thought. On the way there δ says in which direction to go.",
    equations: "\
target   rₜ₊₁ + γ V(sₜ₊₁)
error    δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)
         E[δₜ | sₜ = s] = 0 for every s  exactly where  V = V^π
         Gₜ − V(sₜ) = Σₖ γᵏ δₜ₊ₖ  as long as V does not change",
    look_at: "\
Left: the mean of δ in each of five states over the episodes: it begins at ±¼ at the ends, travels inwards, and goes to 0.
Right: the mean size of δ does not go to 0, but to 1/6, the distance between neighbours.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train td-0 RandomWalk --set env.states=5 --set env.left_reward=0 --set initial_value=0.5",
        "gymkhana show td-0",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 200;
const ALPHA: f64 = 0.05;

/// What is seen of δ: per state and, in all states, by size; sums and counts.
#[derive(Clone, Copy, Default)]
struct Seen {
    sums: [f64; 5],
    counts: [f64; 5],
    size: f64,
}

impl Seen {
    fn add(&mut self, state: usize, delta: f64) {
        self.sums[state - 1] += delta;
        self.counts[state - 1] += 1.0;
        self.size += delta.abs();
    }

    fn and(mut self, other: &Self) -> Self {
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, x)| *sum += x);
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, x)| *sum += x);
        self.size += other.size;
        self
    }

    fn count(&self) -> f64 {
        self.counts.iter().sum()
    }

    fn mean(&self, state: usize) -> f64 {
        self.sums[state] / self.counts[state]
    }
}

/// δ of every episode of a run that begins with some values, and by how much the sum of an episode's δ differs from
/// G − V(s₀) at most.
fn watch(walk: &Walk, alpha: f64, v: &[f64], seed: u64) -> Result<(Vec<Seen>, f64)> {
    let mut trial = walk.trial(&Td0Config { learning_rate: alpha.into(), ..Td0Config::default() }, seed)?;
    trial.agent.v_mut().flat_mut().copy_from_slice(v);
    let (mut episodes, mut off) = (Vec::new(), 0.0_f64);
    while episodes.len() < EPISODES {
        let (mut seen, mut sum, mut total, mut begin) = (Seen::default(), 0.0, 0.0, None);
        loop {
            let before = trial.agent.v().clone();
            let step = trial.step()?;
            let (state, next) = (step.was.obs.row(0)[0], step.next(0)[0]);
            let v_next = if step.terminated[0] { 0.0 } else { before.value(next) };
            let delta = step.reward[0] + v_next - before.value(state);
            begin.get_or_insert(before.value(state));
            (sum, total) = (sum + delta, total + step.reward[0]);
            seen.add(state, delta);
            if step.ended(0) {
                break;
            }
        }
        off = off.max((sum - (total - begin.unwrap_or_default())).abs());
        episodes.push(seen);
    }
    Ok((episodes, off))
}

/// The exact mean of δ in each state, given values.
fn expected(walk: &Walk, v: &[f64]) -> Vec<f64> {
    walk.inner().map(|state| action_value(&**walk.env.model(), state, 0, v, 1.0) - v[state]).collect()
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let walk = Walk::five()?;
    let half = vec![0.5; walk.truth.len()];
    let (at_first, at_truth) = (expected(&walk, &half), expected(&walk, &walk.truth));
    let seeds = study.seeds(1_000, 100);
    let still = study.repeat("δ where V = V^π", seeds, |seed| watch(&walk, 0.0, &walk.truth, seed))?;
    let learning = study.repeat("δ while V is learned", seeds, |seed| Ok(watch(&walk, ALPHA, &half, seed)?.0))?;

    let total = still.iter().flat_map(|run| &run.0).fold(Seen::default(), Seen::and);
    let off = still.iter().fold(0.0_f64, |off, run| off.max(run.1));
    let mean = total.sums.iter().sum::<f64>() / total.count();
    let by_episode: Vec<Seen> = (0..EPISODES)
        .map(|episode| learning.iter().map(|run| run[episode]).fold(Seen::default(), |sum, x| sum.and(&x)))
        .collect();
    let (late_mean, late_error) = ratio(learning.iter().map(|run| {
        let late = run[EPISODES / 2..].iter().fold(Seen::default(), Seen::and);
        (late.sums.iter().sum(), late.count())
    }));
    let late = by_episode[EPISODES / 2..].iter().fold(Seen::default(), Seen::and);
    let largest = |means: &mut dyn Iterator<Item = f64>| means.fold(0.0_f64, |most, x| most.max(x.abs()));

    let near = |name: &str, measured, target, tolerance, from: &str| Check {
        name: name.into(),
        measured,
        target: Target::Near { target, tolerance },
        source: Source::Exact,
        from: from.into(),
    };
    // δ is ±1/6 where V = V^π: three standard errors.
    let noise = |n: f64| 3.0 / 6.0 / n.sqrt();
    let steps = total.count();
    let checks = vec![
        near(
            "E[δ | s] where V = V^π, greatest of all states, from the table",
            largest(&mut at_truth.iter().copied()),
            0.0,
            1e-15,
            "Bellman's equation",
        ),
        near("E[δ | s] where V = ½, the right-most state, from the table", at_first[4], 0.25, 1e-15, "½·1 + ½·½ − ½"),
        near(&format!("mean δ where V = V^π, {steps} steps"), mean, 0.0, noise(steps), "Bellman's equation"),
        near("mean size of δ where V = V^π", total.size / steps, 1.0 / 6.0, 1e-12, "neighbours are 1/6 apart"),
        near("Σ δ − (G − V(s₀)), the greatest of all episodes", off, 0.0, 1e-12, "the sum telescopes"),
        near(
            &format!("mean δ while V is learned, episodes {} to {EPISODES}, {seeds} seeds", EPISODES / 2 + 1),
            late_mean,
            0.0,
            // Its own noise, by how much the seeds differ: three standard errors.
            3.0 * late_error,
            "V is near V^π",
        ),
    ];
    let row = |state: usize| {
        let first = &by_episode[0];
        let cells = [at_first[state], first.mean(state), late.mean(state), total.mean(state)];
        std::iter::once((state + 1).to_string()).chain(cells.map(number)).collect()
    };
    let conclusions = vec![format!(
        "While V is learned the mean of δ goes from ±0.25 at the ends to {:.4} at most in any state; its mean size stays {:.3}.",
        largest(&mut (0..5).map(|state| late.mean(state))),
        late.size / late.count(),
    )];
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Mean δ by state".into(),
            header: ["state", "exact at V = ½", "first episode", "second half of learning", "at V = V^π"]
                .map(String::from)
                .into(),
            rows: (0..5).map(row).collect(),
        }],
        conclusions,
        figure: figure(&learning),
    })
}

/// The sum of some sums over that of their counts, a pair per run, and its standard error.
fn ratio(runs: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let (n, sum, count) = runs.clone().fold((0.0, 0.0, 0.0), |(n, a, b), (sum, count)| (n + 1.0, a + sum, b + count));
    let mean = sum / count;
    let squares: f64 = runs.map(|(sum, count): (f64, f64)| (sum - mean * count).powi(2)).sum();
    (mean, (squares * n / (n - 1.0_f64).max(1.0)).sqrt() / count)
}

/// Means over windows of episodes: one alone is rough.
const WINDOW: usize = 5;

fn figure(runs: &[Vec<Seen>]) -> Figure {
    let windows: Vec<Vec<Seen>> = (0..EPISODES / WINDOW)
        .map(|i| {
            let of = |run: &Vec<Seen>| run[i * WINDOW..][..WINDOW].iter().fold(Seen::default(), Seen::and);
            runs.iter().map(of).collect()
        })
        .collect();
    let t = stats::t(runs.len() as f64);
    // A sum and a count of each run's window give a point.
    let curve = |label: String, style, of: &dyn Fn(&Seen) -> (f64, f64)| {
        let (mean, half): (Vec<f64>, Vec<f64>) = windows
            .iter()
            .map(|seen| {
                let (mean, error) = ratio(seen.iter().map(of));
                (mean, t * error)
            })
            .unzip();
        let x = (0..windows.len()).map(|i| (i * WINDOW + WINDOW / 2 + 1) as f64).collect();
        banded(Series { label, x, style, ..Series::default() }, mean, &half)
    };
    let state = |state: usize| {
        let style = if state == 2 { LineStyle::Dashed } else { LineStyle::Solid };
        curve(format!("state {}", state + 1), style, &|seen| (seen.sums[state], seen.counts[state]))
    };
    let sizes = curve("|δ|, all states".into(), LineStyle::Solid, &|seen| (seen.size, seen.count()));
    let top = stats::mean(&sizes.mean) * 2.0;
    Figure {
        title: "5.3.2 TD target and TD error".into(),
        panels: vec![
            Panel {
                title: format!("Mean δ in each state, α = {ALPHA}"),
                x_label: "episodes".into(),
                y_label: "mean δ".into(),
                series: (0..5).map(state).collect(),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "Mean size of δ".into(),
                x_label: "episodes".into(),
                y_label: "mean |δ|".into(),
                series: vec![sizes],
                references: vec![Reference { label: "1/6".into(), y: 1.0 / 6.0 }],
                y_range: Some((0.0, top)),
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}
