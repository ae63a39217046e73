//! Training from Rust, and what a kept run gives back: without the registry, the same numbers, the same policy.

use std::{fs, path::Path};

use gymkhana::{
    Trained, Training,
    acting::{Action, Seen},
    agents::{Agent, Mode, Policy, Schedule, tabular::QLearningConfig, value::DqnConfig},
    config::EvaluationPlan,
    configure::tuned,
    launch::{Cell, Making, run_cells},
    observe::{Observer, Record},
};
use gymkhana_envs::{
    Env, Registry, Rng, Rows, Seeds, Space, Spec, Step, View,
    grid::{Gridworld, Rules},
    registry::find,
    tabular::Finite,
    wrappers::wrap,
};

struct Nobody;
impl Observer for Nobody {}

/// A point on a line that is to be pushed to its end; there is none of it in the registry.
#[derive(Clone)]
struct Push {
    x: f32,
}

impl Env for Push {
    type Obs = [f32; 2];
    type Act = usize;

    fn spec(&self) -> Spec {
        Spec::new("Push", Space::unbounded(2), Space::Discrete(3)).time_limit(30)
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; 2] {
        self.x = rng.below(5) as f32 / 10.0;
        [self.x, 1.0]
    }

    fn step(&mut self, action: usize, _: &mut Rng) -> Step<[f32; 2]> {
        self.x += (action as f32 - 1.0) / 10.0;
        let obs = [self.x, 1.0];
        if self.x >= 1.0 { Step::terminated(obs, 1.0) } else { Step::on(obs, -0.1) }
    }
}

fn yard() -> Finite {
    Finite::new("Yard", Gridworld::new("S...\n.##.\n...G", Rules::default()).unwrap().table(), Some(100), None)
}

fn q_learning() -> Training<'static, Finite, QLearningConfig> {
    Training::new(yard(), QLearningConfig::default()).steps(2_000).seed(3)
}

fn dqn() -> Training<'static, Push, DqnConfig> {
    let config = DqnConfig { hidden: vec![16], learning_rate: Schedule::Constant(1e-2), ..DqnConfig::default() };
    Training::new(Push { x: 0.0 }, config).steps(1_500).seed(3)
}

fn numbers<G>(trained: &Trained<G>) -> Vec<Record> {
    trained.history.0.iter().cloned().map(Record::without_time).collect()
}

/// The same but for times.
fn assert_same<G, H>(a: &Trained<G>, b: &Trained<H>) {
    assert_eq!(numbers(a), numbers(b));
    assert_eq!(a.evaluation, b.evaluation);
    assert_eq!((a.result.steps, a.result.episodes, a.result.best), (b.result.steps, b.result.episodes, b.result.best));
}

#[test]
fn the_same_training_twice_gives_the_same_history() {
    let (a, b) = (q_learning().run().unwrap(), q_learning().run().unwrap());
    assert_same(&a, &b);
    assert_eq!(a.agent.q(), b.agent.q());
    assert_ne!(numbers(&a), numbers(&q_learning().seed(4).run().unwrap()));
    assert_same(&dqn().run().unwrap(), &dqn().run().unwrap());
    assert_same(&dqn().lanes(3).run().unwrap(), &dqn().lanes(3).run().unwrap());
}

#[test]
fn keeping_a_run_changes_no_number() {
    let dir = tempfile::tempdir().unwrap();
    assert_same(&q_learning().out(dir.path().join("q")).run().unwrap(), &q_learning().run().unwrap());
    assert_same(&dqn().out(dir.path().join("dqn")).run().unwrap(), &dqn().run().unwrap());
}

/// What a policy does in one observation.
fn action<O: gymkhana_envs::Elem>(policy: &mut dyn Policy<O, usize>, obs: &[O]) -> usize {
    let mut act = [usize::MAX];
    policy.act(&View::new(Rows { flat: obs, width: obs.len() }, &[true]), &mut Rng::new(0), &mut act);
    act[0]
}

#[test]
fn a_loaded_table_acts_like_its_agent_and_refuses_what_is_no_state() {
    let dir = tempfile::tempdir().unwrap();
    let trained = q_learning().out(dir.path()).run().unwrap();
    let saved = gymkhana::load(dir.path()).unwrap();
    assert_eq!((saved.seed(), saved.config().agent.as_str(), saved.spec()), (3, "q-learning", &yard().spec()));
    let mut greedy = trained.agent.policy(Mode::Greedy);
    for state in 0..12 {
        assert_eq!(saved.choose_in(state).unwrap(), action(&mut *greedy, &[state]), "state {state}");
    }
    assert!(saved.choose_in(12).unwrap_err().to_string().contains("state 12 is not in Discrete(12)"));
    assert!(saved.choose(&[0.0]).is_err());
    assert!(saved.policy::<f32, usize>(Mode::Greedy).is_none() && saved.policy::<usize, usize>(Mode::Sample).is_some());
    assert!(saved.evaluate_on(Push { x: 0.0 }, 10, 0).unwrap_err().to_string().contains("state indices"));
}

#[test]
fn a_loaded_network_acts_like_its_agent_and_refuses_other_widths() {
    let dir = tempfile::tempdir().unwrap();
    let trained = dqn().out(dir.path()).run().unwrap();
    let saved = gymkhana::load(dir.path()).unwrap();
    assert_eq!(saved.spec(), &Push { x: 0.0 }.spec());
    let mut greedy = trained.agent.policy(Mode::Greedy);
    let mut chosen = [0; 3];
    for i in -200..200 {
        let obs = [i as f32 / 50.0, 1.0 + i as f32 / 100.0];
        let choice = saved.choose(&obs).unwrap();
        assert_eq!(choice, action(&mut *greedy, &obs), "{obs:?}");
        chosen[choice] += 1;
    }
    assert!(chosen.iter().filter(|&&n| n > 0).count() > 1, "it always does the same: {chosen:?}");
    for features in [&[][..], &[0.0], &[0.0; 3]] {
        let error = saved.choose(features).unwrap_err().to_string();
        assert_eq!(error, format!("{} features, where the policy was trained on 2", features.len()));
    }
    assert!(saved.choose_in(0).is_err());
    let twice = [0, 1].map(|_| saved.evaluate_on(Push { x: 0.0 }, 20, 5).unwrap());
    assert_eq!(twice[0], twice[1]);
    // Its environment was a value, so that its name alone makes none.
    assert!(
        saved
            .evaluate(10, &Seeds::from(0), &mut Rng::new(0))
            .unwrap_err()
            .to_string()
            .contains("Push was given as a value")
    );
}

#[test]
fn a_finished_run_is_not_trained_again_and_another_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    q_learning().out(dir.path()).run().unwrap();
    let metrics = fs::read(dir.path().join("metrics.jsonl")).unwrap();
    let refused = |training: Training<'_, Finite, QLearningConfig>, words: &str| {
        let error = format!("{:#}", training.out(dir.path()).run().unwrap_err());
        assert!(error.contains(words), "{error}");
    };
    refused(q_learning(), "holds a finished run");
    fs::remove_file(dir.path().join("result.json")).unwrap();
    refused(q_learning().seed(4), "seed: 4 instead of 3");
    refused(q_learning().steps(3_000), "steps: 3000 instead of 2000");
    assert_eq!(fs::read(dir.path().join("metrics.jsonl")).unwrap(), metrics);
}

#[test]
fn an_interrupted_run_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dqn().out(dir.path()).run().unwrap();
    // As a kill before the first checkpoint leaves it.
    for name in ["result.json", "final.policy"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let metrics = fs::read(dir.path().join("metrics.jsonl")).unwrap();
    fs::write(dir.path().join("metrics.jsonl"), &metrics[..metrics.len() / 2]).unwrap();
    assert!(gymkhana::load(dir.path()).unwrap_err().to_string().contains("not finished"));
    assert_same(&dqn().out(dir.path()).run().unwrap(), &whole);
    gymkhana::load(dir.path()).unwrap();
}

#[test]
fn what_makes_no_run_is_refused() {
    for (training, wanted) in [
        (q_learning().steps(0), "0 steps"),
        (q_learning().lanes(0), "0 lanes"),
        (q_learning().until(f64::NAN), "not a number"),
        (q_learning().evaluate(EvaluationPlan { final_episodes: 0, ..EvaluationPlan::for_steps(9) }), "one episode"),
    ] {
        let error = training.run().unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn damaged_runs_do_not_load() {
    let dir = tempfile::tempdir().unwrap();
    dqn().out(dir.path()).run().unwrap();
    let fails = |path: &Path, words: &str| {
        let error = format!("{:#}", gymkhana::load(path).unwrap_err());
        assert!(error.contains(words), "{error}");
    };
    fails(&dir.path().join("nothing"), "manifest.json");
    for (name, words) in [("final.policy", "not a checkpoint"), ("manifest.json", "is damaged")] {
        let path = dir.path().join(name);
        let whole = fs::read(&path).unwrap();
        for byte in [0, b'x'] {
            let mut bytes = whole.clone();
            bytes[0] = byte;
            fs::write(&path, bytes).unwrap();
            fails(dir.path(), words);
        }
        for end in [0, whole.len() / 2, whole.len() - 3] {
            fs::write(&path, &whole[..end]).unwrap();
            fails(dir.path(), "is damaged");
        }
        fs::write(&path, whole).unwrap();
    }
    gymkhana::load(dir.path()).unwrap();
}

/// A run of names: an agent, an environment, wrappers.
fn made_of_names(agent: &str, env: &str, wrappers: &[&str], settings: &[(&str, &str)], dir: &Path) {
    let envs = Registry::standard();
    let mut config = tuned(&envs, agent, env).unwrap();
    config.wrappers = wrappers.iter().map(ToString::to_string).collect();
    config.agent_settings.extend(settings.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    (config.steps, config.evaluation) = (1_500, EvaluationPlan { every: 300, episodes: 1, final_episodes: 1, cap: 50 });
    let cell = Cell { seed: 1, dir: dir.into() };
    run_cells(&envs, &config, &[cell], &Making::default(), |_| Nobody).remove(0).unwrap();
}

#[test]
fn a_policy_acts_on_raw_observations_through_its_wrappers() {
    let dir = tempfile::tempdir().unwrap();
    let wrappers = ["normalize-observation", "frame-stack:frames=2"];
    let quick = [("hidden", "16"), ("learning_starts", "50"), ("learning_rate", "0.01"), ("target_interval", "50")];
    made_of_names("dqn", "CartPole-v1", &wrappers, &quick, dir.path());
    let saved = gymkhana::load(dir.path()).unwrap();
    assert_eq!((saved.spec().observations.width(), saved.statistics().len()), (8, 1));

    // The same policy in the same wrappers round the environment itself.
    let made = (find("CartPole-v1").unwrap().make)(&[]).unwrap();
    let mut raw = made.batch(1, &Seeds::from(5)).unwrap().typed::<f32, usize>().unwrap();
    let seen = wrappers.iter().try_fold(made.batch(1, &Seeds::from(5)).unwrap(), |batch, text| wrap(batch, text));
    let mut seen = seen.unwrap().typed::<f32, usize>().unwrap();
    seen.freeze();
    seen.set_statistics(saved.statistics()).unwrap();
    let (mut actor, mut policy) =
        (saved.actor(Mode::Greedy).unwrap(), saved.policy::<f32, usize>(Mode::Greedy).unwrap());
    let mut chosen = [0; 2];
    for _ in 0..300 {
        let (obs, first) = (raw.now().obs.row(0).to_vec(), raw.now().first[0]);
        let features = Seen::Features(&obs);
        let action = if first { actor.begin(features) } else { actor.go_on(features) }.unwrap().choice().unwrap();
        let mut act = [9];
        policy.act(&seen.now(), &mut Rng::new(0), &mut act);
        assert_eq!(action, act[0]);
        chosen[action] += 1;
        raw.step(&act).unwrap();
        seen.step(&act).unwrap();
    }
    assert!(chosen[0] > 0 && chosen[1] > 0, "{chosen:?}");
    assert!(
        actor.begin(Seen::Features(&[0.0; 8])).is_err(),
        "eight features are what the policy sees, not what it is given"
    );
}

#[test]
fn a_policy_of_controls_is_loaded_with_its_statistics_and_steers() {
    let dir = tempfile::tempdir().unwrap();
    let wrappers = ["rescale-action", "normalize-observation", "normalize-reward"];
    let quick = [("hidden", "16"), ("n_steps", "128"), ("n_epochs", "2"), ("log_std_init", "1")];
    made_of_names("ppo", "Pendulum-v1", &wrappers, &quick, dir.path());
    let saved = gymkhana::load(dir.path()).unwrap();
    assert_eq!((saved.statistics().len(), saved.spec().actions.clone()), (2, Space::cube(1, -1.0, 1.0)));
    assert!(saved.policy::<f32, usize>(Mode::Greedy).is_none() && saved.policy::<f32, f32>(Mode::Sample).is_some());

    // The same policy in the same wrappers round the environment itself, which gets twice the control.
    let made = (find("Pendulum-v1").unwrap().make)(&[]).unwrap();
    let mut raw = made.batch(1, &Seeds::from(5)).unwrap().typed::<f32, f32>().unwrap();
    let seen = wrappers.iter().try_fold(made.batch(1, &Seeds::from(5)).unwrap(), |batch, text| wrap(batch, text));
    let mut seen = seen.unwrap().typed::<f32, f32>().unwrap();
    seen.freeze();
    seen.set_statistics(saved.statistics()).unwrap();
    let (mut actor, mut policy) = (saved.actor(Mode::Greedy).unwrap(), saved.policy::<f32, f32>(Mode::Greedy).unwrap());
    let mut different = std::collections::BTreeSet::new();
    for i in 0..250 {
        let (obs, first) = (raw.now().obs.row(0).to_vec(), raw.now().first[0]);
        let features = Seen::Features(&obs);
        let action = if first { actor.begin(features) } else { actor.go_on(features) }.unwrap();
        let Action::Controls(torque) = action else { panic!("controls") };
        let mut act = [9.0];
        policy.act(&seen.now(), &mut Rng::new(0), &mut act);
        assert!(act[0].abs() <= 1.0 && (torque[0] - 2.0 * act[0]).abs() < 1e-6, "{torque:?} {act:?}");
        if i % 100 == 0 {
            assert_eq!(saved.steer(&obs).unwrap(), torque);
        }
        different.insert(torque[0].to_bits());
        raw.step(&torque).unwrap();
        seen.step(&act).unwrap();
    }
    assert!(different.len() > 100, "{}", different.len());
    assert!(saved.steer(&[0.0]).is_err() && saved.choose(&[0.0, 1.0, 0.0]).is_err());
    let twice = [0, 1].map(|_| saved.evaluate(5, &Seeds::from(3), &mut Rng::new(0)).unwrap());
    assert_eq!(twice[0], twice[1]);
    // Values and networks are loaded too: they are those that were learned.
    let agent = saved.agent().typed::<f32, f32>().unwrap();
    let view = View::new(Rows { flat: &[0.5, 0.5, 0.1], width: 3 }, &[true]);
    assert!(agent.values(&view).unwrap()[0].is_finite() && agent.networks().unwrap().arrays.len() == 9);
}

#[test]
fn a_policy_that_chooses_gives_controls_where_its_environment_takes_them() {
    let dir = tempfile::tempdir().unwrap();
    let wrappers = ["discretize-action:bins=3", "discretize:bins=4"];
    made_of_names("q-learning", "Pendulum-v1", &wrappers, &[("gamma", "0.9")], dir.path());
    let mut actor = gymkhana::load(dir.path()).unwrap().actor(Mode::Greedy).unwrap();
    for obs in [[1.0, 0.0, 0.0], [0.0, 1.0, -3.0], [-1.0, 0.0, 7.5]] {
        let Action::Controls(torque) = actor.begin(Seen::Features(&obs)).unwrap() else { panic!("controls") };
        assert!([-2.0, 0.0, 2.0].contains(&torque[0]), "{torque:?}");
    }
    assert!(actor.begin(Seen::Indices(&[1])).is_err());
}
