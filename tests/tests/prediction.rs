//! Agents that predict come to the values that are known, and Monte Carlo control to a policy whose worth is known.

use gymkhana_agents::{
    Agent, DeviceName, Metrics, Recipe, Setup, any_agent,
    planning::{PolicyTable, backup::from_start, evaluate},
    registry::{Entry, REGISTRY, Scope},
    round,
    tabular::{
        QTable,
        monte_carlo::{McControlConfig, McExploringStartsConfig, OffPolicyMcControlConfig},
    },
};
use gymkhana_envs::{
    Batch, Elem, Lanes, Rng, Rows, Seeds, View,
    registry::AnyBatch,
    tabular::{Blackjack, BlackjackParams, RandomWalkParams, TabularModel, blackjack::Seen, random_walk},
    wrappers::wrap,
};

const STATES: usize = 5;

fn walk() -> AnyBatch {
    let params = RandomWalkParams { states: STATES, left_reward: 0.0, ..RandomWalkParams::default() };
    AnyBatch::new(Lanes::new(random_walk(&params).unwrap(), 2, &Seeds::from(3)).unwrap())
}

/// All of n states, as an agent sees them.
fn states<O: Elem>(n: usize) -> Vec<O> {
    let number = |x: usize| O::from_number(x as f64).unwrap();
    if O::KIND == f32::KIND {
        (0..n * n).map(|i| number(usize::from(i / n == i % n))).collect()
    } else {
        (0..n).map(number).collect()
    }
}

/// What an agent thinks of all states after so many rounds of two lanes.
fn learned<O: Elem, A: Elem>(
    mut agent: Box<dyn Agent<O, A>>,
    mut batch: Box<dyn Batch<O = O, A = A>>,
    rows: &[O],
    rounds: usize,
) -> Vec<f64> {
    let (mut act, mut rng, mut log) = ([A::default(); 2], Rng::new(5), Metrics::default());
    for _ in 0..rounds {
        round(&mut *agent, &mut *batch, &mut act, &mut rng, &mut log).unwrap();
    }
    let n = STATES + 2;
    agent.values(&View::new(Rows { flat: rows, width: rows.len() / n }, &[true; STATES + 2])).unwrap()
}

fn values(entry: &Entry) -> Vec<f64> {
    let n = STATES + 2;
    let batch = if entry.check_fit(&walk()).is_ok() { walk() } else { wrap(walk(), "one-hot").unwrap() };
    let setup = Setup { spec: batch.spec(), lanes: 2, steps: 40_000, device: DeviceName::Flex };
    let small = [("learning_rate", "0.01"), ("gamma", "1")];
    // Where a step size can be none, values are means of all returns.
    let has = |name: &str| (entry.params)().iter().any(|param| param.name == name && param.default != "none");
    let settings: Vec<_> = small.into_iter().filter(|(name, _)| has(name)).collect();
    // Along the gradient of a squared error values come up far more slowly.
    let rounds = if entry.id == "tdc" { 100_000 } else { 20_000 };
    let agent = (entry.build)(&settings, &setup, &mut Rng::new(0)).unwrap();
    any_agent!(agent, agent => {
        let batch = entry.batch_for(&*agent, batch).unwrap();
        learned(agent, batch, &states(n), rounds)
    })
}

#[test]
fn every_agent_that_predicts_finds_the_values_of_a_walk() {
    let mut agents = 0;
    for entry in REGISTRY.iter().filter(|entry| entry.scope == Scope::Prediction) {
        let found = values(entry);
        for (state, value) in found.iter().enumerate().take(STATES + 1).skip(1) {
            let right = state as f64 / 6.0;
            assert!((value - right).abs() < 0.08, "{}: state {state} is worth {value}, not {right}", entry.id);
        }
        agents += 1;
    }
    assert!(agents >= 11, "{agents}");
}

/// What the greedy policy is worth exactly after 300,000 hands in each of two lanes.
fn worth<C: Recipe<usize, usize>>(config: &C, q: fn(&C::Agent) -> &QTable) -> f64 {
    let rules = BlackjackParams::default();
    let mut lanes = Lanes::new(Blackjack::new(rules.clone()).unwrap(), 2, &Seeds::from(1)).unwrap();
    let setup = Setup { spec: lanes.spec(), lanes: 2, steps: 1, device: DeviceName::Flex };
    let mut agent = config.build(&setup, &mut Rng::new(0)).unwrap();
    let (mut act, mut rng, mut log) = ([0; 2], Rng::new(5), Metrics::default());
    for _ in 0..450_000 {
        round(&mut agent, &mut lanes, &mut act, &mut rng, &mut log).unwrap();
    }
    let (q, table) = (q(&agent), Blackjack::new(rules).unwrap().table());
    // A natural is always stuck on.
    let mut policy = vec![0; table.states()];
    for (sum, dealer) in (4..=21).flat_map(|sum| (1..=10).map(move |dealer| (sum, dealer))) {
        for usable_ace in [false, true].into_iter().filter(|usable_ace| !usable_ace || sum >= 12) {
            let row = q.row(q.state(&[sum, dealer, usize::from(usable_ace)]));
            policy[Blackjack::state_of(Seen { sum, dealer, usable_ace })] = usize::from(row[0] < row[1]);
        }
    }
    from_start(&table, &evaluate(&table, &PolicyTable::deterministic(&policy, 2), 1.0).unwrap())
}

#[test]
fn monte_carlo_control_plays_blackjack_well() {
    let random = OffPolicyMcControlConfig { epsilon: 1.0.into(), ..OffPolicyMcControlConfig::default() };
    // The best policy is worth −0.0431, sticking on 20 −0.35.
    let found = [
        worth(&McExploringStartsConfig::default(), |agent| agent.q()),
        worth(&McControlConfig::default(), |agent| agent.q()),
        worth(&random, |agent| agent.q()),
    ];
    assert!(found.iter().all(|worth| *worth > -0.052), "{found:?}");
}
