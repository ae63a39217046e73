//! 5.4.4 Double Q-learning: what the maximum of noisy estimates does, and what a second sample does about it,
//! with tables and, as double DQN, with networks; dueling networks and targets of several steps beside it.

mod deep;

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    math::{
        policy,
        td::{double_target, greedy_target},
    },
    tabular::{DoubleQLearningConfig, QLearningConfig},
};
use gymkhana_envs::{
    Rng, SeedSequence,
    tabular::{MaximizationBias, MaximizationBiasParams},
};

use deep::Variants;

use super::{Check, Findings, Section, Source, Study, Table, Target, Trial, check::number, sums::Sums};
use crate::plot::{Bar, Bars, Figure, LineStyle, Panel, Plot, Reference, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.4.4",
    titles: [
        "Double DQN, dueling DQN and their relatives",
        "DDQN、Dueling DQN 等",
        "DDQN、Dueling DQN 等變體",
        "DDQN、Dueling DQN などの改良",
    ],
    names: &[
        "ddqn",
        "double dqn",
        "double q-learning",
        "double-q-learning",
        "maximization bias",
        "最大化偏差",
        "过估计",
        "過估計",
        "過大評価",
        "dueling dqn",
        "dueling",
        "n-step dqn",
        "multi-step dqn",
    ],
    about: "\
The greatest of several noisy estimates is too great on average: Q-learning takes a wrong turn for hundreds of episodes,
because one of ten bad actions always looks good. Double Q-learning lets one sample of values choose the action and another
say what it is worth. The same two targets, with a network and its target network, are DQN and double DQN: those two are run on
CartPole-v1, and beside them a dueling network, Q = V + A − mean A, and targets that add up three rewards.",
    equations: "\
DQN          y = r + γ maxₐ Q′(s′, a)
double DQN   y = r + γ Q′(s′, argmaxₐ Q(s′, a))                     Q chooses, Q′ values
dueling      Q(s, a) = V(s) + A(s, a) − mean A(s, ·)
n steps      y = r₁ + γ r₂ + … + γⁿ⁻¹ rₙ + γⁿ maxₐ Q′(sₙ, a)
bias of the greatest of n noises from U[−1, 1]:  E max = (n − 1) / (n + 1)",
    look_at: "\
Left: Q-learning goes left, which is wrong, in most episodes at first, and in twice as many as it must even at the end; Double
Q-learning soon does so in hardly more than the 5 of 100 that ε-greedy exploration costs. Middle: the bias grows with the number
of actions. Right: the three targets of the figure. Below: what networks earn, and how much more they think their first states
are worth than the rewards that followed.",
    note: "\
The figure's values are not all printed; those used here give its three targets: Q = (5, 7), Q′ = (8, 6), r = 1, γ = 1.
11.6 % has been stated for Q-learning at episode 300, of 10,000 seeds; an independent simulation of 300,000 seeds gives
11.95 ± 0.06 %, and 6.84 % for Double Q-learning, where 6.8 was stated. Those are checked.",
    trains: &[],
    further: &[
        "gymkhana train q-learning MaximizationBias --set learning_rate=0.1",
        "gymkhana train double-q-learning MaximizationBias --set learning_rate=0.1",
        "gymkhana train dqn CartPole-v1 --set double=true",
        "gymkhana train dqn CartPole-v1 --set dueling=true --set n=3",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 300;
/// Seeds that are done at a time, since one takes some microseconds.
const AT_A_TIME: u64 = 100;
const ACTIONS: [usize; 6] = [1, 2, 3, 5, 10, MOST_ACTIONS];
const MOST_ACTIONS: usize = 20;

fn run(study: &Study<'_>) -> Result<Findings> {
    let batches = study.seeds(40_000, 4_000).div_ceil(AT_A_TIME);
    let q = left(study, &QLearningConfig { learning_rate: 0.1.into(), ..QLearningConfig::default() }, batches)?;
    let double = DoubleQLearningConfig { learning_rate: 0.1.into(), ..DoubleQLearningConfig::default() };
    let double = left(study, &double, batches)?;
    let shares = [q, double];
    let [q, double] = shares.each_ref().map(Sums::mean);
    let seeds = (batches * AT_A_TIME) as f64;
    let percent = |name: &str, measured: f64, target: f64, decimals: i32| Check {
        name: format!("{name}, {seeds} seeds"),
        measured: 100.0 * measured,
        // Three standard errors of a share of so many seeds, and half of the last digit.
        target: Target::Near {
            target,
            tolerance: 3.0 * (target * (100.0 - target) / seeds).sqrt() + 0.5 * 10_f64.powi(-decimals),
        },
        source: Source::Simulated,
        from: "ten actions in B, α = .1, ε = .1".into(),
    };
    let peak = q.iter().copied().fold(0.0, f64::max);
    let mut checks = vec![
        percent("Q-learning: % left in the worst episode", peak, 94.0, 0),
        percent("Q-learning: % left in episode 300", q[EPISODES - 1], 11.95, 2),
        percent("Double Q-learning: % left in episode 300", double[EPISODES - 1], 6.84, 2),
        Check {
            name: "% left at best, ε-greedy on the true values of A".into(),
            measured: 100.0 * least_left(),
            target: Target::Near { target: 5.0, tolerance: 1e-9 },
            source: Source::Exact,
            from: "a random action, ε = .1, goes left half of the time".into(),
        },
    ];
    let targets = figure_targets();
    for ((name, measured), target) in targets.iter().zip([9.0, 7.0, 6.0]) {
        checks.push(Check {
            name: (*name).into(),
            measured: *measured,
            target: Target::Near { target, tolerance: 0.0 },
            source: Source::Figure,
            from: "the figure's r = 1 and next values".into(),
        });
    }
    let draws = study.pick(400_000, 40_000);
    let mut rows = Vec::new();
    for n in ACTIONS {
        let (exact, sampled) = (bias(n), sampled_bias(study, n, draws)?);
        checks.push(Check {
            name: format!("bias of the greatest of {n} noises, by quadrature"),
            measured: exact,
            target: Target::Near { target: closed(n), tolerance: 1e-9 },
            source: Source::Exact,
            from: "(n − 1) / (n + 1)".into(),
        });
        checks.push(Check {
            name: format!("bias of the greatest of {n} noises, mean of {draws} draws"),
            measured: sampled.0,
            // The deviation of the greatest of n: 2 √(n / ((n + 1)² (n + 2))).
            target: Target::Near { target: closed(n), tolerance: 3.5 * spread(n) / (draws as f64).sqrt() },
            source: Source::Exact,
            from: "(n − 1) / (n + 1), 3.5 standard errors".into(),
        });
        rows.push(vec![n.to_string(), number(closed(n)), number(exact), number(sampled.0), number(sampled.1)]);
    }
    let variants = Variants::run(study)?;
    checks.extend(variants.checks());
    let panels = figure_panels(shares.each_ref(), &rows, &targets);
    Ok(Findings {
        checks,
        tables: vec![
            Table {
                title: "Bias of the greatest of n estimates with noise from U[−1, 1]".into(),
                header: ["n", "(n − 1)/(n + 1)", "quadrature", "single, sampled", "double, sampled"]
                    .map(String::from)
                    .into(),
                rows,
            },
            variants.table(),
        ],
        conclusions: vec![
            format!(
                "Q-learning goes left in up to {:.0} % of episodes and still in {:.1} % at episode 300, Double Q-learning in {:.1} %; 5 % is \
             the least with ε = .1. A second sample takes the bias away: it is the one column that stays at 0.",
                100.0 * peak,
                100.0 * q[EPISODES - 1],
                100.0 * double[EPISODES - 1],
            ),
            variants.conclusion(),
        ],
        figure: Figure {
            title: "5.4.4 Double Q-learning, and what became of it with networks".into(),
            panels: panels.into_iter().chain(variants.panels().map(Into::into)).collect(),
            ..Figure::default()
        },
    })
}

/// The share of episodes that went left, by episode.
fn left<C: Recipe<usize, usize> + Sync>(study: &Study<'_>, config: &C, batches: u64) -> Result<Sums> {
    let counts = study.repeat(C::OWNER, batches, |batch| {
        let mut counts = vec![0_u32; EPISODES];
        for seed in batch * AT_A_TIME..(batch + 1) * AT_A_TIME {
            let env = MaximizationBias::new(MaximizationBiasParams::default())?;
            let mut trial = Trial::new(env, config, seed, 0)?;
            for count in &mut counts {
                // Whoever goes left takes two steps, and whoever goes right takes one.
                *count += trial.episode()?.length - 1;
            }
        }
        Ok(counts)
    })?;
    let seeds = (batches * AT_A_TIME) as f64;
    let left = |episode: usize| counts.iter().map(|counts| f64::from(counts[episode])).sum::<f64>();
    let left: Vec<f64> = (0..EPISODES).map(left).collect();
    // The square of what is 0 or 1 is the same.
    Ok(Sums::new(seeds, left.clone(), left))
}

/// How often the ε-greedy policy on the true values of A, −0.1 for left and 0 for right, goes left.
fn least_left() -> f64 {
    policy::probability(&[-0.1, 0.0], None, 0.1, 0)
}

/// The targets of the section's figure.
fn figure_targets() -> [(&'static str, f64); 3] {
    let (reward, gamma, online, target) = (1.0, 1.0, [5.0, 7.0], [8.0, 6.0]);
    [
        ("figure: DQN's target", greedy_target(reward, gamma, false, &target)),
        ("figure: double target, Q chooses and Q′ values", double_target(reward, gamma, false, &online, &target)),
        ("figure: double target, Q′ chooses and Q values", double_target(reward, gamma, false, &target, &online)),
    ]
}

/// E max of n noises from U[−1, 1]: n → (n − 1)/(n + 1).
fn closed(n: usize) -> f64 {
    (n as f64 - 1.0) / (n as f64 + 1.0)
}

/// The deviation of the maximum: half of the range of a beta distribution's, twice.
fn spread(n: usize) -> f64 {
    let n = n as f64;
    2.0 * (n / ((n + 1.0).powi(2) * (n + 2.0))).sqrt()
}

/// E max = 1 − ∫ F(x)ⁿ dx over [−1, 1] with F(x) = (x + 1)/2, by Simpson's rule.
fn bias(n: usize) -> f64 {
    const PARTS: usize = 2_000;
    let power = |i: usize| (i as f64 / PARTS as f64).powf(n as f64);
    let weight = |i: usize| match i {
        0 | PARTS => 1.0,
        _ if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let step = 2.0 / PARTS as f64;
    1.0 - (0..=PARTS).map(|i| weight(i) * power(i)).sum::<f64>() * step / 3.0
}

/// The mean of the greatest of n noises, and of what a second sample of noises says of that action.
fn sampled_bias(study: &Study<'_>, n: usize, draws: u64) -> Result<(f64, f64)> {
    const PARTS: u64 = 40;
    let sums = study.repeat(&format!("bias of the greatest of {n}"), PARTS, |part| {
        let mut rng: Rng = SeedSequence::new(part).child(n).rng();
        let (mut single, mut double) = (0.0, 0.0);
        let mut noises = [[0.0; 2]; MOST_ACTIONS];
        for _ in 0..draws / PARTS {
            noises[..n].fill_with(|| [rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)]);
            // The first sample chooses, and says what it is worth, or leaves that to the second.
            let [greatest, second] =
                noises[1..n].iter().fold(noises[0], |best, noise| if noise[0] > best[0] { *noise } else { best });
            single += greatest;
            double += second;
        }
        Ok((single, double))
    })?;
    let total = (draws / PARTS * PARTS) as f64;
    let of = |pick: fn(&(f64, f64)) -> f64| sums.iter().map(pick).sum::<f64>() / total;
    Ok((of(|sums| sums.0), of(|sums| sums.1)))
}

fn figure_panels([q, double]: [&Sums; 2], rows: &[Vec<String>], targets: &[(&'static str, f64)]) -> Vec<Plot> {
    let curve = |label: &str, shares: &Sums| {
        shares.curve(label, (1..=EPISODES).map(|episode| episode as f64), 100.0, LineStyle::Solid)
    };
    let column = |i: usize| rows.iter().map(|row| row[i].parse().unwrap_or(f64::NAN)).collect::<Vec<f64>>();
    let noise = |label: &str, i: usize, style| Series {
        label: label.into(),
        x: ACTIONS.map(|n| n as f64).to_vec(),
        mean: column(i),
        style,
        ..Series::default()
    };
    let bars = ["DQN", "double: Q chooses", "double: Q′ chooses"].iter().zip(targets);
    let bars = bars.map(|(label, (_, value))| Bar { label: (*label).into(), value: *value, ..Bar::default() });
    vec![
        Panel {
            title: "Maximization bias: a wrong turn".into(),
            x_label: "episode".into(),
            y_label: "% left".into(),
            series: vec![curve("Q-learning", q), curve("Double Q-learning", double)],
            references: vec![Reference { label: "least with ε = .1".into(), y: 5.0 }],
            y_range: Some((0.0, 100.0)),
            ..Panel::default()
        }
        .into(),
        Panel {
            title: "Bias of the greatest of n estimates".into(),
            x_label: "actions n".into(),
            y_label: "bias".into(),
            series: vec![
                noise("(n − 1)/(n + 1)", 1, LineStyle::Dashed),
                noise("one sample chooses and values", 3, LineStyle::Dots),
                noise("a second sample values", 4, LineStyle::Dots),
            ],
            y_range: Some((-0.1, 1.0)),
            ..Panel::default()
        }
        .into(),
        Bars {
            title: "Targets of the book's figure, r = 1".into(),
            y_label: "y".into(),
            bars: bars.collect(),
            ..Bars::default()
        }
        .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_those_of_the_figure() {
        assert_eq!(figure_targets().map(|(_, value)| value), [9.0, 7.0, 6.0]);
    }

    #[test]
    fn the_bias_of_the_greatest_is_exact() {
        for n in 1..=20 {
            assert!((bias(n) - closed(n)).abs() < 1e-9, "{n}");
        }
        assert_eq!((closed(1), closed(3)), (0.0, 0.5));
        assert!((spread(1) - (1.0_f64 / 3.0).sqrt()).abs() < 1e-15, "the deviation of U[−1, 1]");
    }
}
