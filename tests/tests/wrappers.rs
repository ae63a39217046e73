//! Wrappers against the loop one would write by hand, and what holds of all of them.

mod drift;

use std::collections::VecDeque;

use drift::Drift;
use gymkhana_envs::{
    Batch, Elem, Lanes, Layer, Rng, Seeds, State,
    registry::AnyBatch,
    wrappers::{
        FrameStack, FrameStackParams, NormalizeObservation, NormalizeObservationParams, NormalizeReward,
        NormalizeRewardParams, RecordEpisodeStatistics, RecordEpisodeStatisticsParams, StickyAction,
        StickyActionParams, WRAPPERS, wrap,
    },
};
use proptest::{prelude::*, test_runner::RngSeed};

/// The same cases in every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

fn drift(longest: usize, lanes: usize, seed: u64) -> Lanes<Drift> {
    Lanes::new(Drift::new(longest), lanes, &Seeds::from(seed)).unwrap()
}

/// Steps several batches with the same random actions, and looks at them after each step.
fn together<B: Batch>(batches: &mut [&mut B], steps: usize, mut look: impl FnMut(&[&mut B], &[B::A])) {
    let (space, lanes, mut rng) = (batches[0].spec().actions.clone(), batches[0].lanes(), Rng::new(3));
    let mut act = vec![B::A::default(); lanes * space.width()];
    for _ in 0..steps {
        act.chunks_exact_mut(space.width()).for_each(|row| B::A::random_action(&space, &mut rng, row));
        for batch in batches.iter_mut() {
            batch.step(&act).unwrap();
        }
        look(batches, &act);
    }
}

/// Steps a batch and one that wraps another of its kind with the same random actions.
fn beside<A: Batch, B: Batch<A = A::A>>(
    plain: &mut A,
    wrapped: &mut B,
    steps: usize,
    mut look: impl FnMut(&A, &B, &[A::A]),
) {
    let (space, lanes, mut rng) = (plain.spec().actions.clone(), plain.lanes(), Rng::new(3));
    let mut act = vec![A::A::default(); lanes * space.width()];
    for _ in 0..steps {
        act.chunks_exact_mut(space.width()).for_each(|row| A::A::random_action(&space, &mut rng, row));
        plain.step(&act).unwrap();
        wrapped.step(&act).unwrap();
        look(plain, wrapped, &act);
    }
}

/// All numbers that were seen: the mean and variance of them, with a ten-thousandth of 0 ± 1 before them.
#[derive(Clone, Default)]
struct Seen(Vec<f64>);

impl Seen {
    fn moments(&self) -> (f64, f64) {
        let n = self.0.len() as f64 + 1e-4;
        let mean = self.0.iter().sum::<f64>() / n;
        let squares = self.0.iter().map(|x| (x - mean).powi(2)).sum::<f64>() + 1e-4 * (1.0 + mean * mean);
        (mean, squares / n)
    }
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-4 * expected.abs().max(1.0)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_frame_stack_is_the_last_observations_of_each_lane(
        longest in 1_usize..12, frames in 1_usize..6, n in 1_usize..5, seed: u64,
    ) {
        let mut plain = drift(longest, n, seed);
        let mut stack = FrameStack::new(plain.clone(), &FrameStackParams { frames }).unwrap();
        let begin = |row: &[f32]| VecDeque::from(vec![row.to_vec(); frames]);
        let mut queues: Vec<_> = plain.now().obs.iter().map(begin).collect();
        let row = |queue: &VecDeque<Vec<f32>>| queue.iter().flatten().copied().collect::<Vec<f32>>();
        beside(&mut plain, &mut stack, 40, |plain, stack, act| {
            let (a, b) = (plain.seen(act), stack.seen(act));
            assert_eq!((a.reward, a.terminated, a.truncated), (b.reward, b.terminated, b.truncated));
            for (i, queue) in queues.iter_mut().enumerate() {
                assert_eq!((row(queue), a.was.first[i]), (b.was.obs.row(i).to_vec(), b.was.first[i]));
                queue.pop_front();
                queue.push_back(a.next(i).to_vec());
                assert_eq!(row(queue), b.next(i));
                if a.ended(i) {
                    *queue = begin(a.now.obs.row(i));
                }
                assert_eq!((row(queue), a.now.first[i]), (b.now.obs.row(i).to_vec(), b.now.first[i]));
            }
        });
    }

    #[test]
    fn observations_are_normalised_by_all_that_was_seen(longest in 1_usize..12, n in 1_usize..5, seed: u64) {
        let mut plain = drift(longest, n, seed);
        let params = NormalizeObservationParams::default();
        let mut normalised = NormalizeObservation::new(plain.clone(), &params).unwrap();
        let mut seen = [Seen::default(), Seen::default()];
        let take = |row: &[f32], seen: &mut [Seen; 2]| {
            seen.iter_mut().zip(row).for_each(|(seen, x)| seen.0.push((*x).into()));
        };
        let is = |found: &[f32], row: &[f32], seen: &[Seen; 2]| {
            found.iter().zip(row).zip(seen).all(|((found, x), seen)| {
                let (mean, variance) = seen.moments();
                near((*found).into(), (f64::from(*x) - mean) / (variance + 1e-8).sqrt())
            })
        };
        plain.now().obs.iter().for_each(|row| take(row, &mut seen));
        beside(&mut plain, &mut normalised, 40, |plain, normalised, act| {
            let (a, b) = (plain.seen(act), normalised.seen(act));
            (0..n).for_each(|i| take(a.next(i), &mut seen));
            for i in (0..n).filter(|&i| a.ended(i)) {
                assert!(is(b.next(i), a.next(i), &seen), "lane {i}");
            }
            (0..n).filter(|&i| a.ended(i)).for_each(|i| take(a.now.obs.row(i), &mut seen));
            for i in 0..n {
                assert!(is(b.now.obs.row(i), a.now.obs.row(i), &seen), "lane {i}");
                assert_eq!(b.now.first[i], a.now.first[i]);
                assert!(a.ended(i) || b.next(i) == b.now.obs.row(i));
            }
        });
    }

    #[test]
    fn rewards_are_normalised_by_all_returns_that_were_seen(longest in 1_usize..12, n in 1_usize..5, seed: u64) {
        let mut plain = drift(longest, n, seed);
        let params = NormalizeRewardParams { gamma: 0.9, ..NormalizeRewardParams::default() };
        let mut normalised = NormalizeReward::new(plain.clone(), &params).unwrap();
        let (mut sums, mut seen) = (vec![0.0; n], Seen::default());
        beside(&mut plain, &mut normalised, 40, |plain, normalised, act| {
            let (a, b) = (plain.seen(act), normalised.seen(act));
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = 0.9 * *sum * f64::from(u8::from(!a.terminated[i])) + a.reward[i];
                seen.0.push(*sum);
            }
            let deviation = (seen.moments().1 + 1e-8).sqrt();
            assert!((0..n).all(|i| near(b.reward[i], a.reward[i] / deviation)));
            assert_eq!((a.reward, a.terminated, a.truncated), (b.earned, b.terminated, b.truncated));
        });
    }

    #[test]
    fn episodes_are_recorded_as_they_end(longest in 1_usize..12, window in 1_usize..20, n in 1_usize..5, seed: u64) {
        let mut plain = drift(longest, n, seed);
        let params = RecordEpisodeStatisticsParams { window };
        let mut recording = RecordEpisodeStatistics::new(plain.clone(), &params).unwrap();
        let (mut sums, mut ended) = (vec![(0.0, 0); n], Vec::new());
        beside(&mut plain, &mut recording, 40, |plain, recording, act| {
            let seen = plain.seen(act);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = (sum.0 + seen.reward[i], sum.1 + 1);
                if seen.ended(i) {
                    ended.push(std::mem::take(sum));
                }
            }
            let found: Vec<_> = recording.episodes().map(|episode| (episode.ret, episode.length)).collect();
            assert_eq!(found, ended[ended.len().saturating_sub(window)..]);
        });
    }
}

/// A normaliser of each kind round lanes, with a frame stack between them.
type Stack = NormalizeReward<FrameStack<NormalizeObservation<Lanes<Drift>>>>;

fn stack(seed: u64) -> Stack {
    let observations = NormalizeObservation::new(drift(9, 3, seed), &NormalizeObservationParams::default()).unwrap();
    let frames = FrameStack::new(observations, &FrameStackParams { frames: 2 }).unwrap();
    NormalizeReward::new(frames, &NormalizeRewardParams::default()).unwrap()
}

fn same(batches: &[&mut Stack], act: &[f32]) {
    let (a, b) = (batches[0].seen(act), batches[1].seen(act));
    assert_eq!((a.reward, a.earned, a.terminated, a.now.obs.flat), (b.reward, b.earned, b.terminated, b.now.obs.flat));
    assert!((0..a.lanes()).all(|i| a.next(i) == b.next(i)));
}

#[test]
fn frozen_statistics_do_not_change_and_are_taken_over_by_another_stack() {
    let (mut one, mut other) = (stack(1), stack(2));
    together(&mut [&mut one], 50, |_, _| ());
    let statistics = one.statistics();
    assert_eq!(statistics.len(), 2, "those of rewards and those of observations");
    other.set_statistics(&statistics).unwrap();
    assert_eq!(other.statistics(), statistics);
    for batch in [&mut one, &mut other] {
        batch.freeze();
        batch.reset(&Seeds::from(7)).unwrap();
    }
    assert_eq!(one.now().obs.flat, other.now().obs.flat);
    together(&mut [&mut one, &mut other], 50, same);
    assert_eq!((one.statistics(), other.statistics()), (statistics.clone(), statistics.clone()));
    // One that is not frozen goes on from them, also over a reset.
    let mut third = stack(3);
    third.set_statistics(&statistics).unwrap();
    third.reset(&Seeds::from(7)).unwrap();
    assert_ne!(third.statistics(), statistics);
}

#[test]
fn present_observations_follow_statistics_that_are_given() {
    let (mut one, mut other) = (stack(1), stack(1));
    together(&mut [&mut one], 50, |_, _| ());
    other.freeze();
    other.set_statistics(&one.statistics()).unwrap();
    one.freeze();
    one.reset(&Seeds::from(1)).unwrap();
    assert_eq!(one.now().obs.flat, other.now().obs.flat);

    // And through maps: both are within ±10, so that clipping changes nothing.
    let make = || {
        let texts = ["normalize-observation", "frame-stack:frames=2", "normalize-reward", "clip-observation"];
        let batch = texts.iter().try_fold(AnyBatch::new(drift(9, 3, 1)), |batch, text| wrap(batch, text)).unwrap();
        let AnyBatch::FeatureControl(batch) = batch else { panic!("{batch:?}") };
        batch
    };
    let mut mapped = make();
    assert_ne!(mapped.now().obs.flat, other.now().obs.flat);
    mapped.set_statistics(&other.statistics()).unwrap();
    assert_eq!(mapped.now().obs.flat, other.now().obs.flat);
}

#[test]
fn statistics_of_another_stack_are_refused_and_change_nothing() {
    let (mut batch, mut other) = (stack(1), stack(2));
    together(&mut [&mut batch, &mut other], 20, |_, _| ());
    let (before, statistics) = (batch.state(), other.statistics());
    let [rewards, observations] = &statistics[..] else { panic!("{}", statistics.len()) };
    let one = |state: &State| vec![state.clone()];
    let wrong = [
        Vec::new(),
        one(rewards),
        one(observations),
        [one(observations), one(rewards)].concat(),
        [one(rewards), one(rewards)].concat(),
        [one(rewards), one(observations), one(observations)].concat(),
        [one(rewards), one(&State::of(&7_u8))].concat(),
    ];
    for wrong in &wrong {
        batch.set_statistics(wrong).unwrap_err();
        assert_eq!(batch.state(), before);
    }
    batch.set_statistics(&statistics).unwrap();
    assert_ne!(batch.state(), before);
    assert!(drift(9, 1, 0).set_statistics(&statistics).is_err());
    assert_eq!(drift(9, 1, 0).set_statistics(&[]), Ok(()));
}

#[test]
fn what_was_earned_is_the_environments_own_reward_through_any_stack() {
    let texts =
        ["scale-reward:factor=3", "normalize-reward", "record-episode-statistics", "clip-reward", "rescale-action"];
    let batch = texts.iter().try_fold(AnyBatch::new(drift(9, 2, 4)), |batch, text| wrap(batch, text)).unwrap();
    let AnyBatch::FeatureControl(mut batch) = batch else { panic!("{batch:?}") };
    let mut plain = drift(9, 2, 4);
    let mut rng = Rng::new(0);
    for _ in 0..30 {
        let act: [f32; 4] = std::array::from_fn(|_| rng.uniform(-1.0, 1.0) as f32);
        // From −1 … 1 to −1 … 1 and to −2 … 0.5.
        let stretched: [f32; 4] = std::array::from_fn(|k| if k % 2 == 0 { act[k] } else { 1.25 * act[k] - 0.75 });
        batch.step(&act).unwrap();
        plain.step(&stretched).unwrap();
        let (seen, expected) = (batch.seen(&act), plain.seen(&stretched));
        assert!(seen.earned.iter().zip(expected.reward).all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(seen.reward.iter().all(|reward| (-1.0..=1.0).contains(reward)) && seen.reward != seen.earned);
        assert_eq!((seen.act.row(1), seen.act.width), (&act[2..], 2), "agents learn from what they chose");
    }
    let mut told = Vec::new();
    batch.measure(&mut |key, _| told.push(key));
    assert_eq!(told, ["episode/return_mean", "episode/length_mean"]);
}

#[test]
fn choices_are_controls_and_agents_learn_from_choices() {
    let AnyBatch::FeatureChoice(mut batch) = wrap(AnyBatch::new(drift(9, 2, 4)), "discretize-action:bins=3").unwrap()
    else {
        panic!("choices")
    };
    assert_eq!(batch.spec().actions.choices(), Some(9));
    let mut plain = drift(9, 2, 4);
    let controls = |choice: usize| [[-1.0, 0.0, 1.0][choice / 3], [-2.0, -0.75, 0.5][choice % 3]];
    for act in [[0, 8], [5, 1], [3, 6], [2, 2], [7, 4]] {
        batch.step(&act).unwrap();
        let controls = act.map(controls).concat();
        plain.step(&controls).unwrap();
        let (seen, expected) = (batch.seen(&act), plain.seen(&controls));
        assert_eq!((seen.reward, seen.now.obs.flat), (expected.reward, expected.now.obs.flat));
        assert_eq!((seen.act.flat, seen.act.width), (&act[..], 1));
        assert!((0..2).all(|i| seen.next(i) == expected.next(i)));
    }
    let before = batch.state();
    let error = batch.step(&[0, 9]).unwrap_err().to_string();
    assert_eq!(error, "Drift, lane 1: action [9] is not in Discrete(9)");
    assert_eq!(batch.state(), before);
}

#[test]
fn a_lane_sticks_as_it_does_however_many_there_are_and_each_wrapper_in_its_own_way() {
    let sticky = |lanes, seed| {
        let params = StickyActionParams { probability: 0.5 };
        let mut batch = StickyAction::new(drift(9, lanes, seed), &params, &Seeds::from(seed)).unwrap();
        let mut seen = Vec::new();
        for t in 0..30_u8 {
            batch.step(&vec![f32::from(t) / 30.0; 2 * lanes]).unwrap();
            seen.push(batch.now().obs.row(0).to_vec());
        }
        seen
    };
    assert_eq!(sticky(1, 5), sticky(4, 5));
    let draws = |below| Seeds::from(5).wrapper(0, below).unit();
    assert_ne!(draws(1), draws(2));
    // Reset by another seed, it is as one that was made with that seed.
    let params = StickyActionParams::default();
    let make = |seed| StickyAction::new(drift(9, 2, seed), &params, &Seeds::from(seed)).unwrap();
    let (mut one, mut other) = (make(1), make(2));
    other.reset(&Seeds::from(1)).unwrap();
    together(&mut [&mut one, &mut other], 40, |batches, act| {
        assert_eq!(batches[0].seen(act).reward, batches[1].seen(act).reward);
    });
}

#[test]
fn limits_reach_through_every_wrapper() {
    for wrapper in WRAPPERS {
        // Some need indices, some features with bounds.
        let stacks =
            [vec![wrapper.name], vec!["discretize:bins=2", wrapper.name], vec!["clip-observation", wrapper.name]];
        let mut batches = stacks.iter().filter_map(|stack| {
            stack.iter().try_fold(AnyBatch::new(drift(200, 1, 0)), |batch, text| wrap(batch, text)).ok()
        });
        let mut batch = batches.next().unwrap_or_else(|| panic!("{} fits nothing", wrapper.name));
        batch.layer().limit_to(7);
        assert_eq!(batch.spec().time_limit, Some(7), "{}", wrapper.name);
        batch.layer().limit_to(9);
        assert_eq!(batch.spec().time_limit, Some(7), "{}", wrapper.name);
    }
}
