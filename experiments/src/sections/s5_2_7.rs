//! 5.2.7 Monte Carlo: the value of a state is the mean of the returns that follow it.

mod hands;

use anyhow::Result;
use gymkhana_agents::{
    Agent, Recipe,
    tabular::{
        Controller, Given, Method, QTable,
        monte_carlo::{
            McControlConfig, McExploringStartsConfig, McPredictionConfig, OffPolicyMcControl, OffPolicyMcControlConfig,
            OffPolicyMcPredictionConfig, Sampling,
        },
    },
};
use gymkhana_envs::{
    Env, Rng, Space, Spec, State, Step,
    tabular::{Blackjack, BlackjackParams, blackjack::Seen},
};

use hands::{Hands, of_the_figure};

use super::{Check, Findings, Section, Source, Study, Table, Target, Trial, check::number, sums::Sums, walks::exact};
use crate::{
    plot::{Figure, HeatMap, LineStyle, Panel, Reference, Scale, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.7",
    titles: ["Monte Carlo", "蒙特卡洛", "蒙地卡羅", "モンテカルロ法"],
    names: &[
        "MC",
        "Monte Carlo methods",
        "蒙特卡洛方法",
        "蒙特卡羅",
        "blackjack",
        "二十一点",
        "二十一點",
        "ブラックジャック",
        "first-visit",
        "every-visit",
        "首次访问",
        "首次訪問",
        "初回訪問",
        "exploring starts",
        "off-policy Monte Carlo",
        "ordinary importance sampling",
        "weighted importance sampling",
        "per-decision",
        "per-decision importance sampling",
        "mc-prediction",
        "mc-control",
    ],
    about: "\
Monte Carlo methods need no model and no estimates of what comes next: a state is worth the mean of the returns that followed
it. In blackjack every hand ends soon, and what any policy is worth can be computed exactly to compare with. Returns of
another policy can be used too, weighted by how much likelier it is to do what was done: importance sampling. Control takes
the best action by the means so far, and tries the others at the start of an episode, or now and then.",
    equations: "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   V(s) = mean of Gₜ over visits of s, the first of an episode or every one
ρ = Π π(aₖ | sₖ) / b(aₖ | sₖ)
ordinary   V(s) = Σ ρ G / N(s)        weighted   V(s) = Σ ρ G / Σ ρ",
    look_at: "\
Left: the best policy, S stick and H hit, on what the hands are worth, without and with a usable ace. Below: the squared error
of a value learned from the random policy's hands, weighted far below ordinary at first (Sutton & Barto's figure 5.3); and
what the greedy policies learned so far are worth exactly, coming up to −0.0431.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train mc-exploring-starts Blackjack-v1 --steps 2000000",
        "gymkhana train off-policy-mc-control Blackjack-v1 --set epsilon=1 --steps 2000000",
        "gymkhana play Blackjack-v1",
    ],
    costly: false,
    run,
};

/// Sutton & Barto's example 5.3: the dealer shows a deuce, the player has an ace and a deuce.
const HAND: Seen = Seen { sum: 13, dealer: 2, usable_ace: true };

/// Where a hand is among the observations.
fn place(hand: Seen) -> usize {
    (hand.sum * 11 + hand.dealer) * 2 + usize::from(hand.usable_ace)
}

/// The policy that sticks on 20 and 21, in every state that can be seen.
fn stick_on_20() -> Given {
    Given::Actions((0..32 * 22).map(|state| usize::from(state / 22 < 20)).collect())
}

/// Blackjack that begins with that hand.
#[derive(Clone, Debug)]
struct Dealt(Blackjack);

impl Env for Dealt {
    type Obs = Seen;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Dealt", Space::MultiDiscrete(vec![32, 11, 2]), Space::Discrete(2))
    }

    fn reset(&mut self, rng: &mut Rng) -> Seen {
        let hidden = (rng.below(13) as u8 + 1).min(10);
        let cards: (&[u8], &[u8]) = (&[1, 2], &[2, hidden]);
        self.0.set_state(&State::of(&cards)).expect("two hands of two cards");
        HAND
    }

    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<Seen> {
        self.0.step(action, rng)
    }
}

/// An agent that learns action values.
trait Control: Agent<usize, usize> {
    fn table(&self) -> &QTable;
}

impl<M: Method> Control for Controller<M> {
    fn table(&self) -> &QTable {
        self.q()
    }
}

impl Control for OffPolicyMcControl {
    fn table(&self) -> &QTable {
        self.q()
    }
}

/// What the greedy policy of an agent is worth exactly, after each of some numbers of episodes.
fn worth<C: Recipe<usize, usize, Agent: Control>>(config: &C, seed: u64, after: &[u64]) -> Result<Vec<f64>> {
    let rules = BlackjackParams::default();
    let mut trial = Trial::new(Blackjack::new(rules.clone())?, config, seed, 1)?;
    let mut done = 0;
    let mut look = |episodes: &u64| {
        while done < *episodes {
            trial.episode()?;
            done += 1;
        }
        let q = trial.agent.table();
        let sticks = |seen| {
            let row = q.row(place(seen));
            row[0] >= row[1]
        };
        Ok(Hands::by(&rules, sticks)?.start)
    };
    after.iter().map(&mut look).collect()
}

/// Whether the book's table sticks.
fn stated(seen: Seen) -> bool {
    let (hard, soft) = match seen.dealer {
        2 | 3 => (13, 18),
        4..=6 => (12, 18),
        7 | 8 => (17, 18),
        _ => (17, 19),
    };
    seen.sum >= if seen.usable_ace { soft } else { hard }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let rules = BlackjackParams::default();
    let best = Hands::best(&rules)?;
    let truth = Hands::by(&rules, |seen| seen.sum >= 20)?.value(HAND);
    let mut checks = exact_checks(&best, truth)?;
    checks.extend(means(study, truth)?);

    let (runs, length) = (study.seeds(100, 20), study.pick(10_000, 1_000));
    let squared = squared_errors(study, truth, (runs, length))?;
    let [ordinary, weighted] = [0, 1].map(|method: usize| squared[method].mean());
    checks.push(Check {
        name: format!("error² of weighted sampling in episodes 1 to 10 as a part of that of ordinary, {runs} runs"),
        measured: weighted[..10].iter().sum::<f64>() / ordinary[..10].iter().sum::<f64>(),
        target: Target::AtMost(0.5),
        source: Source::Figure,
        from: "Sutton & Barto's figure 5.3: weighted is far below ordinary at first".into(),
    });
    checks.push(Check {
        name: format!("error² of both after {length} episodes"),
        measured: ordinary[length - 1].max(weighted[length - 1]),
        // One return weighted by ρ has a variance of about 13.
        target: Target::AtMost(2.0 * 13.0 / length as f64),
        source: Source::Figure,
        from: "both come to the value".into(),
    });

    let all: [u64; 8] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000];
    let after = &all[..study.pick(8, 5)];
    let seeds = study.pick(4, 2);
    let curves = control(study, seeds, after)?;
    let worths = [0, 1, 2].map(|method: usize| curves[method].mean());
    let (last, reached) = (after[after.len() - 1], worths[0][after.len() - 1]);
    checks.push(Check {
        name: format!("what exploring starts learn in {last} episodes, exactly, mean of {seeds} seeds"),
        measured: reached,
        // Of three seeds the worst was 0.0001 below the best policy; after 100,000 episodes 0.006.
        target: Target::Near { target: best.start, tolerance: study.pick(0.0003, 0.01) },
        source: Source::Exact,
        from: "the best policy, by dynamic programming".into(),
    });
    let row = |method: usize| {
        let worths = worths[method].iter().map(|worth| format!("{worth:.4}"));
        std::iter::once(CONTROL[method].into()).chain(worths).collect()
    };
    Ok(Findings {
        conclusions: vec![format!(
            "The best policy is worth {:.4}; exploring starts come to {reached:.4}. Sticking on 20 the hand of 13 is worth {}.",
            best.start,
            number(truth)
        )],
        checks,
        tables: vec![Table {
            title: "Worth of the greedy policy after so many episodes".into(),
            header: std::iter::once("method".into()).chain(after.iter().map(ToString::to_string)).collect(),
            rows: (0..CONTROL.len()).map(row).collect(),
        }],
        figure: Figure {
            title: "5.2.7 Monte Carlo: blackjack".into(),
            panels: vec![
                policy(&best, false).into(),
                policy(&best, true).into(),
                sampling_panel(&squared).into(),
                control_panel(&curves, after, best.start).into(),
            ],
            ..Figure::default()
        },
    })
}

fn exact_checks(best: &Hands, truth: f64) -> Result<Vec<Check>> {
    let start = |sab, natural| Ok::<_, anyhow::Error>(Hands::best(&BlackjackParams { sab, natural })?.start);
    let from = "dynamic programming over hands";
    let same = of_the_figure().filter(|seen| best.sticks(*seen) == stated(*seen)).count();
    Ok(vec![
        exact("best policy, Sutton & Barto's rules", best.start, (-0.0431, 4), from),
        exact("best policy, sab=false", start(false, false)?, (-0.0466, 4), from),
        exact("best policy, sab=false natural=true", start(false, true)?, (-0.0257, 4), from),
        exact("hands of 200 that are played as the book's table has it", same as f64, (200.0, 0), from),
        exact("13 with a usable ace against 2, sticking on 20", truth, (-0.2772, 4), from),
    ])
}

fn dealt() -> Result<Dealt> {
    Ok(Dealt(Blackjack::new(BlackjackParams::default())?))
}

/// The value of the hand by means of returns.
fn means(study: &Study<'_>, truth: f64) -> Result<Vec<Check>> {
    let episodes = study.pick(400_000, 20_000);
    let check = |(name, first_visit): (&str, bool)| {
        let config = McPredictionConfig { policy: stick_on_20(), first_visit, ..McPredictionConfig::default() };
        let means = study.repeat(&format!("{name} Monte Carlo"), 4, |seed| {
            let mut trial = Trial::new(dealt()?, &config, seed, 1)?;
            for _ in 0..episodes {
                trial.episode()?;
            }
            Ok(trial.agent.v().value(place(HAND)))
        })?;
        Ok(Check {
            name: format!("the same by {name} Monte Carlo, 4 seeds × {episodes} episodes"),
            measured: stats::mean(&means),
            // A return has a deviation of 0.95: three standard errors.
            target: Target::Near { target: truth, tolerance: 3.0 * 0.95 / (4.0 * f64::from(episodes)).sqrt() },
            source: Source::Exact,
            from: "dynamic programming".into(),
        })
    };
    [("first-visit", true), ("every-visit", false)].into_iter().map(check).collect()
}

/// The mean squared error after each episode of the random policy, by ordinary and by weighted importance sampling.
fn squared_errors(study: &Study<'_>, truth: f64, (runs, length): (u64, usize)) -> Result<[Sums; 2]> {
    let errors = study.repeat("importance sampling", runs, |seed| {
        let squared = |sampling| {
            let policy = stick_on_20();
            let config = OffPolicyMcPredictionConfig { policy, sampling, ..OffPolicyMcPredictionConfig::default() };
            let mut trial = Trial::new(dealt()?, &config, seed, 1)?;
            let mut after = || {
                trial.episode()?;
                Ok((trial.agent.v().value(place(HAND)) - truth).powi(2))
            };
            (0..length).map(|_| after()).collect::<Result<Vec<f64>>>()
        };
        Ok([squared(Sampling::Ordinary)?, squared(Sampling::Weighted)?])
    })?;
    Ok([0, 1].map(|method: usize| Sums::of(errors.iter().map(|run| &run[method]))))
}

const CONTROL: [&str; 3] = ["exploring starts", "ε-soft, ε = 0.1", "off-policy, from the random policy"];

/// What the greedy policies of each method are worth after so many episodes, in the mean.
fn control(study: &Study<'_>, seeds: u64, after: &[u64]) -> Result<[Sums; 3]> {
    let learned = study.repeat("control", seeds, |seed| {
        let random = OffPolicyMcControlConfig { epsilon: 1.0.into(), ..OffPolicyMcControlConfig::default() };
        Ok([
            worth(&McExploringStartsConfig::default(), seed, after)?,
            worth(&McControlConfig::default(), seed, after)?,
            worth(&random, seed, after)?,
        ])
    })?;
    Ok([0, 1, 2].map(|method: usize| Sums::of(learned.iter().map(|run| &run[method]))))
}

/// The best policy on what hands are worth.
fn policy(best: &Hands, usable_ace: bool) -> HeatMap {
    let hands = || {
        let row = move |sum| (1..=10).map(move |dealer| Seen { sum, dealer, usable_ace });
        (12..=21).rev().flat_map(row)
    };
    HeatMap {
        title: if usable_ace { "Usable ace" } else { "No usable ace" }.into(),
        x_label: "dealer shows".into(),
        y_label: "player's sum".into(),
        columns: 10,
        values: hands().map(|seen| best.value(seen)).collect(),
        labels: hands().map(|seen| if best.sticks(seen) { "S" } else { "H" }.into()).collect(),
        x_ticks: std::iter::once("A".to_owned()).chain((2..=10).map(|card| card.to_string())).collect(),
        y_ticks: (12..=21).rev().map(|sum| sum.to_string()).collect(),
        range: Some((-1.0, 1.0)),
        ..HeatMap::default()
    }
}

fn sampling_panel(squared: &[Sums; 2]) -> Panel {
    let curve = |(errors, name): (&Sums, &str)| {
        // On a logarithmic axis a hundred points of each decade are enough.
        let shown = |episode: u32| episode.is_multiple_of(10_u32.pow(episode.ilog10().saturating_sub(1)));
        let all = errors.curve(name, (1_u32..).map(f64::from), 1.0, LineStyle::Solid);
        let thin = |column: &[f64]| {
            (1_u32..).zip(column).filter(|(episode, _)| shown(*episode)).map(|(_, value)| *value).collect()
        };
        Series { x: thin(&all.x), mean: thin(&all.mean), low: thin(&all.low), high: thin(&all.high), ..all }
    };
    Panel {
        title: "Importance sampling".into(),
        x_label: "episodes of the random policy".into(),
        y_label: "mean squared error".into(),
        series: squared.iter().zip(["ordinary", "weighted"]).map(curve).collect(),
        y_range: Some((0.0, 5.0)),
        x_scale: Scale::Log10,
        ..Panel::default()
    }
}

fn control_panel(curves: &[Sums; 3], after: &[u64], best: f64) -> Panel {
    let curve = |(worth, name): (&Sums, &str)| worth.curve(name, after.iter().map(|x| *x as f64), 1.0, LineStyle::Dots);
    Panel {
        title: "Control".into(),
        x_label: "episodes".into(),
        y_label: "worth of the greedy policy".into(),
        series: curves.iter().zip(CONTROL).map(curve).collect(),
        references: vec![Reference { label: "best policy".into(), y: best }],
        y_range: Some((-0.2, -0.03)),
        x_scale: Scale::Log10,
        ..Panel::default()
    }
}
