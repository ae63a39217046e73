//! 6.3.9 The essence of PPO: where the policy is the one that acted, its gradient is the policy gradient.

use anyhow::Result;
use gymkhana_agents::{
    nn::tensors::to_vec,
    policy_gradient::loss::{Objective, Surrogate},
};

use super::{
    Check, Findings, Section, Source, Study, Target,
    rollouts::{ROWS, gather},
    tasks::{Task, Trained, train},
};
use crate::{
    plot::{Figure, LineStyle, Panel, Series},
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
are taken of the same minibatches, and PPO is trained on four tasks of classic control, Pendulum-v1 with controls.",
    equations: "\
ρ = π(a | s; θ) / π(a | s; θ_old)
θ = θ_old:   ρ = 1,   ∇ρ = ∇ ln π(a | s; θ)
             ∇ mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â) = mean Â ∇ ln π(a | s; θ)",
    look_at: "\
Left: how far PPO's gradient is from A2C's on the minibatches of one rollout, as a part of A2C's. On the first it is 0 up to
rounding; on later ones the ratio weighs and the clipping cuts. The other panels are learning curves: means of the seeds'
greedy returns with their 95 % bands. What normalises rewards does so for learning alone; returns are as the task pays them.",
    note: "",
    trains: &[("ppo", "CartPole-v1"), ("ppo", "Acrobot-v1"), ("ppo", "MountainCar-v0"), ("ppo", "Pendulum-v1")],
    further: &["gymkhana run 6.3.8", "gymkhana run 6.3.5", "gymkhana train ppo CartPole-v1 --seeds 4"],
    costly: true,
    run,
};

const TASKS: [Task; 4] = [
    Task {
        agent: "ppo",
        name: "PPO",
        env: "CartPole-v1",
        bar: 500.0,
        above: Some((10, 500.0)),
        peer: "Stable-Baselines3 with its zoo's settings: 500 on all ten seeds",
        quick: 2,
        range: (0.0, 520.0),
        settings: &[],
    },
    Task {
        agent: "ppo",
        name: "PPO",
        env: "Acrobot-v1",
        bar: -80.0,
        above: None,
        peer: "rl-baselines3-zoo, one run: −73.5",
        quick: 0,
        range: (-500.0, 0.0),
        settings: &[],
    },
    Task {
        agent: "ppo",
        name: "PPO",
        env: "MountainCar-v0",
        bar: -115.0,
        above: None,
        peer: "rl-baselines3-zoo, one run: −110.4",
        quick: 0,
        range: (-200.0, -90.0),
        settings: &[],
    },
    Task {
        agent: "ppo",
        name: "PPO",
        env: "Pendulum-v1",
        bar: -180.0,
        above: None,
        peer: "Stable-Baselines3 with its zoo's settings, noise that depends on the state: −185.5; its seeds from −204 to −160",
        quick: 0,
        range: (-1500.0, 0.0),
        settings: &[],
    },
];

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

    let all = train(study, &TASKS)?;
    let mut checks = vec![
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
    ];
    checks.extend(all.iter().flat_map(|trained| trained.checks(study)));
    let mut conclusions = vec![format!(
        "On the first minibatch no number of PPO's gradient is further than {apart:.1e} from A2C's; on the last of {} it is {:.0} % of A2C's away \
         from it.",
        EPOCHS * MINIBATCHES,
        100.0 * stats::mean(&last),
    )];
    conclusions.extend(all.iter().map(Trained::conclusion));
    let gradients = Panel {
        title: "PPO's gradient against A2C's".into(),
        x_label: "minibatch of a rollout".into(),
        y_label: "distance, as a part".into(),
        series: vec![apart_curve(&compared)],
        ..Panel::default()
    };
    Ok(Findings {
        checks,
        tables: all.iter().map(Trained::table).collect(),
        conclusions,
        figure: Figure {
            title: "6.3.9 PPO and A2C".into(),
            panels: std::iter::once(gradients).chain(all.iter().map(Trained::panel)).map(Into::into).collect(),
            ..Figure::default()
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
