//! What pricing hears on the bus. Any order, any number of times: of a type, an
//! event and an order only the newest state counts.

use super::settle::settle;
use super::{EventCopy, Pricing, PricingError, Seen, Standing, TypeCopy, Wish};
use crate::shared::{ConsumeError, Consumed, Handler, StoreError};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope};

const CONSUMER: &str = "pricing";
const ATTEMPTS: usize = 8;

/// The kinds of events that pricing consumes.
pub const KINDS: &[&str] = &[
    "EventCreated",
    "EventUpdated",
    "TicketTypeCreated",
    "TicketTypeUpdated",
    "OrderCreated",
    "OrderUpdated",
    "OrderCancelled",
    "OrderExpired",
    "OrderCompleted",
];

#[async_trait]
impl Handler for Pricing {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        for _ in 0..ATTEMPTS {
            match self.hear(event).await {
                Ok(()) => return Ok(()),
                Err(PricingError::Store(StoreError::Conflict)) => {}
                Err(PricingError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(ConsumeError::Failed(other.to_string())),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

impl Pricing {
    async fn hear(&self, event: &Envelope) -> Result<(), PricingError> {
        match &event.body {
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                let copy = EventCopy::of(facts, event.version);
                self.store.learn_event(&copy, self.wish(event)).await
            }
            BusEvent::TicketTypeCreated(facts) | BusEvent::TicketTypeUpdated(facts) => {
                let copy = TypeCopy::of(facts, event.version);
                let now = self.clock.now();
                let mut wish = Wish::new(now, move |seen| Ok(learned(seen, &copy, now)));
                wish.consumed = Some(consumed(event));
                let known = self.store.change(facts.event, facts.ticket_type, wish);
                known.await?;
                self.news
                    .send_modify(|count| *count = count.wrapping_add(1));
                Ok(())
            }
            BusEvent::OrderCreated(facts)
            | BusEvent::OrderUpdated(facts)
            | BusEvent::OrderCancelled(facts)
            | BusEvent::OrderExpired(facts)
            | BusEvent::OrderCompleted(facts) => {
                let standing = Standing::of(facts, event.version);
                self.store.note_order(&standing, self.wish(event)).await
            }
            _ => Ok(()),
        }
    }

    /// To settle what was seen, and count what was moved.
    fn wish(&self, event: &Envelope) -> Wish {
        let now = self.clock.now();
        let mut wish = Wish::new(now, move |seen| {
            let after = seen.priced.clone().counting(seen.moved);
            Ok(settle(&seen.priced, after, seen.event.as_ref(), now))
        });
        wish.consumed = Some(consumed(event));
        wish
    }
}

fn learned(seen: &Seen, copy: &TypeCopy, now: gateline_common::Timestamp) -> Option<super::Change> {
    let known = seen.priced.facts.as_ref();
    if known.is_some_and(|known| known.version >= copy.version) {
        return None;
    }
    let mut after = seen.priced.clone();
    after.facts = Some(copy.clone());
    settle(&seen.priced, after, seen.event.as_ref(), now)
}

fn consumed(event: &Envelope) -> Consumed {
    Consumed {
        consumer: CONSUMER,
        event: event.id,
    }
}
