//! Events on the bus: what services tell each other.
//!
//! The bus promises at-least-once delivery and **no order**. So every event
//! carries the whole state of its aggregate that others may know, with the
//! aggregate's version; a consumer applies only what is newer than what it
//! holds, and remembers event ids that it has consumed.

use crate::bytes::{Hash, PublicKey};
use crate::catalog::{EntryPolicy, EntryRule, Gate, TypeAdmission, Zone};
use crate::ids::{
    DeviceId, Epoch, EventId, OrderId, OrgId, PaymentId, RefundId, Serial, TicketTypeId, UserId,
};
use crate::money::Money;
use crate::pricing::PriceFacts;
use crate::sync::{EventKey, TicketStatus};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event, as the outbox stores it and the bus carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Unique; consumers remember it.
    pub id: Uuid,
    /// Kind and id of the aggregate, for instance `order:0192…`.
    pub aggregate: String,
    /// The aggregate's version after the change; rises by at least one.
    pub version: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The place in a trace where it was caused, as a W3C `traceparent`, if that is
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// What happened.
    pub body: BusEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum BusEvent {
    /// auth: somebody signed up.
    UserCreated(UserFacts),
    /// auth: name, e-mail or role changed.
    UserUpdated(UserFacts),
    /// auth: an organization was made or renamed.
    OrganizationUpdated(OrganizationFacts),
    /// events: an event was made.
    EventCreated(EventFacts),
    /// events: an event changed (also: cancelled, deleted).
    EventUpdated(EventFacts),
    /// events: a ticket type was made.
    TicketTypeCreated(TicketTypeFacts),
    /// events: a ticket type changed (also: deleted).
    TicketTypeUpdated(TicketTypeFacts),
    /// pricing: a ticket type has another price.
    PriceChanged(PriceFacts),
    /// orders: an order was placed and holds stock.
    OrderCreated(OrderFacts),
    /// orders: an order's lines or state changed.
    OrderUpdated(OrderFacts),
    /// orders: the buyer or an admin cancelled.
    OrderCancelled(OrderFacts),
    /// orders: the time ran out; stock is free again.
    OrderExpired(OrderFacts),
    /// orders: paid, and the stock is sold.
    OrderCompleted(OrderFacts),
    /// orders: an order ends because its event was cancelled. Told once per
    /// order, beside the change of its state.
    OrderCalledOff {
        /// The order, as it then stands.
        order: OrderFacts,
        /// What goes back to the buyer; zero if nothing was paid.
        back: Money,
    },
    /// orders: money must go back.
    RefundRequested(RefundFacts),
    /// expiration: an order's time is up.
    ExpirationDue {
        /// The order.
        order: OrderId,
        /// The deadline that passed; an order with a later one ignores it.
        due: Timestamp,
    },
    /// payments: the gateway took a charge on, and its outcome is open.
    PaymentPending(PaymentFacts),
    /// payments: a charge succeeded.
    PaymentSucceeded(PaymentFacts),
    /// payments: a charge failed.
    PaymentFailed(PaymentFacts),
    /// payments: the money went back.
    RefundCompleted(RefundFacts),
    /// tickets: an event's verifying keys.
    SigningKeysChanged {
        /// The event.
        event: EventId,
        /// All of its keys.
        keys: Vec<EventKey>,
    },
    /// tickets: a ticket was issued.
    TicketIssued(TicketFacts),
    /// tickets: a ticket has a new owner or holder key; its epoch rose.
    TicketTransferred(TicketFacts),
    /// tickets: a ticket was cancelled, refunded, blocked or unblocked.
    TicketRevoked(TicketFacts),
    /// tickets: every ticket of an order is issued.
    OrderFulfilled {
        /// The order.
        order: OrderId,
        /// Its buyer.
        buyer: Buyer,
        /// Its tickets.
        tickets: Vec<IssuedTicket>,
    },
    /// check-in: scans were stored. One event tells of a whole upload, so that
    /// the bus carries hundreds of them where gates bring in many thousand
    /// records a second; who needs the records themselves asks check-in.
    ScanRecorded(ScanFacts),
    /// check-in: a ticket was admitted more than once.
    DuplicateDetected {
        /// The event.
        event: EventId,
        /// The ticket.
        serial: Serial,
    },
}

impl BusEvent {
    /// The name of the variant: the routing key.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UserCreated(_) => "UserCreated",
            Self::UserUpdated(_) => "UserUpdated",
            Self::OrganizationUpdated(_) => "OrganizationUpdated",
            Self::EventCreated(_) => "EventCreated",
            Self::EventUpdated(_) => "EventUpdated",
            Self::TicketTypeCreated(_) => "TicketTypeCreated",
            Self::TicketTypeUpdated(_) => "TicketTypeUpdated",
            Self::PriceChanged(_) => "PriceChanged",
            Self::OrderCreated(_) => "OrderCreated",
            Self::OrderUpdated(_) => "OrderUpdated",
            Self::OrderCancelled(_) => "OrderCancelled",
            Self::OrderExpired(_) => "OrderExpired",
            Self::OrderCompleted(_) => "OrderCompleted",
            Self::OrderCalledOff { .. } => "OrderCalledOff",
            Self::RefundRequested(_) => "RefundRequested",
            Self::ExpirationDue { .. } => "ExpirationDue",
            Self::PaymentPending(_) => "PaymentPending",
            Self::PaymentSucceeded(_) => "PaymentSucceeded",
            Self::PaymentFailed(_) => "PaymentFailed",
            Self::RefundCompleted(_) => "RefundCompleted",
            Self::SigningKeysChanged { .. } => "SigningKeysChanged",
            Self::TicketIssued(_) => "TicketIssued",
            Self::TicketTransferred(_) => "TicketTransferred",
            Self::TicketRevoked(_) => "TicketRevoked",
            Self::OrderFulfilled { .. } => "OrderFulfilled",
            Self::ScanRecorded(_) => "ScanRecorded",
            Self::DuplicateDetected { .. } => "DuplicateDetected",
        }
    }
}

/// A user, as others may know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFacts {
    /// The user.
    pub user: UserId,
    /// Where mail goes.
    pub email: String,
    /// How to address them.
    pub name: String,
}

/// An organization, as others may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationFacts {
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub name: String,
}

/// Whether an event is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// Only its organization sees it.
    Draft,
    /// Everybody sees it.
    Published,
    /// Called off, for ever: no more sales, what was paid goes back, and gates
    /// admit nobody.
    Cancelled,
    /// Gone (never with sales).
    Deleted,
}

/// An event's whole state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacts {
    /// The event.
    pub event: EventId,
    /// Its organization.
    pub org: OrgId,
    /// Its title.
    pub title: String,
    /// Venue and address in one line, or the address of an online event.
    pub place: String,
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
    /// Its rules.
    pub rules: Vec<EntryRule>,
    /// How it lets people in.
    pub policy: EntryPolicy,
    /// SHA-256 of event id and PIN, if a supervisor PIN is set.
    pub supervisor_pin: Option<Hash>,
}

/// A ticket type's whole state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketTypeFacts {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// The organization.
    pub org: OrgId,
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
    /// Gone (never with sales).
    pub deleted: bool,
    /// What it means at the gate.
    pub admission: TypeAdmission,
}

/// The state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed; holds stock until it expires.
    Created,
    /// The buyer is paying; holds stock until it expires.
    AwaitingPayment,
    /// Paid; its stock is sold.
    Completed,
    /// Given up before it was paid; or free, and its event was cancelled.
    Cancelled,
    /// Its time ran out before it was paid.
    Expired,
    /// Paid, and the money went (or is going) back.
    Refunded,
}

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The account.
    pub user: UserId,
    /// Where the tickets go.
    pub email: String,
    /// Whose name the tickets bear.
    pub name: String,
}

impl Buyer {
    /// The account alone, for whoever needs no more, or no longer.
    #[must_use]
    pub const fn nameless(&self) -> Self {
        Self {
            user: self.user,
            email: String::new(),
            name: String::new(),
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// Its name when it was ordered.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// The price of one when it was ordered.
    pub unit_price: Money,
}

/// An order's whole state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFacts {
    /// The order.
    pub order: OrderId,
    /// Its short code, for people.
    pub code: String,
    /// The event.
    pub event: EventId,
    /// The organization.
    pub org: OrgId,
    /// Who buys.
    pub buyer: Buyer,
    /// What.
    pub lines: Vec<OrderLine>,
    /// The sum.
    pub total: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// When an unpaid order expires.
    pub expires_at: Timestamp,
    /// Was it paid through the test gateway? Its tickets and receipts say so.
    #[serde(default)]
    pub test: bool,
}

/// A charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFacts {
    /// The charge.
    pub payment: PaymentId,
    /// The order that it pays.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// Was it the test gateway? Then tickets and receipts say so.
    pub test: bool,
    /// Why it failed, in words for the buyer.
    pub failure: Option<String>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundFacts {
    /// The refund.
    pub refund: RefundId,
    /// The charge.
    pub payment: PaymentId,
    /// The order.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// Why, in words for the buyer.
    pub reason: String,
    /// Does the order end with it? If so, its tickets are void. The refund of a
    /// second, late or wrong payment leaves the order's tickets alone.
    pub voids_order: bool,
    /// Does it go back because the event was cancelled? Then OrderCalledOff has
    /// told the buyer of it.
    #[serde(default)]
    pub event_cancelled: bool,
    /// Does the order have tickets that stay valid? Only one that was paid by
    /// another payment does.
    #[serde(default)]
    pub keeps_tickets: bool,
    /// Was it paid through the test gateway? Then no money goes anywhere.
    #[serde(default)]
    pub test: bool,
}

/// A ticket's whole state, as gates and mail need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketFacts {
    /// The event.
    pub event: EventId,
    /// The serial.
    pub serial: Serial,
    /// The organization.
    pub org: OrgId,
    /// Its order.
    pub order: OrderId,
    /// The order's short code.
    pub order_code: String,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// The least epoch that is valid.
    pub epoch: Epoch,
    /// Whether it stands.
    pub status: TicketStatus,
    /// Who holds it.
    pub owner: UserId,
    /// The name on it.
    pub attendee_name: Option<String>,
    /// The seat.
    pub seat: Option<String>,
    /// A note that gate staff must see.
    pub note: Option<String>,
    /// The holder's key, once bound.
    pub holder_key: Option<PublicKey>,
    /// The hash of its code as issued: such a code needs no look at its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<Hash>,
}

/// What one upload of a device brought that was not held before. A record is
/// told of once, however often it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFacts {
    /// The device's organization.
    pub org: OrgId,
    /// The device.
    pub device: DeviceId,
    /// The lowest sequence number among the new records.
    pub first_seq: u64,
    /// The highest; what lies between may have been held before.
    pub last_seq: u64,
    /// How many records are new, those that are no scans too.
    pub records: u32,
    /// Of these, kept but not counted.
    pub set_aside: u32,
    /// The scans that count, by event.
    pub events: Vec<EventScans>,
}

/// New scans of one event, by what the device answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventScans {
    /// The event.
    pub event: EventId,
    /// Guests let through, in or out.
    pub admitted: u32,
    /// Guests refused.
    pub refused: u32,
}

/// A ticket with its code, for the mail to its buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedTicket {
    /// The ticket.
    pub facts: TicketFacts,
    /// The name of its type.
    pub type_name: String,
    /// The code's digits.
    pub code: String,
    /// Was it paid through the test gateway?
    pub test: bool,
}
