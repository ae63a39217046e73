//! The random stream: NumPy's `default_rng(seed)`, bit for bit.
//!
//! PCG64 (XSL RR 128/64; O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
//! Algorithms for Random Number Generation") seeded through `SeedSequence`, so that `reset(seed = 42)` gives
//! Gymnasium's first observation for 42. It is written out here because a checkpoint needs the state and the
//! half word that NumPy keeps between two 32-bit draws, which `rand_pcg` does not give.

use std::convert::Infallible;

use rand::TryRng;
use rand_distr::{Beta, Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;

/// A random stream. Everything random in a run is drawn from one of these, handed down explicitly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng {
    state: u128,
    increment: u128,
    /// NumPy splits a word for two 32-bit draws: the low half now, the high half at the next call.
    half: Option<u32>,
}

impl Rng {
    /// The stream of NumPy's `default_rng(seed)`.
    pub fn new(seed: u64) -> Self {
        SeedSequence::new(seed).rng()
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        ((self.state >> 64) as u64 ^ self.state as u64).rotate_right((self.state >> 122) as u32)
    }

    /// The next 32 random bits.
    #[inline]
    pub fn bits32(&mut self) -> u32 {
        self.half.take().unwrap_or_else(|| {
            let word = self.bits();
            self.half = Some((word >> 32) as u32);
            word as u32
        })
    }

    /// Uniform in [0, 1), as NumPy's `random()`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high), as NumPy's `uniform(low, high)`.
    #[inline]
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n, as NumPy's `integers(n)` for n < 2³²: Lemire's method on 32-bit draws.
    ///
    /// # Panics
    /// If `n` is 0 or does not fit 32 bits.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        let n = u32::try_from(n).expect("a range of fewer than 2³² values");
        assert!(n > 0, "nothing to draw from");
        if n == 1 {
            return 0; // NumPy draws nothing here
        }
        let mut m = u64::from(self.bits32()) * u64::from(n);
        if (m as u32) < n {
            let threshold = n.wrapping_neg() % n;
            while (m as u32) < threshold {
                m = u64::from(self.bits32()) * u64::from(n);
            }
        }
        (m >> 32) as usize
    }

    /// An index drawn with the given probabilities, as Gymnasium's `categorical_sample`: one `unit` draw. They should
    /// sum to 1; where the draw is above their sum the index is 0.
    #[inline]
    pub fn categorical(&mut self, probabilities: impl IntoIterator<Item = f64>) -> usize {
        let draw = self.unit();
        let mut sum = 0.0;
        probabilities
            .into_iter()
            .position(|p| {
                sum += p;
                sum > draw
            })
            .unwrap_or(0)
    }

    /// A standard normal draw (`rand_distr`'s ziggurat, which is not NumPy's).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(self)
    }

    /// A draw of Beta(a, b) (`rand_distr`'s, which is not NumPy's).
    ///
    /// # Panics
    /// If `a` or `b` is not above 0.
    #[inline]
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        Beta::new(a, b).expect("two numbers above 0").sample(self)
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.bits32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// NumPy's `SeedSequence`: seeds that are far apart however close the numbers are that a person types.
///
/// A run of seed s takes all its streams from `SeedSequence::new(s)`, one [`child`](Self::child) per purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedSequence {
    entropy: u64,
    spawn_key: Vec<u32>,
}

impl SeedSequence {
    /// The root of all streams of one seed.
    pub fn new(seed: u64) -> Self {
        Self { entropy: seed, spawn_key: Vec::new() }
    }

    /// What NumPy's `spawn` gives as its i-th child, by number, so that nothing has to be counted.
    ///
    /// # Panics
    /// If `i` does not fit 32 bits.
    pub fn child(&self, i: usize) -> Self {
        let mut spawn_key = self.spawn_key.clone();
        spawn_key.push(u32::try_from(i).expect("fewer than 2³² children"));
        Self { entropy: self.entropy, spawn_key }
    }

    /// The stream that starts here.
    pub fn rng(&self) -> Rng {
        let word = self.generate();
        let wide = |i: usize| u128::from(word[i]) << 64 | u128::from(word[i + 1]);
        let increment = wide(2) << 1 | 1;
        let state = increment.wrapping_add(wide(0)).wrapping_mul(MULTIPLIER).wrapping_add(increment);
        Rng { state, increment, half: None }
    }

    /// `generate_state(4, uint64)`.
    fn generate(&self) -> [u64; 4] {
        let mut hash_constant = 0x43b0_d7e5_u32;
        let mut hash = |value: u32| {
            let value = value ^ hash_constant;
            hash_constant = hash_constant.wrapping_mul(0x931e_8875);
            let value = value.wrapping_mul(hash_constant);
            value ^ value >> 16
        };
        let mix = |x: u32, y: u32| {
            let mixed = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
            mixed ^ mixed >> 16
        };
        // NumPy pads the entropy to the pool's four words before it appends a spawn key.
        let mut pool = [self.entropy as u32, (self.entropy >> 32) as u32, 0, 0].map(&mut hash);
        for source in 0..4 {
            for target in 0..4 {
                if source != target {
                    pool[target] = mix(pool[target], hash(pool[source]));
                }
            }
        }
        for key in &self.spawn_key {
            for word in &mut pool {
                *word = mix(*word, hash(*key));
            }
        }
        let mut hash_constant = 0x8b51_f9dd_u32;
        let mut word = |i: usize| {
            let value = pool[i % 4] ^ hash_constant;
            hash_constant = hash_constant.wrapping_mul(0x58f3_8ded);
            let value = value.wrapping_mul(hash_constant);
            u64::from(value ^ value >> 16)
        };
        std::array::from_fn(|i| word(2 * i) | word(2 * i + 1) << 32)
    }
}

/// Where the lanes of a batch take their random streams from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// Lane i has the i-th child: runs of different seeds share no lane. What training and evaluation use.
    Spawned(SeedSequence),
    /// Lane i has seed + i, as Gymnasium's vector environments do. For comparisons with Gymnasium only.
    Consecutive(u64),
}

impl Seeds {
    /// The stream of lane `i`.
    pub fn lane(&self, i: usize) -> Rng {
        self.root(i).rng()
    }

    /// Another stream of lane `i`, for the wrapper with that many batches below it.
    pub fn wrapper(&self, i: usize, below: usize) -> Rng {
        self.root(i).child(below).rng()
    }

    fn root(&self, i: usize) -> SeedSequence {
        match self {
            Self::Spawned(root) => root.child(i),
            Self::Consecutive(seed) => SeedSequence::new(seed.wrapping_add(i as u64)),
        }
    }
}

impl From<SeedSequence> for Seeds {
    fn from(root: SeedSequence) -> Self {
        Self::Spawned(root)
    }
}

impl From<u64> for Seeds {
    fn from(seed: u64) -> Self {
        Self::Spawned(SeedSequence::new(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_numpys_numbers() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.unit(), 0.636_961_687_321_454_3);
        assert_eq!(rng.unit(), 0.269_786_713_763_870_3);
    }

    #[test]
    fn two_small_draws_share_a_word() {
        let (mut halves, mut words) = (Rng::new(1), Rng::new(1));
        let word = words.bits();
        assert_eq!((halves.bits32(), halves.bits32()), (word as u32, (word >> 32) as u32));
        assert_eq!(halves, words);
    }

    #[test]
    fn beta_draws_have_their_mean_and_variance() {
        for (a, b) in [(0.5, 0.5), (1.0, 1.0), (4.0, 2.0)] {
            let mut rng = Rng::new(3);
            let draws: Vec<f64> = (0..40_000).map(|_| rng.beta(a, b)).collect();
            let mean = draws.iter().sum::<f64>() / 40_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
            let right = (a / (a + b), a * b / ((a + b) * (a + b) * (a + b + 1.0)));
            assert!(
                (mean - right.0).abs() < 0.007 && (variance - right.1).abs() < 0.003,
                "{a}, {b}: {mean}, {variance}"
            );
        }
    }

    #[test]
    fn a_category_takes_the_share_it_was_given() {
        let mut rng = Rng::new(2);
        let thirds = (0..30_000).filter(|_| rng.categorical([0.25, 0.5, 0.25]) == 1).count();
        assert!((14_700..15_300).contains(&thirds), "{thirds} of 30,000");
    }
}
