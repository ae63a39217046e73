//! What holds of every registered environment, and of lanes and wrappers round any environment.

mod drift;

use drift::Drift;
use gymkhana_envs::{
    Batch, Elem, Env, Error, Lanes, Masked, Params, Rng, Seeds, Space, Spec, State, Step,
    check::check,
    classic::{CartPole, CartPoleParams},
    registry::{AnyBatch, Entry, Made, REGISTRY},
    tabular::Outcome,
    wrappers::{Discretize, Mapped, ObservationMap, OneHot, WRAPPERS, wrap},
};
use proptest::{
    option,
    prelude::*,
    sample::select,
    test_runner::{RngSeed, TestCaseResult},
};

/// The same cases in every run.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Evaluates an expression for the batch in an [`AnyBatch`].
macro_rules! with {
    ($any:expr, $batch:ident => $body:expr) => {
        match $any {
            AnyBatch::IndexChoice($batch) => $body,
            AnyBatch::IndexControl($batch) => $body,
            AnyBatch::FeatureChoice($batch) => $body,
            AnyBatch::FeatureControl($batch) => $body,
        }
    };
}

fn made(entry: &Entry) -> Made {
    (entry.make)(&[]).unwrap()
}

/// Every registered environment, and one with controls.
fn all() -> impl Iterator<Item = Made> {
    REGISTRY.iter().map(made).chain([Made::of(Drift::new(9))])
}

/// What `make` makes, in the wrapper where that fits.
fn wrapped(make: impl Fn() -> AnyBatch, wrapper: Option<&str>) -> AnyBatch {
    wrapper.and_then(|wrapper| wrap(make(), wrapper).ok()).unwrap_or_else(make)
}

/// What happens in each lane during some steps of random actions, written out: was, did, got, reached, is now.
fn story(batch: &mut AnyBatch, steps: usize) -> Vec<Vec<String>> {
    fn tell<B: Batch>(batch: &mut B, steps: usize) -> Vec<Vec<String>> {
        let (space, lanes) = (batch.spec().actions.clone(), batch.lanes());
        let mut act = vec![B::A::default(); lanes * space.width()];
        let mut rngs: Vec<Rng> = (0..lanes).map(|i| Seeds::from(9).lane(i)).collect();
        let mut told = vec![Vec::new(); lanes];
        for _ in 0..steps {
            for (row, rng) in act.chunks_exact_mut(space.width()).zip(&mut rngs) {
                B::A::random_action(&space, rng, row);
            }
            batch.step(&act).unwrap();
            let seen = batch.seen(&act);
            for (i, told) in told.iter_mut().enumerate() {
                let was = (seen.was.obs.row(i), seen.was.first[i], seen.act.row(i));
                let got = (seen.reward[i], seen.terminated[i], seen.truncated[i], seen.next(i));
                let now = (seen.now.obs.row(i), seen.now.first[i], seen.now.legal.map(|legal| legal.row(i)));
                told.push(format!("{was:?} {got:?} {:?} {now:?}", seen.next_legal(i)));
            }
        }
        told
    }
    with!(batch, batch => tell(batch, steps))
}

// Every registered environment.

/// The conformance suite on whatever `make` makes.
fn conforms(make: impl Fn(&Seeds) -> Result<AnyBatch, Error>) -> Result<(), String> {
    macro_rules! check_as {
        ($($kind:ident)*) => {
            match make(&Seeds::from(0)).unwrap() {
                $(AnyBatch::$kind(_) => check(|seeds| match make(seeds)? {
                    AnyBatch::$kind(batch) => Ok(batch),
                    other => panic!("{other:?} has changed its kind"),
                }),)*
            }
        };
    }
    check_as!(IndexChoice IndexControl FeatureChoice FeatureControl)
}

#[test]
fn every_environment_conforms() {
    for entry in REGISTRY {
        let made = made(entry);
        conforms(|seeds| made.batch(3, seeds)).unwrap();
        with!(made.batch(3, &Seeds::from(0)).unwrap(), batch => assert!(batch.resumes_exactly(), "{}", entry.id));
    }
}

#[test]
fn every_environment_conforms_in_every_wrapper_that_fits() {
    let texts: Vec<_> = WRAPPERS.iter().flat_map(|wrapper| [vec![wrapper.name], vec![wrapper.usage]]).collect();
    let stacks = [
        vec!["one-hot", "discretize:bins=2"],
        vec!["discretize:bins=3", "one-hot"],
        vec!["normalize-observation", "frame-stack:frames=2", "normalize-reward", "clip-observation"],
        vec!["frame-stack:frames=3", "one-hot", "mask-observation:keep=2,5", "normalize-observation:clip=5"],
        vec!["tile-coding:tilings=2,tiles=3,features=true", "sticky-action", "frame-stack:frames=2"],
        vec!["tile-coding:tilings=4,tiles=2,hashed=50", "one-hot", "record-episode-statistics:window=3"],
        vec!["rescale-action", "clip-action", "sticky-action:probability=0.9", "normalize-observation"],
        vec!["discretize-action:bins=3", "sticky-action", "time-limit:steps=5", "tile-coding"],
    ];
    let mut fits = vec![0; texts.len() + stacks.len()];
    for (stack, fits) in texts.iter().chain(&stacks).zip(&mut fits) {
        for made in all() {
            let make = |seeds: &Seeds| stack.iter().try_fold(made.batch(2, seeds)?, |batch, text| wrap(batch, text));
            match make(&Seeds::from(0)) {
                Ok(_) => conforms(make).unwrap_or_else(|e| panic!("{stack:?}: {e}")),
                Err(Error::Wrapper { .. }) => continue,
                Err(other) => panic!("{stack:?} round {}: {other}", made.spec().id),
            }
            *fits += 1;
        }
    }
    assert!(fits.iter().all(|&fits| fits > 0), "{texts:?} {stacks:?}: {fits:?}");
}

#[test]
fn a_lane_gives_the_same_numbers_however_many_there_are() {
    for entry in REGISTRY {
        let told = |lanes| story(&mut made(entry).batch(lanes, &Seeds::from(4)).unwrap(), 60);
        let many = told(7);
        assert_eq!((&told(1)[..], &told(3)[..]), (&many[..1], &many[..3]), "{}", entry.id);
        // Where there is nothing to choose and nothing random, lanes are alike.
        let alike = matches!(entry.id, "Probe-Value" | "Probe-Discount" | "Probe-Truncation");
        assert_eq!(many[0] == many[1], alike, "{}: lanes have streams of their own", entry.id);
    }
}

#[test]
fn a_batch_that_is_reset_is_as_new() {
    for made in all() {
        for wrapper in std::iter::once(None).chain(WRAPPERS.iter().map(|wrapper| Some(wrapper.name))) {
            let mut batch = wrapped(|| made.batch(3, &Seeds::from(5)).unwrap(), wrapper);
            // What a wrapper draws is the run's own from the first reset on.
            with!(&mut batch, batch => batch.reset(&Seeds::from(5)).unwrap());
            let told = story(&mut batch, 40);
            with!(&mut batch, batch => batch.reset(&Seeds::from(5)).unwrap());
            assert_eq!(story(&mut batch, 40), told, "{} in {wrapper:?}", made.spec().id);
        }
    }
}

#[test]
fn an_action_outside_its_space_moves_no_lane() {
    fn refuses<B: Batch>(batch: &mut B, good: B::A, bad: B::A) {
        let before = batch.state();
        let mut act = vec![good; 3 * batch.spec().actions.width()];
        *act.last_mut().unwrap() = bad;
        let error = batch.step(&act).unwrap_err();
        assert!(matches!(error, Error::Action { lane: Some(2), .. }), "{error}");
        assert_eq!(batch.state(), before, "{error}");
    }
    for entry in REGISTRY {
        match made(entry).batch(3, &Seeds::from(0)).unwrap() {
            AnyBatch::IndexChoice(mut batch) => refuses(&mut batch, 0, usize::MAX),
            AnyBatch::FeatureChoice(mut batch) => refuses(&mut batch, 0, usize::MAX),
            AnyBatch::IndexControl(mut batch) => refuses(&mut batch, 0.0, f32::NAN),
            AnyBatch::FeatureControl(mut batch) => refuses(&mut batch, 0.0, f32::NAN),
        }
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    for entry in REGISTRY {
        let batch = |lanes| made(entry).batch(lanes, &Seeds::from(0)).unwrap();
        let state = with!(batch(2), batch => batch.state());
        with!(batch(3), batch => { let mut batch = batch; assert!(batch.set_state(&state).is_err(), "{}", entry.id) });
        for cut in 0..state.bytes().len() {
            let part = State::from_bytes(state.bytes()[..cut].to_vec());
            with!(batch(2), batch => { let mut batch = batch; assert!(batch.set_state(&part).is_err(), "{cut}") });
        }
    }
}

#[test]
fn a_reset_leaves_nothing_of_the_episodes_before() {
    let fresh = |entry: &Entry, settings: &[(&str, &str)]| {
        let made = (entry.make)(settings).unwrap();
        let (new, mut old) = (made.batch(2, &Seeds::from(6)).unwrap(), made.batch(2, &Seeds::from(3)).unwrap());
        story(&mut old, 80);
        with!(&mut old, batch => batch.reset(&Seeds::from(6)).unwrap());
        let [new, old] = [new, old].map(|batch| with!(batch, batch => batch.state()));
        assert!(new == old, "{}", entry.id);
    };
    for entry in REGISTRY {
        fresh(entry, &[]);
        // What counts its steps over all episodes has changed by then.
        if (entry.params)().iter().any(|param| param.name == "change_at") {
            fresh(entry, &[("change_at", "20")]);
        }
    }
}

#[test]
fn only_what_a_model_says_can_happen_happens() {
    for made in REGISTRY.iter().map(made) {
        let Some(model) = made.model() else { continue };
        if made.spec().observations != Space::Discrete(model.states()) {
            continue; // states that cannot be seen cannot be compared
        }
        let AnyBatch::IndexChoice(mut batch) = made.batch(4, &Seeds::from(2)).unwrap() else { panic!("indices") };
        let mut rng = Rng::new(1);
        for _ in 0..2_000 {
            let act: [usize; 4] = std::array::from_fn(|_| rng.below(model.actions()));
            batch.step(&act).unwrap();
            let seen = batch.seen(&act);
            for (i, &action) in act.iter().enumerate() {
                let mut outcomes = model.outcomes(seen.was.obs.row(i)[0], action).iter();
                // A table has the mean of a reward that is drawn.
                let drawn = made.spec().id == "MaximizationBias";
                let reward = |o: &Outcome| if drawn { 0.0 } else { o.reward - seen.reward[i] };
                assert!(outcomes.any(|o| o.probability > 0.0
                    && (o.next, reward(o), o.terminated) == (seen.next(i)[0], 0.0, seen.terminated[i])));
                assert!(!seen.now.first[i] || model.start()[seen.now.obs.row(i)[0]] > 0.0);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_restored_batch_goes_on_as_the_one_it_was_taken_from(
        env in 0..REGISTRY.len() + 2, wrapper in option::of(select(WRAPPERS)), steps in 0_usize..150, seed: u64,
    ) {
        let env = all().nth(env).unwrap_or_else(|| Made::of(Episodes::new(15, Some(9))));
        let make = |seed| {
            wrapped(|| env.batch(2, &Seeds::from(seed)).unwrap(), wrapper.map(|wrapper| wrapper.name))
        };
        let (mut one, mut other) = (make(seed), make(seed ^ 1));
        story(&mut one, steps);
        story(&mut other, 3);
        let state = with!(&one, batch => batch.state());
        with!(&mut other, batch => batch.set_state(&state).unwrap());
        prop_assert_eq!(story(&mut one, 150), story(&mut other, 150));
    }
}

// Lanes and wrappers, against the loop one would write by hand.

/// Episodes of random length that end by themselves in each of the three ways. An observation says how far one is.
#[derive(Clone, Debug)]
struct Episodes {
    longest: usize,
    time_limit: Option<u32>,
    /// Its saved state lacks the length, which is a fault.
    forgetful: bool,
    episode: usize,
    at: usize,
    length: usize,
}

impl Episodes {
    fn new(longest: usize, time_limit: Option<u32>) -> Self {
        Self { longest, time_limit, forgetful: false, episode: 0, at: 0, length: 0 }
    }

    fn look(&self) -> Masked<usize, 3> {
        Masked { obs: self.episode * 16 + self.at, legal: [true, self.at & 1 == 0, self.episode & 1 == 0] }
    }
}

impl Env for Episodes {
    type Obs = Masked<usize, 3>;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec { time_limit: self.time_limit, ..Spec::new("Episodes", Space::Discrete(8 * 16), Space::Discrete(3)) }
    }
    fn reset(&mut self, rng: &mut Rng) -> Self::Obs {
        (self.episode, self.at, self.length) = (rng.below(8), 0, 1 + rng.below(self.longest));
        self.look()
    }
    fn step(&mut self, action: usize, rng: &mut Rng) -> Step<Self::Obs> {
        self.at += 1;
        let (end, how) = (self.at == self.length, rng.below(3));
        let reward = action as f64 + rng.unit();
        Step { obs: self.look(), reward, terminated: end && how != 1, truncated: end && how != 0 }
    }
    fn state(&self) -> Option<State> {
        Some(State::of(&(self.episode, self.at, if self.forgetful { self.longest } else { self.length })))
    }
    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        (self.episode, self.at, self.length) = state.get()?;
        Ok(())
    }
}

#[test]
fn wrappers_that_change_nothing_change_nothing_and_masks_get_through() {
    let make = || AnyBatch::new(Lanes::new(Episodes::new(15, Some(9)), 3, &Seeds::from(1)).unwrap());
    let told = story(&mut make(), 60);
    for text in [
        "frame-stack:frames=1",
        "sticky-action:probability=0",
        "scale-reward:factor=1",
        "clip-reward:low=-9,high=9",
        "time-limit:steps=9",
        "record-episode-statistics",
    ] {
        assert_eq!(story(&mut wrap(make(), text).unwrap(), 60), told, "{text}");
    }
}

#[test]
fn the_conformance_suite_finds_a_state_that_lacks_something() {
    let check = |forgetful| check(|seeds| Lanes::new(Episodes { forgetful, ..Episodes::new(15, None) }, 3, seeds));
    check(false).unwrap();
    assert!(check(true).unwrap_err().contains("other numbers"));
}

/// Steps a batch and the same batch under a map: rows must be mapped, all else the same.
fn commutes<B: Batch<A = usize>, O: Elem, F>(
    mut plain: B,
    mut mapped: Mapped<B, F, O>,
    map: &F,
    steps: usize,
) -> TestCaseResult
where
    F: ObservationMap<B::O, O>,
{
    let image = |row: &[B::O]| {
        let mut to = vec![O::default(); map.space().width()];
        map.map(row, &mut to);
        to
    };
    let (n, choices, mut rng) = (plain.lanes(), plain.spec().actions.choices().unwrap(), Rng::new(6));
    for _ in 0..steps {
        let act: Vec<usize> = (0..n).map(|_| rng.below(choices)).collect();
        plain.step(&act).unwrap();
        mapped.step(&act).unwrap();
        let (a, b) = (plain.seen(&act), mapped.seen(&act));
        prop_assert_eq!((a.reward, a.terminated, a.truncated), (b.reward, b.terminated, b.truncated));
        for i in 0..n {
            prop_assert_eq!(image(a.next(i)), b.next(i));
            prop_assert_eq!(a.next_legal(i), b.next_legal(i));
            for (a, b) in [(a.was, b.was), (a.now, b.now), (plain.now(), mapped.now())] {
                prop_assert_eq!((image(a.obs.row(i)), a.first[i]), (b.obs.row(i).to_vec(), b.first[i]));
                prop_assert_eq!(a.legal.map(|legal| legal.row(i)), b.legal.map(|legal| legal.row(i)));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn lanes_give_what_a_loop_over_each_environment_gives(
        longest in 1_usize..15, limit in option::of(1_u32..15), n in 1_usize..6, seed: u64, spawned: bool,
    ) {
        let seeds = if spawned { Seeds::from(seed) } else { Seeds::Consecutive(seed) };
        let (env, mut rng) = (Episodes::new(longest, limit), Rng::new(seed));
        let mut lanes = Lanes::new(env.clone(), n, &seeds).unwrap();
        let mut loops: Vec<_> = (0..n).map(|i| (env.clone(), seeds.lane(i), 0)).collect();
        let mut is: Vec<_> = loops.iter_mut().map(|(env, rng, _)| (env.reset(rng), true)).collect();
        for _ in 0..60 {
            let act: Vec<usize> = (0..n).map(|_| rng.below(3)).collect();
            lanes.step(&act).unwrap();
            let seen = lanes.seen(&act);
            for (i, ((env, rng, steps), is)) in loops.iter_mut().zip(&mut is).enumerate() {
                prop_assert_eq!((seen.was.obs.row(i), seen.was.first[i]), (&[is.0.obs][..], is.1));
                prop_assert_eq!(seen.was.legal.unwrap().row(i), is.0.legal);
                let step = env.step(act[i], rng);
                *steps += 1;
                let truncated = step.truncated || limit.is_some_and(|limit| *steps == limit);
                let got = (seen.reward[i], seen.terminated[i], seen.truncated[i]);
                prop_assert_eq!(got, (step.reward, step.terminated, truncated));
                prop_assert_eq!((seen.next(i), seen.next_legal(i)), (&[step.obs.obs][..], Some(&step.obs.legal[..])));
                *is = (step.obs, step.terminated || truncated);
                if is.1 {
                    (is.0, *steps) = (env.reset(rng), 0);
                }
                prop_assert_eq!((seen.now.obs.row(i), seen.now.first[i]), (&[is.0.obs][..], is.1));
                prop_assert_eq!(seen.now.legal.unwrap().row(i), is.0.legal);
            }
        }
    }

    #[test]
    fn one_hot_commutes_with_lanes(longest in 1_usize..15, limit in option::of(1_u32..15), n in 1_usize..5, seed: u64) {
        let lanes = Lanes::new(Episodes::new(longest, limit), n, &Seeds::from(seed)).unwrap();
        let map = OneHot::new(&lanes.spec().observations).unwrap();
        commutes(lanes.clone(), Mapped::new(lanes, map.clone()), &map, 40)?;
    }

    #[test]
    fn discretize_commutes_with_lanes(time_limit in 1_u32..30, bins in 2_usize..50, n in 1_usize..5, seed: u64) {
        let env = CartPole::new(CartPoleParams { time_limit, ..CartPoleParams::default() }).unwrap();
        let lanes = Lanes::new(env, n, &Seeds::from(seed)).unwrap();
        let params = Params::from_settings([("bins", bins.to_string().as_str())]).unwrap();
        let map = Discretize::new(&lanes.spec().observations, &params).unwrap();
        commutes(lanes.clone(), Mapped::new(lanes, map.clone()), &map, 40)?;
    }
}
