//! A clock that runs and can be set forward.

use gateline_common::Timestamp;
use gateline_core::shared::{Clock, SystemClock};
use std::sync::atomic::{AtomicI64, Ordering};

/// The machine's clock, moved by hand.
#[derive(Default)]
pub(crate) struct ShiftedClock(AtomicI64);

impl ShiftedClock {
    /// Moves by `ms`.
    pub(crate) fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_ms(self.0.load(Ordering::SeqCst))
    }
}
