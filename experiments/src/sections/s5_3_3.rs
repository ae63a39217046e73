//! 5.3.3 n-step TD and TD(λ): between one step and all of them.

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    tabular::{
        TraceKind,
        prediction::{
            NStepTdConfig, OfflineLambdaReturnConfig, Predictor, Rule, TdLambdaConfig, TrueOnlineTdLambdaConfig,
        },
    },
};

use super::{
    Check, Findings, Section, Source, Study, Table, Target,
    check::number,
    walks::{Walk, line, simulated},
};
use crate::{
    plot::{Figure, LineStyle, Panel},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.3.3",
    titles: ["n-step TD and TD(λ)", "TD(λ)、多步 TD", "多步 TD 與 TD(λ)", "n ステップ TD と TD(λ)"],
    names: &[
        "n-step TD", "n-step", "TD(λ)", "TD(lambda)", "TD lambda", "td-lambda", "eligibility traces", "资格迹", "資格跡", "適格度トレース",
        "true online TD(λ)", "λ-return", "lambda return", "多步 TD", "多步时序差分", "nステップTD",
    ],
    about: "\
TD(0) learns from one reward and an estimate, Monte Carlo from all rewards. n-step TD takes n rewards before the estimate;
the λ-return is a mean of all n-step returns, each counting λ times as much as the one before. What is between is best. TD(λ)
comes to the same with traces, without waiting, and true online TD(λ) exactly. The walk has nineteen states and ten episodes.",
    equations: "\
Gₜ:ₜ₊ₙ = rₜ₊₁ + γ rₜ₊₂ + … + γⁿ⁻¹ rₜ₊ₙ + γⁿ V(sₜ₊ₙ)
Gₜ(λ) = (1 − λ) Σₙ λⁿ⁻¹ Gₜ:ₜ₊ₙ
TD(λ)   z(s) ← γλ z(s), z(sₜ) ← z(sₜ) + 1,  V(s) ← V(s) + α δₜ z(s) for every s",
    look_at: "\
Error against α, a line per n and per λ (a colour for both), as in Sutton & Barto's figures 7.2, 12.3, 12.6 and 12.8. Each line has its best α;
the lowest are those of n = 4 and of λ = 0.8. Accumulating traces blow up where α is large, true online TD(λ) does not.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train n-step-td RandomWalk --set n=4 --set learning_rate=0.4",
        "gymkhana train td-lambda RandomWalk --set lambda=0.8 --set traces=replacing",
        "gymkhana show true-online-td-lambda",
    ],
    costly: false,
    run,
};

const EPISODES: usize = 10;
const STEPS: [usize; 8] = [1, 2, 4, 8, 16, 32, 128, 512];
/// Beside each number of steps, as both are drawn in one colour.
const LAMBDAS: [f64; 8] = [0.0, 0.4, 0.8, 0.9, 0.95, 0.975, 0.99, 1.0];
/// Step sizes of a curve.
const ALPHAS: [f64; 15] = [0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// A method for a step size.
#[derive(Clone, Copy)]
enum Method {
    Steps(usize),
    Offline(f64),
    Traces(f64, TraceKind),
    TrueOnline(f64),
}

impl Method {
    /// The mean error over the first ten episodes of a run; no number where it diverged.
    fn error(self, walk: &Walk, alpha: f64, seed: u64) -> f64 {
        let learning_rate = alpha.into();
        match self {
            Self::Steps(n) => mean_error(walk, &NStepTdConfig { n, learning_rate, ..NStepTdConfig::default() }, seed),
            Self::Offline(lambda) => {
                let config =
                    OfflineLambdaReturnConfig { lambda, learning_rate, ..OfflineLambdaReturnConfig::default() };
                mean_error(walk, &config, seed)
            }
            Self::Traces(lambda, traces) => {
                let config = TdLambdaConfig { lambda, traces, learning_rate, ..TdLambdaConfig::default() };
                mean_error(walk, &config, seed)
            }
            Self::TrueOnline(lambda) => {
                let config = TrueOnlineTdLambdaConfig { lambda, learning_rate, ..TrueOnlineTdLambdaConfig::default() };
                mean_error(walk, &config, seed)
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Steps(n) => format!("n = {n}"),
            Self::Offline(lambda) | Self::Traces(lambda, _) | Self::TrueOnline(lambda) => format!("λ = {lambda}"),
        }
    }
}

fn mean_error<R>(walk: &Walk, rule: &R, seed: u64) -> f64
where
    R: Rule + Recipe<usize, usize, Agent = Predictor<R>>,
{
    walk.errors(rule, seed, EPISODES).map_or(f64::NAN, |errors| stats::mean(&errors))
}

/// What is checked: a method, the step sizes of which the best counts, its error, and the deviation of one seed over 10,000.
const CHECKED: [(&str, Method, &[f64], f64, f64); 9] = [
    ("n = 1, α = 0.8", Method::Steps(1), &[0.8], 0.345, 0.020),
    ("n = 2, α = 0.6", Method::Steps(2), &[0.6], 0.276, 0.042),
    ("n = 4, α = 0.4", Method::Steps(4), &[0.4], 0.264, 0.050),
    ("n = 8, α = 0.25", Method::Steps(8), &[0.25], 0.276, 0.052),
    ("n = 16, α = 0.15", Method::Steps(16), &[0.15], 0.311, 0.052),
    ("offline λ-return, λ = 0.8, the better of α = 0.35 and 0.4", Method::Offline(0.8), &[0.35, 0.4], 0.262, 0.052),
    (
        "accumulating traces, λ = 0.8, the better of α = 0.3 and 0.35",
        Method::Traces(0.8, TraceKind::Accumulating),
        &[0.3, 0.35],
        0.263,
        0.050,
    ),
    (
        "replacing traces, λ = 0.8, the better of α = 0.45 and 0.5",
        Method::Traces(0.8, TraceKind::Replacing),
        &[0.45, 0.5],
        0.249,
        0.055,
    ),
    ("true online TD(λ), λ = 0.8, α = 0.4", Method::TrueOnline(0.8), &[0.4], 0.254, 0.055),
];

fn run(study: &Study<'_>) -> Result<Findings> {
    let walk = Walk::nineteen()?;
    let from = "nineteen states, V = 0 at first, mean over the first ten episodes of the RMS error over states";
    let measured = study.repeat("best step sizes", study.seeds(4_000, 200), |seed| {
        let errors = |alphas: &[f64], method: Method| -> Vec<f64> {
            alphas.iter().map(|alpha| method.error(&walk, *alpha, seed)).collect()
        };
        Ok(CHECKED.iter().map(|(_, method, alphas, ..)| errors(alphas, *method)).collect::<Vec<_>>())
    })?;
    let mut checks: Vec<Check> = CHECKED
        .iter()
        .enumerate()
        .map(|(i, (name, _, alphas, target, deviation))| {
            let of = |alpha: usize| measured.iter().map(|run| run[i][alpha]).collect::<Vec<_>>();
            let all = (0..alphas.len()).map(of);
            let best = all.min_by(|a, b| stats::mean(a).total_cmp(&stats::mean(b))).unwrap_or_default();
            simulated(&format!("error, {name}"), &best, (*target, 3), *deviation, from)
        })
        .collect();

    let offline = LAMBDAS.map(Method::Offline);
    let [accumulating, replacing] =
        [TraceKind::Accumulating, TraceKind::Replacing].map(|kind| LAMBDAS.map(|lambda| Method::Traces(lambda, kind)));
    let true_online = LAMBDAS.map(Method::TrueOnline);
    let panels: [(&str, Vec<Method>); 5] = [
        ("n-step TD", STEPS.map(Method::Steps).into()),
        ("Offline λ-return", offline.into()),
        ("TD(λ), accumulating traces", accumulating.into()),
        ("TD(λ), replacing traces", replacing.into()),
        ("True online TD(λ)", true_online.into()),
    ];
    let methods: Vec<Method> = panels.iter().flat_map(|(_, methods)| methods.iter().copied()).collect();
    let studied = study.repeat("parameter study", study.pick(100, 3), |seed| {
        let of = |method: &Method| ALPHAS.map(|alpha| method.error(&walk, alpha, seed));
        Ok(methods.iter().map(of).collect::<Vec<_>>())
    })?;
    let mean =
        |method: usize, alpha: usize| studied.iter().map(|run| run[method][alpha]).sum::<f64>() / studied.len() as f64;
    let best = |method: usize| {
        let errors = (0..ALPHAS.len()).map(|alpha| (mean(method, alpha), ALPHAS[alpha]));
        errors.filter(|(error, _)| error.is_finite()).fold((f64::INFINITY, 0.0), |a, b| if b.0 < a.0 { b } else { a })
    };
    let steps = &checks[..5];
    let lowest = steps.iter().map(|check| check.measured).fold(f64::INFINITY, f64::min);
    checks.push(Check {
        name: "the error of n = 4, less the least of n = 1, 2, 4, 8, 16".into(),
        measured: checks[2].measured - lowest,
        target: Target::Near { target: 0.0, tolerance: study.pick(0.0, 0.01) },
        source: Source::Simulated,
        from: "n = 4 is best".into(),
    });
    let mut first = 0;
    let mut drawn = Vec::new();
    let mut rows = Vec::new();
    for (title, methods) in &panels {
        let curve = |(i, (n, lambda)): (usize, (&usize, &f64))| {
            let label = format!("n = {n} or λ = {lambda}");
            line(label, (0..).zip(ALPHAS).map(|(at, alpha)| (alpha, mean(first + i, at))), LineStyle::Solid)
        };
        drawn.push(
            Panel {
                title: (*title).into(),
                x_label: "step size α".into(),
                y_label: "RMS error, first 10 episodes".into(),
                series: STEPS.iter().zip(&LAMBDAS).enumerate().map(curve).collect(),
                y_range: Some((0.2, 0.6)),
                ..Panel::default()
            }
            .into(),
        );
        rows.extend(methods.iter().enumerate().map(|(i, method)| {
            let (error, alpha) = best(first + i);
            vec![(*title).into(), method.name(), number(alpha), number(error)]
        }));
        first += methods.len();
    }
    Ok(Findings {
        conclusions: vec![format!(
            "n = 4 is off by {:.3} at its best, one step by {:.3}, sixteen by {:.3}; true online TD(λ) by {:.3}.",
            checks[2].measured, checks[0].measured, checks[4].measured, checks[8].measured
        )],
        checks,
        tables: vec![Table {
            title: format!("Best step size of the figure's, {} seeds", studied.len()),
            header: ["method", "n or λ", "α", "error"].map(String::from).into(),
            rows,
        }],
        figure: Figure { title: "5.3.3 n-step TD and TD(λ)".into(), panels: drawn, ..Figure::default() },
    })
}
