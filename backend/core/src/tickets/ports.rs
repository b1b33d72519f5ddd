//! What the tickets service needs of its store.

use super::{CalledOff, EventCopy, EventKeys, OrderNote, Ticket};
use crate::shared::{Commit, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, OrderId, OrgId, Serial, UserId};
use gateline_common::sync::TicketStatus;

/// Which tickets to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketFilter {
    /// Only this person's.
    pub owner: Option<UserId>,
    /// Only this event's.
    pub event: Option<EventId>,
    /// Only this organization's.
    pub org: Option<OrgId>,
    /// Only this order's.
    pub order: Option<OrderId>,
    /// Only in this state.
    pub status: Option<TicketStatus>,
    /// Only with this text (lower case) in serial, order code, name or e-mail.
    pub text: Option<String>,
}

/// What became of an order's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// They are stored now.
    Now,
    /// The order had been dealt with before; nothing was stored.
    Before,
}

/// The store of tickets, signing keys and copies of events.
///
/// Every writing method stores state and commit in one transaction or changes
/// nothing.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// What is known of an event.
    async fn event(&self, id: EventId) -> Result<Option<EventCopy>, StoreError>;
    /// Takes note of an event if it is newer than what is known; the commit is
    /// stored in any case. With `keys`: the event's first keys, stored only if
    /// it has none; otherwise [`StoreError::Conflict`]. An event that is thereby
    /// first known as cancelled has its tickets `called_off`.
    async fn note_event(
        &self,
        event: &EventCopy,
        keys: Option<&EventKeys>,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// An event's keys, secret halves too.
    async fn keys(&self, event: EventId) -> Result<Option<EventKeys>, StoreError>;
    /// Stores keys that were read at version `read`.
    async fn save_keys(
        &self,
        keys: &EventKeys,
        read: u64,
        commit: &Commit,
    ) -> Result<(), StoreError>;

    /// What is known of a paid order.
    async fn order(&self, id: OrderId) -> Result<Option<OrderNote>, StoreError>;
    /// Stores the tickets of an order, once: an order that is known already
    /// changes nothing at all. Conflict when a serial is taken in its event, and
    /// when the event is no longer at the version `read`.
    async fn issue(
        &self,
        order: &OrderNote,
        read: u64,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<Issued, StoreError>;
    /// Takes note that an order's money went back, and stores its changed
    /// tickets (each raised by exactly one version; conflict when one changed
    /// since). Conflict too when the order was not known and is by now.
    async fn refund(
        &self,
        order: &OrderNote,
        known: bool,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError>;

    /// One ticket.
    async fn ticket(&self, event: EventId, serial: Serial) -> Result<Option<Ticket>, StoreError>;
    /// Stores a ticket that was read at version `read`.
    async fn save(&self, ticket: &Ticket, read: u64, commit: &Commit) -> Result<(), StoreError>;
    /// All tickets of an order, in the order in which they were issued.
    async fn of_order(&self, order: OrderId) -> Result<Vec<Ticket>, StoreError>;
    /// The next tickets, at most `limit`, of a cancelled event whose tickets were
    /// not all gone through.
    async fn called_off(&self, limit: u32) -> Result<Option<CalledOff>, StoreError>;
    /// Stores those of them that changed (each raised by exactly one version),
    /// and that they were gone through. Conflict when one changed since, or when
    /// they were gone through before.
    async fn call_off(
        &self,
        read: &CalledOff,
        changed: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Tickets that match, newest first: by (issued, event, serial), descending.
    /// The position of a page is that of its last ticket.
    async fn list(
        &self,
        filter: &TicketFilter,
        limit: u32,
        after: Option<(Timestamp, EventId, Serial)>,
    ) -> Result<Vec<Ticket>, StoreError>;
}
