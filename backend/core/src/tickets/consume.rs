//! Events and orders, as the tickets service hears of them.
//!
//! A refund is known by the order's state, not by RefundCompleted: money of a
//! charge that came twice goes back too, and that order keeps its tickets.

use super::{EventCopy, EventKeys, Tickets};
use crate::shared::{Commit, ConsumeError, Consumer, Handler, StoreError, random};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope, EventFacts, EventStatus, OrderStatus};
use std::sync::Arc;

pub(super) const NAME: &str = "tickets";

/// The kinds of events that the service wants.
pub const KINDS: &[&str] = &[
    "EventCreated",
    "EventUpdated",
    "OrderCompleted",
    "OrderUpdated",
];

impl Tickets {
    /// The consumer of events and orders.
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        Consumer {
            name: NAME,
            kinds: KINDS,
            handler: Arc::new(self.clone()),
        }
    }

    async fn note_event(
        &self,
        envelope: &Envelope,
        facts: &EventFacts,
    ) -> Result<(), ConsumeError> {
        let event = EventCopy::of(facts, envelope.version);
        loop {
            let now = self.clock.now();
            let commit = Commit::nothing().consuming(NAME, envelope.id);
            let (keys, commit) = match self.store.keys(facts.event).await? {
                Some(_) => (None, commit),
                None => {
                    let seeds = [random::bytes(), random::bytes()];
                    let keys = EventKeys::first(facts.event, seeds, now);
                    let commit = keys.publish(commit, now);
                    (Some(keys), commit)
                }
            };
            match self.store.note_event(&event, keys.as_ref(), &commit).await {
                // Another delivery made the keys: they are there now.
                Err(StoreError::Conflict) if keys.is_some() => {}
                other => {
                    if facts.status == EventStatus::Cancelled {
                        self.called_off.notify_one();
                    }
                    return Ok(other?);
                }
            }
        }
    }
}

#[async_trait]
impl Handler for Tickets {
    async fn handle(&self, envelope: &Envelope) -> Result<(), ConsumeError> {
        match &envelope.body {
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                self.note_event(envelope, facts).await
            }
            BusEvent::OrderCompleted(order) | BusEvent::OrderUpdated(order) => match order.status {
                OrderStatus::Completed => self.issue(envelope, order).await,
                OrderStatus::Refunded => self.refund(envelope, order).await,
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
