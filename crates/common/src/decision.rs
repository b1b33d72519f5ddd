//! The answer to one scan, as the gate shows it, the log keeps it and the
//! server confirms it. `admission::decide` makes it.

use crate::ids::{DeviceId, EventId, GateId, RuleId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Which way the guest goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the gate's zone.
    Entry,
    /// Out of it.
    Exit,
}

/// How a guest was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// The first entry.
    Entry,
    /// A further entry that the rules allow.
    ReEntry,
    /// An exit.
    Exit,
    /// An entry on the signature alone: the list does not have the ticket.
    Unlisted,
}

/// Why a guest was refused: always exactly one reason, the first that applies
/// in the order of these variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// Not one of our codes, or damaged.
    Malformed,
    /// Ours in form, but not signed by a key of this event.
    BadSignature,
    /// Signed with a key that this device has not heard of: sync first.
    UnknownKey,
    /// Of another event; its title if the manifest knows it.
    WrongEvent {
        /// The event that the code names.
        event: EventId,
        /// Its title, when it is one of the same organizer.
        title: Option<String>,
    },
    /// Genuine, but not on the list, and the policy (or a compromised key) asks
    /// for listed tickets.
    NotListed,
    /// An older owner's code: the ticket was transferred, resold or re-bound.
    Superseded,
    /// The ticket was cancelled.
    Cancelled,
    /// The ticket was refunded.
    Refunded,
    /// The ticket was blocked by the organizer.
    Blocked,
    /// Entry begins later.
    NotYetValid {
        /// The first instant at which it is valid.
        from: Timestamp,
    },
    /// Entry has ended.
    NoLongerValid {
        /// The last instant at which it was valid.
        until: Timestamp,
    },
    /// Not at this gate.
    WrongGate {
        /// The gates that take it.
        gates: Vec<GateId>,
    },
    /// This ticket type does not exist in this event any more, or does not
    /// admit here.
    WrongTicketType,
    /// A rule of the event says no.
    Rule {
        /// The rule; `None` for the built-in ones (limits, capacity, zones).
        rule: Option<RuleId>,
        /// The words for staff.
        name: String,
    },
    /// Already in.
    AlreadyAdmitted {
        /// When.
        at: Timestamp,
        /// Through which gate.
        gate: Option<GateId>,
        /// By which device.
        device: DeviceId,
    },
    /// An exit of somebody who is not inside.
    NotInside,
    /// A holder proof that is too old, too new, missing or used before.
    StaleRotatingCode,
}

/// The answer to one scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Green.
    Admit(Admission),
    /// Red.
    Refuse(Refusal),
}

impl Answer {
    /// Was the guest let through?
    #[must_use]
    pub const fn is_admitted(&self) -> bool {
        matches!(self, Self::Admit(_))
    }
}

/// One passage of a ticket that counts: an admission that was neither undone
/// nor withdrawn. A ticket's history is its passages in order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passage {
    /// When, corrected by the receipts around it where there are any.
    pub at: Timestamp,
    /// The device that let the guest through.
    pub device: DeviceId,
    /// The sequence number of the record in that device's log.
    pub seq: u64,
    /// The gate.
    pub gate: Option<GateId>,
    /// In or out.
    pub direction: Direction,
}
