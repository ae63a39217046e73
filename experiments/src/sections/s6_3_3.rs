//! 6.3.3 Importance sampling: what one distribution says of another, and what that costs.

use anyhow::Result;
use gymkhana_agents::math::importance::{ratio, weighted_mean};
use gymkhana_envs::{Rng, SeedSequence};

use super::{Check, Findings, Section, Source, Study, Table, number, planned::exact};
use crate::plot::{Figure, LineStyle, Panel, Reference, Scale as Axis, Series};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.3.3",
    titles: ["Importance sampling", "重要性采样", "重要性採樣", "重点サンプリング"],
    names: &[
        "importance weights",
        "effective sample size",
        "infinite variance",
        "重要性权重",
        "重要性權重",
        "有效样本量",
        "有效樣本量",
        "重点的サンプリング",
        "有効サンプルサイズ",
    ],
    about: "\
A mean under one distribution can be had from samples of another, if each is weighted by how much likelier it is under the
first. The weights have mean 1, and the further the two are apart the more they vary: of n samples as many are left as n
divided by 1 + Var(w). PPO takes many steps on one experience, and that is why it stays near the policy that gathered it.
First two normal distributions, whose variance is known; then the example of an estimate whose variance is infinite, where
going left alone is asked for and left and right were tried alike.",
    equations: "\
E_p[f(X)] = E_q[w(X) f(X)],   w(x) = p(x) / q(x)
N(d, 1) from N(0, 1):   E[w²] = e^(d²),   Var(w) = e^(d²) − 1
N(d, 1) from N(0, σ²):  E[w²] = σ² / √(2σ² − 1) · e^(d² / (2σ² − 1))          for σ² > ½
effective sample size = (Σw)² / Σw² → n / E[w²]
one state, left back to it with probability .9 and else ends with 1:  Σₖ P(k steps left) ρ² = ¼ (1.8ⁿ − 1), k ≤ n",
    look_at: "\
Left: which part of the samples is left when the mean is moved by d. Two deviations away it is a fiftieth; a behaviour that is
wider than its target is worse where they are near, and better where they are far apart. Right: ordinary importance sampling
on the second example, ten runs. They do not settle: an estimate falls slowly and is thrown up by an episode that was long.
The weighted mean, a broken line, is 1 from the first episode on that went left to its end.",
    note: "",
    trains: &[],
    further: &["gymkhana run 5.2.7", "gymkhana run 5.1.5", "gymkhana run 6.3.5"],
    costly: false,
    run,
};

/// Samples of one seed.
const SAMPLES: u32 = 10_000;
/// How far the mean is moved, in the figure.
const SHIFTS: [f64; 6] = [0.0, 0.25, 0.5, 1.0, 1.5, 2.0];
/// The deviation of the wide behaviour.
const WIDE: f64 = 1.5;
/// Episodes of a run of the second example, and how many runs are drawn.
const EPISODES: u64 = 100_000;
const RUNS: u64 = 10;

/// E[w²] of N(d, 1) from N(0, σ²).
fn second_moment(shift: f64, sigma: f64) -> f64 {
    let narrow = 2.0 * sigma * sigma - 1.0;
    sigma * sigma / narrow.sqrt() * (shift * shift / narrow).exp()
}

/// Σw, Σw² of samples of N(0, σ²), weighted as N(d, 1).
fn weights(shift: f64, sigma: f64, rng: &mut Rng) -> [f64; 2] {
    let density = |z: f64, sigma: f64| (-0.5 * z * z).exp() / sigma;
    (0..SAMPLES).fold([0.0; 2], |[sum, squares], _| {
        let z = rng.normal();
        let w = ratio(density(sigma * z - shift, 1.0), density(z, sigma));
        [sum + w, squares + w * w]
    })
}

/// The sums of all seeds: Var(w), whose mean is 1, and the part of the samples that is left.
fn pooled(parts: &[[f64; 2]]) -> (f64, f64) {
    let n = f64::from(SAMPLES) * parts.len() as f64;
    let [sum, squares] = parts.iter().fold([0.0; 2], |[a, b], [sum, squares]| [a + sum, b + squares]);
    (squares / n - 1.0, sum * sum / squares / n)
}

/// Σₖ P(k steps left, then the end) ρ² over episodes of at most n steps, one step after the other.
fn infinite(n: u32) -> f64 {
    // Left is ½ likely in the behaviour and certain in the target: ρ = 2 for every step.
    let (mut alive, mut sum, rho) = (1.0, 0.0, ratio(1.0, 0.5));
    for k in 1..=n {
        sum += alive * 0.5 * 0.1 * rho.powf(2.0 * f64::from(k));
        alive *= 0.5 * 0.9;
    }
    sum
}

/// An episode: its ratio, and what it earned.
fn episode(rng: &mut Rng) -> (f64, f64) {
    let mut rho = 1.0;
    loop {
        if rng.unit() < 0.5 {
            return (0.0, 0.0); // right, which the target never does
        }
        rho *= ratio(1.0, 0.5);
        if rng.unit() < 0.1 {
            return (rho, 1.0);
        }
    }
}

/// Estimates of a run after 1, 2, 5, 10, … episodes: ordinary and weighted.
struct Estimates {
    ordinary: Vec<f64>,
    weighted: f64,
}

/// After how many episodes is looked.
fn looks() -> Vec<u64> {
    let decades = (0..6).flat_map(|power| (1..20).map(move |half| 10_u64.pow(power) * (half + 1) / 2));
    let mut looks: Vec<u64> = decades.filter(|episodes| *episodes <= EPISODES).collect();
    looks.sort_unstable();
    looks.dedup();
    looks
}

fn estimates(rng: &mut Rng) -> Estimates {
    let (mut sum, mut weighted, mut weight, mut ordinary) = (0.0, 0.0, 0.0, Vec::new());
    let looks = looks();
    for done in 1..=EPISODES {
        let (rho, g) = episode(rng);
        sum += rho * g;
        weighted = weighted_mean(weighted, &mut weight, rho, g, 0.0);
        if looks.binary_search(&done).is_ok() {
            ordinary.push(sum / done as f64);
        }
    }
    Estimates { ordinary, weighted }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(200, 20);
    let cases: Vec<(f64, f64)> = [1.0, WIDE].into_iter().flat_map(|sigma| SHIFTS.map(|shift| (shift, sigma))).collect();
    let sums = study.repeat("two normal distributions", seeds, |seed| {
        let mut rng = SeedSequence::new(seed).rng();
        Ok(cases.iter().map(|(shift, sigma)| weights(*shift, *sigma, &mut rng)).collect::<Vec<_>>())
    })?;
    let found: Vec<(f64, f64)> =
        (0..cases.len()).map(|i| pooled(&sums.iter().map(|sums| sums[i]).collect::<Vec<_>>())).collect();
    let runs = study.repeat("an infinite variance", RUNS, |seed| Ok(estimates(&mut SeedSequence::new(seed).rng())))?;

    let n = f64::from(SAMPLES) * seeds as f64;
    let mut checks = vec![
        exact("Var(w) of N(1, 1) from N(0, 1)", second_moment(1.0, 1.0) - 1.0, 1.7183, 4, "e − 1"),
        exact("part of the samples that is left there", 1.0 / second_moment(1.0, 1.0), 0.3679, 4, "1/e"),
        exact(
            "Var(w) of N(1, 1) from N(0, 1.5²)",
            second_moment(1.0, WIDE) - 1.0,
            0.6004,
            4,
            "2.25/√3.5 · e^(1/3.5) − 1",
        ),
    ];
    // E[wᵏ] of N(d, 1) from N(0, 1) is e^(d² k (k − 1)/2); of n samples the mean of w² has the deviation
    // √((E[w⁴] − E[w²]²)/n), and (Σw)²/Σw² one that follows from that of both sums. Three of them.
    let moment = |shift: f64, k: f64| (shift * shift * k * (k - 1.0) / 2.0).exp();
    for shift in [0.5, 1.0] {
        let at = cases.iter().position(|case| *case == (shift, 1.0)).expect("one of the cases");
        let [m2, m3, m4] = [2.0, 3.0, 4.0].map(|k| moment(shift, k));
        let (variance, left) = found[at];
        let of = format!("d = {shift}, {n} samples");
        let deviation = ((m4 - m2 * m2) / n).sqrt();
        checks.push(Check::near(
            format!("{of}: sampled Var(w)"),
            variance,
            (m2 - 1.0, 3.0 * deviation),
            Source::Exact,
            "e^(d²) − 1",
        ));
        let spread = 4.0 / m2.powi(2) * (m2 - 1.0) + (m4 - m2 * m2) / m2.powi(4) - 4.0 / m2.powi(3) * (m3 - m2);
        checks.push(Check::near(
            format!("{of}: part of them that is left"),
            left,
            (1.0 / m2, 3.0 * (spread / n).sqrt()),
            Source::Exact,
            "e^(−d²)",
        ));
    }
    let worst = runs.iter().map(|run| (run.weighted - 1.0).abs()).fold(0.0, f64::max);
    checks.push(exact("second moment over episodes of at most 10 steps", infinite(10), 89.0, 1, "¼ (1.8¹⁰ − 1)"));
    checks.push(Check::near(
        "second moment over at most 40 steps, as a part of ¼ (1.8⁴⁰ − 1)",
        infinite(40) / (0.25 * (1.8_f64.powi(40) - 1.0)),
        (1.0, 1e-12),
        Source::Exact,
        "the sum of 1.8ᵏ",
    ));
    checks.push(Check::near(
        format!("weighted importance sampling: greatest distance from 1 in {RUNS} runs of {EPISODES} episodes"),
        worst,
        (0.0, 0.0),
        Source::Exact,
        "every episode with a weight earned 1",
    ));
    let row = |((shift, sigma), (variance, left)): (&(f64, f64), &(f64, f64))| {
        let moment = second_moment(*shift, *sigma);
        [*shift, *sigma, moment - 1.0, *variance, 1.0 / moment, *left].map(number).into()
    };
    let ends: Vec<f64> = runs.iter().map(|run| run.ordinary[run.ordinary.len() - 1]).collect();
    let range = |fold: fn(f64, f64) -> f64| ends.iter().copied().reduce(fold).unwrap_or_default();
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "N(d, 1) from samples of N(0, σ²)".into(),
            header: ["d", "σ", "Var(w)", "sampled", "part left", "sampled"].map(String::from).into(),
            rows: cases.iter().zip(&found).map(row).collect(),
        }],
        conclusions: vec![format!(
            "One deviation apart, 37 % of the samples are left; two apart, 2 %. Where the variance is infinite, ten ordinary \
             estimates of 1 lie between {:.2} and {:.2} after {EPISODES} episodes, and the weighted ones are 1.",
            range(f64::min),
            range(f64::max),
        )],
        figure: figure(&cases, &found, &runs),
    })
}

fn figure(cases: &[(f64, f64)], found: &[(f64, f64)], runs: &[Estimates]) -> Figure {
    let x: Vec<f64> = (0..=200).map(|i| f64::from(i) / 100.0).collect();
    let curve = |label: &str, sigma: f64| Series {
        label: label.into(),
        mean: x.iter().map(|shift| 1.0 / second_moment(*shift, sigma)).collect(),
        x: x.clone(),
        ..Series::default()
    };
    let points = |sigma: f64, label: &str| {
        let of = || cases.iter().zip(found).filter(move |((_, s), _)| *s == sigma);
        Series {
            label: label.into(),
            x: of().map(|((shift, _), _)| *shift).collect(),
            mean: of().map(|(_, (_, left))| *left).collect(),
            style: LineStyle::Points,
            ..Series::default()
        }
    };
    let episodes: Vec<f64> = looks().into_iter().map(|done| done as f64).collect();
    let line = |run: &Estimates| Series {
        label: "ordinary, ten runs".into(),
        x: episodes.clone(),
        mean: run.ordinary.clone(),
        ..Series::default()
    };
    Figure {
        title: "6.3.3 Importance sampling".into(),
        panels: vec![
            Panel {
                title: "What is left of the samples".into(),
                x_label: "d, how far the mean is moved".into(),
                y_label: "effective part of the samples".into(),
                series: vec![
                    points(1.0, "sampled, σ = 1"),
                    points(WIDE, "sampled, σ = 1.5"),
                    curve("from N(0, 1)", 1.0),
                    curve("from N(0, 1.5²)", WIDE),
                ],
                y_range: Some((0.0, 1.0)),
                ..Panel::default()
            }
            .into(),
            Panel {
                title: "An infinite variance".into(),
                x_label: "episodes".into(),
                y_label: "estimate of what going left is worth".into(),
                series: runs.iter().map(line).collect(),
                references: vec![Reference { label: "weighted, and the truth".into(), y: 1.0 }],
                x_scale: Axis::Log10,
                y_range: Some((0.0, 3.0)),
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
    fn the_numbers_of_the_section() {
        assert!((second_moment(1.0, 1.0) - std::f64::consts::E).abs() < 1e-12);
        assert!((second_moment(0.0, 1.0) - 1.0).abs() < 1e-15);
        assert!((infinite(10) - 0.25 * (1.8_f64.powi(10) - 1.0)).abs() < 1e-9);
        // One step: ½ · .1 · 4
        assert!((infinite(1) - 0.2).abs() < 1e-15);
    }

    #[test]
    fn looks_are_in_order_and_end_at_the_end() {
        let looks = looks();
        assert!(looks.is_sorted() && looks.first() == Some(&1) && looks.last() == Some(&EPISODES));
    }
}
