//! Blackjack as a table, over states that also say whether 21 are a natural: for exact values. No agent sees them.

use super::{
    blackjack::{Blackjack, Seen},
    table::{Outcome, Table},
};

/// Hands of a player: a hard sum of 4 to 21, a soft one of 12 to 21, a natural.
const HARD: usize = 18;
const SOFT: usize = 10;
const HANDS: usize = HARD + SOFT + 1;
/// The game is over.
const OVER: usize = 10 * HANDS;

/// Cards and their probabilities.
fn cards() -> impl Iterator<Item = (usize, f64)> {
    (1..=10).map(|card| (card, if card == 10 { 4.0 / 13.0 } else { 1.0 / 13.0 }))
}

/// The sum after a card, and whether an ace counts 11 in it.
fn after((sum, usable): (usize, bool), card: usize) -> (usize, bool) {
    match sum + card {
        sum if card == 1 && !usable && sum + 10 <= 21 => (sum + 10, true),
        sum if sum > 21 && usable => (sum - 10, false),
        sum => (sum, usable),
    }
}

/// The state's number in which this is seen by a player who has, or has not, a natural.
fn number(seen: Seen, natural: bool) -> usize {
    let hand = match seen {
        _ if natural => HARD + SOFT,
        Seen { sum, usable_ace: true, .. } => HARD + sum - 12,
        Seen { sum, .. } => sum - 4,
    };
    (seen.dealer - 1) * HANDS + hand
}

/// What is seen in a state, and whether it is a natural. Nothing when the game is over.
fn seen(state: usize) -> Option<(Seen, bool)> {
    let (dealer, hand) = (state / HANDS + 1, state % HANDS);
    let (sum, usable_ace) = match hand {
        hand if hand < HARD => (hand + 4, false),
        hand if hand < HARD + SOFT => (hand - HARD + 12, true),
        _ => (21, true),
    };
    (state < OVER).then_some((Seen { sum, dealer, usable_ace }, hand == HARD + SOFT))
}

/// The probabilities of the dealer's scores, 0 above 21, and of a natural: 22 here.
fn dealer(shown: usize) -> [f64; 23] {
    fn draw(hand: (usize, bool), first: bool, share: f64, all: &mut [f64; 23]) {
        for (card, p) in cards() {
            match after(hand, card) {
                (21, _) if first => all[22] += share * p,
                (sum, _) if sum > 21 => all[0] += share * p,
                (sum, _) if sum >= 17 => all[sum] += share * p,
                hand => draw(hand, false, share * p, all),
            }
        }
    }
    let mut all = [0.0; 23];
    draw(after((0, false), shown), true, 1.0, &mut all);
    all
}

impl Blackjack {
    /// The table over states that say all: 290, and one for the end. Actions: 0 stick, 1 hit.
    pub fn table(&self) -> Table {
        let dealers: Vec<_> = (1..=10).map(dealer).collect();
        let mut start = vec![0.0; OVER + 1];
        for ((shown, p), (first, q), (second, r)) in
            cards().flat_map(|a| cards().flat_map(move |b| cards().map(move |c| (a, b, c))))
        {
            let (sum, usable_ace) = after(after((0, false), first), second);
            start[number(Seen { sum, dealer: shown, usable_ace }, sum == 21)] += p * q * r;
        }
        Table::new(start, 2, |state, action| {
            let end = |probability, reward| Outcome { probability, next: OVER, reward, terminated: true };
            let Some((now, natural)) = seen(state) else { return vec![end(1.0, 0.0)] };
            if action == 0 {
                let mut rewards: Vec<Outcome> = Vec::new();
                for (score, &p) in dealers[now.dealer - 1].iter().enumerate().filter(|(_, p)| **p > 0.0) {
                    let reward = self.rules().settle((now.sum, natural), (score.min(21), score == 22));
                    match rewards.iter_mut().find(|outcome| outcome.reward == reward) {
                        Some(outcome) => outcome.probability += p,
                        None => rewards.push(end(p, reward)),
                    }
                }
                return rewards;
            }
            let hit = |(card, p): (usize, f64)| {
                let (sum, usable_ace) = after((now.sum, now.usable_ace), card);
                let next = || number(Seen { sum, usable_ace, ..now }, false);
                if sum > 21 {
                    end(p, -1.0)
                } else {
                    Outcome { probability: p, next: next(), reward: 0.0, terminated: false }
                }
            };
            cards().map(hit).collect()
        })
    }

    /// The state of the table in which this is seen, without a natural.
    ///
    /// # Panics
    /// If nobody is dealt such a hand: hard sums go from 4 to 21, soft ones from 12 to 21, the dealer's card from 1 to 10.
    pub fn state_of(seen: Seen) -> usize {
        let least = if seen.usable_ace { 12 } else { 4 };
        assert!((least..=21).contains(&seen.sum) && (1..=10).contains(&seen.dealer), "no such hand: {seen:?}");
        number(seen, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        env::Env,
        rng::Rng,
        tabular::{
            BlackjackParams,
            testing::{assert_is_a_model, evaluate, from_start},
        },
    };

    #[test]
    fn the_numbers_of_states_and_what_is_seen_in_them_belong_together() {
        for state in 0..OVER {
            let (seen, natural) = seen(state).unwrap();
            assert_eq!(number(seen, natural), state);
        }
        assert_eq!((seen(OVER), after((12, true), 10), after((5, false), 1)), (None, (12, false), (16, true)));
        assert_eq!(
            (after((20, true), 1), after((20, false), 1), after((11, false), 1)),
            ((21, true), (21, false), (12, false))
        );
    }

    #[test]
    fn it_is_the_game_that_is_played() {
        for (sab, natural) in [(true, false), (false, false), (false, true)] {
            let mut env = Blackjack::new(BlackjackParams { sab, natural }).unwrap();
            let table = env.table();
            assert_is_a_model(&table);
            // Hit up to 16, as the dealer does.
            let hits = |sum| sum < 17;
            let exact = evaluate(&table, 1.0, |state, action| {
                let hit = seen(state).is_some_and(|(seen, _)| hits(seen.sum));
                f64::from(u8::from(hit == (action == 1)))
            });
            let (exact, games) = (from_start(&table, &exact), 400_000);
            let (mut rng, mut sum) = (Rng::new(5), 0.0);
            for _ in 0..games {
                let mut now = env.reset(&mut rng);
                loop {
                    let step = env.step(usize::from(hits(now.sum)), &mut rng);
                    now = step.obs;
                    sum += step.reward;
                    if step.terminated {
                        break;
                    }
                }
            }
            // A game's return has a deviation of 0.95: three times that of the mean.
            assert!((sum / f64::from(games) - exact).abs() < 0.0045, "{} {exact}", sum / f64::from(games));
        }
    }
}
