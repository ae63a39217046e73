//! A policy at work: a network's outputs, and what they say of actions.

use gymkhana_envs::{Rng, View};

use super::head::Head;
use crate::{
    agent::{Mode, Policy},
    nn::Inference,
};

/// A policy network and its head, on the host.
#[derive(Clone, Debug)]
pub struct Actor<H: Head> {
    pub(super) network: Inference,
    /// parameters that do not depend on the observation
    pub(super) free: Vec<f32>,
    head: H,
    mode: Mode,
    /// the actions that were last drawn, before the environment's bounds
    drawn: Vec<H::A>,
}

impl<H: Head> Actor<H> {
    /// Of parameters as they are now.
    pub fn new(network: Inference, free: Vec<f32>, head: H) -> Self {
        Self { network, free, head, mode: Mode::Sample, drawn: Vec::new() }
    }

    /// A snapshot.
    pub fn acting(&self, mode: Mode) -> Box<dyn Policy<f32, H::A>> {
        Box::new(Self { mode, ..self.clone() })
    }

    /// The actions that were last drawn, lanes × numbers per action, before the environment's bounds.
    pub fn drawn(&self) -> &[H::A] {
        &self.drawn
    }
}

impl<H: Head> Policy<f32, H::A> for Actor<H> {
    fn act(&mut self, now: &View<'_, f32>, rng: &mut Rng, act: &mut [H::A]) {
        let Self { network, free, head, mode, drawn } = self;
        drawn.resize(act.len(), H::A::default());
        let outputs = network.run(now.obs.flat).chunks_exact(head.outputs());
        for (lane, (outputs, action)) in outputs.zip(drawn.chunks_exact_mut(head.width())).enumerate() {
            let legal = now.legal_in(lane);
            match mode {
                Mode::Greedy => head.mode(outputs, legal, action),
                Mode::Sample => head.sample(outputs, free, legal, rng, action),
            }
        }
        act.copy_from_slice(drawn);
        head.bound(act);
    }
}
