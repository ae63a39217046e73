//! 5.5.3 REINFORCE and actor-critic, with a table of preferences and with networks.

use anyhow::Result;
use gymkhana_agents::{
    Agent, Recipe,
    tabular::{
        ActorCritic, ActorCriticConfig, ActorCriticLambda, ActorCriticLambdaConfig, Given, Preferences, Reinforce,
        ReinforceConfig,
    },
};
use gymkhana_envs::tabular::{ShortCorridor, ShortCorridorParams};

use super::{
    Check, Findings, Section, Source, Study, Table, Target, Trial, number,
    study::curve,
    tasks::{Task, Trained, train},
};
use crate::{
    plot::{Figure, Panel, Reference, Series},
    stats::{mean, median},
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.5.3",
    titles: ["REINFORCE and actor-critic", "REINFORCE 和 Actor-Critic", "REINFORCE 和 Actor-Critic", "REINFORCEとActor-Critic"],
    names: &["REINFORCE", "Actor-Critic", "actor-critic-lambda", "baseline", "演员-评论家", "演員-評論家", "アクター・クリティック", "基线", "基線", "ベースライン"],
    about: "\
Four ways up the gradient of the short corridor, from a policy that goes right with probability 0.05. REINFORCE waits for
the end of an episode and weighs what was done by the whole return. A baseline takes off what was to be expected anyway,
and allows a step size sixteen times as large. Actor-critic does not wait: a critic's temporal-difference error says at
once whether a step was better than expected, with traces also for the steps before it. Episodes are cut off after 1,000
steps. With networks in the place of tables REINFORCE learns CartPole-v1, with a value network as its baseline and without.",
    equations: "\
REINFORCE      θ ← θ + α γᵗ Gₜ ∇ ln π(aₜ | sₜ)
baseline       θ ← θ + α γᵗ (Gₜ − V(sₜ)) ∇ ln π(aₜ | sₜ)
actor-critic   δₜ = rₜ₊₁ + γ V(sₜ₊₁) − V(sₜ),  θ ← θ + α γᵗ δₜ ∇ ln π(aₜ | sₜ)
with traces    z ← γλz + γᵗ ∇ ln π(aₜ | sₜ),   θ ← θ + α δₜ z",
    look_at: "\
Left: medians over seeds of the returns; the band is from the first to the third quartile. With a baseline the curve is at
the top after a hundred episodes, without one after some hundreds. Right: how likely the policy goes right. The one-step
critic takes the three states for one, for they look alike: its policy climbs to the top, goes past it and does not come
back. With traces the error is nearly that of the whole return, and the policy stays. Last: greedy returns of REINFORCE with
networks, means over seeds with 95 % bands.",
    note: "\
The mean over seeds is not what is checked: 2 or 3 of 1,000 runs of REINFORCE collapse to going left, and own it. One-step
actor-critic is right where states can be told apart. Here every step but the last has δ = −1, and the last, to the right,
δ = −1 − V with V = −N, the expected length: over an episode that is α N (1 − p) in the mean, to the right for every p.",
    trains: &[("reinforce", "CartPole-v1")],
    further: &[
        "gymkhana show tabular-reinforce",
        "gymkhana train reinforce CartPole-v1 --seeds 4",
        "gymkhana train tabular-reinforce FrozenLake-v1 --set baseline=true --steps 500000",
        "gymkhana train actor-critic-lambda CliffWalking-v1 --set learning_rate=0.1 --set env.time_limit=500 --steps 500000",
    ],
    costly: true,
    run,
};

const TASKS: [Task; 2] = [
    Task {
        agent: "reinforce",
        name: "REINFORCE with a baseline",
        env: "CartPole-v1",
        bar: 450.0,
        above: None,
        peer: "the most is 500",
        quick: 2,
        range: (0.0, 520.0),
        settings: &[("baseline", "true")],
    },
    Task {
        agent: "reinforce",
        name: "REINFORCE",
        env: "CartPole-v1",
        bar: 450.0,
        above: None,
        peer: "the most is 500",
        quick: 0,
        range: (0.0, 520.0),
        settings: &[("baseline", "false")],
    },
];

const EPISODES: usize = 1_000;
/// Episodes that make a point of a curve.
pub(super) const BLOCK: usize = 10;

/// What one seed gives: the returns of all episodes, and the probability of going right after each block.
pub(super) struct Run {
    pub(super) returns: Vec<f64>,
    pub(super) right: Vec<f64>,
}

/// What has a policy to look at.
pub(super) trait Actor {
    fn preferences(&self) -> &Preferences;
}

macro_rules! actors {
    ($($agent:ty)*) => { $(
        impl Actor for $agent {
            fn preferences(&self) -> &Preferences {
                self.preferences()
            }
        }
    )* };
}
actors! { Reinforce ActorCritic ActorCriticLambda }

pub(super) fn runs<C>(study: &Study<'_>, label: &str, config: &C, seeds: u64, episodes: usize) -> Result<Vec<Run>>
where
    C: Recipe<usize, usize, Agent: Agent<usize, usize> + Actor> + Sync,
{
    study.repeat(label, seeds, |seed| {
        let corridor = ShortCorridor::new(ShortCorridorParams { time_limit: 1_000 })?;
        let mut trial = Trial::new(corridor, config, seed, 1)?;
        let (mut returns, mut right) = (Vec::with_capacity(episodes), Vec::new());
        for _ in 0..episodes / BLOCK {
            for _ in 0..BLOCK {
                returns.push(trial.episode()?.total);
            }
            let theta = trial.agent.preferences().theta().row(0);
            right.push(1.0 / (1.0 + (theta[0] - theta[1]).exp()));
        }
        Ok(Run { returns, right })
    })
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(1_000, 60);
    let few = study.pick(100, 20).min(seeds);
    let start = || Given::Shares(vec![0.95, 0.05]);
    let two = |power: i32| 2.0_f64.powi(power).into();
    let plain = ReinforceConfig { learning_rate: two(-13), initial_policy: start(), ..Default::default() };
    let baseline =
        ReinforceConfig { learning_rate: two(-9), value_learning_rate: two(-6), baseline: true, ..plain.clone() };
    let critic = ActorCriticConfig {
        learning_rate: two(-11),
        value_learning_rate: two(-6),
        initial_policy: start(),
        ..Default::default()
    };
    let traces = ActorCriticLambdaConfig {
        learning_rate: two(-9),
        value_learning_rate: two(-6),
        lambda: 0.9,
        value_lambda: 0.9,
        initial_policy: start(),
        ..Default::default()
    };
    let plain = runs(study, "REINFORCE", &plain, seeds, EPISODES)?;
    let baseline = runs(study, "REINFORCE with a baseline", &baseline, seeds, EPISODES)?;
    let traces = runs(study, "actor-critic with traces", &traces, few, EPISODES)?;
    let critic = runs(study, "one-step actor-critic", &critic, few, EPISODES)?;

    let deep = train(study, &TASKS)?;
    let mut checks = checks([&plain, &baseline, &traces, &critic]);
    checks.extend(deep.iter().flat_map(|trained| trained.checks(study)));
    let all: [(&str, &[Run]); 4] = [
        ("REINFORCE", &plain),
        ("with a baseline", &baseline),
        ("actor-critic, λ = .9", &traces),
        ("one-step actor-critic", &critic),
    ];
    let row = |(name, runs): &(&str, &[Run])| {
        let end = runs[0].returns.len();
        let worst = runs.iter().map(|run| mean(&run.returns[end - 100..])).fold(0.0, f64::min);
        let windows = [(91, 110), (201, 300), (301, 400), (end - 99, end)].map(|(from, to)| within(runs, from, to));
        let medians = windows.into_iter().chain([worst, right_at_the_end(runs)]);
        [name.to_string(), runs.len().to_string()].into_iter().chain(medians.map(number)).collect()
    };
    Ok(Findings {
        tables: std::iter::once(Table {
            title: "Medians over seeds, and the worst seed".into(),
            header: [
                "",
                "seeds",
                "episodes 91–110",
                "episodes 201–300",
                "episodes 301–400",
                "last 100",
                "last 100, worst seed",
                "π(right) at the end",
            ]
            .map(String::from)
            .into(),
            rows: all.iter().map(row).collect(),
        })
        .chain(deep.iter().map(Trained::table))
        .collect(),
        conclusions: std::iter::once(format!(
            "In episodes 901 to 1000 REINFORCE earns {:.1} and with a baseline {:.1}, where the best policy earns −11.7; around \
             episode 100 they earn {:.1} and {:.1}. One-step actor-critic earns {:.1} in episodes 201 to 300, and {:.1} in the \
             last hundred: its critic cannot tell the states apart.",
            within(&plain, 901, 1_000),
            within(&baseline, 901, 1_000),
            within(&plain, 91, 110),
            within(&baseline, 91, 110),
            within(&critic, 201, 300),
            within(&critic, 901, 1_000),
        ))
        .chain(deep.iter().map(Trained::conclusion))
        .collect(),
        figure: figure(&all, &deep),
        checks,
    })
}

/// The median over seeds of an episode's return.
fn at(runs: &[Run], episode: usize) -> f64 {
    median(&runs.iter().map(|run| run.returns[episode - 1]).collect::<Vec<_>>())
}

/// The median over seeds of the mean return of some episodes.
pub(super) fn within(runs: &[Run], from: usize, to: usize) -> f64 {
    median(&runs.iter().map(|run| mean(&run.returns[from - 1..to])).collect::<Vec<_>>())
}

/// The median over seeds of the last probability of going right.
pub(super) fn right_at_the_end(runs: &[Run]) -> f64 {
    median(&runs.iter().map(|run| run.right[run.right.len() - 1]).collect::<Vec<_>>())
}

/// What is measured of REINFORCE, with a baseline, actor-critic with traces and one-step actor-critic.
fn checks([plain, baseline, traces, critic]: [&[Run]; 4]) -> Vec<Check> {
    let (seeds, few) = (plain.len() as u64, traces.len() as u64);
    let root = |seeds: u64| (seeds as f64).sqrt();
    let near = |name: String, measured: f64, target: f64, tolerance: f64, from: &str| Check {
        name,
        measured,
        target: Target::Near { target, tolerance },
        source: Source::Simulated,
        from: from.into(),
    };
    vec![
        // Returns there are spread as if exponentially over some 27: so much is 1/(2f) at the median, whose deviation is
        // that over √seeds. Three of them, and half a unit of −24.
        near(
            format!("REINFORCE, α = 2⁻¹³: episode 100, median of {seeds} seeds"),
            at(plain, 100),
            -24.0,
            0.5 + 81.0 / root(seeds),
            "many seeds from p = .05",
        ),
        // One seed's mean of a hundred episodes has a deviation of 0.9, the median of seeds 1.25 times that over √seeds.
        near(
            format!("REINFORCE, α = 2⁻¹³: episodes 901–1000, median of {seeds} seeds"),
            within(plain, 901, 1_000),
            -12.3,
            0.05 + 3.4 / root(seeds),
            "many seeds from p = .05",
        ),
        near(
            format!("with a baseline, α = 2⁻⁹, α_w = 2⁻⁶: episodes 901–1000, median of {seeds} seeds"),
            within(baseline, 901, 1_000),
            -12.0,
            0.5 + 3.4 / root(seeds),
            "many seeds from p = .05",
        ),
        Check {
            name: format!("actor-critic, λ = .9: episodes 901–1000, median of {few} seeds"),
            measured: within(traces, 901, 1_000),
            target: Target::Between(-13.0, -11.657 + 3.4 / root(few)),
            source: Source::Exact,
            from: "no policy is worth more than −11.657".into(),
        },
        Check {
            name: format!("one-step actor-critic, α = 2⁻¹¹: π(right) at the end, median of {few} seeds"),
            measured: right_at_the_end(critic),
            target: Target::AtLeast(2.0 - 2.0_f64.sqrt()),
            source: Source::Exact,
            from: "to the right for every p: it goes past the best policy, 2 − √2".into(),
        },
    ]
}

/// Medians over seeds of what `of` gives of a run and a block, with quartiles.
pub(super) fn quartiles(label: &str, runs: &[Run], of: impl Fn(&Run, usize) -> f64) -> Series {
    let blocks = runs[0].right.len();
    let mut series = Series { label: label.into(), ..Series::default() };
    for block in 0..blocks {
        let mut found: Vec<f64> = runs.iter().map(|run| of(run, block)).collect();
        found.sort_by(f64::total_cmp);
        series.x.push(((block + 1) * BLOCK) as f64);
        series.mean.push(median(&found));
        series.low.push(found[found.len() / 4]);
        series.high.push(found[(found.len() * 3 / 4).min(found.len() - 1)]);
    }
    series
}

fn figure(all: &[(&str, &[Run]); 4], deep: &[Trained]) -> Figure {
    let curves = deep.iter().map(|trained| curve(trained.task.name, &trained.made, "eval/return_mean"));
    let returns = |run: &Run, block: usize| mean(&run.returns[block * BLOCK..][..BLOCK]);
    Figure {
        title: "5.5.3 REINFORCE and actor-critic".into(),
        panels: vec![
            Panel {
                title: "Returns, medians of ten episodes' means".into(),
                x_label: "episodes".into(),
                y_label: "return".into(),
                series: all.iter().map(|(label, runs)| quartiles(label, runs, returns)).collect(),
                references: vec![Reference { label: "best".into(), y: ShortCorridor::value(2.0 - 2.0_f64.sqrt()) }],
                y_range: Some((-90.0, 0.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "The policy".into(),
                x_label: "episodes".into(),
                y_label: "π(right)".into(),
                series: all.iter().map(|(label, runs)| quartiles(label, runs, |run, block| run.right[block])).collect(),
                references: vec![Reference { label: "best".into(), y: 2.0 - 2.0_f64.sqrt() }],
                y_range: Some((0.0, 1.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "With networks, CartPole-v1".into(),
                x_label: "environment steps".into(),
                y_label: "greedy return".into(),
                series: curves.collect(),
                y_range: Some((0.0, 520.0)),
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}
