//! 6.2.2 A2C: an actor and a critic, several environments at a time.

use anyhow::Result;
use gymkhana_envs::{Batch, Lanes, Rng, Seeds, View, classic::Pendulum};

use super::{
    Check, Findings, Section, Source, Study,
    tasks::{Task, Trained, train},
};
use crate::{evaluate::evaluate, plot::Figure};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.2.2",
    titles: ["A2C, A3C and SAC", "A2C、A3C 和 SAC", "A2C、A3C 和 SAC", "A2C、A3C、SAC"],
    names: &["A2C", "advantage actor-critic", "优势演员-评论家", "優勢演員-評論家", "アドバンテージ・アクタークリティック"],
    about: "\
A2C is A3C without its asynchrony: several copies of the environment are stepped together for a few steps, the critic says by
how much each action was better than expected, and actor and critic take one step along the gradient of all of it. Nothing is
used twice. Here it learns CartPole-v1 in eight lanes for 500,000 steps per seed; the final parameters are evaluated
greedily. A random policy on Pendulum-v1 says where the later agents of this section begin.",
    equations: "\
Âₜ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ v(sₜ₊ₙ) − v(sₜ)               (no term after a terminal state)
L = −mean Â ln π(a | s) + c_v mean (G − v(s))² − c_e mean H[π(· | s)],    G = Â + v(s)",
    look_at: "\
The greedy return climbs to 500, the most an episode can give. The band is the 95 % interval of the mean over seeds. A2C takes
some five times as many steps as PPO in 6.3.9, since each is used once.",
    note: "\
A3C with workers that really are asynchronous, and SAC, belong here too and are not built yet.",
    trains: &[("a2c", "CartPole-v1")],
    further: &["gymkhana run 6.3.9", "gymkhana show a2c", "gymkhana train a2c Acrobot-v1"],
    costly: true,
    run,
};

const TASKS: [Task; 1] = [Task {
    agent: "a2c",
    name: "A2C",
    env: "CartPole-v1",
    bar: 490.0,
    above: None,
    peer: "rl-baselines3-zoo, one run: 500",
    quick: 2,
    range: (0.0, 520.0),
    settings: &[],
}];

fn run(study: &Study<'_>) -> Result<Findings> {
    // 40,000 returns of deviation 290 have a mean of deviation 1.5, as the stated one has.
    let (episodes, tolerance) = study.pick((40_000, 6.3), (10_000, 9.8));
    let random = random_return(episodes)?;
    let all = train(study, &TASKS)?;
    let mut checks = vec![Check::near(
        format!("Pendulum-v1: mean return of a random policy over {episodes} episodes"),
        random,
        (-1227.0, tolerance),
        Source::Simulated,
        "−1227 ± 1.5",
    )];
    checks.extend(all.iter().flat_map(|trained| trained.checks(study)));
    let mut conclusions: Vec<String> = all.iter().map(Trained::conclusion).collect();
    conclusions.push(format!("A random policy earns {random:.0} on Pendulum-v1."));
    Ok(Findings {
        checks,
        tables: all.iter().map(Trained::table).collect(),
        conclusions,
        figure: Figure {
            title: "6.2.2 A2C".into(),
            panels: all.iter().map(|trained| trained.panel().into()).collect(),
            ..Figure::default()
        },
    })
}

/// Mean return of torques that are drawn evenly.
fn random_return(episodes: usize) -> Result<f64> {
    struct Random;
    impl gymkhana_agents::Policy<f32, f32> for Random {
        fn act(&mut self, _: &View<'_, f32>, rng: &mut Rng, act: &mut [f32]) {
            for torque in act {
                *torque = rng.uniform(-2.0, 2.0) as f32;
            }
        }
    }
    let mut lanes = Lanes::new(Pendulum::default(), 25, &Seeds::from(0))?;
    let limit = lanes.spec().time_limit;
    let evaluation = evaluate(&mut lanes, &mut Random, episodes, limit, &Seeds::from(1), &mut Rng::new(2))?;
    Ok(evaluation.mean())
}
