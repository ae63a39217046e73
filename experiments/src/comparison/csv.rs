//! Scores and curves as comma-separated values, for other programs. Numbers are written so that reading them gives the same
//! bits; where there is none, nothing is between the commas.

use anyhow::{Context, Result};
use csv::Writer;

use super::Summary;

/// How one run went.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunCurve {
    /// The agent's label.
    pub agent: String,
    /// The environment's id.
    pub env: String,
    /// The seed.
    pub seed: u64,
    /// Environment steps, training episodes, seconds and return at each point.
    pub points: Vec<[f64; 4]>,
}

/// A line for each run: `agent,environment,seed,score`.
///
/// # Errors
/// If the summary has a run of an agent or an environment that it does not have.
pub(super) fn scores(summary: &Summary) -> Result<Vec<u8>> {
    let mut table = Writer::from_writer(Vec::new());
    table.write_record(["agent", "environment", "seed", "score"])?;
    for cell in &summary.cells {
        let agent = summary.agents.get(cell.agent).with_context(|| format!("no agent {}", cell.agent))?;
        let env = summary.envs.get(cell.env).with_context(|| format!("no environment {}", cell.env))?;
        let score = cell.score.map_or_else(String::new, number);
        table.write_record([&agent.label, &env.id, &cell.seed.to_string(), &score])?;
    }
    Ok(table.into_inner()?)
}

/// A line for each point of each run: `agent,environment,seed,step,episodes,seconds,return`.
///
/// # Errors
/// None: writing to memory does not fail.
pub(super) fn curves(curves: &[RunCurve]) -> Result<Vec<u8>> {
    let mut table = Writer::from_writer(Vec::new());
    table.write_record(["agent", "environment", "seed", "step", "episodes", "seconds", "return"])?;
    for RunCurve { agent, env, seed, points } in curves {
        let seed = seed.to_string();
        for point in points {
            let [step, episodes, seconds, earned] = point.map(number);
            table.write_record([agent, env, &seed, &step, &episodes, &seconds, &earned])?;
        }
    }
    Ok(table.into_inner()?)
}

/// The shortest digits that give the same number again.
fn number(x: f64) -> String {
    if x.is_nan() { String::new() } else { x.to_string() }
}

#[cfg(test)]
mod tests {
    use super::{
        super::summary::{Arena, CellScore, Contender},
        *,
    };
    use crate::store::manifest::Program;

    fn cell(agent: usize, seed: u64, score: Option<f64>) -> CellScore {
        CellScore { cell: 0, agent, env: 0, seed, score, error: None }
    }

    fn summary(cells: Vec<CellScore>) -> Summary {
        let contender = |label: &str| Contender { label: label.into(), agent: "dqn".into(), settings: Vec::new() };
        let [version, commit, platform, build] = [const { String::new() }; 4];
        Summary {
            title: String::new(),
            command: String::new(),
            program: Program { version, commit, platform, build },
            others: Vec::new(),
            machine: String::new(),
            seeds: 2,
            agents: vec![contender("dqn"), contender("double, \"wide\"")],
            envs: vec![Arena { id: "CartPole-v1".into(), low: 0.0, high: 1.0, source: String::new() }],
            cells,
            scores: Vec::new(),
            curves: Vec::new(),
            aggregates: Vec::new(),
            profiles: Vec::new(),
            efficiency: Vec::new(),
            improvements: Vec::new(),
            paired: Vec::new(),
            sensitivity: Vec::new(),
        }
    }

    #[test]
    fn a_run_without_a_score_has_an_empty_field() {
        let cells = vec![cell(0, 0, Some(500.0)), cell(0, 1, None), cell(1, 0, Some(-0.1))];
        let written = String::from_utf8(scores(&summary(cells)).unwrap()).unwrap();
        let expected = "agent,environment,seed,score\n\
                        dqn,CartPole-v1,0,500\n\
                        dqn,CartPole-v1,1,\n\
                        \"double, \"\"wide\"\"\",CartPole-v1,0,-0.1\n";
        assert_eq!(written, expected);
        assert_eq!(scores(&summary(vec![cell(2, 0, None)])).unwrap_err().to_string(), "no agent 2");
    }

    #[test]
    fn a_point_has_an_empty_field_for_what_was_not_measured() {
        let points = vec![[0.0, 0.0, f64::NAN, 9.5], [1_000_000.0, 42.0, 1.25, f64::NAN]];
        let run = RunCurve { agent: "ppo".into(), env: "Taxi-v4".into(), seed: 3, points };
        let written = String::from_utf8(curves(&[run]).unwrap()).unwrap();
        let expected = "agent,environment,seed,step,episodes,seconds,return\n\
                        ppo,Taxi-v4,3,0,0,,9.5\n\
                        ppo,Taxi-v4,3,1000000,42,1.25,\n";
        assert_eq!(written, expected);
        assert_eq!(curves(&[]).unwrap(), expected.split_inclusive('\n').next().unwrap().as_bytes());
    }

    #[test]
    fn numbers_come_back_bit_for_bit() {
        let values = [0.1 + 0.2, -0.0, 1.0 / 3.0, 5e-324, f64::MAX, 1e-7, 123_456_789.123_456_79, f64::INFINITY];
        let points = values.map(|x| [x; 4]).to_vec();
        let run = RunCurve { agent: "a".into(), env: "b".into(), seed: u64::MAX, points };
        let written = curves(&[run]).unwrap();
        let mut table = csv::Reader::from_reader(written.as_slice());
        for (line, value) in table.records().zip(values) {
            let line = line.unwrap();
            assert_eq!(line[2].parse(), Ok(u64::MAX));
            assert!((3..7).all(|i| line[i].parse::<f64>().unwrap().to_bits() == value.to_bits()), "{line:?}");
        }
    }
}
