//! What holds of every registered agent.

mod worlds;

use gymkhana_agents::{
    Agent, DeviceName, Error, Metrics, Mode, Policy, Setup, probing,
    registry::{AnyAgent, Entry, Kinds, REGISTRY, Scope, find},
    round,
    tabular::QLearningConfig,
};
use gymkhana_envs::{
    Batch, Elem, Env, Lanes, Rng, Rows, Seeds, Spec, State, View,
    registry::{AnyBatch, Settings},
    wrappers::wrap,
};
use worlds::{Corridor, Forgetful, PLAIN, Steered};

/// What makes a run small, for agents that have such parameters.
const SMALL: &str = "gamma=0.5;learning_rate=0.02;epsilon=0.8 -> 0.2 over 0.5;hidden=8;batch_size=8;buffer_size=128;\
    learning_starts=16;train_frequency=1;gradient_steps=1;target_interval=16;n_steps=8;n_epochs=4";

/// And what some agents need to learn in a small one: a policy that unlearns must have gone on trying.
const OWN: &[(&str, &str)] = &[("ppo", "learning_rate=0.005;ent_coef=0.05"), ("reinforce", "ent_coef=0.05")];

/// Settings that make another agent of one in the registry: each is held to all that agents are.
const VARIANTS: &[(&str, &str)] = &[
    ("dqn", "double=true;n=3"),
    ("dqn", "dueling=true;tau=0.2;target_interval=1;activation=tanh;loss=squared"),
    ("dqn", "double=true;dueling=true;n=2;tau=0.3;target_interval=4"),
];

/// An agent of the registry, or a variant of it, whose kinds of number are known.
struct Subject<O, A> {
    entry: &'static Entry,
    settings: Vec<(&'static str, &'static str)>,
    kinds: Kinds,
    agent: fn(AnyAgent) -> Box<dyn Agent<O, A>>,
    /// Whether an action is the choice 0.
    on: fn(A) -> bool,
}

/// Says of every registered agent, as a [`Subject`] in each of its kinds, that a property holds.
macro_rules! every_agent {
    ($property:ident $($kind:ident $on:expr;)+) => {
        for (entry, settings) in subjects() {
            for &kinds in entry.kinds {
                match kinds {
                    $(Kinds::$kind => $property(&Subject {
                        entry,
                        settings: settings.clone(),
                        kinds,
                        agent: |any| if let AnyAgent::$kind(agent) = any { agent } else { panic!("{any:?}") },
                        on: $on,
                    }),)+
                }
            }
        }
    };
    ($property:ident) => {
        every_agent! { $property
            IndexChoice |act| act == 0;
            FeatureChoice |act| act == 0;
            FeatureControl |act| act < 0.0;
        }
    };
}

/// The observations of all states of so many, as an agent sees them.
fn rows<O: Elem>(n: usize) -> Vec<O> {
    let number = |x: usize| O::from_number(x as f64).unwrap();
    let features = O::KIND == f32::KIND;
    let hot = |i: usize| number(usize::from(i / n == i % n));
    if features { (0..n * n).map(hot).collect() } else { (0..n).map(number).collect() }
}

/// An agent in two lanes of an environment.
struct Run<O, A> {
    agent: Box<dyn Agent<O, A>>,
    batch: Box<dyn Batch<O = O, A = A>>,
    rng: Rng,
}

fn pairs(settings: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    settings.split(';').map(|pair| pair.split_once('=').unwrap())
}

fn small(entry: &Entry) -> Vec<(&'static str, &'static str)> {
    let known = pairs(SMALL).filter(|(name, _)| (entry.params)().iter().any(|param| param.name == *name));
    let own = OWN.iter().filter(|(id, _)| *id == entry.id).flat_map(|(_, settings)| pairs(settings));
    known.chain(own).collect()
}

/// Every agent and its variants, small.
fn subjects() -> impl Iterator<Item = (&'static Entry, Vec<(&'static str, &'static str)>)> {
    let plain = REGISTRY.iter().map(|entry| (entry, small(entry)));
    plain.chain(VARIANTS.iter().map(|(id, settings)| {
        let entry = find(id).unwrap();
        (entry, small(entry).into_iter().chain(pairs(settings)).collect())
    }))
}

fn build(entry: &Entry, settings: Settings<'_>, spec: &Spec, rng: &mut Rng) -> Result<AnyAgent, Error> {
    (entry.build)(settings, &Setup { spec, lanes: 2, steps: 3_000, device: DeviceName::Flex }, rng)
}

impl<O: Elem, A: Elem> Subject<O, A> {
    /// The start of a run in two lanes; all its randomness is from the seed.
    fn begin(&self, any: AnyBatch, settings: Settings<'_>, seed: u64) -> Run<O, A> {
        let any = if O::KIND == usize::KIND { any } else { wrap(any, "one-hot").unwrap() };
        let (batch, mut rng) = (any.typed::<O, A>().unwrap(), Rng::new(seed));
        let agent = build(self.entry, settings, batch.spec(), &mut rng).unwrap();
        assert_eq!(agent.kinds(), self.kinds);
        Run { agent: (self.agent)(agent), batch, rng }
    }

    /// A run of so many steps.
    fn run<const K: usize>(&self, env: &Corridor<K>, seed: u64, steps: usize) -> Run<O, A> {
        let seeds = Seeds::from(seed);
        let lanes = if A::KIND == usize::KIND {
            AnyBatch::new(Lanes::new(env.clone(), 2, &seeds).unwrap())
        } else {
            AnyBatch::new(Lanes::new(Steered(env.clone()), 2, &seeds).unwrap())
        };
        let mut run = self.begin(lanes, &self.settings, seed);
        run.go(steps).unwrap();
        run
    }
}

/// What a policy does, again and again, in each state of a corridor of so many.
fn told<O: Elem, A: Elem>(policy: &mut dyn Policy<O, A>, states: usize, seed: u64) -> Vec<Vec<A>> {
    let (flat, first, mut act, mut rng) =
        (rows(states), vec![true; states], vec![A::default(); states], Rng::new(seed));
    let view = View::new(Rows { flat: &flat, width: flat.len() / states }, &first);
    let mut again = || {
        policy.act(&view, &mut rng, &mut act);
        act.clone()
    };
    (0..100).map(|_| again()).collect()
}

impl<O: Elem, A: Elem> Run<O, A> {
    fn go(&mut self, steps: usize) -> Result<(), Error> {
        let (mut act, mut log) = ([A::default(); 2], Metrics::default());
        for _ in 0..steps {
            round(&mut *self.agent, &mut *self.batch, &mut act, &mut self.rng, &mut log)?;
        }
        Ok(())
    }

    fn states(&self) -> (State, State) {
        (self.agent.state(), self.agent.policy_state())
    }
}

#[test]
fn a_truncated_end_has_a_future_and_a_terminated_one_has_none() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        for (end, seed) in [(false, false), (false, true), (true, false), (true, true)].into_iter().zip(0..) {
            // Going on is worth γ·4 = 2, or nothing; leaving 1.3. The first observation of the next episode is no
            // successor: its value would make going on worth less than 1.
            let run = subject.run(&Corridor { states: 2, end, ..PLAIN }, seed, 1_500);
            let id = subject.entry.id;
            match subject.entry.scope {
                Scope::Control => {
                    let told = told(&mut *run.agent.policy(Mode::Greedy), 2, 0);
                    assert_eq!((subject.on)(told[0][0]), !end.0, "{id}: {end:?}");
                }
                Scope::Prediction => {
                    let (flat, value) = (rows::<O>(2), if end.0 { 0.65 } else { 1.65 });
                    let view = View::new(Rows { flat: &flat, width: flat.len() / 2 }, &[true; 2]);
                    let found = run.agent.values(&view).unwrap()[0];
                    assert!((found - value).abs() < 0.35, "{id}: {end:?}: {found}, not {value}");
                }
                Scope::Bandit => {} // it looks no further than its reward
            }
        }
    }
    every_agent!(holds);
}

#[test]
fn the_same_seed_gives_the_same_agent_whether_or_not_it_is_looked_at() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let (one, mut other) = (subject.run(&PLAIN, 3, 150), subject.run(&PLAIN, 3, 0));
        let fresh = other.states();
        for mode in [Mode::Greedy, Mode::Sample].repeat(75) {
            other.go(1).unwrap();
            told(&mut *other.agent.policy(mode), 4, 1);
            assert!(other.states() == other.states(), "{}", subject.entry.id);
        }
        assert!(one.states() == other.states(), "{}", subject.entry.id);
        assert!(one.states().0 != fresh.0 && one.states().1 != fresh.1, "{} learnt nothing", subject.entry.id);
    }
    every_agent!(holds);
}

#[test]
fn restored_agents_and_policies_go_on_as_those_they_were_taken_from() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let id = subject.entry.id;
        // Before the first step, within episodes, before and after updates begin and memory is full.
        for (steps, before) in [(0, 5), (1, 0), (2, 20), (7, 0), (20, 90), (101, 0), (700, 3)] {
            let (mut one, mut other) = (subject.run(&PLAIN, 1, steps), subject.run(&PLAIN, 2, before));
            other.agent.set_policy_state(&one.agent.policy_state()).unwrap();
            assert!(other.states().1 == one.states().1, "{id}: policy after {steps} steps");
            for mode in [Mode::Greedy, Mode::Sample] {
                let [a, b] = [&one, &other].map(|run| told(&mut *run.agent.policy(mode), 4, 5));
                assert_eq!(a, b, "{id}: {mode:?} after {steps} steps");
            }
            other.agent.set_state(&one.agent.state()).unwrap();
            other = Run { agent: other.agent, ..subject.run(&PLAIN, 1, steps) };
            for more in [0, 1, 90] {
                one.go(more).unwrap();
                other.go(more).unwrap();
                assert!(one.states() == other.states(), "{id}: {more} steps after {steps}");
            }
        }
    }
    every_agent!(holds);
}

#[test]
fn snapshots_are_not_changed_by_later_learning_and_greedy_ones_do_not_draw() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let (id, env) = (subject.entry.id, |terminated| Corridor { states: 2, end: (terminated, true), ..PLAIN });
        let mut run = subject.run(&env(false), 1, 1_500);
        let [mut greedy, mut sample, mut later] =
            [Mode::Greedy, Mode::Sample, Mode::Sample].map(|m| run.agent.policy(m));
        let drawn = told(&mut *sample, 2, 7);
        let control = subject.entry.scope == Scope::Control;
        // A policy that is given may draw also when it is asked to be greedy: then by one seed.
        let seeds = if control { 0..20 } else { 0..1 };
        let chosen = told(&mut *greedy, 2, 0);
        assert!(
            !control || chosen == vec![chosen[0].clone(); 100] && (subject.on)(chosen[0][0]),
            "{id}: going on is best"
        );
        run.batch = subject.run(&env(true), 2, 0).batch;
        for seed in seeds.cycle().take(20) {
            assert_eq!(told(&mut *greedy, 2, seed), chosen, "{id}");
            run.go(75).unwrap();
        }
        let now = told(&mut *run.agent.policy(Mode::Greedy), 2, 0);
        assert!(!control || !(subject.on)(now[0][0]), "{id}: going on is no longer best");
        assert_eq!(told(&mut *later, 2, 7), drawn, "{id}");
    }
    every_agent!(holds);
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let (mut one, mut twin, mut rng) = (subject.run(&PLAIN, 1, 70), subject.run(&PLAIN, 1, 70), Rng::new(2));
        let (good, mut bad) = (one.states(), Vec::new());
        // There is one control, however many choices there are.
        let corridors = [(5, 2), (3, 2), (4, 3), (2, 4), (8, 1)].into_iter();
        for (states, actions) in corridors.filter(|(states, _)| *states != 4 || A::KIND == usize::KIND) {
            bad.extend([0, 70].map(|steps| subject.run(&Corridor { states, actions, ..PLAIN }, 1, steps).states()));
        }
        let both = |f: &dyn Fn(Vec<u8>) -> Vec<u8>| {
            let [state, policy] = [&good.0, &good.1].map(|good| State::from_bytes(f(good.bytes().to_vec())));
            (state, policy)
        };
        bad.extend((0..100).map(|part| both(&|bytes| bytes[..part * bytes.len() / 100].to_vec())));
        bad.extend([0, 1, 0x7f, 0xff].map(|byte| both(&|_| vec![byte; 64])));
        bad.push(both(&|bytes| [bytes, vec![0]].concat()));
        let misfits = bad.len();
        // One byte of another value may be another number, or it is refused.
        bad.extend((0..1_000).map(|_| {
            let (at, byte) = (rng.unit(), rng.below(256) as u8);
            both(&|mut bytes| {
                let at = (at * bytes.len() as f64) as usize;
                bytes[at] = byte;
                bytes
            })
        }));
        for (i, (state, policy)) in bad.iter().enumerate() {
            for whole in [true, false] {
                match if whole { one.agent.set_state(state) } else { one.agent.set_policy_state(policy) } {
                    Ok(()) => {
                        assert!(i >= misfits, "{}: took misfit {i}", subject.entry.id);
                        // What was taken may be wrong, or no longer finite: an error, but no panic.
                        let (agent, rng) = (one.agent, one.rng.clone());
                        let mut on = Run { agent, rng, ..subject.run(&PLAIN, 1, 0) };
                        let _ = on.go(20);
                        one.agent = on.agent;
                    }
                    Err(_) => assert!(one.states() == good, "{}: refused {i}, yet changed", subject.entry.id),
                }
                one.agent.set_state(&good.0).unwrap();
            }
        }
        one.go(70).unwrap();
        twin.go(70).unwrap();
        assert!(one.states() == twin.states(), "{}", subject.entry.id);
    }
    every_agent!(holds);
}

#[test]
fn an_episode_that_was_cut_short_is_no_part_of_the_next() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let Entry { id, scope, .. } = subject.entry;
        // What is learned of one state tells a network, or a bandit, of others.
        if *scope == Scope::Bandit || subject.kinds != Kinds::IndexChoice {
            return;
        }
        // Looking ahead further than the first episode went, and without a bonus for what was long not tried.
        let has = |name| (subject.entry.params)().iter().any(|param| param.name == name);
        let more = [("n", "4"), ("kappa", "0")].into_iter().filter(|(name, _)| has(*name));
        let settings: Vec<_> = subject.settings.iter().copied().chain(more).collect();
        for seed in 0..10 {
            let env = Forgetful { begun: false, at: 0 };
            let lanes = AnyBatch::new(Lanes::new(env, 2, &Seeds::from(seed)).unwrap());
            let mut run = subject.begin(lanes, &settings, seed);
            run.go(2).unwrap();
            let [state, saved] = [run.batch.state(), run.agent.state()];
            run.batch.set_state(&state).unwrap();
            run.agent.set_state(&saved).unwrap();
            assert!(run.batch.now().first == [true; 2], "a new episode begins where a state was not saved");
            run.go(3).unwrap();
            let (flat, first) = (rows::<O>(5), [true; 5]);
            let values = run.agent.values(&View::new(Rows { flat: &flat, width: 1 }, &first)).unwrap();
            assert!(values[..4] == [0.0; 4], "{id}: chained two episodes: {values:?}");
        }
    }
    every_agent!(holds);
}

/// Numbers just outside a range in words, as `Param::range` has it.
fn outside(range: &str) -> Vec<String> {
    let offs = [("from", -1.0), ("least", -1.0), ("to", 1.0), ("most", 1.0), ("above", 0.0), ("below", 0.0)];
    let words: Vec<_> = range.split(' ').collect();
    let bounds = words.windows(2).filter_map(|pair| Some((pair[0], pair[1].parse::<f64>().ok()?)));
    bounds.map(|(word, x)| (x + offs.iter().find(|off| off.0 == word).unwrap().1).to_string()).collect()
}

#[test]
fn defaults_are_accepted_and_what_is_out_of_range_is_refused() {
    for entry in REGISTRY {
        let (params, values) = ((entry.params)(), (entry.check)(&[]).unwrap());
        assert!(params.iter().map(|param| (param.name, &param.default)).eq(values.iter().map(|(k, v)| (*k, v))));
        let written: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!((entry.check)(&written).unwrap(), values, "{}", entry.id);
        for param in &params {
            assert_eq!((entry.check)(&[(param.name, &param.default)]).unwrap(), values, "{}", entry.id);
            let mut wrong = outside(&param.range);
            assert!(param.range.is_empty() || !wrong.is_empty(), "{}: {}", entry.id, param.range);
            if param.kind.contains("number") {
                wrong.extend(["NaN", "-nan", "inf", "-inf", "1e999", "0 -> NaN", "x"].map(String::from));
            }
            for settings in wrong.iter().map(|value| [(param.name, value.as_str())]) {
                let built = build(entry, &settings, &PLAIN.spec(), &mut Rng::new(0));
                assert!((entry.check)(&settings).is_err() && built.is_err(), "{}: {settings:?}", entry.id);
            }
        }
    }
}

#[test]
fn only_legal_actions_are_chosen_and_valued() {
    fn holds<O: Elem, A: Elem>(subject: &Subject<O, A>) {
        let (id, env) =
            (subject.entry.id, Corridor::<3> { states: 2, actions: 3, sign: -1.0, end: (false, true), at: 0 });
        if A::KIND == f32::KIND {
            return; // controls are not masked
        }
        let mut run = subject.run(&env, 0, 0);
        run.go(1_500).unwrap();
        for mode in [Mode::Greedy, Mode::Sample].repeat(150) {
            let (mut act, now) = ([A::default(); 2], run.batch.now());
            run.agent.policy(mode).act(&now, &mut run.rng, &mut act);
            // Going on is worth −2, leaving −1.3; what is illegal in the last state was never tried and seems worth 0.
            let on = |lane| (subject.on)(act[lane]) && rows::<O>(2).starts_with(now.obs.row(lane));
            let greedy = mode == Mode::Greedy && subject.entry.scope == Scope::Control;
            assert!(!greedy || !(on(0) || on(1)), "{id}: valued an illegal action");
            run.batch.step(&act).unwrap();
        }
    }
    every_agent!(holds);
}

#[test]
fn every_agent_passes_every_probe_that_fits_it() {
    for (entry, settings) in subjects() {
        let settings: Vec<_> = settings.into_iter().filter(|(name, _)| *name != "gamma").collect();
        // Along the gradient of a squared error a value comes up at a rate of α(1 − γ)², not α(1 − γ).
        let steps = if entry.id == "tdc" { 24_000 } else { 8_000 };
        let faults = probing::faults_of_entry(entry, &settings, steps).unwrap();
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{} {settings:?}:\n{}", entry.id, told.join("\n"));
    }
}

#[test]
fn the_probes_find_what_is_wrong_with_an_agent() {
    let faults = |config: QLearningConfig| -> Vec<probing::Kind> {
        probing::faults(&config, 8_000).unwrap().into_iter().map(|fault| fault.probe).collect()
    };
    let good = QLearningConfig { learning_rate: 0.1.into(), ..QLearningConfig::default() };
    assert_eq!(faults(good.clone()), []);
    let idle = QLearningConfig { learning_rate: 0.0.into(), ..good.clone() };
    assert_eq!(faults(idle), probing::Kind::ALL);
    // Without exploration and with equal values at first, the one action that was tried stays.
    let shy = QLearningConfig { epsilon: 0.0.into(), initial_value: -1.0, ..good };
    let found = faults(shy);
    assert!(found.iter().all(|probe| probe.is_about_actions()), "{found:?}");
}
