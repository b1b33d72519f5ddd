//! What was ordered of an event, as far as the protection of sold things needs
//! it. Orders owns stock; this is a count after the fact.

use gateline_common::bus::{OrderFacts, OrderStatus};
use gateline_common::ids::{EventId, OrderId, TicketTypeId};
use serde::{Deserialize, Serialize};

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It holds stock.
    Held,
    /// It is paid.
    Sold,
    /// It was paid, and the money went back.
    Refunded,
    /// It came to nothing.
    Gone,
}

/// One order, as the count needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStanding {
    /// The order.
    pub order: OrderId,
    /// Its version; only a higher one counts.
    pub version: u64,
    /// The event.
    pub event: EventId,
    /// How far it has come.
    pub stage: Stage,
    /// How many of each type.
    pub lines: Vec<(TicketTypeId, u32)>,
}

/// What was ordered of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeSales {
    /// The type.
    pub ticket_type: TicketTypeId,
    /// In unpaid orders.
    pub held: u32,
    /// In paid orders.
    pub sold: u32,
    /// In orders that were paid back.
    pub refunded: u32,
}

impl OrderStanding {
    /// The standing that `facts` tell, at `version`.
    #[must_use]
    pub fn of(facts: &OrderFacts, version: u64) -> Self {
        Self {
            order: facts.order,
            version,
            event: facts.event,
            stage: match facts.status {
                OrderStatus::Created | OrderStatus::AwaitingPayment => Stage::Held,
                OrderStatus::Completed => Stage::Sold,
                OrderStatus::Refunded => Stage::Refunded,
                OrderStatus::Cancelled | OrderStatus::Expired => Stage::Gone,
            },
            lines: facts
                .lines
                .iter()
                .map(|line| (line.ticket_type, line.quantity))
                .collect(),
        }
    }
}
