//! 5.5.1 Policy gradient: where states look alike, the best policy is stochastic, and it is found by going uphill.

use anyhow::Result;
use gymkhana_agents::planning::{PolicyTable, evaluate};
use gymkhana_envs::tabular::ShortCorridor;

use super::{Check, Findings, Section, Source, Study, Table, Target, number};
use crate::plot::{Figure, LineStyle, Panel, Reference, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.5.1",
    titles: ["Policy gradient", "策略梯度", "策略梯度", "方策勾配"],
    names: &["policy-based methods", "short corridor", "基于策略的方法", "基於策略的方法", "方策勾配法", "softmax policy"],
    about: "\
Three states of a corridor look alike, and in the second of them left and right are switched. No deterministic policy ever
arrives. Greedy policies on action values can only choose between two ε-greedy ones, both bad; the best policy goes right
with probability 2 − √2. A policy with a parameter of its own can be anything in between, and is improved by going up the
gradient of what it earns: here the exact one.",
    equations: "\
π(right) = p = e^θ / (1 + e^θ)
J(p) = (2p − 4) / (p (1 − p)),        best at p = 2 − √2
θ ← θ + α dJ/dθ,                      dJ/dθ = p (1 − p) dJ/dp = (2p² − 8p + 4) / (p (1 − p))",
    look_at: "\
Left: what a policy is worth by how likely it goes right, with the best one and the two ε-greedy ones as points. Right:
exact gradient ascent from p = 0.05. The slope is steep where the policy is bad: a large step size jumps across the top to
the other side and comes back, a small one climbs.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana show ShortCorridor",
        "gymkhana train tabular-reinforce ShortCorridor --set learning_rate=1e-4 --set initial_policy=0.95:0.05",
        "gymkhana train q-learning ShortCorridor",
    ],
    costly: false,
    run,
};

/// What going right with probability `p` is worth from the first state, by the linear equations of its values.
fn worth(p: f64) -> Result<f64> {
    let table = ShortCorridor::table();
    Ok(evaluate(&table, &PolicyTable::new(4, 2, |_, action| [1.0 - p, p][action]), 1.0)?[0])
}

/// dJ/dθ where p = e^θ/(1 + e^θ).
pub(super) fn slope(p: f64) -> f64 {
    (2.0 * p * p - 8.0 * p + 4.0) / (p * (1.0 - p))
}

/// Where J is greatest, by golden sections.
fn best() -> Result<f64> {
    let (ratio, mut low, mut high) = ((5.0_f64.sqrt() - 1.0) / 2.0, 0.05, 0.95);
    for _ in 0..60 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if worth(a)? < worth(b)? {
            low = a;
        } else {
            high = b;
        }
    }
    Ok(f64::midpoint(low, high))
}

/// p along exact gradient ascent from p = 0.05.
fn ascent(alpha: f64, steps: usize) -> Vec<f64> {
    let mut theta = (0.05_f64 / 0.95).ln();
    let probability = |theta: f64| 1.0 / (1.0 + (-theta).exp());
    let climb = |_| {
        let p = probability(theta);
        theta += alpha * slope(p);
        p
    };
    (0..=steps).map(climb).collect()
}

fn run(_: &Study<'_>) -> Result<Findings> {
    let p = best()?;
    let exact = |name: &str, measured: f64, target: f64, decimals: i32, from: &str| Check {
        name: name.into(),
        measured,
        target: Target::printed(target, decimals),
        source: Source::Exact,
        from: from.into(),
    };
    let checks = vec![
        exact("the best probability of going right", p, 0.586, 3, "2 − √2"),
        exact("what the best policy is worth", worth(p)?, -11.657, 3, "J(2 − √2)"),
        exact("ε-greedy, right is better, ε = .1", worth(0.95)?, -44.2, 1, "J(0.95)"),
        exact("ε-greedy, left is better, ε = .1", worth(0.05)?, -82.1, 1, "J(0.05)"),
    ];
    let named = [("ε-greedy, left", 0.05), ("best", p), ("ε-greedy, right", 0.95)];
    let rows = named.iter().map(|(name, p)| Ok(vec![(*name).into(), number(*p), number(worth(*p)?)]));
    let rows = rows.collect::<Result<_>>()?;
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "Policies of the short corridor".into(),
            header: ["policy", "probability of right", "J"].map(String::from).into(),
            rows,
        }],
        conclusions: vec![format!(
            "The best policy goes right with probability {p:.4} and takes {:.3} steps; the better of the two ε-greedy ones \
             takes {:.1}. What is on top of the curve cannot be said by action values.",
            -worth(p)?,
            -worth(0.95)?
        )],
        figure: figure(p)?,
    })
}

fn figure(best: f64) -> Result<Figure> {
    let x: Vec<f64> = (10..=980).map(|i| f64::from(i) / 1000.0).collect();
    let curve = x.iter().map(|p| worth(*p)).collect::<Result<_>>()?;
    let mark = |(label, p): (&str, f64)| {
        let style = LineStyle::Points;
        Ok(Series { label: label.into(), x: vec![p], mean: vec![worth(p)?], style, ..Series::default() })
    };
    let marks = [("ε-greedy, left", 0.05), ("best", best), ("ε-greedy, right", 0.95)].into_iter().map(mark);
    let mut series = marks.collect::<Result<Vec<_>>>()?;
    series.push(Series { label: "J(p)".into(), x, mean: curve, ..Series::default() });
    let optimum = Reference { label: "the top".into(), y: ShortCorridor::value(best) };
    let climbs = [0.002, 0.01, 0.08].map(|alpha| {
        let path: Vec<f64> = ascent(alpha, 120).into_iter().map(ShortCorridor::value).collect();
        Series {
            label: format!("α = {alpha}"),
            x: (0..path.len()).map(|i| i as f64).collect(),
            mean: path,
            ..Series::default()
        }
    });
    Ok(Figure {
        title: "5.5.1 Policy gradient".into(),
        panels: vec![
            Panel {
                title: "A policy and what it earns".into(),
                x_label: "p, probability of going right".into(),
                y_label: "J(p)".into(),
                series,
                references: vec![optimum.clone()],
                y_range: Some((-100.0, 0.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "Exact gradient ascent".into(),
                x_label: "steps".into(),
                y_label: "J".into(),
                series: climbs.into(),
                references: vec![optimum],
                y_range: Some((-85.0, 0.0)),
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_the_equations_and_the_slope_agree() {
        for p in [0.05, 0.3, 0.586, 0.95] {
            assert!((worth(p).unwrap() - ShortCorridor::value(p)).abs() < 1e-8, "{p}");
            let theta = (p / (1.0 - p)).ln();
            let at = |shift: f64| ShortCorridor::value(1.0 / (1.0 + (-(theta + shift)).exp()));
            assert!((slope(p) - (at(1e-5) - at(-1e-5)) / 2e-5).abs() < 1e-5, "{p}");
        }
        assert!((best().unwrap() - (2.0 - 2.0_f64.sqrt())).abs() < 1e-6);
        assert!(slope(2.0 - 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_printed_numbers() {
        let printed = |x: f64, digits: usize| format!("{x:.digits$}");
        assert_eq!(printed(best().unwrap(), 3), "0.586");
        assert_eq!(printed(worth(best().unwrap()).unwrap(), 3), "-11.657");
        assert_eq!([0.95, 0.05].map(|p| printed(worth(p).unwrap(), 1)), ["-44.2", "-82.1"]);
    }

    #[test]
    fn a_small_step_climbs_to_the_top() {
        let path = ascent(0.01, 500);
        assert!((path[500] - 0.5858).abs() < 1e-3, "{}", path[500]);
    }
}
