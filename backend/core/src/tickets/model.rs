//! Tickets, and what the service knows of events and orders.

use gateline_common::bus::{Buyer, EventFacts, EventStatus, IssuedTicket, TicketFacts};
use gateline_common::ids::{Epoch, EventId, KeyId, OrderId, OrgId, Serial, TicketTypeId, UserId};
use gateline_common::sync::TicketStatus;
use gateline_common::{Hash, Money, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};
use ticket_crypto::TicketCode;

/// One issued ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The event.
    pub event: EventId,
    /// Random, unique within the event.
    pub serial: Serial,
    /// The organization.
    pub org: OrgId,
    /// The order that bought it.
    pub order: OrderId,
    /// The order's short code.
    pub order_code: String,
    /// Its type.
    pub ticket_type: TicketTypeId,
    /// The type's name when it was bought.
    pub type_name: String,
    /// What was paid for it.
    pub price: Money,
    /// The least owner epoch that is valid.
    pub epoch: Epoch,
    /// Whether it stands.
    pub status: TicketStatus,
    /// Who owns it.
    pub owner: UserId,
    /// The owner's e-mail address, for the organizer's list.
    pub owner_email: String,
    /// The name on it.
    pub attendee_name: Option<String>,
    /// The seat.
    pub seat: Option<String>,
    /// A note that gate staff must see.
    pub note: Option<String>,
    /// The holder's key, once bound.
    pub holder_key: Option<PublicKey>,
    /// The key that signed the code.
    pub key_id: KeyId,
    /// The digits of the code.
    pub code: String,
    /// Was it paid through the test gateway?
    pub test: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Rises with every change.
    pub version: u64,
}

impl Ticket {
    /// The aggregate's name on the bus.
    #[must_use]
    pub fn aggregate(&self) -> String {
        format!("ticket:{}/{}", self.event, self.serial)
    }

    /// What others learn of it.
    #[must_use]
    pub fn facts(&self) -> TicketFacts {
        TicketFacts {
            event: self.event,
            serial: self.serial,
            org: self.org,
            order: self.order,
            order_code: self.order_code.clone(),
            ticket_type: self.ticket_type,
            epoch: self.epoch,
            status: self.status,
            owner: self.owner,
            attendee_name: self.attendee_name.clone(),
            seat: self.seat.clone(),
            note: self.note.clone(),
            holder_key: self.holder_key,
            code_hash: self.code_hash(),
        }
    }

    /// The same without the name and address of its owner, and without the note about
    /// them. What gates are told of it stays, so nobody is told.
    #[must_use]
    pub fn nameless(&self) -> Self {
        Self {
            owner_email: String::new(),
            attendee_name: None,
            note: None,
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn code_hash(&self) -> Option<Hash> {
        let code = TicketCode::from_digits(&self.code).ok()?;
        Some(code.ticket_hash())
    }

    /// With its code, for the mail to its buyer.
    #[must_use]
    pub fn issued(&self) -> IssuedTicket {
        IssuedTicket {
            facts: self.facts(),
            type_name: self.type_name.clone(),
            code: self.code.clone(),
            test: self.test,
        }
    }
}

/// What the service knows of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCopy {
    /// The event.
    pub event: EventId,
    /// Its organization.
    pub org: OrgId,
    /// Its title.
    pub title: String,
    /// Where.
    pub place: String,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Whether it is on.
    pub status: EventStatus,
    /// The version that this is.
    pub version: u64,
}

impl EventCopy {
    /// The copy of `facts` at `version`.
    #[must_use]
    pub fn of(facts: &EventFacts, version: u64) -> Self {
        Self {
            event: facts.event,
            org: facts.org,
            title: facts.title.clone(),
            place: facts.place.clone(),
            timezone: facts.timezone.clone(),
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            status: facts.status,
            version,
        }
    }
}

/// What the service knows of an order that was paid: that its tickets are
/// issued, or that the money went back (then none are issued any more), or goes
/// back because the event was cancelled before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNote {
    /// The order.
    pub order: OrderId,
    /// The event.
    pub event: EventId,
    /// Its buyer, by the account alone.
    pub buyer: Buyer,
    /// The money went back, or none of its tickets were to be issued.
    pub refunded: bool,
}
