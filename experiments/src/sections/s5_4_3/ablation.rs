//! What DQN does about its moving targets: replay memory and target network, each with and without.

use anyhow::Result;
use gymkhana_agents::value::DqnConfig;

use super::super::{
    Check, Source, Study, Table, Target,
    balancing::{Look, Runs, STEPS, plain},
    check::number,
};
use crate::{
    plot::{LineStyle, Panel, Reference, Scale},
    stats,
};

/// With both, with one, with none.
const NAMES: [&str; 4] = ["replay and target network", "replay alone", "target network alone", "neither"];

/// Whether they have replay and a target network.
const PARTS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

/// No policy is worth more: 1 a step for ever, at γ = .99.
const MOST: f64 = 100.0;

/// The four agents' runs, in the order of their names.
pub(super) struct Ablation {
    runs: [Runs; 4],
    seeds: u64,
}

/// Without replay it learns from as many transitions as a minibatch has, the newest; without a target network the copy is
/// renewed at every update.
fn config((replay, target): (bool, bool)) -> DqnConfig {
    let plain = plain();
    DqnConfig {
        buffer_size: if replay { plain.buffer_size } else { plain.batch_size },
        target_interval: if target { plain.target_interval } else { plain.train_frequency },
        ..plain
    }
}

impl Ablation {
    pub(super) fn run(study: &Study<'_>) -> Result<Self> {
        let seeds = study.seeds(10, 2);
        let of = |i: usize| Runs::of(study, &format!("DQN with {}", NAMES[i]), &config(PARTS[i]), seeds);
        Ok(Self { runs: [of(0)?, of(1)?, of(2)?, of(3)?], seeds })
    }

    /// The greedy return over the second half of the run, mean over seeds.
    fn earned(&self, i: usize) -> f64 {
        stats::mean(&self.runs[i].late(|look| look.earned))
    }

    /// What the agent thinks the first states are worth, over the second half of the run, mean over seeds.
    fn thought(&self, i: usize) -> f64 {
        stats::mean(&self.runs[i].late(|look| look.thought))
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let check = |name: String, measured, target, from: &str| Check {
            name: format!("{name}, {} seeds", self.seeds),
            measured,
            target,
            source: Source::Simulated,
            from: from.into(),
        };
        let most = |i: usize| self.runs[i].most(|look| look.thought);
        let bound = "no policy is worth more than 1/(1 − γ) = 100";
        vec![
            check(
                format!("DQN with {}: greatest value it ever gave a first state", NAMES[1]),
                most(1),
                Target::AtLeast(10.0 * MOST),
                bound,
            ),
            check(
                format!("DQN with {}: greatest value it ever gave a first state", NAMES[0]),
                most(0),
                Target::AtMost(3.0 * MOST),
                bound,
            ),
            check(
                format!("DQN with {}: mean greedy return over the second half of the run", NAMES[0]),
                self.earned(0),
                Target::AtLeast(200.0),
                "it learns: a random policy earns 22.25",
            ),
        ]
    }

    pub(super) fn conclusion(&self) -> String {
        let [both, replay, target, neither] = [0, 1, 2, 3].map(|i| self.earned(i));
        let [most_both, most_replay, ..] = [0, 1, 2, 3].map(|i| self.runs[i].most(|look| look.thought));
        format!(
            "DQN on CartPole-v1: learning from replay without a target network, values run away, up to {most_replay:.0} where no \
             policy is worth more than {MOST}; with the target network they stay below {:.0}. The greedy return over the second \
             half of {STEPS} steps is {both:.0} with both, {replay:.0} with replay alone, {target:.0} with the target network \
             alone and {neither:.0} with neither. What holds values in their bounds is the target network; replay without it \
             learns guesses from guesses on states that the policy has left.",
            most_both.ceil()
        )
    }

    pub(super) fn table(&self) -> Table {
        let row = |i: usize| {
            let most = self.runs[i].most(|look| look.thought);
            vec![NAMES[i].into(), number(self.earned(i)), number(self.thought(i)), number(most)]
        };
        Table {
            title: format!("DQN on CartPole-v1, second half of {STEPS} steps, {} seeds", self.seeds),
            header: ["with", "greedy return", "value of first states", "greatest at any time"].map(String::from).into(),
            rows: (0..4).map(row).collect(),
        }
    }

    pub(super) fn panels(&self) -> [Panel; 2] {
        let series = |measure: fn(&Look) -> f64| {
            (0..4).map(|i| self.runs[i].curve(NAMES[i], measure, LineStyle::Solid)).collect()
        };
        [
            Panel {
                title: "DQN on CartPole-v1".into(),
                x_label: "environment steps".into(),
                y_label: "greedy return".into(),
                series: series(|look| look.earned),
                y_range: Some((0.0, 500.0)),
                ..Panel::default()
            },
            Panel {
                title: "What it thinks first states are worth".into(),
                x_label: "environment steps".into(),
                y_label: "maxₐ Q(s₀, a)".into(),
                series: series(|look| look.thought),
                references: vec![Reference { label: "the most that any policy is worth".into(), y: MOST }],
                y_scale: Scale::Log10,
                ..Panel::default()
            },
        ]
    }
}
