//! The two clocks of a gate: the wall clock, which may be set wrong and may
//! jump, and a steady one for ages and deadlines. Everything that needs a time
//! takes it from a [`Clock`], so tests set it.

use gateline_common::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where times come from.
pub trait Clock: Send + Sync + 'static {
    /// The device's wall clock, uncorrected.
    fn now(&self) -> Timestamp;
    /// Milliseconds of a steady clock that never jumps; only differences mean
    /// something.
    fn steady_ms(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
    fn now(&self) -> Timestamp {
        let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Timestamp(ms)
    }

    fn steady_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
