//! Events, ticket types and venues as the service holds them.

use super::Category;
use super::fold::fold;
use gateline_common::bus::EventStatus;
use gateline_common::catalog::{EntryPolicy, EntryRule, Gate, TypeAdmission, Zone};
use gateline_common::ids::{EventId, OrgId, TicketTypeId, VenueId};
use gateline_common::{Hash, Money, Timestamp};
use serde::{Deserialize, Serialize};

/// An event with its ticket types: one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The organization that runs it.
    pub org: OrgId,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// What kind it is.
    pub category: Category,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Where.
    pub place: Place,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Whether it is on.
    pub status: EventStatus,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// Its zones.
    pub zones: Vec<Zone>,
    /// Its rules, in the order in which they are tested.
    pub rules: Vec<EntryRule>,
    /// How it lets people in.
    pub policy: EntryPolicy,
    /// SHA-256 of event id and supervisor PIN, if one is set.
    pub supervisor_pin: Option<Hash>,
    /// Every type there ever was, deleted ones too: ids are never used again.
    pub ticket_types: Vec<TicketType>,
    /// Rises with every change of the event or of one of its types.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// Where an event takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At a venue: always the venue's newest state.
    Venue(Venue),
    /// Online, at this address.
    Online(String),
}

/// A venue of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// Its id.
    pub id: VenueId,
    /// The organization that entered it.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Street, town, country, in one line.
    pub address: String,
    /// How to get there and in: parking, lift, entrance.
    pub notes: String,
    /// Rises with every change.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A ticket type of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketType {
    /// Unique within the event, for ever.
    pub id: TicketTypeId,
    /// Its name.
    pub name: String,
    /// Price of one.
    pub price: Money,
    /// How many may be sold.
    pub limit: u32,
    /// How many one order may hold.
    pub max_per_order: u32,
    /// Sale begins; `None` is at once.
    pub sale_starts: Option<Timestamp>,
    /// Sale ends; `None` is with the event.
    pub sale_ends: Option<Timestamp>,
    /// What it means at the gate.
    pub admission: TypeAdmission,
    /// Gone (never with sales).
    pub deleted: bool,
    /// The event's version at the last change of the type.
    pub version: u64,
}

impl Event {
    /// The ticket types that exist.
    pub fn live_types(&self) -> impl Iterator<Item = &TicketType> {
        self.ticket_types.iter().filter(|t| !t.deleted)
    }

    /// A ticket type that exists.
    #[must_use]
    pub fn live_type(&self, id: TicketTypeId) -> Option<&TicketType> {
        self.live_types().find(|t| t.id == id)
    }

    /// What a search looks through, folded.
    #[must_use]
    pub fn search_text(&self) -> String {
        let mut text = fold(&self.title);
        let place = self.place.line();
        let tags = self.tags.iter().map(String::as_str);
        for part in [self.description.as_str(), &place].into_iter().chain(tags) {
            text.push('\n');
            text.push_str(&fold(part));
        }
        text
    }

    /// The venue, if it takes place at one.
    #[must_use]
    pub const fn venue(&self) -> Option<&Venue> {
        match &self.place {
            Place::Venue(venue) => Some(venue),
            Place::Online(_) => None,
        }
    }
}

impl Place {
    /// In one line, for tickets and mails.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Venue(venue) if venue.address.is_empty() => venue.name.clone(),
            Self::Venue(venue) => format!("{}, {}", venue.name, venue.address),
            Self::Online(url) => url.clone(),
        }
    }
}
