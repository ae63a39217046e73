//! Blackjack solved exactly. It is finite, but no table of states and actions: whether 21 are two cards, a natural, is not
//! seen. Dynamic programming over hands does it all the same.
//!
//! Sutton & Barto 2018, example 5.1, with the rules of Gymnasium's `Blackjack-v1`: cards are drawn with replacement, the
//! dealer hits up to 16.
//!
//! ```text
//! V(stick) = P(the dealer has less or is bust) − P(the dealer has more)
//! V(hit)   = Σ p(card) V(the hand with the card),  −1 above 21
//! ```

use gymkhana_envs::tabular::BlackjackParams;

/// The chance of a card from 1 (an ace) to 10.
fn chance(card: usize) -> f64 {
    if card == 10 { 4.0 / 13.0 } else { 1.0 / 13.0 }
}

/// A hand: its sum, and whether an ace counts 11 in it.
type Hand = (usize, bool);

fn with((sum, ace): Hand, card: usize) -> Hand {
    let (sum, ace) = if card == 1 && sum + 11 <= 21 { (sum + 11, true) } else { (sum + card, ace) };
    if sum > 21 && ace { (sum - 10, false) } else { (sum, ace) }
}

/// How likely a dealer with a hand comes to 17, 18, 19, 20, 21, or is bust.
fn dealt(hand: Hand) -> [f64; 6] {
    let mut ends = [0.0; 6];
    if hand.0 >= 17 {
        ends[if hand.0 > 21 { 5 } else { hand.0 - 17 }] = 1.0;
        return ends;
    }
    for card in 1..=10 {
        let after = dealt(with(hand, card));
        ends.iter_mut().zip(after).for_each(|(end, after)| *end += chance(card) * after);
    }
    ends
}

/// What hands are worth, and what was done with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Hands {
    /// by sum, dealer's card and usable ace: sticking, hitting, and what is done
    values: Vec<[f64; 3]>,
    /// Before the cards are dealt.
    pub start: f64,
}

fn place(sum: usize, dealer: usize, ace: bool) -> usize {
    (sum * 11 + dealer) * 2 + usize::from(ace)
}

impl Hands {
    /// The value of a hand from 4 to 21 (from 12 with a usable ace) against a dealer's card from 1 (an ace) to 10. One of 21
    /// is worth what it is if it is no natural.
    ///
    /// # Panics
    /// If there are no such cards.
    pub fn value(&self, sum: usize, dealer: usize, ace: bool) -> f64 {
        self.values[place(sum, dealer, ace)][2]
    }

    /// The values of sticking and of hitting.
    ///
    /// # Panics
    /// As [`value`](Self::value).
    pub fn actions(&self, sum: usize, dealer: usize, ace: bool) -> [f64; 2] {
        let [stick, hit, _] = self.values[place(sum, dealer, ace)];
        [stick, hit]
    }

    /// Whether sticking is at least as good as hitting.
    ///
    /// # Panics
    /// As [`value`](Self::value).
    pub fn sticks(&self, sum: usize, dealer: usize, ace: bool) -> bool {
        let [stick, hit] = self.actions(sum, dealer, ace);
        stick >= hit
    }

    /// Under a policy that tells from (sum, dealer's card, usable ace) whether to stick.
    pub fn of(rules: &BlackjackParams, sticks: impl Fn(usize, usize, bool) -> bool) -> Self {
        Self::by(rules, |hand, dealer, [stick, hit]| if sticks(hand.0, dealer, hand.1) { stick } else { hit })
    }

    /// Under the best policy.
    pub fn best(rules: &BlackjackParams) -> Self {
        Self::by(rules, |_, _, [stick, hit]| stick.max(hit))
    }

    fn by(rules: &BlackjackParams, choose: impl Fn(Hand, usize, [f64; 2]) -> f64) -> Self {
        let mut hands = Self { values: vec![[0.0; 3]; 22 * 11 * 2], start: 0.0 };
        for dealer in 1..=10 {
            let ends = dealt(with((0, false), dealer));
            // A card can lead from a small sum to a usable ace, and from there to a large sum without one.
            let order = (11..=21).rev().map(|sum| (sum, false));
            let order = order.chain((12..=21).rev().map(|sum| (sum, true)));
            for hand in order.chain((2..=10).rev().map(|sum| (sum, false))) {
                let less: f64 = (17..=21).zip(ends).filter(|(end, _)| *end < hand.0).map(|(_, p)| p).sum();
                let more: f64 = (17..=21).zip(ends).filter(|(end, _)| *end > hand.0).map(|(_, p)| p).sum();
                let drawn = |card| match with(hand, card) {
                    (sum, ace) if sum <= 21 => hands.value(sum, dealer, ace),
                    _ => -1.0,
                };
                let both = [less + ends[5] - more, (1..=10).map(|card| chance(card) * drawn(card)).sum()];
                let value = choose(hand, dealer, both);
                hands.values[place(hand.0, dealer, hand.1)] = [both[0], both[1], value];
            }
            // A natural is stuck on, or thrown away by a policy that hits.
            let pair = [0.0, 4.0 / 13.0, 1.0 / 13.0][match dealer {
                1 => 1,
                10 => 2,
                _ => 0,
            }];
            let stick = match (rules.sab, rules.natural) {
                (true, _) => 1.0 - pair,
                (false, true) => 1.5 * (1.0 - ends[4]),
                (false, false) => 1.0 - ends[4],
            };
            let natural = choose((21, true), dealer, [stick, hands.actions(21, dealer, true)[1]]);
            for (first, second) in (1..=10).flat_map(|first| (1..=10).map(move |second| (first, second))) {
                let (sum, ace) = with(with((0, false), first), second);
                let value = if sum == 21 { natural } else { hands.value(sum, dealer, ace) };
                hands.start += chance(dealer) * chance(first) * chance(second) * value;
            }
        }
        hands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAB: BlackjackParams = BlackjackParams { sab: true, natural: false };

    #[test]
    fn the_best_policy_by_each_set_of_rules() {
        let start = |sab, natural| Hands::best(&BlackjackParams { sab, natural }).start;
        let found = [start(true, false), start(false, false), start(false, true)];
        for (found, printed) in found.iter().zip([-0.0431, -0.0466, -0.0257]) {
            assert!((found - printed).abs() <= 0.000_05, "{found}, not {printed}");
        }
    }

    #[test]
    fn when_to_stick() {
        let best = Hands::best(&SAB);
        for dealer in 1..=10 {
            // Aces are above tens.
            let (hard, soft) = match dealer {
                2 | 3 => (13, 18),
                4..=6 => (12, 18),
                7 | 8 => (17, 18),
                _ => (17, 19),
            };
            for sum in 12..=21 {
                assert_eq!(best.sticks(sum, dealer, false), sum >= hard, "hard {sum} against {dealer}");
                assert_eq!(best.sticks(sum, dealer, true), sum >= soft, "soft {sum} against {dealer}");
            }
        }
    }

    #[test]
    fn a_policy_that_sticks_on_twenty() {
        let hands = Hands::of(&SAB, |sum, _, _| sum >= 20);
        let value = hands.value(13, 2, true);
        assert!((value - -0.2772).abs() <= 0.000_05, "{value}");
        assert!(hands.start < Hands::best(&SAB).start);
    }

    #[test]
    fn hands_and_the_dealers_end() {
        assert_eq!(
            (with((10, false), 1), with((21, true), 5), with((16, false), 10)),
            ((21, true), (16, false), (26, false))
        );
        let ends = dealt((10, false));
        assert!((ends.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // From 16 a dealer draws once: 17 to 21 by ace to 5, bust by the other eight of thirteen.
        assert!(
            dealt((16, false)).iter().zip([1, 1, 1, 1, 1, 8]).all(|(p, n)| (p - f64::from(n) / 13.0).abs() < 1e-15)
        );
    }
}
