//! Comparisons that never took place, for tests of what is drawn and written.

use crate::{
    comparison::summary::{
        Aggregate, Arena, CellScore, Contender, Curve, Improvement, Interval, Paired, Sensitivity, Spread, Summary,
    },
    plot::Series,
    stats,
    store::manifest::Program,
};

/// All of them, with names.
pub(in super::super) fn all() -> Vec<(&'static str, Summary)> {
    vec![
        ("three", three()),
        ("alone", alone()),
        ("twelve", twelve()),
        ("gaps", gaps()),
        ("hostile", hostile()),
        ("sweep", sweep()),
        ("nothing", nothing()),
    ]
}

/// Three agents on four environments; the last is not compared on the last of them, and one run failed.
pub(in super::super) fn three() -> Summary {
    let mut summary =
        example(&["DQN", "PPO", "A2C"], &["CartPole-v1", "Acrobot-v1", "CliffWalking-v1", "LunarLander-v3"]);
    summary.title = "Value-based and policy-gradient agents".into();
    summary.scores[2][3] = None;
    summary.cells.retain(|cell| (cell.agent, cell.env) != (2, 3));
    summary.curves.retain(|curve| (curve.agent, curve.env) != (2, 3));
    summary.paired.retain(|paired| (paired.b, paired.env) != (2, 3));
    let failed = summary.cells.iter_mut().find(|cell| (cell.agent, cell.env, cell.seed) == (1, 2, 3)).unwrap();
    (failed.score, failed.error) = (None, Some("the loss is NaN at step 4096".into()));
    summary
}

/// One agent on one environment.
pub(in super::super) fn alone() -> Summary {
    example(&["Q-learning"], &["FrozenLake-v1"])
}

/// Twelve agents with long names on fourteen environments.
pub(in super::super) fn twelve() -> Summary {
    let names: Vec<String> =
        (1..=12).map(|n| format!("PPO, clipped at 0.{n}, eight lanes, learning rate 3e-4")).collect();
    let envs: Vec<String> = (1..=14).map(|n| format!("gymkhana/AVeryLongWindingCorridor-v{n}")).collect();
    let borrowed = |names: &[String]| names.iter().map(|name| name.clone().leak() as &str).collect::<Vec<_>>();
    example(&borrowed(&names), &borrowed(&envs))
}

/// Numbers that are none.
pub(in super::super) fn gaps() -> Summary {
    let mut summary = example(&["DQN", "PPO", "A2C"], &["CartPole-v1", "Acrobot-v1"]);
    let none = Interval { point: f64::NAN, low: f64::NAN, high: f64::NAN };
    for spread in summary.scores[1].iter_mut().flatten() {
        *spread = Spread { mean: f64::NAN, half: f64::NAN, normalized: f64::NAN, best: f64::INFINITY, ..*spread };
    }
    for curve in summary.curves.iter_mut().filter(|curve| curve.agent == 1) {
        for series in [&mut curve.by_steps, &mut curve.by_episodes, &mut curve.by_seconds] {
            series.mean.iter_mut().skip(5).take(3).for_each(|mean| *mean = f64::NAN);
        }
    }
    summary.aggregates[0].intervals[1] = Some(none);
    summary.aggregates[1].intervals[1] = None;
    summary.profiles[1].mean.fill(f64::NAN);
    summary.improvements[0].probability = none;
    summary.paired[0].difference = none;
    (summary.paired[0].p, summary.paired[0].p_holm) = (f64::NAN, f64::NAN);
    summary
}

/// Names that would be markup.
pub(in super::super) fn hostile() -> Summary {
    let agents = ["</script><script>alert(1)</script>", "\"quoted\" & 'single' | `code`", "強化学習 🙂 {{data}}"];
    let mut summary = example(&agents, &["<img src=x onerror=alert(2)>", "{{script}}"]);
    summary.title = "<h1>*Title*</h1> & more".into();
    summary.command = "gymkhana compare --title '<b>' --agent \"a```b\" && true".into();
    summary.cells[0].error = Some("<!-- <script>\u{2028}&amp;\n| line two".into());
    summary.envs[0].source = "]]> </table> \\ \u{0}".into();
    summary.agents[0].settings[0].1.push("note = </details></noscript>".into());
    summary
}

/// A sweep of two settings.
pub(in super::super) fn sweep() -> Summary {
    let names = ["1e-4, relu", "1e-4, tanh", "1e-3, relu", "1e-3, tanh", "1e-2, relu", "1e-2, tanh"];
    let mut summary = example(&names, &["CartPole-v1"]);
    summary.title = "DQN: learning rate and activation".into();
    let rate = [("1e-4", [120.0, 180.0]), ("1e-3", [430.0, 495.0]), ("1e-2", [60.0, f64::NAN])];
    let activation = [("relu", [120.0, 430.0, 60.0]), ("tanh", [180.0, 495.0, f64::NAN])];
    summary.sensitivity = vec![
        Sensitivity {
            setting: "learning_rate".into(),
            values: rate.map(|(value, scores)| (value.into(), scores.into())).into(),
        },
        Sensitivity {
            setting: "activation".into(),
            values: activation.map(|(value, scores)| (value.into(), scores.into())).into(),
        },
    ];
    summary
}

/// A comparison of which nothing is done.
pub(in super::super) fn nothing() -> Summary {
    let mut summary = example(&["DQN"], &["CartPole-v1"]);
    summary.scores[0][0] = None;
    summary.cells.iter_mut().for_each(|cell| cell.score = None);
    summary.curves.clear();
    summary.aggregates.iter_mut().for_each(|aggregate| aggregate.intervals[0] = None);
    (summary.profiles, summary.efficiency) = (Vec::new(), Vec::new());
    summary
}

/// Agents that learn along logistic curves, each at its own pace, with five seeds.
#[expect(clippy::too_many_lines, reason = "one made-up comparison, from its curves to its tests")]
pub(in super::super) fn example(agents: &[&str], envs: &[&str]) -> Summary {
    const SEEDS: u64 = 5;
    let arena = |(env, id): (usize, &&str)| Arena {
        id: (*id).into(),
        low: [22.0, -500.0, -1000.0, -200.0][env % 4],
        high: [500.0, -80.0, -13.0, 250.0][env % 4],
        source: "0: a random policy; 1: the best agent here".into(),
    };
    let envs: Vec<Arena> = envs.iter().enumerate().map(arena).collect();
    let contender = |label: &&str| Contender {
        label: (*label).into(),
        agent: "dqn".into(),
        settings: envs.iter().map(|env| (env.id.clone(), vec!["gamma = 0.98".into(), "lanes = 8".into()])).collect(),
    };
    let agents: Vec<Contender> = agents.iter().map(contender).collect();
    // Something between 0 and 1 that looks like chance.
    let chance = |agent: usize, env: usize, seed: u64| {
        let mixed = (agent as f64 + 1.0) * 12.989 + (env as f64 + 1.0) * 78.233 + seed as f64 * 37.719;
        (mixed.sin() * 43_758.545).fract().abs()
    };
    let part = |agent: usize, env: usize, seed: u64, time: f64| {
        let pace = 5.0 + 9.0 * chance(agent, env, 99);
        let most = 0.55 + 0.3 * chance(agent, env, 77) + 0.15 * chance(agent, env, seed);
        most / (1.0 + (-pace * (time - 0.2 - 0.15 * chance(agent, env, seed))).exp())
    };
    let value = |env: usize, part: f64| envs[env].low + part * (envs[env].high - envs[env].low);
    let pairs: Vec<(usize, usize)> =
        (0..agents.len()).flat_map(|agent| (0..envs.len()).map(move |env| (agent, env))).collect();
    let last = |agent: usize, env: usize| (0..SEEDS).map(|seed| part(agent, env, seed, 1.0)).collect::<Vec<f64>>();

    let curve = |(agent, env): &(usize, usize)| {
        let over = |axis: f64, uneven: f64| {
            let run = |seed: u64| -> (Vec<f64>, Vec<f64>) {
                let stretch = axis * (1.0 + uneven * chance(*agent, *env, seed));
                (0..=20)
                    .map(|point| f64::from(point) / 20.0)
                    .map(|time| (stretch * time, value(*env, part(*agent, *env, seed, time))))
                    .unzip()
            };
            Series::of_runs(agents[*agent].label.as_str(), &(0..SEEDS).map(run).collect::<Vec<_>>())
        };
        Curve {
            agent: *agent,
            env: *env,
            by_steps: over(100_000.0, 0.0),
            by_episodes: over(800.0, 0.6),
            by_seconds: over(14.0, 0.3),
        }
    };
    let spread = |agent: usize, env: usize| {
        let parts = last(agent, env);
        let returns: Vec<f64> = parts.iter().map(|part| value(env, *part)).collect();
        Spread {
            seeds: returns.len(),
            mean: stats::mean(&returns),
            half: stats::half_interval(&returns),
            interquartile_mean: stats::interquartile_mean(&returns),
            worst: returns.iter().copied().fold(f64::INFINITY, f64::min),
            best: returns.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            normalized: stats::mean(&parts),
        }
    };
    let everything = |agent: usize| (0..envs.len()).flat_map(|env| last(agent, env)).collect::<Vec<f64>>();
    let around = |point: f64, half: f64| Interval { point, low: point - half, high: point + half };
    let aggregate = |name: &str, more_is_better: bool, of: fn(&[f64]) -> f64| Aggregate {
        name: name.into(),
        more_is_better,
        intervals: (0..agents.len()).map(|agent| Some(around(of(&everything(agent)), 0.04))).collect(),
    };
    let profile = |agent: usize| {
        let scores = everything(agent);
        let x: Vec<f64> = (0..=60).map(|step| f64::from(step) / 50.0).collect();
        let above = |x: &f64| scores.iter().filter(|score| *score > x).count() as f64 / scores.len() as f64;
        let mean: Vec<f64> = x.iter().map(above).collect();
        let edge = |side: f64| mean.iter().map(|mean| mean + side * 0.2 * mean * (1.0 - mean)).collect();
        Series { label: agents[agent].label.clone(), low: edge(-1.0), high: edge(1.0), x, mean, ..Series::default() }
    };
    let efficiency = |agent: usize| {
        let at = |time: f64| {
            let parts = (0..envs.len()).flat_map(|env| (0..SEEDS).map(move |seed| (env, seed)));
            stats::interquartile_mean(&parts.map(|(env, seed)| part(agent, env, seed, time)).collect::<Vec<_>>())
        };
        let x: Vec<f64> = (0..=20).map(|step| f64::from(step) / 20.0).collect();
        let mean: Vec<f64> = x.iter().map(|time| at(*time)).collect();
        let edge = |side: f64| mean.iter().map(|mean| mean + side * 0.04).collect();
        Series { label: agents[agent].label.clone(), low: edge(-1.0), high: edge(1.0), x, mean, ..Series::default() }
    };
    let duels: Vec<(usize, usize)> =
        (0..agents.len()).flat_map(|a| (a + 1..agents.len()).map(move |b| (a, b))).collect();
    let improvement = |(a, b): &(usize, usize)| {
        let (own, other) = (everything(*a), everything(*b));
        let better = own.iter().zip(&other).filter(|(own, other)| own > other).count();
        Improvement { a: *a, b: *b, probability: around(better as f64 / own.len() as f64, 0.12) }
    };
    let test = |((a, b), env): (&(usize, usize), usize)| {
        let pairs = last(*a, env).into_iter().zip(last(*b, env));
        let differences: Vec<f64> = pairs.map(|(a, b)| value(env, a) - value(env, b)).collect();
        let p = 0.0004 + 0.4 * chance(*a, env, *b as u64);
        let (seeds, p_holm) = (differences.len(), (p * 12.0).min(1.0));
        let difference = around(stats::mean(&differences), stats::half_interval(&differences));
        Paired { env, a: *a, b: *b, seeds, difference, p, p_holm }
    };
    let cells = pairs.iter().flat_map(|(agent, env)| (0..SEEDS).map(move |seed| (*agent, *env, seed)));
    let cell = |(cell, (agent, env, seed)): (usize, (usize, usize, u64))| {
        let score = Some(value(env, part(agent, env, seed, 1.0)));
        CellScore { cell, agent, env, seed, score, error: None }
    };
    Summary {
        title: "An example".into(),
        command: "gymkhana compare --agents dqn,ppo,a2c --envs CartPole-v1 --seeds 5 --out results/compare".into(),
        program: Program {
            version: "0.1.0".into(),
            commit: "6a43d5e".into(),
            platform: "linux-x86_64".into(),
            build: String::new(),
        },
        others: Vec::new(),
        machine: "2 cores, x86-64, 8 GB".into(),
        seeds: SEEDS,
        cells: cells.enumerate().map(cell).collect(),
        scores: (0..agents.len()).map(|agent| (0..envs.len()).map(|env| Some(spread(agent, env))).collect()).collect(),
        curves: pairs.iter().map(curve).collect(),
        aggregates: vec![
            aggregate("median", true, stats::median),
            aggregate("interquartile mean", true, stats::interquartile_mean),
            aggregate("mean", true, stats::mean),
            aggregate("optimality gap", false, |scores| 1.0 - stats::mean(scores)),
        ],
        profiles: (0..agents.len()).map(profile).collect(),
        efficiency: (0..agents.len()).map(efficiency).collect(),
        improvements: duels.iter().map(improvement).collect(),
        paired: duels.iter().flat_map(|duel| (0..envs.len()).map(move |env| (duel, env))).map(test).collect(),
        sensitivity: Vec::new(),
        agents,
        envs,
    }
}
