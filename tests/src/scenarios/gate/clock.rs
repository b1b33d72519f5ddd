//! The clocks of the gates: a wall clock for each, which a scenario sets, and
//! one steady clock, which passes with what happens.

use gateline_common::Timestamp;
use gateline_scanner::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The steady clock.
#[derive(Debug, Default)]
pub(super) struct Steady(AtomicU64);

impl Steady {
    pub(super) fn pass_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// The clocks of one gate.
#[derive(Debug)]
pub(super) struct GateClock {
    wall: AtomicI64,
    steady: Arc<Steady>,
}

impl GateClock {
    pub(super) fn new(at: Timestamp, steady: Arc<Steady>) -> Self {
        let wall = AtomicI64::new(at.0);
        Self { wall, steady }
    }

    pub(super) fn set(&self, at: Timestamp) {
        self.wall.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for GateClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn steady_ms(&self) -> u64 {
        self.steady.0.load(Ordering::SeqCst)
    }
}
