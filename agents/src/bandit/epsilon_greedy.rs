//! The ε-greedy bandit: the arm that seems best, and now and then any.
//!
//! Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed. 2018, sections 2.2 to 2.6:
//!
//! ```text
//! A = argmaxₐ Q(a) with probability 1 − ε, any arm with probability ε        (ties are broken at random)
//! N(A) ← N(A) + 1
//! Q(A) ← Q(A) + α [R − Q(A)]        α = 1/N(A): sample averages; α constant: newer rewards count for more
//! ```
//!
//! With ε = 0 it is greedy; with ε = 0, a constant α and an `initial_value` above what any arm pays it is optimistic: each
//! reward disappoints, and all arms are tried.
//!
//! Deviations
//! 1. There are estimates for each context that is observed (section 2.9). The testbed has one.
//! 2. ε and α may follow a schedule.
//! 3. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};

use super::{Pulls, StepSize, pulls::horizon};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    restore::restore,
    schedule::Schedule,
};

params! {
    /// What an ε-greedy bandit can be told.
    pub struct EpsilonGreedyBanditConfig for "epsilon-greedy" {
        /// step size α: `average` is 1/N(a), `unbiased 0.1` is 0.1 without the bias of the initial value
        learning_rate: StepSize = StepSize::Average, in 0.0..=1.0;
        /// exploration ε: the probability of a random arm; 0 is greedy
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(a) begins with; with a constant step size, more than any arm pays makes it try all
        initial_value: f64 = 0.0, in ..;
        /// begin anew with each episode, where each is another bandit; schedules then go over an episode
        forget: bool = false, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<EpsilonGreedyBanditConfig>(
    "the arm that seems best, and now and then any; greedy with epsilon=0, optimistic with initial_value=5",
    "\
A = argmaxₐ Q(a) with probability 1 − ε, any arm with probability ε
Q(A) ← Q(A) + α [R − Q(A)]        α = 1/N(A): sample averages; α constant: newer rewards count for more",
    "Sutton & Barto 2018, sections 2.2 to 2.6",
)
.at("bandit/values")
.only_for(Scope::Bandit);

impl Recipe<usize, usize> for EpsilonGreedyBanditConfig {
    type Agent = EpsilonGreedyBandit;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<EpsilonGreedyBandit, Error> {
        self.validate()?;
        let pulls = Pulls::new(Self::OWNER, setup.spec, self.initial_value, 0.0)?;
        Ok(EpsilonGreedyBandit { pulls, steps: horizon(Self::OWNER, self.forget, setup)?, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct EpsilonGreedyBandit {
    pulls: Pulls,
    /// of the whole run, or of an episode
    steps: u64,
    config: EpsilonGreedyBanditConfig,
}

impl EpsilonGreedyBandit {
    /// The estimates and counts.
    pub fn pulls(&self) -> &Pulls {
        &self.pulls
    }
}

impl Policy<usize, usize> for EpsilonGreedyBandit {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.pulls.begin(self.config.initial_value, 0.0);
        }
        let Pulls { q, step, .. } = &self.pulls;
        let epsilon = self.config.epsilon.at(*step, self.steps);
        for (lane, arm) in act.iter_mut().enumerate() {
            *arm = q.epsilon_greedy(q.state(now.obs.row(lane)), now.legal_in(lane), epsilon, rng);
        }
    }
}

impl Agent<usize, usize> for EpsilonGreedyBandit {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let (step, steps) = (self.pulls.step, self.steps);
        for i in 0..seen.lanes() {
            let pull = [self.pulls.q.state(seen.was.obs.row(i)), seen.act.row(i)[0]];
            let alpha = |n| self.config.learning_rate.at(n, step, steps);
            let error = self.pulls.learn(ENTRY.id, pull, seen.reward[i], alpha)?;
            log.record("train/error", error.abs());
        }
        self.pulls.step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        self.pulls.q.policy(mode, self.config.epsilon.at(self.pulls.step, self.steps))
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.pulls.q.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.pulls)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.pulls, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        bandit::{Testbed, TestbedParams},
    };

    /// One arm that pays 1, pulled so many times.
    fn pulled(steps: usize, settings: &[(&str, &str)]) -> (f64, f64) {
        let mut lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let config = EpsilonGreedyBanditConfig::from_settings(settings.iter().copied()).unwrap();
        let mut agent = build(&lanes, &config, 100);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        (agent.pulls().q.row(0)[0], agent.pulls().n(0)[0])
    }

    #[test]
    fn the_update_rule() {
        let initial = ("initial_value", "5");
        assert_eq!(pulled(1, &[initial]), (1.0, 1.0), "an average forgets what it began with");
        // 5 + ½ (1 − 5) = 3, 3 + ½ (1 − 3) = 2
        assert_eq!(pulled(2, &[initial, ("learning_rate", "0.5")]), (2.0, 2.0));
        assert_eq!(pulled(1, &[initial, ("learning_rate", "unbiased 0.5")]), (1.0, 1.0));
        // 5 + 1 (1 − 5) = 1 at the start of a schedule.
        assert_eq!(pulled(1, &[initial, ("learning_rate", "1 -> 0.5")]), (1.0, 1.0));
    }

    #[test]
    fn an_agent_that_forgets_begins_anew_with_each_episode() {
        // Every step ends an episode.
        assert_eq!(pulled(7, &[("forget", "true")]), (1.0, 1.0));
        assert_eq!(pulled(7, &[]), (1.0, 7.0));
    }

    #[test]
    fn optimism_tries_every_arm() {
        let settings = [("initial_value", "5"), ("learning_rate", "0.1"), ("epsilon", "0")];
        let config = EpsilonGreedyBanditConfig::from_settings(settings).unwrap();
        let mut lanes = Lanes::new(Testbed::new(TestbedParams::default()).unwrap(), 1, &Seeds::from(3)).unwrap();
        let mut agent = build(&lanes, &config, 1_000);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 10);
        assert_eq!(agent.pulls().n(0), [1.0; 10]);
        let mut greedy = build(
            &lanes,
            &EpsilonGreedyBanditConfig { epsilon: 0.0.into(), ..EpsilonGreedyBanditConfig::default() },
            1_000,
        );
        train(&mut greedy, &mut lanes, &mut Rng::new(0), 500);
        assert!(greedy.pulls().n(0).contains(&0.0) && lanes.lanes() == 1, "{:?}", greedy.pulls().n(0));
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let error = EpsilonGreedyBanditConfig::from_settings([("learning_rate", "unbiased 2")]).unwrap_err();
        assert_eq!(error.to_string(), "epsilon-greedy: `learning_rate=unbiased 2`: must be from 0 to 1");
    }
}
