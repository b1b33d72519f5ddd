//! What the mail service needs of its store and its transport.

use super::{EventCopy, Letter, Message, OrderCopy};
use crate::shared::{Commit, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, OrderId};

/// The store of the queue, and of copies of events and orders.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// What is known of an event.
    async fn event(&self, id: EventId) -> Result<Option<EventCopy>, StoreError>;
    /// Takes note of an event if it is newer; the commit is stored in any case.
    async fn note_event(&self, event: &EventCopy, commit: &Commit) -> Result<(), StoreError>;
    /// What is known of an order.
    async fn order(&self, id: OrderId) -> Result<Option<OrderCopy>, StoreError>;
    /// Takes note of an order if it is newer; the commit is stored in any case.
    async fn note_order(&self, order: &OrderCopy, commit: &Commit) -> Result<(), StoreError>;
    /// Queues a letter and stores the commit in one transaction. A letter whose
    /// key was ever queued, sent or given up is not queued again; the commit is
    /// stored all the same.
    async fn enqueue(&self, letter: &Letter, commit: &Commit) -> Result<(), StoreError>;
    /// Letters that are due at `now`, oldest first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Letter>, StoreError>;
    /// The transport took it: keep the key, forget the content. That holds whatever
    /// was said of it before.
    async fn sent(&self, key: &str, at: Timestamp) -> Result<(), StoreError>;
    /// Sending failed: count an attempt, due again at `due`. Conflict if it does not
    /// wait any more.
    async fn postpone(&self, key: &str, due: Timestamp) -> Result<(), StoreError>;
    /// It can never be sent: keep it, with the reason, for the operator. Conflict if
    /// it does not wait any more.
    async fn give_up(&self, key: &str, reason: &str, at: Timestamp) -> Result<(), StoreError>;
}

/// Why the transport did not take a letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It never will: the address is none.
    #[error("refused: {0}")]
    Refused(String),
    /// Try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// Takes letters to their recipients.
///
/// Promise: when this returns `Ok`, the letter is durable on its way. A letter
/// that is handed over again under the same key does no harm.
#[async_trait]
pub trait MailTransport: Send + Sync {
    /// Takes one letter.
    async fn send(&self, message: &Message) -> Result<(), TransportError>;
}
