//! What an event is made of, as far as more than one part must agree on it:
//! gates, zones, ticket types and entry rules. The events service owns these
//! facts; the bus and the manifest carry them.

use crate::ids::{GateId, RuleId, TicketTypeId, ZoneId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A place where tickets are scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Unique within the event.
    pub id: GateId,
    /// What staff call it.
    pub name: String,
    /// The zone it leads into; `None` is the event as a whole.
    #[serde(default)]
    pub zone: Option<ZoneId>,
}

/// A part of the venue with a border of its own. Entering a zone asks for being
/// inside its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Unique within the event.
    pub id: ZoneId,
    /// What staff call it.
    pub name: String,
    /// The zone around it; `None` is the event as a whole.
    #[serde(default)]
    pub parent: Option<ZoneId>,
    /// People it holds at most; `None` is no limit.
    #[serde(default)]
    pub capacity: Option<u32>,
}

/// May a ticket that was admitted come in again?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReEntry {
    /// One entry, once.
    #[default]
    Never,
    /// After an exit was scanned.
    AfterExit,
    /// As often as it likes (a multi-entry ticket).
    Always,
}

/// What staff must give to override a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OverridePolicy {
    /// Nothing can be overridden.
    Forbidden,
    /// A reason in words.
    #[default]
    Reason,
    /// A reason and the supervisor's PIN.
    ReasonAndPin,
}

/// How an event lets people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EntryPolicy {
    /// Admit a validly signed ticket that the list does not have (sold after
    /// the last sync)? Never under a compromised key.
    pub admit_unlisted: bool,
    /// May an admitted ticket come in again? A ticket type may say otherwise.
    pub re_entry: ReEntry,
    /// Entries before this are refused as not yet valid.
    pub doors_open: Option<Timestamp>,
    /// Entries after this are refused as no longer valid; exits never are.
    pub doors_close: Option<Timestamp>,
    /// People in the event as a whole at most; `None` is no limit.
    pub capacity: Option<u32>,
    /// What an override takes.
    pub overrides: OverridePolicy,
    /// May scanners hold the attendee's name?
    pub names_on_devices: bool,
    /// May scanners hold the seat?
    pub seats_on_devices: bool,
}

impl Default for EntryPolicy {
    fn default() -> Self {
        Self {
            admit_unlisted: true,
            re_entry: ReEntry::Never,
            doors_open: None,
            doors_close: None,
            capacity: None,
            overrides: OverridePolicy::Reason,
            names_on_devices: true,
            seats_on_devices: true,
        }
    }
}

/// What a ticket type means at the gate.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TypeAdmission {
    /// Gates that take it; empty is every gate.
    pub gates: Vec<GateId>,
    /// Not valid for entry before this.
    pub valid_from: Option<Timestamp>,
    /// Not valid for entry after this.
    pub valid_until: Option<Timestamp>,
    /// Re-entry for this type; `None` takes the event's.
    pub re_entry: Option<ReEntry>,
    /// Entries in all at most (exits do not count); `None` is no limit.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub max_entries: Option<u16>,
    /// Entries a day at most, in the event's time zone; `None` is no limit.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub max_entries_per_day: Option<u16>,
}

/// A rule that an entry must satisfy, with the words for a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EntryRule {
    /// Unique within the event.
    pub id: RuleId,
    /// What staff say to a guest who is refused by it.
    pub name: String,
    /// Ticket types it concerns; empty is every type.
    #[serde(default)]
    pub ticket_types: Vec<TicketTypeId>,
    /// The condition for an entry.
    pub condition: Condition,
}

/// A condition over one scan and the ticket's history. Times of day, weekdays
/// and "today" are taken in the event's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Every one holds (true when empty).
    All(Vec<Condition>),
    /// At least one holds (false when empty).
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The scan is at one of these gates.
    GateIn(Vec<GateId>),
    /// The ticket is of one of these types.
    TypeIn(Vec<TicketTypeId>),
    /// From the first instant (included) to the second (excluded).
    Between(Timestamp, Timestamp),
    /// From the first minute of the day (included) to the second (excluded);
    /// past midnight when the first is the larger. Minutes 0 to 1440.
    TimeOfDay(u16, u16),
    /// On one of these days, 1 = Monday to 7 = Sunday.
    Weekday(Vec<u8>),
    /// At most so many entries before this one.
    EntriesAtMost(u16),
    /// At most so many entries before this one today.
    EntriesTodayAtMost(u16),
    /// At least so many minutes since the last entry, or there was none.
    MinutesSinceLastEntryAtLeast(u32),
    /// At most so many minutes since the first entry, or there was none.
    MinutesSinceFirstEntryAtMost(u32),
}
