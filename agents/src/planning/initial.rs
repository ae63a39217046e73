//! The values that sweeps begin with.

use std::ops::RangeBounds;

use gymkhana_envs::{params::Value, tabular::TabularModel};

/// The values that sweeps begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initial {
    /// 0 for every state.
    Zero,
    /// What no state can be worth less than: the smallest reward for ever. Sweeps then only raise values, and an action
    /// whose worth is not known yet is not taken for a good one: what is known travels from the ends of episodes along
    /// the best way, in one sweep if its order allows it. From 0 a cost has to be paid again and again until all that is
    /// not known has sunk to what it is worth. With γ = 1 there is no such bound, and it is `Zero`.
    #[default]
    Lower,
}

impl Initial {
    const ALL: [(&str, Self); 2] = [("zero", Self::Zero), ("lower", Self::Lower)];

    /// The value of every state to begin with.
    pub(super) fn value(self, model: &dyn TabularModel, gamma: f64) -> f64 {
        if self == Self::Zero || gamma >= 1.0 {
            return 0.0;
        }
        let (mut least, mut ends) = (f64::INFINITY, false);
        for (state, action) in
            (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)))
        {
            for outcome in model.outcomes(state, action).iter().filter(|outcome| outcome.probability > 0.0) {
                least = least.min(outcome.reward);
                ends |= outcome.terminated;
            }
        }
        // Nothing comes after an end, which is better than a cost and worse than a gain.
        let least = if ends { least.min(0.0) } else { least };
        if least.is_finite() { least / (1.0 - gamma) } else { 0.0 }
    }
}

impl Value for Initial {
    type Bound = String;
    fn kind() -> String {
        "zero or lower".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| text == *name);
        found.map(|(_, initial)| *initial).ok_or_else(|| format!("neither {}", Self::kind().replace("or", "nor")))
    }
    fn show(&self) -> String {
        Self::ALL.iter().find(|(_, initial)| initial == self).map_or("lower", |(name, _)| name).into()
    }
    fn within(&self, range: &impl RangeBounds<String>) -> bool {
        range.contains(&self.show())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gymkhana_envs::tabular::{Outcome, Table};

    #[test]
    fn no_state_is_worth_less() {
        let model = |rewards: [f64; 2], terminated| {
            Table::new(vec![1.0], 2, move |_, action| {
                [Outcome { probability: 1.0, next: 0, reward: rewards[action], terminated: terminated && action == 1 }]
            })
        };
        let value = |rewards, terminated| Initial::Lower.value(&model(rewards, terminated), 0.75);
        assert_eq!([value([2.0, 3.0], false), value([2.0, 3.0], true), value([-2.0, 3.0], true)], [8.0, 0.0, -8.0]);
        assert_eq!(Initial::Lower.value(&model([2.0, 3.0], false), 1.0), 0.0);
        assert_eq!(Initial::Zero.value(&model([2.0, 3.0], false), 0.75), 0.0);
        for (name, initial) in Initial::ALL {
            assert_eq!((Initial::parse(name), initial.show().as_str()), (Ok(initial), name));
        }
        assert_eq!(Initial::parse("upper"), Err("neither zero nor lower".into()));
    }
}
