//! How often to look at the clock in a loop whose rounds take nanoseconds or seconds.

use std::time::{Duration, Instant};

/// From one look to the next, about.
const EVERY: Duration = Duration::from_millis(20);

/// Says now and then that it is time for what should happen now and then, without asking the clock each round.
#[derive(Debug)]
pub(crate) struct Pace {
    rounds: u64,
    stride: u64,
    since: Instant,
}

impl Pace {
    /// The first round is due.
    pub(crate) fn new() -> Self {
        Self { rounds: 0, stride: 1, since: Instant::now() }
    }

    /// Counts a round; whether it is time.
    #[inline]
    pub(crate) fn due(&mut self) -> bool {
        self.rounds += 1;
        if self.rounds < self.stride {
            return false;
        }
        self.stride = next_stride(self.rounds, self.since.elapsed());
        (self.rounds, self.since) = (0, Instant::now());
        true
    }
}

/// As many rounds as fill the interval, but at most twice as many as before, since rounds may become slower.
fn next_stride(rounds: u64, took: Duration) -> u64 {
    let fitting = EVERY.as_nanos() * u128::from(rounds) / took.as_nanos().max(1);
    (fitting as u64).clamp(1, 2 * rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stride_follows_the_rounds() {
        assert_eq!(next_stride(1, Duration::from_nanos(60)), 2);
        assert_eq!(next_stride(1_000, Duration::from_millis(10)), 2_000);
        assert_eq!(next_stride(1_000, Duration::from_secs(1)), 20);
        assert_eq!(next_stride(64, Duration::from_secs(100)), 1);
        assert!(Pace::new().due());
    }
}
