//! What A2C and PPO share: a rollout of every lane, advantages, and updates on minibatches of it.

use gymkhana_envs::{Elem, Rng, Space, State, Transitions, View};
use serde::{Deserialize, Serialize};

use super::{
    head::Head,
    learner::{Learner, Plan, Samples, Saved},
    loss::{Objective, STATISTICS, Surrogate},
};
use crate::{
    agent::{Agent, Metrics, Mode, Policy, Setup},
    error::Error,
    math::advantage::{Segment, gae},
    memory::Rollout,
    networks::Networks,
    nn::tensors::to_vec,
    schedule::Schedule,
    watch::Watch,
};

/// A rollout of more numbers than this is a slip of the finger: it would fill the memory before it says anything.
const MOST_NUMBERS: usize = 1_000_000_000;

/// How A2C and PPO learn from a rollout.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose they are, for messages.
    pub owner: &'static str,
    /// Step size.
    pub learning_rate: Schedule,
    /// Discount γ.
    pub gamma: f64,
    /// λ of the advantages.
    pub gae_lambda: f64,
    /// Steps of each lane in a rollout.
    pub n_steps: usize,
    /// Rows per minibatch; all where there is no number.
    pub batch_size: Option<usize>,
    /// How often a rollout is gone through.
    pub n_epochs: usize,
    /// Whether the advantages of a minibatch are given mean 0 and deviation 1.
    pub normalize_advantage: bool,
    /// The loss.
    pub objective: Objective,
    /// How far the policy may be left by the clipped surrogate, over the run.
    pub clip_range: Schedule,
    /// Greatest Euclidean norm of the gradient.
    pub max_grad_norm: f64,
    /// The updates of a rollout stop where the policy has moved by 1.5 times this.
    pub target_kl: Option<f64>,
}

/// An agent that learns from rollouts.
#[derive(Clone, Debug)]
pub struct OnPolicy<H: Head> {
    learner: Learner<H>,
    rollout: Rollout<H::A>,
    settings: Settings,
    actions: Space,
    /// environment steps so far
    step: u64,
    /// environment steps of the whole run
    steps: u64,
    /// rollouts learned from so far
    update: u64,
}

/// Everything that learning goes on from, on the host.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct SavedAgent<A: Elem> {
    learner: Saved,
    rollout: Rollout<A>,
    step: u64,
    update: u64,
}

impl<H: Head> OnPolicy<H> {
    /// For the lanes and spaces of a setup; `rng` draws the first parameters.
    ///
    /// # Errors
    /// If the device does not work, or networks or rollout are too large.
    pub fn new(settings: Settings, plan: &Plan<'_>, head: H, setup: &Setup<'_>, rng: &mut Rng) -> Result<Self, Error> {
        let (width, action_width) = (setup.spec.observations.width(), head.width());
        let row = 2 * width + head.outputs() + action_width + 8;
        if settings.n_steps.saturating_mul(setup.lanes).saturating_mul(row) > MOST_NUMBERS {
            let (name, value) = ("n_steps".into(), settings.n_steps.to_string());
            let why = format!("a rollout of {} lanes has more than {MOST_NUMBERS} numbers", setup.lanes);
            return Err(gymkhana_envs::Error::Parameter { owner: settings.owner.into(), name, value, why }.into());
        }
        let rollout = Rollout::new(settings.n_steps, setup.lanes, width, action_width);
        let learner = Learner::new(plan, head, setup, rng)?;
        Ok(Self {
            learner,
            rollout,
            settings,
            actions: setup.spec.actions.clone(),
            step: 0,
            steps: setup.steps,
            update: 0,
        })
    }

    /// Learns from a full rollout; `now` is what its last steps led to.
    fn update(&mut self, now: &View<'_, f32>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let Self { learner, rollout, settings, step, steps, .. } = self;
        let rows = rollout.rows();
        let values = learner.values(rollout.obs());
        let Settings { gamma, gae_lambda, .. } = *settings;
        let advantages = advantages(learner, rollout, &values, now.obs.flat, gamma, gae_lambda);
        let [advantage, target, value] = columns(&advantages, &values);
        let unknown = vec![0.0; rows];
        let mut samples = Samples {
            obs: rollout.obs(),
            actions: rollout.actions(),
            legal: rollout.legal(),
            log_prob: &unknown,
            advantage: &advantage,
            target: &target,
            value: &value,
        };

        let (alpha, mut objective) = (settings.learning_rate.at(*step, *steps), settings.objective);
        let log_prob;
        if let Surrogate::Clipped(epsilon) = &mut objective.surrogate {
            *epsilon = settings.clip_range.at(*step, *steps);
            log_prob = learner.log_probs(&samples);
            samples.log_prob = &log_prob;
        }
        let batch_size = settings.batch_size.unwrap_or(rows).min(rows);
        let (mut order, mut sum, mut updates) = ((0..rows).collect::<Vec<_>>(), None, 0_u32);
        'update: for _ in 0..settings.n_epochs {
            if batch_size < rows {
                shuffle(&mut order, rng);
            }
            for minibatch in order.chunks(batch_size) {
                let (gradient, statistics) =
                    learner.gradient(&samples, minibatch, settings.normalize_advantage, &objective);
                updates += 1;
                sum = Some(sum.map_or_else(|| statistics.clone(), |sum| sum + statistics.clone()));
                if settings.target_kl.is_some_and(|most| f64::from(to_vec(statistics)[3]) > 1.5 * most) {
                    break 'update;
                }
                learner.step(gradient, settings.max_grad_norm, alpha);
            }
        }
        learner.refresh();
        self.update += 1;
        let watch = self.watch();
        for (name, sum) in STATISTICS.into_iter().zip(sum.map(to_vec).unwrap_or_default()) {
            log.record(name, watch.number(name.trim_start_matches("train/"), f64::from(sum) / f64::from(updates))?);
        }
        log.record("train/explained_variance", explained_variance(&value, &target));
        log.record("train/learning_rate", alpha);
        self.learner.check(&watch)
    }

    fn watch(&self) -> Watch {
        Watch {
            agent: self.settings.owner,
            step: self.step,
            update: self.update,
            learning_rate: self.settings.learning_rate.at(self.step, self.steps),
            max_grad_norm: Some(self.settings.max_grad_norm),
        }
    }
}

/// The advantage of every row of a full rollout, from the values of its rows; `now` is what its last steps led to, lanes ×
/// width.
pub fn advantages<H: Head>(
    learner: &Learner<H>,
    rollout: &Rollout<H::A>,
    values: &[f64],
    now: &[f32],
    gamma: f64,
    lambda: f64,
) -> Vec<f64> {
    let (now, cut) = (learner.values(now), learner.values(rollout.cut_obs()));
    let mut next_values = Vec::with_capacity(values.len());
    rollout.next_values(values, &now, &cut, &mut next_values);
    let discounts: Vec<_> = rollout.discounts(gamma).collect();
    let mut advantages = vec![0.0; values.len()];
    for lane in rollout.lanes() {
        let segment = Segment {
            lanes: 1,
            rewards: &rollout.reward()[lane.clone()],
            discounts: &discounts[lane.clone()],
            values: &values[lane.clone()],
            next_values: &next_values[lane.clone()],
            ends: &rollout.ended()[lane.clone()],
        };
        gae(&segment, lambda, &mut advantages[lane]);
    }
    advantages
}

/// Advantages Â, λ-returns Â + v, and values v, in 32 bits.
pub fn columns(advantages: &[f64], values: &[f64]) -> [Vec<f32>; 3] {
    let narrow = |x: &[f64]| x.iter().map(|x| *x as f32).collect();
    let targets: Vec<_> = advantages.iter().zip(values).map(|(a, v)| a + v).collect();
    [narrow(advantages), narrow(&targets), narrow(values)]
}

/// Any order, each equally likely (Fisher and Yates).
pub(super) fn shuffle(order: &mut [usize], rng: &mut Rng) {
    for i in (1..order.len()).rev() {
        order.swap(i, rng.below(i + 1));
    }
}

/// The part of the targets' variance that the values account for, 1 − Var(G − v)/Var(G): 1 at best, and 0 where a constant
/// would be as good.
pub(super) fn explained_variance(values: &[f32], targets: &[f32]) -> f64 {
    let variance = |x: &mut dyn Iterator<Item = f64>| {
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        x.for_each(|x| (n, sum, squares) = (n + 1.0, sum + x, squares + x * x));
        squares / n - (sum / n) * (sum / n)
    };
    let wide = |x: &f32| f64::from(*x);
    let errors = variance(&mut targets.iter().zip(values).map(|(target, value)| wide(target) - wide(value)));
    1.0 - errors / variance(&mut targets.iter().map(wide))
}

impl<H: Head> Policy<f32, H::A> for OnPolicy<H> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [H::A]) {
        self.learner.actor.act(now, rng, act);
    }
}

impl<H: Head> Agent<f32, H::A> for OnPolicy<H> {
    fn learn(&mut self, seen: &Transitions<'_, f32, H::A>, rng: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        self.rollout.push(seen, self.learner.actor.drawn());
        self.step += seen.lanes() as u64;
        if self.rollout.is_full() {
            self.update(&seen.now, rng, log)?;
            self.rollout.clear();
        }
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, H::A>> {
        self.learner.actor.acting(mode)
    }

    fn check(&self) -> Result<(), Error> {
        self.learner.check(&self.watch())
    }

    fn values(&self, now: &View<'_, f32>) -> Option<Vec<f64>> {
        Some(self.learner.values(now.obs.flat))
    }

    fn state(&self) -> State {
        let (learner, rollout) = (self.learner.saved(), self.rollout.clone());
        State::of(&SavedAgent { learner, rollout, step: self.step, update: self.update })
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let saved: SavedAgent<H::A> = state.get()?;
        if !saved.rollout.fits(&self.rollout, &self.actions) {
            return Err(gymkhana_envs::Error::State("a rollout of another shape".into()).into());
        }
        self.learner.restore(saved.learner)?;
        (self.rollout, self.step, self.update) = (saved.rollout, saved.step, saved.update);
        Ok(())
    }

    fn networks(&self) -> Option<Networks> {
        Some(self.learner.networks())
    }

    fn set_networks(&mut self, networks: &Networks) -> Result<(), Error> {
        self.learner.set_networks(networks)
    }

    fn policy_state(&self) -> State {
        self.learner.policy_state()
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        self.learner.set_policy_state(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_values_explain_of_returns() {
        assert_eq!(explained_variance(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), 1.0);
        assert_eq!(explained_variance(&[5.0, 5.0], &[1.0, 3.0]), 0.0);
        // errors −1 and 1: variance 1 of 1; off by a constant is explained
        assert_eq!(explained_variance(&[2.0, 4.0], &[1.0, 3.0]), 1.0);
        assert_eq!(explained_variance(&[3.0, 1.0], &[1.0, 3.0]), -3.0);
    }

    #[test]
    fn orders_have_every_row_once() {
        let (mut order, mut rng) = ((0..50).collect::<Vec<_>>(), Rng::new(1));
        shuffle(&mut order, &mut rng);
        assert!(order != (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
