//! What mail hears of: it notes, and it queues letters.

use super::{EventCopy, Letter, LetterContent, Mail, OrderCopy};
use crate::shared::{Commit, ConsumeError, Consumer, Handler};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope, IssuedTicket, RefundFacts};
use std::sync::Arc;

const NAME: &str = "mail";

/// The kinds of events that the service wants.
pub const KINDS: &[&str] = &[
    "EventCreated",
    "EventUpdated",
    "OrderCreated",
    "OrderCompleted",
    "OrderExpired",
    "OrderCalledOff",
    "OrderFulfilled",
    "RefundCompleted",
];

impl Mail {
    /// The consumer of everything that somebody is written about.
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        Consumer {
            name: NAME,
            kinds: KINDS,
            handler: Arc::new(self.clone()),
        }
    }

    async fn enqueue(
        &self,
        key: String,
        content: LetterContent,
        commit: &Commit,
    ) -> Result<(), ConsumeError> {
        let letter = Letter::new(key, content, self.clock.now());
        self.store.enqueue(&letter, commit).await?;
        self.filled.notify_one();
        Ok(())
    }

    /// Is the event off? Then tickets that were issued just before are void.
    async fn is_cancelled(&self, tickets: &[IssuedTicket]) -> Result<bool, ConsumeError> {
        let Some(ticket) = tickets.first() else {
            return Ok(false);
        };
        let event = self.store.event(ticket.facts.event).await?;
        Ok(event.is_some_and(|event| event.cancelled))
    }

    async fn refunded(&self, refund: &RefundFacts, commit: &Commit) -> Result<(), ConsumeError> {
        let order = self.store.order(refund.order).await?;
        let order = order.ok_or(ConsumeError::NotYet("the order"))?;
        if order.buyer.email.is_empty() {
            // The event was over for so long that nobody knows whom to write to.
            return Ok(self.store.note_order(&order, commit).await?);
        }
        let key = format!("refund-{}", refund.refund);
        let refund = refund.clone();
        self.enqueue(key, LetterContent::Refunded { order, refund }, commit)
            .await
    }
}

#[async_trait]
impl Handler for Mail {
    async fn handle(&self, envelope: &Envelope) -> Result<(), ConsumeError> {
        let commit = Commit::nothing().consuming(NAME, envelope.id);
        match &envelope.body {
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                let event = EventCopy::of(facts, envelope.version);
                Ok(self.store.note_event(&event, &commit).await?)
            }
            BusEvent::OrderCreated(facts) | BusEvent::OrderCompleted(facts) => {
                let order = OrderCopy::of(facts, envelope.version);
                Ok(self.store.note_order(&order, &commit).await?)
            }
            BusEvent::OrderExpired(facts) => {
                let key = format!("expired-{}", facts.order);
                let order = OrderCopy::of(facts, envelope.version);
                self.enqueue(key, LetterContent::Expired(order), &commit)
                    .await
            }
            BusEvent::OrderCalledOff { order, back } => {
                let key = format!("called-off-{}", order.order);
                let order = OrderCopy::of(order, envelope.version);
                let content = LetterContent::CalledOff { order, back: *back };
                self.enqueue(key, content, &commit).await
            }
            BusEvent::OrderFulfilled {
                order,
                buyer,
                tickets,
            } => {
                if self.is_cancelled(tickets).await? {
                    return Ok(());
                }
                let key = format!("tickets-{order}");
                let content = LetterContent::Tickets {
                    order: *order,
                    buyer: buyer.clone(),
                    tickets: tickets.clone(),
                };
                self.enqueue(key, content, &commit).await
            }
            // The letter about the event said so.
            BusEvent::RefundCompleted(refund) if refund.event_cancelled => Ok(()),
            BusEvent::RefundCompleted(refund) => self.refunded(refund, &commit).await,
            _ => Ok(()),
        }
    }
}
