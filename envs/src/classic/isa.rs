//! Which instructions a loop over columns is compiled for, chosen when the program runs.

pub(crate) use pulp::NullaryFnOnce;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

/// An instruction set. The numbers are the same bits with each: nothing is contracted or reordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isa {
    /// What every machine of this architecture has.
    Baseline,
    /// The widest that this machine has: AVX2 where it is there.
    #[default]
    Widest,
}

impl Isa {
    /// Does `work` with these instructions. Its `call` must be `#[inline(always)]`, and so must all that it calls: what is
    /// not inlined is compiled for the baseline.
    #[inline]
    pub(crate) fn run<W: NullaryFnOnce>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if let (Self::Widest, Some(avx2)) = (self, V3::try_new()) {
            return avx2.vectorize(work);
        }
        work.call()
    }
}
