//! 6.3.8 How a policy model is trained: epochs, minibatches, and when to gather anew.

use anyhow::Result;
use gymkhana_agents::{
    nn::tensors::to_vec,
    policy_gradient::{
        Choices,
        learner::Learner,
        loss::{Objective, Surrogate},
    },
};
use gymkhana_envs::SeedSequence;

use super::{
    Check, Findings, Section, Source, Study, Table, Target, number,
    rollouts::{LANES, N_STEPS, ROWS, gather},
};
use crate::{
    plot::{Figure, LineStyle, Panel, Reference, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.3.8",
    titles: [
        "How a policy model is trained, in pictures",
        "图解策略模型的训练",
        "圖解策略模型的訓練",
        "図解・方策モデルの訓練",
    ],
    names: &["epochs and minibatches", "PPO training loop", "PPO 训练流程", "PPO 訓練流程", "エポックとミニバッチ"],
    about: "\
PPO gathers a rollout with the policy θₙ, and then goes through it several times in minibatches: with two epochs of two
minibatches each that makes four updates, from θₙ to θₙ₊₄. Only then is the rollout thrown away and a new one gathered, with
θₙ₊₄. All four updates compare with one and the same policy, the one that acted. Here one rollout of CartPole-v1 is gone
through so, with 20 seeds, and it is measured after every update how far the policy has moved from the one that acted.",
    equations: "\
rollout with π(· ; θₙ):   (s, a, ln π(a | s; θₙ), Â, G)      all fixed
epoch 1:  minibatch 1: θₙ → θₙ₊₁      minibatch 2: θₙ₊₁ → θₙ₊₂
epoch 2:  minibatch 1: θₙ₊₂ → θₙ₊₃    minibatch 2: θₙ₊₃ → θₙ₊₄
then resample with π(· ; θₙ₊₄)",
    look_at: "\
Left: the divergence of the policy from the one that acted, over all rows of the rollout; it grows with every update, for the
rollout is of a policy that is left further and further behind. Right: the least and the greatest ratio over all rows, beside
the range in which something is to be gained. At 0 updates every ratio is 1.",
    note: "",
    trains: &[],
    further: &["gymkhana run 6.3.9", "gymkhana show ppo", "gymkhana train ppo CartPole-v1 --set n_epochs=2"],
    costly: false,
    run,
};

const EPOCHS: usize = 2;
const MINIBATCHES: usize = 2;
const UPDATES: usize = EPOCHS * MINIBATCHES;
const EPSILON: f64 = 0.2;
/// A step size at which four updates show.
const ALPHA: f64 = 3e-3;

/// What one seed's rollout was gone through to.
struct Passed {
    /// after 0, 1, … updates: mean (ρ − 1) − ln ρ, least and greatest ρ
    moved: Vec<[f64; 3]>,
    /// vectors of parameters that were different from all before
    parameters: usize,
    /// how often each row was in a minibatch, at least and at most
    uses: (usize, usize),
}

fn pass(seed: u64) -> Result<Passed> {
    let (mut learner, gathered) = gather(seed)?;
    let objective =
        Objective { surrogate: Surrogate::Clipped(EPSILON), vf_coef: 0.5, ent_coef: 0.0, clip_range_vf: None };
    let mut rng = SeedSequence::new(seed).child(9).rng();
    let (mut order, mut uses) = ((0..ROWS).collect::<Vec<_>>(), vec![0; ROWS]);
    let (mut moved, mut seen) = (Vec::new(), vec![parameters(&learner)]);
    let look = |ratios: Vec<f64>| {
        let divergence: Vec<f64> = ratios.iter().map(|ratio| ratio - 1.0 - ratio.ln()).collect();
        let (least, most) = ratios.iter().fold((f64::INFINITY, 0.0), |(l, m), r| (f64::min(l, *r), f64::max(m, *r)));
        [stats::mean(&divergence), least, most]
    };
    moved.push(look(gathered.ratios(&mut learner)));
    for _ in 0..EPOCHS {
        for i in (1..ROWS).rev() {
            order.swap(i, rng.below(i + 1));
        }
        for minibatch in order.chunks(ROWS / MINIBATCHES) {
            for row in minibatch {
                uses[*row] += 1;
            }
            let (gradient, _) = learner.gradient(&gathered.samples(), minibatch, true, &objective);
            learner.step(gradient, 0.5, ALPHA);
            moved.push(look(gathered.ratios(&mut learner)));
            let theta = parameters(&learner);
            if !seen.contains(&theta) {
                seen.push(theta);
            }
        }
    }
    let (least, most) = (uses.iter().min().copied(), uses.iter().max().copied());
    Ok(Passed { moved, parameters: seen.len(), uses: (least.unwrap_or(0), most.unwrap_or(0)) })
}

fn parameters(learner: &Learner<Choices>) -> Vec<f32> {
    learner.parameters().iter().cloned().flat_map(to_vec).collect()
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(20, 20);
    let passed = study.repeat("rollouts", seeds, pass)?;
    let at = |update: usize, what: usize| passed.iter().map(|passed| passed.moved[update][what]).collect::<Vec<_>>();
    let divergence: Vec<f64> = (0..=UPDATES).map(|update| stats::mean(&at(update, 0))).collect();
    let off = at(0, 1).iter().chain(&at(0, 2)).map(|ratio| (ratio - 1.0).abs()).fold(0.0, f64::max);
    let growing = divergence.windows(2).filter(|pair| pair[1] > pair[0]).count();
    let exactly = |name: &str, measured: f64, right: f64, from: &str| {
        Check::near(name, measured, (right, 0.0), Source::Figure, from)
    };
    let fewest = passed.iter().map(|passed| passed.parameters).min().unwrap_or(0);
    let (least, most) = passed
        .iter()
        .fold((usize::MAX, 0), |(least, most), passed| (least.min(passed.uses.0), most.max(passed.uses.1)));
    let checks = vec![
        exactly("parameters in the course of one rollout, θₙ to θₙ₊₄", fewest as f64, 5.0, "θₙ → θₙ₊₄"),
        exactly("minibatches that the row used least was in", least as f64, EPOCHS as f64, "once an epoch"),
        exactly("minibatches that the row used most was in", most as f64, EPOCHS as f64, "once an epoch"),
        Check::near("greatest |ρ − 1| before the first update", off, (0.0, 0.0), Source::Exact, "the same policy"),
        Check {
            name: format!("updates of {UPDATES} after which the policy is further from the one that acted than before"),
            measured: growing as f64,
            target: Target::AtLeast(UPDATES as f64),
            source: Source::Figure,
            from: "the rollout grows old with every update".into(),
        },
    ];
    let row = |update: usize| {
        let (low, high) = (stats::mean(&at(update, 1)), stats::mean(&at(update, 2)));
        vec![
            format!("θₙ{}", ["", "₊₁", "₊₂", "₊₃", "₊₄"][update]),
            format!("{:.5}", divergence[update]),
            format!("{low:.3}"),
            format!("{high:.3}"),
        ]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: format!(
                "Distance from the policy that acted, mean of {seeds} rollouts of {LANES} × {N_STEPS} steps"
            ),
            header: ["parameters", "mean (ρ − 1) − ln ρ", "least ρ", "greatest ρ"].map(String::from).into(),
            rows: (0..=UPDATES).map(row).collect(),
        }],
        conclusions: vec![format!(
            "One rollout gives {UPDATES} updates. The policy's divergence from the one that acted is 0 before the first and \
             {} after the last, where ratios reach from {:.2} to {:.2} in the mean.",
            number((divergence[UPDATES] * 1e5).round() / 1e5),
            stats::mean(&at(UPDATES, 1)),
            stats::mean(&at(UPDATES, 2)),
        )],
        figure: figure(&passed),
    })
}

fn figure(passed: &[Passed]) -> Figure {
    let x: Vec<f64> = (0..=UPDATES).map(|update| update as f64).collect();
    let curve = |label: &str, what: usize, style| {
        let runs: Vec<_> =
            passed.iter().map(|passed| (x.clone(), passed.moved.iter().map(|moved| moved[what]).collect())).collect();
        Series { style, ..Series::of_runs(label.to_owned(), &runs) }
    };
    Figure {
        title: "6.3.8 One rollout, two epochs of two minibatches".into(),
        panels: vec![
            Panel {
                title: "How far from the policy that acted".into(),
                x_label: "updates since the rollout".into(),
                y_label: "mean (ρ − 1) − ln ρ".into(),
                series: vec![curve("divergence", 0, LineStyle::Solid)],
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "Ratios".into(),
                x_label: "updates since the rollout".into(),
                y_label: "ratio ρ".into(),
                series: vec![curve("greatest ratio", 2, LineStyle::Solid), curve("least ratio", 1, LineStyle::Solid)],
                references: vec![
                    Reference { label: "1 + ε".into(), y: 1.0 + EPSILON },
                    Reference { label: "1 − ε".into(), y: 1.0 - EPSILON },
                ],
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}
