//! `gymkhana bench train`: how long whole trainings of networks take. They are configurations of registered agents, and go
//! through the registries, the wrappers and the round that every run goes through.

use std::time::Instant;

use anyhow::Result;
use gymkhana_agents::{Agent, Metrics, any_agent, registry as agents, round};
use gymkhana_envs::{Batch, Elem, Registry, Rng, registry::Settings};
use serde_json::json;

use super::{TIMES, chosen, duration};
use crate::{
    cli::{
        check_env::millions,
        out::{columns, say},
    },
    config::{EvaluationPlan, RunConfig},
    interrupt::{self, Interrupted},
    launch, stats,
    streams::Streams,
};

/// A training whose time is measured.
pub(super) struct Training {
    pub(super) name: &'static str,
    about: &'static str,
    agent: &'static str,
    settings: Settings<'static>,
    env: &'static str,
    wrappers: &'static [&'static str],
    lanes: usize,
    /// steps before the clock starts
    warm_up: u64,
    /// steps that are timed
    steps: u64,
}

/// All of them. `benches/peers` measures the same trainings in other libraries.
pub(super) const TRAININGS: &[Training] = &[
    Training {
        name: "ppo-cartpole",
        about: "PPO on 8 CartPole-v1, 10 rollouts of 256 steps, minibatches of 64, 10 epochs; one rollout to warm up",
        agent: "ppo",
        settings: &[
            ("n_steps", "256"),
            ("batch_size", "64"),
            ("n_epochs", "10"),
            ("hidden", "64,64"),
            ("activation", "tanh"),
            ("learning_rate", "0.0003"),
            ("optimizer_epsilon", "1e-5"),
            ("clip_range", "0.2"),
            ("gamma", "0.99"),
            ("gae_lambda", "0.95"),
            ("normalize_advantage", "true"),
            ("vf_coef", "0.5"),
            ("ent_coef", "0"),
            ("max_grad_norm", "0.5"),
        ],
        env: "CartPole-v1",
        wrappers: &[],
        lanes: 8,
        warm_up: 2_048,
        steps: 20_480,
    },
    Training {
        name: "dqn-cartpole",
        about: "DQN on one CartPole-v1, an update of 64 transitions each 4 steps; 1,024 random steps to warm up",
        agent: "dqn",
        settings: &[
            ("hidden", "64,64"),
            ("activation", "tanh"),
            ("learning_rate", "0.00025"),
            ("adam_epsilon", "1e-5"),
            ("loss", "squared"),
            ("batch_size", "64"),
            ("train_frequency", "4"),
            ("gradient_steps", "1"),
            ("target_interval", "1000"),
            ("epsilon", "0.1"),
            ("gamma", "0.99"),
            ("buffer_size", "10000"),
            ("learning_starts", "1024"),
            ("max_grad_norm", "10"),
        ],
        env: "CartPole-v1",
        wrappers: &[],
        lanes: 1,
        warm_up: 1_024,
        steps: 4_096,
    },
    Training {
        name: "ppo-pendulum",
        about: "PPO on 4 Pendulum-v1, 75 rollouts of 1,024 steps, minibatches of 256, 2 epochs, observations normalised",
        agent: "ppo",
        settings: &[
            ("n_steps", "1024"),
            ("batch_size", "256"),
            ("n_epochs", "2"),
            ("hidden", "64,64"),
            ("activation", "relu"),
            ("learning_rate", "0.001"),
            ("optimizer_epsilon", "1e-7"),
            ("clip_range", "0.2"),
            ("gamma", "0.9"),
            ("gae_lambda", "0.95"),
            ("normalize_advantage", "true"),
            ("ent_coef", "0"),
            ("log_std_init", "-0.6931471805599453"), // a deviation of ½
        ],
        env: "Pendulum-v1",
        wrappers: &["normalize-observation"],
        lanes: 4,
        warm_up: 0,
        steps: 307_200,
    },
];

impl Training {
    fn config(&self, envs: &Registry) -> Result<RunConfig> {
        let settings = (agents::find(self.agent)?.check)(self.settings)?;
        let steps = self.warm_up + self.steps;
        Ok(RunConfig {
            agent: self.agent.into(),
            agent_settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            env: self.env.into(),
            given: false,
            env_settings: launch::env_values(envs, self.env, &crate::config::Values::new())?,
            init: None,
            wrappers: self.wrappers.iter().map(ToString::to_string).collect(),
            steps,
            lanes: self.lanes,
            device: "flex".into(),
            log_every: steps,
            evaluation: EvaluationPlan::for_steps(steps),
            until: None,
        })
    }

    /// Seconds of the timed steps, in a training with that seed.
    fn seconds(&self, seed: u64) -> Result<f64> {
        let (envs, streams) = (Registry::standard(), Streams::new(seed));
        let config = self.config(&envs)?;
        let lanes = launch::environment(&envs, &config)?.batch(config.lanes, &streams.lanes())?;
        let batch = launch::wrapped(lanes, &config)?;
        let (entry, agent) = (agents::find(self.agent)?, launch::build_agent(&config, batch.spec(), seed)?);
        any_agent!(agent, agent => {
            let batch = entry.batch_for(&*agent, batch)?;
            timed(agent, batch, streams.agent(), [self.warm_up, self.steps])
        })
    }
}

/// Goes through the first steps, then through the others by the clock.
fn timed<O: Elem, A: Elem>(
    mut agent: Box<dyn Agent<O, A>>,
    mut batch: Box<dyn Batch<O = O, A = A>>,
    mut rng: Rng,
    [warm_up, steps]: [u64; 2],
) -> Result<f64> {
    let (lanes, mut log) = (batch.lanes(), Metrics::default());
    let mut act = vec![A::default(); lanes * batch.spec().actions.width()];
    let mut go = |steps: u64| {
        let rounds = 0..steps.div_ceil(lanes as u64);
        rounds.into_iter().try_for_each(|_| round(&mut *agent, &mut *batch, &mut act, &mut rng, &mut log))
    };
    go(warm_up)?;
    let begun = Instant::now();
    go(steps)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Measures the trainings of these names, or all.
pub(super) fn main(names: &[String], as_json: bool) -> Result<()> {
    let mut measured = Vec::new();
    for training in chosen(names, TRAININGS, |training| training.name)? {
        let once = |seed| {
            if interrupt::wanted() {
                return Err(Interrupted { step: 0 }.into());
            }
            training.seconds(seed)
        };
        measured.push((training, (0..TIMES as u64).map(once).collect::<Result<Vec<f64>>>()?));
    }
    if as_json {
        let one = |(training, runs): &(&Training, Vec<f64>)| {
            json!({
                "workload": training.name, "median_seconds": stats::median(runs), "runs": runs,
                "steps": training.steps, "about": training.about,
            })
        };
        return say(&serde_json::to_string_pretty(&measured.iter().map(one).collect::<Vec<_>>())?);
    }
    let row = |(training, runs): &(&Training, Vec<f64>)| {
        let (median, best) = (stats::median(runs), runs.iter().copied().fold(f64::INFINITY, f64::min));
        let pace = millions(training.steps as f64 / median);
        let about = training.about.to_owned();
        vec![training.name.to_owned(), training.steps.to_string(), duration(median), duration(best), pace, about]
    };
    say(&columns(&["training", "steps", "takes", "best", "steps per second", ""], measured.iter().map(row).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_training_is_a_run_of_whole_rounds() {
        let envs = Registry::standard();
        for training in TRAININGS {
            launch::check(&envs, &training.config(&envs).unwrap()).unwrap();
            let lanes = training.lanes as u64;
            assert!(
                training.warm_up.is_multiple_of(lanes) && training.steps.is_multiple_of(lanes),
                "{}",
                training.name
            );
        }
    }
}
