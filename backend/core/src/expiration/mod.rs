//! The durable schedule of unpaid orders: tells when an order's time is up.
//!
//! Always true: a deadline is told at least once, also after a restart, and
//! never before it passed. Whether the order then expires is for orders to
//! decide.

mod consume;
mod index;
mod ports;
mod publish;

pub use consume::KINDS;
pub use index::{Claimed, DueIndex, InProcessDueIndex};
pub use ports::{Deadline, ScheduleStore};

use crate::shared::Clock;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// The use cases of expiration.
#[derive(Clone)]
pub struct Expiration {
    store: Arc<dyn ScheduleStore>,
    index: Arc<dyn DueIndex>,
    clock: Arc<dyn Clock>,
    alarm: Arc<Alarm>,
}

impl Expiration {
    /// Over its ports.
    #[must_use]
    pub fn new(store: Arc<dyn ScheduleStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            index: Arc::new(InProcessDueIndex::default()),
            clock,
            alarm: Arc::new(Alarm {
                wakes_at: AtomicI64::new(i64::MAX),
                earlier: Notify::new(),
            }),
        }
    }

    /// The same, sharing its work with other instances over their index.
    #[must_use]
    pub fn with_index(mut self, index: Arc<dyn DueIndex>) -> Self {
        self.index = index;
        self
    }

    async fn note(&self, deadline: Deadline) {
        if let Err(error) = self.index.set(deadline).await {
            tracing::debug!(%error, "a deadline is not in the index; the store has it");
        }
    }

    async fn forget(&self, order: OrderId, version: u64) {
        if let Err(error) = self.index.remove(order, version).await {
            tracing::debug!(%error, "a deadline stays in the index; it is told once more");
        }
    }
}

/// When the job wakes, and how a consumer wakes it for an earlier deadline.
struct Alarm {
    wakes_at: AtomicI64,
    earlier: Notify,
}

impl Alarm {
    fn set(&self, at: Timestamp) {
        self.wakes_at.store(at.0, Ordering::SeqCst);
    }

    fn wants(&self, due: Timestamp) {
        if due.0 < self.wakes_at.load(Ordering::SeqCst) {
            self.earlier.notify_one();
        }
    }
}
