//! Actions that stick: with some probability the previous one is taken again, as Gymnasium's `StickyAction`.
//!
//! Machado et al. 2018, "Revisiting the Arcade Learning Environment", section 5.2. It makes a deterministic environment
//! stochastic, so that a sequence of actions cannot be learned by heart.
//!
//! Deviations from Gymnasium
//! 1. Random streams of its own, so that it disturbs no environment's.
//! 2. Where the environment says which actions are legal, one that is not any more is not taken again.

use super::{
    WrapperEntry,
    round::{any, depth},
};
use crate::{
    batch::{Batch, Layer, Transitions, View},
    entry::{AnyBatch, Settings, typed},
    env::Elem,
    error::Error,
    lanes::check_actions,
    params,
    params::Params,
    rng::{Rng, Seeds},
    spec::Spec,
    state::State,
};

params! {
    /// How actions stick.
    pub struct StickyActionParams for "sticky-action" {
        /// probability that the previous action is taken again
        probability: f64 = 0.25, in 0.0..1.0;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: StickyActionParams::OWNER,
    about: "with some probability the previous action is taken again",
    usage: "sticky-action:probability=0.25",
    params: StickyActionParams::list,
    make: wrap,
};

/// A batch in which actions stick, not across episodes. Agents learn from the actions that they chose.
#[derive(Debug)]
pub struct StickyAction<B: Batch> {
    inner: B,
    probability: f64,
    rngs: Vec<Rng>,
    /// what was done last, a row per lane
    done: Vec<B::A>,
}

impl<B: Batch> StickyAction<B> {
    /// Puts it round `inner`; lane i draws from [`Seeds::wrapper`].
    ///
    /// # Errors
    /// If the probability is not in [0, 1).
    pub fn new(inner: B, params: &StickyActionParams, seeds: &Seeds) -> Result<Self, Error> {
        params.validate()?;
        let done = vec![B::A::default(); inner.lanes() * inner.spec().actions.width()];
        Ok(Self { rngs: streams(&inner, seeds), inner, probability: params.probability, done })
    }
}

fn streams<B: Batch>(inner: &B, seeds: &Seeds) -> Vec<Rng> {
    let below = depth(inner);
    (0..inner.lanes()).map(|i| seeds.wrapper(i, below)).collect()
}

impl<B: Batch> Layer for StickyAction<B> {
    fn below(&self) -> Option<&dyn Layer> {
        Some(&self.inner)
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        Some(&mut self.inner)
    }

    fn limit_to(&mut self, steps: u32) {
        self.inner.limit_to(steps);
    }
}

impl<B: Batch> Batch for StickyAction<B> {
    type O = B::O;
    type A = B::A;

    fn spec(&self) -> &Spec {
        self.inner.spec()
    }

    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        self.inner.reset(seeds)?;
        self.rngs = streams(&self.inner, seeds);
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        let Self { inner, probability, rngs, done } = self;
        check_actions(inner.spec(), rngs.len(), act)?; // before anything is drawn
        let (width, now) = (inner.spec().actions.width(), inner.now());
        let rows = act.chunks_exact(width).zip(done.chunks_exact_mut(width));
        for (i, ((act, done), rng)) in rows.zip(rngs).enumerate() {
            // Nothing was done yet in this episode: there is nothing to draw about.
            let sticks = !now.first[i] && rng.unit() < *probability;
            if !(sticks && now.legal.is_none_or(|legal| B::A::is_legal(legal.row(i), done))) {
                done.copy_from_slice(act);
            }
        }
        inner.step(done)
    }

    fn now(&self) -> View<'_, Self::O> {
        self.inner.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, Self::O, Self::A> {
        self.inner.seen(act)
    }

    fn state(&self) -> State {
        State::of(&(self.inner.state(), &self.rngs, &self.done))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        let (inner, rngs, done): (State, Vec<Rng>, Vec<B::A>) = state.get()?;
        if rngs.len() != self.rngs.len() {
            return Err(Error::State(format!("{} lanes saved, {} here", rngs.len(), self.rngs.len())));
        }
        check_actions(self.spec(), rngs.len(), &done).map_err(|e| Error::State(e.to_string()))?;
        self.inner.set_state(&inner)?;
        (self.rngs, self.done) = (rngs, done);
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        self.inner.resumes_exactly()
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params = typed(settings)?;
    // The streams of a run come with its reset.
    Ok(any!(batch, inner => StickyAction::new(inner, &params, &Seeds::from(0))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Env, Lanes, Masked, Space, Step};

    /// Shows what was done last, 3 before anything was. An episode has five steps.
    #[derive(Clone, Debug)]
    struct Echo {
        steps: usize,
        done: usize,
        /// what was done twice is illegal
        strict: bool,
    }

    impl Env for Echo {
        type Obs = Masked<usize, 3>;
        type Act = usize;
        fn spec(&self) -> Spec {
            Spec::new("Echo", Space::Discrete(4), Space::Discrete(3))
        }
        fn reset(&mut self, _: &mut Rng) -> Self::Obs {
            (self.steps, self.done) = (0, 3);
            Masked { obs: 3, legal: [true; 3] }
        }
        fn step(&mut self, action: usize, _: &mut Rng) -> Step<Self::Obs> {
            let twice = self.strict && self.done == action;
            (self.steps, self.done) = (self.steps + 1, action);
            let obs = Masked { obs: action, legal: std::array::from_fn(|a| !(twice && a == action)) };
            Step { obs, reward: 0.0, terminated: self.steps == 5, truncated: false }
        }
    }

    fn echo(probability: f64, strict: bool) -> StickyAction<Lanes<Echo>> {
        let lanes = Lanes::new(Echo { steps: 0, done: 3, strict }, 1, &Seeds::from(0)).unwrap();
        StickyAction::new(lanes, &StickyActionParams { probability }, &Seeds::from(0)).unwrap()
    }

    #[test]
    fn what_was_done_is_done_again_but_not_over_an_end_nor_where_it_is_illegal() {
        let mut batch = echo(0.999_999, true);
        let mut done = |act: usize| {
            let act = [act];
            batch.step(&act).unwrap();
            let seen = batch.seen(&act);
            assert_eq!(seen.act.row(0), act, "agents learn from what they chose");
            seen.next(0)[0]
        };
        // 1 sticks once; it is illegal then, so that the 0 is taken, which sticks once; then 2 is taken.
        assert_eq!([1, 2, 0, 2, 2].map(&mut done), [1, 1, 0, 0, 2]);
        assert_eq!([2, 1].map(&mut done), [2, 2]);
    }

    #[test]
    fn the_share_that_sticks_is_the_probability() {
        let mut batch = echo(0.25, false);
        let (mut stuck, mut began) = (0, false);
        for t in 0..40_000 {
            let act = [t % 3];
            batch.step(&act).unwrap();
            let seen = batch.seen(&act);
            stuck += usize::from(began && seen.next(0)[0] != act[0]);
            began = !seen.ended(0);
        }
        // A quarter of four steps in five: 8,000, with a deviation of 77.
        assert!((7_800..8_200).contains(&stuck), "{stuck}");
    }

    #[test]
    fn an_action_that_is_refused_draws_nothing() {
        let mut batch = echo(0.5, false);
        batch.step(&[0]).unwrap();
        let before = batch.state();
        assert!(batch.step(&[3]).is_err());
        assert_eq!(batch.state(), before);
    }
}
