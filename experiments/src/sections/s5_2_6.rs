//! 5.2.6 Values of states and of actions: each from the other.

use anyhow::{Context, Result};
use gymkhana_agents::{
    math::choice,
    planning::{
        PolicyIteration, PolicyTable, Solve,
        backup::{action_values, greatest_values, greedy, state_values},
        evaluate,
    },
};
use gymkhana_envs::{Registry, tabular::TabularModel};

use super::{Check, Findings, Section, Source, Study, Table, check::number};
use crate::plot::{Diagram, Edge, Figure, HeatMap, Node, Shape};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.6",
    titles: ["Q from V and V from Q", "Q 和 V 的转换", "Q 和 V 的轉換", "QとVの変換"],
    names: &["backup diagram", "backup diagrams", "Q ↔ V", "V ↔ Q", "回溯图", "回溯圖", "バックアップ線図"],
    about: "\
The value of an action looks one step ahead to the values of the states it leads to; the value of a state is the mean of
its actions' values under the policy, or the greatest of them under the best one. Backup diagrams draw both: open
circles are states, filled ones actions. There and back again changes nothing, where the values are the policy's.",
    equations: "\
q(s, a) = Σ p(s′, r | s, a) [r + γ v(s′)]        Q from V; no second term where s′ is terminal
v_π(s)  = Σₐ π(a|s) q_π(s, a)                    V from Q
v*(s)   = maxₐ q*(s, a)                          V from Q, under the best policy",
    look_at: "\
Left: from the values of the actions to that of the state; the best policy takes the orange edge. Middle: from the values
of the states to that of an action. Right: V* of a gridworld, and the actions that are best by Q* from V*.",
    note: "\
The figure counts actions from a₀: its greedy a₂ has index 2 and is the third.",
    trains: &[],
    further: &["gymkhana play Gridworld-3.5 --policy optimal", "gymkhana play FrozenLake-v1 --policy optimal"],
    costly: false,
    run,
};

/// The action values of the book's figure.
const Q: [f64; 3] = [2.6, 1.7, 4.3];
const GAMMA: f64 = 0.9;
/// The tables that are gone round.
const TABLES: [&str; 9] = [
    "Gridworld-3.5",
    "Gridworld-4.1",
    "FrozenLake-v1",
    "FrozenLake8x8-v1",
    "CliffWalking-v1",
    "Taxi-v4",
    "GamblersProblem",
    "RiverSwim",
    "JacksCarRental",
];

fn run(_: &Study<'_>) -> Result<Findings> {
    let envs = Registry::standard();
    let mut rounds = Vec::new();
    for id in TABLES {
        let made = (envs.find(id)?.make)(&[])?;
        rounds.push(Round::new(id, made.model().with_context(|| format!("{id} has no table"))?)?);
    }
    let worst = |of: fn(&Round) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    let chosen = choice::argmax(&Q, None);
    let same = "Bellman's equations: there and back changes nothing";
    let tables = TABLES.len();
    let checks = vec![
        Check::near(
            "Q = 2.6, 1.7, 4.3: index of the greedy action, counted from a₀",
            chosen as f64,
            (2.0, 0.0),
            Source::Figure,
            "a₂, the third",
        ),
        Check::near(
            format!(
                "V → Q → V of the random policy, {tables} tables: greatest difference as a part of the greatest value"
            ),
            worst(|round| round.random),
            (0.0, 5e-13),
            Source::Exact,
            same,
        ),
        Check::near(
            format!("V* → Q* → V*, {tables} tables: the same"),
            worst(|round| round.best),
            (0.0, 5e-13),
            Source::Exact,
            same,
        ),
    ];
    let row = |round: &Round| {
        let (id, states, pairs) = (round.id.to_owned(), round.states.to_string(), round.pairs.to_string());
        vec![id, states, pairs, number(round.greatest), number(round.random), number(round.best)]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "V → Q → V, γ = .9: the difference as a part of the greatest value".into(),
            header: ["table", "states", "pairs", "greatest |V*|", "random policy", "best policy"]
                .map(String::from)
                .into(),
            rows: rounds.iter().map(row).collect(),
        }],
        conclusions: vec![format!(
            "Of the values 2.6, 1.7 and 4.3 the third is the greatest: a{} is greedy (actions are counted from a₀), and the \
             state is worth 4.3 under the best policy, {} under the random one. Over {tables} tables no value changes by \
             more than {} of the greatest on its way through the action values.",
            ['₀', '₁', '₂'][chosen],
            number(Q.iter().sum::<f64>() / 3.0),
            number(worst(|round| round.random.max(round.best))),
        )],
        figure: Figure {
            title: "5.2.6 Q from V and V from Q".into(),
            panels: vec![v_from_q(chosen).into(), q_from_v().into(), best_actions(&envs)?.into()],
            ..Figure::default()
        },
    })
}

/// What going round does to the values of a table.
struct Round {
    id: &'static str,
    states: usize,
    pairs: usize,
    greatest: f64,
    random: f64,
    best: f64,
}

impl Round {
    fn new(id: &'static str, model: &dyn TabularModel) -> Result<Self> {
        let (states, actions) = (model.states(), model.actions());
        let policy = PolicyTable::uniform(states, actions);
        let random = evaluate(model, &policy, GAMMA)?;
        let back = state_values(&action_values(model, &random, GAMMA), &policy);
        let best = optimum(model)?;
        let back_from_best = greatest_values(&action_values(model, &best, GAMMA), actions);
        let (greatest, random) = (greatest(&best), difference(&random, &back));
        Ok(Self { id, states, pairs: states * actions, greatest, random, best: difference(&best, &back_from_best) })
    }
}

fn optimum(model: &dyn TabularModel) -> Result<Vec<f64>> {
    Ok(PolicyIteration { gamma: GAMMA, ..PolicyIteration::default() }.solve(model, &mut || true)?.values)
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
}

/// The greatest difference, as a part of the greatest value or of 1.
fn difference(a: &[f64], b: &[f64]) -> f64 {
    let most = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    most / greatest(a).max(1.0)
}

fn node(x: f64, y: f64, shape: Shape, label: impl Into<String>) -> Node {
    Node { at: (x, y), shape, label: label.into(), strong: false }
}

fn edge(from: usize, to: usize, label: &str) -> Edge {
    Edge { from, to, label: label.into(), ..Edge::default() }
}

/// From a state to its actions.
fn v_from_q(chosen: usize) -> Diagram {
    let name = |action: usize| format!("a{}: {}", ['₀', '₁', '₂'][action], Q[action]);
    let actions = (0..Q.len()).map(|action| Node {
        strong: action == chosen,
        ..node(action as f64 / 2.0, 0.72, Shape::Filled, name(action))
    });
    let edges = (0..Q.len()).map(|action| Edge {
        strong: action == chosen,
        ..edge(0, action + 1, if action == chosen { "max" } else { "π(a|s)" })
    });
    let (best, random) = (number(Q[chosen]), number(Q.iter().sum::<f64>() / Q.len() as f64));
    let worth = format!("v* = {best}, and {random} under the random policy");
    Diagram {
        title: "V from Q".into(),
        nodes: std::iter::once(node(0.5, 0.1, Shape::Open, "s"))
            .chain(actions)
            .chain([node(0.5, 1.0, Shape::Label, worth)])
            .collect(),
        edges: edges.collect(),
    }
}

/// From an action to the states it leads to.
fn q_from_v() -> Diagram {
    let after = |x: f64| node(x, 0.72, Shape::Open, "s′");
    Diagram {
        title: "Q from V".into(),
        nodes: vec![
            node(0.5, 0.0, Shape::Open, "s"),
            node(0.5, 0.28, Shape::Filled, "a"),
            after(0.1),
            after(0.5),
            node(0.9, 0.72, Shape::Square, ""),
            node(0.5, 1.0, Shape::Label, "q(s, a) = Σ p [r + γ v(s′)], and r alone at the end"),
        ],
        edges: vec![
            edge(0, 1, ""),
            Edge { directed: true, ..edge(1, 2, "p, r") },
            Edge { directed: true, ..edge(1, 3, "p, r") },
            Edge { directed: true, ..edge(1, 4, "p, r") },
        ],
    }
}

/// V* of example 3.8, and all best actions.
fn best_actions(envs: &Registry) -> Result<HeatMap> {
    let made = (envs.find("Gridworld-3.5")?.make)(&[])?;
    let model = made.model().context("Gridworld-3.5 has no table")?;
    let best = optimum(model)?;
    let q = action_values(model, &best, GAMMA);
    // Up, right, down, left.
    let ways = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)];
    let arrows = q.chunks(ways.len()).map(|q| greedy(q, 1e-9).map(|action| ways[action]).collect());
    Ok(HeatMap {
        title: "V* and the greedy actions, example 3.8".into(),
        columns: 5,
        arrows: arrows.collect(),
        marks: [(1, "A"), (3, "B"), (21, "A′"), (13, "B′")].map(|(cell, letter)| (cell, letter.to_owned())).into(),
        values: best,
        ..HeatMap::default()
    })
}
