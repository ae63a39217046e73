//! 5.1.2 Agent, environment, reward: a tour of cities that can be counted by hand.

use anyhow::Result;
use gymkhana_agents::planning::{
    BackwardInduction, ExactEvaluation,
    backup::{action_values, from_start, greedy},
};
use gymkhana_envs::tabular::{TabularModel, tour::CITIES};

use super::{
    Findings, Section, Study, Table,
    check::number,
    planned::{exact, made, solve, table},
};
use crate::plot::{Diagram, Edge, Figure, Node};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.2",
    titles: ["Agent, environment, reward", "基础架构、核心概念", "基礎架構、核心概念", "エージェント、環境、報酬"],
    names: &["Tour", "architecture", "core concepts", "基础架构", "基礎架構"],
    about: "\
An agent sees a state, takes an action, and is given a reward and the next state, until the episode ends. Here the state
is a city, an action is the choice of the next one, and the reward is the stars of the city that is entered. The agent
wants the sum of all rewards to be large: not the city with the most stars next, but the best tour. Solved exactly.",
    equations: "\
s₀, a₀, r₁, s₁, a₁, r₂, s₂, …        a trajectory
G = r₁ + r₂ + r₃                       its return; three steps, no discount
v₀(s) = 0,  vₖ(s) = maxₐ [r + vₖ₋₁(s′)]        the best return with k steps left",
    look_at: "\
The heavy edges are the best tours: Salt Lake City, then Phoenix or New York, which are equally good, then Chicago. The
number in each city is the best return from there on.",
    note: "\
The tour figure's last rewards do not match its stars in the English edition; the stars are taken here. Before the last
column, which has two cities, the third action leaves the choice to a coin: choosing at random is then the same as
choosing a city at random.",
    trains: &[],
    further: &[
        "gymkhana solve backward-induction Tour --set horizon=3",
        "gymkhana play Tour --policy human",
        "gymkhana train q-learning Tour --steps 5000",
    ],
    costly: false,
    run,
};

fn run(_: &Study<'_>) -> Result<Findings> {
    let tour = made("Tour", &[])?;
    let model = table(&tour)?;
    let best = solve(&tour, &BackwardInduction { gamma: 1.0, horizon: 3 })?;
    let random = from_start(model, &solve(&tour, &ExactEvaluation { gamma: 1.0 })?.values);
    let q = action_values(model, &best.values, 1.0);
    let choices = |city: usize| greedy(&q[city * model.actions()..][..model.actions()], 1e-9).collect::<Vec<_>>();
    let row = |city: usize| {
        let to = choices(city).into_iter().map(|action| CITIES[model.outcomes(city, action)[0].next].0);
        let to: Vec<_> = to.collect();
        let stars = CITIES[city].1.to_string();
        vec![CITIES[city].0.into(), stars, number(best.values[city]), to.join(" or ")]
    };
    let rows = (0..7).map(row).collect();
    Ok(Findings {
        checks: vec![
            exact(
                "best return of a tour",
                best.from_start(model),
                14.0,
                6,
                "Salt Lake City, Phoenix or New York, Chicago",
            ),
            exact("return of choosing at random, expected", random, 12.0 + 1.0 / 6.0, 6, "4 + 11/3 + 9/2 = 12 1/6"),
        ],
        tables: vec![Table {
            title: "From each city on".into(),
            header: ["city", "stars", "best return", "best next"].map(String::from).into(),
            rows,
        }],
        conclusions: vec![format!(
            "The best tours collect {} stars; choosing at random collects {random:.4} in the mean.",
            number(best.from_start(model))
        )],
        figure: Figure {
            title: "5.1.2 Agent, environment, reward".into(),
            panels: vec![diagram(model, &best.values, &choices).into()],
            ..Figure::default()
        },
    })
}

/// The cities from west to east, with the best tours.
fn diagram(model: &dyn TabularModel, values: &[f64], choices: &dyn Fn(usize) -> Vec<usize>) -> Diagram {
    let mut on_tour = [false; CITIES.len()];
    on_tour[0] = true;
    let mut edges = Vec::new();
    for from in 0..7 {
        let best: Vec<_> = choices(from).iter().map(|action| model.outcomes(from, *action)[0].next).collect();
        for action in 0..model.actions() {
            // The coin before the last column is no edge of its own.
            let [outcome] = model.outcomes(from, action) else { continue };
            let strong = on_tour[from] && best.contains(&outcome.next);
            on_tour[outcome.next] |= strong;
            edges.push(Edge { from, to: outcome.next, directed: true, strong, ..Edge::default() });
        }
    }
    let place = |city: usize| match city {
        0 => (0.08, 0.5),
        1..=3 => (0.36, 0.2 + 0.3 * (city - 1) as f64),
        4..=6 => (0.66, 0.2 + 0.3 * (city - 4) as f64),
        _ => (0.92, 0.35 + 0.3 * (city - 7) as f64),
    };
    let node = |(city, (name, stars)): (usize, &(&str, u8))| {
        let label = match city {
            0 => format!("{name} · {}", number(values[city])),
            7.. => format!("{name} {stars}"),
            _ => format!("{name} {stars} · {}", number(values[city])),
        };
        Node { at: place(city), label, strong: on_tour[city], ..Node::default() }
    };
    Diagram {
        title: "stars of each city · best return from there on".into(),
        nodes: CITIES.iter().enumerate().map(node).collect(),
        edges,
    }
}
