//! 6.1.1 From policy gradient to actor-critic: the same direction, from less and less noise.

use anyhow::Result;
use gymkhana_agents::{
    math::{returns::backwards, softmax, td::one_step_target},
    planning::PolicyTable,
};
use gymkhana_envs::{Rng, SeedSequence, tabular::TabularModel};

use super::{
    Check, Findings, Section, Source, Study, Table, Target, number,
    s5_5_2::{Actor, GAMMA},
};
use crate::{
    plot::{Bar, Bars, Figure, Panel, Scale as Axis, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.1.1",
    titles: [
        "From policy gradient to actor-critic",
        "从策略梯度到 Actor-Critic",
        "從策略梯度到 Actor-Critic",
        "方策勾配からActor-Criticへ",
    ],
    names: &[
        "gradient variance", "variance of the policy gradient", "梯度方差", "策略梯度的方差", "梯度變異數", "勾配の分散",
    ],
    about: "\
Three estimates of the policy gradient in the 3 × 4 gridworld of 5.5.2, with a preference for each of 48 pairs of cell and
action. REINFORCE weighs what was done by the return that followed; with a baseline the value of the state is taken off;
actor-critic puts the one-step error of those values in the place of the return. With values that are right all three have
the gradient as their mean. How far a single episode is from it is computed exactly, by linear equations for the second
moments, and sampled beside that.",
    equations: "\
REINFORCE      X = Σₜ γᵗ Gₜ ∇ ln π(aₜ | sₜ)
baseline       X = Σₜ γᵗ (Gₜ − V(sₜ)) ∇ ln π(aₜ | sₜ)
actor-critic   X = Σₜ γᵗ δₜ ∇ ln π(aₜ | sₜ),       δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ)
E[X] = ∇J for all three,   tr Var = E‖X‖² − ‖∇J‖²",
    look_at: "\
Left: the variance of an episode's estimate under the random policy, exact and sampled. Right: the exact one
while the policy goes up the exact gradient, on a logarithmic scale. It falls as the policy becomes sure of what it does, and
the order of the three stays.",
    note: "\
The values are exact here. A critic that is still wrong has a bias: less variance is bought with that. Section 6.2.4 weighs
the two.",
    trains: &[],
    further: &["gymkhana run 5.5.2", "gymkhana run 5.5.3", "gymkhana run 6.2.1"],
    costly: false,
    run,
};

/// Three deviations of one episode's ‖X − ∇J‖² as a part of its mean, as they were sampled.
const NOISE: [f64; 3] = [2.2, 5.5, 4.6];
/// Steps up the exact gradient, and their size.
const STEPS: usize = 300;
const ALPHA: f64 = 5.0;
/// Steps from one look to the next.
const EVERY: usize = 5;

/// How an episode's steps are weighed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weight {
    /// by Gₜ
    Return,
    /// by Gₜ − V(sₜ)
    Baseline,
    /// by δₜ
    Error,
}

const ALL: [(&str, Weight); 3] =
    [("REINFORCE", Weight::Return), ("with a baseline", Weight::Baseline), ("actor-critic", Weight::Error)];

impl Weight {
    /// The weight of a step is `.0` · Gₜ + `.1`.
    fn parts(self, v: f64, reward: f64, terminated: bool, v_next: f64) -> (f64, f64) {
        match self {
            Self::Return => (1.0, 0.0),
            Self::Baseline => (1.0, -v),
            Self::Error => (0.0, one_step_target(reward, GAMMA, terminated, v_next) - v),
        }
    }
}

/// An episode's estimate X: its mean, and the trace of its variance.
struct Moments {
    mean: Vec<f64>,
    trace: f64,
}

/// Of every state from which an episode goes on: E[G], E[G²], E[X], E[G X] and E‖X‖².
#[derive(Clone)]
struct Ahead {
    g: f64,
    gg: f64,
    x: Vec<f64>,
    gx: Vec<f64>,
    xx: f64,
}

/// The moments from the start, by going on until nothing changes: each of them follows from those of the next state, since
/// G = r + γ G′ and X = (a G + b) ∇ ln π + γ X′.
fn moments(model: &impl TabularModel, policy: &PolicyTable, values: &[f64], weight: Weight) -> Moments {
    let (states, actions) = (model.states(), model.actions());
    let n = states * actions;
    let zero = Ahead { g: 0.0, gg: 0.0, x: vec![0.0; n], gx: vec![0.0; n], xx: 0.0 };
    let mut all = vec![zero.clone(); states];
    for _ in 0..10_000 {
        let mut change = 0.0_f64;
        for state in 0..states {
            let pi = policy.row(state);
            let squares: f64 = pi.iter().map(|pi| pi * pi).sum();
            let mut sum = zero.clone();
            for action in 0..actions {
                // ‖∇ ln π(a)‖², and its products with rows of this state
                let long = 1.0 - 2.0 * pi[action] + squares;
                let along = |row: &[f64]| {
                    let here = &row[state * actions..][..actions];
                    here[action] - here.iter().zip(pi).map(|(x, pi)| x * pi).sum::<f64>()
                };
                for outcome in model.outcomes(state, action) {
                    let (share, r) = (pi[action] * outcome.probability, outcome.reward);
                    let (a, b) = weight.parts(values[state], r, outcome.terminated, values[outcome.next]);
                    let next = if outcome.terminated { &zero } else { &all[outcome.next] };
                    let g = r + GAMMA * next.g;
                    let gg = r * r + 2.0 * r * GAMMA * next.g + GAMMA * GAMMA * next.gg;
                    sum.g += share * g;
                    sum.gg += share * gg;
                    // E[(a G + b) X′] and E[G X′]
                    let cross = (a * r + b) * along(&next.x) + a * GAMMA * along(&next.gx);
                    let own = a * a * gg + 2.0 * a * b * g + b * b;
                    sum.xx += share * (own * long + 2.0 * GAMMA * cross + GAMMA * GAMMA * next.xx);
                    let (once, twice) = (share * (a * g + b), share * (a * gg + b * g));
                    for i in 0..n {
                        sum.x[i] += share * GAMMA * next.x[i];
                        sum.gx[i] += share * GAMMA * (r * next.x[i] + GAMMA * next.gx[i]);
                    }
                    for (of, pi) in pi.iter().enumerate() {
                        let gradient = f64::from(u8::from(of == action)) - pi;
                        sum.x[state * actions + of] += once * gradient;
                        sum.gx[state * actions + of] += twice * gradient;
                    }
                }
            }
            change = change.max((sum.xx - all[state].xx).abs()).max((sum.g - all[state].g).abs());
            all[state] = sum;
        }
        if change < 1e-13 {
            break;
        }
    }
    let start = || model.start().iter().zip(&all);
    let mean: Vec<f64> = (0..n).map(|i| start().map(|(share, ahead)| share * ahead.x[i]).sum()).collect();
    let second: f64 = start().map(|(share, ahead)| share * ahead.xx).sum();
    Moments { trace: second - mean.iter().map(|x| x * x).sum::<f64>(), mean }
}

/// ‖X − mean‖² of one episode, for each of the weights; every γᵗ below 10⁻⁶ is left out.
fn sampled(actor: &Actor, policy: &PolicyTable, values: &[f64], mean: &[f64], rng: &mut Rng) -> [f64; 3] {
    let (model, actions) = (&*actor.model, actor.model.actions());
    let (mut state, mut discount, mut path, mut returns) = (model.draw_start(rng), 1.0, Vec::new(), Vec::new());
    let mut after = 0.0;
    while discount > 1e-6 {
        let action = softmax::draw(policy.row(state), rng);
        let outcome = model.draw(state, action, rng);
        path.push((state, action, *outcome));
        returns.push(outcome.reward);
        if outcome.terminated {
            break;
        }
        (state, discount, after) = (outcome.next, discount * GAMMA, values[outcome.next]);
    }
    let ended = path.last().is_some_and(|(.., outcome)| outcome.terminated);
    backwards(&mut returns, GAMMA, if ended { 0.0 } else { after });
    ALL.map(|(_, weight)| {
        let mut x: Vec<f64> = mean.iter().map(|mean| -mean).collect();
        for (t, ((state, action, outcome), g)) in path.iter().zip(&returns).enumerate() {
            let (a, b) = weight.parts(values[*state], outcome.reward, outcome.terminated, values[outcome.next]);
            let step = GAMMA.powf(t as f64) * (a * g + b);
            let row = &mut x[state * actions..][..actions];
            row.iter_mut().zip(policy.row(*state)).for_each(|(x, pi)| *x -= step * pi);
            row[*action] += step;
        }
        x.iter().map(|x| x * x).sum()
    })
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(40, 10);
    let episodes = study.pick(10_000, 4_000);
    let mut actor = Actor::in_a_gridworld()?;
    actor.theta.fill(0.0); // the random policy
    let (theorem, values) = actor.by_theorem()?;
    let policy = Actor::policy(&actor.theta, actor.model.actions());
    let exact = ALL.map(|(_, weight)| moments(&*actor.model, &policy, &values, weight));
    let parts = study.repeat("gradients of single episodes", seeds, |seed| {
        let mut rng = SeedSequence::new(seed).rng();
        let mut sums = [0.0; 3];
        for _ in 0..episodes {
            let found = sampled(&actor, &policy, &values, &theorem, &mut rng);
            sums.iter_mut().zip(found).for_each(|(sum, x)| *sum += x / f64::from(episodes));
        }
        Ok(sums)
    })?;
    let of = |which: usize| parts.iter().map(|part| part[which]).collect::<Vec<f64>>();
    let mut checks = Vec::new();
    for (which, ((name, _), exact)) in ALL.iter().zip(&exact).enumerate() {
        let off = exact.mean.iter().zip(&theorem).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        checks.push(Check::near(
            format!("{name}: greatest distance of the mean from the gradient"),
            off,
            (0.0, 1e-9),
            Source::Exact,
            "the theorem, by linear equations",
        ));
        checks.push(Check::near(
            format!(
                "{name}: sampled variance as a part of the exact one, {} episodes",
                seeds * u64::from(episodes as u32)
            ),
            stats::mean(&of(which)) / exact.trace,
            (1.0, NOISE[which] / (seeds as f64 * f64::from(episodes)).sqrt()),
            Source::Exact,
            "linear equations for second moments",
        ));
    }
    let less = |name: &str, a: usize, b: usize| Check {
        name: name.into(),
        measured: exact[a].trace / exact[b].trace,
        target: Target::AtMost(1.0),
        source: Source::Exact,
        from: "linear equations for second moments".into(),
    };
    checks.push(less("variance with a baseline as a part of that without", 1, 0));
    checks.push(less("variance of actor-critic as a part of that with a baseline", 2, 1));
    let traces = exact.each_ref().map(|moments| moments.trace);
    let climbed = climb(&actor)?;
    let rows = (0..3).map(|which| {
        let found = of(which);
        vec![
            ALL[which].0.into(),
            number(traces[which]),
            number(stats::mean(&found)),
            number(traces[0] / traces[which]),
            number(climbed.traces[which][climbed.traces[which].len() - 1]),
        ]
    });
    Ok(Findings {
        tables: vec![Table {
            title: "Trace of the variance of an episode's estimate".into(),
            header: ["", "random policy", "sampled", "REINFORCE has so many times as much", "after the climb"]
                .map(String::from)
                .into(),
            rows: rows.collect(),
        }],
        conclusions: vec![format!(
            "All three have the gradient as their mean. Under the random policy the variance is {:.4} by returns, {:.4} with a \
             baseline and {:.4} by one-step errors: so many fewer episodes give as good a direction.",
            traces[0], traces[1], traces[2]
        )],
        figure: figure(traces, &[0, 1, 2].map(of), &climbed),
        checks,
    })
}

/// The variances, and what the policy is worth, along exact gradient ascent.
struct Climb {
    worth: Vec<f64>,
    traces: [Vec<f64>; 3],
}

fn climb(actor: &Actor) -> Result<Climb> {
    let mut actor = Actor { model: actor.model.clone(), theta: actor.theta.clone() };
    let mut climb = Climb { worth: Vec::new(), traces: Default::default() };
    for _ in (0..=STEPS).step_by(EVERY) {
        let policy = Actor::policy(&actor.theta, actor.model.actions());
        let (_, values) = actor.by_theorem()?;
        climb.worth.push(actor.worth(&actor.theta)?);
        for ((_, weight), traces) in ALL.iter().zip(&mut climb.traces) {
            traces.push(moments(&*actor.model, &policy, &values, *weight).trace);
        }
        for _ in 0..EVERY {
            let (gradient, _) = actor.by_theorem()?;
            actor.theta.iter_mut().zip(gradient).for_each(|(theta, slope)| *theta += ALPHA * slope);
        }
    }
    Ok(climb)
}

fn figure(traces: [f64; 3], sampled: &[Vec<f64>; 3], climb: &Climb) -> Figure {
    let bar = |which: usize| {
        let (label, mean, half) = (ALL[which].0, stats::mean(&sampled[which]), stats::half_interval(&sampled[which]));
        [
            Bar { label: label.into(), group: "exact".into(), value: traces[which], ..Bar::default() },
            Bar { label: label.into(), group: "sampled".into(), value: mean, low: mean - half, high: mean + half },
        ]
    };
    let line = |which: usize| Series {
        label: ALL[which].0.into(),
        x: (0..=STEPS).step_by(EVERY).map(|step| step as f64).collect(),
        mean: climb.traces[which].clone(),
        ..Series::default()
    };
    Figure {
        title: "6.1.1 From policy gradient to actor-critic".into(),
        panels: vec![
            Bars {
                title: "Variance under the random policy".into(),
                x_label: "estimate".into(),
                y_label: "trace of the variance".into(),
                bars: (0..3).flat_map(bar).collect(),
                ..Bars::default()
            }
            .into(),
            Panel {
                title: "While the policy gets better".into(),
                x_label: "steps up the exact gradient".into(),
                y_label: "trace of the variance".into(),
                series: (0..3).map(line).collect(),
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
    use gymkhana_envs::tabular::{Outcome, Table as Model};

    #[test]
    fn the_variance_of_one_decision_is_that_of_6_2_1() {
        // Three actions end at once with 100, 101, 102: the traces of section 6.2.1; δ is G − V.
        let model = Model::new(vec![1.0], 3, |_, action| {
            [Outcome { probability: 1.0, next: 0, reward: 100.0 + action as f64, terminated: true }]
        });
        let policy = PolicyTable::new(1, 3, |_, _| 1.0 / 3.0);
        let traces = ALL.map(|(_, weight)| moments(&model, &policy, &[101.0], weight).trace);
        for (found, right) in traces.into_iter().zip([61_208.0 / 9.0, 2.0 / 9.0, 2.0 / 9.0]) {
            assert!((found - right).abs() < 1e-8, "{found}, not {right}");
        }
    }

    #[test]
    fn two_decisions_by_hand() {
        // Two states in a row, two actions each, reward 1 for the second and 0 for the first, π = ½: V = ½ + γ/2 and ½. Each
        // step has δ = ±½ and ∇ ln π = ±(−½, ½), of the same sign: δ ∇ ln π is always the same, and there is no variance.
        let model = Model::new(vec![1.0, 0.0], 2, |state, action| {
            [Outcome { probability: 1.0, next: 1, reward: action as f64, terminated: state == 1 }]
        });
        let policy = PolicyTable::new(2, 2, |_, _| 0.5);
        let values = [0.5 + GAMMA / 2.0, 0.5];
        let of = |weight| moments(&model, &policy, &values, weight);
        assert!(of(Weight::Error).trace.abs() < 1e-12);
        // By G − V: the first step has δ₀ + γ δ₁, of which ±γ/2 is noise: ‖g‖² = ½ times γ²/4.
        assert!((of(Weight::Baseline).trace - GAMMA * GAMMA / 8.0).abs() < 1e-12);
        assert!(of(Weight::Return).mean.iter().zip(of(Weight::Error).mean).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
