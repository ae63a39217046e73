//! 5.1.1 What reinforcement learning is, against supervised learning: data that somebody logged, and arms that are pulled.

use anyhow::Result;
use gymkhana_agents::bandit::EpsilonGreedyBanditConfig;
use gymkhana_envs::{Env, Rng, Space, Spec, Step};

use super::{
    Check, Findings, Section, Source, Study, Table, Target, Trial,
    sums::{Sums, blocks},
};
use crate::{
    plot::{Bar, Bars, Figure, LineStyle, Panel, Reference},
    stats,
    streams::Streams,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.1",
    titles: [
        "What reinforcement learning is, against supervised learning",
        "强化学习：定义与区分",
        "強化學習：定義與區分",
        "強化学習の定義と教師あり学習との違い",
    ],
    names: &[
        "reinforcement learning", "supervised learning", "off-policy data", "confounding", "logged data", "强化学习", "監督式學習", "監督學習",
        "强化学习:定义与区分", "监督学习", "強化學習", "强化学习定义", "強化学習", "教師あり学習", "混杂", "交絡",
    ],
    about: "\
A doctor chooses among three treatments. Half of all patients are strong, which the doctor sees and the record does not say.
The doctor gives treatment 0 mostly to the strong, treatment 1 mostly to the weak and treatment 2 to nobody. Regression on
the record, supervised learning, predicts it well and chooses the wrong treatment: it cannot tell what a treatment does from
who was given it, and of what was never tried it knows nothing, however long the record is. An ε-greedy bandit meets the
same patients, sees as little, and gives treatments itself: what it does, it finds out.",
    equations: "\
a record        E[r | a] = Σ p(u | a) r(u, a)        who was given a
an experiment   E[r | do(a)] = Σ p(u) r(u, a)        everybody
r(u, a)         strong: 0.8, 0.9, 0.95    weak: 0.2, 0.3, 0.65
p(strong | a)   in the record 0.9, 0.1, none; in truth ½",
    look_at: "\
Left: the fit to the record says 0.74 for treatment 0 and 0.36 for treatment 1, where 0.5 and 0.6 are true; treatment 2 has
no bar. Right: the bandit's cures go up to what the best treatment gives; the policy that is best by the record stays where
treatment 0 is.",
    note: "",
    trains: &[("epsilon-greedy", "ContextualBandit")],
    further: &[
        "gymkhana show KArmedBandit",
        "gymkhana train epsilon-greedy KArmedBandit",
        "gymkhana train epsilon-greedy ContextualBandit",
    ],
    costly: false,
    run,
};

/// The probability of a cure: weak and strong patients, by treatment.
const CURES: [[f64; 3]; 2] = [[0.2, 0.3, 0.65], [0.8, 0.9, 0.95]];
/// How often treatment 0 is logged for weak and strong patients; else it is treatment 1.
const LOGGED: [f64; 2] = [0.1, 0.9];
/// What each treatment is worth when anybody gets it: ½ (weak + strong).
const TRUE: [f64; 3] = [0.5, 0.6, 0.8];
/// What regression on the record comes to: treatment 0 is 0.9·0.8 + 0.1·0.2, treatment 1 is 0.1·0.9 + 0.9·0.3.
const RECORDED: [f64; 2] = [0.74, 0.36];
/// Patients that a bandit treats.
const PATIENTS: usize = 2_000;

/// Patients, strong or weak, which is not to be seen. A treatment pays 1 if it cures.
#[derive(Clone, Debug, Default)]
struct Patients {
    strong: bool,
}

impl Env for Patients {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Patients", Space::Discrete(1), Space::Discrete(3)).time_limit(PATIENTS as u32)
    }

    fn reset(&mut self, rng: &mut Rng) -> usize {
        self.strong = rng.below(2) == 1;
        0
    }

    fn step(&mut self, treatment: usize, rng: &mut Rng) -> Step<usize> {
        let cured = rng.unit() < CURES[usize::from(self.strong)][treatment];
        self.strong = rng.below(2) == 1;
        Step::on(0, f64::from(u8::from(cured)))
    }
}

/// Least squares on a record of so many patients, with an indicator per treatment as features: the mean of each; none
/// where there is no patient.
fn fit(patients: usize, rng: &mut Rng) -> [f64; 3] {
    let (mut env, mut sum, mut count) = (Patients::default(), [0.0; 3], [0.0; 3]);
    env.reset(rng);
    for _ in 0..patients {
        let treatment = usize::from(rng.unit() >= LOGGED[usize::from(env.strong)]);
        sum[treatment] += env.step(treatment, rng).reward;
        count[treatment] += 1.0;
    }
    std::array::from_fn(|treatment| sum[treatment] / count[treatment])
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let (runs, patients) = (study.seeds(400, 60), study.pick(400_000, 40_000));
    let fitted = fit(patients, &mut Streams::new(0).agent());
    // A bandit's cures by patient, the share of its last 100 treatments that are the best one, its estimates.
    let trials = study.repeat("ε-greedy on the same patients", runs, |seed| {
        let mut trial = Trial::new(Patients::default(), &EpsilonGreedyBanditConfig::default(), seed, PATIENTS as u64)?;
        let (mut cures, mut best) = (vec![0.0; PATIENTS], 0.0);
        for (patient, cure) in cures.iter_mut().enumerate() {
            let seen = trial.step()?;
            *cure = seen.reward[0];
            best += f64::from(u8::from(patient + 100 >= PATIENTS && seen.act.row(0)[0] == 2));
        }
        let q: [f64; 3] = std::array::from_fn(|treatment| trial.agent.pulls().q.row(0)[treatment]);
        Ok((cures, best, q))
    })?;
    let n = runs as f64;
    let cures: Vec<f64> =
        (0..PATIENTS).map(|patient| trials.iter().map(|trial| trial.0[patient]).sum::<f64>() / n).collect();
    let learnt: [f64; 3] =
        std::array::from_fn(|arm| stats::mean(&trials.iter().map(|trial| trial.2[arm]).collect::<Vec<_>>()));
    let late = stats::mean(&trials.iter().map(|trial| trial.1).collect::<Vec<_>>());
    let earned = stats::mean(&cures[PATIENTS - 500..]);

    let exact = |name: &str, measured: f64, target: f64, from: &str| Check {
        name: name.into(),
        measured,
        target: Target::Near { target, tolerance: 1e-12 },
        source: Source::Exact,
        from: from.into(),
    };
    let mut checks: Vec<Check> = (0..3)
        .map(|arm| {
            exact(
                &format!("treatment {arm}: E[r | do(a)]"),
                0.5 * (CURES[0][arm] + CURES[1][arm]),
                TRUE[arm],
                "½ (weak + strong)",
            )
        })
        .collect();
    for (arm, share) in [(0, LOGGED), (1, LOGGED.map(|share| 1.0 - share))] {
        let recorded = (share[0] * CURES[0][arm] + share[1] * CURES[1][arm]) / (share[0] + share[1]);
        checks.push(exact(
            &format!("treatment {arm}: E[r | a] in the record"),
            recorded,
            RECORDED[arm],
            "Σ p(u | a) r(u, a)",
        ));
        // Half of the patients each; one cure has a deviation of at most 0.48: three standard errors.
        let tolerance = 3.0 * 0.48 / (patients as f64 / 2.0).sqrt();
        checks.push(Check {
            name: format!("treatment {arm}: regression on {patients} logged patients"),
            measured: fitted[arm],
            target: Target::Near { target: RECORDED[arm], tolerance },
            source: Source::Exact,
            from: "E[r | a], and not E[r | do(a)]".into(),
        });
    }
    checks.push(Check {
        name: format!("the bandit's estimate of the best treatment, {runs} runs"),
        measured: learnt[2],
        // Of some 1,800 patients, 0.4/√1800: one run has a deviation of 0.0095. Three standard errors. What an average is
        // off because bad luck stops its pulls cannot be seen over 8,000 runs, 0.8001.
        target: Target::Near { target: TRUE[2], tolerance: 0.03 / n.sqrt() },
        source: Source::Exact,
        from: "E[r | do(a)]".into(),
    });
    checks.push(Check {
        name: format!("the bandit: % of the last 100 of {PATIENTS} patients given the best treatment, {runs} runs"),
        measured: late,
        // All but exploration: 0.9 + 0.1/3. Of 100 patients one run has a deviation of 2.5: three standard errors.
        target: Target::Near { target: 280.0 / 3.0, tolerance: 7.5 / n.sqrt() },
        source: Source::Exact,
        from: "1 − ε + ε/3".into(),
    });
    let row = |arm: usize| {
        let fitted = if fitted[arm].is_nan() { "never given".into() } else { format!("{:.3}", fitted[arm]) };
        vec![arm.to_string(), fitted, format!("{:.3}", learnt[arm]), format!("{:.3}", TRUE[arm])]
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "What each treatment is thought to cure".into(),
            header: ["treatment", "regression on the record", "ε-greedy bandit", "truth"].map(String::from).into(),
            rows: (0..3).map(row).collect(),
        }],
        conclusions: vec![format!(
            "By the record treatment 0 is best, {:.3} against {:.3}, and whoever acts on it cures {:.1} of 1. The bandit finds \
             treatment 2, which the record does not know, and cures {earned:.2} while it still explores.",
            fitted[0], fitted[1], TRUE[0],
        )],
        figure: figure(&fitted, &learnt, &Sums::of(trials.iter().map(|trial| blocks(&trial.0, SHOWN)))),
    })
}

/// Patients whose mean is a point of the curve.
const SHOWN: usize = 20;

fn figure(fitted: &[f64; 3], learnt: &[f64; 3], cures: &Sums) -> Figure {
    let groups = [("regression on the record", fitted), ("ε-greedy bandit", learnt), ("truth", &TRUE)];
    let bars = (0..3).flat_map(|arm| {
        groups.map(|(group, values)| Bar {
            label: format!("treatment {arm}"),
            group: group.into(),
            value: values[arm],
            ..Bar::default()
        })
    });
    let bars = Bars {
        title: "What is thought of each treatment".into(),
        y_label: "cures".into(),
        bars: bars.collect(),
        y_range: Some((0.0, 1.0)),
        ..Bars::default()
    };
    let patients = (1..).map(|block: u32| f64::from(block) * SHOWN as f64);
    let curve = cures.curve("ε-greedy bandit", patients, 1.0, LineStyle::Solid);
    let panel = Panel {
        title: "What is earned".into(),
        x_label: "patient".into(),
        y_label: "cures".into(),
        series: vec![curve],
        references: vec![
            Reference { label: "best treatment".into(), y: TRUE[2] },
            Reference { label: "best by the record".into(), y: TRUE[0] },
        ],
        y_range: Some((0.3, 0.9)),
        ..Panel::default()
    };
    Figure {
        title: "5.1.1 A record that is fitted, arms that are pulled".into(),
        panels: vec![bars.into(), panel.into()],
        ..Figure::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_who_was_given_what() {
        let fitted = fit(200_000, &mut Rng::new(1));
        assert!(
            (fitted[0] - 0.74).abs() < 0.006 && (fitted[1] - 0.36).abs() < 0.006 && fitted[2].is_nan(),
            "{fitted:?}"
        );
        let mut env = Patients::default();
        let mut rng = Rng::new(2);
        env.reset(&mut rng);
        for (treatment, worth) in TRUE.into_iter().enumerate() {
            let cures = (0..100_000).map(|_| env.step(treatment, &mut rng).reward).sum::<f64>() / 100_000.0;
            assert!((cures - worth).abs() < 0.006, "treatment {treatment}: {cures}");
        }
    }
}
