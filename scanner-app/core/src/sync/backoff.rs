//! How long to wait between two exchanges: the poll interval while all is well,
//! doubling pauses while it is not, each with jitter so that a venue's gates do
//! not all come at once.

use std::time::Duration;

const FIRST_MS: u64 = 500;
const MOST_MS: u64 = 15_000;

/// Counts failures in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(super) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) const fn is_failing(self) -> bool {
        self.failures > 0
    }

    /// The pause until the next exchange; `draw` is a random number.
    pub(super) fn pause(self, poll_ms: u64, draw: u64) -> Duration {
        let full = match self.failures {
            0 => poll_ms,
            failures => MOST_MS.min(FIRST_MS << failures.min(10).saturating_sub(1)),
        };
        // Between three quarters and five quarters of it.
        let spread = (full / 2).max(1);
        Duration::from_millis(full - full / 4 + draw % spread)
    }
}

/// A random number for jitter; without randomness there is none.
pub(super) fn draw() -> u64 {
    getrandom::u64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_a_success_starts_over() {
        let mut backoff = Backoff::default();
        let mut last = Duration::ZERO;
        for _ in 0..4 {
            backoff.failed();
            let pause = backoff.pause(5_000, 0);
            assert!(pause > last);
            last = pause;
        }
        for _ in 0..100 {
            backoff.failed();
        }
        for draw in [0, 1, u64::MAX] {
            assert!(backoff.pause(5_000, draw) <= Duration::from_millis(MOST_MS * 5 / 4));
        }
        backoff.succeeded();
        assert!(backoff.pause(5_000, 0) >= Duration::from_millis(3_750));
    }
}
