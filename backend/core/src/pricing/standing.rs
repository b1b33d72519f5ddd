//! Orders, as the count of what was ordered needs them: the newest state of each,
//! and the difference that another one makes.

use gateline_common::bus::{OrderFacts, OrderStatus};
use gateline_common::ids::{EventId, OrderId, TicketTypeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an order takes of each type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The order.
    pub order: OrderId,
    /// Its version; only a higher one counts.
    pub version: u64,
    /// The event.
    pub event: EventId,
    /// Is it paid? Otherwise its tickets are held.
    pub is_sold: bool,
    /// How many of each type; nothing once it came to nothing or was paid back.
    pub takes: Vec<(TicketTypeId, u32)>,
}

/// What a count moves by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Tickets of unpaid orders.
    pub held: i64,
    /// Tickets of paid orders.
    pub sold: i64,
}

impl Standing {
    /// What `facts` tell, at `version`.
    #[must_use]
    pub fn of(facts: &OrderFacts, version: u64) -> Self {
        let takes = match facts.status {
            OrderStatus::Created | OrderStatus::AwaitingPayment | OrderStatus::Completed => {
                let lines = facts.lines.iter();
                lines
                    .map(|line| (line.ticket_type, line.quantity))
                    .collect()
            }
            OrderStatus::Cancelled | OrderStatus::Expired | OrderStatus::Refunded => Vec::new(),
        };
        Self {
            order: facts.order,
            version,
            event: facts.event,
            is_sold: facts.status == OrderStatus::Completed,
            takes,
        }
    }

    /// What it moves, by type, when `known` was counted before: nothing if that
    /// is as new.
    #[must_use]
    pub fn moves(&self, known: Option<&Self>) -> BTreeMap<TicketTypeId, Moved> {
        let mut moves = BTreeMap::new();
        if known.is_some_and(|known| known.version >= self.version) {
            return moves;
        }
        for (standing, sign) in known
            .map(|known| (known, -1))
            .into_iter()
            .chain([(self, 1)])
        {
            for (ticket_type, quantity) in &standing.takes {
                let moved: &mut Moved = moves.entry(*ticket_type).or_default();
                let count = if standing.is_sold {
                    &mut moved.sold
                } else {
                    &mut moved.held
                };
                *count += sign * i64::from(*quantity);
            }
        }
        moves.retain(|_, moved| *moved != Moved::default());
        moves
    }
}
