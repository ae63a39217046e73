//! 5.1.3 Markov decision processes: a chain, a process with decisions, and one whose state is not seen.

use anyhow::{Context, Result};
use gymkhana_agents::planning::{ExactEvaluation, PolicyIteration, PolicyTable, backup::from_start, value_within};
use gymkhana_envs::{
    memory::t_maze::{TMaze, TMazeParams},
    tabular::{TabularModel, weather::TOMORROW},
};

use super::{
    Findings, Section, Study, Table,
    check::number,
    planned::{exact, heat_map, made, solve, table},
};
use crate::plot::{Bar, Bars, Figure, Panel, Reference, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.3",
    titles: ["Markov decision process", "马尔可夫决策过程", "馬可夫決策過程", "マルコフ決定過程"],
    names: &["MDP", "POMDP", "Markov chain", "马尔可夫链", "馬可夫鏈", "Gridworld-3.5"],
    about: "\
What comes next depends on the state and the action, and on nothing before. A Markov chain has no actions: the weather
goes its way. A decision process has: Sutton & Barto's gridworld of examples 3.5 and 3.8, with the values of the random
policy and of the best one. Where the state is not seen, as in the T-maze, the best policy that goes by what it sees is
worth less than the best one that remembers. Solved exactly.",
    equations: "\
p(s′, r | s, a)                                          the dynamics
v_π(s) = Σₐ π(a|s) Σ p(s′, r | s, a) [r + γ v_π(s′)]     what a policy is worth
v*(s)  = maxₐ Σ p(s′, r | s, a) [r + γ v*(s′)]           what the best policy is worth
μₜ₊₁ = μₜ P                                              a chain: tomorrow's weather from today's",
    look_at: "\
Top left: under the random policy the lower edge is worth less than nothing, for one runs into it. Top right: the best
policy, with all actions that are equally best, goes to A from everywhere it can. Bottom left: from a sunny day the
chain comes to 24/61, 22/61, 15/61, whatever it began with. Bottom right: without memory the turn is a guess.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana solve exact-evaluation Gridworld-3.5 --set gamma=0.9",
        "gymkhana solve policy-iteration Gridworld-3.5 --set gamma=0.9",
        "gymkhana solve policy-iteration WeatherChain --set env.act=true --set gamma=0.9",
        "gymkhana play TMaze --policy human",
    ],
    costly: false,
    run,
};

/// Values to one decimal, in a table's cells.
fn tenths(values: &[f64]) -> Vec<String> {
    values.iter().map(|value| format!("{value:.1}")).collect()
}

fn run(_: &Study<'_>) -> Result<Findings> {
    let world = made("Gridworld-3.5", &[])?;
    let any = solve(&world, &ExactEvaluation { gamma: 0.9 })?.values;
    let best = solve(&world, &PolicyIteration { gamma: 0.9, ..Default::default() })?.values;
    let mut checks = Vec::new();
    for (column, (random, optimal)) in
        [(3.3, 22.0), (8.8, 24.4), (4.4, 22.0), (5.3, 19.4), (1.5, 17.5)].into_iter().enumerate()
    {
        let name = |policy| format!("Gridworld-3.5: value of cell {} in the top row, {policy} policy", column + 1);
        checks.push(exact(&name("random"), any[column], random, 1, "Sutton & Barto 2018, figure 3.2"));
        checks.push(exact(&name("best"), best[column], optimal, 1, "Sutton & Barto 2018, figure 3.5"));
    }
    let days = weather(30);
    let last = days.last().context("there are days")?;
    for (what, (share, of)) in ["sunny", "cloudy", "rainy"].iter().zip(last.iter().zip([24.0, 22.0, 15.0])) {
        checks.push(exact(&format!("WeatherChain: share of {what} days"), *share, of / 61.0, 4, "μ = μ P"));
    }
    let walk = made("WeatherChain", &[("act", "true")])?;
    let umbrella = solve(&walk, &PolicyIteration { gamma: 0.9, ..Default::default() })?.policy;
    let (blind, seeing) = memory()?;
    checks.push(exact("TMaze: best policy without memory, of 256", blind, 1.95, 4, "(4 − 0.1)/2"));
    checks.push(exact("TMaze: best policy with memory", seeing, 4.0, 4, "the right turn"));

    let carried: Vec<_> = ["sun", "clouds", "rain"]
        .iter()
        .zip(&umbrella)
        .filter(|(_, action)| **action == 1)
        .map(|(day, _)| *day)
        .collect();
    let row = |(name, values): (&str, &[f64])| std::iter::once(name.to_owned()).chain(tenths(&values[..5])).collect();
    let mut header = vec!["top row".to_owned()];
    header.extend((1..6).map(|column| column.to_string()));
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Gridworld-3.5, γ = 0.9".into(),
            header,
            rows: [("random policy", &any[..]), ("best policy", &best[..])].into_iter().map(row).collect(),
        }],
        conclusions: vec![
            format!(
                "With a decision to take, the weather is a decision process: the umbrella is best after {}.",
                carried.join(" and ")
            ),
            format!(
                "In the T-maze memory is worth {}: {} against {}.",
                number(seeing - blind),
                number(seeing),
                number(blind)
            ),
        ],
        figure: Figure {
            title: "5.1.3 Markov decision process".into(),
            panels: vec![
                heat_map("Random policy, γ = 0.9", &world, &any, None)?.into(),
                heat_map("Best policy, γ = 0.9", &world, &best, Some(0.9))?.into(),
                chain(&days).into(),
                bars(blind, seeing).into(),
            ],
            ..Figure::default()
        },
    })
}

/// The probabilities of sun, clouds and rain from a sunny day on.
fn weather(days: usize) -> Vec<[f64; 3]> {
    let mut all = vec![[1.0, 0.0, 0.0]];
    for day in 0..days {
        let today = all[day];
        all.push(std::array::from_fn(|next| (0..3).map(|from| today[from] * TOMORROW[from][next]).sum()));
    }
    all
}

fn chain(days: &[[f64; 3]]) -> Panel {
    let one = |(label, i): (&str, usize)| Series {
        label: label.into(),
        x: (0..=12).map(f64::from).collect(),
        mean: days.iter().take(13).map(|day| day[i]).collect(),
        ..Series::default()
    };
    Panel {
        title: "A Markov chain: the weather".into(),
        x_label: "days after a sunny one".into(),
        y_label: "probability".into(),
        series: [("sunny", 0), ("cloudy", 1), ("rainy", 2)].into_iter().map(one).collect(),
        y_range: Some((0.0, 1.0)),
        ..Panel::default()
    }
}

fn bars(blind: f64, seeing: f64) -> Bars {
    let bar = |label: &str, value| Bar { label: label.into(), value, ..Bar::default() };
    Bars {
        title: "T-maze: the state is not seen".into(),
        y_label: "value".into(),
        bars: vec![bar("without memory", blind), bar("with memory", seeing)],
        references: vec![Reference { label: "the right turn".into(), y: 4.0 }],
        ..Bars::default()
    }
}

/// In the T-maze, within its time limit: the best of the 256 policies that go by what they see, and the best of those
/// that know the state. A policy that mixes turns at the junction is worth as much as one that does not.
fn memory() -> Result<(f64, f64)> {
    let maze = TMaze::new(TMazeParams::default())?;
    let model = maze.table();
    let (states, actions) = (model.states(), model.actions());
    let limit = TMazeParams::default().time_limit as usize;
    let mut blind = f64::NEG_INFINITY;
    for code in 0..actions.pow(4) {
        let choice = |seen: usize| code / actions.pow(seen as u32) % actions;
        let policy: Vec<_> = (0..states).map(|state| choice(maze.observation(state))).collect();
        let values = value_within(&model, &PolicyTable::deterministic(&policy, actions), limit, 1.0)?;
        blind = blind.max(from_start(&model, &values));
    }
    let hidden = made("TMaze", &[])?;
    let seeing = solve(&hidden, &PolicyIteration { gamma: 1.0, ..Default::default() })?.from_start(table(&hidden)?);
    Ok((blind, seeing))
}
