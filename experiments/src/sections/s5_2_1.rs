//! 5.2.1 Rewards, returns and the discount: what an episode is worth from each of its steps.

use anyhow::Result;
use gymkhana_agents::{
    math::returns,
    planning::{PolicyTable, evaluate},
};
use gymkhana_envs::tabular::{RiverSwimParams, TabularModel, river_swim};

use super::{Check, Findings, Section, Source, Study, Table, check::number};
use crate::plot::{Bar, Bars, Figure, Panel, Reference, Scale, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.1",
    titles: ["Rewards, returns and the discount", "奖励、回报、折扣因子", "獎勵、回報、折扣因子", "報酬、収益、割引率"],
    names: &[
        "reward, return, discount",
        "returns",
        "discount factor",
        "gamma",
        "R, G, γ",
        "折扣因子",
        "割引率",
        "奖励",
        "獎勵",
    ],
    about: "\
A reward is of one step, a return of all steps that follow. The discount γ says how much less a reward counts for each
step that it lies ahead: with γ = 1 all count alike, with γ = 0 only the next. It also decides what is best: on a river
with a small reward down the current and a large one against it, swimming pays only for who looks far enough ahead.",
    equations: "\
Gₜ = rₜ₊₁ + γ rₜ₊₂ + γ² rₜ₊₃ + … = Σₖ γᵏ rₜ₊ₖ₊₁,    0 ≤ γ ≤ 1
1 + γ + γ² + … = 1/(1 − γ), the number of steps that it looks ahead",
    look_at: "\
Left: the rewards 4, 3, 5, 2 and the return from each step, for three discounts. Middle: the weight of a reward k steps
ahead. Right: both ways on the river, per step of the horizon; the lines cross where the large reward begins to pay.",
    note: "\
In this part of the book the reward of the step from t to t+1 is counted as rₜ₊₁; in the part on generalised advantage
estimation it is rₜ.",
    trains: &[],
    further: &[
        "gymkhana play RiverSwim --policy optimal --set env.left_reward=500",
        "gymkhana train q-learning RiverSwim --set gamma=0.99",
    ],
    costly: false,
    run,
};

/// The episode of the book's figure.
const REWARDS: [f64; 4] = [4.0, 3.0, 5.0, 2.0];
/// What drifting earns per step, on a river whose other end pays 10,000.
const DRIFTING: f64 = 500.0;
/// The γ at which swimming right begins to pay from the state beside the left end: the two linear systems of six
/// equations, solved by LAPACK, are equal there.
const TURNING: f64 = 0.975_461_975_7;

fn run(_: &Study<'_>) -> Result<Findings> {
    let discounts = [1.0, 0.9, 0.5];
    let worth = discounts.map(|discount| {
        let mut from = REWARDS;
        returns::backwards(&mut from, discount, 0.0);
        from
    });
    let river = river_swim(&RiverSwimParams { left_reward: DRIFTING, ..RiverSwimParams::default() })?;
    let turning = turning_point(&**river.model())?;

    let mut checks: Vec<Check> = worth[0]
        .iter()
        .zip([14.0, 10.0, 7.0, 2.0])
        .enumerate()
        .map(|(t, (measured, target))| {
            let from = "rewards 4, 3, 5, 2";
            Check::near(format!("return from step {t}, γ = 1"), *measured, (target, 0.0), Source::Figure, from)
        })
        .collect();
    let forever = returns::by_definition(&[1.0; 1_000], 0.9, 0.0);
    checks.push(Check::near("a reward of 1 for ever, γ = .9", forever, (10.0, 1e-12), Source::Exact, "1/(1 − γ)"));
    checks.push(Check::near(
        "RiverSwim, 500 against 10,000: γ from which swimming pays",
        turning,
        (TURNING, 1e-9),
        Source::Exact,
        "the γ where two linear systems have one value",
    ));

    let row = |t: usize| {
        let rest = worth.iter().map(|from| number(from[t]));
        [t.to_string(), number(REWARDS[t])].into_iter().chain(rest).collect()
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Rewards and returns".into(),
            header: ["t", "rₜ₊₁", "Gₜ, γ = 1", "γ = .9", "γ = .5"].map(String::from).into(),
            rows: (0..REWARDS.len()).map(row).collect(),
        }],
        conclusions: vec![format!(
            "The same four rewards are worth {} at the start undiscounted, {} with γ = .9 and {} with γ = .5. On the river \
             drifting is best up to γ = {turning:.4}, a horizon of {:.0} steps, and swimming beyond.",
            number(worth[0][0]),
            number(worth[1][0]),
            number(worth[2][0]),
            1.0 / (1.0 - turning),
        )],
        figure: Figure {
            title: "5.2.1 Rewards, returns and the discount".into(),
            panels: vec![
                episode(&discounts, &worth).into(),
                weights().into(),
                horizons(&**river.model(), turning)?.into(),
            ],
            ..Figure::default()
        },
    })
}

/// What always going one way is worth from the state beside the left end.
fn value(river: &dyn TabularModel, way: usize, gamma: f64) -> Result<f64> {
    let policy = PolicyTable::deterministic(&vec![way; river.states()], river.actions());
    Ok(evaluate(river, &policy, gamma)?[1])
}

/// The γ at which both ways are worth the same, by halving.
fn turning_point(river: &dyn TabularModel) -> Result<f64> {
    let (mut low, mut high) = (0.0, 0.9999);
    for _ in 0..60 {
        let gamma = f64::midpoint(low, high);
        let swims = value(river, 1, gamma)? > value(river, 0, gamma)?;
        if swims { high = gamma } else { low = gamma }
    }
    Ok(f64::midpoint(low, high))
}

fn episode(discounts: &[f64], worth: &[[f64; REWARDS.len()]]) -> Bars {
    let bar = |t: usize, group: String, value: f64| Bar { label: format!("t = {t}"), group, value, ..Bar::default() };
    let bars = (0..REWARDS.len()).flat_map(|t| {
        let returns = discounts.iter().zip(worth).map(move |(discount, from)| (format!("γ = {discount}"), from[t]));
        let all = std::iter::once(("reward".to_owned(), REWARDS[t])).chain(returns);
        all.map(move |(group, value)| bar(t, group, value))
    });
    Bars {
        title: "Four rewards and their returns".into(),
        y_label: "reward, return".into(),
        bars: bars.collect(),
        ..Bars::default()
    }
}

fn weights() -> Panel {
    let series = |discount: f64| {
        let ahead: Vec<f64> = (0..=50).map(f64::from).collect();
        let mean = (0..=50).map(|k| discount.powi(k)).collect();
        Series { label: format!("γ = {discount}"), x: ahead, mean, ..Series::default() }
    };
    Panel {
        title: "What a later reward counts".into(),
        x_label: "steps ahead, k".into(),
        y_label: "weight".into(),
        series: [0.99, 0.9, 0.5].map(series).into(),
        ..Panel::default()
    }
}

/// Both ways on the river over the horizon.
fn horizons(river: &dyn TabularModel, turning: f64) -> Result<Panel> {
    let steps: Vec<f64> = (0..=60).map(|i| 10_f64.powf(f64::from(i) / 20.0)).collect();
    let series = |label: &str, way: usize| -> Result<Series> {
        let per_step = |horizon: &f64| Ok(value(river, way, 1.0 - 1.0 / horizon)? / horizon);
        let mean = steps.iter().map(per_step).collect::<Result<_>>()?;
        Ok(Series { label: label.into(), x: steps.clone(), mean, ..Series::default() })
    };
    let meet = value(river, 0, turning)? * (1.0 - turning);
    Ok(Panel {
        title: "A river with two rewards".into(),
        x_label: "horizon 1/(1 − γ), steps".into(),
        y_label: "value / horizon".into(),
        series: vec![series("always swim right", 1)?, series("always drift left", 0)?],
        references: vec![Reference { label: "equally good".into(), y: meet }],
        x_scale: Scale::Log10,
        ..Panel::default()
    })
}
