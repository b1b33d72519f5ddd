//! The commit: what a store makes durable in the same transaction as a state
//! change (invariant I4).
//!
//! Every writing method of every store port takes a `&Commit`. The adapter
//! writes the state, the outbox, the inbox mark and the stored answer in one
//! transaction, or nothing of it.

use crate::shared::StoredAnswer;
use crate::shared::trace::Place;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope};
use uuid::Uuid;

/// What goes with a state change.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Events that the change causes.
    pub publish: Vec<Envelope>,
    /// The bus event that caused the change, so that it is consumed once.
    pub consumed: Option<Consumed>,
    /// The answer to keep for an idempotency key.
    pub answer: Option<StoredAnswer>,
}

/// A bus event that a consumer has dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumed {
    /// The consumer's name, for instance `orders`.
    pub consumer: &'static str,
    /// The event's id.
    pub event: Uuid,
}

impl Commit {
    /// A change that causes nothing else.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds an event of `aggregate` (`kind:id`) at `version`, caused at this place of
    /// the trace.
    #[must_use]
    pub fn publishing(
        mut self,
        aggregate: String,
        version: u64,
        at: Timestamp,
        body: BusEvent,
    ) -> Self {
        let id = crate::shared::random::uuid(at);
        self.publish.push(Envelope {
            id,
            aggregate,
            version,
            at,
            trace: Place::here().traceparent(),
            body,
        });
        self
    }

    /// Marks `event` as consumed by `consumer`.
    #[must_use]
    pub fn consuming(mut self, consumer: &'static str, event: Uuid) -> Self {
        self.consumed = Some(Consumed { consumer, event });
        self
    }

    /// Keeps `answer` for its idempotency key.
    #[must_use]
    pub fn answering(mut self, answer: Option<StoredAnswer>) -> Self {
        self.answer = answer;
        self
    }
}

/// Why a store did not do it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The aggregate is no longer at the version that was read.
    #[error("the aggregate changed in between")]
    Conflict,
    /// The bus event of the commit was consumed before.
    #[error("the event was consumed before")]
    AlreadyConsumed,
    /// The idempotency key of the commit has an answer already.
    #[error("the request was answered before")]
    AlreadyAnswered,
    /// The store, or the service that has it, cannot be used now, or too many want the
    /// same at once: later it may do. Details are for the log only.
    #[error("the store cannot be used now: {0}")]
    Away(String),
    /// It failed; details are for the log only.
    #[error("store failure: {0}")]
    Failed(String),
}
