//! The clocks of the gates: a wall clock for each, which a scenario sets, and
//! one steady clock, which passes with what happens.

use gateline_common::Timestamp;
use gateline_scanner::clock::Clock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Listener = Box<dyn Fn(u64) + Send>;

/// The steady clock.
#[derive(Default)]
pub(in crate::scenarios) struct Steady {
    ms: AtomicU64,
    listeners: Mutex<Vec<Listener>>,
}

impl Steady {
    pub(in crate::scenarios) fn ms(&self) -> u64 {
        self.ms.load(Ordering::SeqCst)
    }

    pub(in crate::scenarios) fn pass_ms(&self, ms: u64) {
        let mut listeners = self.listeners();
        let now_ms = self.ms.fetch_add(ms, Ordering::SeqCst) + ms;
        for tell in listeners.iter_mut() {
            tell(now_ms);
        }
    }

    /// Tells a gate in another process what the clock says, each time it passes.
    pub(in crate::scenarios) fn tell(&self, listener: Listener) {
        self.listeners().push(listener);
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Vec<Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clocks of one gate.
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
        self.steady.ms()
    }
}
