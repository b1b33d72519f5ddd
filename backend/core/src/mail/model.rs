//! Letters, and what the service knows of events and orders.

use crate::shared::trace::Place;
use gateline_common::bus::{Buyer, EventFacts, EventStatus, IssuedTicket, OrderFacts, RefundFacts};
use gateline_common::ids::{EventId, OrderId};
use gateline_common::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// A letter in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Kind and cause, for instance `tickets-0192…`: there is one letter per
    /// key, ever. Letters, digits and `-` only.
    pub key: String,
    /// What it tells.
    pub content: LetterContent,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// How often sending failed.
    pub attempts: u32,
    /// The place in a trace where it was queued, if that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// What a letter tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterContent {
    /// Here are your tickets.
    Tickets {
        /// The order.
        order: OrderId,
        /// Who bought.
        buyer: Buyer,
        /// What.
        tickets: Vec<IssuedTicket>,
    },
    /// Your order expired.
    Expired(OrderCopy),
    /// The event is off, and your order with it.
    CalledOff {
        /// The order.
        order: OrderCopy,
        /// What goes back; zero if nothing was paid.
        back: Money,
    },
    /// Your money went back.
    Refunded {
        /// The order.
        order: OrderCopy,
        /// The refund.
        refund: RefundFacts,
    },
}

impl Letter {
    /// A letter that waits to be sent, queued at this place of the trace.
    #[must_use]
    pub fn new(key: String, content: LetterContent, now: Timestamp) -> Self {
        Self {
            key,
            content,
            queued_at: now,
            attempts: 0,
            trace: Place::here().traceparent(),
        }
    }
}

impl LetterContent {
    /// The event that it is about.
    #[must_use]
    pub fn event(&self) -> Option<EventId> {
        match self {
            Self::Tickets { tickets, .. } => tickets.first().map(|ticket| ticket.facts.event),
            Self::Expired(order) | Self::CalledOff { order, .. } | Self::Refunded { order, .. } => {
                Some(order.event)
            }
        }
    }
}

/// What the service knows of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCopy {
    /// The order.
    pub order: OrderId,
    /// Its short code.
    pub code: String,
    /// The event.
    pub event: EventId,
    /// Who buys.
    pub buyer: Buyer,
    /// Its lines, as `2 × Standing`.
    pub lines: Vec<String>,
    /// Was it paid through the test gateway?
    pub test: bool,
    /// The version that this is.
    pub version: u64,
}

impl OrderCopy {
    /// The same without the buyer's name and address.
    #[must_use]
    pub fn nameless(&self) -> Self {
        Self {
            buyer: self.buyer.nameless(),
            ..self.clone()
        }
    }

    /// The copy of `facts` at `version`.
    #[must_use]
    pub fn of(facts: &OrderFacts, version: u64) -> Self {
        let lines = facts.lines.iter();
        Self {
            order: facts.order,
            code: facts.code.clone(),
            event: facts.event,
            buyer: facts.buyer.clone(),
            lines: lines
                .map(|line| format!("{} × {}", line.quantity, line.name))
                .collect(),
            test: facts.test,
            version,
        }
    }
}

/// What the service knows of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCopy {
    /// The event.
    pub event: EventId,
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
    /// Is it cancelled?
    #[serde(default)]
    pub cancelled: bool,
    /// The version that this is.
    pub version: u64,
}

impl EventCopy {
    /// The copy of `facts` at `version`.
    #[must_use]
    pub fn of(facts: &EventFacts, version: u64) -> Self {
        Self {
            event: facts.event,
            title: facts.title.clone(),
            place: facts.place.clone(),
            timezone: facts.timezone.clone(),
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            cancelled: facts.status == EventStatus::Cancelled,
            version,
        }
    }
}

/// A letter as the transport takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The letter's key: the same letter sent twice bears the same.
    pub key: String,
    /// The recipient's name; may be empty.
    pub to_name: String,
    /// The recipient's address.
    pub to_address: String,
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
    /// What goes with it.
    pub attachments: Vec<Attachment>,
    /// Its date: when it was queued.
    pub date: Timestamp,
}

/// A file that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// ASCII file name.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}
