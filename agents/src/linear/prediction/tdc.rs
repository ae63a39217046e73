//! TDC, gradient TD with correction, and GTD2: they converge off-policy, at the price of a second weight per feature.
//!
//! Sutton, Maei, Precup, Bhatnagar, Silver, Szepesvári & Wiewiora 2009, "Fast Gradient-Descent Methods for
//! Temporal-Difference Learning with Linear Function Approximation"; Sutton & Barto 2018, section 11.7:
//!
//! ```text
//! δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ                     (xₜ₊₁ = 0 where sₜ₊₁ is terminal, here and below)
//! w ← w + α ρₜ (δₜ xₜ − γ xₜ₊₁ hᵀxₜ)              TDC
//! w ← w + α ρₜ (xₜ − γ xₜ₊₁) hᵀxₜ                 GTD2
//! h ← h + β ρₜ (δₜ − hᵀxₜ) xₜ,   ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ)
//! ```
//!
//! with h as it was in the update of w; S&B call it v. The projected Bellman error falls along the gradient.
//!
//! Deviations
//! 1. Step sizes may follow a schedule over the run.
//! 2. Several lanes update the same weights, one after the other in the order of lanes.

use gymkhana_envs::{Rng, params};

use super::{
    Predictor, Rule, Step, Weights,
    predictor::{add, dot},
};
use crate::{
    agent::{Recipe, Setup},
    entry::{Entry, Scope},
    error::Error,
    schedule::Schedule,
    tabular::Given,
};

params! {
    /// What TDC can be told.
    pub struct TdcConfig for "tdc" {
        /// step size of w, α
        learning_rate: Schedule = Schedule::Constant(0.005), in 0.0..=1.0;
        /// step size of h, β; larger than α
        beta: Schedule = Schedule::Constant(0.05), in 0.0..=1.0;
        /// whether w follows the update of GTD2 rather than that of TDC
        gtd2: bool = false, in ..;
        /// discount γ
        gamma: f64 = 0.99, in 0.0..=1.0;
        /// the policy whose values are learned, π, in all states alike
        policy: Given = Given::Random, in ..;
        /// the policy that is followed, b: it must do whatever π does, now and then
        behaviour: Given = Given::Random, in ..;
        /// what the weights w begin with: one number for all, or one for each feature; none is 0
        initial_weights: Vec<f64> = Vec::new(), in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry::feature_choice::<TdcConfig>(
    "gradient temporal-difference prediction with linear features, of a policy that need not be followed",
    "\
δₜ = rₜ₊₁ + γ wᵀxₜ₊₁ − wᵀxₜ                     (xₜ₊₁ = 0 where sₜ₊₁ is terminal, here and below)
w ← w + α ρₜ (δₜ xₜ − γ xₜ₊₁ hᵀxₜ)              TDC
w ← w + α ρₜ (xₜ − γ xₜ₊₁) hᵀxₜ                 GTD2
h ← h + β ρₜ (δₜ − hᵀxₜ) xₜ,   ρₜ = π(aₜ | sₜ) / b(aₜ | sₜ)",
    "Sutton et al. 2009, Fast Gradient-Descent Methods for Temporal-Difference Learning with Linear Function \
     Approximation; Sutton & Barto 2018, section 11.7",
)
.at("value/prediction/linear")
.only_for(Scope::Prediction);

/// The agent.
pub type Tdc = Predictor<TdcConfig>;

impl Recipe<f32, usize> for TdcConfig {
    type Agent = Tdc;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Tdc, Error> {
        Predictor::new(self, true, setup)
    }
}

impl Rule for TdcConfig {
    fn policies(&self) -> (&Given, &Given) {
        (&self.policy, &self.behaviour)
    }

    fn gamma(&self) -> f64 {
        self.gamma
    }

    fn initial_weights(&self) -> &[f64] {
        &self.initial_weights
    }

    fn learn(&self, weights: &mut Weights, step: &Step<'_>) {
        let [alpha, beta] = [self.learning_rate, self.beta].map(|size| size.at(step.taken, step.steps));
        let Weights { w, h, .. } = weights;
        let expected = dot(h, step.x); // of the error
        let along = if self.gtd2 { expected } else { step.delta };
        add(w, alpha * step.ratio * along, step.x);
        if let Some(x_next) = step.x_next {
            add(w, -alpha * step.ratio * self.gamma * expected, x_next);
        }
        add(h, beta * step.ratio * (step.delta - expected), step.x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one::{One, build, train};

    fn config(gtd2: bool) -> TdcConfig {
        TdcConfig { learning_rate: 0.25.into(), beta: 0.5.into(), gtd2, gamma: 0.5, ..TdcConfig::default() }
    }

    #[test]
    fn the_update_rules() {
        // x = (2, 0), x′ = (0, 1), h = (1, 1), δ = 3, ρ = 2: hᵀx = 2. TDC: w += ¼·2 (3·(2, 0) − ½·2·(0, 1)) = (3, −½).
        // GTD2: w += ½ ((2, 0) − ½ (0, 1)) 2 = (2, −½). Both: h += ½·2 (3 − 2) (2, 0) = (2, 0).
        let step = Step { x: &[2.0, 0.0], x_next: Some(&[0.0, 1.0]), delta: 3.0, ratio: 2.0, taken: 0, steps: 1 };
        let learnt = |gtd2, x_next| {
            let lanes = One { obs: [1.0_f32, 1.0], terminated: false, truncated: false }.lanes(1);
            let mut agent = build(&lanes, &config(gtd2), 1);
            agent.weights_mut().h = vec![1.0, 1.0];
            config(gtd2).learn(agent.weights_mut(), &Step { x_next, ..step });
            assert_eq!(agent.weights().h, [3.0, 1.0]);
            agent.weights().w.clone()
        };
        assert_eq!((learnt(false, step.x_next), learnt(true, step.x_next)), (vec![3.0, -0.5], vec![2.0, -0.5]));
        assert_eq!(learnt(false, None), [3.0, 0.0], "an end has no features");
    }

    #[test]
    fn a_truncated_step_bootstraps_and_a_terminated_one_does_not() {
        for gtd2 in [false, true] {
            let value = |terminated, truncated| {
                let mut lanes = One { obs: [1.0_f32], terminated, truncated }.lanes(1);
                let mut agent = build(&lanes, &TdcConfig { gamma: 0.9, ..config(gtd2) }, 20_000);
                train(&mut agent, &mut lanes, &mut Rng::new(0), 20_000);
                agent.weights().w[0]
            };
            assert!((value(false, true) - 10.0).abs() < 1e-9, "1/(1−γ) = 10, not {}", value(false, true));
            assert!((value(true, false) - 1.0).abs() < 1e-9);
            assert!((value(true, true) - 1.0).abs() < 1e-9, "both at once: termination decides");
        }
    }
}
