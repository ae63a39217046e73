//! 5.4.2 DQN: a network in the place of the table.

use anyhow::Result;
use gymkhana_agents::math::choice;
use gymkhana_envs::{Batch, Lanes, Rng, Seeds, View, classic::CartPole};

use super::{Check, Findings, Scale, Section, Source, Study, Table, Target, check::number, study::curve};
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
It is run on three tasks of classic control, ten seeds each; the final parameters are evaluated greedily.",
    equations: "\
y = r + γ maxₐ Q(s′, a; θ⁻)                     (no second term where s′ is terminal)
L(θ) = mean ℓ(y − Q(s, a; θ)),              θ⁻ ← τθ + (1 − τ)θ⁻ every target_interval steps",
    look_at: "\
Each curve is the mean of the seeds' greedy returns, its band the 95 % interval of that mean: it is widest where some seeds
have found out what others have not. On CartPole-v1 the return climbs to 500, the most an episode can give. On MountainCar-v0
nothing is learned of the goal before it was reached by chance: until then every episode is worth −200.",
    note: "",
    trains: &[("dqn", "CartPole-v1"), ("dqn", "Acrobot-v1"), ("dqn", "MountainCar-v0")],
    further: &[
        "gymkhana train dqn CartPole-v1 --seeds 4",
        "gymkhana train dqn Acrobot-v1 --set dueling=true",
        "gymkhana train dqn CliffWalking-v1 --wrap one-hot --set env.time_limit=200 --set learning_rate=1e-3 \
         --set target_interval=200 --set 'epsilon=1 -> 0.05' --steps 50000",
    ],
    costly: true,
    run,
};

/// A task, and the bar it is held to.
struct Task {
    env: &'static str,
    /// What the interquartile mean over the seeds must reach.
    bar: f64,
    /// How many of ten seeds must be above what.
    above: (u64, f64),
    /// Stable-Baselines3's ten seeds with its zoo's settings.
    peer: &'static str,
    /// How many seeds are trained with `--quick`.
    quick: u64,
    /// Lowest and highest return that is drawn.
    range: (f64, f64),
}

const TASKS: [Task; 3] = [
    Task {
        env: "CartPole-v1",
        bar: 498.0,
        above: (9, 400.0),
        peer: "Stable-Baselines3 with its zoo's settings: 498.4; its seeds 192, 304, 490 and seven times 500",
        quick: 2,
        range: (0.0, 520.0),
    },
    Task {
        env: "Acrobot-v1",
        bar: -75.0,
        above: (9, -120.0),
        peer: "Stable-Baselines3 with its zoo's settings: −74.0; its seeds −245 and nine from −77.5 to −70",
        quick: 0,
        range: (-500.0, 0.0),
    },
    Task {
        env: "MountainCar-v0",
        bar: -120.0,
        above: (8, -150.0),
        peer: "Stable-Baselines3 with its zoo's settings: −134.6; its seeds twice −200, −159 and seven from −147 to −106",
        quick: 0,
        range: (-200.0, -90.0),
    },
];

/// A task and the runs that were made of it.
struct Trained {
    task: &'static Task,
    made: Vec<Completed>,
    steps: u64,
}

impl Trained {
    fn returns(&self) -> Vec<f64> {
        self.made.iter().map(|made| made.result.evaluation.mean()).collect()
    }

    fn checks(&self, study: &Study<'_>) -> Vec<Check> {
        let Task { env, bar, above: (of_ten, least), peer, .. } = *self.task;
        let (returns, seeds) = (self.returns(), self.made.len() as u64);
        let above = returns.iter().filter(|&&mean| mean > least).count();
        let at = format!("{seeds} seeds, greedy after {} steps", self.steps);
        let check = |what: &str, measured, target| Check {
            name: format!("{env}: {what} of {at}"),
            measured,
            target: Target::AtLeast(target),
            source: Source::Peer,
            from: peer.into(),
        };
        // Of two seeds one may be the one in ten that is worse.
        let wanted = study.pick((of_ten * seeds).div_ceil(10), seeds.div_ceil(2));
        let mut checks = vec![check(&format!("seeds above {}", number(least)), above as f64, wanted as f64)];
        if study.scale == Scale::Full {
            checks.push(check("interquartile mean", stats::interquartile_mean(&returns), bar));
        }
        checks
    }

    fn table(&self) -> Table {
        let row = |made: &Completed| {
            let evaluation = &made.result.evaluation;
            let best = made.result.best.map_or_else(String::new, |best| format!("{best:.1}"));
            vec![
                made.seed.to_string(),
                format!("{:.1}", evaluation.mean()),
                number(evaluation.deviation().round()),
                best,
            ]
        };
        Table {
            title: format!("{} after {} steps, greedy, 100 episodes each", self.task.env, self.steps),
            header: ["seed", "final return", "deviation", "best on the way"].map(String::from).into(),
            rows: self.made.iter().map(row).collect(),
        }
    }

    fn panel(&self) -> Panel {
        let (low, high) = self.task.range;
        Panel {
            title: self.task.env.into(),
            x_label: "environment steps".into(),
            y_label: "greedy return".into(),
            series: vec![curve("DQN", &self.made, "eval/return_mean")],
            references: vec![Reference { label: "bar of the interquartile mean".into(), y: self.task.bar }],
            y_range: Some((low, high)),
            ..Panel::default()
        }
    }

    fn conclusion(&self) -> String {
        let returns = self.returns();
        let worst = returns.iter().copied().fold(f64::INFINITY, f64::min);
        format!(
            "{}: the interquartile mean of {} seeds is {:.1}, their mean {:.1}, the worst {worst:.1}.",
            self.task.env,
            returns.len(),
            stats::interquartile_mean(&returns),
            stats::mean(&returns),
        )
    }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let random = random_return(study.pick(40_000, 10_000))?;
    let mut all = Vec::new();
    for task in &TASKS {
        let seeds = study.seeds(10, task.quick);
        if seeds > 0 {
            let mut steps = 0;
            let made = study.train("dqn", task.env, seeds, |config| steps = config.steps)?;
            all.push(Trained { task, made, steps });
        }
    }
    let cities = ["Philadelphia", "Salt Lake City", "New York"];
    let chosen = choice::argmax(&[0.35, 0.25, 0.40], None);
    let mut checks = vec![
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
    ];
    checks.extend(all.iter().flat_map(|trained| trained.checks(study)));
    let mut conclusions: Vec<String> = all.iter().map(Trained::conclusion).collect();
    conclusions.push(format!("A random policy earns {random:.2} on CartPole-v1."));
    Ok(Findings {
        checks,
        tables: all.iter().map(Trained::table).collect(),
        conclusions,
        figure: Figure {
            title: "5.4.2 DQN".into(),
            panels: all.iter().map(|trained| trained.panel().into()).collect(),
        },
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
