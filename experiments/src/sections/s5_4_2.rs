//! 5.4.2 DQN: a network in the place of the table.

use anyhow::Result;
use gymkhana_agents::math::choice;
use gymkhana_envs::{Batch, Lanes, Rng, Seeds, classic::CartPole};

use super::{
    Check, Findings, Section, Source, Study, Target,
    tasks::{Task, Trained, train},
};
use crate::{
    evaluate::{Random, evaluate},
    plot::Figure,
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

const TASKS: [Task; 3] = [
    Task {
        agent: "dqn",
        name: "DQN",
        env: "CartPole-v1",
        bar: 498.0,
        above: Some((9, 400.0)),
        peer: "Stable-Baselines3 with its zoo's settings: 498.4; its seeds 192, 304, 490 and seven times 500",
        quick: 2,
        range: (0.0, 520.0),
        settings: &[],
    },
    Task {
        agent: "dqn",
        name: "DQN",
        env: "Acrobot-v1",
        bar: -75.0,
        above: Some((9, -120.0)),
        peer: "Stable-Baselines3 with its zoo's settings: −74.0; its seeds −245 and nine from −77.5 to −70",
        quick: 0,
        range: (-500.0, 0.0),
        settings: &[],
    },
    Task {
        agent: "dqn",
        name: "DQN",
        env: "MountainCar-v0",
        bar: -120.0,
        above: Some((8, -150.0)),
        peer: "Stable-Baselines3 with its zoo's settings: −134.6; its seeds twice −200, −159 and seven from −147 to −106",
        quick: 0,
        range: (-200.0, -90.0),
        settings: &[],
    },
];

fn run(study: &Study<'_>) -> Result<Findings> {
    let random = random_return(study.pick(40_000, 10_000))?;
    let all = train(study, &TASKS)?;
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
            ..Figure::default()
        },
    })
}

/// Mean return of a policy that presses either button with probability ½.
fn random_return(episodes: usize) -> Result<f64> {
    let mut lanes = Lanes::new(CartPole::default(), 25, &Seeds::from(0))?;
    let limit = lanes.spec().time_limit;
    let mut random = Random(lanes.spec().actions.clone());
    let evaluation = evaluate(&mut lanes, &mut random, episodes, limit, &Seeds::from(1), &mut Rng::new(2))?;
    Ok(evaluation.mean())
}
