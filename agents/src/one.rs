//! For the tests of agents: one state whose value is known, and the loop in short.

use gymkhana_envs::{Batch, Elem, Encode, Env, Lanes, Rng, Seeds, Space, Spec, Step};

use crate::{
    agent::{Agent, Metrics, Recipe, Setup, round},
    device::DeviceName,
};

/// One state, one action, reward 1 per step, and each step ends the way it is told. By any discount γ it is worth
/// 1/(1 − γ) where steps are truncated, and 1 where they terminate.
#[derive(Clone, Debug)]
pub(crate) struct One<O> {
    /// what is seen of the state: the index 0, or features of 1
    pub(crate) obs: O,
    pub(crate) terminated: bool,
    pub(crate) truncated: bool,
}

impl<O: Encode + Clone> Env for One<O> {
    type Obs = O;
    type Act = usize;
    fn spec(&self) -> Spec {
        let space =
            if O::Elem::fits(&Space::Discrete(1)) { Space::Discrete(1) } else { Space::cube(O::WIDTH, 0.0, 1.0) };
        Spec::new("One", space, Space::Discrete(1))
    }
    fn reset(&mut self, _: &mut Rng) -> O {
        self.obs.clone()
    }
    fn step(&mut self, _: usize, _: &mut Rng) -> Step<O> {
        Step { obs: self.obs.clone(), reward: 1.0, terminated: self.terminated, truncated: self.truncated }
    }
}

impl<O: Encode + Clone + Send> One<O> {
    pub(crate) fn lanes(self, n: usize) -> Lanes<Self> {
        Lanes::new(self, n, &Seeds::from(0)).expect("an environment that keeps its contract")
    }
}

/// The agent of a configuration for these lanes.
pub(crate) fn build<B: Batch, C: Recipe<B::O, B::A>>(lanes: &B, config: &C, steps: u64) -> C::Agent {
    let setup = Setup { spec: lanes.spec(), lanes: lanes.lanes(), steps, device: DeviceName::Flex };
    config.build(&setup, &mut Rng::new(0)).expect("an agent that fits")
}

/// Act, step, learn.
pub(crate) fn train<B: Batch>(agent: &mut impl Agent<B::O, B::A>, lanes: &mut B, rng: &mut Rng, rounds: usize) {
    let width = lanes.spec().actions.width();
    let (mut act, mut log) = (vec![B::A::default(); lanes.lanes() * width], Metrics::default());
    for _ in 0..rounds {
        round(agent, lanes, &mut act, rng, &mut log).expect("a step and an update");
    }
}
