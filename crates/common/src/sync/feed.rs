//! The attendee feed: per event one row per serial, ordered by the position of
//! its last change. Reading from position 0 is the snapshot, reading from a
//! cursor is the delta; both are the same query, so a list that changes while it
//! is read is complete once the reader has caught up.

use crate::decision::Passage;
use crate::ids::{Epoch, EventId, FeedGeneration, Serial, TicketTypeId};
use serde::{Deserialize, Serialize};

/// Where a reader stands in an event's feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The event.
    pub event: EventId,
    /// The feed's history that the position belongs to.
    pub generation: FeedGeneration,
    /// The last position read.
    pub position: u64,
}

/// A run of feed entries. A snapshot is sent as a zstd stream of such pages,
/// each behind its length (u32, big-endian).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPage {
    /// The event.
    pub event: EventId,
    /// The feed's history; with another one than the reader's it goes on, unless it
    /// says `reset`.
    pub generation: FeedGeneration,
    /// Entries in order of position.
    pub entries: Vec<FeedEntry>,
    /// The position to read on from.
    pub next: u64,
    /// Is there more to read now?
    pub more: bool,
    /// The reader's cursor is of no known history: drop the list, this page
    /// begins a snapshot.
    pub reset: bool,
}

impl FeedPage {
    /// Where a reader stands after this page.
    #[must_use]
    pub const fn end(&self) -> Cursor {
        Cursor {
            event: self.event,
            generation: self.generation,
            position: self.next,
        }
    }
}

/// The newest state of one serial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The serial.
    pub serial: Serial,
    /// The ticket; `None` for an unlisted serial that was admitted.
    pub ticket: Option<ListedTicket>,
    /// Its passages at all devices that the server knows of.
    pub passages: Vec<Passage>,
}

/// What a gate holds about a ticket. No e-mail, no payment data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTicket {
    /// Prevails over the code's.
    pub ticket_type: TicketTypeId,
    /// The least epoch that is valid.
    pub epoch: Epoch,
    /// Whether it still stands.
    pub status: TicketStatus,
    /// The attendee, if the event allows names on devices.
    pub name: Option<String>,
    /// The seat, if the event allows seats on devices.
    pub seat: Option<String>,
    /// The short code of the order, for search.
    pub order_code: String,
    /// A note that staff must see.
    pub note: Option<String>,
}

/// Whether a ticket still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Good.
    Valid,
    /// Cancelled without a refund.
    Cancelled,
    /// Refunded.
    Refunded,
    /// Stopped by the organizer, for the time being.
    Blocked,
}
