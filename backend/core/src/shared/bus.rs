//! The bus: how services hear of each other's changes.
//!
//! Promise of every adapter: what was committed with a state change is delivered
//! to every concerned consumer at least once. There is no order. A consumer
//! that is not done with an event gets it again, with growing delays up to a
//! longest one: for as long as it waits ([`ConsumeError::is_waiting`]), however long that is. Where it
//! fails, an adapter may give up after a bounded number of failures, and then keeps
//! the event with the reason, for an operator; tries that waited are no failures.

use crate::shared::StoreError;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::Envelope;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// Why a consumer did not deal with an event. It will get it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumeError {
    /// Something that the event builds on has not arrived yet. No failure: the
    /// event comes again until it has.
    #[error("waiting for {0}")]
    NotYet(&'static str),
    /// The store failed or the aggregate changed in between.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another port failed.
    #[error("{0}")]
    Failed(String),
}

impl ConsumeError {
    /// Does the event wait for somebody else, for as long as that takes: for what it
    /// builds on, or for a store or a service that is away? Else it failed.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self, Self::NotYet(_) | Self::Store(StoreError::Away(_)))
    }
}

/// A consumer's code.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Deals with one event: idempotent by its id (commit with
    /// `Commit::consuming`; [`StoreError::AlreadyConsumed`] counts as done),
    /// indifferent to order (apply only what is newer).
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError>;
}

/// A consumer: its name, the kinds of events it wants, its code.
#[derive(Clone)]
pub struct Consumer {
    /// Unique; inbox marks and queues bear it.
    pub name: &'static str,
    /// `BusEvent::kind` of what it wants.
    pub kinds: &'static [&'static str],
    /// The code.
    pub handler: Arc<dyn Handler>,
}

impl Consumer {
    /// Hands over one event if it is wanted. An event that was consumed before
    /// is done.
    ///
    /// # Errors
    /// What the handler says; the event must come again.
    pub async fn deliver(&self, event: &Envelope) -> Result<(), ConsumeError> {
        if !self.kinds.contains(&event.body.kind()) {
            return Ok(());
        }
        match self.handler.handle(event).await {
            Err(ConsumeError::Store(StoreError::AlreadyConsumed)) => Ok(()),
            other => other,
        }
    }
}

/// Takes events to consumers.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Returns when the event can no longer be lost: in-process, when every
    /// consumer has dealt with it; with a broker, when the broker has it.
    async fn publish(&self, event: &Envelope) -> Result<(), ConsumeError>;
}

/// One committed event that was not published yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The event.
    pub envelope: Envelope,
    /// How often it was tried.
    pub attempts: u32,
}

/// Committed events on their way to the bus. A committed event is due at once.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Up to `limit` entries that are due at `now`: those never tried before
    /// those that failed, the older first. Those of `on_the_way` are passed over.
    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
        on_the_way: &HashSet<Uuid>,
    ) -> Result<Vec<OutboxEntry>, StoreError>;
    /// These are published: forget them.
    async fn published(&self, ids: &[Uuid]) -> Result<(), StoreError>;
    /// These are not: count an attempt and try again at the given time.
    async fn postpone(&self, ids: &[(Uuid, Timestamp)]) -> Result<(), StoreError>;
    /// Waits until something was committed to the outbox since the last call.
    async fn wait(&self);
    /// How many entries wait, and when the oldest was committed.
    async fn backlog(&self) -> Result<(u64, Option<Timestamp>), StoreError>;
}
