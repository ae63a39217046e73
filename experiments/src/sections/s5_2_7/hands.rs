//! What hands of blackjack are worth, exactly: dynamic programming on the table that tells naturals from other hands of 21.

use anyhow::Result;
use gymkhana_agents::planning::{
    PolicyIteration, PolicyTable, Solve,
    backup::{action_values, from_start},
    evaluate,
};
use gymkhana_envs::tabular::{Blackjack, BlackjackParams, TabularModel, blackjack::Seen};

/// All hands that a player can have: hard sums from 4 and soft ones from 12.
fn all() -> impl Iterator<Item = Seen> {
    let sums = (4..=21).map(|sum| (sum, false)).chain((12..=21).map(|sum| (sum, true)));
    sums.flat_map(|(sum, usable_ace)| (1..=10).map(move |dealer| Seen { sum, dealer, usable_ace }))
}

/// The hands of which Sutton & Barto's figure 5.2 tells how to play them.
pub(super) fn of_the_figure() -> impl Iterator<Item = Seen> {
    all().filter(|seen| seen.sum >= 12)
}

/// What hands are worth by a policy.
#[derive(Debug)]
pub(super) struct Hands {
    /// by state of the table
    values: Vec<f64>,
    /// by state and action
    q: Vec<f64>,
    /// Before the cards are dealt.
    pub(super) start: f64,
}

impl Hands {
    /// By the best policy.
    pub(super) fn best(rules: &BlackjackParams) -> Result<Self> {
        let table = Blackjack::new(rules.clone())?.table();
        let solution = PolicyIteration { gamma: 1.0, ..PolicyIteration::default() }.solve(&table, &mut || true)?;
        Ok(Self::with(&table, solution.values))
    }

    /// By a policy that tells whether to stick. What is done with soft 21 is done with a natural too: they look alike.
    pub(super) fn by(rules: &BlackjackParams, sticks: impl Fn(Seen) -> bool) -> Result<Self> {
        let table = Blackjack::new(rules.clone())?.table();
        let mut policy = vec![0; table.states()];
        for seen in all() {
            let (state, action) = (Blackjack::state_of(seen), usize::from(!sticks(seen)));
            policy[state] = action;
            if seen.usable_ace && seen.sum == 21 {
                policy[state + 1] = action; // the natural
            }
        }
        let values = evaluate(&table, &PolicyTable::deterministic(&policy, 2), 1.0)?;
        Ok(Self::with(&table, values))
    }

    fn with(table: &dyn TabularModel, values: Vec<f64>) -> Self {
        Self { q: action_values(table, &values, 1.0), start: from_start(table, &values), values }
    }

    /// V of a hand.
    pub(super) fn value(&self, seen: Seen) -> f64 {
        self.values[Blackjack::state_of(seen)]
    }

    /// Whether sticking is at least as good as hitting.
    pub(super) fn sticks(&self, seen: Seen) -> bool {
        let state = Blackjack::state_of(seen);
        self.q[2 * state] >= self.q[2 * state + 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_worth_what_is_printed() {
        let rules = BlackjackParams::default();
        let (best, twenty) = (Hands::best(&rules).unwrap(), Hands::by(&rules, |seen| seen.sum >= 20).unwrap());
        assert!((best.start - -0.0431).abs() <= 0.000_05, "{}", best.start);
        let hand = Seen { sum: 13, dealer: 2, usable_ace: true };
        assert!((twenty.value(hand) - -0.2772).abs() <= 0.000_05, "{}", twenty.value(hand));
        let again = Hands::by(&rules, |seen| best.sticks(seen)).unwrap();
        assert!((again.start - best.start).abs() < 1e-12);
        assert_eq!((of_the_figure().count(), all().count()), (200, 280));
    }
}
