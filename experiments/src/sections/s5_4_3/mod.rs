//! 5.4.3 The loss of DQN and its training: targets that move along with what is learned. Baird's counterexample, and
//! what DQN does about it.

mod ablation;

use anyhow::Result;
use gymkhana_agents::{
    Recipe,
    linear::prediction::{Predictor, Rule, SemiGradientTdConfig, TdcConfig},
    tabular::Given,
};
use gymkhana_envs::tabular::{
    BairdParams,
    baird::{Featured, STATES, baird, features},
};

use ablation::Ablation;

use super::{Check, Findings, Section, Source, Study, Table, Target, Trial, check::number, walks::line};
use crate::{
    plot::{Figure, LineStyle, Panel, Scale, Series},
    stats,
};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.4.3",
    titles: [
        "The loss of DQN and its training: a dog chasing its tail",
        "DQN 的 Loss、训练过程",
        "DQN 的 Loss、訓練過程",
        "DQN の損失と学習過程",
    ],
    names: &[
        "DQN loss", "a dog chasing its tail", "狗追尾巴", "狗追自己的尾巴", "deadly triad", "致命三要素", "Baird",
        "Baird's counterexample", "Baird 反例", "TDC", "GTD2", "gradient TD", "semi-gradient", "半梯度", "moving target",
        "目标网络", "目標網路", "target network", "experience replay", "replay memory",
        "经验回放", "經驗回放",
    ],
    about: "\
The target r + γ v̂(s′) is made of the same weights that are being learned: each update moves the target too, and learning can
run after it like a dog after its tail. With a table that does no harm. With features that states share, learning off-policy
and from estimates, it can diverge: Baird's seven states are all worth 0, the features can say so, and yet the weights of
semi-gradient TD grow without end. TDC follows a true gradient and stays bounded. DQN's network is such features too. A
target network that stands still for a while, and replay, are what it does about it: each is taken away, and both.",
    equations: "\
δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ
semi-gradient TD   w ← w + α ρₜ δₜ xₜ                              (the target is treated as if it stood still)
TDC                w ← w + α ρₜ (δₜ xₜ − γ xₜ₊₁ hᵀxₜ),  h ← h + β ρₜ (δₜ − hᵀxₜ) xₜ
ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ);   VE = Σ μ(s) v̂(s)²",
    look_at: "\
Left: the weights of one run of semi-gradient TD run away, as in Sutton & Barto's figure 11.2. Middle: those of TDC settle
(figure 11.5), though the error comes down slowly. Right: the greatest weight on a logarithmic axis: a straight line is
growth by a constant factor. Below: what DQN earns on CartPole-v1 with and without replay and target network, and what it
thinks its first states are worth, of which none can be worth more than 1/(1 − γ) = 100.",
    note: "",
    trains: &[],
    further: &[
        "gymkhana train semi-gradient-td Baird --set env.features=true --set policy=0:1 --set initial_weights=1,1,1,1,1,1,10,1 --steps 2000",
        "gymkhana train tdc Baird --set env.features=true --set policy=0:1 --set gtd2=true --steps 2000",
        "gymkhana train dqn CartPole-v1 --set buffer_size=64 --set target_interval=4",
        "gymkhana show tdc",
    ],
    costly: false,
    run,
};

const STEPS: usize = 1_000;
/// A point of a curve per so many steps.
const EVERY: usize = 10;
/// The weights that the figure begins with.
const FIRST: [f64; 8] = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 1.0];

/// The figure's target policy, always solid, and its behaviour, dashed six times of seven.
fn policies() -> [Given; 2] {
    [Given::Shares(vec![0.0, 1.0]), Given::Shares(vec![6.0 / 7.0, 1.0 / 7.0])]
}

fn semi_gradient() -> SemiGradientTdConfig {
    let [policy, behaviour] = policies();
    let (learning_rate, initial_weights) = (0.01.into(), FIRST.into());
    SemiGradientTdConfig { learning_rate, policy, behaviour, initial_weights, ..SemiGradientTdConfig::default() }
}

fn tdc(gtd2: bool) -> TdcConfig {
    let [policy, behaviour] = policies();
    let (learning_rate, beta, initial_weights) = (0.005.into(), 0.05.into(), FIRST.into());
    TdcConfig { learning_rate, beta, gtd2, policy, behaviour, initial_weights, ..TdcConfig::default() }
}

/// The weights after every ten steps, those at first included.
fn weights<R>(rule: &R, seed: u64) -> Result<Vec<Vec<f64>>>
where
    R: Rule + Recipe<f32, usize, Agent = Predictor<R>>,
{
    let mut trial = Trial::new(Featured(baird(&BairdParams::default())?), rule, seed, STEPS as u64)?;
    let mut all = vec![trial.agent.weights().w.clone()];
    for _ in 0..STEPS / EVERY {
        for _ in 0..EVERY {
            trial.step()?;
        }
        all.push(trial.agent.weights().w.clone());
    }
    Ok(all)
}

fn greatest(w: &[f64]) -> f64 {
    w.iter().fold(0.0, |most, w| w.abs().max(most))
}

fn length(w: &[f64]) -> f64 {
    w.iter().map(|w| w * w).sum::<f64>().sqrt()
}

/// √VE: all states are equally likely under the behaviour, and worth 0.
fn error(w: &[f64]) -> f64 {
    let value = |state| features(state).iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
    ((0..STATES).map(|state| value(state).powi(2)).sum::<f64>() / STATES as f64).sqrt()
}

/// The weights of each method, of every seed, after each point.
struct Runs(Vec<[Vec<Vec<f64>>; 3]>);

const NAMES: [&str; 3] = ["semi-gradient TD", "TDC", "GTD2"];
const LAST: usize = STEPS / EVERY;

impl Runs {
    /// A measure of the weights of a method after so many points, of all seeds, sorted.
    fn of(&self, method: usize, point: usize, measure: fn(&[f64]) -> f64) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.iter().map(|run| measure(&run[method][point])).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    fn median(&self, method: usize, point: usize, measure: fn(&[f64]) -> f64) -> f64 {
        stats::median(&self.of(method, point, measure))
    }

    fn steps() -> impl Iterator<Item = f64> {
        (0..=LAST).map(|point| (point * EVERY) as f64)
    }

    /// The greatest weight of a method.
    fn growth(&self, method: usize) -> Series {
        let quantile = |part: f64| -> Vec<f64> {
            let at = |all: &[f64]| all[(part * (all.len() - 1) as f64) as usize];
            (0..=LAST).map(|point| at(&self.of(method, point, greatest))).collect()
        };
        // Two of them are nearly the same.
        let style = if method == 1 { LineStyle::Dashed } else { LineStyle::Solid };
        let (x, label) = (Self::steps().collect(), format!("{}, median and quartiles", NAMES[method]));
        Series { label, x, mean: quantile(0.5), low: quantile(0.25), high: quantile(0.75), style }
    }

    /// The weights of one run.
    fn components(&self, method: usize) -> Panel {
        let run = &self.0[0][method];
        let weight = |i: usize| {
            let (label, style) = match i {
                6 => ("w₇", LineStyle::Solid),
                7 => ("w₈", LineStyle::Solid),
                _ => ("w₁ to w₆", LineStyle::Dashed),
            };
            line(label, Self::steps().zip(run.iter().map(|w| w[i])), style)
        };
        let error = line("√VE", Self::steps().zip(run.iter().map(|w| error(w))), LineStyle::Solid);
        Panel {
            title: format!("{}, one run", NAMES[method]),
            x_label: "steps".into(),
            y_label: "weights, √VE".into(),
            series: (0..8).map(weight).chain([error]).collect(),
            ..Panel::default()
        }
    }

    fn checks(&self) -> Vec<Check> {
        let seeds = self.0.len();
        // The logarithm of one seed's greatest weight has a deviation of 0.20; a median's error is 1.25 times a mean's.
        let noise = |target: f64| 3.0 * 1.25 * 0.2 * target / (seeds as f64).sqrt() + 0.5;
        let check = |name: &str, measured, target, from: &str| Check {
            name: format!("{name}, {seeds} seeds"),
            measured,
            target,
            source: Source::Simulated,
            from: from.into(),
        };
        let near = |target: f64, tolerance| Target::Near { target, tolerance };
        let from = "α = 0.01, w = (1, 1, 1, 1, 1, 1, 10, 1) at first";
        let bound = self.0.iter().flat_map(|run| &run[1]).map(|w| greatest(w)).fold(0.0, f64::max);
        let (after, half) = (self.median(0, LAST, greatest), self.median(0, LAST / 2, greatest));
        vec![
            check("semi-gradient TD, ‖w‖∞ after 1,000 steps, median", after, near(326.0, noise(326.0)), from),
            check(
                "semi-gradient TD, ‖w‖₂ after 1,000 steps, median",
                self.median(0, LAST, length),
                near(424.0, noise(424.0)),
                from,
            ),
            check(
                "semi-gradient TD, ‖w‖∞ after 1,000 steps over that after 500, medians",
                after / half,
                Target::AtLeast(2.0),
                "it grows on",
            ),
            check(
                "TDC, √VE after 1,000 steps, mean",
                stats::mean(&self.of(1, LAST, error)),
                // One seed has a deviation of 0.011; half a unit of the last digit.
                near(1.9, 0.05 + 3.0 * 0.011 / (seeds as f64).sqrt()),
                "α = 0.005, β = 0.05",
            ),
            check(
                "TDC, the greatest ‖w‖∞ of all seeds and times",
                bound,
                Target::AtMost(10.0),
                "it stays bounded: it begins with 10",
            ),
        ]
    }
}

fn run(study: &Study<'_>) -> Result<Findings> {
    let seeds = study.seeds(2_000, 200);
    let runs = study.repeat("Baird's counterexample", seeds, |seed| {
        Ok([weights(&semi_gradient(), seed)?, weights(&tdc(false), seed)?, weights(&tdc(true), seed)?])
    })?;
    let runs = Runs(runs);
    let ablation = Ablation::run(study)?;
    let row = |method: usize| {
        let median = |measure| number(runs.median(method, LAST, measure));
        vec![NAMES[method].into(), median(greatest), median(length), median(error)]
    };
    let growth = Panel {
        title: "Greatest weight".into(),
        x_label: "steps".into(),
        y_label: "‖w‖∞".into(),
        series: (0..3).map(|method| runs.growth(method)).collect(),
        y_scale: Scale::Log10,
        ..Panel::default()
    };
    let tails = format!(
        "After {STEPS} steps the greatest weight of semi-gradient TD is {:.0} in the middle one of {seeds} runs; TDC's is {:.1}.",
        runs.median(0, LAST, greatest),
        runs.median(1, LAST, greatest)
    );
    let medians = Table {
        title: format!("Medians after {STEPS} steps"),
        header: ["method", "‖w‖∞", "‖w‖₂", "√VE"].map(String::from).into(),
        rows: (0..3).map(row).collect(),
    };
    let baird = [runs.components(0), runs.components(1), growth];
    Ok(Findings {
        conclusions: vec![tails, ablation.conclusion()],
        checks: [runs.checks(), ablation.checks()].concat(),
        tables: vec![medians, ablation.table()],
        figure: Figure {
            title: "5.4.3 A dog chasing its tail: Baird's counterexample, and DQN".into(),
            panels: baird.into_iter().chain(ablation.panels()).map(Into::into).collect(),
            ..Figure::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_that_it_begins_with() {
        // 2 + 1 in six states and 10 + 2 in the seventh: √((6·9 + 144)/7)
        assert!((error(&FIRST) - (198.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!((greatest(&FIRST), length(&FIRST)), (10.0, 107.0_f64.sqrt()));
    }
}
