//! 5.4.2 DQN: a network in the place of the table.

use anyhow::Result;
use gymkhana_agents::math::choice;
use gymkhana_envs::{Batch, Lanes, Rng, Seeds, View, classic::CartPole};

use super::{Check, Findings, Section, Source, Study, Table, Target, check::number, study::curve};
use crate::{
    evaluate::evaluate,
    launch::Completed,
    plot::{Figure, Panel, Reference},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.4.2",
    titles: ["DQN", "深度 Q 网络", "深度 Q 網路", "深層Qネットワーク"],
    names: &["deep Q-network", "深度Q学习", "深度Q學習"],
    about: "\
Where states are too many for a table, a network gives the values of all actions of a state at once; deployed, the
greatest decides. DQN trains it on minibatches from a replay memory, towards targets of a network that lags behind.
It is run on CartPole-v1 for 50,000 steps per seed; the final parameters are evaluated greedily.",
    equations: "\
y = r + γ maxₐ Q(s′, a; θ⁻)                     (no second term where s′ is terminal)
L(θ) = mean ℓ(y − Q(s, a; θ)),              θ⁻ ← θ every target_interval steps",
    look_at: "\
The greedy return climbs in two stages to 500, the most an episode can give; in between it rests near half of that. The
band is the 95 % interval of the mean over seeds: it is widest where some seeds have passed to the second stage and
others have not.",
    note: "",
    trains: &[("dqn", "CartPole-v1")],
    further: &[
        "gymkhana train dqn CartPole-v1 --seeds 4",
        "gymkhana train dqn CartPole-v1 --set double=true",
        "gymkhana train dqn CliffWalking-v1 --wrap one-hot --set env.time_limit=200 --set learning_rate=1e-3 \
         --set target_interval=200 --set 'epsilon=1 -> 0.05' --steps 50000",
    ],
    costly: true,
    run,
};

/// The return from which Gymnasium calls CartPole-v1 solved.
const SOLVED: f64 = 475.0;

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(10, 2);
    let random = random_return(study.pick(40_000, 10_000))?;
    let made = study.train("dqn", "CartPole-v1", seeds, |_| ())?;
    let returns: Vec<f64> = made.iter().map(|made| made.result.evaluation.mean()).collect();
    let solved = returns.iter().filter(|&&mean| mean >= SOLVED).count();
    let least = study.pick((seeds * 8).div_ceil(10), seeds.div_ceil(2));
    let cities = ["Philadelphia", "Salt Lake City", "New York"];
    let chosen = choice::argmax(&[0.35, 0.25, 0.40], None);

    let checks = vec![
        Check {
            name: format!("deployment: Q = .35, .25, .40 chooses the third action ({})", cities[chosen]),
            measured: (chosen + 1) as f64,
            target: Target::Near { target: 3.0, tolerance: 0.0 },
            source: Source::Figure,
            from: "New York".into(),
        },
        Check {
            name: "CartPole-v1: mean return of a random policy".into(),
            measured: random,
            // 40,000 episodes of deviation 11.8 have a mean of deviation 0.06.
            target: Target::Near { target: 22.25, tolerance: study.pick(0.25, 0.5) },
            source: Source::Simulated,
            from: "22.25 ± .03".into(),
        },
        Check {
            name: format!("CartPole-v1: seeds of {seeds} with a greedy return of 475 or more at 50,000 steps"),
            measured: solved as f64,
            target: Target::AtLeast(least as f64),
            source: Source::Peer,
            from: "Stable-Baselines3 with its zoo's settings: 8 of 10 (500 on seven, 490, 304, 192)".into(),
        },
    ];
    Ok(Findings {
        checks,
        tables: vec![table(&made)],
        conclusions: vec![format!(
            "{solved} of {seeds} seeds end at {SOLVED} or more; the mean over all seeds is {:.1}, the worst {:.1}. \
             A random policy earns {random:.2}.",
            stats::mean(&returns),
            returns.iter().copied().fold(f64::INFINITY, f64::min),
        )],
        figure: figure(&made),
    })
}

/// Mean return of a policy that presses either button with probability ½.
fn random_return(episodes: usize) -> Result<f64> {
    struct Random;
    impl gymkhana_agents::Policy<f32, usize> for Random {
        fn act(&mut self, _: &View<'_, f32>, rng: &mut Rng, act: &mut [usize]) {
            for action in act {
                *action = rng.below(2);
            }
        }
    }
    let mut lanes = Lanes::new(CartPole::default(), 25, &Seeds::from(0))?;
    let limit = lanes.spec().time_limit;
    let evaluation = evaluate(&mut lanes, &mut Random, episodes, limit, &Seeds::from(1), &mut Rng::new(2))?;
    Ok(evaluation.mean())
}

fn table(made: &[Completed]) -> Table {
    let row = |made: &Completed| {
        let evaluation = &made.result.evaluation;
        let best = made.result.best.map_or_else(String::new, |best| format!("{best:.1}"));
        vec![made.seed.to_string(), format!("{:.1}", evaluation.mean()), number(evaluation.deviation().round()), best]
    };
    Table {
        title: "CartPole-v1 after 50,000 steps, greedy, 100 episodes each".into(),
        header: ["seed", "final return", "deviation", "best on the way"].map(String::from).into(),
        rows: made.iter().map(row).collect(),
    }
}

fn figure(made: &[Completed]) -> Figure {
    Figure {
        title: "5.4.2 DQN on CartPole-v1".into(),
        panels: vec![
            Panel {
                x_label: "environment steps".into(),
                y_label: "greedy return".into(),
                series: vec![curve("DQN", made, "eval/return_mean")],
                references: vec![
                    Reference { label: "solved".into(), y: SOLVED },
                    Reference { label: "random policy".into(), y: 22.25 },
                ],
                y_range: Some((0.0, 520.0)),
                ..Panel::default()
            }
            .into(),
        ],
    }
}
