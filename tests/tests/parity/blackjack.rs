//! Blackjack: every card.

use gymkhana_envs::{
    Lanes, Seeds, Space,
    registry::{AnyBatch, find},
    tabular::{Blackjack, BlackjackParams},
};
use serde::Deserialize;

use crate::golden;

/// What Gymnasium's constructor was told.
#[derive(Clone, Copy, Deserialize)]
struct Rules {
    sab: Option<bool>,
    natural: Option<bool>,
}

#[derive(Deserialize)]
struct Hands {
    seed: u64,
    kwargs: Rules,
    player: Vec<u8>,
    dealer: Vec<u8>,
    initial_observation: [usize; 3],
    actions: Vec<usize>,
    observations: Vec<[usize; 3]>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    dealer_final: Vec<u8>,
}

#[derive(Deserialize)]
struct Recorded {
    trajectories: Vec<Hands>,
}

/// The recorded games, each with an environment that has dealt.
fn games() -> impl Iterator<Item = (Hands, Blackjack)> {
    golden::<Recorded>("Blackjack-v1").trajectories.into_iter().map(|hands| {
        // Gymnasium registers it with `sab=True, natural=False`.
        let (sab, natural) = (hands.kwargs.sab.unwrap_or(true), hands.kwargs.natural.unwrap_or(false));
        let env = Blackjack::new(BlackjackParams { sab, natural }).unwrap();
        (hands, env)
    })
}

#[test]
fn blackjack_has_gymnasiums_spaces_and_no_limit() {
    let made = (find("Blackjack-v1").unwrap().make)(&[]).unwrap();
    let spec = made.spec();
    assert_eq!(spec.observations, Space::MultiDiscrete(vec![32, 11, 2]));
    assert_eq!((&spec.actions, spec.time_limit, spec.reward_threshold), (&Space::Discrete(2), None, None));
}

#[test]
fn every_card_of_the_first_hands_is_gymnasiums() {
    for (hands, env) in games() {
        let lanes = Lanes::new(env, 1, &Seeds::Consecutive(hands.seed)).unwrap();
        assert_eq!(lanes.env(0).player(), hands.player, "seed {}", hands.seed);
        assert_eq!(lanes.env(0).dealer(), hands.dealer, "seed {}", hands.seed);
    }
}

#[test]
fn games_go_as_recorded_to_the_dealers_last_card() {
    use gymkhana_envs::{Encode, Env};
    let row = |seen: &<Blackjack as Env>::Obs| {
        let mut row = [0; 3];
        seen.encode(&mut row);
        row
    };
    let mut count = 0;
    for (hands, mut env) in games() {
        let mut rng = Seeds::Consecutive(hands.seed).lane(0);
        assert_eq!(row(&env.reset(&mut rng)), hands.initial_observation, "seed {}", hands.seed);
        for (t, &action) in hands.actions.iter().enumerate() {
            let step = env.step(action, &mut rng);
            let found = (row(&step.obs), step.reward, step.terminated, step.truncated);
            let expected = (hands.observations[t], hands.rewards[t], hands.terminated[t], false);
            assert_eq!(found, expected, "seed {}, step {t}", hands.seed);
        }
        assert_eq!(env.dealer(), hands.dealer_final, "seed {}", hands.seed);
        assert_eq!(hands.terminated.last(), Some(&true), "whole games were recorded");
        count += 1;
    }
    assert_eq!(count, 360, "120 seeds by three sets of rules");
}

#[test]
fn the_registrys_blackjack_plays_by_gymnasiums_default_rules() {
    for (hands, _) in games().filter(|(hands, _)| hands.kwargs.sab.is_none()) {
        let made = (find("Blackjack-v1").unwrap().make)(&[]).unwrap();
        let AnyBatch::IndexChoice(mut batch) = made.batch(1, &Seeds::Consecutive(hands.seed)).unwrap() else {
            panic!("observations and actions are indices");
        };
        assert_eq!(batch.now().obs.flat, hands.initial_observation);
        for (t, &action) in hands.actions.iter().enumerate() {
            batch.step(&[action]).unwrap();
            let act = [action];
            let seen = batch.seen(&act);
            assert_eq!((seen.next(0), seen.reward[0]), (&hands.observations[t][..], hands.rewards[t]), "step {t}");
        }
    }
}
