//! 6.2.1 The advantage: how much better an action is than what its state is worth.

use anyhow::Result;
use gymkhana_agents::{
    bandit::{Baseline, GradientBanditConfig},
    math::softmax::gradient_moments,
};
use gymkhana_envs::bandit::Rewards;

use super::{
    Check, Findings, Section, Source, Study, Table, Target,
    bandits::{FixedArms, Tally, tally},
    check::number,
};
use crate::{
    plot::{Figure, LineStyle, Panel, Reference, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "6.2.1",
    titles: ["Advantage", "优势函数", "優勢函數", "アドバンテージ関数"],
    names: &[
        "advantage function", "variance reduction", "优势", "優勢", "方差缩减", "變異數縮減", "アドバンテージ", "分散低減",
    ],
    about: "\
Three actions are equally likely, and their returns are 100, 101 and 102. The policy gradient asks which is better than the
others, and that is a difference of 1 under returns of a hundred: a sample of it is nearly all noise. Taking the value of
the state away from each return leaves advantages −1, 0 and 1, the same expected gradient, and a variance that is thirty
thousand times smaller. Both are computed exactly here, and then a gradient bandit learns with and without.",
    equations: "\
A(s, a) = Q(s, a) − V(s),   V(s) = Σ π(a | s) Q(s, a)
∇J = E[Q(s, A) ∇ ln π(A | s)] = E[(Q(s, A) − b) ∇ ln π(A | s)]        for any b that does not depend on A
tr Var = Σ π(a) (Q(a) − b)² ‖e(a) − π‖² − ‖∇J‖²                       for preferences and the soft-max",
    look_at: "\
Left: the variance over the baseline b is a parabola whose lowest point is the value of the state, 101, here exactly. Right:
with the same step size the bandit with a baseline learns at once; without one its first pulls decide for ever which arm it
takes.",
    note: "\
The book's figure states A = Q − 100 and plots Q − 101. The value of the state is (100 + 101 + 102)/3 = 101, so that −1, 0 and
1, which are plotted, are the advantages. The gradient is that of either; with b = 100 the trace of its variance is 0.889.",
    trains: &[("gradient-bandit", "KArmedBandit")],
    further: &[
        "gymkhana train gradient-bandit KArmedBandit --set env.mean=4",
        "gymkhana train gradient-bandit KArmedBandit --set env.mean=4 --set baseline=none",
    ],
    costly: false,
    run,
};

/// The returns of the three actions.
const RETURNS: [f64; 3] = [100.0, 101.0, 102.0];
/// Their policy.
const PI: [f64; 3] = [1.0 / 3.0; 3];
/// Pulls of the bandit.
const PULLS: usize = 1_000;

/// The mean gradient, and the trace of its variance, with a baseline.
fn moments(baseline: f64) -> (Vec<f64>, f64) {
    gradient_moments(&PI, &RETURNS.map(|g| g - baseline))
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let value: f64 = RETURNS.iter().zip(PI).map(|(g, pi)| g * pi).sum();
    let (without, with) = (moments(0.0), moments(value));
    let check = |name: &str, measured: f64, target: Target, from: &str| Check {
        name: name.into(),
        measured,
        target,
        source: Source::Exact,
        from: from.into(),
    };
    let mut checks = Vec::new();
    for (which, (mean, _)) in [("without a baseline", &without), ("with the baseline", &with)] {
        let off = mean.iter().zip([-1.0 / 3.0, 0.0, 1.0 / 3.0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let target = Target::Near { target: 0.0, tolerance: 1e-12 };
        checks.push(check(&format!("mean gradient {which}: distance from (−⅓, 0, ⅓)"), off, target, "π(a) [G(a) − V]"));
    }
    checks.push(check("trace of the variance without a baseline", without.1, Target::printed(6800.9, 1), "61208/9"));
    checks.push(check("trace of the variance with the baseline V = 101", with.1, Target::printed(0.222, 3), "2/9"));

    let runs = study.seeds(500, 50);
    let env = FixedArms { values: RETURNS.to_vec(), rewards: Rewards::Gaussian, noise: 0.0, pulls: PULLS as u32 };
    let play = |label: &str, baseline| {
        let config = GradientBanditConfig { learning_rate: 0.1.into(), baseline, forget: true };
        tally(study, label, &env, &config, runs, PULLS)
    };
    let learnt = play("with the baseline", Baseline::Past)?;
    let lost = play("without a baseline", Baseline::None)?;
    let late = |tally: &Tally| stats::mean(&tally.optimal()[PULLS - 100..]);
    checks.push(Check {
        name: format!(
            "gradient bandit, α = 0.1: % of the best arm in the last 100 of 1,000 pulls with the baseline, less \
                       that without, {runs} runs"
        ),
        measured: late(&learnt) - late(&lost),
        // Without a baseline each arm is as likely to be stuck with, so that a third of runs have the best, and one run has
        // a deviation of 47: three standard errors below two thirds.
        target: Target::AtLeast(200.0 / 3.0 - 141.0 / (runs as f64).sqrt()),
        source: Source::Simulated,
        from: "the same expected gradient, another variance".into(),
    });
    let row = |label: &str, (mean, trace): &(Vec<f64>, f64)| {
        let mean: Vec<String> = mean.iter().map(|x| format!("{x:.4}")).collect();
        vec![label.into(), format!("({})", mean.join(", ")), format!("{trace:.4}")]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "The policy gradient of three equally likely actions with returns 100, 101, 102".into(),
            header: ["baseline", "mean", "trace of the variance"].map(String::from).into(),
            rows: vec![row("none", &without), row("100", &moments(100.0)), row("101 = V", &with)],
        }],
        conclusions: vec![format!(
            "The mean gradient is (−⅓, 0, ⅓) with and without; the trace of its variance falls from {:.1} to {:.3}. A gradient \
             bandit takes the best of the three arms in {:.0} % of its last pulls with a baseline, in {:.0} % without.",
            without.1,
            with.1,
            late(&learnt),
            late(&lost),
        )],
        figure: figure(&learnt, &lost),
    })
}

fn figure(learnt: &Tally, lost: &Tally) -> Figure {
    let x: Vec<f64> = (0..=80).map(|i| 99.0 + f64::from(i) * 0.05).collect();
    let mean = x.iter().map(|b| moments(*b).1).collect();
    let variance = Panel {
        title: "Variance of the gradient".into(),
        x_label: "baseline b".into(),
        y_label: "trace of the variance".into(),
        series: vec![Series { label: "trace of the variance".into(), x, mean, ..Series::default() }],
        references: vec![Reference { label: "least, at b = V = 101".into(), y: moments(101.0).1 }],
        ..Panel::default()
    };
    let lost = Series { style: LineStyle::Dashed, ..lost.optimal_curve("without a baseline") };
    let learning = Panel {
        title: "A gradient bandit on these returns".into(),
        x_label: "pull".into(),
        y_label: "% optimal arm".into(),
        series: vec![learnt.optimal_curve("with the baseline"), lost],
        y_range: Some((0.0, 100.0)),
        ..Panel::default()
    };
    Figure {
        title: format!("6.2.1 Advantage: returns {}", RETURNS.map(number).join(", ")),
        panels: vec![variance.into(), learning.into()],
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_section() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        for baseline in [0.0, 100.0, 101.0] {
            assert!(moments(baseline).0.iter().zip([-1.0 / 3.0, 0.0, 1.0 / 3.0]).all(|(a, b)| near(*a, b)));
        }
        assert!(
            near(moments(0.0).1, 61_208.0 / 9.0)
                && near(moments(100.0).1, 8.0 / 9.0)
                && near(moments(101.0).1, 2.0 / 9.0)
        );
    }
}
