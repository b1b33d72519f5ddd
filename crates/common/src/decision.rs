//! The answer to one scan, as the gate shows it, the log keeps it and the
//! server confirms it. `admission::decide` makes it.

use crate::ids::{DeviceId, EventId, GateId, RuleId};
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which way the guest goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
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
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
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
///
/// In JSON the variant's name is the field `reason`; binary forms, which cannot
/// look ahead for a tag, carry the variant's number (see [`Numbered`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(remote = "Self", tag = "reason", rename_all = "snake_case")]
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
    /// The ticket was cancelled; or the whole event, and then every ticket of
    /// it, listed or not.
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

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            Self::serialize(self, serializer)
        } else {
            Numbered::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::deserialize(deserializer)
        } else {
            Numbered::deserialize(deserializer)
        }
    }
}

/// The binary form of [`Refusal`]: the same variants in the same order, for ever
/// (new ones go to the end here, wherever they stand above).
#[derive(Serialize, Deserialize)]
#[serde(remote = "Refusal")]
enum Numbered {
    Malformed,
    BadSignature,
    UnknownKey,
    WrongEvent {
        event: EventId,
        title: Option<String>,
    },
    NotListed,
    Superseded,
    Cancelled,
    Refunded,
    Blocked,
    NotYetValid {
        from: Timestamp,
    },
    NoLongerValid {
        until: Timestamp,
    },
    WrongGate {
        gates: Vec<GateId>,
    },
    WrongTicketType,
    Rule {
        rule: Option<RuleId>,
        name: String,
    },
    AlreadyAdmitted {
        at: Timestamp,
        gate: Option<GateId>,
        device: DeviceId,
    },
    NotInside,
    StaleRotatingCode,
}

/// The answer to one scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Green.
    Admit(Admission),
    /// Red.
    Refuse(Refusal),
}

impl Refusal {
    /// The name of the reason: what its JSON has as `reason`.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::BadSignature => "bad_signature",
            Self::UnknownKey => "unknown_key",
            Self::WrongEvent { .. } => "wrong_event",
            Self::NotListed => "not_listed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Blocked => "blocked",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::NoLongerValid { .. } => "no_longer_valid",
            Self::WrongGate { .. } => "wrong_gate",
            Self::WrongTicketType => "wrong_ticket_type",
            Self::Rule { .. } => "rule",
            Self::AlreadyAdmitted { .. } => "already_admitted",
            Self::NotInside => "not_inside",
            Self::StaleRotatingCode => "stale_rotating_code",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of_each() -> Vec<Refusal> {
        let at = Timestamp(1_812_816_000_000);
        vec![
            Refusal::Malformed,
            Refusal::BadSignature,
            Refusal::UnknownKey,
            Refusal::WrongEvent {
                event: EventId(7),
                title: Some("Ball".into()),
            },
            Refusal::NotListed,
            Refusal::Superseded,
            Refusal::Cancelled,
            Refusal::Refunded,
            Refusal::Blocked,
            Refusal::NotYetValid { from: at },
            Refusal::NoLongerValid { until: at },
            Refusal::WrongGate {
                gates: vec![GateId(1), GateId(2)],
            },
            Refusal::WrongTicketType,
            Refusal::Rule {
                rule: Some(RuleId(3)),
                name: "Crew only".into(),
            },
            Refusal::AlreadyAdmitted {
                at,
                gate: Some(GateId(1)),
                device: DeviceId(uuid::Uuid::nil()),
            },
            Refusal::NotInside,
            Refusal::StaleRotatingCode,
        ]
    }

    #[test]
    fn every_refusal_reads_back_from_json_and_from_binary_by_its_number() {
        for (number, refusal) in (0u8..).zip(one_of_each()) {
            let answer = Answer::Refuse(refusal.clone());
            let json = serde_json::to_value(&answer).expect("is written");
            assert_eq!(json["refuse"]["reason"], refusal.reason());
            assert_eq!(
                serde_json::from_value::<Answer>(json).ok(),
                Some(answer.clone())
            );

            let bytes = postcard::to_stdvec(&answer).expect("is written");
            assert_eq!(postcard::from_bytes::<Answer>(&bytes), Ok(answer));
            assert_eq!(bytes[..2], [1, number]);
        }
    }
}
