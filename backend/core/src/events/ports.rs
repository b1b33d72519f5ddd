//! What the events service needs of its store.

use super::{Category, Event, OrderStanding, TypePrice, TypeSales, Venue};
use crate::shared::{Commit, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId, TicketTypeId, VenueId};

/// Which events to list. Deleted ones never are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Folded words; each must occur in [`Event::search_text`].
    pub words: Vec<String>,
    /// Only this category.
    pub category: Option<Category>,
    /// Only this organization's.
    pub org: Option<OrgId>,
    /// Only in one of these states; empty is any.
    pub statuses: Vec<EventStatus>,
    /// Only those that end after this.
    pub ends_after: Option<Timestamp>,
    /// Only those that start before this.
    pub starts_before: Option<Timestamp>,
}

/// What must never have been ordered for a change to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The change may be made in any case.
    None,
    /// Nothing of the event.
    EventUnsold,
    /// Nothing of this type of the event.
    TypeUnsold(TicketTypeId),
}

/// Whether a guarded change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// It was.
    Done,
    /// It was not: something has been ordered.
    HasSales,
}

/// The store of events, venues and the count of what was ordered.
///
/// Every writing method stores state and commit in one transaction or changes
/// nothing. An event at a venue always holds that venue's newest state: saving
/// one with another state of it is a [`StoreError::Conflict`].
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Stores a new venue.
    async fn create_venue(&self, venue: &Venue, commit: &Commit) -> Result<(), StoreError>;
    /// A venue.
    async fn venue(&self, id: VenueId) -> Result<Option<Venue>, StoreError>;
    /// An organization's venues, oldest first: those after `after`.
    async fn venues(
        &self,
        org: OrgId,
        limit: u32,
        after: Option<VenueId>,
    ) -> Result<Vec<Venue>, StoreError>;
    /// Stores a venue that was read at version `read`, and with it the events
    /// that take place there (each raised by exactly one version).
    /// Conflict when the venue or one of the events changed, or an event was
    /// added there, since.
    async fn save_venue(
        &self,
        venue: &Venue,
        read: u64,
        events: &[Event],
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Forgets a venue that was read at version `read`. `false`: events take
    /// place there, and it stays. Deleted events do not count.
    async fn delete_venue(
        &self,
        id: VenueId,
        read: u64,
        commit: &Commit,
    ) -> Result<bool, StoreError>;
    /// The events at a venue that are not deleted.
    async fn events_at(&self, venue: VenueId) -> Result<Vec<Event>, StoreError>;

    /// Stores a new event. Conflict when the id is taken or its venue changed.
    async fn create(&self, event: &Event, commit: &Commit) -> Result<(), StoreError>;
    /// An event, deleted ones too.
    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError>;
    /// Stores an event that was read at version `read`, if the guard allows it:
    /// what was ordered is looked up in the same transaction.
    async fn save(
        &self,
        event: &Event,
        read: u64,
        guard: Guard,
        commit: &Commit,
    ) -> Result<Guarded, StoreError>;
    /// Events by begin, then id. The position of a page is that of its last
    /// event: (begin, id).
    async fn browse(
        &self,
        filter: &EventFilter,
        limit: u32,
        after: Option<(Timestamp, EventId)>,
    ) -> Result<Vec<Event>, StoreError>;

    /// Takes the price that pricing gave a type if its version is higher than
    /// that of the one held; the commit is stored in any case.
    async fn learn_price(&self, price: &TypePrice, commit: &Commit) -> Result<(), StoreError>;
    /// The prices that pricing gave types of these events.
    async fn prices(&self, events: &[EventId]) -> Result<Vec<TypePrice>, StoreError>;

    /// What was ordered of each type that ever was ordered.
    async fn sales(&self, event: EventId) -> Result<Vec<TypeSales>, StoreError>;
    /// Takes note of an order, if it is newer than what is known of it: the
    /// counts follow by the difference. `event` is the event with the version
    /// that it was read at (conflict when it changed since); when
    /// the versions differ, it is stored too, and then it may also hold the last
    /// state of a venue that is gone. An older standing changes no count, but the
    /// commit is stored.
    async fn note_order(
        &self,
        order: &OrderStanding,
        event: Option<(&Event, u64)>,
        commit: &Commit,
    ) -> Result<(), StoreError>;
}
