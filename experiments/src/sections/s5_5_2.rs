//! 5.5.2 The policy gradient theorem: the gradient of what is earned, from values and visits alone.

use anyhow::Result;
use gymkhana_agents::{
    math::softmax,
    planning::{PolicyTable, backup::action_values, evaluate},
};
use gymkhana_envs::{
    Rng, SeedSequence,
    grid::{Gridworld, Rules},
    tabular::{ShortCorridor, Table as Model, TabularModel},
};

use super::{Check, Findings, Section, Source, Study, Table, Target, number, s5_5_1::slope};
use crate::plot::{Figure, LineStyle, Panel, Reference, Scale as Axis, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.5.2",
    titles: ["The policy gradient theorem", "策略梯度定理", "策略梯度定理", "方策勾配定理"],
    names: &["policy gradient theorem", "likelihood ratio", "score function", "score function estimator", "对数导数技巧", "對數導數技巧"],
    about: "\
What a policy earns depends on its parameters in two ways: through what it does, and through where it gets by that. The
theorem says that the second way need not be differentiated. So the gradient is a mean over what the policy itself meets,
and can be sampled. It is computed here in three ways: by the theorem from linear equations, by finite differences, and
from episodes, for the corridor of 5.5.1 and for the 3 × 4 gridworld with a preference for each of its 48 pairs of cell and
action.",
    equations: "\
∇J = Σₛ η(s) Σₐ q(s, a) ∇π(a | s),        η(s) = Σₜ γᵗ Pr{sₜ = s}
   = E[ Σₜ γᵗ (Gₜ − b(sₜ)) ∇ ln π(aₜ | sₜ) ]        for any baseline b
corridor: dJ/dθ = (2p² − 8p + 4) / (p (1 − p))",
    look_at: "\
Left: the slope of J over the corridor's policies, exact as a curve and sampled as points; it is 0 at p = 0.586. Right: how
far the direction sampled in the gridworld is from the exact one, by how many episodes it is the mean of. It falls as one
over that number; a baseline changes nothing in the mean, and saves episodes.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana run 5.5.1",
        "gymkhana run 5.5.3",
        "gymkhana train tabular-reinforce Gridworld --set baseline=true --set learning_rate=0.1",
    ],
    costly: false,
    run,
};

/// The discount in the gridworld.
pub(super) const GAMMA: f64 = 0.9;
/// The probabilities at which the corridor's slope is sampled.
const POLICIES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// A policy that is the softmax of preferences, on a table.
pub(super) struct Actor {
    pub(super) model: std::sync::Arc<Model>,
    pub(super) theta: Vec<f64>,
}

impl Actor {
    /// The 3 × 4 gridworld, with some preferences or other.
    pub(super) fn in_a_gridworld() -> Result<Self> {
        let rules =
            Rules { success_rate: 0.8, step_reward: -0.04, goal_reward: 1.0, hole_reward: -1.0, ..Rules::default() };
        let model = Gridworld::new("...G/.#.H/S...", rules)?.table();
        let mut rng = Rng::new(0);
        let theta = (0..model.states() * model.actions()).map(|_| rng.normal()).collect();
        Ok(Self { model, theta })
    }

    pub(super) fn policy(theta: &[f64], actions: usize) -> PolicyTable {
        let mut pi = vec![0.0; theta.len()];
        for (theta, pi) in theta.chunks_exact(actions).zip(pi.chunks_exact_mut(actions)) {
            softmax::softmax(theta, None, pi);
        }
        PolicyTable::of(actions, pi)
    }

    /// J, the value of the start.
    pub(super) fn worth(&self, theta: &[f64]) -> Result<f64> {
        let values = evaluate(&*self.model, &Self::policy(theta, self.model.actions()), GAMMA)?;
        Ok(values.iter().zip(self.model.start()).map(|(value, share)| value * share).sum())
    }

    /// ∇J by the theorem, and the values.
    pub(super) fn by_theorem(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        let (model, actions) = (&*self.model, self.model.actions());
        let policy = Self::policy(&self.theta, actions);
        let values = evaluate(model, &policy, GAMMA)?;
        let q = action_values(model, &values, GAMMA);
        let visits = self.visits(&policy);
        // ∂π(a)/∂θ(b) = π(b) (1{a = b} − π(a)), so that Σₐ q(a) ∂π(a)/∂θ(b) = π(b) (q(b) − v).
        let gradient = |pair: usize| {
            let (state, action) = (pair / actions, pair % actions);
            visits[state] * policy.row(state)[action] * (q[pair] - values[state])
        };
        Ok(((0..q.len()).map(gradient).collect(), values))
    }

    /// η(s), by going on until nothing is left.
    fn visits(&self, policy: &PolicyTable) -> Vec<f64> {
        let model = &*self.model;
        let (mut here, mut visits) = (model.start().to_vec(), vec![0.0; model.states()]);
        while here.iter().sum::<f64>() > 1e-15 {
            let mut next = vec![0.0; here.len()];
            for (state, share) in here.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                visits[state] += share;
                for action in 0..model.actions() {
                    for outcome in model.outcomes(state, action).iter().filter(|outcome| !outcome.terminated) {
                        next[outcome.next] += GAMMA * share * policy.row(state)[action] * outcome.probability;
                    }
                }
            }
            here = next;
        }
        visits
    }

    /// ∇J by central differences.
    fn by_differences(&self) -> Result<Vec<f64>> {
        let at = |pair: usize, shift: f64| {
            let mut theta = self.theta.clone();
            theta[pair] += shift;
            self.worth(&theta)
        };
        (0..self.theta.len()).map(|pair| Ok((at(pair, 1e-5)? - at(pair, -1e-5)?) / 2e-5)).collect()
    }

    /// Adds what an episode says of ∇J, with the values of a baseline; every γᵗ below 10⁻⁶ is left out.
    fn sample(
        &self,
        policy: &PolicyTable,
        baseline: &[f64],
        rng: &mut Rng,
        path: &mut Vec<(usize, usize, f64)>,
        sum: &mut [f64],
    ) {
        let (actions, mut state, mut discount) = (self.model.actions(), self.model.draw_start(rng), 1.0);
        path.clear();
        while discount > 1e-6 {
            let action = softmax::draw(policy.row(state), rng);
            let outcome = self.model.draw(state, action, rng);
            path.push((state, action, outcome.reward));
            if outcome.terminated {
                break;
            }
            (state, discount) = (outcome.next, discount * GAMMA);
        }
        let mut after = 0.0;
        for (t, &(state, action, reward)) in path.iter().enumerate().rev() {
            after = reward + GAMMA * after;
            let weight = GAMMA.powf(t as f64) * (after - baseline[state]);
            let row = &mut sum[state * actions..][..actions];
            row.iter_mut().zip(policy.row(state)).for_each(|(sum, pi)| *sum -= weight * pi);
            row[action] += weight;
        }
    }
}

/// Σ Gₜ ∂ ln π(aₜ)/∂θ of an episode of the corridor.
fn corridor(table: &Model, p: f64, rng: &mut Rng) -> f64 {
    let (mut state, mut length, mut sum) = (0, 0.0, 0.0);
    // G is minus the steps that are left, of which the present length is not known yet: Σ −(T − t) g = −T Σ g + Σ t g.
    let mut scores = 0.0;
    loop {
        let right = rng.unit() < p;
        let score = if right { 1.0 - p } else { -p };
        (scores, sum) = (scores + score, sum + length * score);
        length += 1.0;
        let outcome = table.outcomes(state, usize::from(right))[0];
        if outcome.terminated {
            return sum - length * scores;
        }
        state = outcome.next;
    }
}

/// The cosine of the angle between two directions.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let parts = study.seeds(16, 4);
    // In the corridor.
    let episodes = study.pick(100_000, 40_000);
    let slopes = study.repeat("slopes of the corridor", parts, |seed| {
        let (table, mut rng) = (ShortCorridor::table(), SeedSequence::new(seed).rng());
        let mean = |p| (0..episodes).map(|_| corridor(&table, p, &mut rng)).sum::<f64>() / f64::from(episodes);
        Ok(POLICIES.map(mean))
    })?;
    let sampled: Vec<f64> =
        (0..POLICIES.len()).map(|i| slopes.iter().map(|part| part[i]).sum::<f64>() / parts as f64).collect();
    let exact = POLICIES.map(slope);
    let differences = POLICIES.map(|p| {
        let at = |shift: f64| ShortCorridor::value(1.0 / (1.0 + (-((p / (1.0 - p)).ln() + shift)).exp()));
        (at(1e-5) - at(-1e-5)) / 2e-5
    });
    // In the gridworld.
    let actor = Actor::in_a_gridworld()?;
    let (theorem, values) = actor.by_theorem()?;
    let policy = Actor::policy(&actor.theta, actor.model.actions());
    let none = vec![0.0; values.len()];
    let counts: Vec<u32> = (4..=study.pick(17, 15)).map(|power| 1 << power).collect();
    let far = study.repeat("gradients of the gridworld", parts, |seed| {
        let mut found = Vec::new();
        for (which, baseline) in [&none, &values].into_iter().enumerate() {
            let (mut rng, mut path) = (SeedSequence::new(seed).child(which).rng(), Vec::new());
            let (mut sum, mut done) = (vec![0.0; theorem.len()], 0);
            for &count in &counts {
                (done..count).for_each(|_| actor.sample(&policy, baseline, &mut rng, &mut path, &mut sum));
                done = count;
                found.push(1.0 - cosine(&sum, &theorem));
            }
        }
        Ok(found)
    })?;
    let (without, with): (Vec<_>, Vec<_>) = far.iter().map(|far| far.split_at(counts.len())).unzip();
    let last = |runs: &[&[f64]]| runs.iter().map(|run| 1.0 - run[counts.len() - 1]).fold(1.0, f64::min);
    let check = |name: String, measured: f64, least: f64, from: &str| Check {
        name,
        measured,
        target: Target::AtLeast(least),
        source: Source::Exact,
        from: from.into(),
    };
    let (all, many) = (u64::from(episodes as u32) * parts, counts[counts.len() - 1]);
    let checks = vec![
        check(
            "corridor: cosine of finite differences and formula, 9 policies".into(),
            cosine(&differences, &exact),
            1.0 - 1e-9,
            "the derivative of J",
        ),
        check(
            format!("corridor: cosine of the sampled and the exact slopes, {all} episodes each"),
            cosine(&sampled, &exact),
            0.99,
            "the derivative of J",
        ),
        check(
            "gridworld: cosine of finite differences and theorem".into(),
            cosine(&actor.by_differences()?, &theorem),
            1.0 - 1e-9,
            "the theorem, by linear equations",
        ),
        check(
            format!("gridworld: cosine of sampled and exact, {many} episodes, the worst of {parts}"),
            last(&without),
            0.99,
            "the theorem, by linear equations",
        ),
        check(
            format!("gridworld: the same with the values as a baseline, the worst of {parts}"),
            last(&with),
            0.99,
            "the theorem, by linear equations",
        ),
    ];
    let rows = POLICIES
        .iter()
        .enumerate()
        .map(|(i, p)| vec![number(*p), number(exact[i]), number(differences[i]), number(sampled[i])]);
    Ok(Findings {
        tables: vec![Table {
            title: "Slope dJ/dθ of the corridor".into(),
            header: ["p", "exact", "finite differences", "sampled"].map(String::from).into(),
            rows: rows.collect(),
        }],
        conclusions: vec![format!(
            "The theorem and finite differences give one gradient; the mean over {many} episodes of the gridworld has a \
             cosine of {:.5} with it, and {:.5} with a baseline.",
            last(&without),
            last(&with)
        )],
        figure: figure(&sampled, &counts, [&without, &with]),
        checks,
    })
}

fn figure(sampled: &[f64], counts: &[u32], far: [&[&[f64]]; 2]) -> Figure {
    let x: Vec<f64> = (20..=950).map(|i| f64::from(i) / 1000.0).collect();
    let x_of: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
    let distance = |label: &str, runs: &[&[f64]]| {
        let runs: Vec<_> = runs.iter().map(|run| (x_of.clone(), run.to_vec())).collect();
        Series { low: vec![], high: vec![], ..Series::of_runs(label, &runs) }
    };
    Figure {
        title: "5.5.2 The policy gradient theorem".into(),
        panels: vec![
            Panel {
                title: "Corridor".into(),
                x_label: "p, probability of going right".into(),
                y_label: "dJ/dθ".into(),
                series: vec![
                    Series {
                        label: "sampled".into(),
                        x: POLICIES.into(),
                        mean: sampled.to_vec(),
                        style: LineStyle::Points,
                        ..Series::default()
                    },
                    Series {
                        label: "exact".into(),
                        mean: x.iter().map(|p| slope(*p)).collect(),
                        x,
                        ..Series::default()
                    },
                ],
                references: vec![Reference { label: "the top".into(), y: 0.0 }],
                y_range: Some((-60.0, 60.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "Gridworld, 48 parameters".into(),
                x_label: "episodes".into(),
                y_label: "1 − cosine with the exact gradient".into(),
                series: vec![distance("without a baseline", far[0]), distance("values as a baseline", far[1])],
                references: vec![Reference { label: "cosine .99".into(), y: 0.01 }],
                x_scale: Axis::Log10,
                y_scale: Axis::Log10,
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theorem_gives_what_finite_differences_give() {
        let actor = Actor::in_a_gridworld().unwrap();
        let (theorem, differences) = (actor.by_theorem().unwrap().0, actor.by_differences().unwrap());
        assert!(theorem.iter().zip(&differences).all(|(a, b)| (a - b).abs() < 1e-8));
        assert!((cosine(&theorem, &differences) - 1.0).abs() < 1e-9);
        assert!((cosine(&[1.0, 0.0], &[1.0, 1.0]) - 0.5_f64.sqrt()).abs() < 1e-15);
    }
}
