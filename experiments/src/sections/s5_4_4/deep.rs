//! The same with networks: DQN with a double target, a dueling network, targets of three steps, each against plain DQN.

use anyhow::Result;
use gymkhana_agents::value::DqnConfig;

use super::super::{
    Check, Source, Study, Table, Target,
    balancing::{Look, Runs, STEPS, plain},
    check::number,
};
use crate::{
    plot::{LineStyle, Panel},
    stats,
};

const NAMES: [&str; 4] = ["plain DQN", "double", "dueling", "three steps"];

/// The four agents' runs, in the order of their names.
pub(super) struct Variants {
    runs: [Runs; 4],
    seeds: u64,
}

fn config(i: usize) -> DqnConfig {
    DqnConfig { double: i == 1, dueling: i == 2, n: if i == 3 { 3 } else { 1 }, ..plain() }
}

/// How much more an agent thinks first states are worth than they are.
fn excess(look: &Look) -> f64 {
    look.thought - look.worth
}

impl Variants {
    pub(super) fn run(study: &Study<'_>) -> Result<Self> {
        let seeds = study.seeds(10, 2);
        let of = |i: usize| Runs::of(study, NAMES[i], &config(i), seeds);
        Ok(Self { runs: [of(0)?, of(1)?, of(2)?, of(3)?], seeds })
    }

    /// A measure over the second half of the run, mean over seeds.
    fn late(&self, i: usize, measure: fn(&Look) -> f64) -> f64 {
        stats::mean(&self.runs[i].late(measure))
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let check = |name: &str, measured, target, from: &str| Check {
            name: format!("{name}, second half of {STEPS} steps, {} seeds", self.seeds),
            measured,
            target,
            source: Source::Simulated,
            from: from.into(),
        };
        let [plain, three] = [0, 3].map(|i| self.late(i, excess));
        vec![
            check("DQN: greedy return", self.late(0, |look| look.earned), Target::AtLeast(200.0), "random: 22.25"),
            check(
                "DQN: values of first states, too great by",
                plain,
                Target::AtLeast(5.0),
                "it thinks too much of them",
            ),
            check(
                "DQN with targets of three steps: values of first states, off by",
                three.abs(),
                Target::AtMost(plain / 2.0),
                "less than half of plain DQN's: two rewards more in a target, and a smaller part of a guess",
            ),
        ]
    }

    pub(super) fn conclusion(&self) -> String {
        let earned = [0, 1, 2, 3].map(|i| self.late(i, |look| look.earned));
        let excess = [0, 1, 2, 3].map(|i| self.late(i, excess));
        format!(
            "With networks, on CartPole-v1 in the second half of {STEPS} steps: plain DQN earns {:.0} and thinks its first states \
             worth {:.1} too much; double DQN {:.0} and {:.1}, dueling {:.0} and {:.1}, three steps {:.0} and {:.1}. With two \
             actions a second opinion on the greatest of them takes little of that away; three rewards in a target do.",
            earned[0], excess[0], earned[1], excess[1], earned[2], excess[2], earned[3], excess[3]
        )
    }

    pub(super) fn table(&self) -> Table {
        let row = |i: usize| {
            let measures: [fn(&Look) -> f64; 4] = [|look| look.earned, |look| look.worth, |look| look.thought, excess];
            let numbers = measures.map(|measure| number(self.late(i, measure)));
            [vec![NAMES[i].to_owned()], numbers.to_vec()].concat()
        };
        Table {
            title: format!("DQN on CartPole-v1, second half of {STEPS} steps, {} seeds", self.seeds),
            header: ["agent", "greedy return", "worth, discounted", "thought", "too much"].map(String::from).into(),
            rows: (0..4).map(row).collect(),
        }
    }

    pub(super) fn panels(&self) -> [Panel; 2] {
        let panel = |title: &str, y_label: &str, measure: fn(&Look) -> f64| Panel {
            title: title.into(),
            x_label: "environment steps".into(),
            y_label: y_label.into(),
            series: (0..4).map(|i| self.runs[i].curve(NAMES[i], measure, LineStyle::Solid)).collect(),
            ..Panel::default()
        };
        [
            panel("DQN and its relatives on CartPole-v1", "greedy return", |look| look.earned),
            panel("Thought worth more than it is", "maxₐ Q(s₀, a) − discounted return", excess),
        ]
    }
}
