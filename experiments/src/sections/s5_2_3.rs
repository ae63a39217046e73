//! 5.2.3 Q, V, V* and Q*: what states and actions are worth, under a policy and under the best one.

use anyhow::Result;
use gymkhana_agents::planning::{
    ExactEvaluation, PolicyIteration, PolicyTable, ValueIteration,
    backup::{action_values, greatest_values, greedy, state_values},
};

use super::{
    Findings, Section, Study, Table,
    check::number,
    planned::{exact, heat_map, made, solve, table},
};
use crate::plot::{Figure, LineStyle, Panel, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.3",
    titles: ["Q, V, V*, Q*", "Q、V、V*、Q*", "Q 值與 V 值、V*、Q*", "行動価値 Q と状態価値 V、V*、Q*"],
    names: &["value functions", "action value", "state value", "价值函数", "價值函數", "価値関数", "GamblersProblem", "gambler"],
    about: "\
V says what a state is worth under a policy, Q what an action in it is worth if the policy is followed after that; V* and
Q* say it of the best policy. Sutton & Barto's 4×4 gridworld under the random policy and under the best one, and the
gambler's problem, whose best values are a probability of winning. Solved exactly.",
    equations: "\
q_π(s, a) = Σ p(s′, r | s, a) [r + γ v_π(s′)],    v_π(s) = Σₐ π(a|s) q_π(s, a)
q*(s, a)  = Σ p(s′, r | s, a) [r + γ v*(s′)],     v*(s)  = maxₐ q*(s, a)",
    look_at: "\
Top: a random walker needs 14 to 22 steps where the best policy needs 1 to 3, and the policy that is greedy on the random
walker's values is the best one already. Bottom left: the gambler's V* for p = 0.4 has steps within steps. Bottom right:
of his many best stakes the smallest, and the greatest: at 25, 50 and 75 the greatest is a bold one.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana solve exact-evaluation Gridworld-4.1 --set gamma=1",
        "gymkhana solve value-iteration GamblersProblem --set gamma=1 --out results/runs/gambler",
        "gymkhana solve value-iteration GamblersProblem --set gamma=1 --set env.p_heads=0.55",
    ],
    costly: false,
    run,
};

fn run(_: &Study<'_>) -> Result<Findings> {
    let world = made("Gridworld-4.1", &[])?;
    let model = table(&world)?;
    let any = solve(&world, &ExactEvaluation { gamma: 1.0 })?.values;
    let best = solve(&world, &PolicyIteration { gamma: 1.0, ..Default::default() })?.values;
    let gambler = made("GamblersProblem", &[])?;
    let won = solve(&gambler, &ValueIteration { gamma: 1.0, tolerance: 1e-13, ..Default::default() })?.values;

    let mut checks = Vec::new();
    for (cell, value) in [(1, -14.0), (5, -18.0), (2, -20.0), (3, -22.0)] {
        let name = format!("Gridworld-4.1: value of cell {cell} under the random policy");
        checks.push(exact(&name, any[cell], value, 6, "Sutton & Barto 2018, figure 4.1"));
    }
    for (capital, value) in [(25, 0.16), (50, 0.4), (75, 0.64)] {
        let name = format!("gambler, p = 0.4: V*({capital})");
        checks.push(exact(&name, won[capital], value, 8, "bold play: p², p, p + p(1 − p)"));
    }
    let q = action_values(model, &any, 1.0);
    let back = state_values(&q, &PolicyTable::uniform(model.states(), model.actions()));
    let off = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    checks.push(exact(
        "V → Q → V, greatest difference under the random policy",
        off(&any, &back),
        0.0,
        12,
        "v = Σ π q",
    ));
    let best_q = action_values(model, &best, 1.0);
    let best_back = greatest_values(&best_q, model.actions());
    checks.push(exact("V* → Q* → V*, greatest difference", off(&best, &best_back), 0.0, 12, "v* = max q*"));

    let row =
        |(action, name): (usize, &&str)| vec![(*name).to_owned(), number(q[4 + action]), number(best_q[4 + action])];
    let rows = world.action_names().iter().enumerate().map(row).collect();
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Gridworld-4.1: actions in the cell right of the upper left end".into(),
            header: ["action", "q under the random policy", "q*"].map(String::from).into(),
            rows,
        }],
        conclusions: vec![format!(
            "From there the random walker needs {} steps in the mean, and the best policy {}.",
            number(-any[1]),
            number(-best[1])
        )],
        figure: Figure {
            title: "5.2.3 Q, V, V*, Q*".into(),
            panels: vec![
                heat_map("V under the random policy, greedy actions", &world, &any, Some(1.0))?.into(),
                heat_map("V*, best actions", &world, &best, Some(1.0))?.into(),
                winning(&won).into(),
                stakes(table(&gambler)?, &won).into(),
            ],
            ..Figure::default()
        },
    })
}

/// The gambler's V*.
fn winning(values: &[f64]) -> Panel {
    let capitals = 1..values.len() - 1;
    Panel {
        title: "Gambler's problem: V*".into(),
        x_label: "capital".into(),
        y_label: "probability of winning".into(),
        series: vec![Series {
            label: "V*, p = 0.4".into(),
            x: capitals.clone().map(|capital| capital as f64).collect(),
            mean: values[capitals].to_vec(),
            ..Series::default()
        }],
        y_range: Some((0.0, 1.0)),
        ..Panel::default()
    }
}

/// The smallest and the greatest of the stakes that are equally best.
fn stakes(model: &dyn gymkhana_envs::tabular::TabularModel, values: &[f64]) -> Panel {
    let goal = values.len() - 1;
    let q = action_values(model, values, 1.0);
    let best = |capital: usize| -> Vec<usize> {
        let row = &q[capital * model.actions()..][..model.actions()];
        // A stake above the capital, or above what is missing, is that.
        greedy(row, 1e-9).map(|action| (action + 1).min(capital).min(goal - capital)).collect()
    };
    let line = |label: &str, style, pick: &dyn Fn(Vec<usize>) -> Option<usize>| Series {
        label: label.into(),
        x: (1..goal).map(|capital| capital as f64).collect(),
        mean: (1..goal).map(|capital| pick(best(capital)).unwrap_or_default() as f64).collect(),
        style,
        ..Series::default()
    };
    Panel {
        title: "Gambler's problem: best stakes".into(),
        x_label: "capital".into(),
        y_label: "stake".into(),
        series: vec![
            line("smallest best stake", LineStyle::Solid, &|all| all.into_iter().min()),
            line("greatest best stake", LineStyle::Dashed, &|all| all.into_iter().max()),
        ],
        ..Panel::default()
    }
}
