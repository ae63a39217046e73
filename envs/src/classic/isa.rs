//! Which instructions a loop over columns is compiled for, chosen when the program runs.

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
    /// Does `work` with these instructions; all that it calls must be inlined into it.
    #[inline]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        if let (Self::Widest, Some(avx2)) = (self, V3::try_new()) {
            return avx2.vectorize(work);
        }
        work()
    }
}
