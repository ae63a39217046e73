//! Upper confidence bounds: the arm that might be best.
//!
//! Auer, Cesa-Bianchi & Fischer 2002, "Finite-time Analysis of the Multiarmed Bandit Problem", UCB1; as Sutton & Barto
//! 2018, section 2.7, have it:
//!
//! ```text
//! Aₜ = argmaxₐ [Q(a) + c √(ln t / N(a))]        (an arm with N(a) = 0 comes first; ties are broken at random)
//! N(Aₜ) ← N(Aₜ) + 1,   Q(Aₜ) ← Q(Aₜ) + [Rₜ − Q(Aₜ)] / N(Aₜ)
//! ```
//!
//! UCB1 has c = √2, for rewards in [0, 1].
//!
//! Deviations
//! 1. t counts the pulls in the context that is observed, this one included, and there are estimates for each
//!    (section 2.9).
//! 2. Several lanes update the one table, one after the other in the order of lanes; within a step they do not yet know
//!    of each other.
//! 3. The greedy policy takes the greatest Q(a), without the bonus.
//! 4. The step size can be another than 1/N(a), which is `average`: a constant α for arms that change.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};

use super::{Pulls, StepSize, pulls::horizon};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::{bandit::upper_bound, choice},
    restore::restore,
};

params! {
    /// What UCB can be told.
    pub struct UcbConfig for "ucb" {
        /// width c of the bounds; √2 is UCB1, for rewards from 0 to 1
        c: f64 = 2.0, in 0.0..;
        /// step size α: `average` is 1/N(a); a constant for arms that change
        learning_rate: StepSize = StepSize::Average, in 0.0..=1.0;
        /// begin anew with each episode, where each is another bandit; schedules then go over an episode
        forget: bool = false, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<UcbConfig>(
    "the arm whose upper confidence bound is greatest",
    "\
Aₜ = argmaxₐ [Q(a) + c √(ln t / N(a))]        (an arm with N(a) = 0 comes first)
Q(Aₜ) ← Q(Aₜ) + α [Rₜ − Q(Aₜ)]                 α = 1/N(Aₜ), or as it is told",
    "Auer, Cesa-Bianchi & Fischer 2002, Finite-time Analysis of the Multiarmed Bandit Problem; Sutton & Barto 2018, \
     section 2.7",
)
.at("bandit/values")
.only_for(Scope::Bandit);

impl Recipe<usize, usize> for UcbConfig {
    type Agent = Ucb;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Ucb, Error> {
        self.validate()?;
        let pulls = Pulls::new(Self::OWNER, setup.spec, 0.0, 0.0)?;
        let bounds = vec![0.0; pulls.q.actions()];
        Ok(Ucb { pulls, bounds, steps: horizon(Self::OWNER, self.forget, setup)?, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Ucb {
    pulls: Pulls,
    /// those of one context, while an arm is chosen
    bounds: Vec<f64>,
    /// of the whole run, or of an episode
    steps: u64,
    config: UcbConfig,
}

impl Ucb {
    /// The estimates and counts.
    pub fn pulls(&self) -> &Pulls {
        &self.pulls
    }
}

impl Policy<usize, usize> for Ucb {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            self.pulls.begin(0.0, 0.0);
        }
        let (c, Pulls { q, .. }) = (self.config.c, &self.pulls);
        for (lane, arm) in act.iter_mut().enumerate() {
            let context = q.state(now.obs.row(lane));
            let (q, n) = (q.row(context), self.pulls.n(context));
            let ln_t = (1.0 + n.iter().sum::<f64>()).ln();
            for (bound, (q, n)) in self.bounds.iter_mut().zip(q.iter().zip(n)) {
                *bound = upper_bound(*q, *n, c, ln_t);
            }
            *arm = choice::argmax_random(&self.bounds, now.legal_in(lane), rng);
        }
    }
}

impl Agent<usize, usize> for Ucb {
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
        match mode {
            Mode::Greedy => Box::new(self.pulls.q.clone()),
            Mode::Sample => {
                Box::new(Self { config: UcbConfig { forget: false, ..self.config.clone() }, ..self.clone() })
            }
        }
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
        Lanes, Rows, Seeds,
        bandit::{Testbed, TestbedParams},
    };

    /// The arm that is pulled next, after these estimates and counts.
    fn next(q: &[f64], n: &[f64], c: f64) -> usize {
        let lanes = Lanes::new(Testbed::new(TestbedParams::default()).unwrap(), 1, &Seeds::from(0)).unwrap();
        let mut agent = build(&lanes, &UcbConfig { c, ..UcbConfig::default() }, 100);
        agent.pulls.q.fill(-1e9);
        agent.pulls.n.fill(1e9);
        agent.pulls.q.row_mut(0)[..q.len()].copy_from_slice(q);
        agent.pulls.n[..n.len()].copy_from_slice(n);
        let mut act = [0];
        agent.act(&View::new(Rows { flat: &[0], width: 1 }, &[true]), &mut Rng::new(0), &mut act);
        act[0]
    }

    #[test]
    fn a_bound_is_wide_where_little_is_known() {
        // t ≈ 8·10⁹, ln t = 22.8: √(22.8/4) = 2.39, √(22.8/16) = 1.19, so that arm 1 is ahead by 1.19 c.
        assert_eq!([0.5, 1.0, 2.0].map(|c| next(&[1.0, 0.0], &[16.0, 4.0], c)), [0, 1, 1]);
        assert_eq!(next(&[1.0, 0.0], &[16.0, 4.0], 0.0), 0, "greedy");
        assert_eq!(next(&[1.0, -5.0], &[16.0, 0.0], 0.0), 1, "never pulled");
    }

    #[test]
    fn the_first_pulls_try_every_arm_and_averages_are_kept() {
        let mut lanes = Lanes::new(Testbed::new(TestbedParams::default()).unwrap(), 1, &Seeds::from(3)).unwrap();
        let mut agent = build(&lanes, &UcbConfig::default(), 1_000);
        train(&mut agent, &mut lanes, &mut Rng::new(0), 10);
        assert_eq!(agent.pulls().n(0), [1.0; 10]);
        let mut lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        for (forget, pulls) in [(false, 5.0), (true, 1.0)] {
            let mut agent = build(&lanes, &UcbConfig { forget, ..UcbConfig::default() }, 1_000);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 5);
            assert_eq!((agent.pulls().q.row(0), agent.pulls().n(0)), (&[1.0][..], &[pulls][..]));
        }
    }
}
