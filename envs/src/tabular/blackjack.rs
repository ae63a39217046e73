//! Blackjack against a dealer who draws up to 17: Sutton & Barto, "Reinforcement Learning: An Introduction", 2nd ed.
//! 2018, example 5.1, with the rules and the random draws of Gymnasium's `Blackjack-v1`.
//!
//! An observation does not say whether 21 are two cards, a natural. The table, in `blackjack_table.rs`,
//! has states that do.

use std::sync::Arc;

use crate::{
    entry::{Entry, Made, typed, values},
    env::{Encode, Env, Step},
    error::Error,
    params,
    params::Params,
    render::{Frame, Render, Text, Tone},
    rng::Rng,
    space::Space,
    spec::Spec,
    state::State,
};

params! {
    /// Which rules hold.
    pub struct BlackjackParams for "Blackjack-v1" {
        /// Sutton & Barto's rules: a natural wins unless the dealer has one too
        sab: bool = true, in ..;
        /// whether winning with a natural pays 1.5; only with sab=false
        natural: bool = false, in ..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "Blackjack-v1",
    family: "finite",
    about: "draw cards up to 21, but not beyond, against a dealer",
    details: "\
Observation: the player's sum (0 to 31), the card that the dealer shows (1, an ace, to 10), and whether an ace of the
player's counts 11 (0 or 1). Actions: 0 stick, 1 hit. Cards are drawn with replacement: 1 to 10, where 10 is four times
as likely. The dealer hits up to 16. Reward at the end: 1 won, 0 drawn, −1 lost; terminates above 21 and on sticking.
With `sab` a natural (an ace and a ten at once) wins unless the dealer has one too, as in the book and in Gymnasium. The
best policy is worth −0.0431. The same seed gives Gymnasium's cards.",
    source: "Sutton & Barto 2018, example 5.1; Gymnasium's Blackjack-v1",
    params: BlackjackParams::list,
    check: values::<BlackjackParams>,
    make: |settings| {
        let env = Blackjack::new(typed(settings)?)?;
        let table = Arc::new(env.table());
        Ok(Made::shown(env).with_model(table).with_actions(&["stick", "hit"]))
    },
};

impl BlackjackParams {
    /// What a player gets whose score (0 above 21) and whether it is a natural are the first pair, against a dealer's.
    pub(super) fn settle(&self, (player, natural): (usize, bool), (dealer, dealers): (usize, bool)) -> f64 {
        let reward = f64::from(i8::from(player > dealer) - i8::from(player < dealer));
        if self.sab && natural && !dealers {
            1.0
        } else if !self.sab && self.natural && natural && reward == 1.0 {
            1.5
        } else {
            reward
        }
    }
}

/// What a player sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// the player's sum, 0 to 31
    pub sum: usize,
    /// the dealer's first card, 1 to 10
    pub dealer: usize,
    /// whether an ace of the player's counts 11
    pub usable_ace: bool,
}

impl Encode for Seen {
    type Elem = usize;
    const WIDTH: usize = 3;
    #[inline]
    fn encode(&self, row: &mut [usize]) {
        row.copy_from_slice(&[self.sum, self.dealer, usize::from(self.usable_ace)]);
    }
}

/// The most cards in a hand: 21 aces, and one card too many.
const MOST: usize = 22;

/// Cards, each from 1 (an ace) to 10.
#[derive(Clone, Copy, Debug, Default)]
struct Hand {
    cards: [u8; MOST],
    count: usize,
}

impl Hand {
    fn cards(&self) -> &[u8] {
        &self.cards[..self.count]
    }

    fn draw(&mut self, rng: &mut Rng) {
        // Thirteen faces, of which jack, queen and king are ten.
        self.cards[self.count] = (rng.below(13) as u8 + 1).min(10);
        self.count += 1;
    }

    /// Two cards.
    fn deal(rng: &mut Rng) -> Self {
        let mut hand = Self::default();
        hand.draw(rng);
        hand.draw(rng);
        hand
    }

    /// The sum, and whether an ace counts 11 in it.
    fn sum(&self) -> (usize, bool) {
        let sum = self.cards().iter().map(|&card| usize::from(card)).sum::<usize>();
        let usable = self.cards().contains(&1) && sum + 10 <= 21;
        (if usable { sum + 10 } else { sum }, usable)
    }

    /// The sum, or 0 if it is above 21.
    fn score(&self) -> usize {
        let sum = self.sum().0;
        if sum > 21 { 0 } else { sum }
    }

    fn is_natural(&self) -> bool {
        matches!(self.cards(), [1, 10] | [10, 1])
    }
}

/// The environment.
#[derive(Clone, Debug)]
pub struct Blackjack {
    player: Hand,
    dealer: Hand,
    /// whether the game is over, and the dealer's cards are on the table; no step depends on it
    over: bool,
    params: BlackjackParams,
}

impl Blackjack {
    /// An empty table; the first reset deals.
    ///
    /// # Errors
    /// None so far: both parameters may be anything.
    pub fn new(params: BlackjackParams) -> Result<Self, Error> {
        params.validate()?;
        Ok(Self { player: Hand::default(), dealer: Hand::default(), over: false, params })
    }

    /// The player's cards in the order in which they came, 1 (an ace) to 10.
    pub fn player(&self) -> &[u8] {
        self.player.cards()
    }

    /// The dealer's cards, of which the player sees the first.
    pub fn dealer(&self) -> &[u8] {
        self.dealer.cards()
    }

    fn look(&self) -> Seen {
        let (sum, usable_ace) = self.player.sum();
        Seen { sum, dealer: self.dealer.cards[0].into(), usable_ace }
    }

    /// What the player gets on sticking, once the dealer has drawn.
    fn settle(&self) -> f64 {
        let hand = |hand: &Hand| (hand.score(), hand.is_natural());
        self.params.settle(hand(&self.player), hand(&self.dealer))
    }

    /// Which rules hold.
    pub(super) fn rules(&self) -> &BlackjackParams {
        &self.params
    }
}

impl Env for Blackjack {
    type Obs = Seen;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Blackjack-v1", Space::MultiDiscrete(vec![32, 11, 2]), Space::Discrete(2))
    }

    fn reset(&mut self, rng: &mut Rng) -> Seen {
        self.dealer = Hand::deal(rng);
        self.player = Hand::deal(rng);
        self.over = false;
        // Gymnasium draws a suit for its picture, and a face for a ten: recorded runs replay.
        rng.below(4);
        if self.dealer.cards[0] == 10 {
            rng.below(3);
        }
        self.look()
    }

    #[inline]
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<Seen> {
        if action == 1 {
            self.player.draw(rng);
            self.over = self.player.sum().0 > 21;
            return if self.over { Step::terminated(self.look(), -1.0) } else { Step::on(self.look(), 0.0) };
        }
        while self.dealer.sum().0 < 17 {
            self.dealer.draw(rng);
        }
        self.over = true;
        Step::terminated(self.look(), self.settle())
    }

    fn state(&self) -> Option<State> {
        Some(State::of(&(self.player.cards(), self.dealer.cards())))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (player, dealer): (Vec<u8>, Vec<u8>) = state.get()?;
        let hand = |cards: &[u8]| {
            if !(2..MOST).contains(&cards.len()) || cards.iter().any(|card| !(1..=10).contains(card)) {
                return Err(Error::State(format!("no hand has the cards {cards:?}")));
            }
            let mut hand = Hand { count: cards.len(), ..Hand::default() };
            hand.cards[..cards.len()].copy_from_slice(cards);
            Ok(hand)
        };
        (self.player, self.dealer, self.over) = (hand(&player)?, hand(&dealer)?, false);
        Ok(())
    }
}

impl Render for Blackjack {
    fn frame(&self) -> Frame {
        let hand = |name: &str, hand: &Hand, tone| {
            let (sum, usable) = hand.sum();
            let card = |&card: &u8| if card == 1 { "A ".to_owned() } else { format!("{card} ") };
            let cards: String = hand.cards().iter().map(card).collect();
            let note = if usable { format!("= {sum}, ace as 11") } else { format!("= {sum}") };
            let over = if sum > 21 { Tone::Hazard } else { Tone::Plain };
            [(format!("{name:<8}"), Tone::Faint), (cards, tone), (note, over)]
        };
        let mut dealer = hand("dealer", &self.dealer, Tone::Special);
        if !self.over {
            // One card lies face down until the end.
            let shown = self
                .dealer
                .cards()
                .first()
                .map_or(String::new(), |&card| if card == 1 { "A ?".into() } else { format!("{card} ?") });
            dealer = [dealer[0].clone(), (shown, Tone::Special), (String::new(), Tone::Plain)];
        }
        let text = Text::default().then(dealer);
        text.then(hand("player", &self.player, Tone::Agent)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with these cards.
    fn table(rules: (bool, bool), player: &[u8], dealer: &[u8]) -> Blackjack {
        let mut env = Blackjack::new(BlackjackParams { sab: rules.0, natural: rules.1 }).unwrap();
        env.set_state(&State::of(&(player, dealer))).unwrap();
        env
    }

    #[test]
    fn aces_count_eleven_as_long_as_they_can() {
        let seen = |player: &[u8]| table((true, false), player, &[6, 5]).look();
        assert_eq!(seen(&[1, 6]), Seen { sum: 17, dealer: 6, usable_ace: true });
        assert_eq!(seen(&[1, 6, 10]), Seen { sum: 17, dealer: 6, usable_ace: false });
        assert_eq!(seen(&[1, 1]), Seen { sum: 12, dealer: 6, usable_ace: true });
    }

    #[test]
    fn a_natural_by_each_set_of_rules() {
        let stick = |rules, player: &[u8], dealer: &[u8]| table(rules, player, dealer).step(0, &mut Rng::new(0)).reward;
        let (sab, plain, casino) = ((true, false), (false, false), (false, true));
        // Against 20, against 21 of three cards, against another natural.
        let against = |rules| [&[10, 10][..], &[7, 7, 7], &[10, 1]].map(|dealer| stick(rules, &[1, 10], dealer));
        assert_eq!(against(sab), [1.0, 1.0, 0.0]);
        assert_eq!(against(plain), [1.0, 0.0, 0.0]);
        assert_eq!(against(casino), [1.5, 0.0, 0.0]);
        assert_eq!(stick(sab, &[5, 6, 10], &[10, 1]), 0.0);
        assert_eq!(stick(sab, &[10, 8], &[10, 9]), -1.0);
    }

    #[test]
    fn the_player_goes_bust_and_the_dealer_draws_to_17() {
        let mut env = table((true, false), &[10, 10], &[2, 2]);
        let mut rng = Rng::new(3);
        let mut steps = 0;
        while !env.step(1, &mut rng).terminated {
            steps += 1;
        }
        assert!(steps < 2 && env.player.sum().0 > 21);
        env.set_state(&State::of(&(&[10_u8, 10][..], &[2_u8, 2][..]))).unwrap();
        env.step(0, &mut rng);
        let before = env.dealer()[..env.dealer().len() - 1].iter().sum::<u8>();
        assert!(env.dealer.sum().0 >= 17 && before < 17, "{:?}", env.dealer());
    }

    #[test]
    fn hands_that_cannot_be_are_refused() {
        let mut env = Blackjack::new(BlackjackParams::default()).unwrap();
        for (player, dealer) in [(vec![1_u8], vec![2_u8, 3]), (vec![1, 11], vec![2, 3]), (vec![1; 22], vec![2, 3])] {
            assert!(env.set_state(&State::of(&(player, dealer))).is_err());
        }
    }

    #[test]
    fn one_of_the_dealers_cards_lies_face_down_until_the_end() {
        let mut env = table((true, false), &[1, 6, 4], &[10, 7]);
        assert_eq!(env.frame().text.unwrap().plain(), "dealer  10 ?\nplayer  A 6 4 = 21, ace as 11");
        env.step(0, &mut Rng::new(0));
        assert_eq!(env.frame().text.unwrap().plain(), "dealer  10 7 = 17\nplayer  A 6 4 = 21, ace as 11");
    }
}
