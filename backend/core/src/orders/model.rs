//! The order, what is on sale, and a change of them as data.

use gateline_common::bus::{
    BusEvent, Buyer, EventFacts, EventStatus, OrderFacts, OrderLine, OrderStatus, RefundFacts,
    TicketTypeFacts,
};
use gateline_common::ids::{EventId, OrderId, OrgId, PaymentId, RefundId, TicketTypeId};
use gateline_common::pricing::{PriceFacts, price_now};
use gateline_common::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Short code, for people; unique.
    pub code: String,
    /// The event.
    pub event: EventId,
    /// Its organization.
    pub org: OrgId,
    /// Who buys.
    pub buyer: Buyer,
    /// What; one line per type, each at least one.
    pub lines: Vec<OrderLine>,
    /// The sum at the prices of the time of ordering.
    pub total: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it expires unless it is paid.
    pub expires_at: Timestamp,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// Paid through the test gateway.
    pub test: bool,
    /// The payment that completed it; `None` also for free orders.
    pub paid_by: Option<PaymentId>,
    /// Payments that may be with the gateway, and that nobody has told of yet.
    /// While there is one, the lines stay as they are.
    #[serde(default)]
    pub starting: Vec<PaymentId>,
    /// Payments whose outcome is open.
    pub pending: Vec<PaymentId>,
    /// Payments that were said to have failed (one may still succeed later).
    pub failed: Vec<PaymentId>,
    /// Payments that this order has dealt with for good.
    pub settled: Vec<PaymentId>,
    /// Money that went back or is going back.
    pub refunds: Vec<Refund>,
    /// Rises with every change.
    pub version: u64,
}

/// A refund of one payment of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id, which follows from the payment's.
    pub id: RefundId,
    /// What is paid back.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Why, for the buyer.
    pub reason: String,
    /// Does the order end with it?
    pub voids_order: bool,
    /// Does it go back because the event was cancelled?
    #[serde(default)]
    pub event_cancelled: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the money had gone back.
    pub completed_at: Option<Timestamp>,
}

impl Order {
    /// Does it hold stock and wait for money?
    #[must_use]
    pub fn is_unpaid(&self) -> bool {
        matches!(
            self.status,
            OrderStatus::Created | OrderStatus::AwaitingPayment
        )
    }

    /// The same without the buyer's name and address.
    #[must_use]
    pub fn nameless(&self) -> Self {
        Self {
            buyer: self.buyer.nameless(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// The refund that ends the order, if one was asked for.
    #[must_use]
    pub fn voiding_refund(&self) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.voids_order)
    }

    /// Its state, for the bus.
    #[must_use]
    pub fn facts(&self) -> OrderFacts {
        OrderFacts {
            order: self.id,
            code: self.code.clone(),
            event: self.event,
            org: self.org,
            buyer: self.buyer.clone(),
            lines: self.lines.clone(),
            total: self.total,
            status: self.status,
            expires_at: self.expires_at,
            test: self.test,
        }
    }

    pub(super) fn refund_facts(&self, refund: &Refund) -> RefundFacts {
        let has_tickets = self.status == OrderStatus::Completed && self.voiding_refund().is_none();
        RefundFacts {
            refund: refund.id,
            payment: refund.payment,
            order: self.id,
            amount: refund.amount,
            reason: refund.reason.clone(),
            voids_order: refund.voids_order,
            event_cancelled: refund.event_cancelled,
            keeps_tickets: has_tickets && !refund.voids_order,
            test: self.test,
        }
    }

    /// `by` each line's quantity: what the order moves between free, held, sold.
    pub(super) fn moves(&self, by: impl Fn(i64) -> (i64, i64)) -> Vec<StockMove> {
        let lines = self.lines.iter();
        let moves = lines.map(|line| {
            let (held, sold) = by(i64::from(line.quantity));
            StockMove {
                ticket_type: line.ticket_type,
                held,
                sold,
            }
        });
        moves.collect()
    }
}

/// An event, as selling needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnSale {
    /// The event.
    pub event: EventId,
    /// Its organization.
    pub org: OrgId,
    /// Its title.
    pub title: String,
    /// Its end: the last moment of every sale.
    pub ends_at: Timestamp,
    /// Whether it is on.
    pub status: EventStatus,
}

impl From<&EventFacts> for OnSale {
    fn from(facts: &EventFacts) -> Self {
        Self {
            event: facts.event,
            org: facts.org,
            title: facts.title.clone(),
            ends_at: facts.ends_at,
            status: facts.status,
        }
    }
}

/// A ticket type, as selling needs it. Its limit is part of the stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// Its name.
    pub name: String,
    /// The list price of one.
    pub price: Money,
    /// The price that pricing put in its place, if it did.
    #[serde(default)]
    pub own_price: Option<Money>,
    /// How many one order may hold.
    pub max_per_order: u32,
    /// Sale begins; `None` is at once.
    pub sale_starts: Option<Timestamp>,
    /// Sale ends; `None` is with the event.
    pub sale_ends: Option<Timestamp>,
    /// Gone.
    pub deleted: bool,
}

impl Offer {
    /// What one costs now.
    #[must_use]
    pub fn price_now(&self) -> Money {
        price_now(self.price, self.own_price)
    }
}

/// The price that pricing gave a type. It may be heard of before the type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferPrice {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// The price; `None` is the list price.
    pub price: Option<Money>,
}

impl From<&PriceFacts> for OfferPrice {
    fn from(facts: &PriceFacts) -> Self {
        Self {
            event: facts.event,
            ticket_type: facts.ticket_type,
            price: facts.own_price(),
        }
    }
}

impl From<&TicketTypeFacts> for Offer {
    fn from(facts: &TicketTypeFacts) -> Self {
        Self {
            event: facts.event,
            ticket_type: facts.ticket_type,
            name: facts.name.clone(),
            price: facts.price,
            own_price: None,
            max_per_order: facts.max_per_order,
            sale_starts: facts.sale_starts,
            sale_ends: facts.sale_ends,
            deleted: facts.deleted,
        }
    }
}

/// How many of a ticket type there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stock {
    /// May be sold; may lie below `held + sold` after it was lowered.
    pub limit: u32,
    /// In unpaid orders.
    pub held: u32,
    /// In paid orders.
    pub sold: u32,
}

impl Stock {
    /// How many can still be ordered.
    #[must_use]
    pub fn left(self) -> u32 {
        self.limit
            .saturating_sub(self.held)
            .saturating_sub(self.sold)
    }
}

/// A change of one type's stock. One that takes more than it gives back is
/// conditional on the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockMove {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// Added to `held`.
    pub held: i64,
    /// Added to `sold`.
    pub sold: i64,
}

/// A decided change of an order, to be stored as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The order after it, with its new version.
    pub order: Order,
    /// What happens to the stock.
    pub moves: Vec<StockMove>,
    /// What others hear of it.
    pub events: Vec<BusEvent>,
    /// The change to make if a move finds too little stock; `None` refuses.
    pub instead: Option<Box<Change>>,
    /// What the operator must look at.
    pub alarm: Option<&'static str>,
}

impl Change {
    /// To `order`, with nothing else yet. The version rises.
    pub(super) fn to(mut order: Order) -> Self {
        order.version += 1;
        Self {
            order,
            moves: Vec::new(),
            events: Vec::new(),
            instead: None,
            alarm: None,
        }
    }

    pub(super) fn moving(mut self, moves: Vec<StockMove>) -> Self {
        self.moves = moves;
        self
    }

    /// Tells the order's new state as `event`.
    pub(super) fn telling(mut self, event: fn(OrderFacts) -> BusEvent) -> Self {
        self.events.push(event(self.order.facts()));
        self
    }
}
