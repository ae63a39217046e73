//! Thompson sampling: each arm is pulled as often as it is believed to be best.
//!
//! Thompson 1933, "On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two Samples";
//! Russo et al. 2018, "A Tutorial on Thompson Sampling", algorithms 3.2 and 4.2:
//!
//! ```text
//! θ(a) ~ posterior of arm a,   A = argmaxₐ θ(a)
//! gaussian:  posterior N(m(a), σ²/n(a)),  prior n(a) = σ²/τ², m(a) = μ
//! bernoulli: posterior Beta(n(a) m(a), n(a) (1 − m(a))),  prior Beta(1, 1): n(a) = 2, m(a) = ½
//! both:      n(A) ← n(A) + 1,   m(A) ← m(A) + [R − m(A)] / n(A)
//! ```
//!
//! Deviations
//! 1. There are posteriors for each context that is observed.
//! 2. Bernoulli posteriors count a reward between 0 and 1 as that part of a success, where Agrawal & Goyal 2012 toss a coin
//!    with that probability; rewards outside are cut to 0 or 1.
//! 3. Several lanes update the one table, one after the other in the order of lanes.

use gymkhana_envs::{Params, Rng, State, Transitions, View, bandit::Rewards, params, params::above};

use super::{Pulls, pulls::horizon};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    math::choice,
    restore::restore,
};

params! {
    /// What Thompson sampling can be told.
    pub struct ThompsonConfig for "thompson" {
        /// how arms are believed to pay: gaussian round their value, or bernoulli, 1 with that probability and else 0
        rewards: Rewards = Rewards::Gaussian, in ..;
        /// standard deviation σ of a reward round its arm's value; only gaussian
        noise: f64 = 1.0, in above(0.0);
        /// what arms are believed to be worth before the first pull, μ; only gaussian
        prior_mean: f64 = 0.0, in ..;
        /// standard deviation τ of that belief; only gaussian
        prior_deviation: f64 = 1.0, in above(0.0);
        /// begin anew with each episode, where each is another bandit
        forget: bool = false, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<ThompsonConfig>(
    "arms as often as they are believed to be best: one draw of each posterior",
    "\
θ(a) ~ N(m(a), σ²/n(a)) or Beta(n(a) m(a), n(a) (1 − m(a))),   A = argmaxₐ θ(a)
n(A) ← n(A) + 1,   m(A) ← m(A) + [R − m(A)] / n(A)",
    "Thompson 1933, On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two \
     Samples; Russo et al. 2018, A Tutorial on Thompson Sampling",
)
.at("bandit/values")
.only_for(Scope::Bandit);

impl ThompsonConfig {
    /// The mean of the prior, and how many pulls it counts for.
    fn prior(&self) -> (f64, f64) {
        match self.rewards {
            Rewards::Gaussian => (self.prior_mean, (self.noise / self.prior_deviation).powi(2)),
            Rewards::Bernoulli => (0.5, 2.0),
        }
    }
}

impl Recipe<usize, usize> for ThompsonConfig {
    type Agent = Thompson;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Thompson, Error> {
        self.validate()?;
        horizon(Self::OWNER, self.forget, setup)?;
        let (mean, weight) = self.prior();
        let pulls = Pulls::new(Self::OWNER, setup.spec, mean, weight)?;
        Ok(Thompson { theta: vec![0.0; pulls.q.actions()], pulls, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct Thompson {
    pulls: Pulls,
    /// drawn for one lane
    theta: Vec<f64>,
    config: ThompsonConfig,
}

impl Thompson {
    /// The means of the posteriors, and what each counts for: its prior and its pulls.
    pub fn pulls(&self) -> &Pulls {
        &self.pulls
    }
}

impl Policy<usize, usize> for Thompson {
    #[inline]
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        if self.config.forget && now.first[0] {
            let (mean, weight) = self.config.prior();
            self.pulls.begin(mean, weight);
        }
        let (q, sigma) = (&self.pulls.q, self.config.noise);
        for (lane, arm) in act.iter_mut().enumerate() {
            let context = q.state(now.obs.row(lane));
            for ((theta, m), n) in self.theta.iter_mut().zip(q.row(context)).zip(self.pulls.n(context)) {
                *theta = match self.config.rewards {
                    Rewards::Gaussian => m + sigma / n.sqrt() * rng.normal(),
                    Rewards::Bernoulli => rng.beta(n * m, n * (1.0 - m)),
                };
            }
            *arm = choice::argmax(&self.theta, now.legal_in(lane));
        }
    }
}

impl Agent<usize, usize> for Thompson {
    #[inline]
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        for i in 0..seen.lanes() {
            let pull = [self.pulls.q.state(seen.was.obs.row(i)), seen.act.row(i)[0]];
            let reward = match self.config.rewards {
                Rewards::Gaussian => seen.reward[i],
                Rewards::Bernoulli => seen.reward[i].clamp(0.0, 1.0),
            };
            let error = self.pulls.learn(ENTRY.id, pull, reward, f64::recip)?;
            log.record("train/error", error.abs());
        }
        self.pulls.step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        match mode {
            Mode::Greedy => Box::new(self.pulls.q.clone()),
            Mode::Sample => {
                Box::new(Self { config: ThompsonConfig { forget: false, ..self.config.clone() }, ..self.clone() })
            }
        }
    }

    /// The greatest mean.
    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.pulls.q.values(now))
    }

    fn state(&self) -> State {
        State::of(&self.pulls)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let mut saved = self.pulls.clone();
        restore(&mut saved, state)?;
        let is_beta = |(m, n): (&f64, &f64)| n.is_finite() && n * m > 0.0 && n * (1.0 - m) > 0.0;
        if self.config.rewards == Rewards::Bernoulli && !saved.q.flat().iter().zip(&saved.n).all(is_beta) {
            return Err(gymkhana_envs::Error::State("a posterior that is not a Beta distribution".into()).into());
        }
        self.pulls = saved;
        Ok(())
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

    fn pulled(steps: usize, settings: &[(&str, &str)]) -> (f64, f64) {
        let mut lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let mut agent = build(&lanes, &ThompsonConfig::from_settings(settings.iter().copied()).unwrap(), 100);
        train(&mut agent, &mut lanes, &mut Rng::new(0), steps);
        (agent.pulls().q.row(0)[0], agent.pulls().n(0)[0])
    }

    #[test]
    fn the_posteriors() {
        // Precisions 1/τ² = 1 and 3 rewards of 1/σ² = 1: mean 3/4, variance 1/4.
        assert_eq!(pulled(3, &[]), (0.75, 4.0));
        // τ = ½, σ = 1: the prior counts for four; mean (4·6 + 1)/5 = 5.
        assert_eq!(pulled(1, &[("prior_mean", "6"), ("prior_deviation", "0.5")]), (5.0, 5.0));
        // Beta(1, 1) and three successes: Beta(4, 1), mean 4/5.
        assert_eq!(pulled(3, &[("rewards", "bernoulli")]), (0.8, 5.0));
        assert_eq!(pulled(9, &[("rewards", "bernoulli"), ("forget", "true")]).1, 3.0);
    }

    #[test]
    fn an_arm_is_pulled_as_often_as_it_is_believed_to_be_best() {
        let params = TestbedParams { arms: 2, ..TestbedParams::default() };
        let lanes = Lanes::new(Testbed::new(params).unwrap(), 1, &Seeds::from(0)).unwrap();
        let share = |rewards, q: [f64; 2], n: [f64; 2]| {
            let mut agent = build(&lanes, &ThompsonConfig { rewards, ..ThompsonConfig::default() }, 100);
            agent.pulls.q.row_mut(0).copy_from_slice(&q);
            agent.pulls.n.copy_from_slice(&n);
            let (mut rng, mut act, mut ones) = (Rng::new(1), [0], 0);
            for _ in 0..20_000 {
                agent.act(&View::new(Rows { flat: &[0], width: 1 }, &[true]), &mut rng, &mut act);
                ones += act[0];
            }
            ones as f64 / 20_000.0
        };
        // N(1, 1/2) is above N(0, 1/2) with probability Φ(1) = 0.8413; a share of 20,000 has a deviation of 0.0026.
        let gaussian = share(Rewards::Gaussian, [0.0, 1.0], [2.0, 2.0]);
        assert!((gaussian - 0.8413).abs() < 0.01, "{gaussian}");
        // Beta(2, 1) is above Beta(1, 1), uniform, with its mean's probability, 2/3.
        let bernoulli = share(Rewards::Bernoulli, [0.5, 2.0 / 3.0], [2.0, 3.0]);
        assert!((bernoulli - 2.0 / 3.0).abs() < 0.012, "{bernoulli}");
    }

    #[test]
    fn a_posterior_that_is_none_is_refused() {
        let lanes = One { obs: 0, terminated: true, truncated: false }.lanes(1);
        let config = ThompsonConfig { rewards: Rewards::Bernoulli, ..ThompsonConfig::default() };
        let mut agent = build(&lanes, &config, 100);
        let mut wrong = agent.pulls.clone();
        wrong.q.fill(-0.5);
        assert!(agent.set_state(&State::of(&wrong)).unwrap_err().to_string().contains("Beta"));
        assert_eq!(agent.pulls().q.row(0), [0.5]);
    }
}
