//! Agents that act with controls: a small one, through all that an agent goes through.

use gymkhana::{
    Training,
    store::run_dir::{FINAL_POLICY, read_manifest, read_policy},
};
use gymkhana_agents::{
    Agent, DeviceName, Error, Metrics, Mode, Policy, Recipe, Setup, Watch, any_agent, probing,
    registry::{Entry, Kinds, find},
    round,
    value::DqnConfig,
};
use gymkhana_envs::{
    Batch, Elem, Env, Lanes, Params, Rng, Seeds, Space, Spec, State, Step, Transitions, View, params,
    registry::{self, AnyBatch},
    wrappers::wrap,
};

params! {
    /// What the climber can be told.
    struct ClimberConfig for "climber" {
        /// step size α
        learning_rate: f64 = 0.005, in 0.0..=1.0;
        /// deviation σ of controls
        deviation: f64 = 0.2, in 0.0..=10.0;
    }
}

const EITHER: Entry = Entry::feature::<ClimberConfig>("a linear policy", "W ← W + α (r − r̄) ∇ ln π", "this file");
const STEERS: Entry = Entry::feature_control::<ClimberConfig>("a linear policy", "the same", "this file");

/// A linear policy that follows the gradient of each step's reward.
#[derive(Debug)]
struct Climber<A> {
    /// outputs × features
    weights: Vec<f64>,
    baseline: f64,
    /// actions as they were drawn, from `act` until `learn`
    drawn: Vec<A>,
    greedy: bool,
    space: Space,
    step: u64,
    config: ClimberConfig,
}

/// What a policy's outputs mean.
trait Act: Elem {
    fn outputs(space: &Space) -> usize;
    /// Draws an action, or takes the best with a deviation of 0.
    fn draw(outputs: &[f64], deviation: f64, rng: &mut Rng, act: &mut [Self]);
    /// ∂ ln π(a) / ∂ outputs
    fn slope(outputs: &[f64], deviation: f64, act: &[Self]) -> Vec<f64>;
    fn clip(space: &Space, act: &mut [Self]);
}

impl Act for usize {
    fn outputs(space: &Space) -> usize {
        space.choices().unwrap()
    }
    fn draw(outputs: &[f64], deviation: f64, rng: &mut Rng, act: &mut [usize]) {
        // The greatest of the outputs with Gumbel noise is a draw of their softmax.
        let noise = outputs.iter().map(|z| if deviation > 0.0 { z - (-rng.unit().ln()).ln() } else { *z });
        act[0] = noise.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
    }
    fn slope(outputs: &[f64], _: f64, act: &[usize]) -> Vec<f64> {
        let sum: f64 = outputs.iter().map(|z| z.exp()).sum();
        outputs.iter().enumerate().map(|(i, z)| f64::from(u8::from(i == act[0])) - z.exp() / sum).collect()
    }
    fn clip(_: &Space, _: &mut [usize]) {}
}

impl Act for f32 {
    fn outputs(space: &Space) -> usize {
        space.width()
    }
    fn draw(outputs: &[f64], deviation: f64, rng: &mut Rng, act: &mut [f32]) {
        act.iter_mut().zip(outputs).for_each(|(a, mean)| *a = (mean + deviation * rng.normal()) as f32);
    }
    fn slope(outputs: &[f64], deviation: f64, act: &[f32]) -> Vec<f64> {
        outputs.iter().zip(act).map(|(mean, a)| (f64::from(*a) - mean) / deviation.powi(2)).collect()
    }
    fn clip(space: &Space, act: &mut [f32]) {
        space.clip(act);
    }
}

impl<A: Act> Recipe<f32, A> for ClimberConfig {
    type Agent = Climber<A>;

    fn build(&self, setup: &Setup<'_>, _: &mut Rng) -> Result<Climber<A>, Error> {
        self.validate()?;
        let (space, outputs) = (setup.spec.actions.clone(), A::outputs(&setup.spec.actions));
        Ok(Climber {
            weights: vec![0.0; outputs * setup.spec.observations.width()],
            baseline: 0.0,
            drawn: vec![A::default(); setup.lanes * space.width()],
            greedy: false,
            space,
            step: 0,
            config: self.clone(),
        })
    }
}

impl<A: Act> Climber<A> {
    fn output(&self, obs: &[f32]) -> Vec<f64> {
        let sum = |w: &[f64]| w.iter().zip(obs).map(|(w, x)| w * f64::from(*x)).sum();
        self.weights.chunks_exact(obs.len()).map(sum).collect()
    }
}

impl<A: Act> Policy<f32, A> for Climber<A> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [A]) {
        let deviation = if self.greedy { 0.0 } else { self.config.deviation };
        for (obs, act) in now.obs.iter().zip(act.chunks_exact_mut(self.space.width())) {
            A::draw(&self.output(obs), deviation, rng, act);
        }
        self.drawn = act.to_vec();
        A::clip(&self.space, act);
    }
}

impl<A: Act> Agent<f32, A> for Climber<A> {
    fn learn(&mut self, seen: &Transitions<'_, f32, A>, _: &mut Rng, log: &mut Metrics) -> Result<(), Error> {
        self.step += seen.lanes() as u64;
        for (i, act) in self.drawn.clone().chunks_exact(self.space.width()).enumerate() {
            let (obs, advantage) = (seen.was.obs.row(i), seen.reward[i] - self.baseline);
            let slope = A::slope(&self.output(obs), self.config.deviation, act);
            for (w, slope) in self.weights.chunks_exact_mut(obs.len()).zip(slope) {
                w.iter_mut().zip(obs).for_each(|(w, x)| {
                    *w += self.config.learning_rate * advantage * slope * f64::from(*x);
                });
            }
            self.baseline += 0.05 * advantage;
            log.record("train/advantage", advantage.abs());
        }
        Ok(())
    }
    fn policy(&self, mode: Mode) -> Box<dyn Policy<f32, A>> {
        let (weights, space, config) = (self.weights.clone(), self.space.clone(), self.config.clone());
        Box::new(Self { weights, space, config, drawn: vec![], greedy: mode == Mode::Greedy, ..*self })
    }
    fn check(&self) -> Result<(), Error> {
        let (agent, step, learning_rate) = (EITHER.id, self.step, self.config.learning_rate);
        let watch = Watch { agent, step, update: self.step, learning_rate, max_grad_norm: None };
        self.weights.iter().try_for_each(|w| watch.number("a weight", *w).map(|_| ()))
    }
    fn state(&self) -> State {
        State::of(&(&self.weights, self.baseline, self.step))
    }
    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        (self.weights, self.baseline, self.step) = state.get()?;
        Ok(())
    }
}

/// A point that drifts and is to be pushed back; what is beyond the bounds of the push is paid for.
#[derive(Clone)]
struct Push {
    x: f32,
}

impl Env for Push {
    type Obs = [f32; 2];
    type Act = [f32; 1];

    fn spec(&self) -> Spec {
        Spec::new("Push", Space::unbounded(2), Space::cube(1, -1.0, 1.0)).time_limit(20)
    }
    fn reset(&mut self, rng: &mut Rng) -> [f32; 2] {
        self.x = rng.uniform(-1.0, 1.0) as f32;
        [10.0 * self.x, 1.0]
    }
    fn step(&mut self, [push]: [f32; 1], rng: &mut Rng) -> Step<[f32; 2]> {
        assert!(push.abs() <= 1.0, "a push of {push}");
        let reward = -f64::from(self.x + push).powi(2);
        self.x = rng.uniform(-1.0, 1.0) as f32;
        Step::on([10.0 * self.x, 1.0], reward)
    }
    fn state(&self) -> Option<State> {
        Some(State::of(&self.x))
    }
    fn set_state(&mut self, state: &State) -> Result<(), gymkhana_envs::Error> {
        self.x = state.get()?;
        Ok(())
    }
}

const WRAPPERS: [&str; 2] = ["normalize-observation", "normalize-reward"];

fn batch(id: &str) -> AnyBatch {
    (registry::find(id).unwrap().make)(&[]).unwrap().batch(2, &Seeds::from(0)).unwrap()
}

fn setup(spec: &Spec) -> Setup<'_> {
    Setup { spec, lanes: 2, steps: 1_000, device: DeviceName::Flex }
}

#[test]
fn an_agent_of_two_kinds_is_built_by_what_the_environment_takes() {
    for (id, kinds) in [("CartPole-v1", Kinds::FeatureChoice), ("Pendulum-v1", Kinds::FeatureControl)] {
        let batch = batch(id);
        EITHER.check_fit(&batch).unwrap();
        let agent = (EITHER.build)(&[], &setup(batch.spec()), &mut Rng::new(0)).unwrap();
        assert_eq!(agent.kinds(), kinds);
        assert_eq!(agent.typed::<f32, f32>().is_some(), kinds == Kinds::FeatureControl);
        any_agent!(agent, agent => {
            let mut batch = EITHER.batch_for(&*agent, batch).unwrap();
            let (mut agent, mut act) = (agent, vec![Default::default(); 2]);
            round(&mut *agent, &mut *batch, &mut act, &mut Rng::new(0), &mut Metrics::default()).unwrap();
        });
    }
    assert_eq!(EITHER.kinds_in_words(), ("features".into(), "choices or controls".into()));
}

#[test]
fn misfits_name_both_sides_and_what_bridges_them() {
    let told = |entry: &Entry, id| entry.check_fit(&batch(id)).unwrap_err().to_string();
    assert_eq!(
        told(&EITHER, "FrozenLake-v1"),
        "climber does not fit FrozenLake-v1: it needs observations that are features, and FrozenLake-v1 has observations in \
         Discrete(16); bridge them with `--wrap one-hot`"
    );
    assert_eq!(
        told(&STEERS, "CartPole-v1"),
        "climber does not fit CartPole-v1: it needs actions that are controls, and CartPole-v1 has actions in Discrete(2)"
    );
    assert_eq!(
        told(find("dqn").unwrap(), "Pendulum-v1"),
        "dqn does not fit Pendulum-v1: it needs a finite number of actions, and Pendulum-v1 has actions in Box(1, -2 to 2); \
         bridge them with `--wrap discretize-action:bins=5`"
    );
}

#[test]
fn an_agent_of_two_kinds_is_probed_in_both() {
    assert_eq!(probing::faults_of_entry(&EITHER, &[], 8_000).unwrap(), []);
    let faults = probing::faults_of_entry(&EITHER, &[("learning_rate", "0")], 400).unwrap();
    let told: Vec<_> = faults.iter().map(|fault| (fault.probe, fault.actions)).collect();
    let [choices, controls] = ["choices", "controls"].map(|actions| (probing::Kind::Both, actions));
    assert!(told.contains(&choices) && told.contains(&controls), "{told:?}");
    assert!(faults.iter().any(|fault| fault.to_string().starts_with("Both with controls: actions [")), "{faults:?}");
}

#[test]
fn the_environment_gets_what_was_clipped_and_the_agent_learns_from_what_was_drawn() {
    let config = ClimberConfig { deviation: 5.0, learning_rate: 0.01 };
    let mut lanes = Lanes::new(Push { x: 0.0 }, 1, &Seeds::from(1)).unwrap();
    let mut agent: Climber<f32> = config.build(&Setup { lanes: 1, ..setup(lanes.spec()) }, &mut Rng::new(0)).unwrap();
    let (mut act, mut rng) = ([0.0], Rng::new(1));
    while agent.drawn[0].abs() <= 1.0 {
        agent.act(&lanes.now(), &mut rng, &mut act);
    }
    let drawn = f64::from(agent.drawn[0]);
    assert!(drawn.abs() > 1.0 && f64::from(act[0]) == drawn.signum(), "{drawn} {act:?}");
    lanes.step(&act).unwrap();
    let seen = lanes.seen(&act);
    agent.learn(&seen, &mut rng, &mut Metrics::default()).unwrap();
    // W = α (r − 0) a/σ² x
    let expected = [0, 1].map(|k| 0.01 * seen.reward[0] * drawn / 25.0 * f64::from(seen.was.obs.row(0)[k]));
    assert!(
        agent.weights.iter().zip(expected).all(|(w, expected)| (w - expected).abs() < 1e-12),
        "{:?}",
        agent.weights
    );
    assert_eq!(seen.act.row(0), act);
}

#[test]
fn a_control_that_is_no_number_is_told_as_divergence() {
    let mut lanes = Lanes::new(Push { x: 0.0 }, 1, &Seeds::from(1)).unwrap();
    let setup = Setup { lanes: 1, ..setup(lanes.spec()) };
    let mut agent: Climber<f32> = ClimberConfig::default().build(&setup, &mut Rng::new(0)).unwrap();
    agent.weights[1] = f64::NAN;
    let told = round(&mut agent, &mut lanes, &mut [0.0], &mut Rng::new(0), &mut Metrics::default());
    let told = told.unwrap_err().to_string();
    assert!(told.starts_with("climber diverged: a weight is NaN at step 0, after 0 updates"), "{told}");
}

fn training() -> Training<'static, Push, ClimberConfig> {
    let training = Training::new(Push { x: 0.0 }, ClimberConfig { learning_rate: 0.02, deviation: 0.3 });
    WRAPPERS.into_iter().fold(training.steps(20_000).lanes(4).seed(2), Training::wrap)
}

#[test]
fn training_with_controls_and_normalisers_learns_and_keeps_its_statistics() {
    let dir = tempfile::tempdir().unwrap();
    let trained = training().out(dir.path()).run().unwrap();
    // At random, 20 steps pay −20·(1/3 + 0.09).
    assert!(trained.evaluation.mean() > -0.5, "{}", trained.evaluation.mean());
    let manifest = read_manifest(dir.path()).unwrap();
    assert_eq!(manifest.config.wrappers, WRAPPERS);
    assert_eq!((manifest.env_spec.id.as_str(), manifest.resumes_exactly), ("Push", true));
    assert_eq!(read_policy(dir.path(), FINAL_POLICY).unwrap().statistics.len(), 2);
    // Returns are the environment's own, whatever the rewards were made into; and without keeping they are the same.
    let again = training().run().unwrap();
    assert_eq!(again.evaluation, trained.evaluation);
    let other = training().out(dir.path()).seed(2).wrap("clip-action").run().unwrap_err().to_string();
    assert!(other.contains("holds a finished run"), "{other}");
}

#[test]
fn wrappers_bridge_kinds_and_what_they_do_not_bridge_is_told() {
    let config = DqnConfig { hidden: vec![8], ..DqnConfig::default() };
    Training::bridged(Corner(0), config.clone()).wrap("one-hot").steps(200).run().unwrap();
    let told =
        |training: Training<'_, Corner, DqnConfig, f32, usize>| training.steps(200).run().unwrap_err().to_string();
    assert_eq!(
        told(Training::bridged(Corner(0), config.clone())),
        "dqn does not fit Corner: it needs observations that are features, and Corner has observations in Discrete(3); \
         bridge them with `--wrap one-hot`"
    );
    assert_eq!(
        told(Training::bridged(Corner(0), config).wrap("one-hat")),
        "no wrapper `one-hat` (did you mean one-hot?)"
    );
}

/// Three states in a row.
#[derive(Clone)]
struct Corner(usize);

impl Env for Corner {
    type Obs = usize;
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Corner", Space::Discrete(3), Space::Discrete(2)).time_limit(5)
    }
    fn reset(&mut self, _: &mut Rng) -> usize {
        self.0 = 0;
        0
    }
    fn step(&mut self, action: usize, _: &mut Rng) -> Step<usize> {
        self.0 = (self.0 + action).min(2);
        Step::on(self.0, f64::from(u8::from(self.0 == 2)))
    }
}

#[test]
fn a_control_agent_in_normalisers_goes_on_with_the_same_bits() {
    struct Half {
        agent: Climber<f32>,
        batch: Box<dyn Batch<O = f32, A = f32>>,
        rng: Rng,
    }
    let begin = |seed| {
        let lanes = AnyBatch::new(Lanes::new(Push { x: 0.0 }, 2, &Seeds::from(seed)).unwrap());
        let batch = WRAPPERS.iter().try_fold(lanes, |batch, text| wrap(batch, text)).unwrap();
        let batch = batch.typed::<f32, f32>().unwrap();
        let agent = ClimberConfig::default().build(&setup(batch.spec()), &mut Rng::new(seed)).unwrap();
        Half { agent, batch, rng: Rng::new(seed) }
    };
    let go = |half: &mut Half, steps: usize| {
        let (mut act, mut log) = ([0.0; 2], Metrics::default());
        for _ in 0..steps {
            round(&mut half.agent, &mut *half.batch, &mut act, &mut half.rng, &mut log).unwrap();
        }
    };
    let states = |half: &Half| (half.agent.state(), half.batch.state(), half.batch.statistics());
    let (mut one, mut other) = (begin(1), begin(2));
    go(&mut one, 137);
    go(&mut other, 20);
    other.agent.set_state(&one.agent.state()).unwrap();
    other.batch.set_state(&one.batch.state()).unwrap();
    other.rng = one.rng.clone();
    go(&mut one, 263);
    go(&mut other, 263);
    assert!(states(&one) == states(&other));
    assert_eq!(one.agent.weights, other.agent.weights);
}
