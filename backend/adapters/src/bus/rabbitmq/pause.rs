//! How long to wait before trying again: doubled each time, with jitter, so that
//! many processes do not come back at one moment.

use gateline_core::shared::random;
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(10);

/// The next pauses.
pub(super) struct Pause {
    first: Duration,
    next: Duration,
}

impl Pause {
    pub(super) const fn from(first: Duration) -> Self {
        Self { first, next: first }
    }

    pub(super) fn begin_again(&mut self) {
        self.next = self.first;
    }

    /// Between half of the next one and all of it.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        let [drawn] = random::bytes();
        pause / 2 + pause * u32::from(drawn) / 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_begin_again_small() {
        let mut pause = Pause::from(Duration::from_millis(100));
        let first = pause.next();
        assert!(first >= Duration::from_millis(50) && first < Duration::from_millis(100));
        for _ in 0..20 {
            assert!(pause.next() <= LONGEST);
        }
        assert!(pause.next() >= LONGEST / 2);
        pause.begin_again();
        assert!(pause.next() < Duration::from_millis(100));
    }
}
