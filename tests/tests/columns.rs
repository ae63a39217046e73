//! Columns of a physical system give what lanes of single copies give, bit for bit.

use std::{sync::Arc, thread};

use gymkhana_envs::{
    Batch, Elem, Error, Lanes, Layer, Rng, Seeds,
    check::check,
    classic::{
        Acrobot, AcrobotParams, CartPole, CartPoleParams, Columns, Dynamics, Isa, MountainCar, MountainCarContinuous,
        MountainCarContinuousParams, MountainCarParams, Pendulum, PendulumParams, Physical,
    },
    registry::{AnyBatch, find},
    spread::Executor,
};
use proptest::{prelude::*, test_runner::RngSeed, test_runner::TestCaseResult};

/// Two things at once, on as many threads as it says.
struct Threads(usize);

impl Executor for Threads {
    fn threads(&self) -> usize {
        self.0
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        thread::scope(|scope| {
            scope.spawn(a);
            b();
        });
    }
}

/// How the two are compared.
#[derive(Clone, Copy, Debug)]
struct Trial {
    lanes: usize,
    seed: u64,
    steps: usize,
    isa: Isa,
    threads: usize,
}

fn trial() -> impl Strategy<Value = Trial> {
    let isa = prop_oneof![Just(Isa::Baseline), Just(Isa::Widest)];
    let lanes = prop_oneof![1_usize..70, 60_usize..300];
    (lanes, any::<u64>(), 1_usize..60, isa, 1_usize..5).prop_map(|(lanes, seed, steps, isa, threads)| Trial {
        lanes,
        seed,
        steps,
        isa,
        threads,
    })
}

/// Random actions; controls are now and then far beyond their bounds.
fn draw<A: Elem>(batch: &impl Batch<A = A>, rng: &mut Rng, act: &mut [A]) {
    let space = &batch.spec().actions;
    act.chunks_exact_mut(space.width()).for_each(|row| A::random_action(space, rng, row));
    if let (false, Some(wild)) = (space.is_index(), A::from_number(rng.uniform(-30.0, 30.0))) {
        let at = rng.below(act.len());
        act[at] = wild;
    }
}

fn bits(row: &[f32]) -> Vec<u32> {
    row.iter().map(|x| x.to_bits()).collect()
}

/// Both take the same steps; halfway the columns are put into another batch, whose state comes from the lanes.
fn same<D: Dynamics<S, O>, const S: usize, const O: usize>(env: &Physical<D, S, O>, trial: Trial) -> TestCaseResult {
    let seeds = Seeds::from(trial.seed);
    let make = |seeds: &Seeds| {
        let mut columns = Columns::new(*env.dynamics(), trial.lanes, seeds).unwrap().with_isa(trial.isa);
        if trial.threads > 1 {
            let executor: Arc<dyn Executor> = Arc::new(Threads(trial.threads));
            columns.spread(&executor);
        }
        columns
    };
    let (mut lanes, mut columns) = (Lanes::new(env.clone(), trial.lanes, &seeds).unwrap(), make(&seeds));
    let mut rng = Rng::new(trial.seed);
    let mut act = vec![<Columns<D, S, O> as Batch>::A::default(); trial.lanes * lanes.spec().actions.width()];
    prop_assert_eq!(lanes.spec(), columns.spec());
    prop_assert_eq!(lanes.state(), columns.state());
    for step in 0..trial.steps {
        if step == trial.steps / 2 {
            columns = make(&Seeds::from(!trial.seed));
            columns.set_state(&lanes.state()).unwrap();
        }
        draw(&lanes, &mut rng, &mut act);
        lanes.step(&act).unwrap();
        columns.step(&act).unwrap();
        let (one, other) = (lanes.seen(&act), columns.seen(&act));
        for i in 0..trial.lanes {
            prop_assert_eq!(bits(one.was.obs.row(i)), bits(other.was.obs.row(i)), "step {}, lane {}", step, i);
            prop_assert_eq!(bits(one.next(i)), bits(other.next(i)), "step {}, lane {}", step, i);
            prop_assert_eq!(bits(one.now.obs.row(i)), bits(other.now.obs.row(i)), "step {}, lane {}", step, i);
            prop_assert_eq!(one.reward[i].to_bits(), other.reward[i].to_bits(), "step {}, lane {}", step, i);
        }
        prop_assert_eq!((one.terminated, one.truncated), (other.terminated, other.truncated), "step {}", step);
        prop_assert_eq!((one.was.first, one.now.first), (other.was.first, other.now.first), "step {}", step);
        prop_assert_eq!(lanes.state(), columns.state(), "step {}", step);
    }
    Ok(())
}

/// Two numbers in order.
fn ordered(low: f64, high: f64) -> impl Strategy<Value = (f64, f64)> {
    (low..high, low..high).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(96)
    })]

    #[test]
    fn cart_pole_is_the_same(
        trial in trial(), near: bool, (low, high) in ordered(-1.5, 1.5), time_limit in 1_u32..60, length in 0.1_f64..2.0,
        force in 1_f64..50.0, sutton_barto_reward: bool,
    ) {
        // Angles beyond those that columns move without a branch, and not.
        let (low, high) = if near { (-0.05, 0.05) } else { (low, high) };
        let params = CartPoleParams { low, high, time_limit, length, force, sutton_barto_reward, ..Default::default() };
        same(&CartPole::new(params).unwrap(), trial)?;
    }

    #[test]
    fn mountain_car_is_the_same(
        trial in trial(), (low, high) in ordered(-1.2, 0.6), goal_velocity in -0.01..0.03, time_limit in 1_u32..60,
        gravity in 0.0..0.01,
    ) {
        let params = MountainCarParams { low, high, goal_velocity, time_limit, gravity, ..Default::default() };
        same(&MountainCar::new(params).unwrap(), trial)?;
    }

    #[test]
    fn mountain_car_continuous_is_the_same(
        trial in trial(), (low, high) in ordered(-1.2, 0.6), goal_velocity in -0.01..0.03, time_limit in 1_u32..60,
        power in 0.0..0.01,
    ) {
        let params = MountainCarContinuousParams { low, high, goal_velocity, time_limit, power };
        same(&MountainCarContinuous::new(params).unwrap(), trial)?;
    }

    #[test]
    fn pendulum_is_the_same(
        trial in trial(), x_init in prop_oneof![Just(3.0), Just(1e3), Just(3e5)], y_init in 0.0..9.0, g in 0.0..20.0,
        time_limit in 1_u32..60,
    ) {
        let params = PendulumParams { x_init, y_init, g, time_limit, ..Default::default() };
        same(&Pendulum::new(params).unwrap(), trial)?;
    }

    #[test]
    fn acrobot_is_the_same(
        trial in trial(), (low, high) in ordered(-4.0, 4.0), noise in prop_oneof![Just(0.0), 0.0..2.0], nips: bool,
        light: bool, time_limit in 1_u32..60,
    ) {
        let mut params = AcrobotParams { low, high, torque_noise_max: noise, time_limit, ..Default::default() };
        if nips {
            params.book_or_nips = "nips".into();
        }
        if light {
            // Accelerations that take an angle far off within a step.
            (params.link_moi, params.link_mass_2, params.torque, params.dt) = (0.01, 1e-3, 100.0, 1.0);
            (params.max_vel_1, params.max_vel_2) = (1000.0, 1000.0);
        }
        same(&Acrobot::new(params).unwrap(), trial)?;
    }
}

#[test]
fn columns_keep_the_contract() {
    for id in ["CartPole-v0", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1", "Acrobot-v1"] {
        let made = (find(id).unwrap().make)(&[("time_limit", "70")]).unwrap();
        for lanes in [16, 64, 67] {
            let checked = match made.batch(lanes, &Seeds::from(0)).unwrap() {
                AnyBatch::FeatureChoice(_) => check(|seeds| match made.batch(lanes, seeds)? {
                    AnyBatch::FeatureChoice(batch) => Ok(batch),
                    other => panic!("{other:?}"),
                }),
                _ => check(|seeds| match made.batch(lanes, seeds)? {
                    AnyBatch::FeatureControl(batch) => Ok(batch),
                    other => panic!("{other:?}"),
                }),
            };
            assert_eq!(checked, Ok(()), "{id}, {lanes} lanes");
        }
    }
}

#[test]
fn a_bad_action_moves_no_column() {
    let mut columns = Columns::new(*CartPole::default().dynamics(), 100, &Seeds::from(1)).unwrap();
    let (before, mut act) = (columns.state(), vec![1; 100]);
    act[77] = 2;
    assert!(matches!(columns.step(&act), Err(Error::Action { lane: Some(77), .. })));
    assert!(matches!(columns.step(&act[1..]), Err(Error::ActionCount { given: 99, .. })));
    assert_eq!(columns.state(), before);
    assert!(Columns::new(*CartPole::default().dynamics(), 0, &Seeds::from(1)).is_err());
}

#[test]
fn columns_that_break_their_contract_are_named_as_lanes_are() {
    // A cart that is pushed so hard that its position is no f32 any more.
    let params = CartPoleParams { force: 1e6, cart_mass: 1e-300, pole_mass: 1e-300, ..CartPoleParams::default() };
    let env = CartPole::new(params).unwrap();
    let mut lanes = Lanes::new(env.clone(), 70, &Seeds::from(1)).unwrap();
    let mut columns = Columns::new(*env.dynamics(), 70, &Seeds::from(1)).unwrap();
    let fails = |batch: &mut dyn Batch<O = f32, A = usize>| (0..9).find_map(|_| batch.step(&[1; 70]).err()).unwrap();
    assert_eq!(fails(&mut lanes).to_string(), fails(&mut columns).to_string());
}
