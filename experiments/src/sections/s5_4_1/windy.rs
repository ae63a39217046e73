//! The windy gridworld for 5.4.1: all agents of temporal-difference control, and how sure Sarsa is of the shortest way.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    math::choice,
    tabular::{
        DoubleQLearningConfig, ExpectedSarsaConfig, NStepSarsaConfig, QLearningConfig, QSigmaConfig, QTable,
        SarsaConfig, SarsaLambdaConfig, TreeBackupConfig, WatkinsQLambdaConfig,
    },
};
use gymkhana_envs::{
    grid::{WindyGridworldParams, windy_gridworld},
    tabular::{Finite, TabularModel},
};

use crate::{
    plot::{LineStyle, Panel, Reference, Scale},
    sections::{
        Check, Source, Study, Table, Target, Trial,
        check::number,
        sums::{Sums, blocks},
    },
    stats,
};

/// The first state of the windy gridworld, and the shortest way from there.
const START: usize = 30;
const SHORTEST: u32 = 15;
const EPISODES: usize = 200;

/// How many steps the greedy policy takes; none if it never arrives.
fn greedy_steps(windy: &Finite, q: &QTable) -> Option<u32> {
    let (model, mut state) = (windy.model(), START);
    for steps in 1..=model.states() as u32 {
        let outcome = &model.outcomes(state, choice::argmax(q.row(state), None))[0];
        if outcome.terminated {
            return Some(steps);
        }
        state = outcome.next;
    }
    None
}

/// The share of seeds whose greedy policy takes the shortest way.
fn share(study: &Study<'_>, windy: &Finite, alpha: f64, steps: u64, seeds: u64) -> Result<f64> {
    let config = SarsaConfig { learning_rate: alpha.into(), ..SarsaConfig::default() };
    let found = study.repeat(&format!("sarsa, α = {alpha}"), seeds, |seed| {
        let mut trial = Trial::new(windy.clone(), &config, seed, steps)?;
        for _ in 0..steps {
            trial.step()?;
        }
        Ok(greedy_steps(windy, trial.agent.q()) == Some(SHORTEST))
    })?;
    Ok(found.iter().filter(|found| **found).count() as f64 / seeds as f64)
}

/// How sure Sarsa is of the shortest way, by its step size and how long it learns.
fn shares(study: &Study<'_>, windy: &Finite) -> Result<Vec<Check>> {
    let check = |alpha, steps: u64, seeds: u64, target: f64| -> Result<Check> {
        Ok(Check {
            name: format!(
                "windy gridworld: Sarsa α = {alpha}, {steps} steps: seeds with a greedy path of 15, of {seeds}"
            ),
            measured: share(study, windy, alpha, steps, seeds)?,
            // Three standard errors of a share of so many seeds, and half of the last digit.
            target: Target::Near { target, tolerance: 3.0 * (target * (1.0 - target) / seeds as f64).sqrt() + 0.005 },
            source: Source::Simulated,
            from: "ε = .1, greedy policy of the last values".into(),
        })
    };
    Ok(vec![check(0.5, 8_000, study.seeds(2_000, 400), 0.16)?, check(0.1, 100_000, study.seeds(500, 20), 0.98)?])
}

/// One agent among all: its name, mean steps by episode, and the mean of the last ten.
struct Learned {
    name: String,
    steps: Vec<f64>,
    /// of four episodes at a time
    blocks: Sums,
    shortest: f64,
}

fn learn<C>(study: &Study<'_>, windy: &Finite, name: &str, config: &C, q: fn(&C::Agent) -> &QTable) -> Result<Learned>
where
    C: Recipe<usize, usize> + Sync,
{
    let seeds = study.seeds(200, 20);
    let runs = study.repeat(name, seeds, |seed| {
        let mut trial = Trial::new(windy.clone(), config, seed, 0)?;
        let steps = (0..EPISODES).map(|_| Ok(f64::from(trial.episode()?.length))).collect::<Result<Vec<_>>>()?;
        Ok((steps, greedy_steps(windy, q(&trial.agent)) == Some(SHORTEST)))
    })?;
    let mean = |episode: usize| stats::mean(&runs.iter().map(|(steps, _)| steps[episode]).collect::<Vec<_>>());
    let found = runs.iter().filter(|(_, found)| *found).count();
    Ok(Learned {
        name: name.into(),
        steps: (0..EPISODES).map(mean).collect(),
        blocks: Sums::of(runs.iter().map(|(steps, _)| blocks(steps, 4))),
        shortest: found as f64 / seeds as f64,
    })
}

/// All agents, with step sizes that suit them.
fn all(study: &Study<'_>, windy: &Finite) -> Result<Vec<Learned>> {
    let (sarsa, expected, q) = (SarsaConfig::default(), ExpectedSarsaConfig::default(), QLearningConfig::default());
    let double = DoubleQLearningConfig::default();
    let sarsa_lambda = SarsaLambdaConfig { learning_rate: 0.2.into(), ..SarsaLambdaConfig::default() };
    let watkins = WatkinsQLambdaConfig { learning_rate: 0.2.into(), ..WatkinsQLambdaConfig::default() };
    let n_step = NStepSarsaConfig { learning_rate: 0.3.into(), ..NStepSarsaConfig::default() };
    let tree = TreeBackupConfig { learning_rate: 0.3.into(), ..TreeBackupConfig::default() };
    let q_sigma = QSigmaConfig { learning_rate: 0.3.into(), ..QSigmaConfig::default() };
    Ok(vec![
        learn(study, windy, "Sarsa", &sarsa, |agent| agent.q())?,
        learn(study, windy, "Expected Sarsa", &expected, |agent| agent.q())?,
        learn(study, windy, "Q-learning", &q, |agent| agent.q())?,
        learn(study, windy, "Double Q-learning", &double, |agent| agent.q())?,
        learn(study, windy, "Sarsa(.9)", &sarsa_lambda, |agent| agent.q())?,
        learn(study, windy, "Watkins's Q(.9)", &watkins, |agent| agent.q())?,
        learn(study, windy, "4-step Sarsa", &n_step, |agent| agent.q())?,
        learn(study, windy, "4-step tree backup", &tree, |agent| agent.q())?,
        learn(study, windy, "4-step Q(½)", &q_sigma, |agent| agent.q())?,
    ])
}

/// What is found of the windy gridworld: checks, a table and a panel.
pub(super) fn study(study: &Study<'_>) -> Result<(Vec<Check>, Table, Panel)> {
    let windy = windy_gridworld(&WindyGridworldParams::default())?;
    let (checks, learned) = (shares(study, &windy)?, all(study, &windy)?);
    let late = |steps: &[f64]| stats::mean(&steps[EPISODES - 20..]);
    let row = |one: &Learned| {
        let percent = format!("{:.0} %", 100.0 * one.shortest);
        vec![one.name.clone(), number(one.steps[0]), number(stats::mean(&one.steps)), number(late(&one.steps)), percent]
    };
    let header = ["agent", "first episode", "all 200 episodes", "last 20 episodes", "greedy path of 15"];
    let table = Table {
        title: "Windy gridworld: steps per episode, ε = .1".into(),
        header: header.map(String::from).into(),
        rows: learned.iter().map(row).collect(),
    };
    let curve = |one: &Learned| {
        let middles = (1..=EPISODES).step_by(4).map(|episode| episode as f64 + 1.5);
        one.blocks.curve(one.name.as_str(), middles, 1.0, LineStyle::Solid)
    };
    let panel = Panel {
        title: "Windy gridworld: all agents".into(),
        x_label: "episode".into(),
        y_label: "steps".into(),
        series: learned.iter().map(curve).collect(),
        references: vec![Reference { label: "best ε-soft policy".into(), y: 17.05 }],
        x_scale: Scale::Log10,
        y_scale: Scale::Log10,
        ..Panel::default()
    };
    Ok((checks, table, panel))
}
