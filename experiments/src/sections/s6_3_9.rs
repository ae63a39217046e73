//! 6.3.9 The essence of PPO: where the policy is the one that acted, its gradient is the policy gradient.

use anyhow::Result;
use gymkhana_agents::{
    nn::tensors::to_vec,
    policy_gradient::loss::{Objective, Surrogate},
};

use super::{
    Check, Findings, Section, Source, Study, Table, Target, number,
    rollouts::{ROWS, gather},
    study::curve,
};
use crate::{
    plot::{Figure, LineStyle, Panel, Reference, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.3.9",
    titles: ["The essence of PPO", "PPO 的本质", "PPO 的本質", "PPOの本質"],
    names: &["PPO", "proximal policy optimization", "近端策略优化", "近端策略優化", "近接方策最適化"],
    about: "\
A rollout is gathered, and for the first minibatch of it the policy still is the one that acted: every ratio is 1, nothing is
clipped, and the gradient of PPO is that of the advantage actor-critic, to the last digits. From the second minibatch on the
ratios leave 1, and clipping says how far. So PPO is A2C that may use its experience more than once. Here both gradients
are taken of the same minibatches, and PPO is trained on CartPole-v1 for 100,000 steps per seed.",
    equations: "\
ρ = π(a | s; θ) / π(a | s; θ_old)
θ = θ_old:   ρ = 1,   ∇ρ = ∇ ln π(a | s; θ)
             ∇ mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) = mean Â ∇ ln π(a | s; θ)",
    look_at: "\
Left: how far PPO's gradient is from A2C's on the minibatches of one rollout, as a part of A2C's. On the first it is 0 up to
rounding; on later ones the ratio weighs and the clipping cuts. Right: PPO learns CartPole-v1.",
    note: "",
    trains: &[("ppo", "CartPole-v1")],
    further: &["gymkhana run 6.3.8", "gymkhana run 6.3.5", "gymkhana train ppo CartPole-v1 --seeds 4"],
    costly: true,
    run,
};

const EPSILON: f64 = 0.2;
const MINIBATCHES: usize = 4;
const EPOCHS: usize = 4;
const ALPHA: f64 = 1e-3;

/// Per minibatch of a rollout: how far PPO's gradient is from A2C's as a part of it, and by how much a ratio is off 1 at
/// most; and how far the first gradients are apart at most, number by number.
struct Compared {
    apart: Vec<f64>,
    off: Vec<f64>,
    first: f64,
}

fn compare(seed: u64) -> Result<Compared> {
    let (mut learner, gathered) = gather(seed)?;
    let objective = |surrogate| Objective { surrogate, vf_coef: 0.5, ent_coef: 0.0, clip_range_vf: None };
    let mut compared = Compared { apart: Vec::new(), off: Vec::new(), first: f64::NAN };
    let rows: Vec<usize> = (0..ROWS).collect();
    for update in 0..EPOCHS * MINIBATCHES {
        // Every fourth row, so that a minibatch is of all lanes.
        let minibatch: Vec<usize> = rows.iter().skip(update % MINIBATCHES).step_by(MINIBATCHES).copied().collect();
        let ratios = gathered.ratios(&mut learner);
        compared.off.push(minibatch.iter().map(|row| (ratios[*row] - 1.0).abs()).fold(0.0, f64::max));
        let samples = gathered.samples();
        let (ppo, _) = learner.gradient(&samples, &minibatch, true, &objective(Surrogate::Clipped(EPSILON)));
        let (a2c, _) = learner.gradient(&samples, &minibatch, true, &objective(Surrogate::PolicyGradient));
        // The policy's part; that of the value is the same.
        let (p, a) = (to_vec(ppo[0].clone()), to_vec(a2c[0].clone()));
        let norm = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        compared.apart.push(norm(&mut p.iter().zip(&a).map(|(p, a)| p - a)) / norm(&mut a.iter().copied()));
        if update == 0 {
            compared.first = p.iter().zip(&a).map(|(p, a)| f64::from((p - a).abs())).fold(0.0, f64::max);
        }
        learner.step(ppo, 0.5, ALPHA);
    }
    Ok(compared)
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let compared = study.repeat("rollouts", study.pick(20, 20), compare)?;
    let worst = |of: fn(&Compared) -> f64| compared.iter().map(of).fold(0.0, f64::max);
    let (off, apart) = (worst(|compared| compared.off[0]), worst(|compared| compared.first));
    let last: Vec<f64> = compared.iter().map(|compared| *compared.apart.last().unwrap_or(&f64::NAN)).collect();

    let seeds = study.seeds(10, 2);
    let mut steps = 0;
    let made = study.train("ppo", "CartPole-v1", seeds, |config| steps = config.steps)?;
    let returns: Vec<f64> = made.iter().map(|made| made.result.evaluation.mean()).collect();
    let least = returns.iter().copied().fold(f64::INFINITY, f64::min);
    let checks = vec![
        Check::near("first minibatch: greatest |ρ − 1|", off, (0.0, 0.0), Source::Exact, "ρ ≡ 1"),
        Check {
            name: "first minibatch: greatest difference between a number of PPO's gradient and of A2C's".into(),
            measured: apart,
            target: Target::AtMost(1e-6),
            source: Source::Exact,
            from: "∇ρ = ∇ ln π where ρ = 1".into(),
        },
        Check {
            name: "last minibatch: distance of PPO's gradient from A2C's, as a part of it, mean over rollouts".into(),
            measured: stats::mean(&last),
            target: Target::AtLeast(0.01),
            source: Source::Exact,
            from: "the ratios have left 1".into(),
        },
        Check {
            name: format!("CartPole-v1: least greedy return of {seeds} seeds after {steps} steps"),
            measured: least,
            target: Target::AtLeast(500.0),
            source: Source::Peer,
            from: "Stable-Baselines3 with its zoo's settings: 500 on all ten seeds at 100,000 steps".into(),
        },
    ];
    let row = |made: &crate::launch::Completed| {
        let evaluation = &made.result.evaluation;
        vec![made.seed.to_string(), format!("{:.1}", evaluation.mean()), number(evaluation.deviation().round())]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: format!("PPO on CartPole-v1 after {steps} steps, greedy, 100 episodes each"),
            header: ["seed", "final return", "deviation"].map(String::from).into(),
            rows: made.iter().map(row).collect(),
        }],
        conclusions: vec![format!(
            "On the first minibatch PPO's gradient is A2C's to within {apart:.1e}; on the last of {} it is {:.0} % of A2C's \
             away from it. On CartPole-v1 the worst of {seeds} seeds ends at {least:.1}.",
            EPOCHS * MINIBATCHES,
            100.0 * stats::mean(&last),
        )],
        figure: Figure {
            title: "6.3.9 PPO and A2C".into(),
            panels: vec![
                Panel {
                    title: "PPO's gradient against A2C's".into(),
                    x_label: "minibatch of a rollout".into(),
                    y_label: "distance, as a part".into(),
                    series: vec![apart_curve(&compared)],
                    ..Panel::default()
                }
                .into(),
                Panel {
                    title: "CartPole-v1".into(),
                    x_label: "environment steps".into(),
                    y_label: "greedy return".into(),
                    series: vec![curve("PPO", &made, "eval/return_mean")],
                    references: vec![Reference { label: "most".into(), y: 500.0 }],
                    y_range: Some((0.0, 520.0)),
                    ..Panel::default()
                }
                .into(),
            ],
        },
    })
}

fn apart_curve(compared: &[Compared]) -> Series {
    let x = |compared: &Compared| (1..=compared.apart.len()).map(|i| i as f64).collect();
    let runs: Vec<_> = compared.iter().map(|compared| (x(compared), compared.apart.clone())).collect();
    Series {
        style: LineStyle::Solid,
        ..Series::of_runs(format!("gradients apart (mean of {} rollouts)", compared.len()), &runs)
    }
}
