//! What expiration needs from its surroundings.

use crate::shared::{Commit, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;

/// When an order's time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The order.
    pub order: OrderId,
    /// The version of the order that set it.
    pub version: u64,
    /// When.
    pub due: Timestamp,
}

/// The schedule.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// Sets the order's deadline, or removes it, if `version` is higher than
    /// any heard of before: one that comes late is not scheduled again.
    async fn set(
        &self,
        order: OrderId,
        due: Option<Timestamp>,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Up to `limit` deadlines that have passed at `now`, earliest first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Deadline>, StoreError>;
    /// These were told: removes each that is still as given, and stores the
    /// commit, in one transaction.
    async fn told(&self, deadlines: &[Deadline], commit: &Commit) -> Result<(), StoreError>;
    /// The earliest deadline.
    async fn next(&self) -> Result<Option<Timestamp>, StoreError>;
}
