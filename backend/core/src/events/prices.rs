//! What ticket types cost now, where pricing has a price of its own for them. It
//! is shown beside the list price, which organizers set, and is no part of the
//! event: it moves without anybody changing the event.

use super::{EventError, Events, TicketType};
use gateline_common::Money;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_common::pricing::{PriceFacts, price_now};
use std::collections::HashMap;

/// The price that pricing gave a type. It may be heard of before the type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypePrice {
    /// The event.
    pub event: EventId,
    /// The type.
    pub ticket_type: TicketTypeId,
    /// The price; `None` is the list price.
    pub price: Option<Money>,
    /// The version of the price; only a higher one counts.
    pub version: u64,
}

/// Prices of some events.
#[derive(Debug, Clone, Default)]
pub struct Prices(HashMap<(EventId, TicketTypeId), Money>);

impl TypePrice {
    /// What `facts` tell, at `version`.
    #[must_use]
    pub fn of(facts: &PriceFacts, version: u64) -> Self {
        Self {
            event: facts.event,
            ticket_type: facts.ticket_type,
            price: facts.own_price(),
            version,
        }
    }
}

impl Prices {
    /// What one of `ticket_type` costs now.
    #[must_use]
    pub fn now(&self, event: EventId, ticket_type: &TicketType) -> Money {
        let own = self.0.get(&(event, ticket_type.id)).copied();
        price_now(ticket_type.price, own)
    }
}

impl Events {
    /// What the ticket types of `events` cost now.
    ///
    /// # Errors
    /// Store failures.
    pub async fn prices(&self, events: &[EventId]) -> Result<Prices, EventError> {
        let own = self.store.prices(events).await?.into_iter();
        let own = own.filter_map(|it| Some(((it.event, it.ticket_type), it.price?)));
        Ok(Prices(own.collect()))
    }
}
