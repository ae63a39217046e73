//! 5.2.4 Reward, return, value: of a step, of an episode, and in the mean over all episodes.

use std::collections::BTreeMap;

use anyhow::Result;
use gymkhana_agents::planning::{PolicyTable, evaluate};
use gymkhana_envs::{
    Rng,
    tabular::{TabularModel, TourParams, tour},
};

use super::{Check, Findings, Section, Source, Study, Table, check::number};
use crate::{
    plot::{Bar, Bars, Figure, Panel, Reference, Scale, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.2.4",
    titles: ["Reward, return, value", "奖励、回报、价值的区别", "獎勵、回報、價值的區別", "報酬、収益、価値の違い"],
    names: &["value", "expected return", "价值", "價值", "価値"],
    about: "\
A reward belongs to one step, a return to one episode from one of its steps on, a value to a state: it is the mean of
the returns that follow it. On the tour of cities a random traveller's rewards are 3 to 5 and the returns 10 to 14, and
the value of the start is one number.",
    equations: "\
r = r(s, a, s′),  Gₜ = Σₖ γᵏ rₜ₊ₖ₊₁,  V(s) = E[Gₜ | sₜ = s] ≈ (G⁽¹⁾ + … + G⁽ⁿ⁾)/n",
    look_at: "\
Left: the four returns of the book's figure, and their mean, the value. Middle: how often a random tour has a return,
sampled and exact. Right: the mean of the returns closes in on the value as episodes are added.",
    note: "",
    trains: &[],
    further: &["gymkhana play Tour --policy random", "gymkhana play Tour --policy optimal"],
    costly: false,
    run,
};

/// The returns of the book's figure.
const RETURNS: [f64; 4] = [1.6, 2.6, 2.1, 2.0];
/// The mean return of a random tour.
const RANDOM: f64 = 12.0 + 1.0 / 6.0;
/// The deviation of one tour's return: the variances of its three rewards are ⅔, 2⁄9 and ¼.
const DEVIATION: f64 = 1.0672;
/// Episodes of each seed.
const EPISODES: usize = 1_000;

fn run(study: &Study<'_>) -> Result<Findings> {
    let value = stats::mean(&RETURNS);
    let tour = tour(&TourParams::default())?;
    let model: &dyn TabularModel = &**tour.model();
    let random = PolicyTable::uniform(model.states(), model.actions());
    let exact = evaluate(model, &random, 1.0)?;
    let seeds = study.seeds(20, 5);
    let travels = study.repeat("random tours", seeds, |seed| Ok(Travels::new(model, seed)))?;
    let means: Vec<f64> = travels.iter().map(|travels| stats::mean(&travels.returns)).collect();
    let episodes = seeds as f64 * EPISODES as f64;

    let checks = vec![
        Check::near("value of the figure's state", value, (2.075, 1e-12), Source::Figure, "returns 1.6, 2.6, 2.1, 2.0"),
        Check::near("Tour: value of a random tour, solved", exact[0], (RANDOM, 1e-12), Source::Exact, "12 1/6"),
        Check::near(
            format!("Tour: mean return of {seeds} × {EPISODES} random tours"),
            stats::mean(&means),
            // Three deviations of the mean.
            (RANDOM, 3.0 * DEVIATION / episodes.sqrt()),
            Source::Exact,
            "12 1/6; deviation of one tour 1.067",
        ),
    ];
    let row = |city: usize| {
        let visits: f64 = travels.iter().map(|travels| travels.from[city].0).sum();
        let sum: f64 = travels.iter().map(|travels| travels.from[city].1).sum();
        let (name, stars) = gymkhana_envs::tabular::tour::CITIES[city];
        vec![name.into(), stars.to_string(), format!("{visits:.0}"), number(sum / visits), number(exact[city])]
    };
    let best = travels.iter().flat_map(|travels| &travels.returns).copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Cities: the reward of entering one, and the value of being there".into(),
            header: ["city", "reward", "visits", "mean return", "value"].map(String::from).into(),
            rows: (0..7).map(row).collect(),
        }],
        conclusions: vec![format!(
            "The figure's four returns make a value of {}. Over {episodes} random tours the best return is {best}, and the \
             mean {:.4}: the value of the start is 12 1/6, which no single tour returns. Salt Lake City has the greatest \
             reward of its column, and the same value as its neighbours: a reward is behind one there, a value ahead.",
            number(value),
            stats::mean(&means),
        )],
        figure: Figure {
            title: "5.2.4 Reward, return, value".into(),
            panels: vec![mean_of_four(value).into(), histogram(model, &travels).into(), running_means(&travels).into()],
            ..Figure::default()
        },
    })
}

/// The random tours of one seed.
struct Travels {
    returns: Vec<f64>,
    /// Of each state: visits, and the sum of the returns from there.
    from: Vec<(f64, f64)>,
}

impl Travels {
    fn new(model: &dyn TabularModel, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut travels = Self { returns: Vec::with_capacity(EPISODES), from: vec![(0.0, 0.0); model.states()] };
        let mut visits = Vec::new();
        for _ in 0..EPISODES {
            let mut state = rng.categorical(model.start().iter().copied());
            let mut earned = 0.0;
            visits.clear();
            loop {
                visits.push((state, earned));
                let outcomes = model.outcomes(state, rng.below(model.actions()));
                let outcome = &outcomes[rng.categorical(outcomes.iter().map(|outcome| outcome.probability))];
                (state, earned) = (outcome.next, earned + outcome.reward);
                if outcome.terminated {
                    break;
                }
            }
            for (visited, before) in &visits {
                let (count, sum) = &mut travels.from[*visited];
                (*count, *sum) = (*count + 1.0, *sum + earned - before);
            }
            travels.returns.push(earned);
        }
        travels
    }
}

/// The probability of every return from a state under a random policy. Rewards are whole stars.
fn distribution(model: &dyn TabularModel, state: usize) -> BTreeMap<i64, f64> {
    let mut found = BTreeMap::new();
    for action in 0..model.actions() {
        for outcome in model.outcomes(state, action) {
            let after = if outcome.terminated { BTreeMap::from([(0, 1.0)]) } else { distribution(model, outcome.next) };
            for (rest, probability) in after {
                let share = probability * outcome.probability / model.actions() as f64;
                *found.entry(rest + outcome.reward as i64).or_insert(0.0) += share;
            }
        }
    }
    found
}

fn mean_of_four(value: f64) -> Bars {
    let bar = |(episode, value): (usize, f64)| Bar {
        label: format!("episode {}", episode + 1),
        group: "return".into(),
        value,
        ..Bar::default()
    };
    Bars {
        title: "Four returns from one state".into(),
        y_label: "return".into(),
        bars: RETURNS.into_iter().enumerate().map(bar).collect(),
        references: vec![Reference { label: "value of the state: their mean".into(), y: value }],
        ..Bars::default()
    }
}

fn histogram(model: &dyn TabularModel, travels: &[Travels]) -> Bars {
    let all = travels.len() as f64 * EPISODES as f64;
    let bars = distribution(model, 0).into_iter().flat_map(|(stars, exact)| {
        let sampled = travels.iter().flat_map(|it| &it.returns).filter(|it| **it == stars as f64).count() as f64 / all;
        let bar = move |group: &str, value: f64| Bar {
            label: stars.to_string(),
            group: group.into(),
            value,
            ..Bar::default()
        };
        [bar("share of the tours", sampled), bar("probability", exact)]
    });
    Bars {
        title: "Returns of random tours".into(),
        x_label: "return, stars".into(),
        y_label: "share".into(),
        bars: bars.collect(),
        ..Bars::default()
    }
}

fn running_means(travels: &[Travels]) -> Panel {
    // Ten places to each power of ten.
    let mut places: Vec<usize> = (0..=30).map(|i| 10_f64.powf(f64::from(i) / 10.0).round() as usize).collect();
    places.dedup();
    let runs: Vec<(Vec<f64>, Vec<f64>)> =
        travels.iter().map(|it| places.iter().map(|n| (*n as f64, stats::mean(&it.returns[..*n]))).unzip()).collect();
    let label = format!("mean of the returns ({} seeds, 95 % band)", runs.len());
    Panel {
        title: "From returns to the value".into(),
        x_label: "episodes".into(),
        y_label: "mean return".into(),
        series: vec![Series::of_runs(label, &runs)],
        references: vec![Reference { label: "value of the start".into(), y: RANDOM }],
        x_scale: Scale::Log10,
        ..Panel::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_the_tour() {
        let tour = tour(&TourParams::default()).unwrap();
        let shares = distribution(&**tour.model(), 0);
        let mean: f64 = shares.iter().map(|(stars, share)| *stars as f64 * share).sum();
        let variance: f64 = shares.iter().map(|(stars, share)| (*stars as f64 - mean).powi(2) * share).sum();
        assert!((mean - RANDOM).abs() < 1e-12 && (variance.sqrt() - DEVIATION).abs() < 1e-4, "{mean} {variance}");
        // 3 stars, then 3, then 4: ⅓ · ⅓ · ½.
        assert!((shares[&10] - 1.0 / 18.0).abs() < 1e-12 && shares.keys().eq(&[10, 11, 12, 13, 14]));
    }
}
