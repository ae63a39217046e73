//! A trial: an agent learns in one lane of an environment, and is looked at on the way. Nothing is written and nothing
//! evaluated: it is what a section measures with, thousands of times.

use anyhow::{Context, Result};
use gymkhana_agents::{Agent, DeviceName, Metrics, Recipe, Setup, round};
use gymkhana_envs::{Batch, Decode, Encode, Env, Lanes, Rng, Transitions};

use crate::streams::Streams;

/// An agent in one lane of an environment. Its random streams are those of the run with that seed.
#[derive(Debug)]
pub struct Trial<B: Batch, G> {
    /// The agent.
    pub agent: G,
    /// The lane it learns in.
    pub lanes: B,
    /// The agent's random stream.
    pub rng: Rng,
    /// What the agent tells.
    pub log: Metrics,
    act: Vec<B::A>,
}

/// An episode that ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Its undiscounted return.
    pub total: f64,
    /// Its length in steps.
    pub length: u32,
}

impl<E, G> Trial<Lanes<E>, G>
where
    E: Env<Obs: Encode, Act: Decode> + Clone + Send,
    G: Agent<<E::Obs as Encode>::Elem, <E::Act as Decode>::Elem>,
{
    /// Of an environment and a configuration. `steps` is what the agent's schedules are fractions of.
    ///
    /// # Errors
    /// If the agent does not fit, or the environment breaks its contract.
    pub fn new<C>(env: E, config: &C, seed: u64, steps: u64) -> Result<Self>
    where
        C: Recipe<<E::Obs as Encode>::Elem, <E::Act as Decode>::Elem, Agent = G>,
    {
        Self::on(Lanes::new(env, 1, &Streams::new(seed).lanes())?, config, seed, steps)
    }
}

impl<B: Batch, G: Agent<B::O, B::A>> Trial<B, G> {
    /// In a batch of one's own, such as a wrapped one. It is reset by the seed.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn on<C>(mut lanes: B, config: &C, seed: u64, steps: u64) -> Result<Self>
    where
        C: Recipe<B::O, B::A, Agent = G>,
    {
        let streams = Streams::new(seed);
        lanes.reset(&streams.lanes())?;
        let setup = Setup { spec: lanes.spec(), lanes: lanes.lanes(), steps, device: DeviceName::default() };
        let agent = config.build(&setup, &mut streams.parameters()).with_context(|| format!("seed {seed}"))?;
        let act = vec![B::A::default(); lanes.lanes() * lanes.spec().actions.width()];
        Ok(Self { agent, lanes, rng: streams.agent(), log: Metrics::default(), act })
    }

    /// One round of every lane: act, step, learn. Gives what was seen.
    ///
    /// # Errors
    /// If learning diverges or the environment breaks its contract.
    #[inline]
    pub fn step(&mut self) -> Result<Transitions<'_, B::O, B::A>> {
        round(&mut self.agent, &mut self.lanes, &mut self.act, &mut self.rng, &mut self.log)?;
        Ok(self.lanes.seen(&self.act))
    }

    /// Goes on until the first lane's episode ends.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn episode(&mut self) -> Result<Episode> {
        let mut episode = Episode { total: 0.0, length: 0 };
        loop {
            let seen = self.step()?;
            episode.total += seen.earned[0];
            episode.length += 1;
            if seen.ended(0) {
                return Ok(episode);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_agents::tabular::QLearningConfig;
    use gymkhana_envs::{
        grid::{Gridworld, Rules},
        tabular::Finite,
    };

    #[test]
    fn a_trial_learns_and_is_the_same_by_the_same_seed() {
        let rules = Rules { step_reward: -1.0, goal_reward: -1.0, ..Rules::default() };
        let hall = Finite::new("Hall", Gridworld::new("S...G", rules).unwrap().table(), Some(1_000), None);
        let config = QLearningConfig { epsilon: 0.0.into(), ..QLearningConfig::default() };
        let run = |seed| {
            let mut trial = Trial::new(hall.clone(), &config, seed, 10_000).unwrap();
            (0..400).map(|_| trial.episode().unwrap()).collect::<Vec<_>>()
        };
        let episodes = run(3);
        assert_eq!(episodes.last(), Some(&Episode { total: -4.0, length: 4 }));
        assert!(episodes.iter().all(|episode| episode.total == -f64::from(episode.length)));
        assert_eq!(episodes, run(3));
        assert_ne!(episodes, run(4));
    }
}
