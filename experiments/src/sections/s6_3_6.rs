//! 6.3.6 What is added to PPO's loss: the value's error, the entropy, and further bounds.

use anyhow::Result;

use super::{Check, Findings, Section, Source, Study, Table, Target, study::curve};
use crate::{
    config::{EvaluationPlan, RunConfig},
    launch::Completed,
    plot::{Figure, Panel},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.3.6",
    titles: ["Extensions of PPO's loss", "PPO Loss 的扩展", "PPO Loss 的擴展", "PPOの損失の拡張"],
    names: &["PPO loss", "entropy bonus", "value clipping", "PPO 损失", "PPO 損失", "熵奖励", "熵獎勵", "エントロピーボーナス"],
    about: "\
The clipped surrogate is one term of three: the value network's squared error and the policy's entropy stand beside it, each
with a weight. Implementations add more: advantages are given mean 0 and deviation 1 in each minibatch, the value may be
kept near what it was (value clipping), and the updates of a rollout may stop where the policy has moved far (target KL).
Here PPO learns CartPole-v1 with one of these changed at a time, everything else alike.",
    equations: "\
L = −L_clip + c_v mean (G − v(s))² − c_e mean H[π(· | s)]
with value clipping:   mean max((G − v)², (G − v_old − clip(v − v_old, −ε_v, ε_v))²)
with a target KL:      stop where mean (ρ − 1) − ln ρ > 1.5 d",
    look_at: "\
Greedy returns on the way, means over seeds with 95 % bands, and the policy's entropy. The entropy bonus keeps the policy from
being sure; the target KL ends the rollouts' updates early. Bands that overlap say nothing of which is better.",
    note: "",
    trains: &[],
    further: &["gymkhana run 6.3.5", "gymkhana train ppo CartPole-v1 --set ent_coef=0.01", "gymkhana show ppo"],
    costly: true,
    run,
};

/// One of PPO's settings changed, with what it is called.
const VARIANTS: [(&str, &[(&str, &str)]); 6] = [
    ("as it is", &[]),
    ("entropy bonus .02", &[("ent_coef", "0.02")]),
    ("value clipping .2", &[("clip_range_vf", "0.2")]),
    ("advantages as they are", &[("normalize_advantage", "false")]),
    ("target KL .01", &[("target_kl", "0.01")]),
    ("value weight .05", &[("vf_coef", "0.05")]),
];

/// Environment steps of a run.
const STEPS: u64 = 60_000;

fn change(config: &mut RunConfig, settings: &[(&str, &str)]) {
    // PPO's own defaults in eight lanes, so that what is added shows.
    let plain = [
        ("n_steps", "128"),
        ("batch_size", "128"),
        ("n_epochs", "10"),
        ("learning_rate", "0.001"),
        ("clip_range", "0.2"),
        ("gamma", "0.99"),
        ("gae_lambda", "0.95"),
    ];
    for (key, value) in plain.iter().chain(settings) {
        config.agent_settings.insert((*key).into(), (*value).into());
    }
    (config.steps, config.lanes) = (STEPS, 8);
    config.evaluation = EvaluationPlan::for_steps(STEPS);
    config.log_every = crate::config::default_log_every(STEPS);
}

/// A variant and the runs that were made of it.
struct Trained {
    name: &'static str,
    made: Vec<Completed>,
}

impl Trained {
    fn finals(&self) -> Vec<f64> {
        self.made.iter().map(|made| made.result.evaluation.mean()).collect()
    }

    /// The mean of a metric over the second half of each run: a number per seed.
    fn late(&self, key: &str) -> Vec<f64> {
        let late = |made: &Completed| {
            let (_, values) = made.history.curve(key);
            stats::mean(&values[values.len() / 2..])
        };
        self.made.iter().map(late).collect()
    }

    fn row(&self) -> Vec<String> {
        let both = |values: &[f64], digits| {
            format!("{:.digits$} ± {:.digits$}", stats::mean(values), stats::half_interval(values))
        };
        vec![
            self.name.into(),
            both(&self.finals(), 1),
            both(&self.late("eval/return_mean"), 1),
            both(&self.late("train/entropy"), 3),
            both(&self.late("train/approx_kl"), 4),
            both(&self.late("train/explained_variance"), 2),
        ]
    }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(10, 2);
    let mut all = Vec::new();
    for (name, settings) in VARIANTS {
        all.push(Trained { name, made: study.train("ppo", "CartPole-v1", seeds, |config| change(config, settings))? });
    }
    let late = |variant: usize, key: &str| stats::mean(&all[variant].late(key));
    let checks = vec![
        Check {
            name: format!("as it is: mean final return of {seeds} seeds after {STEPS} steps"),
            measured: stats::mean(&all[0].finals()),
            target: Target::AtLeast(450.0),
            source: Source::Peer,
            from: "CleanRL: 490 ± 6 at 500,000 steps".into(),
        },
        Check {
            name: "entropy with the bonus over entropy without, second half".into(),
            measured: late(1, "train/entropy") / late(0, "train/entropy"),
            target: Target::AtLeast(1.0),
            source: Source::Exact,
            from: "what is rewarded grows".into(),
        },
        Check {
            name: "divergence of an update with target KL .01, second half".into(),
            measured: late(4, "train/approx_kl"),
            target: Target::AtMost(0.015),
            source: Source::Exact,
            from: "updates stop above 1.5 d".into(),
        },
    ];
    let means: Vec<String> = all
        .iter()
        .map(|trained| {
            format!(
                "{} {:.0} ± {:.0}",
                trained.name,
                stats::mean(&trained.finals()),
                stats::half_interval(&trained.finals())
            )
        })
        .collect();
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: format!("PPO on CartPole-v1, {seeds} seeds of {STEPS} steps; on the way: the second half"),
            header: ["variant", "final return", "return on the way", "entropy", "divergence", "explained variance"]
                .map(String::from)
                .into(),
            rows: all.iter().map(Trained::row).collect(),
        }],
        conclusions: vec![format!(
            "Final returns, mean with 95 % interval: {}. The bonus makes the entropy {:.2} times what it is without; the target \
             KL brings the divergence of an update from {:.4} to {:.4}.",
            means.join(", "),
            late(1, "train/entropy") / late(0, "train/entropy"),
            late(0, "train/approx_kl"),
            late(4, "train/approx_kl"),
        )],
        figure: Figure {
            title: "6.3.6 What is added to PPO's loss, CartPole-v1".into(),
            panels: ["eval/return_mean", "train/entropy"]
                .map(|key| {
                    Panel {
                        title: if key.starts_with("eval") { "Greedy return" } else { "Entropy of the policy" }.into(),
                        x_label: "environment steps".into(),
                        y_label: if key.starts_with("eval") { "greedy return" } else { "entropy (nats)" }.into(),
                        series: all.iter().map(|trained| curve(trained.name, &trained.made, key)).collect(),
                        ..Panel::default()
                    }
                    .into()
                })
                .into(),
            ..Figure::default()
        },
    })
}
