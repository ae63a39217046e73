//! Off-policy Monte Carlo control: the greedy policy is learned while another one is followed, by weighted importance
//! sampling.
//!
//! Sutton & Barto 2018, section 5.7. At the end of an episode, backwards, with W = 1 at first,
//!
//! ```text
//! Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0
//! C(sₜ, aₜ) ← C(sₜ, aₜ) + W,  Q(sₜ, aₜ) ← Q(sₜ, aₜ) + W/C(sₜ, aₜ) [Gₜ − Q(sₜ, aₜ)]
//! π(sₜ) ← argmaxₐ Q(sₜ, a);  no further where aₜ is not π(sₜ), otherwise  W ← W / b(aₜ | sₜ)
//! ```
//!
//! The behaviour b is ε-greedy: with ε = 1 all actions are equally likely.
//!
//! Deviations
//! 1. ε may follow a schedule over the run.
//! 2. With a step size α what is old is forgotten: C ← (1 − α) C + W.
//! 3. Where an episode is truncated, the last return is the greatest value of the state that was reached.
//! 4. Several lanes update the one table, one after the other in the order of lanes.
//! 5. Of actions that are equally good π and b take the first.

use gymkhana_envs::{Params, Rng, State, Transitions, View, params};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Metrics, Mode, Policy, Recipe, Setup},
    entry::Entry,
    error::Error,
    math::{choice, importance::weighted_mean},
    restore::{Shaped, restore},
    schedule::Schedule,
    tabular::{Known, QTable, path::Paths},
};

params! {
    /// What off-policy Monte Carlo control can be told.
    pub struct OffPolicyMcControlConfig for "off-policy-mc-control" {
        /// step size α by which older returns are forgotten; none: all count
        learning_rate: Option<f64> = None, in 0.0..=1.0;
        /// discount γ
        gamma: f64 = 1.0, in 0.0..=1.0;
        /// exploration ε: the probability of a random action
        epsilon: Schedule = Schedule::Constant(0.1), in 0.0..=1.0;
        /// what Q(s, a) begins with
        initial_value: f64 = 0.0, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::index_choice::<OffPolicyMcControlConfig>(
    "control from the returns of another policy, by weighted importance sampling, with a table",
    "\
Gₜ = rₜ₊₁ + γ Gₜ₊₁,   G_T = 0;  backwards, with W = 1 at first:
C(sₜ, aₜ) ← C(sₜ, aₜ) + W,  Q(sₜ, aₜ) ← Q(sₜ, aₜ) + W/C(sₜ, aₜ) [Gₜ − Q(sₜ, aₜ)]
π(sₜ) ← argmaxₐ Q(sₜ, a);  no further where aₜ is not π(sₜ), otherwise  W ← W / b(aₜ | sₜ)",
    "Sutton & Barto 2018, section 5.7",
)
.at("value/control/monte-carlo");

impl Recipe<usize, usize> for OffPolicyMcControlConfig {
    type Agent = OffPolicyMcControl;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<OffPolicyMcControl, Error> {
        self.validate()?;
        let known = Known::new(Self::OWNER, setup.spec, self.initial_value)?;
        let cells = known.q.flat().len();
        let paths = Paths::new(cells, setup.lanes);
        let learnt = Learnt { known, paths, weights: vec![0.0; cells], legal: vec![true; cells] };
        Ok(OffPolicyMcControl { learnt, chances: vec![1.0; setup.lanes], steps: setup.steps, config: self.clone() })
    }
}

/// The agent.
#[derive(Clone, Debug)]
pub struct OffPolicyMcControl {
    learnt: Learnt,
    /// room for b(aₜ | sₜ) in each lane
    chances: Vec<f64>,
    /// of the whole run
    steps: u64,
    config: OffPolicyMcControlConfig,
}

/// What changes by learning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learnt {
    known: Known,
    /// of state and action, each with 1/b(aₜ | sₜ)
    paths: Paths,
    /// C(s, a)
    weights: Vec<f64>,
    /// whether it was legal when the state was last seen
    legal: Vec<bool>,
}

impl Shaped for Learnt {
    fn same_shape(&self, other: &Self) -> bool {
        let lens = |learnt: &Self| (learnt.weights.len(), learnt.legal.len());
        self.known.same_shape(&other.known) && self.paths.same_shape(&other.paths) && lens(self) == lens(other)
    }
}

impl OffPolicyMcControl {
    /// The action values.
    pub fn q(&self) -> &QTable {
        &self.learnt.known.q
    }
}

/// How likely an action is by the ε-greedy policy that takes the first of equally good ones.
fn chance(q: &[f64], legal: Option<&[bool]>, epsilon: f64, action: usize) -> f64 {
    let n = legal.map_or(q.len(), |legal| legal.iter().filter(|legal| **legal).count());
    let greedy = if choice::argmax(q, legal) == action { 1.0 - epsilon } else { 0.0 };
    greedy + epsilon / n as f64
}

/// The behaviour.
#[derive(Clone, Debug)]
struct Behaviour {
    q: QTable,
    epsilon: f64,
}

fn behave(q: &QTable, epsilon: f64, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
    for (lane, action) in act.iter_mut().enumerate() {
        let (row, legal) = (q.row(q.state(now.obs.row(lane))), now.legal_in(lane));
        *action = if choice::explores(epsilon, rng) {
            choice::uniform(row.len(), legal, rng)
        } else {
            choice::argmax(row, legal)
        };
    }
}

impl Policy<usize, usize> for Behaviour {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        behave(&self.q, self.epsilon, now, rng, act);
    }
}

impl Policy<usize, usize> for OffPolicyMcControl {
    fn act(&mut self, now: &View<'_, usize>, rng: &mut Rng, act: &mut [usize]) {
        let Known { q, step } = &self.learnt.known;
        behave(q, self.config.epsilon.at(*step, self.steps), now, rng, act);
    }
}

impl Agent<usize, usize> for OffPolicyMcControl {
    fn learn(&mut self, seen: &Transitions<'_, usize, usize>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        let OffPolicyMcControlConfig { gamma, learning_rate, epsilon, .. } = self.config;
        let Learnt { known: Known { q, step }, paths, weights, legal } = &mut self.learnt;
        let (alpha, epsilon) = (learning_rate.unwrap_or(0.0), epsilon.at(*step, self.steps));
        // All lanes were acted in by the values as they are now: updates come after.
        for (i, b) in self.chances.iter_mut().enumerate() {
            let row = q.row(q.state(seen.was.obs.row(i)));
            *b = chance(row, seen.was.legal_in(i), epsilon, seen.act.row(i)[0]);
        }
        for i in 0..seen.lanes() {
            let path = paths.lane(i, seen.was.first[i]);
            let state = q.state(seen.was.obs.row(i));
            path.push(q.cell(state, seen.act.row(i)[0]), seen.reward[i], 1.0 / self.chances[i]);
            if let Some(mask) = seen.was.legal_in(i) {
                legal[q.cell(state, 0)..][..q.actions()].copy_from_slice(mask);
            }
            if !seen.ended(i) {
                continue;
            }
            let v_end = choice::max(q.row(q.state(seen.next(i))), seen.next_legal(i));
            let (mut g, mut w) = (if seen.terminated[i] { 0.0 } else { v_end }, 1.0);
            let mut learned = 0;
            for t in (0..path.len()).rev() {
                let cell = path.cells[t];
                g = path.rewards[t] + gamma * g;
                let value = &mut q.flat_mut()[cell];
                log.record("train/return_error", (g - *value).abs());
                let mean = weighted_mean(*value, &mut weights[cell], w, g, alpha);
                *value = Error::finite(ENTRY.id, "an action value", mean, *step)?;
                learned += 1;
                let (state, action) = (cell / q.actions(), cell % q.actions());
                if choice::argmax(q.row(state), Some(&legal[q.cell(state, 0)..][..q.actions()])) != action {
                    break;
                }
                w *= path.ratios[t];
            }
            log.record("train/steps_learned_from", f64::from(learned));
            path.clear();
        }
        *step += seen.lanes() as u64;
        Ok(())
    }

    fn policy(&self, mode: Mode) -> Box<dyn Policy<usize, usize>> {
        let Known { q, step } = &self.learnt.known;
        match mode {
            Mode::Greedy => Box::new(q.clone()),
            Mode::Sample => Box::new(Behaviour { q: q.clone(), epsilon: self.config.epsilon.at(*step, self.steps) }),
        }
    }

    fn values(&self, now: &View<'_, usize>) -> Option<Vec<f64>> {
        Some(self.q().values(now))
    }

    fn state(&self) -> State {
        State::of(&self.learnt)
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt, state)
    }

    fn policy_state(&self) -> State {
        State::of(&self.learnt.known)
    }

    fn set_policy_state(&mut self, state: &State) -> Result<(), Error> {
        restore(&mut self.learnt.known, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};
    use gymkhana_envs::{
        Batch, Lanes, Seeds,
        tabular::{Finite, Outcome, Table},
    };
    use std::sync::Arc;

    #[test]
    fn the_update_rule() {
        // Three steps, from 0 to 1 to 2 to the end: by action 0 for 1, 2 and 4, by action 1 for 0, 0 and 8.
        let table = Table::new(vec![1.0, 0.0, 0.0], 2, |state, action| {
            let reward = [[1.0, 2.0, 4.0], [0.0, 0.0, 8.0]][action][state];
            [Outcome { probability: 1.0, next: (state + 1).min(2), reward, terminated: state == 2 }]
        });
        let mut lanes = Lanes::new(Finite::new("Stairs", Arc::new(table), None, None), 1, &Seeds::from(0)).unwrap();
        let config = OffPolicyMcControlConfig { gamma: 0.5, epsilon: 0.5.into(), ..Default::default() };
        let mut agent = build(&lanes, &config, 9);
        let mut episode = |actions: [usize; 3]| {
            for action in actions {
                lanes.step(&[action]).unwrap();
                agent.learn(&lanes.seen(&[action]), &mut Rng::new(0), &mut Metrics::default()).unwrap();
            }
            [agent.q().flat(), &agent.learnt.weights[..]].map(<[f64]>::to_vec)
        };
        let close = |[q, c]: [Vec<f64>; 2], right: [[f64; 6]; 2]| {
            let near = |found: &[f64], right: &[f64]| found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near(&q, &right[0]) && near(&c, &right[1]), "{q:?} {c:?}, not {right:?}");
        };
        // b is ¾ for the first of equally good actions: W = 1, 4/3, 16/9, and G = 4, 2 + ½·4 = 4, 1 + ½·4 = 3.
        close(episode([0, 0, 0]), [[3.0, 0.0, 4.0, 0.0, 4.0, 0.0], [16.0 / 9.0, 0.0, 4.0 / 3.0, 0.0, 1.0, 0.0]]);
        // The last action is found to be best, and b was ¼: W = 1, 4, 16/3, and G = 8, 6, 4.
        // Q(1, 0) = 4 + 4/(4/3 + 4) (6 − 4) = 5.5, Q(0, 0) = 3 + (16/3)/(16/9 + 16/3) (4 − 3) = 3.75
        let third = [3.75, 0.0, 5.5, 0.0, 4.0, 8.0];
        close(episode([0, 0, 1]), [third, [64.0 / 9.0, 0.0, 16.0 / 3.0, 0.0, 1.0, 1.0]]);
        // By now b is ¾ for it. G = 8, then 0 + ½·8 = 4 < 5.5: not what π does, and the first step is not learned from.
        let fourth = [3.75, 0.0, 5.5, 4.0, 4.0, 8.0];
        close(episode([0, 1, 1]), [fourth, [64.0 / 9.0, 0.0, 16.0 / 3.0, 4.0 / 3.0, 1.0, 2.0]]);
    }

    #[test]
    fn how_likely_the_behaviour_is() {
        let q = [1.0, 3.0, 3.0];
        // ε/3, and the first of the best has 1 − ε more.
        assert_eq!([0, 1, 2].map(|action| chance(&q, None, 0.75, action)), [0.25, 0.5, 0.25]);
        assert_eq!([0, 2].map(|action| chance(&q, Some(&[true, false, true]), 0.5, action)), [0.25, 0.75]);
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        let config =
            OffPolicyMcControlConfig { learning_rate: Some(0.5), gamma: 0.9, ..OffPolicyMcControlConfig::default() };
        let value = |terminated, truncated| {
            let mut lanes = One { obs: 0, terminated, truncated }.lanes(1);
            let mut agent = build(&lanes, &config, 2_000);
            train(&mut agent, &mut lanes, &mut Rng::new(0), 2_000);
            agent.q().row(0)[0]
        };
        assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10");
        assert_eq!(value(true, false), 1.0);
        assert_eq!(value(true, true), 1.0, "both at once: termination decides");
    }
}
