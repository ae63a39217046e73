//! No step allocates: not in lanes, not behind a `dyn Batch`, not through a wrapper, resets included; nor does an agent on
//! tables or of a bandit that acts and learns.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

mod drift;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use drift::Drift;
use gymkhana_agents::{
    Agent, DeviceName, Metrics, Setup, any_agent,
    registry::{self as agents, AnyAgent, Kinds, Scope},
    round,
};
use gymkhana_envs::{
    Batch, Elem, Env, Lanes, Rng, Seeds, Spec,
    bandit::{Testbed, TestbedParams},
    classic::{CartPole, CartPoleParams},
    grid::{Gridworld, Rules},
    registry::{AnyBatch, REGISTRY, find},
    tabular::Finite,
    wrappers::{Mapped, OneHot, wrap},
};

/// The system's allocator, counting what each thread asks of it, so that tests do not count each other.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is handed on.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates while `work` runs, and what it gives.
fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let value = work();
    (ALLOCATIONS.get() - before, value)
}

const LANES: usize = 64;
const SEEDS: Seeds = Seeds::Consecutive(7);

/// Steps a batch with random actions and looks at every transition: allocations, and episodes that ended.
fn run<B: Batch>(mut batch: B, steps: usize) -> (usize, usize) {
    let space = batch.spec().actions.clone();
    let mut act = vec![B::A::default(); batch.lanes() * space.width()];
    let mut rng = Rng::new(5);
    allocations(|| {
        let mut ended = 0;
        for _ in 0..steps {
            act.chunks_exact_mut(space.width()).for_each(|row| B::A::random_action(&space, &mut rng, row));
            batch.step(&act).unwrap();
            let seen = batch.seen(&act);
            ended += (0..seen.lanes()).filter(|&i| seen.ended(i) && seen.next(i).len() == seen.now.obs.width).count();
        }
        ended
    })
}

#[track_caller]
fn assert_no_allocation<B: Batch>(batch: B, steps: usize) {
    let name = batch.spec().id.clone();
    let (allocations, ended) = run(batch, steps);
    assert_eq!(allocations, 0, "{name}: allocations in {steps} steps");
    assert!(ended > 0, "{name}: no episode ended, so no reset was looked at");
}

fn cart_pole() -> CartPole {
    CartPole::new(CartPoleParams::default()).unwrap()
}

fn gridworld() -> Finite {
    // Two starts and a cliff: outcomes of every kind.
    let grid = Gridworld::new("S..G/.#.H/SCC.", Rules { success_rate: 0.8, ..Rules::default() }).unwrap();
    Finite::new("Gridworld", grid.table(), Some(50), None)
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| std::hint::black_box(vec![1_u8; 100]).len()), (1, 100));
    assert_eq!(allocations(|| std::hint::black_box(1 + 1)), (0, 2));
}

#[test]
fn lanes_of_cart_pole_do_not_allocate() {
    assert_no_allocation(Lanes::new(cart_pole(), LANES, &SEEDS).unwrap(), 10_000);
}

#[test]
fn lanes_of_a_gridworld_do_not_allocate() {
    assert_no_allocation(Lanes::new(gridworld(), LANES, &SEEDS).unwrap(), 10_000);
}

#[test]
fn finite_environments_do_not_allocate() {
    for entry in REGISTRY.iter().filter(|entry| entry.family == "finite") {
        let batch = (entry.make)(&[]).unwrap().batch(LANES, &SEEDS).unwrap();
        assert_none_in_any(batch, if entry.id == "WindyGridworld" { 200_000 } else { 20_000 });
    }
}

#[test]
fn lanes_of_a_bandit_do_not_allocate() {
    let bandit = Testbed::new(TestbedParams { time_limit: 100, ..TestbedParams::default() }).unwrap();
    assert_no_allocation(Lanes::new(bandit, LANES, &SEEDS).unwrap(), 1_000);
}

#[test]
fn one_hot_rows_do_not_allocate() {
    let lanes = Lanes::new(gridworld(), LANES, &SEEDS).unwrap();
    let map = OneHot::new(&gridworld().spec().observations).unwrap();
    assert_no_allocation(Mapped::new(lanes, map), 10_000);
}

/// Steps a batch whose types have been forgotten.
fn assert_none_in_any(batch: AnyBatch, steps: usize) {
    match batch {
        AnyBatch::IndexChoice(batch) => assert_no_allocation(batch, steps),
        AnyBatch::IndexControl(batch) => assert_no_allocation(batch, steps),
        AnyBatch::FeatureChoice(batch) => assert_no_allocation(batch, steps),
        AnyBatch::FeatureControl(batch) => assert_no_allocation(batch, steps),
    }
}

#[test]
fn batches_from_the_registry_do_not_allocate_behind_a_dyn_batch() {
    for id in ["MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1", "Acrobot-v1", "CartPole-v0"] {
        assert_none_in_any((find(id).unwrap().make)(&[]).unwrap().batch(LANES, &SEEDS).unwrap(), 1_000);
    }
    for id in ["CartPole-v1", "Gridworld", "FrozenLake8x8-v1", "CliffWalking-v1"]
        .into_iter()
        .chain(["KArmedBandit", "DriftingBandit", "ContextualBandit", "LinearBandit", "Blackjack-v1", "TMaze"])
        .chain(["RandomWalk", "GamblersProblem", "JacksCarRental", "MaximizationBias", "ShortCorridor", "Baird"])
        .chain(["WeatherChain", "Tour", "RiverSwim", "DeepSea"])
    {
        assert_none_in_any((find(id).unwrap().make)(&[]).unwrap().batch(LANES, &SEEDS).unwrap(), 10_000);
    }
}

#[test]
fn wrapped_batches_from_the_registry_do_not_allocate() {
    for (id, wrapper) in [
        ("FrozenLake-v1", "one-hot"),
        ("FrozenLake-v1", "frame-stack"),
        ("FrozenLake-v1", "sticky-action"),
        ("CartPole-v1", "discretize:bins=6"),
        ("CartPole-v1", "tile-coding"),
        ("CartPole-v1", "tile-coding:tiles=2,features=true"),
        ("CartPole-v1", "tile-coding:hashed=512"),
        ("CartPole-v1", "normalize-observation"),
        ("CartPole-v1", "clip-observation"),
        ("CartPole-v1", "mask-observation:keep=0,2"),
        ("CartPole-v1", "frame-stack"),
        ("CartPole-v1", "normalize-reward"),
        ("CartPole-v1", "clip-reward"),
        ("CartPole-v1", "scale-reward"),
        ("CartPole-v1", "time-limit:steps=20"),
        ("CartPole-v1", "record-episode-statistics"),
    ] {
        let batch = (find(id).unwrap().make)(&[]).unwrap().batch(LANES, &SEEDS).unwrap();
        assert_none_in_any(wrap(batch, wrapper).unwrap(), 2_000);
    }
    for wrapper in ["clip-action", "rescale-action", "discretize-action", "sticky-action"] {
        let batch = AnyBatch::new(Lanes::new(Drift::new(30), LANES, &SEEDS).unwrap());
        assert_none_in_any(wrap(batch, wrapper).unwrap(), 2_000);
    }
}

/// Agents whose list of traces grows by doubling, and no more once the longest has been, which may come late.
const GROWING: &[&str] = &["sarsa-lambda"];

/// How often an agent allocates in its steps, after as many to warm up.
fn learn<O: Elem, A: Elem>(
    mut agent: Box<dyn Agent<O, A>>,
    mut batch: Box<dyn Batch<O = O, A = A>>,
    steps: usize,
) -> usize {
    let mut act = vec![A::default(); batch.lanes() * batch.spec().actions.width()];
    let (mut rng, mut log) = (Rng::new(3), Metrics::default());
    let mut go = || {
        for _ in 0..steps {
            round(&mut *agent, &mut *batch, &mut act, &mut rng, &mut log).unwrap();
        }
    };
    go();
    allocations(go).0
}

#[test]
fn agents_on_tables_and_of_bandits_do_not_allocate() {
    let mut found = Vec::new();
    for entry in agents::REGISTRY.iter().filter(|entry| !entry.branch.ends_with("/deep")) {
        let env = match entry.scope {
            Scope::Bandit if entry.takes(Kinds::FeatureChoice) => "LinearBandit",
            Scope::Bandit => "KArmedBandit",
            _ => "FrozenLake-v1",
        };
        let batch = (find(env).unwrap().make)(&[]).unwrap().batch(2, &SEEDS).unwrap();
        let batch = if entry.check_fit(&batch).is_ok() { batch } else { wrap(batch, "one-hot").unwrap() };
        let steps = 20_000;
        let build = |spec: &Spec| {
            let setup = Setup { spec, lanes: 2, steps: 4 * steps as u64, device: DeviceName::Flex };
            (entry.build)(&[], &setup, &mut Rng::new(1)).unwrap()
        };
        let count = any_agent!(build(batch.spec()), agent => {
            let batch = entry.batch_for(&*agent, batch).unwrap();
            learn(agent, batch, steps)
        });
        // What doubles has soon doubled; what allocates in every episode does so hundreds of times.
        let allowed = if GROWING.contains(&entry.id) { 20 } else { 0 };
        if count > allowed {
            found.push(format!("{}: {count}", entry.id));
        }
    }
    assert!(found.is_empty(), "allocations in 20,000 steps of two lanes: {found:#?}");
}

#[test]
fn dqn_does_not_allocate_to_act_and_to_remember() {
    for more in ["n=1", "n=3", "dueling=true"] {
        // Of a memory that is full, before the first update.
        let settings = [("buffer_size", "500"), ("train_frequency", "1000000"), ("epsilon", "0.5"), ("hidden", "16")];
        let settings = [settings.as_slice(), &[more.split_once('=').unwrap()]].concat();
        let batch = (find("CartPole-v1").unwrap().make)(&[]).unwrap().batch(2, &SEEDS).unwrap();
        let setup = Setup { spec: batch.spec(), lanes: 2, steps: 100_000, device: DeviceName::Flex };
        let agent = (agents::find("dqn").unwrap().build)(&settings, &setup, &mut Rng::new(1)).unwrap();
        let (AnyBatch::FeatureChoice(batch), AnyAgent::FeatureChoice(agent)) = (batch, agent) else {
            panic!("dqn is for features and choices");
        };
        assert_eq!(learn(agent, batch, 2_000), 0, "{more}");
    }
}

#[test]
fn on_policy_agents_do_not_allocate_to_act_and_to_remember() {
    for env in ["CartPole-v1", "Pendulum-v1"] {
        // Before the first update. Episodes are as long as they are: room for them doubles, and is kept.
        for (id, setting, allowed) in
            [("ppo", ("n_steps", "5000"), 0), ("a2c", ("n_steps", "5000"), 0), ("reinforce", ("episodes", "5000"), 20)]
        {
            let (entry, batch) = (agents::find(id).unwrap(), (find(env).unwrap().make)(&[]).unwrap());
            let batch = batch.batch(2, &SEEDS).unwrap();
            let setup = Setup { spec: batch.spec(), lanes: 2, steps: 100_000, device: DeviceName::Flex };
            let count = any_agent!((entry.build)(&[setting], &setup, &mut Rng::new(1)).unwrap(), agent => {
                let batch = entry.batch_for(&*agent, batch).unwrap();
                learn(agent, batch, 2_000)
            });
            assert!(count <= allowed, "{id} in {env}: {count}");
        }
    }
}
