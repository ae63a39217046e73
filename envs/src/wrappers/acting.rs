//! A map of action rows round any batch.

use crate::{
    batch::{Batch, Layer, Rows, Transitions, View},
    env::Elem,
    error::Error,
    lanes::{check_actions, limit},
    rng::Seeds,
    space::Space,
    spec::Spec,
    state::State,
};

/// A function from an agent's action rows to a batch's, whose kind is `I`.
pub trait ActionMap<I>: Send {
    /// The kind of number in the agent's actions.
    type A: Elem;
    /// The space that the agent's actions are in.
    fn space(&self) -> Space;
    /// Maps one row: `from` has the width of [`space`](Self::space), `to` that of the inner batch's actions.
    fn map(&self, from: &[Self::A], to: &mut [I]);
}

/// A batch whose actions are mapped. Agents learn from the actions that they chose.
///
/// Which actions are legal is said of the inner batch's choices, not of the agent's: it does not get through.
#[derive(Debug)]
pub struct Acting<B: Batch, F> {
    inner: B,
    map: F,
    spec: Spec,
    act: Vec<B::A>,
}

impl<B: Batch, F: ActionMap<B::A>> Acting<B, F> {
    /// Puts `map`, made for the actions of `inner`, round it.
    pub fn new(inner: B, map: F) -> Self {
        let spec = Spec { actions: map.space(), ..inner.spec().clone() };
        let act = vec![B::A::default(); inner.lanes() * inner.spec().actions.width()];
        Self { inner, map, spec, act }
    }
}

fn unmasked<O>(view: View<'_, O>) -> View<'_, O> {
    View { legal: None, ..view }
}

impl<B: Batch, F: ActionMap<B::A>> Layer for Acting<B, F> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
        limit(&mut self.spec, steps);
    }
}

impl<B: Batch, F: ActionMap<B::A>> Batch for Acting<B, F> {
    type O = B::O;
    type A = F::A;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        check_actions(&self.spec, self.lanes(), act)?;
        let (outer, inner) = (self.spec.actions.width(), self.inner.spec().actions.width());
        for (from, to) in act.chunks_exact(outer).zip(self.act.chunks_exact_mut(inner)) {
            self.map.map(from, to);
        }
        self.inner.step(&self.act)
    }

    fn now(&self) -> View<'_, Self::O> {
        unmasked(self.inner.now())
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        let seen = self.inner.seen(&self.act);
        Transitions {
            was: unmasked(seen.was),
            act: Rows { flat: act, width: self.spec.actions.width() },
            reward: seen.reward,
            earned: seen.earned,
            terminated: seen.terminated,
            truncated: seen.truncated,
            now: unmasked(seen.now),
            last: unmasked(seen.last),
        }
    }

    fn state(&self) -> State {
        self.inner.state()
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        self.inner.set_state(state)
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}
