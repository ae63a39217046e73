//! Many copies of a physical system in columns: their states lie number by number instead of copy by copy, so that one
//! instruction moves several of them.

#![expect(clippy::inline_always, reason = "the loop is compiled anew per instruction set, with all that it calls")]

use std::sync::Arc;

use super::{
    Isa,
    isa::NullaryFnOnce,
    physical::{Dynamics, Moved, driven, from_state, to_state},
};
use crate::{
    batch::{Batch, Frames, Layer, Transitions, View},
    buffers::{Buffers, Slots},
    env::Decode,
    error::Error,
    lanes::{broken, check_actions, check_observation, check_spec, limit},
    rng::{Rng, Seeds},
    spec::Spec,
    spread::{Executor, Task, Workers},
    state::State,
    trig::{Everywhere, Near},
};

/// Lanes that are moved together, and checked together for what is rare: a byte per lane makes whole words. A block that is
/// not full is moved as one that is, since only a loop whose length is known vectorises.
const BLOCK: usize = 32;

/// N copies of one physical system, each with its own random stream: as [`Lanes`](crate::Lanes) of single copies, with
/// the same bits, sooner.
///
/// The time limit of the specification is counted here. Nothing is allocated by a step.
#[derive(Clone, Debug)]
pub struct Columns<D, const S: usize, const O: usize> {
    dynamics: D,
    blocks: Vec<Block<S>>,
    rngs: Vec<Rng>,
    spec: Spec,
    buffers: Buffers<f32>,
    workers: Workers,
    isa: Isa,
}

/// The states of some lanes; those that are none stay at 0.
#[derive(Clone, Debug)]
struct Block<const S: usize> {
    state: [[f64; BLOCK]; S],
    steps: [u32; BLOCK],
}

impl<const S: usize> Block<S> {
    #[inline(always)]
    fn lane(&self, i: usize) -> [f64; S] {
        std::array::from_fn(|j| self.state[j][i])
    }

    #[inline(always)]
    fn set_lane(&mut self, i: usize, state: [f64; S]) {
        for (column, x) in self.state.iter_mut().zip(state) {
            column[i] = x;
        }
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Columns<D, S, O> {
    /// `n` copies of a system, each at the start of an episode.
    ///
    /// # Errors
    /// If `n` is 0, or the specification does not fit the types, or the system breaks its contract at once.
    pub fn new(dynamics: D, n: usize, seeds: &Seeds) -> Result<Self, Error> {
        let spec = dynamics.spec();
        check_spec::<[f32; O], D::Act>(&spec, n)?;
        let block = Block { state: [[0.0; BLOCK]; S], steps: [0; BLOCK] };
        let (blocks, rngs) = (vec![block; n.div_ceil(BLOCK)], vec![seeds.lane(0); n]);
        let buffers = Buffers::new(n, O, 0);
        let mut columns =
            Self { dynamics, blocks, rngs, spec, buffers, workers: Workers::default(), isa: Isa::default() };
        columns.reset(seeds)?;
        Ok(columns)
    }

    /// The same columns with other instructions: for comparisons.
    pub fn with_isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }
}

/// One step of some of the blocks.
struct Stepping<'a, D: Dynamics<S, O>, const S: usize, const O: usize> {
    dynamics: &'a D,
    spec: &'a Spec,
    blocks: &'a mut [Block<S>],
    rngs: &'a mut [Rng],
    act: &'a [ActElem<D, S, O>],
    slots: Slots<'a, f32>,
}

type ActElem<D, const S: usize, const O: usize> = <<D as Dynamics<S, O>>::Act as Decode>::Elem;

/// Counted in blocks, so that none is cut in two.
impl<D: Dynamics<S, O>, const S: usize, const O: usize> Task for Stepping<'_, D, S, O> {
    fn lanes(&self) -> usize {
        self.blocks.len()
    }

    fn split(self, block: usize) -> (Self, Self) {
        let lane = block * BLOCK;
        let (dynamics, spec, blocks) = (self.dynamics, self.spec, self.blocks.split_at_mut(block));
        let (rngs, act) = (self.rngs.split_at_mut(lane), self.act.split_at(lane * D::Act::WIDTH));
        let slots = self.slots.split(lane);
        (
            Self { dynamics, spec, blocks: blocks.0, rngs: rngs.0, act: act.0, slots: slots.0 },
            Self { dynamics, spec, blocks: blocks.1, rngs: rngs.1, act: act.1, slots: slots.1 },
        )
    }
}

/// What a step of a block gives, before it is put where it belongs.
struct Given<const S: usize, const O: usize> {
    state: [[f64; BLOCK]; S],
    drive: [f64; BLOCK],
    obs: [[f32; O]; BLOCK],
    reward: [f64; BLOCK],
    terminated: [bool; BLOCK],
    truncated: [bool; BLOCK],
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> NullaryFnOnce for Stepping<'_, D, S, O> {
    type Output = Result<(), Error>;

    #[inline(always)]
    fn call(mut self) -> Result<(), Error> {
        let mut given = Given {
            state: [[0.0; BLOCK]; S],
            drive: [0.0; BLOCK],
            obs: [[0.0; O]; BLOCK],
            reward: [0.0; BLOCK],
            terminated: [false; BLOCK],
            truncated: [false; BLOCK],
        };
        for block in 0..self.blocks.len() {
            let start = block * BLOCK;
            let n = BLOCK.min(self.rngs.len() - start);
            self.drive(start, n, &mut given);
            if advance(*self.dynamics, &self.blocks[block].state, &mut given) {
                self.blocks[block].state = given.state;
            } else {
                self.advance_singly(block, n, &mut given)?;
            }
            let ended = self.count(block, n, &mut given);
            self.put(start, n, &given);
            self.restart(block, ended)?;
        }
        Ok(())
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Stepping<'_, D, S, O> {
    /// What drives each lane.
    #[inline(always)]
    fn drive(&mut self, start: usize, n: usize, given: &mut Given<S, O>) {
        let act = &self.act[start * D::Act::WIDTH..][..n * D::Act::WIDTH];
        for (drive, row) in given.drive.iter_mut().zip(act.chunks_exact(D::Act::WIDTH)) {
            *drive = self.dynamics.drive(D::Act::decode(row));
        }
        if self.dynamics.noise() > 0.0 {
            let rngs = &mut self.rngs[start..][..n];
            for ((drive, row), rng) in given.drive.iter_mut().zip(act.chunks_exact(D::Act::WIDTH)).zip(rngs) {
                *drive = driven(self.dynamics, D::Act::decode(row), rng);
            }
        }
    }

    /// Lane by lane: a block with an angle that is far off, or with a number that is not finite.
    #[cold]
    #[inline(never)]
    fn advance_singly(&mut self, block: usize, n: usize, given: &mut Given<S, O>) -> Result<(), Error> {
        for i in 0..n {
            let state = self.blocks[block].lane(i);
            let Moved { state, reward, terminated } = self.dynamics.advance::<Everywhere>(state, given.drive[i]);
            self.blocks[block].set_lane(i, state);
            (given.obs[i], given.reward[i]) = (self.dynamics.observe::<Everywhere>(state), reward);
            given.terminated[i] = terminated;
            let lane = self.slots.lane + block * BLOCK + i;
            check_observation(self.spec, Some(lane), &given.obs[i])?;
            if !reward.is_finite() {
                return Err(broken(self.spec, Some(lane), format!("a reward of {reward}")));
            }
        }
        Ok(())
    }

    /// Counts a step of each lane. A bit for each lane whose episode has ended.
    #[inline(always)]
    fn count(&mut self, block: usize, n: usize, given: &mut Given<S, O>) -> u64 {
        let Block { state, steps } = &mut self.blocks[block];
        let (limited, limit) = (self.spec.time_limit.is_some(), self.spec.time_limit.unwrap_or(u32::MAX));
        for (steps, truncated) in steps.iter_mut().zip(&mut given.truncated) {
            *steps = steps.saturating_add(1);
            *truncated = limited && *steps >= limit;
        }
        if n < BLOCK {
            for column in state {
                column[n..].fill(0.0);
            }
            given.truncated[n..].fill(false);
            given.terminated[n..].fill(false);
        }
        let mut ended = [0_u8; BLOCK];
        for ((ended, terminated), truncated) in ended.iter_mut().zip(&given.terminated).zip(&given.truncated) {
            *ended = u8::from(terminated | truncated);
        }
        let (words, _) = ended.as_chunks();
        // The product has the eight low bits of the bytes side by side in its highest byte.
        let bits = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        words.iter().rev().fold(0, |ended, word| ended << 8 | bits(word))
    }

    #[inline(always)]
    fn put(&mut self, start: usize, n: usize, given: &Given<S, O>) {
        self.slots.obs[start * O..][..n * O].copy_from_slice(&given.obs.as_flattened()[..n * O]);
        self.slots.reward[start..][..n].copy_from_slice(&given.reward[..n]);
        self.slots.terminated[start..][..n].copy_from_slice(&given.terminated[..n]);
        self.slots.truncated[start..][..n].copy_from_slice(&given.truncated[..n]);
    }

    /// Begins the next episode in lanes whose episode has ended.
    #[inline(always)]
    fn restart(&mut self, block: usize, mut ended: u64) -> Result<(), Error> {
        while ended != 0 {
            let i = ended.trailing_zeros() as usize;
            self.slots.finish(block * BLOCK + i);
            begin(
                self.dynamics,
                self.spec,
                &mut self.blocks[block],
                i,
                &mut self.rngs[block * BLOCK + i],
                &mut self.slots,
                block * BLOCK + i,
            )?;
            ended &= ended - 1;
        }
        Ok(())
    }
}

/// Begins an episode in lane i of a block.
#[inline]
fn begin<D: Dynamics<S, O>, const S: usize, const O: usize>(
    dynamics: &D,
    spec: &Spec,
    block: &mut Block<S>,
    i: usize,
    rng: &mut Rng,
    slots: &mut Slots<'_, f32>,
    lane: usize,
) -> Result<(), Error> {
    let state = dynamics.begin(rng);
    block.set_lane(i, state);
    block.steps[i] = 0;
    slots.first[lane] = true;
    check_observation(spec, Some(slots.lane + lane), slots.put(lane, &dynamics.observe::<Everywhere>(state)))
}

/// Moves a block. False if a number that was given is not finite.
///
/// The law is a copy, and nothing here overlaps, which is what it takes for the loop to be vectorised.
#[inline(always)]
fn advance<D: Dynamics<S, O>, const S: usize, const O: usize>(
    dynamics: D,
    before: &[[f64; BLOCK]; S],
    given: &mut Given<S, O>,
) -> bool {
    // Without the sign, the bits of numbers are in their order; as signed numbers they are sooner compared.
    let mut highest = 0;
    let mut see = |x: f32| highest = highest.max((x.to_bits() & !(1 << 31)).cast_signed());
    for i in 0..BLOCK {
        let moved = dynamics.advance::<Near>(std::array::from_fn(|j| before[j][i]), given.drive[i]);
        let obs = dynamics.observe::<Near>(moved.state);
        for (column, x) in given.state.iter_mut().zip(moved.state) {
            column[i] = x;
        }
        (given.reward[i], given.terminated[i]) = (moved.reward, moved.terminated);
        for (to, x) in given.obs[i].iter_mut().zip(obs) {
            *to = x;
            see(x);
        }
        see(moved.reward as f32);
    }
    highest < f32::INFINITY.to_bits().cast_signed()
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Layer for Columns<D, S, O> {
    fn below(&self) -> Option<&dyn Layer> {
        None
    }

    fn below_mut(&mut self) -> Option<&mut dyn Layer> {
        None
    }

    fn limit_to(&mut self, steps: u32) {
        limit(&mut self.spec, steps);
    }

    fn frames(&self, _: usize) -> Option<Frames> {
        None
    }

    fn spread(&mut self, executor: &Arc<dyn Executor>) {
        self.workers = Workers::new(executor.clone());
    }
}

impl<D: Dynamics<S, O>, const S: usize, const O: usize> Batch for Columns<D, S, O> {
    type O = f32;
    type A = ActElem<D, S, O>;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn lanes(&self) -> usize {
        self.rngs.len()
    }

    fn reset(&mut self, seeds: &Seeds) -> Result<(), Error> {
        let mut slots = self.buffers.all();
        for (i, rng) in self.rngs.iter_mut().enumerate() {
            *rng = seeds.lane(i);
            begin(&self.dynamics, &self.spec, &mut self.blocks[i / BLOCK], i % BLOCK, rng, &mut slots, i)?;
        }
        Ok(())
    }

    fn step(&mut self, act: &[Self::A]) -> Result<(), Error> {
        let Self { dynamics, blocks, rngs, spec, buffers, workers, isa } = self;
        check_actions(spec, rngs.len(), act)?;
        buffers.observations.advance();
        let stepping = Stepping { dynamics, spec, blocks, rngs, act, slots: buffers.all() };
        workers.run(stepping, &|part: Stepping<'_, D, S, O>| isa.run(part))
    }

    fn now(&self) -> View<'_, f32> {
        self.buffers.observations.now()
    }

    fn seen<'a>(&'a self, act: &'a [Self::A]) -> Transitions<'a, f32, Self::A> {
        self.buffers.seen(act)
    }

    /// As [`Lanes`](crate::Lanes) of single copies write it.
    fn state(&self) -> State {
        let lane = |(i, rng): (usize, &Rng)| {
            let (block, i) = (&self.blocks[i / BLOCK], i % BLOCK);
            (Some(to_state(&block.lane(i))), rng.clone(), block.steps[i])
        };
        let lanes: Vec<_> = self.rngs.iter().enumerate().map(lane).collect();
        State::of(&(lanes, self.buffers.observations.present()))
    }

    fn set_state(&mut self, state: &State) -> Result<(), Error> {
        type Saved = (Vec<(Option<State>, Rng, u32)>, (Vec<f32>, Vec<bool>, Vec<bool>));
        let (saved, present): Saved = state.get()?;
        if saved.len() != self.lanes() {
            return Err(Error::State(format!("{} lanes saved, {} here", saved.len(), self.lanes())));
        }
        self.buffers.observations.set_present(present)?;
        let slots = self.buffers.all();
        for (i, (numbers, rng, steps)) in saved.into_iter().enumerate() {
            let numbers = numbers.ok_or_else(|| Error::State(format!("lane {i} has none")))?;
            check_observation(&self.spec, Some(i), slots.row(i)).map_err(|e| Error::State(e.to_string()))?;
            let block = &mut self.blocks[i / BLOCK];
            block.set_lane(i % BLOCK, from_state(&numbers)?);
            (block.steps[i % BLOCK], self.rngs[i]) = (steps, rng);
        }
        Ok(())
    }

    fn resumes_exactly(&self) -> bool {
        true
    }
}
