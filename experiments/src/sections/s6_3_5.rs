//! 6.3.5 PPO-Clip: nothing is gained from going further than ε.

use anyhow::Result;
use gymkhana_agents::math::surrogate::{clipped, clipped_slope};

use super::{Check, Findings, Section, Source, Study, Table, number};
use crate::plot::{Figure, LineStyle, Panel, Reference, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.3.5",
    titles: ["PPO-Clip", "PPO-Clip：裁剪", "PPO-Clip：裁剪", "PPO-Clip：クリッピング"],
    names: &[
        "PPO-Clip",
        "clipped surrogate objective",
        "PPO 裁剪",
        "裁剪代理目标",
        "裁剪代理目標",
        "クリップ付き代理目的関数",
        "PPO クリッピング",
    ],
    about: "\
What was gathered with one policy is used for many steps of gradient ascent, and the ratio r says by how much the policy has
moved since. PPO-Clip takes the lesser of two gains: that of the ratio, and that of the ratio kept within 1 ± ε. So its
gradient is 0 where a good action is already likelier by more than ε, or a bad one less likely by more than ε, and it is that
of the policy gradient everywhere else: also where the ratio has gone the wrong way. Here the gradient is looked at on a grid
of ratios, and then a policy of two actions climbs with and without clipping.",
    equations: "\
r(θ) = π(a | s; θ) / π(a | s; θ_old)
L(r) = min(r Â, clip(r, 1 − ε, 1 + ε) Â)
dL/dr = 0   where Â > 0 and r > 1 + ε,   or Â < 0 and r < 1 − ε
dL/dr = Â   elsewhere",
    look_at: "\
Left: the surrogate over the ratio, for an advantage of 1 and of −1, beside what it would be without clipping. Each curve is
flat on one side alone. Right: gradient ascent on one and the same experience, from a policy that takes either action with
probability ½. With clipping it stops just beyond r = 1.2; without, it goes on until the good action is all there is.",
    note: "",
    trains: &[],
    further: &["gymkhana run 6.3.3", "gymkhana run 5.5.2"],
    costly: false,
    run,
};

const EPSILON: f64 = 0.2;
/// Ratios that are looked at: 0 to 3, none of them 1 ± ε itself, where there is a corner.
const RATIOS: usize = 3_000;
/// Steps of ascent, and their size.
const STEPS: usize = 200;
const ALPHA: f64 = 0.1;

/// Each ratio of the grid.
fn ratios() -> impl Iterator<Item = f64> {
    (0..RATIOS).map(|i| (i as f64 + 0.5) / 1_000.0)
}

/// Places of the grid where the slope of L, by differences, is not what the rule says, or not 0 where and only where it
/// should be.
fn mistakes(advantage: f64) -> usize {
    let wrong = |ratio: &f64| {
        let h = 1e-5;
        let slope = (clipped(ratio + h, advantage, EPSILON) - clipped(ratio - h, advantage, EPSILON)) / (2.0 * h);
        let flat = (advantage > 0.0 && *ratio > 1.0 + EPSILON) || (advantage < 0.0 && *ratio < 1.0 - EPSILON);
        (slope.abs() < 1e-9) != flat || (slope - clipped_slope(*ratio, advantage, EPSILON)).abs() > 1e-9
    };
    ratios().filter(wrong).count()
}

/// The ratio of the better of two actions along gradient ascent. Both were taken as often, with advantages 1 and
/// −1; π = 1/(1 + e^−θ). Without an ε nothing is clipped.
fn ascent(epsilon: f64) -> Vec<f64> {
    let (mut theta, mut path) = (0.0_f64, Vec::new());
    for _ in 0..=STEPS {
        let p = 1.0 / (1.0 + (-theta).exp());
        let [good, bad] = [2.0 * p, 2.0 * (1.0 - p)];
        path.push(good);
        // dr/dθ = ± 2 p (1 − p); each action is half of the experience.
        let slope = clipped_slope(good, 1.0, epsilon) - clipped_slope(bad, -1.0, epsilon);
        theta += ALPHA * slope * p * (1.0 - p);
    }
    path
}

#[expect(clippy::unnecessary_wraps, reason = "a section may fail; this one cannot")]
fn run(_: &Study<'_>) -> Result<Findings> {
    let (kept, free) = (ascent(EPSILON), ascent(f64::INFINITY));
    let (end, beyond) = (kept[STEPS], free[STEPS]);
    // No step moves the ratio by more than α · 2 · p (1 − p) · 2 p (1 − p) ≤ α/4.
    let checks = vec![
        Check::near(
            format!("Â > 0: of {RATIOS} ratios those whose gradient is 0 but should not be, or the other way round"),
            mistakes(1.0) as f64,
            (0.0, 0.0),
            Source::Exact,
            "0 for r > 1 + ε alone",
        ),
        Check::near(
            format!("Â < 0: of {RATIOS} ratios those whose gradient is 0 but should not be, or the other way round"),
            mistakes(-1.0) as f64,
            (0.0, 0.0),
            Source::Exact,
            "0 for r < 1 − ε alone",
        ),
        Check::near("gradient at r = 1, Â = 1", clipped_slope(1.0, 1.0, EPSILON), (1.0, 0.0), Source::Exact, "Â"),
        Check {
            name: "ratio where ascent with clipping ends".into(),
            measured: end,
            target: super::Target::Between(1.0 + EPSILON, 1.0 + EPSILON + ALPHA / 4.0),
            source: Source::Exact,
            from: "1 + ε and at most the one step that went beyond".into(),
        },
        Check {
            name: format!("ratio after {STEPS} steps without clipping"),
            measured: beyond,
            target: super::Target::AtLeast(1.9),
            source: Source::Exact,
            from: "it goes on towards 2, π = 1".into(),
        },
    ];
    let row = |ratio: f64| {
        let both = |f: fn(f64, f64, f64) -> f64| [1.0, -1.0].map(|advantage| number(f(ratio, advantage, EPSILON)));
        [number(ratio)].into_iter().chain(both(clipped)).chain(both(clipped_slope)).collect()
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "The surrogate and its gradient, ε = 0.2".into(),
            header: ["r", "L, Â = 1", "L, Â = −1", "dL/dr, Â = 1", "dL/dr, Â = −1"].map(String::from).into(),
            rows: [0.5, 0.79, 0.81, 1.0, 1.19, 1.21, 2.0].map(row).into(),
        }],
        conclusions: vec![format!(
            "The gradient is 0 only for good actions beyond 1 + ε and bad ones below 1 − ε. On one and the same experience \
             ascent stops at a ratio of {end:.3} with clipping, and is at {beyond:.3} without."
        )],
        figure: figure(kept, free),
    })
}

fn figure(kept: Vec<f64>, free: Vec<f64>) -> Figure {
    let x: Vec<f64> = (0..=200).map(|i| f64::from(i) / 100.0).collect();
    let curve = |label: &str, advantage: f64, epsilon: f64, style| Series {
        label: label.into(),
        mean: x.iter().map(|ratio| clipped(*ratio, advantage, epsilon)).collect(),
        x: x.clone(),
        style,
        ..Series::default()
    };
    let path = |label: &str, mean: Vec<f64>, style| Series {
        label: label.into(),
        x: (0..mean.len()).map(|i| i as f64).collect(),
        mean,
        style,
        ..Series::default()
    };
    Figure {
        title: "6.3.5 PPO-Clip, ε = 0.2".into(),
        panels: vec![
            Panel {
                title: "The clipped surrogate".into(),
                x_label: "ratio r".into(),
                y_label: "L(r)".into(),
                series: vec![
                    curve("advantage 1", 1.0, EPSILON, LineStyle::Solid),
                    curve("advantage −1", -1.0, EPSILON, LineStyle::Solid),
                    curve("advantage 1, not clipped", 1.0, f64::INFINITY, LineStyle::Dashed),
                    curve("advantage −1, not clipped", -1.0, f64::INFINITY, LineStyle::Dashed),
                ],
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "Many steps on one experience".into(),
                x_label: "gradient steps".into(),
                y_label: "ratio of the good action".into(),
                series: vec![
                    path("ascent with clipping", kept, LineStyle::Solid),
                    path("ascent without", free, LineStyle::Dashed),
                ],
                references: vec![Reference { label: "1 + ε".into(), y: 1.0 + EPSILON }],
                y_range: Some((1.0, 2.0)),
                ..Panel::default()
            }
            .into(),
        ],
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_0_where_it_should_be_and_nowhere_else() {
        assert_eq!((mistakes(1.0), mistakes(-1.0), mistakes(3.5)), (0, 0, 0));
    }

    #[test]
    fn ascent_stops_after_the_step_that_goes_beyond() {
        let path = ascent(EPSILON);
        assert_eq!(path[STEPS], path[STEPS - 1]);
        let beyond = path.iter().filter(|ratio| **ratio > 1.2).min_by(|a, b| a.total_cmp(b)).unwrap();
        assert_eq!(path[STEPS], *beyond);
        // The first step: θ = .1 · 2 · ¼ = .05.
        assert!((path[1] - 2.0 / (1.0 + (-0.05_f64).exp())).abs() < 1e-15);
    }
}
