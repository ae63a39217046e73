//! Evaluation: how good is a policy, without exploration and without learning?

use anyhow::{Result, ensure};
use gymkhana_agents::Policy;
use gymkhana_envs::{Batch, Elem, Rng, Seeds, Space, View};
use serde::{Deserialize, Serialize};

use crate::{
    interrupt::{self, Interrupted},
    stats,
};

/// Returns of whole episodes.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// The undiscounted return of each episode.
    pub returns: Vec<f64>,
    /// The length of each episode, in steps.
    pub lengths: Vec<u32>,
    /// How many episodes were given up because they did not end.
    pub capped: usize,
}

impl Evaluation {
    /// Mean return.
    pub fn mean(&self) -> f64 {
        stats::mean(&self.returns)
    }

    /// Sample deviation of the returns; 0 for one episode.
    pub fn deviation(&self) -> f64 {
        stats::deviation(&self.returns)
    }

    /// Mean length in steps.
    pub fn mean_length(&self) -> f64 {
        self.lengths.iter().map(|&length| f64::from(length)).sum::<f64>() / self.lengths.len() as f64
    }
}

/// The policy that everything is compared with: acts at random, legally.
#[derive(Clone, Debug)]
pub struct Random(pub Space);

impl<O: Elem, A: Elem> Policy<O, A> for Random {
    fn act(&mut self, now: &View<'_, O>, rng: &mut Rng, act: &mut [A]) {
        now.act_at_random(&self.0, rng, act);
    }
}

/// The most lanes, at most 25, that share `episodes` evenly.
pub fn lanes_for(episodes: usize) -> usize {
    (1..=25).rev().find(|lanes| episodes.is_multiple_of(*lanes)).unwrap_or(1)
}

/// Runs whole episodes from a reset: an equal quota in every lane, since the first to finish would favour short ones.
///
/// Returns are of the environment's own rewards, whatever wrappers make of them. `own_limit` is the environment's own time limit; episodes that reach `cap` steps, the limit of the batch, without
/// it count as capped.
///
/// # Errors
/// If the environment breaks its contract, a return overflows, or the program is interrupted.
///
/// # Panics
/// If the lanes do not share the episodes evenly.
pub fn evaluate<B: Batch + ?Sized>(
    env: &mut B,
    policy: &mut dyn Policy<B::O, B::A>,
    episodes: usize,
    own_limit: Option<u32>,
    seeds: &Seeds,
    rng: &mut Rng,
) -> Result<Evaluation> {
    let lanes = env.lanes();
    assert!(episodes.is_multiple_of(lanes), "{lanes} lanes share {episodes} episodes evenly");
    let cap = env.spec().time_limit.filter(|cap| own_limit.is_none_or(|own| own > *cap));
    let mut left = vec![episodes / lanes; lanes];
    let (mut sum, mut length) = (vec![0.0; lanes], vec![0_u32; lanes]);
    let mut act = vec![B::A::default(); lanes * env.spec().actions.width()];
    let mut evaluation = Evaluation::default();

    env.reset(seeds)?;
    while left.iter().any(|&left| left > 0) {
        policy.act(&env.now(), rng, &mut act);
        env.step(&act)?;
        if interrupt::wanted() {
            return Err(Interrupted { step: 0 }.into());
        }
        let seen = env.seen(&act);
        for i in 0..lanes {
            if left[i] == 0 {
                continue;
            }
            sum[i] += seen.earned[i];
            length[i] += 1;
            if seen.ended(i) {
                ensure!(sum[i].is_finite(), "{}: an episode's return is {}", env.spec().id, sum[i]);
                evaluation.returns.push(sum[i]);
                evaluation.lengths.push(length[i]);
                evaluation.capped += usize::from(!seen.terminated[i] && Some(length[i]) == cap);
                (sum[i], length[i], left[i]) = (0.0, 0, left[i] - 1);
            }
        }
    }
    Ok(evaluation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::{Env, Lanes, Spec, Step};

    /// Ends after a number of steps drawn from 1 to 9; reward 1 per step. Action 1 never ends.
    #[derive(Clone)]
    struct Dice {
        left: usize,
        limit: Option<u32>,
    }

    impl Env for Dice {
        type Obs = usize;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec { time_limit: self.limit, ..Spec::new("Dice", Space::Discrete(1), Space::Discrete(2)) }
        }
        fn reset(&mut self, rng: &mut Rng) -> usize {
            self.left = 1 + rng.below(9);
            0
        }
        fn step(&mut self, action: usize, _: &mut Rng) -> Step<usize> {
            self.left = self.left.saturating_sub(1 - action);
            Step { obs: 0, reward: 1.0, terminated: self.left == 0, truncated: false }
        }
    }

    struct Always(usize);
    impl Policy<usize, usize> for Always {
        fn act(&mut self, _: &View<'_, usize>, _: &mut Rng, act: &mut [usize]) {
            act.fill(self.0);
        }
    }

    fn run(limit: Option<u32>, own: Option<u32>, action: usize) -> Evaluation {
        let mut env = Lanes::new(Dice { left: 0, limit }, 25, &Seeds::from(0)).unwrap();
        let (seeds, mut rng) = (Seeds::from(1), Rng::new(0));
        evaluate(&mut env, &mut Always(action), 10_000, own, &seeds, &mut rng).unwrap()
    }

    #[test]
    fn short_episodes_are_not_favoured() {
        let evaluation = run(None, None, 0);
        assert_eq!((evaluation.returns.len(), evaluation.capped), (10_000, 0));
        assert!((evaluation.mean() - 5.0).abs() < 0.1, "{}", evaluation.mean());
        assert_eq!(evaluation.mean(), evaluation.mean_length());
    }

    #[test]
    fn episodes_that_do_not_end_are_given_up_and_counted() {
        let evaluation = run(Some(50), None, 1);
        assert_eq!((evaluation.capped, evaluation.mean()), (10_000, 50.0));
        assert_eq!(run(Some(50), Some(50), 1).capped, 0, "the environment's own limit is no cap");
    }

    #[test]
    fn lanes_share_episodes_evenly() {
        assert_eq!([100, 20, 7, 97, 1].map(lanes_for), [25, 20, 7, 1, 1]);
    }
}
